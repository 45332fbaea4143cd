// The kernels as the host sees them: plain structs of device pointers in, a launch on a stream out.
// A window of scenarios is priced by draw -> log_moves -> price_assets -> price_derived; its
// columns (scenario x step) are ordered and cut into tiles (columns.hpp), every pool becomes a line
// (lines.hpp), the lines are held against the tiles (filter.hpp), and what is left in doubt is
// decided (decide.hpp); for tails, what can be among a pool's largest losses (tails.hpp). Layouts,
// scenario (place in the window) fastest:
//   normals[step][factor][place], mixing[step][place], log_sums[step][factor][place],
//   prices[stored row][step][place].
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

// A column is step_index * stride + place.
struct WindowView {
  std::uint64_t first;   // scenario in place 0
  std::uint32_t width;   // places in use
  std::uint32_t stride;  // places allocated
  std::uint32_t steps;
  std::uint32_t factors;
  double years_per_step;     // [year]
  double root_of_step;       // [sqrt(year)]
  double* normals;           // [steps][factors][stride]; null where a table gives the moves
  double* mixing;            // [steps][stride]; null likewise
  double* log_sums;          // [steps][factors][stride] log-moves summed up to the step
  double* prices;            // [stored][steps][stride] [ccy]
  unsigned long long* bent;  // moves that the limiter changed are added here; null: not counted

  PLIMSOLL_HD std::uint64_t columns() const { return static_cast<std::uint64_t>(width) * steps; }
  PLIMSOLL_HD std::uint64_t plane() const { return static_cast<std::uint64_t>(stride) * steps; }
};

struct PassageInput {
  BookView book;
  RulesView rules;
  RowsView rows;
  PoolToday const* today;  // [pools]
};

// The status of loading the kernels on the current device: is there code that it can run?
cudaError_t loaded_kernels();

void launch_draw(MarketView const& market, RunShape const& shape, WindowView const& window,
                 cudaStream_t stream);
// Where a table gives the moves, market.table points at the window's own part of it.
void launch_log_moves(MarketView const& market, RunShape const& shape, WindowView const& window,
                      cudaStream_t stream);
void launch_price_assets(RowsView const& rows, WindowView const& window, cudaStream_t stream);
// Stored rows [first, end) that are no prices and of which none reads another; all rows that they
// read are priced.
void launch_price_derived(RowsView const& rows, WindowView const& window, std::uint32_t first,
                          std::uint32_t end, cudaStream_t stream);

}  // namespace plimsoll::cuda
