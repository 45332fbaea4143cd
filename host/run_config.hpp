// What a run is asked to do: the keys of run.toml, which are the flags of `plimsoll run` with
// underscores. Paths are relative to the working directory, in the file as on the command line.
// Units: horizon in days, memory in bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/tally.hpp"

namespace plimsoll {

struct RunConfig {
  std::string book, market;
  std::vector<std::string> rules;  // the book is evaluated under each
  std::string moves;               // a table of moves instead of drawn ones; empty: none
  std::uint64_t scenarios = 10000;
  double horizon_days = 2;
  bool horizon_given = false;  // by a key or a flag
  std::uint32_t steps = 2;
  std::uint64_t seed = 1;
  Tails tails = Tails::flagged;
  std::string engine = "auto";
  unsigned threads = 0;      // 0: all processors
  std::uint64_t memory = 0;  // 0: no budget
  std::uint32_t tile = 0;    // 0: the engine's choice
  std::uint32_t batch = 0;   // 0: the engine's choice
  std::uint64_t slice = 0;   // pools evaluated and kept together; 0: by memory
  bool check_work = false;   // decide also what an engine passes over
  std::string out;
  bool force = false;
  bool resume = false;  // go on with what a stopped run left in `out`
};

// The configuration in a file or in a text that to_toml wrote, found at `place`. Keys that are
// absent keep their defaults: flags may still add to it, so completeness is not checked here.
// InputError naming line and column for unknown keys, wrong types and values out of range.
RunConfig read_run_config(std::string const& path);
RunConfig parse_run_config(std::string_view text, std::string const& place);

// InputError unless the configuration is complete and every figure within its range.
void check_run_config(RunConfig const& config);

// Every key, as a text that parse_run_config reads back as the same configuration.
std::string to_toml(RunConfig const& config);

// What a flag says: `key` is its key in run.toml. InputError unless a whole number in its range.
std::uint64_t parse_count(std::string_view key, std::string_view text);

// [day]
double parse_horizon(std::string_view text);

// "all", "flagged" or "none".
Tails parse_tails(std::string_view text);
std::string_view name_of(Tails tails);

// [byte] "4GiB", "512 MiB", "1.5GB", "65536": units to the base of 1024 (KiB ... TiB) or 1000 (kB
// ... TB); without a unit, bytes.
std::uint64_t parse_bytes(std::string_view text);

}  // namespace plimsoll
