// A book, a market and rules laid over one another.
#include "host/resolve.hpp"

#include <gtest/gtest.h>

#include "host/error.hpp"
#include "kernels/engine.hpp"
#include "tests/host/market_builder.hpp"
#include "tests/kernels/same_tally.hpp"

namespace plimsoll {
namespace {

// alice: a cross pool with 10,000 USDT, half a BTC, long 1 BTC/USDT:USDT entered at 60,000, and an
// isolated pool with 2,000 USDT, short 100 contracts of 10 BTC/USD:BTC entered at 62,500.
Book example_book() {
  Book book;
  book.reporting_currency = "USD";
  book.assets = {"USD", "USDT", "BTC"};
  book.instruments = {{"BTC/USDT:USDT", "BTC/USD:BTC"},
                      {InstrumentKind::linear, InstrumentKind::inverse},
                      {2, 2},
                      {1, 2},
                      {1.0, 10.0},
                      {0.0, 0.01},
                      {0.0, 0.0},
                      {0.0, 0.0},
                      {0.0, 0.0},
                      {0.0, 0.0},
                      {0.0, 0.0}};
  book.classes = {"house", "client"};
  book.accounts = {{"alice"}, {1}};
  book.pools = {{"alice", "alice/hedge"}, {0, 0}, {PoolKind::cross, PoolKind::isolated}};
  book.balances = {{0, 0, 1}, {1, 2, 1}, {10000.0, 0.5, 2000.0}};
  book.positions = {{0, 1}, {0, 1}, {1.0, -100.0}, {60000.0, 62500.0}};
  return book;
}

Market example_market() {
  return test_market({"BTC"}, {65000.0});
}
RulePack example_rules() {
  return test_rules({"BTC/USDT:USDT", "BTC/USD:BTC"});
}

std::string refusal(Book const& book, Market const& market, RulePack const& rules) {
  try {
    ResolvedBook const resolved(book, market, rules);
  } catch (InputError const& error) {
    return error.what();
  }
  return "";
}

TEST(Resolve, WorkedNumbers) {
  ResolvedBook const resolved(example_book(), example_market(), example_rules());
  // Cross: 15,000 USDT at no haircut; 32,500 of BTC at 10 %; 2.5 % x 65,000 - 750 = 875.
  Margin<double> const cross = resolved.margins_today()[0];
  EXPECT_NEAR(cross.equity, 15000.0 + 0.9 * 32500.0, 1e-9);
  EXPECT_NEAR(cross.requirement, 875.0, 1e-9);
  // Isolated: mark 65,650; settled -1,000 / 62,500 BTC; exposure +1,000 x 65,000 / 65,650.
  double const pnl = 65000.0 * (-1000.0 / 62500.0) + 1000.0 * (65000.0 / 65650.0);
  Margin<double> const isolated = resolved.margins_today()[1];
  EXPECT_NEAR(isolated.equity, 2000.0 + 1.1 * pnl, 1e-9);
  EXPECT_NEAR(isolated.requirement, 0.01 * 1000.0 * (65000.0 / 65650.0), 1e-9);
  EXPECT_NEAR(resolved.pools_today()[1].at_risk, 2000.0 + pnl, 1e-9);
  EXPECT_EQ(resolved.pools_today()[0].at_risk, largest_amount);
}

TEST(Resolve, SharesOfTiersSumToOne) {
  Book book = example_book();
  book.balances = {{0, 0, 1, 1}, {1, 2, 1, 2}, {10000.0, 3.0, 2000.0, 1.0}};
  ResolvedBook const resolved(book, example_market(), example_rules());
  BookView const view = resolved.book();
  double total = 0.0;
  for (std::uint32_t g = 0; g < view.group_begin[view.pools]; ++g)
    if (view.group_asset[g] == 2) total += view.group_share[g];
  EXPECT_NEAR(total, 1.0, 1e-12);
  EXPECT_GT(view.group_share[1], 0.7);
}

// alice long 2 calls in USDT at 0.6, short 3 coin-settled puts; USDT is worth 0.99.
Book option_book() {
  Book book = example_book();
  book.instruments = {{"BTC-C", "BTC-P"},
                      {InstrumentKind::call, InstrumentKind::put},
                      {2, 2},
                      {1, 2},
                      {1.0, 0.5},
                      {0.01, 0.0},
                      {10.0, 10.0},
                      {66000.0, 60000.0},
                      {0.6, 0.5},
                      {0.05, 0.0},
                      {0.0, 0.0}};
  book.positions = {{0, 0}, {0, 1}, {2.0, -3.0}, {1500.0, 0.02}};
  return book;
}

TEST(Resolve, OptionsAreWorthWhatTheirFormulaSays) {
  Market market = example_market();
  market.constants.price[0] = 0.99;
  ASSERT_EQ(market.constants.name[0], "USDT");
  RulePack const rules = test_rules({"BTC-C", "BTC-P"});
  ResolvedBook const resolved(option_book(), market, rules);
  double const years = 10.0 / 365.0;
  double const call =
      european_linear(european_terms(option_life(OptionSide::call, years, exp(-0.05 * years)), 0.6),
                      65000.0 * 1.01, 66000.0 * 0.99)
          .value;
  double const put =
      65000.0 * european_coin_settled(european_terms(option_life(OptionSide::put, years, 1.0), 0.5),
                                      65000.0, 60000.0)
                    .value;
  // Premiums: 1,500 USDT a coin paid, 0.02 BTC a coin taken on half a coin each.
  BookView const view = resolved.book();
  double requirement = 0.0;
  auto const today = [&](std::uint32_t r) { return resolved.rows_today()[r]; };
  double const usdt = group_value<double>(view, resolved.rules(), 0, today, requirement);
  double const btc = group_value<double>(view, resolved.rules(), 1, today, requirement);
  EXPECT_NEAR(usdt, 0.99 * (10000.0 - 2.0 * 1500.0) + 2.0 * call, 1e-6);
  EXPECT_NEAR(btc, 65000.0 * (0.5 + 1.5 * 0.02) - 1.5 * put, 1e-6);
}

// Days 3 and 4 of a run of two steps of two days each: what expires at day 3 is settled at the
// second step; without a run, or beyond its end, nothing is.
TEST(Resolve, ContractsSettleAtTheFirstStepAtOrAfterTheirExpiry) {
  RulePack const rules = test_rules({"BTC*"});
  RunShape const shape = {1, 10, 2, 2.0 / 365.0};
  auto const stops = [&](double days, RunShape const& run) -> std::uint32_t {
    Book book = option_book();
    book.instruments.days_to_expiry = {days, days};
    ResolvedBook const resolved(book, example_market(), rules, Threshold::maintenance, run);
    RowsView const rows = resolved.rows();
    for (std::uint32_t r = rows.assets; r < rows.stored; ++r)
      if (rows.kind[r] == RowKind::stopped && rows.underlying[r] == 2)
        return rows.option[r - rows.assets].until;
    return 0;
  };
  EXPECT_EQ(stops(3.0, shape), 2u);
  EXPECT_EQ(stops(2.0, shape), 1u);
  EXPECT_EQ(stops(4.0, shape), 2u);
  EXPECT_EQ(stops(4.5, shape), 0u);
  EXPECT_EQ(stops(3.0, {}), 0u);
}

// Options, contracts that settle within the run, volatility that moves: every engine that runs
// here.
TEST(Resolve, EnginesAgreeOnOptionsThatExpireWithinTheRun) {
  Book book = option_book();
  book.instruments.days_to_expiry = {1.5, 60.0};
  book.positions.quantity = {-4.0, -6.0};
  Market const market = test_market({"BTC", "BTC.vol"}, {65000.0, 0.6});
  RunShape const shape = {5, 4000, 3, 1.0 / 365.0};
  ResolvedBook const resolved(book, market, test_rules({"BTC*"}), Threshold::maintenance, shape);
  MarketView const view = view_of(market, nullptr);
  Job const job = {
      view,  resolved.rows(), resolved.rules(), resolved.book(), resolved.pools_today().data(),
      shape, Tails::all};
  Tally const expected = engine_named("reference")->evaluate(job, {});
  EXPECT_GT(expected.pools[0].breaches, 0u);
  EXPECT_LT(expected.pools[0].breaches, shape.scenarios);
  for (Engine const* const engine : engines()) {
    if (!engine->availability().usable) continue;
    EXPECT_TRUE(testing::same_tally(engine->evaluate(job, {}), expected)) << engine->name();
  }
}

TEST(Resolve, VolatilityMovesWithItsFactor) {
  RulePack const rules = test_rules({"BTC*"});
  ResolvedBook const still(option_book(), example_market(), rules);
  EXPECT_EQ(still.rows().assets, still.assets());
  ResolvedBook const moving(option_book(), test_market({"BTC", "BTC.vol"}, {65000.0, 0.6}), rules);
  RowsView const rows = moving.rows();
  ASSERT_EQ(rows.assets, moving.assets() + 1);
  EXPECT_EQ(rows.factor[moving.assets()], 1u);
  EXPECT_EQ(moving.rows_today()[moving.assets()], 1.0);
  for (std::uint32_t r = rows.assets; r < rows.stored; ++r)
    EXPECT_EQ(rows.option[r - rows.assets].level, moving.assets());
  EXPECT_EQ(moving.margins_today()[0].excess, still.margins_today()[0].excess);
}

TEST(Resolve, ExposureRowsKnowTheirUnderlying) {
  ResolvedBook const resolved(example_book(), example_market(), example_rules());
  EXPECT_EQ(resolved.asset_of_row(3), 2u);
  EXPECT_EQ(resolved.asset_of_row(1), 1u);
}

TEST(Resolve, RefusesWhatHasNoPriceRuleOrRoom) {
  Market no_btc = example_market();
  no_btc.factors = {"ETH"};
  EXPECT_NE(
      refusal(example_book(), no_btc, example_rules()).find("asset 'BTC' is not in the market"),
      std::string::npos);
  EXPECT_NE(refusal(example_book(), example_market(), test_rules({"ETH*"}))
                .find("no maintenance schedule for instrument 'BTC/USDT:USDT'"),
            std::string::npos);
  RulePack no_haircut = example_rules();
  no_haircut.haircuts.pop_back();
  EXPECT_NE(
      refusal(example_book(), example_market(), no_haircut).find("no haircut for asset 'BTC'"),
      std::string::npos);
  Book huge = example_book();
  huge.balances.amount[0] = 1e12;
  EXPECT_NE(refusal(huge, example_market(), example_rules()).find("overflow ticks"),
            std::string::npos);
  Market euro = example_market();
  euro.reporting_currency = "EUR";
  EXPECT_NE(refusal(example_book(), euro, example_rules()).find("the market is in EUR"),
            std::string::npos);
}

TEST(Resolve, PatternsMatchByPrefix) {
  EXPECT_EQ(refusal(example_book(), example_market(), test_rules({"BTC/*"})), "");
}

}  // namespace
}  // namespace plimsoll
