// plimsoll run --plan: it starts nothing, and what it says is not less than what the run then
// takes.
#include <gtest/gtest.h>

#include "tests/program/refused.hpp"

namespace plimsoll {
namespace {

std::uint64_t number(std::string const& json, std::string const& key) {
  std::size_t const at = json.find("\"" + key + "\":");
  EXPECT_NE(at, std::string::npos) << key << json;
  return at == std::string::npos ? 0 : std::stoull(json.substr(at + key.size() + 3));
}

TEST_F(BadInput, APlanStartsNothingAndSaysWhatTheRunTakes) {
  std::string const defaults = PLIMSOLL_SOURCE_DIR "/datasets/default";
  ASSERT_EQ(
      place
          .plimsoll("import --factors " + defaults + "/factors.csv --correlation " + defaults +
                    "/correlation.csv --as-of 2025-08-13 --degrees-of-freedom 6.323 "
                    "--constant USDT=1 --out night-market.h5")
          .code,
      0);
  std::string const packs = "--market night-market.h5 --rules " + defaults + "/rules.toml ";
  ASSERT_EQ(place.plimsoll("synth --pools 900 " + packs + "--out night.h5").code, 0);
  std::string const night =
      "run --book night.h5 " + packs + "--scenarios 3000 --slice 100 --out planned ";
  std::set<std::string> const before = listing(place);
  Outcome const planned = place.plimsoll(night + "--plan --format json");
  ASSERT_EQ(planned.code, 0) << planned.err;
  Outcome const text = place.plimsoll(night + "--plan");
  EXPECT_NE(text.out.find("estimate"), std::string::npos) << text.out;
  EXPECT_EQ(listing(place), before);
  EXPECT_EQ(number(planned.out, "cells"), 900u * 3000u * 2u);
  ASSERT_EQ(place.plimsoll(night).code, 0);
  std::string const log = place.read("planned/run.log");
  EXPECT_NE(log.find(" " + std::to_string(number(planned.out, "slices")) + " slices"),
            std::string::npos)
      << log;
#if !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)  // they take memory of their own
  std::string const peak = "peak memory ";
  std::uint64_t const mebibytes = std::stoull(log.substr(log.find(peak) + peak.size()));
  EXPECT_GE(number(planned.out, "memory_bytes_at_most") >> 20, mebibytes);
#endif
  std::uint64_t written = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(place.file("planned")))
    if (entry.is_regular_file()) written += entry.file_size();
  EXPECT_GE(number(planned.out, "bytes_to_write_at_most"), written);
  EXPECT_GT(number(planned.out, "bytes_to_read"),
            std::filesystem::file_size(place.file("night.h5")));
}

TEST_F(BadInput, APlanOfWrongInputIsRefused) {
  expect_refused(place, "book",
                 "run --plan --book none.h5 --market market.h5 --rules rules.toml "
                 "--out made",
                 {"none.h5"});
  Outcome const table = place.plimsoll(run_table + "--plan");
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_NE(table.out.find("2 scenarios, 2 steps"), std::string::npos) << table.out;
}

}  // namespace
}  // namespace plimsoll
