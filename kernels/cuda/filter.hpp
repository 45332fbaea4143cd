// Lines held against units of 32 children, by one kernel at three heights: sheets of a volume and
// tiles of a sheet, where each row is as low as the line can take it (bounds), and columns of a
// tile (the filter). A child stays live, or a column a candidate, unless its sum is above zero;
// NaN is not above zero.
// Layouts: live[unit][slice]: bit c stands for child c, or'd over the pools of the slice.
// Errors: MachineError where a launch is refused.
#pragma once

#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/lines.hpp"
#include "kernels/cuda/pairs.hpp"

namespace plimsoll::cuda {

// What a window's search counts; all zero before.
struct Counters {
  unsigned long long filtered;     // cells estimated
  unsigned long long masks;        // candidate masks, stored as far as they fit
  unsigned long long candidates;   // cells in them
  unsigned long long listed;       // of them, as keys
  unsigned long long events;       // of them, cells in breach
  unsigned long long undefined;    // of them, cells outside the domain of the arithmetic
  unsigned long long in_question;  // of all cells, those in breach or undefined; for check_work
  unsigned long long bent;         // moves that the limiter changed
  unsigned long long runs;         // pools with events
};

// What is left of a bound: live children.
struct LiveView {
  std::uint32_t* live;  // [units][slices], zero before
};

// What is left of the filter: pools and columns in doubt.
struct CandidatesView {
  std::uint32_t* pool;  // as LinesView::pool
  std::uint32_t* tile;
  std::uint32_t* mask;  // bit c: column c of the tile
  std::uint64_t most;
  Counters* counters;
};

// How a height's rows are read.
struct UnitRows {
  float const* rows;           // [units][rows (x 2 for ranges)][32]
  std::uint32_t count;         // rows of a unit, without the factor 2
  std::uint64_t children;      // of all units
  std::uint32_t shared_bytes;  // that a block may have
  std::uint32_t blocks;        // to launch: as many as the device holds
};

void launch_bound(LinesView const& lines, UnitRows const& rows, PairList const& list,
                  LiveView const& live, cudaStream_t stream);
void launch_filter(LinesView const& lines, UnitRows const& rows, PairList const& list,
                   CandidatesView const& candidates, cudaStream_t stream);

}  // namespace plimsoll::cuda
