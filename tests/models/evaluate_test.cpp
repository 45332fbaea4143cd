// The page that everybody reads, by hand and by law.
#include "models/evaluate.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace plimsoll {
namespace {

constexpr double everywhere = -std::numeric_limits<double>::infinity();

// Rows: 0 USDT, 1 BTC, 2 linear BTC/USDT, 3 inverse BTC/USD. One cross pool:
// 10,000 USDT, 0.5 BTC, long 1 linear entered at 60,000, short 1,000 contracts of 10 (inverse)
// entered at 62,500.
struct Example {
  std::vector<double> rows = {1.0, 65000.0, 65000.0, 1.0};
  // curves: 0 USDT (b = 0.02), 1 BTC (10 % to 30,000, 20 % above, b = 0.1), 2 brackets in ccy,
  // 3 brackets in BTC
  std::vector<std::uint32_t> begin = {0, 2, 5, 7, 8};
  std::vector<double> floor = {everywhere, 0, everywhere, 0, 30000, everywhere, 50000, everywhere};
  std::vector<double> slope = {1.02, 1.0, 1.1, 0.9, 0.8, 0.004, 0.005, 0.006};
  std::vector<double> intercept = {0, 0, 0, 0, 3000, 0, -50, 0};
  std::vector<std::uint32_t> asset_curve = {0, 1};
  std::vector<std::uint8_t> asset_in_units = {0, 0};
  std::vector<std::uint32_t> exposure_curve = {no_index, no_index, 2, 3};
  std::vector<std::uint32_t> exposure_unit = {no_index, no_index, no_index, 1};
  bool counts_gains = true;

  std::uint32_t pool_begin[2] = {0, 1};
  std::uint8_t account_class[1] = {0};
  PoolKind pool_kind[1] = {PoolKind::cross};
  std::uint32_t group_begin[2] = {0, 2};
  std::uint32_t group_asset[2] = {0, 1};
  double group_balance[2] = {10000.0, 0.5};
  double group_settled[2] = {-60000.0, -10000.0 / 62500.0};
  double group_share[2] = {1.0, 1.0};
  std::uint64_t term_begin[3] = {0, 1, 2};
  std::uint32_t term_row[2] = {2, 3};
  double term_weight[2] = {1.0, 10000.0};

  BookView book() const {
    return {1,           1,           1,           pool_begin,    account_class,
            pool_kind,   group_begin, group_asset, group_balance, group_settled,
            group_share, term_begin,  term_row,    term_weight};
  }
  RulesView rules() const {
    return {{begin.data(), floor.data(), slope.data(), intercept.data()},
            asset_curve.data(),
            asset_in_units.data(),
            exposure_curve.data(),
            exposure_unit.data(),
            counts_gains ? 1.0 : 0.0};
  }
  Margin<double> margin() const {
    return evaluate<double>(book(), rules(), 0, [this](std::uint32_t r) { return rows[r]; });
  }
  // BTC at `price`: its row, the linear mark, and the inverse exposure S / S = 1.
  void set_btc(double price) { rows = {1.0, price, price, 1.0}; }
};

TEST(Evaluate, WorkedNumber) {
  Example const e;
  // USDT: pnl = -60,000 + 65,000 = 5,000; value 15,000, no haircut.
  // BTC: pnl = 65,000 x -0.16 + 10,000 = -400; value 65,000 x 0.5 - 400 = 32,100;
  //   credit = 0.9 x 30,000 + 0.8 x 2,100 = 28,680.
  // Requirement: 0.005 x 65,000 - 50 = 275; inverse 0.006 x 10,000 = 60.
  Margin<double> const m = e.margin();
  EXPECT_NEAR(m.equity, 43680.0, 1e-9);
  EXPECT_NEAR(m.requirement, 335.0, 1e-9);
  EXPECT_EQ(m.excess, m.equity - m.requirement);
}

TEST(Evaluate, IgnoredGainsDoNotCountAndLossesDo) {
  Example e;
  e.counts_gains = false;
  EXPECT_NEAR(e.margin().equity, 10000.0 + 28680.0, 1e-9);
  e.set_btc(50000.0);
  Example counted;
  counted.set_btc(50000.0);
  // The linear position loses 10,000 in both; the inverse short gains 2,000 in neither.
  EXPECT_NEAR(counted.margin().equity - e.margin().equity, 0.9 * 2000.0, 1e-9);
}

TEST(Evaluate, BorrowedCollateralCostsTheSurcharge) {
  Example e;
  e.group_balance[0] = -10000.0;
  EXPECT_NEAR(e.margin().equity, 28680.0 + 1.02 * -5000.0, 1e-9);
}

TEST(Evaluate, ShortPositionsNeedWhatLongOnesDo) {
  Example e;
  e.term_weight[0] = -1.0;
  e.term_weight[1] = -10000.0;
  EXPECT_NEAR(e.margin().requirement, 335.0, 1e-9);
}

TEST(Evaluate, SharedTiersEndEarlier) {
  Example e;
  e.group_share[1] = 0.5;
  EXPECT_NEAR(e.margin().equity, 15000.0 + 0.9 * 15000.0 + 0.8 * 17100.0, 1e-9);
}

TEST(Evaluate, TiersInUnitsFollowThePrice) {
  Example e;
  e.asset_in_units[1] = 1;
  e.floor[4] = 0.25;  // [BTC]
  e.intercept[4] = 0.1 * 0.25;
  EXPECT_NEAR(e.margin().equity, 15000.0 + 0.9 * 16250.0 + 0.8 * (32100.0 - 16250.0), 1e-9);
}

TEST(Evaluate, BracketsInCoinFollowTheirUnit) {
  Example e;
  e.floor.push_back(0.1);  // second coin bracket from 0.1 BTC, at 1 %
  e.slope.push_back(0.01);
  e.intercept.push_back(-0.0004);
  e.begin[4] = 9;
  EXPECT_NEAR(e.margin().requirement, 275.0 + 0.01 * 10000.0 - 0.0004 * 65000.0, 1e-9);
}

TEST(Evaluate, EmptyPoolIsWorthNothing) {
  Example e;
  e.group_begin[1] = 0;
  Margin<double> const m = e.margin();
  EXPECT_EQ(m.equity, 0.0);
  EXPECT_EQ(m.requirement, 0.0);
  EXPECT_EQ(m.excess, 0.0);
}

TEST(Evaluate, CollateralIsIncreasingAndConcaveInThePrice) {
  Example e;
  e.term_begin[1] = 0;  // collateral alone
  e.term_begin[2] = 0;
  e.group_settled[0] = e.group_settled[1] = 0.0;
  auto const equity = [&](double price) {
    e.set_btc(price);
    return e.margin().equity;
  };
  for (double p = 2000; p < 150000; p += 1234) {
    EXPECT_LT(equity(p), equity(p + 1000));
    EXPECT_GE(2 * equity(p) + 1e-9, equity(p - 1000) + equity(p + 1000));
  }
}

TEST(Evaluate, HedgedPoolKeepsItsEquity) {
  // Half a coin against a short of half a coin, no haircut: worth the same at every price.
  Example e;
  e.term_weight[0] = -0.5;
  e.group_settled[0] = 0.5 * 60000.0;
  e.group_settled[1] = 0.0;
  e.term_begin[2] = 1;
  e.slope[0] = e.slope[3] = e.slope[4] = 1.0;
  e.intercept[4] = 0.0;
  for (double price : {20000.0, 60000.0, 130000.0}) {
    e.set_btc(price);
    EXPECT_NEAR(e.margin().equity, 40000.0, 1e-9);
  }
}

}  // namespace
}  // namespace plimsoll
