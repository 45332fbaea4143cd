// Kernels that price the stored rows of a window: assets, then what takes work. Plain exposures are
// not stored: who needs one recomputes it from the stored rows of its column
// (kernels/cuda/cell.cuh), which gives the same bits.
// Method: docs/kernels.md, "Prices".
#include "kernels/cuda/grid.cuh"
#include "models/rows.hpp"

namespace plimsoll::cuda {
namespace {

// Blocks that a multiprocessor should hold while options are priced: registers enough (128) to
// spill nothing.
constexpr std::uint32_t option_blocks = 4;

// A line is (row, step); its values lie side by side.
__global__ void __launch_bounds__(block_threads) price_assets(RowsView rows, WindowView window) {
  std::uint32_t const place = place_of_thread();
  if (place >= window.width) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(rows.assets) * window.steps;
  for (std::uint64_t line = blockIdx.y; line < lines; line += gridDim.y) {
    auto const row = static_cast<std::uint32_t>(line / window.steps);
    std::uint64_t const step = line % window.steps;
    std::uint32_t const factor = rows.factor[row];
    double const log_sum =
        factor == no_index
            ? 0.0
            : window.log_sums[(step * window.factors + factor) * window.stride + place];
    window.prices[line * window.stride + place] = asset_price(rows, row, log_sum);
  }
}

// A line is (row, step) of rows [first, end): a warp's lanes are columns of one row, and go one way
// through the kinds.
__global__ void __launch_bounds__(block_threads, option_blocks)
    price_derived(RowsView rows, WindowView window, std::uint32_t first, std::uint32_t end) {
  std::uint32_t const place = place_of_thread();
  if (place >= window.width) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(end - first) * window.steps;
  for (std::uint64_t line = blockIdx.y; line < lines; line += gridDim.y) {
    auto const row = first + static_cast<std::uint32_t>(line / window.steps);
    auto const step = static_cast<std::uint32_t>(line % window.steps) + 1;
    auto const at = [&](std::uint32_t r, std::uint32_t s) -> double& {
      return window
          .prices[(static_cast<std::uint64_t>(r) * window.steps + (s - 1)) * window.stride + place];
    };
    at(row, step) = stored_value(
        rows, row, step, step * window.years_per_step, [&](std::uint32_t r) { return at(r, step); },
        [&](std::uint32_t r, std::uint32_t last) { return at(r, last < step ? last : step); });
  }
}

}  // namespace

void launch_price_assets(RowsView const& rows, WindowView const& window, cudaStream_t stream) {
  if (rows.assets == 0) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(rows.assets) * window.steps;
  price_assets<<<line_grid(window.width, lines), block_threads, 0, stream>>>(rows, window);
  check(cudaGetLastError(), "launch of price_assets");
}

void launch_price_derived(RowsView const& rows, WindowView const& window, std::uint32_t first,
                          std::uint32_t end, cudaStream_t stream) {
  if (first == end) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(end - first) * window.steps;
  price_derived<<<line_grid(window.width, lines), block_threads, 0, stream>>>(rows, window, first,
                                                                              end);
  check(cudaGetLastError(), "launch of price_derived");
}

}  // namespace plimsoll::cuda
