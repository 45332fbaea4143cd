// What a run would take, said before it begins: slices, memory, bytes read and written, time.
// Units:  bytes, seconds, cells (pool x column of a rule pack).
// Method: sizes are counted from the book's columns and the run's shape. Time is an estimate from a
//         calibration: a cut out of the middle of the book and a single account of it are evaluated
//         with few scenarios; what both take splits into time for a column (drawn and priced once a
//         slice) and for a cell.
//         Each is done three times and the quickest counts.
// Trusts: inputs as RunInputs has them, all but the book.
#pragma once

#include <cstdint>
#include <string>

#include "host/run.hpp"

namespace plimsoll {

struct RunPlan {
  std::uint64_t accounts = 0, pools = 0, packs = 0;
  std::uint64_t scenarios = 0, steps = 0;
  std::string engine;
  unsigned threads = 0;
  std::uint64_t slices = 1, largest_slice = 0;  // [pool]
  std::uint64_t batches = 1;                    // accounts in flight together, over all slices
  // [byte]
  std::uint64_t memory = 0;   // at its peak, from above
  std::uint64_t allowed = 0;  // --memory, or what the machine has
  std::uint64_t read = 0;     // inputs, as they lie on the disk
  std::uint64_t written = 0;  // before compression, from above
  // The calibration and what follows from it.
  std::uint64_t cut_pools = 0, cut_scenarios = 0;
  double cells_per_second = 0;  // of the cut
  double seconds = 0;           // from start to result, writing left out

  std::uint64_t cells() const { return packs * pools * scenarios * steps; }
};

// most_pools: how many pools are evaluated together; 0: all.
RunPlan plan_run(RunConfig const& config, RunInputs inputs, std::uint64_t most_pools);

std::string plan_text(RunPlan const& plan);
std::string plan_json(RunPlan const& plan);  // one object, ended by a line feed

}  // namespace plimsoll
