// Kernel that prices the assets of a window. Exposures are not stored: who needs one recomputes it
// from the prices of its column (kernels/cuda/cell.cuh), which gives the same bits.
// Method: docs/kernels.md, "price_assets".
#include "kernels/cuda/grid.cuh"
#include "models/rows.hpp"

namespace plimsoll::cuda {
namespace {

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

}  // namespace

void launch_price_assets(RowsView const& rows, WindowView const& window, cudaStream_t stream) {
  if (rows.assets == 0) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(rows.assets) * window.steps;
  price_assets<<<line_grid(window.width, lines), block_threads, 0, stream>>>(rows, window);
  check(cudaGetLastError(), "launch of price_assets");
}

}  // namespace plimsoll::cuda
