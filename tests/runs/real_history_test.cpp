// Real prices, real brackets, a synthetic book on them, and the worst two days of that history: the
// commands of docs/real-run.md are typed as they stand there, and give the figures recorded there.
// Bits: for the input whose SHA-256 the page names the figures are the page's, to the last digit;
//       for a history collected again, with corrections, within the tolerance of each row.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "host/digest.hpp"
#include "host/figure_text.hpp"
#include "host/market_store.hpp"
#include "host/result_figures.hpp"
#include "host/result_store.hpp"
#include "models/moves.hpp"
#include "tests/program/program.hpp"
#include "tests/runs/run_page.hpp"

namespace plimsoll {
namespace {

std::string const data = PLIMSOLL_SHARED_DATA;
std::string const page_path = PLIMSOLL_SOURCE_DIR "/docs/real-run.md";
char const* const markets[] = {"crypto", "alive"};  // the page's columns

using Figures = std::map<std::string, std::string>;

std::string signed_percent(double fraction) {
  return fmt::format("{:+.2f} %", 100.0 * fraction);
}

std::string whole(double amount) {
  return count_text(static_cast<std::uint64_t>(std::floor(amount + 0.5)));
}

// What equal amounts in all factors return in each scenario of the run, from the lowest.
std::vector<double> rising_baskets(Market const& market, RunShapeEcho const& run) {
  MarketView const view = view_of(market, nullptr);
  RunShape const shape{run.seed, run.scenarios, run.steps, run.horizon_days / 365.0 / run.steps};
  std::vector<double> normals(view.factors), sums(view.factors);
  std::vector<double> baskets;
  for (std::uint64_t scenario = 0; scenario < shape.scenarios; ++scenario) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::uint32_t step = 1; step <= shape.steps; ++step) {
      factor_normals(shape.seed, scenario, step, view.factors, normals.data());
      double const mixing = scenario_mixing(view, shape.seed, scenario, step);
      for (std::uint32_t f = 0; f < view.factors; ++f)
        sums[f] += factor_move(
                       view, shape, scenario, step, f, [&](std::uint32_t j) { return normals[j]; },
                       mixing, std::sqrt(shape.years_per_step))
                       .log_move;
    }
    double basket = 0.0;
    for (double const sum : sums) basket += exp(sum) - 1.0;
    baskets.push_back(basket / view.factors);
  }
  std::sort(baskets.begin(), baskets.end());
  return baskets;
}

template <class Value>
std::uint64_t at_least(std::vector<Value> const& values, Value least) {
  return static_cast<std::uint64_t>(
      std::count_if(values.begin(), values.end(), [&](Value v) { return !(v < least); }));
}

// What `plimsoll window` prints: "... prices of DATE, moves ending DATE DATE; ... return X %".
void add_window(std::string const& printed, Figures& figures) {
  auto const after = [&](std::string const& mark) {
    std::size_t const at = printed.find(mark);
    return at == std::string::npos ? std::string() : printed.substr(at + mark.size());
  };
  figures["prices before the two moves"] = after("prices of ").substr(0, 10);
  figures["end of the first move"] = after("moves ending ").substr(0, 10);
  figures["end of the second move"] = after("moves ending ").substr(11, 10);
  std::string const basket = after("equal-weighted return ");
  figures["equal-weighted return"] = basket.substr(0, basket.find('\n'));
}

void add_market(Market const& market, Figures& figures) {
  figures["factors"] = count_text(market.factors.size());
  figures["complete common rows"] = count_text(market.calibration.common_rows);
  figures["first of them"] = market.calibration.first_date;
  figures["last of them"] = market.calibration.last_date;
  figures["degrees of freedom"] = decimal_text(market.degrees_of_freedom, 3);
}

void add_drawn(Result const& drawn, Figures& figures) {
  auto const& pools = drawn.scenarios.pools_in_breach;
  std::vector<std::uint32_t> falling_pools = pools;
  std::sort(falling_pools.rbegin(), falling_pools.rend());
  double mean = 0.0;
  for (std::uint32_t const n : pools) mean += n;
  ShortfallFigures const total = shortfall_figures(total_shortfall(drawn, 0));
  std::size_t const one_in_100 = tail_ranks(drawn.shape.scenarios, 100).value - 1;
  figures["accounts"] = count_text(drawn.accounts.name.size());
  figures["pools"] = count_text(drawn.pools.name.size());
  figures["scenarios drawn"] = count_text(drawn.shape.scenarios);
  figures["drawn: pools ever in breach"] = count_text(drawn.firm.flagged_pools[0]);
  figures["drawn: pools in breach, mean"] =
      decimal_text(mean / static_cast<double>(pools.size()), 2);
  figures["drawn: pools in breach, 1 in 100"] = count_text(falling_pools[one_in_100]);
  figures["drawn: pools in breach, most"] = count_text(falling_pools.front());
  figures["drawn: total shortfall, mean"] = whole(total.mean.value);
  figures["drawn: total shortfall, 1 in 100"] = whole(total.one_in_100.value);
  figures["drawn: total shortfall, most"] = whole(total.worst);
}

// The replayed days, and how rarely the drawn scenarios are as bad.
void add_past(Result const& past, Result const& drawn, Market const& market, Figures& figures) {
  TickSum const shortfall = total_shortfall(past, 0).at(0);
  std::uint32_t const pools = past.scenarios.pools_in_breach.at(0);
  double const basket = std::stod(figures["equal-weighted return"]) / 100.0;
  figures["replayed: pools in breach"] = count_text(pools);
  figures["replayed: accounts in breach"] = count_text(past.scenarios.accounts_in_breach.at(0));
  figures["replayed: total shortfall"] = whole(shortfall_figures({shortfall}).worst);
  std::vector<double> const baskets = rising_baskets(market, drawn.shape);
  std::size_t const one_in_100 = tail_ranks(drawn.shape.scenarios, 100).value - 1;
  figures["drawn: equal-weighted return, 1 in 100"] = signed_percent(baskets[one_in_100]);
  figures["drawn: equal-weighted return, least"] = signed_percent(baskets.front());
  figures["drawn scenarios with as low an equal-weighted return"] =
      count_text(static_cast<std::uint64_t>(
          std::upper_bound(baskets.begin(), baskets.end(), basket) - baskets.begin()));
  figures["drawn scenarios with as many pools in breach"] =
      count_text(at_least(drawn.scenarios.pools_in_breach, pools));
  figures["drawn scenarios with as much total shortfall"] =
      count_text(at_least(total_shortfall(drawn, 0), shortfall));
}

Figures figures_of(Workplace const& place, std::string const& market_name,
                   std::string const& printed_by_window) {
  Figures figures;
  Market const market = read_market(place.file(market_name + ".h5"));
  Result const drawn = read_result(place.file(market_name + "-drawn/results.h5"));
  Result const past = read_result(place.file(market_name + "-past/results.h5"));
  EXPECT_EQ(past.shape.source, "table");
  EXPECT_EQ(past.shape.scenarios, 1u);
  add_market(market, figures);
  add_drawn(drawn, figures);
  add_window(printed_by_window, figures);
  add_past(past, drawn, market, figures);
  return figures;
}

// The pool that costs most in the replayed days, line by line.
void expect_explained(Workplace const& place, std::string const& market_name) {
  Result const past = read_result(place.file(market_name + "-past/results.h5"));
  auto const& costs = past.pools.worst_shortfall;
  auto const worst = std::max_element(costs.begin(), costs.end()) - costs.begin();
  Outcome const explained = place.plimsoll("explain " + market_name + "-past --pool " +
                                           past.pools.name[static_cast<std::size_t>(worst)]);
  EXPECT_EQ(explained.code, 0) << explained.err;
  for (char const* const text :
       {"scenario 0 of the table, step 2 of 2", "agrees with results.h5 to the tick"})
    EXPECT_NE(explained.out.find(text), std::string::npos) << text << "\n" << explained.out;
}

void compare(RunPage const& page, std::vector<Figures> const& measured, bool same_input) {
  std::string as_measured;
  for (auto const& [name, row] : page.rows) {
    as_measured += "| " + name;
    ASSERT_EQ(row.figures.size(), measured.size()) << name;
    for (std::size_t m = 0; m < measured.size(); ++m) {
      auto const found = measured[m].find(name);
      ASSERT_NE(found, measured[m].end()) << "the page records what nothing measures: " << name;
      as_measured += " | " + found->second;
      EXPECT_TRUE(within(found->second, row.figures[m], same_input ? "exact" : row.tolerance))
          << markets[m] << ", " << name << ": measured " << found->second << ", recorded "
          << row.figures[m];
    }
    as_measured += " | " + row.tolerance + " |\n";
  }
  for (Figures const& figures : measured)
    for (auto const& [name, figure] : figures)
      EXPECT_TRUE(page.rows.contains(name)) << name << " (" << figure << ") is not on the page";
  if (testing::Test::HasFailure()) std::cout << "as measured:\n" << as_measured;
}

TEST(RealHistory, GivesTheFiguresOfThePage) {
  RunPage const page = read_run_page(page_path);
  ASSERT_EQ(page.inputs.size(), 3u);
  bool same_input = true;
  for (auto const& [path, sha256] : page.inputs) {
    if (!std::filesystem::exists(data + "/" + path))
      GTEST_SKIP() << data << "/" << path << " is absent";
    same_input = file_sha256(data + "/" + path) == sha256 && same_input;
  }
  Workplace const place;
  std::vector<std::string> windows;
  ASSERT_FALSE(page.commands.empty());
  for (std::string const& command : page.commands) {
    Outcome const outcome = place.plimsoll(command, "DATA='" + data + "'; ");
    ASSERT_EQ(outcome.code, 0) << command << "\n" << outcome.err;
    if (command.starts_with("window ")) windows.push_back(outcome.out);
  }
  ASSERT_EQ(windows.size(), std::size(markets));
  std::vector<Figures> measured;
  for (std::size_t m = 0; m < std::size(markets); ++m) {
    measured.push_back(figures_of(place, markets[m], windows[m]));
    expect_explained(place, markets[m]);
  }
  compare(page, measured, same_input);
}

// The comparison can fail.
TEST(RealHistory, TellsAFigureFromAnother) {
  EXPECT_TRUE(within("1,010", "1,000", "1 %"));
  EXPECT_FALSE(within("1,011", "1,000", "1 %"));
  EXPECT_FALSE(within("1,001", "1,000", "exact"));
  EXPECT_TRUE(within("-30.14 %", "-30.20 %", "1 %"));
  EXPECT_FALSE(within("-30.14 %", "+30.14 %", "1 %"));
  EXPECT_TRUE(within("3", "7", "5"));
  EXPECT_FALSE(within("1", "7", "5"));
  EXPECT_FALSE(within("2021-05-18", "2021-05-19", "1 %"));
  EXPECT_FALSE(within("", "7", "5"));
}

}  // namespace
}  // namespace plimsoll
