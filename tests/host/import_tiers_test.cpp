// Published tiers become rule packs: both shapes, the real tables, and every row that is refused.
#include "host/import_tiers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "host/error.hpp"
#include "host/rules_file.hpp"

namespace plimsoll {
namespace {

std::string file_of(std::string const& name, std::string const& text) {
  auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string const path =
      fmt::format("{}plimsoll_tiers_{}_{}", testing::TempDir(), test->name(), name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TierImport import_of(std::string const& path) {
  TierImport import;
  import.tiers = path;
  import.name = "venue";
  import.date = "2026-05-01";
  import.sources = {"made by hand"};
  import.default_haircut = 0.0;
  return import;
}

std::string refusal(TierImport const& import) {
  try {
    (void)import_tiers(import);
  } catch (InputError const& error) {
    return error.what();
  }
  return "accepted";
}

void expect_message(std::string const& message, std::string const& place,
                    std::string const& problem) {
  EXPECT_NE(message.find(place), std::string::npos) << message;
  EXPECT_NE(message.find(problem), std::string::npos) << message;
  EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
  auto const at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string const csv_text =
    "symbol,market,settle,tier,notional_floor,notional_cap,maint_margin_rate,max_leverage,"
    "maint_amount_cum\n"
    "BTC/USDT:USDT,linear,USDT,1,0,50000,0.004,125,0\n"
    "BTC/USDT:USDT,linear,USDT,2,50000,600000,0.005,100,50\n"
    "BTC/USDT:USDT,linear,USDT,3,600000,3000000,0.0065,75,950\n"
    "ETH/USDT:USDT,linear,USDT,1,0,50000,0.004,125,0\n"
    "ETH/USDT:USDT,linear,USDT,2,50000,600000,0.005,100,50\n"
    "ETH/USDT:USDT,linear,USDT,3,600000,3000000,0.0065,75,950\n"
    "BTC/USD:BTC,inverse,BTC,1,0,5,0.004,125,0\n"
    "BTC/USD:BTC,inverse,BTC,2,5,10,0.005,100,0.005\n";

std::string const json_text = R"({
  "BTC/USDT:USDT": [
    {"tier": 1.0, "symbol": "BTC/USDT:USDT", "currency": "USDT", "minNotional": 0.0,
     "maxNotional": 50000.0, "maintenanceMarginRate": 0.004, "maxLeverage": 125.0,
     "info": {"cum": "0.0"}},
    {"tier": 2.0, "currency": "USDT", "minNotional": 50000.0, "maxNotional": 600000.0,
     "maintenanceMarginRate": 0.005, "maxLeverage": 100.0, "info": {"cum": 50}},
    {"tier": 3.0, "currency": "USDT", "minNotional": 600000.0, "maxNotional": null,
     "maintenanceMarginRate": 0.0065, "maxLeverage": 75.0, "info": {}}
  ],
  "BTC/USD:BTC": [
    {"tier": 1, "minNotional": 0, "maxNotional": 5, "maintenanceMarginRate": 0.004}
  ]
})";

double requirement(RulePack const& pack, std::string const& symbol, double notional) {
  auto const rule = std::find_if(pack.instruments.begin(), pack.instruments.end(),
                                 [&](InstrumentRule const& r) { return r.instrument == symbol; });
  EXPECT_NE(rule, pack.instruments.end()) << symbol;
  double result = 0;
  for (Bracket const& b : brackets_of(pack.schedules[rule->schedule])) {
    if (notional > b.floor) result = b.rate * notional - b.deduction;
  }
  return result;
}

TEST(ImportTiers, SharesEqualSchedules) {
  RulePack const pack = import_tiers(import_of(file_of("a.csv", csv_text)));
  ASSERT_EQ(pack.schedules.size(), 2u);
  EXPECT_EQ(pack.schedules[0].name, "BTC/USDT:USDT");
  EXPECT_EQ(pack.schedules[1].name, "BTC/USD:BTC");
  for (MaintenanceSchedule const& schedule : pack.schedules)
    EXPECT_EQ(std::get<Brackets>(schedule.figures.maintenance).unit, EdgeUnit::asset);
  ASSERT_EQ(pack.instruments.size(), 3u);
  EXPECT_EQ(pack.instruments[1].instrument, "ETH/USDT:USDT");
  EXPECT_EQ(pack.instruments[1].schedule, 0u);
  EXPECT_EQ(pack.instruments[2].schedule, 1u);
  ASSERT_EQ(pack.haircuts.size(), 1u);
  EXPECT_EQ(pack.haircuts[0].asset, "*");
  // 0.0065 x 1,000,000 - 950
  EXPECT_DOUBLE_EQ(requirement(pack, "ETH/USDT:USDT", 1e6), 5550.0);
}

// 5 % begin at 900 for A, nowhere for B, at 4,000 for C and at once for D; E is like A.
TEST(ImportTiers, LargestFirstRanksByTheNotionalAtFivePercent) {
  std::string const text =
      "symbol,tier,notional_floor,notional_cap,maint_margin_rate\n"
      "A,1,0,900,0.01\nA,2,900,,0.05\nB,1,0,,0.04\nC,1,0,4000,0.04\nC,2,4000,,0.06\n"
      "D,1,0,,0.05\nE,1,0,900,0.01\nE,2,900,,0.05\n";
  auto const order = [&](bool largest_first) {
    TierImport import = import_of(file_of("rank.csv", text));
    import.largest_first = largest_first;
    std::string names;
    for (InstrumentRule const& rule : import_tiers(import).instruments) names += rule.instrument;
    return names;
  };
  EXPECT_EQ(order(false), "ABCDE");
  EXPECT_EQ(order(true), "BCAED");
}

TEST(ImportTiers, ComputesWhatTheTableLeavesOut) {
  std::string const few =
      "symbol,tier,notional_floor,notional_cap,maint_margin_rate\n"
      "X,1,0,50000,0.004\nX,2,50000,600000,0.005\nX,3,600000,,0.0065\n";
  RulePack const pack = import_tiers(import_of(file_of("few.csv", few)));
  EXPECT_NEAR(brackets_of(pack.schedules[0])[1].deduction, 50.0, 1e-10);
  EXPECT_NEAR(brackets_of(pack.schedules[0])[2].deduction, 950.0, 1e-9);
}

TEST(ImportTiers, ReadsUnifiedJson) {
  RulePack const pack = import_tiers(import_of(file_of("a.json", json_text)));
  ASSERT_EQ(pack.instruments.size(), 2u);
  EXPECT_EQ(pack.instruments[0].instrument, "BTC/USDT:USDT");
  ASSERT_EQ(brackets_of(pack.schedules[0]).size(), 3u);
  EXPECT_EQ(brackets_of(pack.schedules[0])[1].deduction, 50.0);
  EXPECT_NEAR(requirement(pack, "BTC/USDT:USDT", 1e6), 5550.0, 1e-9);
}

TEST(ImportTiers, PacksSurviveTheirFile) {
  RulePack const pack = import_tiers(import_of(file_of("a.csv", csv_text)));
  RulePack const again = read_rules(file_of("rules.toml", rules_text(pack)));
  EXPECT_EQ(rules_text(again), rules_text(pack));
}

// Counted and computed by hand from the tables: 0.0065 x 1,000,000 - 1,500 and - 950.
TEST(ImportTiers, ReadsTheRealTables) {
  struct Table {
    char const* name;
    std::size_t symbols, tiers, schedules;
    double requirement;
  };
  for (Table const& table :
       {Table{"/margin/binance_leverage_tiers_2026-05.csv", 716, 5913, 178, 5000.0},
        Table{"/margin/binance_leverage_tiers_2024-10.csv", 349, 2805, 124, 5550.0}}) {
    std::string const path = std::string(PLIMSOLL_SHARED_DATA) + table.name;
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
    RulePack const pack = import_tiers(import_of(path));
    EXPECT_EQ(pack.instruments.size(), table.symbols);
    EXPECT_EQ(pack.schedules.size(), table.schedules);
    std::size_t tiers = 0;
    for (InstrumentRule const& rule : pack.instruments) {
      tiers += brackets_of(pack.schedules[rule.schedule]).size();
    }
    EXPECT_EQ(tiers, table.tiers);
    EXPECT_DOUBLE_EQ(requirement(pack, "BTC/USDT:USDT", 1e6), table.requirement);
    RulePack const again = read_rules(file_of("real.toml", rules_text(pack)));
    EXPECT_EQ(rules_text(again), rules_text(pack));
  }
}

TEST(ImportTiers, RefusesBrokenTables) {
  struct Case {
    char const *from, *to, *place, *problem;
  };
  for (Case const& c : std::initializer_list<Case>{
           {"2,50000,", "2,50001,", "row 3, column 'notional_floor'", "a gap"},
           {"2,50000,", "2,49999,", "row 3, column 'notional_floor'", "an overlap"},
           {"1,0,50000", "1,10,50000", "row 2, column 'notional_floor'", "the first floor is 10"},
           {"1,0,50000", "1,0,0", "row 2, column 'notional_cap'", "cap 0"},
           {"USDT,2,", "USDT,3,", "row 3, column 'tier'", "tier 3 of BTC/USDT:USDT"},
           {"USDT,2,", "USDT,1,", "row 3, column 'tier'", "tier 1 of BTC/USDT:USDT"},
           {"ETH/USDT:USDT,", "BTC/USDT:USDT,", "row 5, column 'tier'", "tier 1 of BTC/USDT:USDT"},
           {"0.005,100,50", "0.003,100,50", "row 3, column 'maint_margin_rate'", "falls"},
           {"0.004,125", "1.004,125", "row 2, column 'maint_margin_rate'", "rate 1.004"},
           {"0.004,125", "-0.004,125", "row 2, column 'maint_margin_rate'", "rate -0.004"},
           {"0.004,125", "0.4%,125", "row 2, column 'maint_margin_rate'", "is not a number"},
           {"100,50\n", "100,51\n", "row 3, column 'maint_amount_cum'", "50 makes it continuous"},
           {"125,0\n", "125,1\n", "row 2, column 'maint_amount_cum'", "deduction 1"},
           {"100,50\n", "100,nan\n", "row 3, column 'maint_amount_cum'", "is not a number"},
           {"inverse", "option", "row 8, column 'market'", "unknown market"},
           {"symbol,", "name,", "row 1, column 'name'", "unknown column"},
           {"notional_cap,", "max_leverage,", "row 1, column 8", "a second column"},
           {"BTC/USDT:USDT,linear", ",linear", "row 2, column 'symbol'", "empty"},
       }) {
    std::string const path = file_of("broken.csv", replaced(csv_text, c.from, c.to));
    expect_message(refusal(import_of(path)), std::string("broken.csv:") + c.place, c.problem);
  }
}

TEST(ImportTiers, RefusesBrokenJson) {
  struct Case {
    char const *from, *to, *place, *problem;
  };
  for (Case const& c : std::initializer_list<Case>{
           {"{\n", "", "broken.json", "not JSON"},
           {"50000.0, \"maxNotional\": 600000.0", "50001.0, \"maxNotional\": 600000.0",
            "entry 2, key 'minNotional'", "a gap"},
           {"\"maxNotional\": 600000.0", "\"maxNotional\": null", "entry 3, key 'minNotional'",
            "an overlap"},
           {"\"minNotional\": 0.0,", "", "'BTC/USDT:USDT', entry 1", "no key 'minNotional'"},
           {"0.005", "\"half\"", "entry 2, key 'maintenanceMarginRate'", "is not a number"},
           {"0.005", "true", "entry 2, key 'maintenanceMarginRate'", "is not a number"},
           {"0.005", "1e999", "broken.json", "not JSON"},
           {"0.005", "0.003", "entry 2, key 'maintenanceMarginRate'", "falls"},
           {"\"cum\": 50", "\"cum\": \"fifty\"", "entry 2, key 'info.cum'", "is not a number"},
           {"\"cum\": 50", "\"cum\": 51", "entry 2, key 'info.cum'", "50 makes it continuous"},
           {"\"tier\": 2.0", "\"tier\": 3.0", "entry 2, key 'tier'", "stands where 2 is due"},
           {"\"symbol\": \"BTC/USDT:USDT\"", "\"symbol\": \"ETH\"", "entry 1", "not a tier of"},
           {"\"BTC/USD:BTC\"", "\"BTC/USDT:USDT\"", "'BTC/USDT:USDT'", "stands twice"},
           {"\"BTC/USD:BTC\"", "\"\"", "symbol", "empty"},
           {"\"BTC/USD:BTC\": [", "\"ETH\": [], \"BTC/USD:BTC\": [", "'ETH'", "no array of tiers"},
           {"\"BTC/USD:BTC\": [", "\"ETH\": 3, \"BTC/USD:BTC\": [", "'ETH'", "no array of tiers"},
           {"\"BTC/USD:BTC\": [", "\"BTC/USD:BTC\": [3, ", "entry 1", "not a tier of"},
       }) {
    std::string const path = file_of("broken.json", replaced(json_text, c.from, c.to));
    expect_message(refusal(import_of(path)), c.place, c.problem);
  }
  expect_message(refusal(import_of(file_of("list.json", "[]"))), "list.json", "not an object");
  expect_message(refusal(import_of(file_of("none.json", "{}"))), "none.json", "no tiers");
  expect_message(refusal(import_of(file_of("cut.json", "{\"a\": ["))), "cut.json", "not JSON");
}

TEST(ImportTiers, RefusesWhatTheCallerLeavesOpen) {
  std::string const path = file_of("a.csv", csv_text);
  TierImport import = import_of(path);
  import.default_haircut.reset();
  expect_message(refusal(import), "--default-haircut", "is missing");
  import.default_haircut = 1.5;
  expect_message(refusal(import), "--default-haircut", "1.5");
  import = import_of(path);
  import.name.clear();
  expect_message(refusal(import), "name", "empty");
  import = import_of(path);
  import.date = "yesterday";
  expect_message(refusal(import), "date", "not a date");
  import = import_of(path);
  import.sources.clear();
  expect_message(refusal(import), "sources", "no source");
  import = import_of(file_of("a.txt", csv_text));
  expect_message(refusal(import), "a.txt", "neither .csv nor .json");
  std::string const header = csv_text.substr(0, csv_text.find('\n') + 1);
  expect_message(refusal(import_of(file_of("none.csv", header))), "none.csv", "no tiers");
}

std::string const haircut_text =
    "venue,scheme,asset,tier,floor,cap,unit,collateral_weight_init,collateral_weight_maint,"
    "liability_weight_init,liability_weight_maint,status\n"
    "v,s,USDC,1,,,,1,1,1,1,published\n"
    "v,s,BTC,1,0,20,coin,0.9,0.95,1.2,1.1,published\n"
    "v,s,BTC,2,20,25,coin,0.8,0.85,1.2,1.1,published\n"
    "v,s,ETH,1,0,1000000,USD,0.9,0.9,,,published\n"
    "v,s,ETH,2,1000000,,USD,0.9,0,,,published\n"
    "v,other,BTC,1,,,,0.5,0.5,,,published\n";

TierImport with_haircuts(std::string const& text) {
  TierImport import = import_of(file_of("a.csv", csv_text));
  import.haircuts = file_of("haircuts.csv", text);
  import.venue = "v";
  import.scheme = "s";
  return import;
}

TEST(ImportTiers, ReadsPublishedHaircuts) {
  RulePack const pack = import_tiers(with_haircuts(haircut_text));
  ASSERT_EQ(pack.haircuts.size(), 4u);
  EXPECT_EQ(pack.haircuts[0].asset, "USDC");
  EXPECT_EQ(pack.haircuts[0].figures.maintenance.tiers[0].haircut, 0.0);
  CollateralFigures const& btc = pack.haircuts[1].figures.maintenance;
  EXPECT_EQ(btc.unit, EdgeUnit::asset);
  EXPECT_EQ(btc.borrow_surcharge, 0.1);
  ASSERT_EQ(btc.tiers.size(), 3u);
  EXPECT_EQ(btc.tiers[0].haircut, 0.05);
  EXPECT_EQ(btc.tiers[1].from, 20.0);
  EXPECT_EQ(btc.tiers[1].haircut, 0.15);
  EXPECT_EQ(btc.tiers[2].from, 25.0);  // above the last cap nothing counts
  EXPECT_EQ(btc.tiers[2].haircut, 1.0);
  CollateralFigures const& eth = pack.haircuts[2].figures.maintenance;
  EXPECT_EQ(eth.unit, EdgeUnit::currency);
  EXPECT_EQ(eth.borrow_surcharge, 0.0);
  ASSERT_EQ(eth.tiers.size(), 2u);
  EXPECT_EQ(eth.tiers[1].haircut, 1.0);
  EXPECT_EQ(pack.haircuts[3].asset, "*");

  TierImport without_default = with_haircuts(haircut_text);
  without_default.default_haircut.reset();
  EXPECT_EQ(import_tiers(without_default).haircuts.size(), 3u);
}

TEST(ImportTiers, RefusesBrokenHaircuts) {
  struct Case {
    char const *from, *to, *place, *problem;
  };
  for (Case const& c : std::initializer_list<Case>{
           {"BTC,2,20", "BTC,2,21", "row 4, column 'floor'", "not the cap 20"},
           {"BTC,2,20", "BTC,2,", "row 4, column 'floor'", "is not a number"},
           {"BTC,1,0", "BTC,1,5", "row 3, column 'floor'", "the first edge is 5"},
           {"BTC,2", "BTC,1", "row 4, column 'tier'", "tier 1 stands where 2 is due"},
           // an asset published twice, without edges: the second table is the fault, not the unit
           {"v,other,BTC,1", "v,s,USDC,1", "row 7, column 'tier'", "tier 1 stands where 2 is due"},
           {"BTC,1,0", "BTC,2,0", "row 3, column 'tier'", "tier 2 stands where 1 is due"},
           {"2,20,25", "2,20,15", "row 4, column 'cap'", "cap 15"},
           {"0.85", "0.97", "row 4, column 'collateral_weight_maint'", "falls"},
           {"0.95", "1.95", "row 3, column 'collateral_weight_maint'", "haircut -0.95"},
           {"0.95", "", "row 3, column 'collateral_weight_maint'", "is not a number"},
           {"20,25,coin", "20,25,USD", "row 4, column 'unit'", "unit 'USD'"},
           {"0,20,coin", "0,20,lots", "row 4, column 'unit'", "unit 'coin'"},
           {"1,,,,1", "1,0,5,,1", "row 2, column 'unit'", "unit ''"},
           {"0.8,0.85,1.2,1.1", "0.8,0.85,1.2,1.2", "row 4, column 'liability_weight_maint'",
            "another liability weight"},
           {"1,1,1,1,", "1,1,1,0.9,", "row 2, column 'liability_weight_maint'", "weight 0.9"},
           {"1,1,1,1,", "1,1,1,x,", "row 2, column 'liability_weight_maint'", "is not a number"},
           {"unit,", "units,", "row 1", "no column 'unit'"},
       }) {
    std::string const message = refusal(with_haircuts(replaced(haircut_text, c.from, c.to)));
    expect_message(message, std::string("haircuts.csv:") + c.place, c.problem);
  }
  TierImport import = with_haircuts(haircut_text);
  import.scheme = "none such";
  expect_message(refusal(import), "haircuts.csv", "no row of 'v', 'none such'");
}

}  // namespace
}  // namespace plimsoll
