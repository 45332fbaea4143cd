// Calibration: worked volatility, which columns become factors, recovery of a known model, real
// prices, and what is refused.
#include "host/calibrate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "host/dependence.hpp"
#include "host/error.hpp"
#include "host/market_check.hpp"
#include "host/mixing_table.hpp"
#include "models/moves.hpp"

namespace plimsoll {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::string date_of(std::int32_t day) {
  std::chrono::year_month_day const date{std::chrono::sys_days{std::chrono::days{day}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

// A history of consecutive days from 2020-01-01 with empty prices.
PriceHistory empty_history(std::size_t rows, std::vector<std::string> assets) {
  PriceHistory history;
  history.path = "prices.csv";
  history.assets = std::move(assets);
  for (std::size_t row = 0; row < rows; ++row) {
    history.days.push_back(*day_number("2020-01-01") + static_cast<std::int32_t>(row));
    history.dates.push_back(date_of(history.days.back()));
    history.lines.push_back(row + 2);
  }
  history.prices.assign(rows * history.assets.size(), missing);
  return history;
}

double& price_in(PriceHistory& history, std::size_t row, std::size_t asset) {
  return history.prices[row * history.assets.size() + asset];
}

// The model whose recovery is tested: four factors, Student-t with six degrees.
Market known_market(double nu) {
  Market market;
  market.factors = {"A", "B", "C", "D"};
  market.price = {100.0, 10.0, 1.0, 5000.0};
  market.volatility = {0.2, 0.5, 0.8, 1.1};
  market.limit = {3.0, 3.0, 3.0, 3.0};
  market.correlation = {1.0, 0.7, 0.4, 0.0,  0.7, 1.0, 0.5,  0.1,
                        0.4, 0.5, 1.0, -0.3, 0.0, 0.1, -0.3, 1.0};
  market.loading = loading_of(market.correlation, market.factors, "test");
  MixingTable table = mixing_table(nu);
  market.mixing_low = std::move(table.low);
  market.mixing_high = std::move(table.high);
  return market;
}

// `rows` daily prices that the market itself draws.
PriceHistory simulated(Market const& market, std::size_t rows, std::uint64_t seed) {
  PriceHistory history = empty_history(rows, market.factors);
  MarketView const view = view_of(market, nullptr);
  RunShape const shape{seed, rows, 1, 1.0 / 365.0};
  double const root = std::sqrt(shape.years_per_step);
  std::vector<double> normals(view.factors);
  for (std::uint32_t f = 0; f < view.factors; ++f) price_in(history, 0, f) = market.price[f];
  for (std::size_t row = 1; row < rows; ++row) {
    factor_normals(seed, row, 1, view.factors, normals.data());
    double const mixing = scenario_mixing(view, seed, row, 1);
    for (std::uint32_t f = 0; f < view.factors; ++f) {
      FactorMove const move = factor_move(
          view, shape, row, 1, f, [&normals](std::uint32_t j) { return normals[j]; }, mixing, root);
      price_in(history, row, f) = history.price(row - 1, f) * std::exp(move.log_move);
    }
  }
  return history;
}

std::size_t place_of(std::vector<std::string> const& names, std::string const& name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::string reason(Market const& market, std::string const& name) {
  std::size_t const place = place_of(market.dropped.name, name);
  return place < market.dropped.name.size() ? market.dropped.reason[place] : "";
}

std::string refusal(PriceHistory const& history, CalibrationConfig const& config) {
  try {
    calibrate(history, config);
  } catch (InputError const& error) {
    return error.what();
  }
  return "";
}

void expect_refused(PriceHistory const& history, CalibrationConfig const& config,
                    std::vector<std::string> const& parts) {
  std::string const message = refusal(history, config);
  for (std::string const& part : parts) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
  }
  EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
}

// Three daily returns of 1, -2 and 3 percent, lambda 1/2. In units of a day: start (1 + 4 + 9)/3
// = 4.66667e-4, then 2.83333e-4, 3.41667e-4 and at last 6.20833e-4, times 365 the square of
// 0.476030.
TEST(Calibrate, MeetsAWorkedVolatility) {
  std::vector<double> const returns = {0.01, -0.02, 0.03};
  std::vector<double> const years(3, 1.0 / 365.0);
  FilteredReturns const filtered = ewma_filtered(returns, years, 0.5);
  ASSERT_EQ(filtered.residuals.size(), 3u);
  EXPECT_NEAR(filtered.residuals[0], 0.462910, 1e-6);
  EXPECT_NEAR(filtered.residuals[1], -1.188177, 1e-6);
  EXPECT_NEAR(filtered.residuals[2], 1.623005, 1e-6);
  EXPECT_NEAR(filtered.volatility, 0.476030, 1e-6);
}

// A move of 2 % over four days is a variance rate of 1 % over one.
TEST(Calibrate, CountsTheDaysBetweenObservations) {
  std::vector<double> const returns(60, 0.02);
  std::vector<double> const years(60, 4.0 / 365.0);
  FilteredReturns const filtered = ewma_filtered(returns, years, 0.97);
  EXPECT_NEAR(filtered.volatility, 0.01 * std::sqrt(365.0), 1e-14);
  EXPECT_NEAR(filtered.residuals.back(), 1.0, 1e-14);
}

TEST(Calibrate, AStillSeriesHasNoVolatility) {
  std::vector<double> const returns(60, 0.0);
  std::vector<double> const years(60, 1.0 / 365.0);
  EXPECT_EQ(ewma_filtered(returns, years, 0.97).volatility, 0.0);
}

// 4,000 days of a known t model with six degrees, weight 0.998. Over 40 other seeds a volatility
// had a standard deviation of 3.0 %, the degrees 0.24, and the largest of the six errors of
// correlation a mean of 0.027 with 0.011 about it; the bounds are four standard deviations.
TEST(Calibrate, RecoversTheModelThatDrewThePrices) {
  Market const known = known_market(6.0);
  CalibrationConfig config;
  config.ewma_lambda = 0.998;
  for (std::uint64_t const seed : {1u, 2u, 3u}) {
    Market const found = calibrate(simulated(known, 4000, seed), config);
    ASSERT_EQ(found.factors, known.factors);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(found.volatility[i] / known.volatility[i], 1.0, 0.12) << seed;
      for (std::size_t j = 0; j < 4; ++j) {
        EXPECT_NEAR(found.correlation[i * 4 + j], known.correlation[i * 4 + j], 0.07) << seed;
      }
    }
    EXPECT_NEAR(found.degrees_of_freedom, 6.0, 0.97) << seed;
    EXPECT_GT(found.calibration.shrinkage, 0.0);
    EXPECT_LT(found.calibration.shrinkage, 0.02);
    EXPECT_EQ(found.calibration.common_rows, 4000u);
    EXPECT_EQ(found.calibration.observations[0], 3999u);
    EXPECT_EQ(found.calibration.day_count_mean[3], 1.0);
  }
}

TEST(Calibrate, PermutingTheColumnsPermutesTheOutcome) {
  PriceHistory const history = simulated(known_market(6.0), 700, 4);
  std::vector<std::size_t> const order = {2, 0, 3, 1};
  PriceHistory permuted = history;
  for (std::size_t f = 0; f < 4; ++f) {
    permuted.assets[f] = history.assets[order[f]];
    for (std::size_t row = 0; row < history.rows(); ++row) {
      price_in(permuted, row, f) = history.price(row, order[f]);
    }
  }
  Market const one = calibrate(history, {});
  Market const other = calibrate(permuted, {});
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(other.factors[i], one.factors[order[i]]);
    EXPECT_EQ(other.price[i], one.price[order[i]]);
    EXPECT_EQ(other.volatility[i], one.volatility[order[i]]);
    EXPECT_EQ(other.limit[i], one.limit[order[i]]);
    for (std::size_t j = 0; j < 4; ++j) {
      EXPECT_NEAR(other.correlation[i * 4 + j], one.correlation[order[i] * 4 + order[j]], 1e-14);
    }
  }
  EXPECT_NEAR(other.calibration.shrinkage, one.calibration.shrinkage, 1e-13);
  EXPECT_NEAR(other.degrees_of_freedom, one.degrees_of_freedom, 1e-4);
}

TEST(Calibrate, TwoCallsGiveTheSameBits) {
  PriceHistory const history = simulated(known_market(4.0), 500, 9);
  Market const one = calibrate(history, {});
  Market const other = calibrate(history, {});
  EXPECT_EQ(one.volatility, other.volatility);
  EXPECT_EQ(one.loading, other.loading);
  EXPECT_EQ(one.mixing_low, other.mixing_low);
  EXPECT_EQ(one.mixing_high, other.mixing_high);
  EXPECT_EQ(one.degrees_of_freedom, other.degrees_of_freedom);
  EXPECT_EQ(one.calibration.log_likelihood, other.calibration.log_likelihood);
}

TEST(Calibrate, UnitsOfAPriceDoNotMatter) {
  PriceHistory const history = simulated(known_market(6.0), 500, 6);
  PriceHistory scaled = history;
  for (std::size_t row = 0; row < history.rows(); ++row) price_in(scaled, row, 1) *= 1024.0;
  Market const one = calibrate(history, {});
  Market const other = calibrate(scaled, {});
  EXPECT_EQ(one.volatility, other.volatility);
  EXPECT_EQ(one.correlation, other.correlation);
  EXPECT_EQ(one.price[1] * 1024.0, other.price[1]);
}

TEST(Calibrate, LoadingHasUnitRowsAndThePricesAreTonights) {
  PriceHistory history = simulated(known_market(6.0), 600, 5);
  price_in(history, 599, 2) = missing;  // C was last quoted the day before
  Market const market = calibrate(history, {});
  EXPECT_EQ(market.price[2], history.price(598, 2));
  EXPECT_EQ(market.price[0], history.price(599, 0));
  EXPECT_EQ(market.as_of, history.dates[599]);
  EXPECT_EQ(market.calibration.last_date, history.dates[598]);
  EXPECT_EQ(market.calibration.first_date, "2020-01-01");
  for (std::size_t i = 0; i < 4; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < 4; ++j) sum += std::pow(market.loading[i * 4 + j], 2);
    EXPECT_NEAR(sum, 1.0, 1e-15);
  }
}

// A column is alive if its last price is at most five days old; the shortest columns go until the
// common rows are enough.
TEST(Calibrate, SaysOfEveryColumnWhyItIsNoFactor) {
  PriceHistory history = simulated(known_market(6.0), 600, 8);
  for (std::size_t row = 594; row < 600; ++row) price_in(history, row, 0) = missing;  // 6 days old
  for (std::size_t row = 595; row < 600; ++row) price_in(history, row, 1) = missing;  // 5 days old
  for (std::size_t row = 0; row < 250; ++row) price_in(history, row, 2) = missing;
  Market const market = calibrate(history, {});
  EXPECT_EQ(market.factors, (std::vector<std::string>{"B", "D"}));
  EXPECT_EQ(reason(market, "A"), "not alive: last observation " + history.dates[593]);
  EXPECT_EQ(reason(market, "C"),
            "too short: 350 observations; with it only 345 complete common rows of 400");
  EXPECT_EQ(market.calibration.common_rows, 595u);
}

TEST(Calibrate, OfEquallyShortColumnsDropsTheLastName) {
  PriceHistory history = simulated(known_market(6.0), 600, 8);
  for (std::size_t row = 0; row < 150; ++row) price_in(history, row, 1) = missing;
  for (std::size_t row = 350; row < 500; ++row) price_in(history, row, 2) = missing;
  EXPECT_EQ(calibrate(history, {}).factors, (std::vector<std::string>{"A", "B", "D"}));
  std::swap(history.assets[1], history.assets[2]);
  EXPECT_EQ(calibrate(history, {}).factors, (std::vector<std::string>{"A", "B", "D"}));
}

TEST(Calibrate, KeepsOutWhatIsExcludedConstantOrNotAskedFor) {
  PriceHistory const history = simulated(known_market(6.0), 500, 8);
  CalibrationConfig config;
  config.exclude = {"A"};
  config.constants = {{"B", "USDX"}, {1.0, 0.5}};
  Market market = calibrate(history, config);
  EXPECT_EQ(market.factors, (std::vector<std::string>{"C", "D"}));
  EXPECT_EQ(market.dropped.name, std::vector<std::string>{"A"});
  EXPECT_EQ(reason(market, "A"), "excluded by request");
  EXPECT_EQ(market.constants.name, (std::vector<std::string>{"B", "USDX"}));
  EXPECT_EQ(market.constants.price, (std::vector<double>{1.0, 0.5}));

  config = {};
  config.include = {"D"};
  market = calibrate(history, config);
  EXPECT_EQ(market.factors, std::vector<std::string>{"D"});
  EXPECT_EQ(reason(market, "C"), "not among the columns asked for");
  EXPECT_EQ(market.loading, std::vector<double>{1.0});
}

TEST(Calibrate, LooksOnlyAtTheWindow) {
  PriceHistory history = simulated(known_market(6.0), 900, 12);
  CalibrationConfig config;
  config.from = history.dates[100];
  config.to = history.dates[700];
  Market const one = calibrate(history, config);
  EXPECT_EQ(one.calibration.common_rows, 601u);
  EXPECT_EQ(one.calibration.first_date, config.from);
  EXPECT_EQ(one.as_of, config.to);
  for (std::size_t f = 0; f < 4; ++f) {
    price_in(history, 99, f) = -1.0;  // refused inside the window, not looked at outside
    price_in(history, 701, f) = 1e9;
  }
  Market const other = calibrate(history, config);
  EXPECT_EQ(one.loading, other.loading);
  EXPECT_EQ(one.limit, other.limit);
  EXPECT_EQ(one.price, other.price);
}

// Twice the largest move between neighbours of the column's own, from 0.5 to 3.
TEST(Calibrate, BoundsMovesByTwiceTheWorstOfTheOwnHistory) {
  PriceHistory history = simulated(known_market(60.0), 800, 13);
  for (std::size_t row = 100; row < 800; ++row) price_in(history, row, 0) *= std::exp(-0.4);
  for (std::size_t row = 100; row < 800; ++row) price_in(history, row, 3) *= std::exp(2.0);
  for (std::size_t row = 90; row < 96; ++row) price_in(history, row, 1) = missing;
  for (std::size_t row = 96; row < 800; ++row) price_in(history, row, 1) *= std::exp(1.0);
  for (std::size_t row = 0; row < 300; ++row) price_in(history, row, 2) = missing;
  for (std::size_t row = 350; row < 354; ++row) price_in(history, row, 2) = missing;
  for (std::size_t row = 354; row < 800; ++row) price_in(history, row, 2) *= std::exp(0.9);
  double const jump = std::fabs(std::log(history.price(100, 0) / history.price(99, 0)));
  double const closure = std::fabs(std::log(history.price(354, 2) / history.price(349, 2)));
  Market const market = calibrate(history, {});
  EXPECT_NEAR(market.limit[0], 2.0 * jump, 1e-14);
  EXPECT_EQ(market.limit[1], 0.5);                     // its jump came after a gap of seven days
  EXPECT_NEAR(market.limit[2], 2.0 * closure, 1e-14);  // and this one after five
  EXPECT_EQ(market.limit[3], 3.0);
  EXPECT_EQ(market.calibration.first_date, history.dates[300]);  // the jump is older than that
}

TEST(Calibrate, RefusesPricesThatAreNotPositiveOnlyWhereTheyAreUsed) {
  PriceHistory history = simulated(known_market(6.0), 900, 14);
  price_in(history, 100, 1) = -36.98;
  expect_refused(history, {},
                 {"prices.csv:row 102, column 'B'", "-36.98", "--exclude B", "--from"});
  CalibrationConfig later;
  later.from = history.dates[101];
  EXPECT_EQ(calibrate(history, later).factors.size(), 4u);
  CalibrationConfig without;
  without.exclude = {"B"};
  EXPECT_EQ(calibrate(history, without).factors.size(), 3u);
  price_in(history, 300, 2) = 0.0;
  expect_refused(history, later, {"row 302, column 'C'", "price 0"});
}

TEST(Calibrate, RefusesWrongRequests) {
  PriceHistory const history = simulated(known_market(6.0), 500, 15);
  auto const with = [](auto change) {
    CalibrationConfig config;
    change(config);
    return config;
  };
  expect_refused(history, with([](auto& c) { c.exclude = {"BTC"}; }),
                 {"--exclude", "'BTC'", "A, B"});
  expect_refused(history, with([](auto& c) { c.include = {"btc"}; }), {"--include", "'btc'"});
  expect_refused(history, with([](auto& c) { c.include = c.exclude = {"A"}; }),
                 {"--include", "'A'"});
  expect_refused(history, with([](auto& c) {
                   c.constants = {{"X"}, {0.0}};
                 }),
                 {"--constant", "'X'"});
  expect_refused(history, with([](auto& c) { c.constants = {{"X", "X"}, {1.0, 1.0}}; }), {"twice"});
  expect_refused(history, with([](auto& c) { c.to = "2020-13-01"; }), {"--to", "2020-13-01"});
  expect_refused(history, with([](auto& c) { c.from = "soon"; }), {"--from", "soon"});
  expect_refused(history, with([](auto& c) { c.from = "2030-01-01"; }), {"no row from 2030-01-01"});
  expect_refused(history, with([](auto& c) { c.to = "2019-12-31"; }), {"no row", "2019-12-31"});
  expect_refused(history, with([](auto& c) { c.to = "2025-01-01"; }),
                 {"nothing is alive on 2025-01-01"});
  expect_refused(history, with([](auto& c) { c.ewma_lambda = 1.0; }), {"--lambda", "1"});
  expect_refused(history, with([](auto& c) { c.minimum_rows = 50; }), {"--minimum-rows", "50"});
  expect_refused(history, with([](auto& c) { c.minimum_rows = 501; }),
                 {"prices.csv", "has 500 observations", "501"});
  expect_refused(history, with([](auto& c) {
                   c.exclude = {"A", "B", "C", "D"};
                 }),
                 {"nothing is alive"});
  expect_refused(history, with([](auto& c) { c.reporting_currency = "C"; }),
                 {"column 'C'", "reporting currency"});
}

TEST(Calibrate, RefusesAFactorThatDoesNotMove) {
  PriceHistory history = simulated(known_market(6.0), 500, 16);
  for (std::size_t row = 0; row < 500; ++row) price_in(history, row, 1) = 1.0;
  expect_refused(history, {}, {"column 'B'", "no move", "--constant B=PRICE"});
}

std::string figure(std::string const& name, std::string const& one, std::string const& other) {
  return fmt::format("| {} | {} | {} |\n", name, one, other);
}

// The rows of the table of figures in the manual, for two evenings.
std::string figures(Market const& one, Market const& other) {
  std::string rows;
  auto const counted = [&](std::string const& name, auto of) {
    rows += figure(name, fmt::format("{}", of(one)), fmt::format("{}", of(other)));
  };
  auto const measured = [&](std::string const& name, auto of) {
    rows += figure(name, fmt::format("{:.4f}", of(one)), fmt::format("{:.4f}", of(other)));
  };
  counted("factors", [](Market const& m) { return m.factors.size(); });
  counted("columns dropped", [](Market const& m) { return m.dropped.name.size(); });
  counted("complete common rows", [](Market const& m) { return m.calibration.common_rows; });
  counted("first of them", [](Market const& m) { return m.calibration.first_date; });
  counted("last of them", [](Market const& m) { return m.calibration.last_date; });
  measured("mean days between them",
           [](Market const& m) { return m.calibration.day_count_mean[0]; });
  measured("shrinkage", [](Market const& m) { return m.calibration.shrinkage; });
  measured("degrees of freedom", [](Market const& m) { return m.degrees_of_freedom; });
  measured("log-likelihood", [](Market const& m) { return m.calibration.log_likelihood; });
  measured("m(2^-32)", [](Market const& m) { return m.mixing_low[0]; });
  measured("m(1/2)", [](Market const& m) { return m.mixing_low.back(); });
  measured("m(1 - 2^-32)", [](Market const& m) { return m.mixing_high[0]; });
  for (char const* const name : {"BTC", "ETH", "DOGE", "FDUSD", "SPY", "WTI"}) {
    measured(fmt::format("volatility of {}", name),
             [name](Market const& m) { return m.volatility[place_of(m.factors, name)]; });
    measured(fmt::format("limit of {}", name),
             [name](Market const& m) { return m.limit[place_of(m.factors, name)]; });
  }
  for (char const* const name : {"ETH", "WBTC", "SPY", "GLD"}) {
    measured(fmt::format("correlation of BTC and {}", name), [name](Market const& m) {
      return m
          .correlation[place_of(m.factors, "BTC") * m.factors.size() + place_of(m.factors, name)];
    });
  }
  return rows;
}

// The counts and dates were found by an independent script (pandas) as well; the estimates are the
// program's own, and the manual shows them.
TEST(Calibrate, RealPrices) {
  std::string const path = PLIMSOLL_SHARED_DATA "/market/daily_prices.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no real prices at " << path;
  PriceHistory const history = read_price_history(path);
  CalibrationConfig config;
  config.to = "2025-08-31";
  config.constants = {{"USDT"}, {1.0}};
  expect_refused(history, config, {"row 1207, column 'WTI'", "-36.98", "2020-04-20"});

  config.from = "2020-04-21";
  Market const august = calibrate(history, config);
  EXPECT_NO_THROW(check_market(august, "august"));  // what the store asks of a market
  EXPECT_EQ(august.factors.size(), 50u);
  EXPECT_EQ(august.calibration.common_rows, 416u);
  EXPECT_EQ(august.calibration.first_date, "2023-12-18");
  EXPECT_EQ(august.calibration.last_date, "2025-08-29");
  EXPECT_EQ(august.factors.size() + august.dropped.name.size() + 1, history.assets.size());
  EXPECT_EQ(reason(august, "AAPL"), "not alive: last observation 2025-08-13");
  EXPECT_EQ(reason(august, "LUNA_CLASSIC"), "not alive: last observation 2022-05-12");
  EXPECT_NE(reason(august, "STRK").find("too short"), std::string::npos);
  std::size_t const btc = place_of(august.factors, "BTC");
  std::size_t const eth = place_of(august.factors, "ETH");
  EXPECT_NEAR(august.volatility[btc], 0.373, 0.001);
  EXPECT_NEAR(august.correlation[btc * 50 + eth], 0.784, 0.001);
  EXPECT_NEAR(august.degrees_of_freedom, 6.735, 0.01);
  EXPECT_NEAR(august.calibration.shrinkage, 0.0243, 0.0005);

  config.to = "2025-08-13";
  Market const equities = calibrate(history, config);
  EXPECT_EQ(equities.factors.size(), 77u);
  EXPECT_EQ(equities.calibration.common_rows, 405u);
  EXPECT_LT(place_of(equities.factors, "AAPL"), 77u);

  std::ifstream manual(PLIMSOLL_SOURCE_DIR "/docs/calibration.md");
  std::string const text{std::istreambuf_iterator<char>(manual), {}};
  std::string const rows = figures(august, equities);
  EXPECT_NE(text.find(rows), std::string::npos) << "docs/calibration.md should say\n" << rows;
}

}  // namespace
}  // namespace plimsoll
