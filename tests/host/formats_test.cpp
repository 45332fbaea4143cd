// docs/formats.md says what the files hold: every dataset with its type, axes and unit.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <sstream>

#include "host/book_store.hpp"
#include "host/hdf5.hpp"
#include "host/market_store.hpp"
#include "host/result_store.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

// The text below the heading "## TITLE" up to the next one.
std::string section(std::string const& title) {
  std::string const page = bytes_of(PLIMSOLL_SOURCE_DIR "/docs/formats.md");
  std::size_t const start = page.find("\n## " + title + "\n");
  if (start == std::string::npos) return "";
  return page.substr(start, page.find("\n## ", start + 1) - start);
}

// Cells of the rows of a Markdown table.
std::vector<std::vector<std::string>> table_rows(std::string const& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| ") || line.starts_with("| ---")) continue;
    std::vector<std::string> cells;
    std::istringstream parts(line.substr(1));
    for (std::string cell; std::getline(parts, cell, '|');) {
      std::size_t const first = cell.find_first_not_of(" `");
      std::size_t const last = cell.find_last_not_of(" `");
      cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    rows.push_back(cells);
  }
  if (!rows.empty()) rows.erase(rows.begin());  // the heading
  return rows;
}

struct Documented {
  std::string type, axes, unit;
  bool operator==(Documented const&) const = default;
};

std::ostream& operator<<(std::ostream& out, Documented const& row) {
  return out << row.type << " | " << row.axes << " | " << row.unit;
}

void expect_documented(std::string const& path, Schema const& schema) {
  SCOPED_TRACE(schema.name);
  std::string const text = section(std::string(schema.name));
  EXPECT_NE(text.find(fmt::format("\n\nVersion {}. ", schema.version)), std::string::npos);
  std::map<std::string, Documented> documented;
  for (auto const& cells : table_rows(text)) {
    ASSERT_EQ(cells.size(), 5u) << cells[0];
    EXPECT_FALSE(cells[4].empty()) << cells[0] << " has no meaning";
    documented[cells[0]] = {cells[1], cells[2], cells[3]};
  }
  Hdf5Reader const file(path);
  std::map<std::string, Documented> stored;
  for (std::string const& name : file.datasets()) {
    DatasetInfo const info = file.describe(name);
    stored[name] = {std::string(name_of(info.type)), info.axes, info.unit};
  }
  for (auto const& [name, row] : stored) EXPECT_EQ(documented[name], row) << name;
  EXPECT_EQ(documented.size(), stored.size()) << "a dataset is documented that no file has";
}

TEST(Formats, ThePageListsWhatFilesHold) {
  TestFolder const folder;
  write_book(sample_book(), folder / "book.h5");
  expect_documented(folder / "book.h5", book_schema);
  write_market(sample_market(), folder / "market.h5");
  expect_documented(folder / "market.h5", market_schema);
  write_result(sample_result(), folder / "results.h5");
  expect_documented(folder / "results.h5", result_schema);
}

TEST(Formats, AxesAreAsLongAsTheirDatasetsSay) {
  TestFolder const folder;
  write_result(sample_result(), folder / "results.h5");
  Hdf5Reader const file(folder / "results.h5");
  std::map<std::string, std::uint64_t> const lengths = {
      {"pack", 3}, {"class", 4}, {"level", 2},   {"step", 5},     {"asset", 6},
      {"pool", 9}, {"point", 8}, {"account", 7}, {"scenario", 40}};
  for (std::string const& name : file.datasets()) {
    DatasetInfo const info = file.describe(name);
    Shape expected;
    std::istringstream axes(info.axes);
    for (std::string axis; std::getline(axes >> std::ws, axis, ',');)
      expected.push_back(lengths.at(axis));
    EXPECT_EQ(info.shape, expected) << name;
  }
}

TEST(Formats, ThePageNamesSchemasAndVersions) {
  std::string const page = bytes_of(PLIMSOLL_SOURCE_DIR "/docs/formats.md");
  for (Schema const& schema : {book_schema, market_schema, result_schema})
    EXPECT_NE(page.find(fmt::format("| `{}` | {} |", schema.name, schema.version)),
              std::string::npos);
}

TEST(Formats, ThePageListsTheExitCodes) {
  std::array const codes = {
      std::pair{ExitCode::success, "success"},         std::pair{ExitCode::internal, "internal"},
      std::pair{ExitCode::wrong_input, "wrong_input"}, std::pair{ExitCode::machine, "machine"},
      std::pair{ExitCode::undefined, "undefined"},     std::pair{ExitCode::stopped, "stopped"}};
  auto const rows = table_rows(section("Exit codes"));
  ASSERT_EQ(rows.size(), codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    EXPECT_EQ(rows[i][0], std::to_string(static_cast<int>(codes[i].first)));
    EXPECT_EQ(rows[i][1], codes[i].second);
  }
}

}  // namespace
}  // namespace plimsoll
