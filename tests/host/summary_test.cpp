// What a run says when it is done.
#include "host/summary.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "host/error.hpp"
#include "host/figure_text.hpp"
#include "tests/host/result_builder.hpp"

namespace plimsoll {
namespace {

std::vector<std::string> lines_of(std::string const& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool has_line_with(std::string const& text, std::string const& label, std::string const& figure) {
  for (std::string const& line : lines_of(text))
    if (line.find(label) != std::string::npos && line.find(figure) != std::string::npos)
      return true;
  return false;
}

std::size_t points(std::string const& line) {
  std::size_t count = 0;
  for (char const c : line) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

TEST(Summary, TableSaysTheFiguresOfTheResult) {
  Result const result = sample_result();
  std::string const table = summary_table(result);
  EXPECT_TRUE(has_line_with(
      table, "Accounts flagged",
      fmt::format("{} of {}", result.firm.flagged_accounts[0], result.accounts.name.size())));
  EXPECT_TRUE(has_line_with(table, "Total shortfall, 1 in 100",
                            decimal_text(result.firm.exceedance_shortfall[2], 0)));  // point 1/100
  EXPECT_TRUE(
      has_line_with(table, "worst of 1,000", decimal_text(result.firm.exceedance_shortfall[3], 0)));
  EXPECT_TRUE(has_line_with(table, "As of " + result.as_of, "seed 42"));
}

TEST(Summary, TableListsTheLikeliestAccountsInOrder) {
  Result const result = sample_result();
  std::string const table = summary_table(result);
  std::size_t last = 0;
  for (std::uint32_t const account : worst_accounts(result, 0, 10)) {
    std::size_t const at = table.find("  " + result.accounts.name[account] + " ");
    ASSERT_NE(at, std::string::npos) << result.accounts.name[account];
    EXPECT_GT(at, last);
    last = at;
  }
}

TEST(Summary, TableStaysNarrowAndItsRowsAlign) {
  Result result = sample_result();
  for (std::string& name : result.accounts.name) name = std::string(60, 'n') + name;
  result.accounts.name[worst_accounts(result, 0, 1)[0]] = "caf\xC3\xA9 <b>";
  std::size_t width = 0;
  for (std::string const& line : lines_of(summary_table(result))) {
    EXPECT_LT(points(line), 100u) << line;
    if (line.find("%, ") == std::string::npos || line.find("cross") == std::string::npos) continue;
    if (width == 0) width = points(line);
    EXPECT_EQ(points(line), width) << line;
  }
  EXPECT_GT(width, 0u);
}

TEST(Summary, JsonSaysTheSameInFull) {
  Result const result = sample_result();
  std::string const text = summary_json(result);
  EXPECT_EQ(text.back(), '\n');
  auto const json = nlohmann::json::parse(text);
  EXPECT_EQ(json["scenarios"], 1000);
  EXPECT_EQ(json["accounts"], result.accounts.name.size());
  auto const pack = json["packs"][0];
  EXPECT_EQ(pack["flagged_accounts"], result.firm.flagged_accounts[0]);
  EXPECT_EQ(pack["total_shortfall"]["one_in_100"]["value"], result.firm.exceedance_shortfall[2]);
  std::uint32_t const worst = worst_accounts(result, 0, 1)[0];
  EXPECT_EQ(pack["worst_accounts"].size(), 10u);
  EXPECT_EQ(pack["worst_accounts"][0]["account"], result.accounts.name[worst]);
  EXPECT_EQ(pack["worst_accounts"][0]["breach_probability"]["high"], result.accounts.high[worst]);
  EXPECT_EQ(pack["shortfall_by_class"].size(), result.classes.size());
}

TEST(Summary, HostileNamesStayNames) {
  Result result = sample_result();
  std::uint32_t const worst = worst_accounts(result, 0, 1)[0];
  result.accounts.name[worst] = "\"},<x>";
  auto const json = nlohmann::json::parse(summary_json(result));
  EXPECT_EQ(json["packs"][0]["worst_accounts"][0]["account"], "\"},<x>");
}

TEST(Summary, NoBreachAtAll) {
  ResultConfig config;
  config.severity = 0;
  Result const result = sample_result(config);
  EXPECT_NE(summary_table(result).find("No account is flagged."), std::string::npos);
  auto const json = nlohmann::json::parse(summary_json(result));
  EXPECT_EQ(json["packs"][0]["worst_accounts"].size(), 0u);
  EXPECT_TRUE(json["packs"][0]["total_shortfall"]["worst_scenario"].is_null());
}

TEST(Summary, OneScenarioLeavesUnknownFiguresNull) {
  ResultConfig config;
  config.scenarios = 1;
  config.severity = 20;
  auto const json = nlohmann::json::parse(summary_json(sample_result(config)));
  EXPECT_TRUE(json["packs"][0]["total_shortfall"]["mean"]["low"].is_null());
  EXPECT_TRUE(json["packs"][0]["total_shortfall"]["one_in_100"]["high"].is_null());
  EXPECT_GT(json["packs"][0]["total_shortfall"]["worst"], 0.0);
}

TEST(Summary, EveryPackHasItsPart) {
  ResultConfig config;
  config.packs = 3;
  std::string const table = summary_table(sample_result(config));
  for (char const* const name : {"Rule pack venue 1", "Rule pack venue 2", "Rule pack venue 3"})
    EXPECT_NE(table.find(name), std::string::npos);
}

TEST(Summary, UndefinedCellsAreSaidAloud) {
  Result result = sample_result();
  EXPECT_EQ(summary_table(result).find("INCOMPLETE"), std::string::npos);
  result.firm.undefined_cells[0] = 3;
  EXPECT_NE(summary_table(result).find("INCOMPLETE: 3 cells"), std::string::npos);
}

TEST(Summary, ResultsThatDoNotAddUpAreRefused) {
  Result result = sample_result();
  result.firm.flagged_accounts[0] += 1;
  EXPECT_THROW(summary_table(result), InputError);
  EXPECT_THROW(summary_json(result), InputError);
}

}  // namespace
}  // namespace plimsoll
