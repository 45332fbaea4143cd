// Rule packs as files: read, written, read again; and every way in which one is refused.
#include "host/rules_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "host/error.hpp"
#include "host/text_file.hpp"

namespace plimsoll {
namespace {

std::string file_of(std::string const& text) {
  auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string const path =
      fmt::format("{}plimsoll_rules_{}.toml", testing::TempDir(), test->name());
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string const head =
    "name = \"venue\"\ndate = \"2026-05-01\"\nsources = [\"made by hand\"]\ncounts_gains = true\n";
std::string const haircuts =
    "[[haircuts]]\nasset = \"BTC\"\nunit = \"asset\"\nborrow_surcharge = 0.05\n"
    "tiers = [\n  { from = 0, haircut = 0.05 },\n  { from = 20, haircut = 0.1 },\n]\n"
    "[[haircuts]]\nasset = \"*\"\nunit = \"currency\"\ntiers = [{ from = 0, haircut = 1 }]\n";
std::string const schedules =
    "[[schedules]]\nname = \"major\"\nunit = \"asset\"\nbrackets = [\n"
    "  { floor = 0, rate = 0.004 },\n  { floor = 50000, rate = 0.005 },\n"
    "  { floor = 600000, rate = 0.01, deduction = 3050 },\n]\n";
std::string const instruments =
    "[[instruments]]\nmatch = \"BTC/USDT:USDT\"\nschedule = \"major\"\n"
    "[[instruments]]\nmatch = \"BTC/*\"\nschedule = \"major\"\n";

void replace(std::string& text, std::string const& from, std::string const& to) {
  auto const at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

// The pack with one piece of its text changed is refused at `place` for `problem`.
void expect_refused(std::string const& from, std::string const& to, std::string const& place,
                    std::string const& problem) {
  std::string text = head + haircuts + schedules + instruments;
  replace(text, from, to);
  try {
    (void)read_rules(file_of(text));
    ADD_FAILURE() << "accepted " << to;
  } catch (InputError const& error) {
    std::string const message = error.what();
    EXPECT_NE(message.find(place), std::string::npos) << message;
    EXPECT_NE(message.find(problem), std::string::npos) << message;
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  }
}

void expect_same(RulePack const& a, RulePack const& b) {
  EXPECT_EQ(rules_text(a), rules_text(b));
  ASSERT_EQ(a.schedules.size(), b.schedules.size());
  for (std::size_t s = 0; s < a.schedules.size(); ++s) {
    ASSERT_EQ(brackets_of(a.schedules[s]).size(), brackets_of(b.schedules[s]).size());
    for (std::size_t i = 0; i < brackets_of(a.schedules[s]).size(); ++i) {
      EXPECT_EQ(brackets_of(a.schedules[s])[i].floor, brackets_of(b.schedules[s])[i].floor);
      EXPECT_EQ(brackets_of(a.schedules[s])[i].rate, brackets_of(b.schedules[s])[i].rate);
      EXPECT_EQ(brackets_of(a.schedules[s])[i].deduction, brackets_of(b.schedules[s])[i].deduction);
    }
  }
}

TEST(RulesFile, ReadsEveryKey) {
  RulePack const pack = read_rules(file_of(head + haircuts + schedules + instruments));
  EXPECT_EQ(pack.name, "venue");
  EXPECT_EQ(pack.date, "2026-05-01");
  EXPECT_EQ(pack.sources, std::vector<std::string>{"made by hand"});
  EXPECT_EQ(pack.gain_weight.maintenance, 1.0);
  ASSERT_EQ(pack.haircuts.size(), 2u);
  EXPECT_EQ(pack.haircuts[0].asset, "BTC");
  EXPECT_EQ(pack.haircuts[0].figures.maintenance.unit, EdgeUnit::asset);
  EXPECT_EQ(pack.haircuts[0].figures.maintenance.borrow_surcharge, 0.05);
  ASSERT_EQ(pack.haircuts[0].figures.maintenance.tiers.size(), 2u);
  EXPECT_EQ(pack.haircuts[0].figures.maintenance.tiers[1].from, 20.0);
  EXPECT_EQ(pack.haircuts[0].figures.maintenance.tiers[1].haircut, 0.1);
  EXPECT_EQ(pack.haircuts[1].figures.maintenance.unit, EdgeUnit::currency);
  EXPECT_EQ(pack.haircuts[1].figures.maintenance.borrow_surcharge, 0.0);
  ASSERT_EQ(pack.schedules.size(), 1u);
  EXPECT_EQ(pack.schedules[0].name, "major");
  ASSERT_EQ(brackets_of(pack.schedules[0]).size(), 3u);
  ASSERT_EQ(pack.instruments.size(), 2u);
  EXPECT_EQ(pack.instruments[1].instrument, "BTC/*");
  EXPECT_EQ(pack.instruments[1].schedule, 0u);
}

// 50,000 x (0.005 - 0.004) = 50, then the published 3,050 = 50 + 600,000 x (0.01 - 0.005).
TEST(RulesFile, ComputesDeductionsThatAreLeftOut) {
  RulePack const pack = read_rules(file_of(head + haircuts + schedules + instruments));
  EXPECT_EQ(brackets_of(pack.schedules[0])[0].deduction, 0.0);
  EXPECT_NEAR(brackets_of(pack.schedules[0])[1].deduction, 50.0, 1e-11);
  EXPECT_EQ(brackets_of(pack.schedules[0])[2].deduction, 3050.0);
}

TEST(RulesFile, KeepsRoundedDeductionsAsGiven) {
  std::string text = head + haircuts + schedules + instruments;
  replace(text, "3050", "3050.002");
  EXPECT_EQ(brackets_of(read_rules(file_of(text)).schedules[0])[2].deduction, 3050.002);
}

TEST(RulesFile, ThePageShowsAPackThatIsRead) {
  std::string const page =
      read_text_file(std::string(PLIMSOLL_SOURCE_DIR) + "/docs/inputs.md", 1 << 20);
  std::string const fence = "```toml\n";
  auto const begin = page.find(fence);
  ASSERT_NE(begin, std::string::npos);
  std::string const text = page.substr(begin + fence.size());
  RulePack const pack = read_rules(file_of(text.substr(0, text.find("```"))));
  EXPECT_EQ(pack.haircuts.size(), 2u);
  EXPECT_EQ(pack.schedules.size(), 1u);
  EXPECT_EQ(pack.instruments.size(), 1u);
}

TEST(RulesFile, WritesWhatItReads) {
  RulePack const pack = read_rules(file_of(head + haircuts + schedules + instruments));
  expect_same(pack, read_rules(file_of(rules_text(pack))));
}

TEST(RulesFile, WritesAwkwardNamesAndNumbersExactly) {
  RulePack pack = read_rules(file_of(head + haircuts + schedules + instruments));
  pack.sources = {"a \"quoted\" source with \\ and \ttab", "caf\xc3\xa9"};
  pack.haircuts[0].asset = "B\"T\\C";
  pack.haircuts[0].figures.maintenance.tiers = {{0.0, 0.1}, {1.0 / 3.0, 0.1 + 0.2}, {1e20, 1.0}};
  pack.schedules[0].figures.maintenance = Brackets{EdgeUnit::asset, {{0.0, 1.0 / 3.0, 0.0}}};
  RulePack const again = read_rules(file_of(rules_text(pack)));
  expect_same(pack, again);
  EXPECT_EQ(again.sources, pack.sources);
  EXPECT_EQ(again.haircuts[0].asset, pack.haircuts[0].asset);
  EXPECT_EQ(again.haircuts[0].figures.maintenance.tiers[1].haircut, 0.1 + 0.2);
  EXPECT_EQ(again.haircuts[0].figures.maintenance.tiers[2].from, 1e20);
}

TEST(RulesFile, RefusesToWriteABrokenPackOrOverAFile) {
  RulePack pack = read_rules(file_of(head + haircuts + schedules + instruments));
  std::string const path = testing::TempDir() + "plimsoll_rules_written.toml";
  std::filesystem::remove(path);
  write_rules(pack, path);
  expect_same(pack, read_rules(path));
  EXPECT_THROW(write_rules(pack, path), InputError);
  write_rules(pack, path, Overwrite::yes);
  std::get<Brackets>(pack.schedules[0].figures.maintenance).brackets[1].rate =
      std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(write_rules(pack, path, Overwrite::yes), InputError);
  std::filesystem::remove(path);
}

TEST(RulesFile, RefusesWhatIsNotToml) {
  expect_refused("sources = [", "sources = ", ".toml:3:", "not TOML");
  expect_refused("counts_gains = true", "counts_gains = true\ncounts_gains = true",
                 ".toml:5:", "not TOML");
  EXPECT_THROW((void)read_rules(testing::TempDir()), InputError);
  EXPECT_THROW((void)read_rules(testing::TempDir() + "absent.toml"), InputError);
}

TEST(RulesFile, RefusesUnknownKeysAndWrongTypes) {
  expect_refused("counts_gains", "counts_gain", ".toml", "no key 'counts_gains'");
  expect_refused("counts_gains = true", "counts_gains = true\nfund = 3", ".toml:5:1, key 'fund'",
                 "unknown key");
  expect_refused("unit = \"asset\"", "units = \"asset\"", ".toml:5:", "no key 'unit'");
  expect_refused("haircut = 0.05", "haircut = 0.05, cap = 20", ".toml:10:", "unknown key");
  expect_refused("rate = 0.004", "rate = 0.004, cap = 1", ".toml:21:", "unknown key");
  expect_refused("schedule = \"major\"", "schedule = \"major\"\nscan = 1", ".toml:28:1",
                 "unknown key");
  expect_refused("true", "\"yes\"", ".toml:4:", "a text stands here");
  expect_refused("0.05 },", "\"0.05\" },", ".toml:10:", "a text stands here");
  expect_refused("rate = 0.004", "rate = nan", ".toml:21:", "a finite number is needed");
  expect_refused("rate = 0.004", "rate = inf", ".toml:21:", "a finite number is needed");
  expect_refused("\"2026-05-01\"", "2026-05-01", ".toml:2:", "a date or time stands here");
  expect_refused("[\"made by hand\"]", "\"made by hand\"", ".toml:3:", "an array of texts");
  expect_refused("[\"made by hand\"]", "[3]", ".toml:3:", "an array of texts");
  expect_refused("tiers = [{ from = 0, haircut = 1 }]", "tiers = [1]",
                 ".toml:16:", "an array of tables");
  expect_refused("unit = \"asset\"", "unit = \"coin\"", ".toml:7:", "'coin'");
}

TEST(RulesFile, RefusesAHeaderThatSaysNothing) {
  expect_refused("\"venue\"", "\"\"", "name", "empty");
  expect_refused("2026-05-01", "2026-02-30", "date", "not a date");
  expect_refused("2026-05-01", "May 2026", "date", "not a date");
  expect_refused("[\"made by hand\"]", "[]", "sources", "no source");
  expect_refused("[\"made by hand\"]", "[\" \"]", "sources", "blank source");
}

TEST(RulesFile, RefusesBrokenHaircuts) {
  expect_refused("{ from = 0, haircut = 0.05 }", "{ from = 1, haircut = 0.05 }",
                 ".toml:10:", "the first edge is 1");
  expect_refused("from = 20", "from = 0", ".toml:11:", "does not lie above");
  expect_refused("from = 20", "from = -20", ".toml:11:", "does not lie above");
  expect_refused("haircut = 0.05", "haircut = -0.05", ".toml:10:", "haircut -0.05");
  expect_refused("haircut = 0.1", "haircut = 1.1", ".toml:11:", "haircut 1.1");
  expect_refused("haircut = 0.1", "haircut = 0.04", ".toml:11:", "falls from 0.05 to 0.04");
  expect_refused("0.05\ntiers", "-0.05\ntiers", ".toml:8:", "borrow_surcharge -0.05");
  expect_refused("[{ from = 0, haircut = 1 }]", "[]", ".toml:16:", "no tiers");
  expect_refused("asset = \"*\"", "asset = \"BTC\"", "haircuts of 'BTC'", "a second schedule");
  expect_refused("asset = \"*\"", "asset = \"BT*\"", "haircuts of 'BT*'", "a * inside");
  expect_refused("asset = \"*\"", "asset = \"\"", "haircuts of ''", "empty");
}

TEST(RulesFile, RefusesAPackWithoutHaircuts) {
  try {
    (void)read_rules(file_of(head + schedules + instruments));
    ADD_FAILURE() << "accepted";
  } catch (InputError const& error) {
    EXPECT_NE(std::string(error.what()).find("no haircut schedule"), std::string::npos);
  }
}

TEST(RulesFile, RefusesBrokenBrackets) {
  expect_refused("floor = 0,", "floor = 5,", ".toml:21:", "the first floor is 5");
  expect_refused("floor = 50000", "floor = 600001", ".toml:23:", "does not lie above 600001");
  expect_refused("floor = 50000", "floor = 0", ".toml:22:", "does not lie above 0");
  expect_refused("rate = 0.004", "rate = 4", ".toml:21:", "rate 4");
  expect_refused("rate = 0.004", "rate = -0.004", ".toml:21:", "rate -0.004");
  expect_refused("rate = 0.005", "rate = 0.003", ".toml:22:", "falls from 0.004 to 0.003");
  expect_refused("3050", "3051", ".toml:23:", "3050 makes it continuous");
  expect_refused("rate = 0.004 }", "rate = 0.004, deduction = 1 }", ".toml:21:", "deduction 1");
  expect_refused("name = \"major\"", "name = \"\"", "schedule ''", "empty");
}

TEST(RulesFile, RefusesSchedulesThatCannotBeFound) {
  expect_refused("schedule = \"major\"", "schedule = \"minor\"",
                 ".toml:27:", "unknown schedule 'minor'");
  expect_refused("[[instruments]]",
                 "[[schedules]]\nname = \"major\"\nunit = \"asset\"\n"
                 "brackets = [{ floor = 0, rate = 0 }]\n[[instruments]]",
                 "schedule 'major'", "a second schedule");
  expect_refused("[[instruments]]",
                 "[[schedules]]\nname = \"empty\"\nunit = \"asset\"\n[[instruments]]",
                 ".toml:25:", "no brackets");
}

TEST(RulesFile, RefusesPatternsThatCannotMatch) {
  expect_refused("BTC/USDT:USDT", "BTC/*", "instruments 'BTC/*'", "'BTC/*' above it");
  expect_refused("BTC/USDT:USDT", "*", "instruments 'BTC/*'", "'*' above it");
  expect_refused("BTC/USDT:USDT", "BTC*", "instruments 'BTC/*'", "'BTC*' above it");
  expect_refused("match = \"BTC/*\"", "match = \"BTC/USDT:USDT\"", "instruments 'BTC/USDT:USDT'",
                 "above it");
  expect_refused("BTC/USDT:USDT", "B*/USDT", "instruments 'B*/USDT'", "a * before the end");
  expect_refused("BTC/USDT:USDT", "", "instruments ''", "empty");
}

}  // namespace
}  // namespace plimsoll
