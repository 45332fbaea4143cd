// Haircuts and debts that move with the scenario: what they read, what is refused, what explain
// and attribution say of them.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "host/attribution.hpp"
#include "host/error.hpp"
#include "host/explain.hpp"
#include "tests/host/column_after.hpp"
#include "tests/host/market_builder.hpp"
#include "tests/host/rule_desk.hpp"

namespace plimsoll {
namespace {

std::string haircuts(std::string const& asset, std::string const& keys) {
  return "[[haircuts]]\nasset = \"" + asset + "\"\n" + keys;
}
std::string const rest = "\n[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1 }\n";
std::string const weights = "weights = { asset = 0.9, liability = 1.1 }\n";
RunShape const two_steps{1, 1, 2, 1.0};

Margin<double> margin_of(ResolvedBook const& resolved, std::vector<double> const& column) {
  return evaluate<double>(resolved.book(), resolved.rules(), 0,
                          [&](std::uint32_t r) { return column[r]; });
}

TEST(MovingHaircuts, FollowThePegOfAnotherAsset) {
  RulePack const pack =
      pack_of(haircuts("COIN", weights + "off_peg = { peg = 1, tolerance = 0.02, of = \"USDX\", "
                                         "stretch = 10, surcharge = 0.5 }\n") +
              rest);
  Desk desk;
  desk.asset("COIN", 1000).asset("USDX", 1).hold("COIN", 3).hold("USDX", 100);
  Book const book = desk.book();
  ResolvedBook const resolved(book, test_market({"COIN", "USDX"}, {1000, 1}), pack,
                              Threshold::maintenance, two_steps);
  auto const equity = [&](double coin, double usdx) {
    return margin_of(resolved,
                     column_after(resolved, {{"COIN", {1, coin}}, {"USDX", {1, usdx}}}, book))
        .equity;
  };
  EXPECT_EQ(resolved.margins_today()[0].equity, 2700 + 100);
  EXPECT_NEAR(equity(1000, 0.985), 2700 + 98.5, 1e-9);
  // x = 0.08: a haircut of 0.1 x 1.8 + 0.04
  EXPECT_NEAR(equity(500, 0.9), 1500 * 0.78 + 90, 1e-9);
  EXPECT_NEAR(equity(500, 0.1), 10, 1e-9);  // nothing counts any more
}

TEST(MovingHaircuts, AskForTheAssetThatIsLookedAt) {
  RulePack const pack = pack_of(
      haircuts("COIN", weights + "off_peg = { peg = 1, of = \"USDX\", surcharge = 1 }\n") + rest);
  Desk desk;
  desk.asset("COIN", 1000).hold("COIN", 3);
  try {
    (void)desk.resolve(pack);
    ADD_FAILURE() << "accepted";
  } catch (InputError const& error) {
    std::string const text = error.what();
    EXPECT_NE(text.find("asset 'USDX' is not in the book"), std::string::npos) << text;
    EXPECT_NE(text.find(pack.place), std::string::npos) << text;
  }
  // A book that has no such collateral needs no such price.
  EXPECT_EQ(Desk().hold("USD", 5).margin(pack).equity, 5);
}

TEST(MovingHaircuts, FollowTheFactorOfVolatilityWhereThereIsOne) {
  RulePack const pack =
      pack_of(haircuts("COIN", weights + "by_volatility = { decay = 0.9, stretch = 2 }\n") + rest);
  Desk desk;
  desk.asset("COIN", 1000).hold("COIN", 3);
  Book const book = desk.book();
  auto const equity = [&](Market const& market, double level) {
    ResolvedBook const resolved(book, market, pack, Threshold::maintenance, two_steps);
    return margin_of(resolved, column_after(resolved, {{"COIN", {1000, 1000}}}, book, 1.0, level))
        .equity;
  };
  Market const with_level = test_market({"COIN", "COIN.vol"}, {1000, 1});
  EXPECT_NEAR(equity(with_level, 0.7), 2700, 1e-9);
  EXPECT_NEAR(equity(with_level, 1.5), 3000 * 0.8, 1e-9);  // 0.1 (1 + 2 x 0.5)
  EXPECT_NEAR(equity(test_market({"COIN"}, {1000}), 1.5), 2700, 1e-9);
  // An asset that does not move has no volatility that could rise.
  EXPECT_EQ(desk.resolve(pack).rules().asset_state, nullptr);
}

TEST(MovingHaircuts, DebtsStayAsTheyAreBySize) {
  std::string const total = "by_total = { borrow_start = 1000, borrows = 4 }\n";
  std::string const size = "by_size = { factor = 0, asset_numerator = 1, liability_share = 1 }\n";
  Desk desk;
  desk.asset("COIN", 1000).hold("COIN", -3);
  Book const book = desk.book();
  auto const equity = [&](std::string const& keys, double price) {
    RulePack const pack = pack_of(haircuts("COIN", weights + keys) + rest);
    ResolvedBook const resolved(book, test_market({"COIN"}, {1000}), pack, Threshold::maintenance,
                                two_steps);
    return margin_of(resolved, column_after(resolved, {{"COIN", {1, price}}}, book)).equity;
  };
  EXPECT_NEAR(equity(total, 1000), -3000 * 4.4, 1e-9);
  EXPECT_NEAR(equity(total, 2000), -6000 * 8.8, 1e-9);
  EXPECT_NEAR(equity(total, 200), -600 * 1.1, 1e-9);
  EXPECT_NEAR(equity(total + size, 1000), -3000 * 4.4, 1e-9);
  EXPECT_NEAR(equity(total + size, 2000), -6000 * 4.4, 1e-9);
}

TEST(MovingHaircuts, AreRefusedBesideASlowPrice) {
  RulePack const pack =
      pack_of(haircuts("COIN", weights + "off_peg = { peg = 1, surcharge = 1 }\n") + rest +
              "[[slow_prices]]\nasset = \"COIN\"\nprice = 1\n");
  Desk desk;
  desk.asset("COIN", 1).hold("COIN", 3);
  EXPECT_NO_THROW((void)desk.margin(pack));
  EXPECT_THROW((void)desk.margin(pack, Threshold::initial), InputError);
}

TEST(MovingHaircuts, RefusesBrokenFigures) {
  auto const refused = [](std::string const& keys, std::string const& problem) {
    try {
      (void)pack_of(haircuts("COIN", weights + keys) + rest);
      ADD_FAILURE() << "accepted: " << keys;
    } catch (InputError const& error) {
      std::string const text = error.what();
      EXPECT_NE(text.find(problem), std::string::npos) << text;
      EXPECT_NE(text.find(".toml:"), std::string::npos) << text;
      EXPECT_NE(text.find("Hint: "), std::string::npos) << text;
    }
  };
  refused("off_peg = { surcharge = 1 }\n", "no key 'peg'");
  refused("off_peg = { peg = 0, surcharge = 1 }\n", "a peg of 0");
  refused("off_peg = { peg = 1, tolerance = 1, surcharge = 1 }\n", "a tolerance of 1");
  refused("off_peg = { peg = 1, surcharge = -1 }\n", "off_peg.surcharge -1");
  refused("off_peg = { peg = 1, stretch = inf }\n", "a finite number");
  refused("off_peg = { peg = 1 }\n", "neither stretch nor surcharge");
  refused("off_peg = { peg = 1, surcharge = 1, floor = 2 }\n", "unknown key");
  refused("by_volatility = { stretch = 1 }\n", "no key 'decay'");
  refused("by_volatility = { decay = 1, stretch = 1 }\n", "a decay of 1");
  refused("by_volatility = { decay = 0.9 }\n", "neither stretch nor surcharge");
  refused("off_peg = { peg = 1, surcharge = 1 }\nby_volatility = { decay = 0.9, stretch = 1 }\n",
          "off_peg and by_volatility");
}

// A fall of the price makes it wilder too: explain says so, and the split of the change sums.
TEST(MovingHaircuts, AreExplainedAndSplit) {
  RulePack const pack = pack_of(
      haircuts("COIN",
               "unit = \"currency\"\ntiers = [{ from = 0, haircut = 0.1 }]\n"
               "by_volatility = { decay = 0.5, stretch = 1, surcharge = 0.25 }\n") +
      haircuts("DEBT", weights + "by_total = { borrow_start = 50, borrows = 100 }\n") + rest);
  Desk desk;
  desk.asset("COIN", 1000).asset("DEBT", 1).hold("COIN", 3).hold("DEBT", -500);
  Book const book = desk.book();
  Market const market = test_market({"COIN", "DEBT"}, {1000, 1}, 0.1);
  RunShape const shape{1, 1, 1, 1.0};
  ResolvedBook const resolved(book, market, pack, Threshold::maintenance, shape);
  std::vector<double> const moves = {std::log(0.8), std::log(1.5)};
  MarketView const view = {2, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, moves.data()};
  std::string const text = explain_scenario(book, market, pack, resolved, view, shape, 0, 0).text;
  // v = 0.5 + 0.5 log(0.8)^2 / 0.01
  double const x = std::sqrt(0.5 + 50 * std::log(0.8) * std::log(0.8)) - 1;
  double const credit = 2400 * (1 - 0.1 * (1 + x) - 0.25 * x);
  for (std::string const& part :
       {fmt::format("x = {:.6g}: COIN more volatile than tonight", x),
        fmt::format("x 2400.0000 = {:.4f}", credit), std::string("y = 2: lent beyond the start"),
        std::string("x -750.0000 = -2475.0000"), fmt::format("excess {:.4f}", credit - 2475)})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  Replay replay(resolved, view, shape);
  replay.load(0);
  auto const split = attribution(
      attribution_job(book, resolved, shape, 0), 0,
      [&](std::uint32_t row, std::uint32_t step) { return replay.row(step, row); }, 1);
  ASSERT_TRUE(split.has_value());
  EXPECT_EQ(split->then, excess_ticks(credit - 2475));
  EXPECT_EQ(split->tonight, excess_ticks(2700 - 1100));
  Ticks sum = 0;
  for (SplitLine const& line : split->factors) sum += line.change;
  EXPECT_EQ(sum, split->then - split->tonight);
  ASSERT_EQ(split->factors.size(), 2u);
  EXPECT_NEAR(static_cast<double>(split->factors[1].change), -1375e4, 2.0);  // the debt's alone
}

}  // namespace
}  // namespace plimsoll
