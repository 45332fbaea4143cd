// Wrong input through the command line, one row a mistake: each is made in a copy of good files.
#include <gtest/gtest.h>

#include <utility>

#include "tests/program/refused.hpp"

namespace plimsoll {
namespace {

// `from`, at its first place in `file`, becomes `to`.
struct Edit {
  char const* name;
  std::string command, file, from, to;
  std::vector<std::string> said;
};

void expect_edits_refused(Workplace const& place, std::vector<Edit> const& edits) {
  for (Edit const& edit : edits) {
    std::string const good = place.read(edit.file);
    std::size_t const at = good.find(edit.from);
    ASSERT_NE(at, std::string::npos) << edit.name;
    std::string bad = good;
    place.write(edit.file, bad.replace(at, edit.from.size(), edit.to));
    expect_refused(place, edit.name, edit.command, edit.said);
    place.write(edit.file, good);
  }
}

TEST_F(BadInput, GoodFilesPass) {
  for (std::string const& command :
       {import_book, import_market, import_rules, calibrate, run_table, synth + "--pools 3"}) {
    EXPECT_EQ(place.plimsoll(command).code, 0) << command << ": " << place.read("stderr.txt");
    std::filesystem::remove_all(place.file("made.h5"));
    std::filesystem::remove_all(place.file("made"));
  }
}

TEST_F(BadInput, Prices) {
  for (char const* const price : {"nan", "inf", "-inf", "0", "-5", "1e400", "", "0x10", "1e15"}) {
    std::string const value = price;
    expect_edits_refused(place, {{price,
                                  import_market,
                                  "factors.csv",
                                  "65000",
                                  value,
                                  {"factors.csv:row 2, column 'price'"}},
                                 {price,
                                  import_book,
                                  "positions.csv",
                                  "60000",
                                  value,
                                  {"positions.csv:row 2, column 'entry_price'"}}});
    if (!value.empty() && value != "1e15")  // a blank is a day without a price
      expect_edits_refused(place, {{price,
                                    calibrate,
                                    "prices.csv",
                                    day(4) + "," + price_of_btc(4),
                                    day(4) + "," + value,
                                    {"prices.csv:row 6, column 'BTC'"}}});
  }
  expect_edits_refused(
      place,
      {{"move nan", run_table, "moves.csv", "-0.2", "nan", {"moves.csv:row 2, column 'ETH'"}},
       {"move of all", run_table, "moves.csv", "-0.2", "-1", {"moves.csv:row 2, column 'ETH'"}},
       {"basis",
        import_book,
        "instruments.csv",
        "USDT,1,0",
        "USDT,1,-1",
        {"instruments.csv:row 2, column 'basis'"}},
       {"contract size",
        import_book,
        "instruments.csv",
        "USDT,1,0",
        "USDT,0,0",
        {"instruments.csv:row 2, column 'contract_size'"}}});
  for (char const* const constant : {"nan", "inf", "0", "-1", "", "x"})
    expect_refused(place, constant, import_market + "--constant XRP=" + constant,
                   {std::string("--constant XRP=") + constant, "positive price"});
}

TEST_F(BadInput, NamesThatNobodyKnows) {
  expect_edits_refused(place, {{"instrument",
                                import_book,
                                "positions.csv",
                                "ETH/USDT:USDT",
                                "XYZ/USDT:USDT",
                                {"positions.csv:row 3, column 'instrument'", "'XYZ/USDT:USDT'"}},
                               {"account of a position",
                                import_book,
                                "positions.csv",
                                "erin",
                                "zelda",
                                {"positions.csv:row 6, column 'account'", "'zelda'"}},
                               {"account of a balance",
                                import_book,
                                "balances.csv",
                                "erin",
                                "zelda",
                                {"balances.csv:row 9, column 'account'", "'zelda'"}},
                               {"class",
                                import_book,
                                "accounts.csv",
                                "house",
                                "hause",
                                {"accounts.csv:row 6, column 'class'"}},
                               {"pool",
                                import_book,
                                "positions.csv",
                                "isolated:scalp",
                                "apart",
                                {"positions.csv:row 4, column 'pool'"}},
                               {"factor of a move",
                                run_table,
                                "moves.csv",
                                "ETH",
                                "XRP",
                                {"moves.csv:row 1, column 'XRP'"}},
                               {"factor of the correlation",
                                import_market,
                                "correlation.csv",
                                "name,BTC,ETH",
                                "name,BTC,XRP",
                                {"correlation.csv:row 1", "'ETH'"}},
                               {"rule of an instrument",
                                run,
                                "rules.toml",
                                "\"ETH/USDT:USDT\"",
                                "\"EXH/USDT:USDT\"",
                                {"rules.toml", "'ETH/USDT:USDT'"}},
                               {"haircut of an asset",
                                run,
                                "rules.toml",
                                "asset = \"ETH\"",
                                "asset = \"XRP\"",
                                {"rules.toml", "'ETH'"}}});
  ASSERT_EQ(place
                .plimsoll("import --factors factors.csv --correlation correlation.csv --as-of "
                          "2026-01-01 --out market.h5 --force")
                .code,
            0);
  expect_refused(place, "asset of the market", run, {"book.h5:/axes/asset[", "'USDT'"});
  expect_refused(place, "pool of value", "value " + inputs + "--pool zelda", {"zelda"});
}

TEST_F(BadInput, Duplicates) {
  expect_edits_refused(
      place,
      {{"account",
        import_book,
        "accounts.csv",
        "bob,",
        "alice,",
        {"accounts.csv:row 3, column 'name'"}},
       {"column",
        import_book,
        "accounts.csv",
        "name,class",
        "name,class,name",
        {"accounts.csv:row 1, column 3"}},
       {"column of prices",
        calibrate,
        "prices.csv",
        "BTC,ETH",
        "BTC,BTC",
        {"prices.csv:row 1, column 3"}},
       {"instrument",
        import_book,
        "instruments.csv",
        "ETH/USDT:USDT",
        "BTC/USDT:USDT",
        {"instruments.csv:row 3, column 'name'"}},
       {"position",
        import_book,
        "positions.csv",
        "ETH/USDT:USDT,-10",
        "BTC/USDT:USDT,-10",
        {"positions.csv:row 3, column 'instrument'"}},
       {"balance",
        import_book,
        "balances.csv",
        "alice,cross,BTC",
        "alice,cross,USDT",
        {"balances.csv:row 3, column 'asset'"}},
       {"factor",
        import_market,
        "factors.csv",
        "ETH,",
        "BTC,",
        {"factors.csv:row 3, column 'name'"}},
       {"haircut",
        run,
        "rules.toml",
        "asset = \"ETH\"",
        "asset = \"BTC\"",
        {"rules.toml", "'BTC'"}},
       {"move", run_table, "moves.csv", "0,2,", "0,1,", {"moves.csv:row 3, column 'step'"}}});
  expect_refused(place, "constant twice", import_market + "--constant USDT=2",
                 {"--constant USDT=2"});
  expect_refused(place, "constant that moves", import_market + "--constant BTC=2",
                 {"--constant BTC"});
  expect_refused(place, "constant currency", import_market + "--constant USD=2",
                 {"--constant USD=2"});
  expect_refused(place, "constant currency", calibrate + "--constant USD=2", {"--constant USD=2"});
  expect_refused(place, "currency that moves", import_market + "--currency BTC",
                 {"factors.csv", "BTC"});
  expect_refused(place, "rules", run + "--rules rules.toml", {"--rules", "'rules.toml'"});
  std::filesystem::copy_file(place.file("rules.toml"), place.file("same.toml"));
  expect_refused(place, "names of rules", run + "--rules same.toml", {"same.toml"});
}

TEST_F(BadInput, Brackets) {
  expect_edits_refused(
      place,
      {{"gap",
        import_rules,
        "tiers.csv",
        "2,50000,",
        "2,60000,",
        {"tiers.csv:row 3, column 'notional_floor'", "gap"}},
       {"overlap",
        import_rules,
        "tiers.csv",
        "2,50000,",
        "2,40000,",
        {"tiers.csv:row 3, column 'notional_floor'", "overlap"}},
       {"falling",
        import_rules,
        "tiers.csv",
        "0.005",
        "0.003",
        {"tiers.csv:row 3, column 'maint_margin_rate'", "falls"}},
       {"above 1",
        import_rules,
        "tiers.csv",
        "0.01,",
        "1.01,",
        {"tiers.csv:row 4, column 'maint_margin_rate'"}},
       {"below 0",
        import_rules,
        "tiers.csv",
        "0.004",
        "-0.004",
        {"tiers.csv:row 2, column 'maint_margin_rate'"}},
       {"nan",
        import_rules,
        "tiers.csv",
        "0.004",
        "nan",
        {"tiers.csv:row 2, column 'maint_margin_rate'"}},
       {"jump",
        import_rules,
        "tiers.csv",
        "0.005,50",
        "0.005,60",
        {"tiers.csv:row 3, column 'maint_amount_cum'"}},
       {"toml rate above 1", run, "rules.toml", "rate = 0.004", "rate = 1.5", {"rules.toml:40:23"}},
       {"toml rate below 0",
        run,
        "rules.toml",
        "rate = 0.004",
        "rate = -0.1",
        {"rules.toml:40:23"}},
       {"toml rate nan", run, "rules.toml", "rate = 0.004", "rate = nan", {"rules.toml:40:23"}},
       {"toml rate falls",
        run,
        "rules.toml",
        "rate = 0.005",
        "rate = 0.003",
        {"rules.toml:41", "falls"}},
       {"toml haircut", run, "rules.toml", "haircut = 0.01", "haircut = 1.2", {"rules.toml:16:32"}},
       {"toml haircut falls",
        run,
        "rules.toml",
        "haircut = 0.2",
        "haircut = 0.05",
        {"rules.toml:24", "falls"}},
       {"toml overlap", run, "rules.toml", "from = 30000", "from = 0", {"rules.toml:24"}},
       {"toml surcharge",
        run,
        "rules.toml",
        "borrow_surcharge = 0.05",
        "borrow_surcharge = -1",
        {"rules.toml"}}});
  for (char const* const haircut : {"1.5", "-0.1", "nan"})
    expect_refused(place, "default haircut",
                   "import --tiers tiers.csv --name t --date 2026-01-01 --source s --out made.toml "
                   "--default-haircut=" +
                       std::string(haircut),
                   {haircut});
}

TEST_F(BadInput, HistoryAndCorrelation) {
  expect_edits_refused(
      place,
      {{"order", calibrate, "prices.csv", day(5), day(7), {"prices.csv:row 8, column 'date'"}},
       {"twice",
        calibrate,
        "prices.csv",
        day(5),
        day(4),
        {"prices.csv:row 7, column 'date'", "second"}},
       {"no day",
        calibrate,
        "prices.csv",
        day(5),
        "2024-02-30",
        {"prices.csv:row 7, column 'date'"}},
       {"diagonal",
        import_market,
        "correlation.csv",
        "BTC,1,",
        "BTC,0.9,",
        {"correlation.csv:row 2"}},
       {"above 1",
        import_market,
        "correlation.csv",
        "BTC,1,0.8",
        "BTC,1,1.2",
        {"correlation.csv:row 2"}},
       {"nan",
        import_market,
        "correlation.csv",
        "BTC,1,0.8",
        "BTC,1,nan",
        {"correlation.csv:row 2"}},
       {"mirror",
        import_market,
        "correlation.csv",
        "ETH,0.8",
        "ETH,0.7",
        {"correlation.csv:row 3"}}});
  expect_refused(place, "as of",
                 "import --factors factors.csv --correlation correlation.csv --as-of "
                 "2026-13-01 --out made.h5",
                 {"--as-of", "2026-13-01"});
  place.write("prices.csv", price_table(300));
  expect_refused(place, "too short", calibrate, {"prices.csv", "300", "400"});
  place.write("factors.csv", "name,price,volatility,limit\nA,1,0.5,1\nB,1,0.5,1\nC,1,0.5,1\n");
  place.write("correlation.csv", "name,A,B,C\nA,1,0.9,-0.9\nB,0.9,1,0.9\nC,-0.9,0.9,1\n");
  expect_refused(place, "not definite", import_market,
                 {"correlation.csv", "positive definite", "C"});
}

TEST_F(BadInput, Amounts) {
  expect_edits_refused(place, {{"balance",
                                import_book,
                                "balances.csv",
                                "10000",
                                "1e15",
                                {"balances.csv:row 2, column 'amount'"}},
                               {"position",
                                import_book,
                                "positions.csv",
                                "BTC/USDT:USDT,1,",
                                "BTC/USDT:USDT,1e15,",
                                {"positions.csv:row 2, column 'quantity'", "ticks"}},
                               {"no position",
                                import_book,
                                "positions.csv",
                                "BTC/USDT:USDT,1,",
                                "BTC/USDT:USDT,0,",
                                {"positions.csv:row 2, column 'quantity'"}}});
}

TEST_F(BadInput, Settings) {
  struct Setting {
    char const* flag;
    std::vector<char const*> values;
  };
  for (Setting const& s : std::vector<Setting>{
           {"scenarios", {"0", "-1", "1.5", "many", "2000000000000", "99999999999999999999"}},
           {"steps", {"0", "-1", "65", "4294967297"}},
           {"seed", {"-1", "9223372036854775808", "x"}},
           {"threads", {"-1", "5000"}},
           {"tile", {"-1", "2097152"}},
           {"batch", {"-1", "4294967296"}},
           {"horizon-days", {"0", "-1", "nan", "inf", "366", "long"}},
           {"memory", {"0", "1", "-4", "much", "1XB", "2PiB"}},
           {"tails", {"some", ""}},
           {"engine", {"warp", ""}}})
    for (char const* const value : s.values)
      expect_refused(place, value, run + "--" + s.flag + "='" + value + "'",
                     {std::string("--") + s.flag});
  for (char const* const more : {"--pools 0", "--pools 2000000000", "--pools 3 --seed=-1",
                                 "--pools 3 --leverage=0", "--pools 3 --leverage=nan"})
    expect_refused(place, more, synth + more, {});
  expect_refused(place, "idle flag", import_book + "--as-of 2026-01-01", {"--as-of"});
  expect_refused(place, "idle flag", import_market + "--ignore-gains", {"--ignore-gains"});
  for (auto const& [line, said] : std::vector<std::pair<std::string, std::string>>{
           {"colour = 1", "run.toml:1:1, key 'colour'"},
           {"scenarios = \"x\"", "run.toml:1:13, key 'scenarios'"},
           {"scenarios = 1.5", "run.toml:1:13, key 'scenarios'"},
           {"scenarios = 0", "run.toml:1:13, key 'scenarios'"},
           {"steps = -1", "run.toml:1:9, key 'steps'"},
           {"horizon_days = nan", "run.toml:1:16, key 'horizon_days'"},
           {"memory = \"1x\"", "run.toml:1:10, key 'memory'"},
           {"force = 1", "run.toml:1:9, key 'force'"},
           {"scenarios = 3\nscenarios = 4", "run.toml:2"},
           {"[run]\nscenarios = 3", "run.toml:1:2, key 'run'"},
           {"scenarios ==", "run.toml:1"}}) {
    place.write("run.toml", line);
    expect_refused(place, line, "run run.toml " + inputs + "--out made", {said});
  }
}

}  // namespace
}  // namespace plimsoll
