// Portfolio scans as packs have them: what a desk of a few contracts must have, by hand and by
// pricing the shocked market; and what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "host/error.hpp"
#include "models/european.hpp"
#include "tests/host/rule_desk.hpp"

namespace plimsoll {
namespace {

std::string const rest =
    "[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1 }\n"
    "[[schedules]]\nname = \"all\"\nkind = \"scan\"\ngrid = \"g\"\n"
    "initial = { kind = \"scan\", grid = \"g\", factor = 1.5 }\n"
    "[[instruments]]\nmatch = \"*\"\nschedule = \"all\"\n";

RulePack pack(std::string const& scan) {
  return pack_of("[[scans]]\nname = \"g\"\n" + scan + "\n" + rest);
}

double required(Desk const& desk, RulePack const& rules,
                Threshold threshold = Threshold::maintenance) {
  return desk.margin(rules, threshold).requirement;
}

Desk desk_with(double quantity) {
  Desk desk;
  desk.asset("COIN", 1000)
      .contract("perpetual", "COIN", "USD")
      .position("perpetual", quantity, 900);
  return desk;
}

TEST(ScanRules, ALinearPositionLosesTheWorstShock) {
  RulePack const rules = pack("spots = [-0.15, 0, 0.1]\nvolatilities = [0]");
  EXPECT_NEAR(required(desk_with(2), rules), 300.0, 1e-9);
  EXPECT_NEAR(required(desk_with(-2), rules), 200.0, 1e-9);
  EXPECT_NEAR(required(desk_with(2), rules, Threshold::initial), 450.0, 1e-9);
}

TEST(ScanRules, DampenedExtremesAndLeastCharges) {
  RulePack const rules = pack(
      "points = [{ spot = 0 }, { spot = -0.1 }, { spot = -0.5, part = 0.3 }]\n"
      "least_per_contract = 40");
  EXPECT_NEAR(required(desk_with(1), rules), 150.0, 1e-9);  // 0.3 x 500
  EXPECT_NEAR(required(desk_with(-1), rules), 40.0, 1e-9);  // it never loses
}

// An inverse contract of 1 USD a piece loses 1/(S m) - 1/S coins, worth S each.
TEST(ScanRules, InverseContractsLoseCoins) {
  Desk desk;
  desk.asset("COIN", 1000)
      .contract("inverse", "COIN", "COIN", InstrumentKind::inverse)
      .position("inverse", 500, 1000);
  RulePack const rules = pack("spots = [-0.2, 0]\nvolatilities = [0]");
  EXPECT_NEAR(required(desk, rules), 500 * (1 / 0.8 - 1), 1e-9);
}

Desk option_desk(double quantity, double days) {
  Desk desk;
  desk.asset("COIN", 1000).contract("call", "COIN", "USD", InstrumentKind::call);
  desk.terms(days, 1100, 0.6).position("call", quantity, 50);
  return desk;
}

double call(double forward, double volatility, double days) {
  EuropeanTerms const terms = european_terms(option_life(1.0, days / 365.0, 1.0), volatility);
  return european_linear(terms, forward, 1100).value;
}

TEST(ScanRules, AnOptionIsPricedAgainUnderEveryShock) {
  std::string const grid =
      "spots = [-0.1, 0, 0.1]\nvolatilities = [-0.25, 0, 0.25]\n"
      "volatility_term = { reference_days = 30, floor_days = 10, power = 0.5, long_power = 0.2 }";
  for (double const days : {5.0, 120.0}) {
    double const shock = 0.25 * (days < 30 ? std::sqrt(3.0) : std::pow(0.25, 0.2));
    double const now = call(1000, 0.6, days);
    double const up = call(1100, 0.6 * (1 + shock), days);
    double const down = call(900, 0.6 * (1 - shock), days);
    EXPECT_NEAR(required(option_desk(-3, days), pack(grid)), 3 * (up - now), 1e-9) << days;
    EXPECT_NEAR(required(option_desk(3, days), pack(grid)), 3 * (now - down), 1e-9) << days;
  }
  RulePack const least = pack("points = [{ spot = 0 }]\nleast_per_short_option = 9");
  EXPECT_NEAR(required(option_desk(-3, 60), least), 27.0, 1e-9);
  EXPECT_NEAR(required(option_desk(3, 60), least), 0.0, 1e-9);
}

TEST(ScanRules, GroupsOffsetUnderlyingsAndOthersStandAlone) {
  Desk desk;
  desk.asset("COIN", 1000).asset("ETHER", 100).asset("GOLD", 10);
  for (char const* asset : {"COIN", "ETHER", "GOLD"})
    desk.contract(std::string(asset) + "-P", asset, "USD");
  desk.position("COIN-P", 1, 1000).position("ETHER-P", -8, 100).position("GOLD-P", -10, 10);
  std::string const grid = "spots = [-0.1, 0, 0.1]\nvolatilities = [0]\n";
  EXPECT_NEAR(required(desk, pack(grid)), 100 + 80 + 10, 1e-9);
  std::string const groups = "groups = [{ assets = [\"COIN\", \"ETHER\"], offset = 0.75 }]";
  EXPECT_NEAR(required(desk, pack(grid + groups)), (100 - 0.75 * 80) + 10, 1e-9);
}

TEST(ScanRules, OrdersAreScannedByThemselvesBesidePositions) {
  RulePack const rules = pack("spots = [-0.1, 0, 0.2]\nvolatilities = [0]");
  Desk desk = desk_with(2);
  desk.order("perpetual", OrderSide::buy, 1, 950).order("perpetual", OrderSide::sell, 3, 1050);
  EXPECT_NEAR(required(desk, rules), 200 + 100 + 600, 1e-9);
}

TEST(ScanRules, ReadsBackWhatItWrites) {
  RulePack const rules = pack(
      "spots = [-0.1, 0]\nvolatilities = [0, 0.3]\npoints = [{ spot = 0.4, part = 0.35 }]\n"
      "volatility_term = { reference_days = 30, floor_days = 1, power = 0.3 }\n"
      "least_per_contract = 1\nleast_per_short_option = 2\n"
      "groups = [{ assets = [\"A\", \"B\"], offset = 0.5 }]");
  EXPECT_EQ(rules.scans[0].points.size(), 5u);
  std::string const text = rules_text(rules);
  std::string const path = testing::TempDir() + "plimsoll_scan_back.toml";
  write_rules(rules, path, Overwrite::yes);
  EXPECT_EQ(rules_text(read_rules(path)), text);
}

TEST(ScanRules, RefusesWhatIsNotAScan) {
  struct Case {
    char const* scan;
    char const* named;
  };
  Case const cases[] = {
      {"points = [{ spot = -0.1 }]", "neutral"},
      {"points = [{ spot = 0, part = 0.5 }]", "neutral"},
      {"points = []", "0 points"},
      {"points = [{ spot = 0 }, { spot = -1 }]", "point 2"},
      {"points = [{ spot = 0 }, { spot = 0.1, volatility = -1.5 }]", "volatility"},
      {"points = [{ spot = 0 }, { spot = 0.1, part = 1.5 }]", "part"},
      {"points = [{ spot = 0, spots = 1 }]", "spots"},
      {"spots = [0]", "volatilities"},
      {"points = [{ spot = 0 }]\nleast_per_contract = -1", "least_per_contract"},
      {"points = [{ spot = 0 }]\ngroups = [{ assets = [\"A\", \"B\"], offset = 2 }]", "offset"},
      {"points = [{ spot = 0 }]\ngroups = [{ assets = [\"A\", \"A\"], offset = 1 }]", "'A'"},
      {"points = [{ spot = 0 }]\ngroups = [{ assets = [\"A\"], offset = 1 }]", "1 assets"},
      {"points = [{ spot = 0 }]\nvolatility_term = { reference_days = 0, floor_days = 1, power = 1 "
       "}",
       "volatility_term"},
  };
  for (Case const& c : cases) {
    try {
      pack(c.scan);
      ADD_FAILURE() << c.scan;
    } catch (InputError const& error) {
      EXPECT_NE(std::string(error.what()).find(c.named), std::string::npos)
          << c.scan << ": " << error.what();
    }
  }
  EXPECT_THROW(pack_of(rest), InputError);  // no scan of that name
  EXPECT_THROW(
      pack_of("[[scans]]\nname = \"g\"\npoints = [{ spot = 0 }]\n" + rest +
              "[[schedules]]\nname = \"none\"\nkind = \"scan\"\ngrid = \"g\"\nfactor = 0\n"),
      InputError);
}

}  // namespace
}  // namespace plimsoll
