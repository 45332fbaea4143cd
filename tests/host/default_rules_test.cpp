// The default rule pack: it is read, names what its page says, and its script makes it again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "host/rules_file.hpp"
#include "host/text_file.hpp"

namespace plimsoll {
namespace {

std::string const root = PLIMSOLL_SOURCE_DIR;
std::string const rules_path = root + "/datasets/default/rules.toml";

TEST(DefaultRules, NamesWhatItsPageSays) {
  RulePack const pack = read_rules(rules_path);
  auto const settled_in = [&](std::string const& asset) {
    return std::count_if(pack.instruments.begin(), pack.instruments.end(),
                         [&](InstrumentRule const& rule) {
                           return rule.instrument.ends_with("/" + asset + ":" + asset);
                         });
  };
  EXPECT_EQ(settled_in("USDT"), 43);
  EXPECT_EQ(pack.instruments.front().instrument, "BTC/USDT:USDT");
  EXPECT_EQ(pack.instruments.back().instrument, "*");
  EXPECT_EQ(pack.schedules[pack.instruments.back().schedule].name, "E");
  for (char const* const name : {"BTC/USD:BTC", "ETH/USD:ETH"}) {
    EXPECT_EQ(std::count_if(pack.instruments.begin(), pack.instruments.end(),
                            [&](InstrumentRule const& rule) { return rule.instrument == name; }),
              1);
  }
  for (char const* const asset : {"USD", "USDT", "USDC", "BTC", "ETH", "*"}) {
    EXPECT_EQ(std::count_if(pack.haircuts.begin(), pack.haircuts.end(),
                            [&](HaircutSchedule const& h) { return h.asset == asset; }),
              1)
        << asset;
  }
  EXPECT_EQ(pack.haircuts.front().figures.maintenance.tiers.front().haircut, 0.0);
}

// Less leverage means a higher requirement, at every notional.
TEST(DefaultRules, ClassesAreOrdered) {
  RulePack const pack = read_rules(rules_path);
  auto const requirement = [&](std::size_t schedule, double notional) {
    double result = 0;
    for (Bracket const& b : brackets_of(pack.schedules[schedule])) {
      if (notional > b.floor) result = b.rate * notional - b.deduction;
    }
    return result;
  };
  for (std::size_t schedule = 1; schedule < 5; ++schedule) {
    for (double notional = 100; notional < 1e9; notional *= 1.5) {
      EXPECT_GE(requirement(schedule, notional), requirement(schedule - 1, notional))
          << pack.schedules[schedule].name << " at " << notional;
    }
  }
}

std::string output_of(std::string const& command) {
  std::FILE* const pipe = popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return text;
}

TEST(DefaultRules, ScriptMakesThemAgain) {
  std::string const data = PLIMSOLL_SHARED_DATA;
  if (!std::filesystem::exists(data + "/margin")) GTEST_SKIP() << data << " is absent";
  std::string const made = output_of(
      "python3 '" + root + "/scripts/derive-default-rules' --date 2026-05-01 --source any" +
      " --tiers '" + data + "/margin/binance_leverage_tiers_2026-05.csv'" +  //
      " --haircuts '" + data + "/collateral/collateral_haircuts.csv'" +      //
      " --prices '" + data + "/market/daily_prices.csv'" +                   //
      " --columns '" + data + "/market/daily_prices_sources.csv'");
  std::string const kept = read_text_file(rules_path, 1 << 20);
  std::string const figures = "counts_gains = ";  // behind it no source is named
  ASSERT_NE(made.find(figures), std::string::npos);
  EXPECT_EQ(made.substr(made.find(figures)), kept.substr(kept.find(figures)));
}

}  // namespace
}  // namespace plimsoll
