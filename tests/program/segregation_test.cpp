// What a class owes against its custody, as a person finds a planted hole in it (docs/models.md,
// "What a class owes"), in figures that are worked by hand.
#include <gtest/gtest.h>

#include "tests/program/program.hpp"

namespace plimsoll {
namespace {

std::string const samples = PLIMSOLL_SOURCE_DIR "/datasets/samples";

// Clients: ann has 100,000 USDT; ben 10,000, long a BTC entered at 65,000; cat 20,000, short one.
// BTC is at 65,000: each is worth what was put in, 130,000 together. Scenario 0 stays there. In
// scenario 1 it falls to 52,000, where ben is 3,000 under water and the others are owed 133,000 of
// the 130,000, and comes back. In scenario 2 it falls to 61,750, where ben has 6,750 left.
void write_inputs(Workplace const& place, std::string const& units) {
  place.write("instruments.csv",
              "name,kind,underlying,settle,contract_size\nBTC/USDT:USDT,linear,BTC,USDT,1\n");
  place.write("accounts.csv",
              "name,class\nann,client omnibus\nben,client omnibus\ncat,client omnibus\n"
              "firm,house\n");
  place.write("positions.csv",
              "account,pool,instrument,quantity,entry_price\nben,,BTC/USDT:USDT,1,65000\n"
              "cat,,BTC/USDT:USDT,-1,65000\n");
  place.write("balances.csv",
              "account,pool,asset,amount\nann,,USDT,100000\nben,,USDT,10000\ncat,,USDT,20000\n"
              "firm,,USDT,5000\n");
  place.write("custody.csv", "class,asset,units\nclient omnibus,USDT," + units + "\n");
  place.write("moves.csv",
              "scenario,step,BTC,ETH\n0,1,0,0\n0,2,0,0\n1,1,-0.2,0\n1,2,0.25,0\n"
              "2,1,-0.05,0\n2,2,0,0\n");
}

Outcome import_book(Workplace const& place) {
  return place.plimsoll(
      "import --instruments instruments.csv --accounts accounts.csv --positions positions.csv "
      "--balances balances.csv --custody custody.csv --out book.h5 --force");
}

std::string run(Workplace const& place, std::string const& more) {
  Outcome const market = place.plimsoll(
      "import --factors " + samples + "/factors.csv --correlation " + samples +
      "/correlation.csv --as-of 2026-01-01 --constant USDT=1 --out market.h5 --force");
  EXPECT_EQ(market.code, 0) << market.err;
  Outcome const outcome = place.plimsoll("run --book book.h5 --market market.h5 --rules " +
                                         samples + "/rules.toml --moves moves.csv " + more);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  return outcome.out;
}

TEST(Segregation, FindsTheDeficitThatNobodyHolds) {
  Workplace const place;
  write_inputs(place, "130000");
  Outcome const imported = import_book(place);
  ASSERT_EQ(imported.code, 0) << imported.err;
  std::string const found = run(place, "--out out --json");
  EXPECT_NE(found.find("\"client omnibus\":{\"owed_tonight\":130000,\"held_tonight\":130000,"
                       "\"undefined_columns\":0,\"lack\":{\"scenarios_with\":1,\"mean\":{\"value\":"
                       "1000,"),
            std::string::npos)
      << found;
  EXPECT_NE(found.find("\"worst\":3000,\"worst_scenario\":1}"), std::string::npos) << found;
  EXPECT_NE(found.find("\"house\":{\"owed_tonight\":5000,\"held_tonight\":null,\"lack\":null}"),
            std::string::npos)
      << found;
}

TEST(Segregation, FindsThePlantedHoleInEveryScenario) {
  Workplace const place;
  write_inputs(place, "129000");
  ASSERT_EQ(import_book(place).code, 0);
  std::string const found = run(place, "--out out --json");
  EXPECT_NE(found.find("\"lack\":{\"scenarios_with\":3,\"mean\":{\"value\":2000,"),
            std::string::npos)
      << found;
  EXPECT_NE(found.find("\"worst\":4000,\"worst_scenario\":1}"), std::string::npos) << found;
  std::string const told = run(place, "--out told");
  EXPECT_NE(told.find("no custody given"), std::string::npos) << told;
  std::string const page = place.read("told/report.html");
  EXPECT_NE(page.find("What custody lacks of what each class owes"), std::string::npos);
  EXPECT_NE(page.find("no custody given"), std::string::npos);
}

TEST(Segregation, IsShownTonightByValueAndExplain) {
  Workplace const place;
  write_inputs(place, "129000");
  ASSERT_EQ(import_book(place).code, 0);
  run(place, "--out out");
  std::string const value = "value --book book.h5 --market market.h5 --rules " + samples +
                            "/rules.toml " + samples + "/../default/rules.toml ";
  std::string const json = place.plimsoll(value + "--format json").out;
  EXPECT_NE(json.find("\"classes\": {\n  \"house\": {\"owed\": 5000, \"held\": null},\n"
                      "  \"client omnibus\": {\"owed\": 130000, \"held\": 129000},"),
            std::string::npos)
      << json;
  EXPECT_TRUE(json.ends_with("\"client segregated\": {\"owed\": 0, \"held\": null}\n}}\n")) << json;
  EXPECT_NE(json.find("\"pool\": \"firm\""), std::string::npos);
  EXPECT_NE(json.find("\"class\": \"house\""), std::string::npos);
  std::string const csv = place.plimsoll(value + "--format csv").out;
  EXPECT_NE(csv.find(",0,client omnibus\n"), std::string::npos) << csv;
  std::string const table = place.plimsoll(value).out;
  std::size_t const at = table.find("custody tonight, USD");
  ASSERT_NE(at, std::string::npos) << table;
  EXPECT_EQ(table.find("custody tonight", at + 1), std::string::npos);  // it hangs on no pack
  std::string const told =
      "class client omnibus owes 130000.0000 USD tonight, its custody is worth 129000.0000: lack "
      "1000.0000\n";
  EXPECT_NE(place.plimsoll("explain out --pool ben").out.find(told), std::string::npos);
  EXPECT_NE(place.plimsoll("explain out --pool firm")
                .out.find("class house owes 5000.0000 USD tonight, no custody given\n"),
            std::string::npos);
}

TEST(Segregation, EveryEngineAndThreadCountFindsTheSame) {
  Workplace const place;
  write_inputs(place, "129000");
  ASSERT_EQ(import_book(place).code, 0);
  run(place, "--out reference --engine reference --threads 1");
  run(place, "--out simd --engine simd --threads 3");
  std::string const one = place.plimsoll("digest reference").out;
  EXPECT_EQ(one.size(), 65u);
  EXPECT_EQ(one, place.plimsoll("digest simd").out);
}

}  // namespace
}  // namespace plimsoll
