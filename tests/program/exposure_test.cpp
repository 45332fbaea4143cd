// plimsoll exposure as a person meets it: what it selects, that its figures are those of the run,
// that engines, threads and budgets agree, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "tests/program/refused.hpp"

namespace plimsoll {
namespace {

std::string const defaults = PLIMSOLL_SOURCE_DIR "/datasets/default";

class ExposureOfARun : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    place = new Workplace;
    auto const must = [](std::string const& command) {
      Outcome const outcome = place->plimsoll(command);
      ASSERT_EQ(outcome.code, 0) << outcome.err;
    };
    must("import --factors " + defaults + "/factors.csv --correlation " + defaults +
         "/correlation.csv --as-of 2025-08-31 --degrees-of-freedom 5 --constant USDT=1 --out "
         "market.h5");
    must("synth --pools 250 --market market.h5 --rules " + defaults +
         "/rules.toml --leverage 2 --out book.h5");
    std::filesystem::copy_file(defaults + "/rules.toml", place->file("rules.toml"));
    must("run --book book.h5 --market market.h5 --rules rules.toml --scenarios 300 --out run");
    summary = place->read("stdout.txt");
    place->write("stdout.txt", "");
    place->write("stderr.txt", "");
  }
  static void TearDownTestSuite() { delete place; }

  static std::string exposure(std::string const& more) {
    Outcome const outcome = place->plimsoll("exposure run " + more);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }
  static Workplace* place;
  static std::string summary;  // what the run printed
};
Workplace* ExposureOfARun::place = nullptr;
std::string ExposureOfARun::summary;

std::vector<std::vector<std::string>> cells(std::string const& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream of(line + ",");
    for (std::string cell; std::getline(of, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

TEST_F(ExposureOfARun, CountsEveryPoolAsTheRunDid) {
  auto const rows = cells(exposure("--all --csv"));
  std::size_t const breach = static_cast<std::size_t>(
      std::find(rows[0].begin(), rows[0].end(), "breach") - rows[0].begin());
  ASSERT_EQ(breach, 6u);
  std::size_t pools = 0, positions = 0, flagged = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), rows[0].size()) << i;
    bool const pool = rows[i][3].empty();
    pool ? ++pools : ++positions;
    if (pool && std::stod(rows[i][breach]) > 0.0) ++flagged;
  }
  EXPECT_EQ(pools, 250u);
  EXPECT_GT(positions, 250u);
  EXPECT_GT(flagged, 10u);
  std::string const line = "Margin pools flagged";
  std::size_t const at = summary.find(line);
  ASSERT_NE(at, std::string::npos) << summary;
  EXPECT_EQ(std::stoul(summary.substr(at + line.size())), flagged);
  EXPECT_NE(exposure("").find(std::to_string(flagged) + " pools (flagged in the run)"),
            std::string::npos);
}

TEST_F(ExposureOfARun, EnginesThreadsAndBudgetsAgree) {
  std::string const reference = exposure("--json --engine reference --threads 1");
  EXPECT_NE(reference.find("\"selection\": \"flagged in the run\""), std::string::npos);
  EXPECT_EQ(reference, exposure("--json --engine simd --threads 2"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_EQ(reference, exposure("--json --memory 120MiB"));
#endif
}

TEST_F(ExposureOfARun, SelectsTheMostLikelyOrThoseAskedFor) {
  auto const top = cells(exposure("--top 3 --csv"));
  std::vector<double> probability;
  std::vector<std::string> names;
  for (std::size_t i = 1; i < top.size(); ++i)
    if (top[i][3].empty()) {
      probability.push_back(std::stod(top[i][6]));
      names.push_back(top[i][2]);
    }
  ASSERT_EQ(probability.size(), 3u);
  EXPECT_TRUE(std::is_sorted(probability.rbegin(), probability.rend()));
  std::string const one = exposure("--csv --pool '" + names[1] + "' '" + names[1] + "'");
  std::string const heading = one.substr(0, one.find('\n'));
  EXPECT_EQ(heading.substr(0, 5), "rules");
  for (auto const& row : cells(one))
    if (row[0] != "rules") {
      EXPECT_EQ(row[2], names[1]);
    }
  EXPECT_NE(exposure("--account A0000001").find("as asked for"), std::string::npos);
}

TEST_F(ExposureOfARun, RefusesWhatItCannotAnswer) {
  expect_refused(*place, "no such pool", "exposure run --pool nobody",
                 {"--pool nobody", "no pool of that name"});
  expect_refused(*place, "no such account", "exposure run --account nobody",
                 {"--account nobody", "no account of that name"});
  expect_refused(*place, "no such pack", "exposure run --rules other", {"no such rule pack"});
  expect_refused(*place, "no run", "exposure nowhere", {"nowhere"});
  expect_refused(*place, "no such engine", "exposure run --engine warp", {"unknown engine"});
  expect_refused(*place, "two selections", "exposure run --all --top 3", {"--all"});
  expect_refused(*place, "none asked for", "exposure run --top 0", {"--top"});
  expect_refused(*place, "two formats", "exposure run --json --csv", {"--csv"});
  expect_refused(*place, "no threads", "exposure run --threads -1", {"threads"});
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  expect_refused(*place, "too little memory", "exposure run --memory 1MiB", {"--memory 1MiB"});
#endif
  std::string const book = place->read("book.h5");
  std::string flipped = book;
  flipped[flipped.size() / 2] ^= 1;
  place->write("book.h5", flipped);
  expect_refused(*place, "changed book", "exposure run", {"book.h5", "SHA-256 differs"});
  std::filesystem::remove(place->file("book.h5"));
  expect_refused(*place, "no book", "exposure run", {"book.h5"});
  place->write("book.h5", book);
}

}  // namespace
}  // namespace plimsoll
