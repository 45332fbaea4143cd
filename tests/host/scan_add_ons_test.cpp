// Add-ons beside portfolio scans, what scans require at least, and risk arrays: by hand, in
// scenarios, and what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "host/error.hpp"
#include "tests/host/rule_desk.hpp"

namespace plimsoll {
namespace {

std::string const rest =
    "[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1 }\n"
    "[[schedules]]\nname = \"all\"\nkind = \"scan\"\ngrid = \"g\"\n"
    "initial = { kind = \"scan\", grid = \"g\", factor = 2 }\n"
    "[[instruments]]\nmatch = \"*\"\nschedule = \"all\"\n";
std::string const flat = "points = [{ spot = 0 }]\n";  // a scan that requires nothing

RulePack pack(std::string const& scan) {
  return pack_of("[[scans]]\nname = \"g\"\n" + scan + "\n" + rest);
}
std::string add_on(std::string const& keys) {
  return "[[scans.add_ons]]\n" + keys + "\n";
}

// 5 bought and 2 sold in futures, 4 sold and 1 bought in options.
Desk desk() {
  Desk desk;
  desk.asset("COIN", 1000).contract("later", "COIN", "USD").contract("now", "COIN", "USD");
  desk.option("call", InstrumentKind::call, 5000).option("put", InstrumentKind::put, 100);
  desk.position("later", 5, 1000).position("now", -2, 1000);
  return desk.position("call", -4, 1).position("put", 1, 1);
}

double required(Desk const& desk, RulePack const& rules,
                Threshold threshold = Threshold::maintenance) {
  return desk.margin(rules, threshold).requirement;
}

TEST(ScanAddOns, AmountsByHand) {
  struct Case {
    char const* of;
    double units;
  };
  Case const cases[] = {
      {"of = \"bought\"", 6},
      {"of = \"sold\"", 6},
      {"of = \"gross\"", 12},
      {"of = \"net\"", 0},
      {"of = \"hedged\"", 6},
      {"of = \"bought\"\ncontracts = \"futures\"", 5},
      {"of = \"sold\"\ncontracts = \"futures\"", 2},
      {"of = \"net\"\ncontracts = \"futures\"", 3},
      {"of = \"hedged\"\ncontracts = \"futures\"", 2},
      {"of = \"sold\"\ncontracts = \"options\"", 4},
      {"of = \"net\"\ncontracts = \"options\"", 3},
      {"of = \"gross\"\ncontracts = \"all\"", 12},
  };
  for (Case const& c : cases) {
    RulePack const rules = pack(flat + add_on(std::string(c.of) + "\nper_unit = 7"));
    EXPECT_EQ(required(desk(), rules), 7 * c.units) << c.of;
    EXPECT_EQ(required(desk(), rules, Threshold::initial), 14 * c.units) << c.of;
  }
}

TEST(ScanAddOns, BracketsInUnitsAndInCurrencyAgreeTonight) {
  std::string const of = "of = \"gross\"\nunit = ";
  RulePack const units =
      pack(flat + add_on(of + "\"asset\"\nbrackets = [{ floor = 0, rate = 0.01 }, "
                              "{ floor = 10, rate = 0.05 }]"));
  RulePack const money =
      pack(flat + add_on(of + "\"currency\"\nbrackets = [{ floor = 0, rate = 0.01 }, "
                              "{ floor = 10000, rate = 0.05 }]"));
  EXPECT_NEAR(required(desk(), units), 100 + 0.05 * 2000, 1e-9);
  EXPECT_NEAR(required(desk(), money), 100 + 0.05 * 2000, 1e-9);
  // At twice the price brackets in units require twice as much, those in money more than that.
  auto const twice = [](ResolvedBook const& resolved) {
    auto const row = [&](std::uint32_t r) { return r == 1 ? 2000.0 : resolved.rows_today()[r]; };
    BookView const book = resolved.book();
    return add_charges<double>(book, resolved.rules(), 0, row, 0.0);
  };
  EXPECT_NEAR(twice(desk().resolve(units)), 400, 1e-9);
  EXPECT_NEAR(twice(desk().resolve(money)), 100 + 0.05 * 14000, 1e-9);
}

TEST(ScanAddOns, SeveralAddUpAndStandBesideTheScan) {
  RulePack const rules =
      pack("points = [{ spot = 0 }, { spot = -0.1 }]\n" + add_on("of = \"gross\"\nper_unit = 1") +
           add_on("of = \"net\"\ncontracts = \"futures\"\nper_unit = 100"));
  EXPECT_NEAR(required(desk(), rules), 300 + 12 + 300, 1e-9);
}

TEST(ScanAddOns, OrdersAddToTheirSide) {
  auto const with_orders = [](std::string const& of) {
    Desk desk;
    desk.asset("COIN", 1000).contract("now", "COIN", "USD").position("now", 2, 1000);
    desk.order("now", OrderSide::buy, 3, 1).order("now", OrderSide::sell, 9, 1);
    return required(desk, pack(flat + add_on("of = \"" + of + "\"\nper_unit = 1")));
  };
  EXPECT_EQ(with_orders("bought"), 5);
  EXPECT_EQ(with_orders("sold"), 9);
  EXPECT_EQ(with_orders("net"), 7);  // all that is offered sold
  EXPECT_EQ(with_orders("hedged"), 5);
}

TEST(ScanAddOns, TheLeastIsThatOfTheScanOrOfTheSum) {
  std::string const scan =
      "points = [{ spot = 0 }, { spot = -0.1 }]\nleast_per_unit = 120\n" /* 1440 of 12 units */;
  std::string const beside = add_on("of = \"gross\"\nper_unit = 50");  // 600
  EXPECT_NEAR(required(desk(), pack(scan + beside)), 1440 + 600, 1e-9);
  EXPECT_NEAR(required(desk(), pack(scan + "least_of = \"scan\"\n" + beside)), 2040, 1e-9);
  RulePack const sum = pack(scan + "least_of = \"sum\"\n" + beside);
  EXPECT_NEAR(required(desk(), sum), 1440, 1e-9);
  EXPECT_NEAR(required(desk(), sum, Threshold::initial), 2880, 1e-9);
  // Where the sum is more than the least, it is the sum.
  EXPECT_NEAR(required(desk(), pack(scan + "least_of = \"sum\"\n" +
                                    add_on("of = \"gross\"\nper_unit = 200"))),
              300 + 2400, 1e-9);
}

TEST(ScanAddOns, MoreOfTheLeastCountsMoreThanOnce) {
  RulePack const rules = pack(flat +
                              "least_per_unit = 100\nleast_tiers = [{ from = 0, factor = 1 }, "
                              "{ from = 500, factor = 2 }, { from = 1000, factor = 4 }]\n");
  EXPECT_NEAR(required(desk(), rules), 500 + 2 * 500 + 4 * 200, 1e-9);
  // Orders go on where positions end.
  Desk ordered;
  ordered.asset("COIN", 1000).contract("now", "COIN", "USD").position("now", 4, 1000);
  ordered.order("now", OrderSide::buy, 3, 1).order("now", OrderSide::sell, 5, 1);
  EXPECT_NEAR(required(ordered, rules), 500 + 2 * 500 + 4 * 200, 1e-9);
}

// ---- arrays

std::string const arrays =
    "[[scans.arrays]]\ninstrument = \"now\"\nlosses = [0, 100, -100]\n"
    "[[scans.arrays]]\ninstrument = \"call\"\nprofits = [-5, -40, 70]\ndelta = 0.5\n";

Desk array_desk(double futures, double calls) {
  Desk desk;
  desk.asset("COIN", 1000).contract("now", "COIN", "USD");
  desk.option("call", InstrumentKind::call, 1000, 30, "COIN");
  desk.hold("USD", 1).hold("COIN", 1);
  return desk.position("now", futures, 1000).position("call", calls, 0.1);
}

TEST(RiskArrays, TheWorstSumOfAllContracts) {
  RulePack const rules = pack(arrays);
  EXPECT_NEAR(required(array_desk(1, -1), rules), 60, 1e-9);  // 0 + 5, 100 - 40, -100 + 70
  EXPECT_NEAR(required(array_desk(-2, 3), rules), 15, 1e-9);  // 15, -80, -10
  EXPECT_NEAR(required(array_desk(-1, -1), rules), 170, 1e-9);
  EXPECT_NEAR(required(array_desk(1, -1), rules, Threshold::initial), 120, 1e-9);
}

TEST(RiskArrays, FollowThePriceOrStay) {
  for (bool const moves : {true, false}) {
    RulePack const rules = pack(std::string(moves ? "" : "arrays_move = false\n") + arrays);
    ResolvedBook const resolved = array_desk(1, -1).resolve(rules);
    std::vector<double> rows(resolved.rows().rows);
    RowsView const view = resolved.rows();
    for (std::uint32_t r = 0; r < view.rows; ++r) {
      rows[r] = value_tonight(view, r, rows.data());
      if (r == 1) rows[r] = 250.0;
    }
    auto const row = [&](std::uint32_t r) { return rows[r]; };
    EXPECT_NEAR(evaluate<double>(resolved.book(), resolved.rules(), 0, row).requirement,
                moves ? 15 : 60, 1e-9);
  }
}

// Of an inverse contract too the figures are of one contract bought.
TEST(RiskArrays, AreOfAContractWhateverItIs) {
  Desk desk;
  desk.asset("COIN", 1000).contract("now", "COIN", "COIN", InstrumentKind::inverse, 100);
  desk.hold("USD", 1).position("now", -7, 1000);
  EXPECT_NEAR(required(desk, pack(arrays)), 700, 1e-9);
}

TEST(RiskArrays, AddOnsTakeDeltas) {
  RulePack const rules = pack(add_on("of = \"hedged\"\nper_unit = 10") + arrays);
  EXPECT_NEAR(required(array_desk(1, -1), rules), 60 + 5, 1e-9);
}

TEST(RiskArrays, AnInstrumentWithoutOneIsRefused) {
  Desk desk;
  desk.asset("COIN", 1000).contract("other", "COIN", "USD").position("other", 1, 1000);
  try {
    (void)desk.margin(pack(arrays));
    ADD_FAILURE() << "accepted";
  } catch (InputError const& error) {
    EXPECT_NE(std::string(error.what()).find("no array for instrument 'other'"), std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("scan 'g'"), std::string::npos) << error.what();
  }
}

TEST(RiskArrays, ReadBackAsTheyWereWritten) {
  for (std::string const& scan :
       {arrays + add_on("of = \"net\"\nper_unit = 1"),
        "least_of = \"sum\"\narrays_move = false\n"
        "least_tiers = [{ from = 0, factor = 0.5 }, { from = 10, factor = 3 }]\n" +
            arrays +
            add_on("of = \"sold\"\ncontracts = \"options\"\nunit = \"asset\"\n"
                   "brackets = [{ floor = 0, rate = 0 }, { floor = 3, rate = 0.5 }]"),
        flat + add_on("of = \"hedged\"\nper_unit = 2.5")}) {
    RulePack const rules = pack(scan);
    std::string const path = testing::TempDir() + "plimsoll_add_ons_back.toml";
    write_rules(rules, path, Overwrite::yes);
    EXPECT_EQ(rules_text(read_rules(path)), rules_text(rules));
  }
}

TEST(ScanAddOns, RefusesWhatIsNone) {
  struct Case {
    std::string scan;
    char const* named;
  };
  Case const cases[] = {
      {flat + add_on("of = \"mean\"\nper_unit = 1"), "'mean'"},
      {flat + add_on("per_unit = 1"), "no key 'of'"},
      {flat + add_on("of = \"net\"\ncontracts = \"spot\"\nper_unit = 1"), "'spot'"},
      {flat + add_on("of = \"net\""), "neither per_unit nor brackets"},
      {flat + add_on("of = \"net\"\nper_unit = 1\nbrackets = []"), "per_unit and brackets"},
      {flat + add_on("of = \"net\"\nper_unit = -1"), "per_unit -1"},
      {flat + add_on("of = \"net\"\nper_unit = 1\nrate = 1"), "unknown key"},
      {flat + add_on("of = \"net\"\nunit = \"asset\"\nbrackets = [{ floor = 1, rate = 0 }]"),
       "first floor is 1"},
      {flat + "least_of = \"all\"", "'all'"},
      {flat + "least_of = \"sum\"", "without add-ons"},
      {flat + "least_tiers = [{ from = 1, factor = 1 }]", "from 1"},
      {flat + "least_tiers = [{ from = 0, factor = 2 }, { from = 1, factor = 1 }]", "factor 1"},
      {flat + "least_tiers = [{ from = 0, factor = 0 }]", "factor 0"},
      {flat + "least_tiers = [{ from = 0, factor = 1 }, { from = 0, factor = 1 }]", "from 0"},
      {flat + "arrays_move = false", "no arrays"},
      {flat + arrays, "arrays beside points"},
      {"arrays = [{ instrument = \"now\", profits = [] }]", "0 figures"},
      {"arrays = [{ instrument = \"now\", profits = [1], losses = [1] }]", "profits and losses"},
      {"arrays = [{ instrument = \"now\" }]", "neither profits nor losses"},
      {"arrays = [{ instrument = \"now\", profits = [1] }, { instrument = \"now\", losses = [1] }]",
       "a second array"},
      {"arrays = [{ instrument = \"a\", profits = [1] }, { instrument = \"b\", profits = [1, 2] }]",
       "2 figures"},
  };
  for (Case const& c : cases) {
    try {
      pack(c.scan);
      ADD_FAILURE() << c.scan;
    } catch (InputError const& error) {
      std::string const message = error.what();
      EXPECT_NE(message.find(c.named), std::string::npos) << c.scan << ": " << message;
      EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
    }
  }
}

}  // namespace
}  // namespace plimsoll
