// Monte Carlo meets the closed form: one asset, one linear position, one step. The pool is in
// breach when the log-move falls below a threshold, whose probability is a Student-t distribution
// function.
#include <gtest/gtest.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "host/resolve.hpp"
#include "kernels/engine.hpp"
#include "models/sampling.hpp"
#include "tests/host/market_builder.hpp"

namespace plimsoll {
namespace {

constexpr double dof = 4.0, volatility = 0.8, years = 2.0 / 365.0;

// Long 1 BTC at 65,000 with 4,000 USDT. Excess = 4,000 + S - 65,000 - m(S), m the brackets.
Book one_position() {
  Book book;
  book.reporting_currency = "USD";
  book.assets = {"USD", "USDT", "BTC"};
  book.instruments = {{"BTC/USDT:USDT"},
                      {InstrumentKind::linear},
                      {2},
                      {1},
                      {1.0},
                      {0.0},
                      {0.0},
                      {0.0},
                      {0.0},
                      {0.0},
                      {0.0}};
  book.classes = {"client"};
  book.accounts = {{"a"}, {0}};
  book.pools = {{"a"}, {0}, {PoolKind::cross}};
  book.balances = {{0}, {1}, {4000.0}};
  book.positions = {{0}, {0}, {1.0}, {65000.0}};
  return book;
}

// In breach where 0.975 S < 61,000 - 750 (above 50,000), i.e. S below 61,794.87...; value negative
// below 61,000, where the shortfall only deepens.
double analytic_probability() {
  double const threshold = std::log((61000.0 - 750.0) / 0.975 / 65000.0);
  double const scale = volatility * std::sqrt(years) * std::sqrt((dof - 2.0) / dof);
  return cdf(boost::math::students_t(dof), threshold / scale);
}

TEST(ClosedForm, IntervalCoversAsOftenAsItClaims) {
  Market const market = test_market({"BTC"}, {65000.0}, volatility, 0.5, dof);
  ResolvedBook const resolved(one_position(), market, test_rules({"BTC/USDT:USDT"}));
  double const p = analytic_probability();
  ASSERT_GT(p, 0.01);
  ASSERT_LT(p, 0.5);
  MarketView const view = view_of(market, nullptr);
  Engine const& engine = *engine_named("reference");
  Tuning tuning;
  tuning.threads = 1;
  int covered = 0;
  std::uint64_t hits = 0;
  std::uint64_t const scenarios = 2000;
  int const seeds = 1000;
  for (int seed = 1; seed <= seeds; ++seed) {
    Job const job{view,
                  resolved.rows(),
                  resolved.rules(),
                  resolved.book(),
                  resolved.pools_today().data(),
                  {static_cast<std::uint64_t>(seed), scenarios, 1, years},
                  Tails::none};
    std::uint64_t const breaches = engine.evaluate(job, tuning).pools[0].breaches;
    Interval const interval = wilson_interval(breaches, scenarios);
    covered += interval.low <= p && p <= interval.high ? 1 : 0;
    hits += breaches;
  }
  RecordProperty("covered_of_1000", covered);
  std::printf("analytic %.6f, simulated %.6f, covered %d of %d\n", p,
              static_cast<double>(hits) / (seeds * static_cast<double>(scenarios)), covered, seeds);
  EXPECT_GE(covered, 930);
  EXPECT_LE(covered, 970);
  double const error = std::sqrt(p * (1 - p) / (seeds * static_cast<double>(scenarios)));
  EXPECT_NEAR(static_cast<double>(hits) / (seeds * static_cast<double>(scenarios)), p, 4 * error);
}

}  // namespace
}  // namespace plimsoll
