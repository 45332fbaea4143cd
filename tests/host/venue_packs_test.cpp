// The packs of datasets/venues: each is read, says where its figures come from, and gives what its
// venue's rules give, worked by hand.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "tests/host/column_after.hpp"
#include "tests/host/rule_desk.hpp"

namespace plimsoll {
namespace {

std::string const folder = PLIMSOLL_SOURCE_DIR "/datasets/venues/";

RulePack venue(std::string const& name) {
  return read_rules(folder + name + ".toml");
}

TEST(VenuePacks, EachIsTestedHereAndReadsBack) {
  std::set<std::string> found;
  for (auto const& entry : std::filesystem::directory_iterator(folder)) {
    std::string const name = entry.path().stem().string();
    found.insert(name);
    RulePack const pack = venue(name);
    std::string const again = testing::TempDir() + "plimsoll_venue_again.toml";
    std::filesystem::remove(again);
    write_rules(pack, again);
    EXPECT_EQ(rules_text(read_rules(again)), rules_text(pack)) << name;
    EXPECT_GE(pack.sources.size(), 2u) << name;
  }
  EXPECT_EQ(found, (std::set<std::string>{"binance", "depeg", "deribit", "drift", "dydx", "mango",
                                          "scan-grid", "span16", "ten-move"}));
}

// 10 BTC at 100,000: 1,000,000 in the third bracket, 0.65 % less 1,500.
TEST(VenuePacks, Brackets) {
  Desk desk;
  desk.asset("USDT", 1).asset("BTC", 100000).asset("ETH", 3000);
  desk.contract("BTC/USDT:USDT", "BTC", "USDT").position("BTC/USDT:USDT", 10, 90000);
  desk.hold("USDT", 5000).hold("ETH", 2);
  Margin<double> const margin = desk.margin(venue("binance"));
  EXPECT_NEAR(margin.equity, 5000 + 100000, 1e-6);  // ETH does not count
  EXPECT_NEAR(margin.requirement, 5000, 1e-6);
}

// 25 BTC at 100,000, as the venue's own table: 2 % and 1 %, and 0.005 % for each coin.
TEST(VenuePacks, Slope) {
  Desk desk;
  desk.asset("USDC", 1).asset("BTC", 100000);
  desk.contract("BTC_USDC-PERPETUAL", "BTC", "USDC").position("BTC_USDC-PERPETUAL", 25, 100000);
  EXPECT_NEAR(desk.margin(venue("deribit"), Threshold::initial).requirement, 53125, 1e-6);
  EXPECT_NEAR(desk.margin(venue("deribit")).requirement, 28125, 1e-6);
}

// The contract of the source: 30,000 USD for a future, and what an extreme would cost is less.
TEST(VenuePacks, SixteenScenarios) {
  Desk desk;
  desk.asset("SPX", 2790).contract("SP-MAR", "SPX", "USD", InstrumentKind::linear, 250);
  desk.position("SP-MAR", 1, 2790);
  EXPECT_NEAR(desk.margin(venue("span16")).requirement, 30000, 1e-6);  // 0.35 x 60,000 is less
}

// 1,000 shares at 50 and ten puts on them at 50: below 50 the two lose nothing but time; the least
// charge is 0.375 for 2,000 units. 1,000 shares alone lose 15 %.
TEST(VenuePacks, TenMoves) {
  Desk shares;
  shares.asset("XYZ", 50).contract("XYZ-S", "XYZ", "USD").position("XYZ-S", 1000, 50);
  EXPECT_NEAR(shares.margin(venue("ten-move")).requirement, 7500, 1e-6);
  Desk covered = shares;
  covered.contract("XYZ-P", "XYZ", "USD", InstrumentKind::put, 100).terms(0.01, 60, 0.2);
  covered.position("XYZ-P", 10, 10);
  EXPECT_NEAR(covered.margin(venue("ten-move")).requirement, 750, 1e-6);
}

// An inverse perpetual of 10 USD a contract, long 1,000,000 USD: 1 / 0.84 - 1 of it in coins.
TEST(VenuePacks, Grid) {
  Desk desk;
  desk.asset("BTC", 100000).contract("BTC-PERPETUAL", "BTC", "BTC", InstrumentKind::inverse, 10);
  desk.position("BTC-PERPETUAL", 100000, 100000);
  EXPECT_NEAR(desk.margin(venue("scan-grid")).requirement, 1e6 * (1 / 0.84 - 1), 1e-4);
}

// 1,000 SOL at 200 and a short of 10 BTC entered at 100,000, at 90,000.
TEST(VenuePacks, Health) {
  Desk desk;
  desk.asset("USDC", 1).asset("SOL", 200).asset("BTC", 90000);
  desk.contract("BTC-PERP", "BTC", "USDC").position("BTC-PERP", -10, 100000);
  desk.hold("USDC", 1000).hold("SOL", 1000);
  // 1,000,000 - 1.1 x 900,000 is a gain of 10,000 of which 98 % counts.
  EXPECT_NEAR(desk.margin(venue("mango")).equity, 1000 + 9800 + 0.9 * 200000, 1e-6);
  // 1,000,000 - 1.2 x 900,000 is a loss of 80,000.
  EXPECT_NEAR(desk.margin(venue("mango"), Threshold::initial).equity, 1000 - 80000 + 0.8 * 200000,
              1e-6);
  // A book that holds 10,000,000 of it alone: half the weight.
  Desk large;
  large.asset("USDC", 1).asset("SOL", 200).hold("SOL", 50000);
  EXPECT_NEAR(large.margin(venue("mango"), Threshold::initial).equity, 0.4 * 10000000, 1e-6);
}

// A dollar at 0.95 is 4 % beyond the tolerance: haircuts are 8 % higher, those of what it backs
// too.
TEST(VenuePacks, LostPeg) {
  Desk desk;
  desk.asset("USDC", 0.95).asset("USDT", 1).asset("DAI", 0.96).asset("BTC", 100000);
  desk.hold("USDC", 1000).hold("USDT", 1000).hold("DAI", 1000).hold("BTC", 1);
  EXPECT_NEAR(desk.margin(venue("depeg")).equity, 0.92 * 950 + 980 + 0.9 * 960 + 95000, 1e-6);
}

// A day later: 0.03 % of a long position, nothing of a short one; a year later 5 % of BTC owed.
TEST(VenuePacks, FundingAndInterest) {
  auto const required = [](Desk const& desk, std::string const& pack, double years) {
    Book const book = desk.book();
    ResolvedBook const resolved(book, desk.market(), venue(pack), Threshold::maintenance,
                                {1, 1, 1, years});
    std::vector<double> const later = column_after(resolved, {{"USD", {1}}}, book, years);
    return evaluate<double>(resolved.book(), resolved.rules(), 0,
                            [&](std::uint32_t r) { return later[r]; })
        .requirement;
  };
  Desk traded;
  traded.asset("USDT", 1).asset("BTC", 100000).contract("BTC/USDT:USDT", "BTC", "USDT");
  Desk sold = traded;
  traded.position("BTC/USDT:USDT", 10, 90000);
  sold.position("BTC/USDT:USDT", -10, 90000);
  EXPECT_NEAR(required(traded, "binance", 1 / days_per_year), 5000 + 300, 1e-6);
  EXPECT_NEAR(required(sold, "binance", 1 / days_per_year), 5000, 1e-6);
  Desk owed;
  owed.asset("BTC", 100000).hold("BTC", -2);
  EXPECT_NEAR(required(owed, "depeg", 1.0), 10000, 1e-6);
}

// 640,000 SOL: 1 + 0.00125 x 800 = 2. 90,000 wETH owed: 0.8 x 1.1 + 0.025 x 300 = 8.38.
TEST(VenuePacks, RootOfSize) {
  Desk desk;
  desk.asset("USDC", 1).asset("SOL", 1).hold("SOL", 640000);
  EXPECT_NEAR(desk.margin(venue("drift")).equity, 0.55 * 640000, 1e-6);
  Desk owed;
  owed.asset("USDC", 1).asset("wETH", 10).hold("wETH", -90000);
  EXPECT_NEAR(owed.margin(venue("drift")).equity, -8.38 * 900000, 1e-6);
  Desk small;
  small.asset("USDC", 1).asset("SOL", 1).hold("SOL", 100).hold("USDC", 1);
  EXPECT_NEAR(small.margin(venue("drift")).equity, 91, 1e-9);
}

// Open interest a fifth of the way between the bounds: 5 % and a fifth of 95 %.
TEST(VenuePacks, OpenInterest) {
  Desk desk;
  desk.asset("USDC", 1).asset("SOL", 100).asset("BTC", 50000);
  desk.contract("SOL-USD", "SOL", "USDC").position("SOL-USD", 1000, 100);
  desk.contract("BTC-USD", "BTC", "USDC").position("BTC-USD", -1, 50000);
  EXPECT_NEAR(desk.margin(venue("dydx"), Threshold::initial).requirement,
              0.24 * 100000 + 0.05 * 50000, 1e-6);
  EXPECT_NEAR(desk.margin(venue("dydx")).requirement, 0.03 * 150000, 1e-6);
}

}  // namespace
}  // namespace plimsoll
