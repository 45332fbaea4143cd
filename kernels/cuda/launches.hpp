// The kernels as the host sees them: plain structs of device pointers in, a launch on a stream out.
// A tile is priced by draw -> log_moves -> price_assets -> price_exposures, one launch each, and
// then read by count_passages or tail_losses.
// Layouts, scenario (place in the tile) fastest:
//   normals[step][factor][place], mixing[step][place], log_sums[step][factor][place],
//   rows[row][step][place], losses[pool in flight][place].
// Errors: MachineError where a launch is refused; a fault of the kernel shows at the next wait.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/tally.hpp"
#include "models/book.hpp"
#include "models/market.hpp"
#include "models/passage.hpp"
#include "models/rows.hpp"

namespace plimsoll::cuda {

inline constexpr std::uint32_t warp_width = 32;

struct TileView {
  std::uint64_t first;   // scenario in place 0
  std::uint32_t width;   // places in use
  std::uint32_t stride;  // places allocated
  std::uint32_t steps;
  std::uint32_t factors;
  double root_of_step;       // [sqrt(year)]
  double* normals;           // [steps][factors][stride]; null where a table gives the moves
  double* mixing;            // [steps][stride]; null likewise
  double* log_sums;          // [steps][factors][stride] log-moves summed up to the step
  double* rows;              // [rows][steps][stride]
  unsigned long long* bent;  // moves that the limiter changed are added here; null: not counted
};

// What the warps of one group saw of a batch: group g works on its own share of each tile, so that
// every entry belongs to one warp during a launch and needs no atomics.
struct BatchTallyView {
  std::uint32_t groups;
  PoolTally* pools;                     // [groups][pools]
  unsigned long long* first_passages;   // [groups][pools][steps]
  unsigned long long* accounts;         // [groups][accounts] scenarios with a breach
  unsigned long long* undefined_cells;  // one
};

// Per scenario of one tile, added up over accounts by integer atomics.
struct ScenarioTallyView {
  std::uint32_t* pools;     // [stride]
  std::uint32_t* accounts;  // [stride]
  TickSum* shortfall;       // [classes][stride]
};

struct PassageInput {
  BookView book;
  RulesView rules;
  PoolToday const* today;  // [pools]
};

// The status of loading the kernels on the current device: is there code that it can run?
cudaError_t loaded_kernels();

void launch_draw(MarketView const& market, RunShape const& shape, TileView const& tile,
                 cudaStream_t stream);
// Where a table gives the moves, market.table points at the tile's own part of it.
void launch_log_moves(MarketView const& market, RunShape const& shape, TileView const& tile,
                      cudaStream_t stream);
void launch_price_assets(RowsView const& rows, TileView const& tile, cudaStream_t stream);
void launch_price_exposures(RowsView const& rows, TileView const& tile, cudaStream_t stream);
void launch_count_passages(PassageInput const& input, TileView const& tile,
                           BatchTallyView const& batch, ScenarioTallyView const& scenarios,
                           cudaStream_t stream);
// losses[i][place] of pool pools[i], i < count.
void launch_tail_losses(PassageInput const& input, TileView const& tile, std::uint32_t const* pools,
                        std::uint32_t count, Ticks* losses, cudaStream_t stream);

}  // namespace plimsoll::cuda
