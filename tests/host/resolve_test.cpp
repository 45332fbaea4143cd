// A book, a market and rules laid over one another.
#include "host/resolve.hpp"

#include <gtest/gtest.h>

#include "host/error.hpp"
#include "tests/host/market_builder.hpp"

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
