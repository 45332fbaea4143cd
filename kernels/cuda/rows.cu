// Kernels that price the rows of a tile: assets first, because exposures read them.
// Method: docs/kernels.md, "price_assets" and "price_exposures".
#include "kernels/cuda/grid.cuh"
#include "models/rows.hpp"

namespace plimsoll::cuda {
namespace {

// The price rows of one column as exposure() reads them.
struct PriceReader {
  double const* first;  // row 0 of the step and place
  std::uint64_t row_size;
  PLIMSOLL_HD double operator()(std::uint32_t row) const { return first[row * row_size]; }
};

// A line is (row, step); its values lie side by side.
__global__ void __launch_bounds__(block_threads) price_assets(RowsView rows, TileView tile) {
  std::uint32_t const place = place_of_thread();
  if (place >= tile.width) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(rows.assets) * tile.steps;
  for (std::uint64_t line = blockIdx.y; line < lines; line += gridDim.y) {
    auto const row = static_cast<std::uint32_t>(line / tile.steps);
    std::uint64_t const step = line % tile.steps;
    std::uint32_t const factor = rows.factor[row];
    double const log_sum =
        factor == no_index ? 0.0
                           : tile.log_sums[(step * tile.factors + factor) * tile.stride + place];
    tile.rows[line * tile.stride + place] = asset_price(rows, row, log_sum);
  }
}

__global__ void __launch_bounds__(block_threads) price_exposures(RowsView rows, TileView tile) {
  std::uint32_t const place = place_of_thread();
  if (place >= tile.width) return;
  std::uint64_t const row_size = static_cast<std::uint64_t>(tile.steps) * tile.stride;
  std::uint64_t const lines = static_cast<std::uint64_t>(rows.rows - rows.assets) * tile.steps;
  for (std::uint64_t line = blockIdx.y; line < lines; line += gridDim.y) {
    auto const row = rows.assets + static_cast<std::uint32_t>(line / tile.steps);
    std::uint64_t const in_row = line % tile.steps * tile.stride + place;
    tile.rows[row * row_size + in_row] =
        exposure(rows, row, PriceReader{tile.rows + in_row, row_size});
  }
}

}  // namespace

void launch_price_assets(RowsView const& rows, TileView const& tile, cudaStream_t stream) {
  if (rows.assets == 0) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(rows.assets) * tile.steps;
  price_assets<<<line_grid(tile.width, lines), block_threads, 0, stream>>>(rows, tile);
  check(cudaGetLastError(), "launch of price_assets");
}

void launch_price_exposures(RowsView const& rows, TileView const& tile, cudaStream_t stream) {
  if (rows.rows == rows.assets) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(rows.rows - rows.assets) * tile.steps;
  price_exposures<<<line_grid(tile.width, lines), block_threads, 0, stream>>>(rows, tile);
  check(cudaGetLastError(), "launch of price_exposures");
}

}  // namespace plimsoll::cuda
