// Windows of the past: the worst two moves by hand, laws, and the real crash of the real file.
#include "host/history_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "host/calibrate.hpp"
#include "host/error.hpp"

namespace plimsoll {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

PriceHistory history_of(std::vector<std::string> dates, std::vector<double> prices) {
  PriceHistory history;
  history.path = "prices.csv";
  history.assets = {"A", "B", "C"};
  history.dates = std::move(dates);
  for (std::string const& date : history.dates) {
    history.days.push_back(*day_number(date));
    history.lines.push_back(history.lines.size() + 2);
  }
  history.prices = std::move(prices);
  return history;
}

Market market_of(std::vector<std::string> factors) {
  Market market;
  market.factors = std::move(factors);
  return market;
}

// From 2024-01-02 (missing days do not count) A goes 100, 90, 81 and B 10, 10, 8: over both moves
// the basket loses (19 % + 20 %) / 2.
PriceHistory small_history() {
  return history_of({"2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05",
                     "2024-01-06", "2024-02-20", "2024-02-21"},
                    {110, 10,      1,        //
                     100, 10,      1,        //
                     95,  missing, 1,        //
                     90,  10,      missing,  //
                     81,  8,       1,        //
                     90,  9,       1,        //
                     10,  1,       1,        //
                     11,  1,       1});
}

std::string refusal(auto call) {
  try {
    call();
  } catch (InputError const& error) {
    return error.what();
  }
  return "";
}

TEST(HistoryWindow, FindsTheWorstTwoMoves) {
  HistoryWindow const window = worst_window(small_history(), market_of({"A", "B"}));
  EXPECT_EQ(window.base_date, "2024-01-02");
  EXPECT_EQ(window.dates, (std::vector<std::string>{"2024-01-04", "2024-01-05"}));
  EXPECT_NEAR(window.basket_return, -0.195, 1e-15);
  EXPECT_EQ(window.moves.scenarios, 1u);
  EXPECT_EQ(window.moves.steps, 2u);
  std::vector<double> const expected = {std::log(0.9), 0.0, std::log(0.9), std::log(0.8)};
  ASSERT_EQ(window.moves.log_moves.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(window.moves.log_moves[i], expected[i], 1e-15) << i;
  }
}

// The fall of 89 % lies across 45 days without a price: no two-move crash, but a window by name.
TEST(HistoryWindow, AGapIsNoCrashUnlessNamed) {
  HistoryWindow const named =
      named_window(small_history(), market_of({"A", "B"}), "2024-02-01", "2024-02-20");
  EXPECT_EQ(named.base_date, "2024-01-06");
  EXPECT_EQ(named.dates, std::vector<std::string>{"2024-02-20"});
  EXPECT_NEAR(named.moves.log_moves[0], std::log(10.0 / 90.0), 1e-15);
}

TEST(HistoryWindow, NamesGiveTheWorstWindowBack) {
  PriceHistory const history = small_history();
  for (std::uint32_t const returns : {1u, 2u, 3u}) {
    HistoryWindow const worst = worst_window(history, market_of({"B", "A"}), returns);
    ASSERT_EQ(worst.moves.steps, returns);
    HistoryWindow const named =
        named_window(history, market_of({"B", "A"}), worst.dates.front(), worst.dates.back());
    EXPECT_EQ(named.base_date, worst.base_date);
    EXPECT_EQ(named.dates, worst.dates);
    EXPECT_EQ(named.moves.log_moves, worst.moves.log_moves);
    EXPECT_EQ(named.basket_return, worst.basket_return);
  }
}

TEST(HistoryWindow, OfEqualWindowsTheEarliestIsTaken) {
  PriceHistory const history =
      history_of({"2024-01-01", "2024-01-02", "2024-01-03"}, {8, 8, 1, 4, 4, 1, 2, 2, 1});
  EXPECT_EQ(worst_window(history, market_of({"A", "B"}), 1).base_date, "2024-01-01");
}

TEST(HistoryWindow, RefusesWhatIsNotThere) {
  PriceHistory const history = small_history();
  std::string message = refusal([&] { worst_window(history, market_of({"A", "SOL"})); });
  EXPECT_NE(message.find("'SOL'"), std::string::npos) << message;
  message = refusal([&] { worst_window(history, market_of({"A", "B"}), 5); });
  EXPECT_NE(message.find("no 5 moves"), std::string::npos) << message;
  EXPECT_NE(refusal([&] { worst_window(history, market_of({"A"}), 0); }), "");
  message = refusal([&] { named_window(history, market_of({"A"}), "2023-01-01", "2024-01-01"); });
  EXPECT_NE(message.find("no move ends"), std::string::npos) << message;
  EXPECT_NE(refusal([&] { named_window(history, market_of({"A"}), "x", "2024-01-01"); }), "");
  EXPECT_NE(refusal([&] { named_window(history, market_of({"A"}), "2024-01-05", "2024-01-02"); }),
            "");
}

TEST(HistoryWindow, RefusesPricesThatAreNotPositiveInCommonRows) {
  PriceHistory history = small_history();
  history.prices[3 * 3] = -36.98;  // A on 2024-01-04, where C is missing
  EXPECT_EQ(worst_window(history, market_of({"A", "C"}), 1).moves.steps, 1u);
  std::string const message = refusal([&] { worst_window(history, market_of({"A", "B"})); });
  EXPECT_NE(message.find("row 5, column 'A': price -36.98"), std::string::npos) << message;
}

// The 50 factors that live at the end of August 2025 have common rows since December 2023; their
// worst two moves, found by an independent script (pandas) as well, end on 5 August 2024.
TEST(HistoryWindow, RealPrices) {
  std::string const path = PLIMSOLL_SHARED_DATA "/market/daily_prices.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no real prices at " << path;
  PriceHistory const history = read_price_history(path);
  CalibrationConfig config;
  config.from = "2020-04-21";
  Market const market = calibrate(history, config);
  HistoryWindow const window = worst_window(history, market);
  EXPECT_EQ(window.base_date, "2024-08-01");
  EXPECT_EQ(window.dates, (std::vector<std::string>{"2024-08-02", "2024-08-05"}));
  EXPECT_NEAR(window.basket_return, -0.157774, 1e-6);
}

// The worst day of six old coins: -38 % on 12 March 2020.
TEST(HistoryWindow, RealCrashOfMarch2020) {
  std::string const path = PLIMSOLL_SHARED_DATA "/market/daily_prices.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no real prices at " << path;
  HistoryWindow const window = worst_window(
      read_price_history(path), market_of({"BTC", "ETH", "BNB", "XRP", "ADA", "LTC"}), 1);
  EXPECT_EQ(window.dates, std::vector<std::string>{"2020-03-12"});
  EXPECT_NEAR(window.basket_return, -0.383441, 1e-6);
}

}  // namespace
}  // namespace plimsoll
