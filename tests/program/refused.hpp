// Good files to make mistakes in, and what a refusal owes: an exit code, a message with place,
// reason and remedy, and nothing written.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/program/program.hpp"

namespace plimsoll {

inline std::string const samples = PLIMSOLL_SOURCE_DIR "/datasets/samples/";

inline std::string const import_book =
    "import --instruments instruments.csv --accounts accounts.csv --positions positions.csv "
    "--balances balances.csv --out made.h5 ";
inline std::string const import_market =
    "import --factors factors.csv --correlation correlation.csv --as-of 2026-01-01 --constant "
    "USDT=1 --out made.h5 ";
inline std::string const import_rules =
    "import --tiers tiers.csv --name t --date 2026-01-01 --source s --default-haircut 0.1 --out "
    "made.toml ";
inline std::string const calibrate =
    "calibrate --prices prices.csv --constant USDT=1 --out made.h5 ";
inline std::string const inputs = "--book book.h5 --market market.h5 --rules rules.toml ";
inline std::string const run = "run " + inputs + "--out made ";
inline std::string const run_table = run + "--moves moves.csv ";
inline std::string const synth = "synth --market market.h5 --rules rules.toml --out made.h5 ";

inline std::string day(int number) {
  return "20" + std::to_string(24 + number / 336) + "-" +
         std::to_string(101 + number % 336 / 28).substr(1) + "-" +
         std::to_string(101 + number % 28).substr(1);
}

inline std::string price_of_btc(int number) {
  return std::to_string(60000.0 + 900.0 * std::sin(0.7 * number) + 10.0 * number);
}

// Prices that wander, `days` of them.
inline std::string price_table(int days) {
  std::string table = "date,BTC,ETH\n";
  for (int i = 0; i < days; ++i)
    table += day(i) + "," + price_of_btc(i) + "," +
             std::to_string(3000.0 + 70.0 * std::sin(1.1 * i)) + "\n";
  return table;
}

// Files that the program takes as they stand.
inline void write_good_files(Workplace const& place) {
  for (char const* const name : {"instruments.csv", "accounts.csv", "positions.csv", "balances.csv",
                                 "factors.csv", "correlation.csv", "rules.toml"})
    std::filesystem::copy_file(samples + name, place.file(name));
  place.write("tiers.csv",
              "symbol,tier,notional_floor,notional_cap,maint_margin_rate,maint_amount_cum\n"
              "BTC/USDT:USDT,1,0,50000,0.004,0\nBTC/USDT:USDT,2,50000,600000,0.005,50\n"
              "BTC/USDT:USDT,3,600000,,0.01,3050\n");
  place.write("moves.csv",
              "scenario,step,BTC,ETH\n0,1,-0.1,-0.2\n0,2,-0.1,-0.1\n1,1,0.1,0.2\n1,2,0,0\n");
  place.write("prices.csv", price_table(450));
  auto const made = [&place](std::string command, char const* name) {
    command.replace(command.find("made.h5"), 7, name);
    ASSERT_EQ(place.plimsoll(command).code, 0) << place.read("stderr.txt");
  };
  made(import_book, "book.h5");
  made(import_market, "market.h5");
}

inline std::set<std::string> listing(Workplace const& place) {
  std::set<std::string> names;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(place.file("")))
    names.insert(entry.path().string());
  return names;
}

// Runs `command`, which must be refused with all of `said`, and leave no file.
inline void expect_refused(Workplace const& place, std::string const& name,
                           std::string const& command, std::vector<std::string> const& said,
                           int code = 2, std::string const& before = "") {
  std::set<std::string> const files = listing(place);
  Outcome const outcome = place.plimsoll(command, before);
  EXPECT_EQ(outcome.code, code) << name << ": " << outcome.err;
  for (std::string const& part : said)
    EXPECT_NE(outcome.err.find(part), std::string::npos) << name << ": no '" << part << "' in\n"
                                                         << outcome.err;
  EXPECT_NE(outcome.err.find("Hint: "), std::string::npos) << name << ": " << outcome.err;
  EXPECT_EQ(outcome.err.find("internal"), std::string::npos) << name << ": " << outcome.err;
  EXPECT_EQ(outcome.out, "") << name;
  for (std::string const& file : listing(place))
    if (!files.contains(file)) {
      ADD_FAILURE() << name << " wrote " << file;
      std::filesystem::remove_all(file);
    }
  EXPECT_EQ(listing(place), files) << name;
}

class BadInput : public testing::Test {
 protected:
  void SetUp() override {
    write_good_files(place);
    place.write("stdout.txt", "");
    place.write("stderr.txt", "");
  }
  Workplace const place;
};

}  // namespace plimsoll
