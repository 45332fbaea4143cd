// Kernels that turn the log-moves and stored rows of a window into ordered tiles of basis moves and
// their ranges. Method: docs/kernels.md, "Columns".
#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/grid.cuh"
#include "models/elementary.hpp"

namespace plimsoll::cuda {
namespace {

// Where options move, their prices do: columns that resemble each other in these do so in options,
// whose own moves are of either sign.
__device__ void count_use(RowsView const& rows, BasisView const& basis, ColumnsView const& columns,
                          std::uint32_t row) {
  std::uint32_t place = basis.row_basis[row];
  if (place != no_index && is_own(basis.factors[place]))
    place = basis.row_basis[root_price(rows, row)];
  if (place != no_index) atomicAdd(&columns.weights[place], 1u);
}

__global__ void __launch_bounds__(block_threads)
    count_uses(BookView book, ItemCounts items, RowsView rows, BasisView basis,
               ColumnsView columns) {
  auto const count = [&](std::uint32_t const* named, std::uint64_t many) {
    for (std::uint64_t i = thread_of_grid(); i < many; i += threads_of_grid())
      count_use(rows, basis, columns, named[i]);
  };
  count(book.term_row, items.terms);
  count(book.group_asset, items.groups);
  count(book.charge_row, items.charges);
}

__device__ double move_of(BasisView const& basis, WindowView const& window, BasisRow row,
                          std::uint64_t step, std::uint32_t place) {
  if (is_own(row))
    return own_move(
        window.prices[(row.over * std::uint64_t{window.steps} + step) * window.stride + place],
        basis.row_today[row.over], basis.row_scale[row.over]);
  return basis_move(row, [&](std::uint32_t factor) {
    return exp(window.log_sums[(step * window.factors + factor) * window.stride + place]);
  });
}

// A line is (basis row, step).
__global__ void __launch_bounds__(block_threads)
    basis_moves(BasisView basis, WindowView window, ColumnsView columns) {
  std::uint32_t const place = place_of_thread();
  if (place >= window.width) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(basis.count) * window.steps;
  for (std::uint64_t line = blockIdx.y; line < lines; line += gridDim.y) {
    std::uint64_t const step = line % window.steps;
    double const move = move_of(basis, window, basis.factors[line / window.steps], step, place);
    columns.loose[line * window.stride + place] = static_cast<float>(move);
  }
}

__global__ void __launch_bounds__(block_threads)
    severity(WindowView window, ColumnsView columns, std::uint64_t* keys, std::uint32_t* values) {
  for (std::uint64_t i = thread_of_grid(); i < columns.columns; i += threads_of_grid()) {
    auto const column =
        static_cast<std::uint32_t>(i / window.width * window.stride + i % window.width);
    float size = 0.0f;
    float sum = 0.0f;
    for (std::uint32_t row = 0; row + 1 < columns.rows; ++row) {
      auto const weight = static_cast<float>(columns.weights[row]);
      if (weight == 0.0f) continue;
      float const move = columns.loose[row * window.plane() + column];
      size = fmaf(weight * move, move, size);
      sum = fmaf(weight, move, sum);
    }
    keys[i] = __float_as_uint(size) & 0x7fffffffu;
    values[i] = column;
    columns.direction[column] = sum;
  }
}

__global__ void __launch_bounds__(block_threads)
    direction(ColumnsView columns, std::uint32_t const* ordered, std::uint64_t* keys,
              std::uint32_t* values) {
  for (std::uint64_t i = thread_of_grid(); i < columns.columns; i += threads_of_grid()) {
    std::uint32_t const column = ordered[i];
    keys[i] = (i / sheet_columns << 32) | in_order(columns.direction[column]);
    values[i] = column;
  }
}

// x runs over the places of the tiles, y over rows.
__global__ void __launch_bounds__(block_threads)
    lay_tiles(WindowView window, ColumnsView columns, std::uint32_t const* ordered) {
  std::uint32_t const i = place_of_thread();
  if (i >= columns.tiles() * children) return;
  std::uint32_t const column = ordered[i < columns.columns ? i : columns.columns - 1];
  if (blockIdx.y == 0 && i < columns.columns) columns.order[i] = column;
  for (std::uint32_t row = blockIdx.y; row < columns.rows; row += gridDim.y) {
    bool const zero = row + 1 == columns.rows;
    float const move = zero ? 0.0f : columns.loose[row * window.plane() + column];
    columns.moves[(static_cast<std::uint64_t>(i / children) * columns.rows + row) * children +
                  i % children] = move;
  }
}

struct FloatRange {
  float low, high;
};

// NaN wins.
__device__ float lesser(float a, float b) {
  return isnan(a) || a < b ? a : b;
}
__device__ float greater(float a, float b) {
  return isnan(a) || a > b ? a : b;
}
__device__ FloatRange hull(FloatRange a, FloatRange b) {
  return {lesser(a.low, b.low), greater(a.high, b.high)};
}

// Of all lanes, in every lane.
__device__ FloatRange warp_hull(FloatRange range) {
  for (std::uint32_t step = warp_width / 2; step > 0; step /= 2)
    range = hull(range, {__shfl_xor_sync(every_lane, range.low, step),
                         __shfl_xor_sync(every_lane, range.high, step)});
  return range;
}

// One row of one sheet: lane t keeps the range of tile t.
__device__ void row_ranges(ColumnsView const& columns, std::uint32_t sheet, std::uint32_t row) {
  std::uint32_t const lane = lane_of_thread();
  std::uint32_t const first = sheet * children;
  std::uint32_t const end = first + children < columns.tiles() ? first + children : columns.tiles();
  FloatRange mine{0.0f, 0.0f};
  FloatRange all{};
  for (std::uint32_t tile = first; tile < end; ++tile) {
    float const move =
        columns.moves[(static_cast<std::uint64_t>(tile) * columns.rows + row) * children + lane];
    FloatRange const found = warp_hull({move, move});
    if (lane == tile - first) mine = found;
    all = tile == first ? found : hull(all, found);
  }
  float* const low =
      columns.tile_ranges + (static_cast<std::uint64_t>(sheet) * columns.rows + row) * 2 * children;
  low[lane] = mine.low;
  low[children + lane] = mine.high;
  if (lane != 0) return;
  float* const parent =
      columns.sheet_ranges +
      (static_cast<std::uint64_t>(sheet / children) * columns.rows + row) * 2 * children +
      sheet % children;
  parent[0] = all.low;
  parent[children] = all.high;
}

// Items: rows of sheets.
__global__ void __launch_bounds__(block_threads) sheet_rows(ColumnsView columns) {
  std::uint64_t const items = static_cast<std::uint64_t>(columns.sheets()) * columns.rows;
  for (std::uint64_t item = warp_of_thread(); item < items; item += warps_of_grid())
    row_ranges(columns, static_cast<std::uint32_t>(item / columns.rows),
               static_cast<std::uint32_t>(item % columns.rows));
}

// Items: basis rows; lanes are sheets.
__global__ void __launch_bounds__(block_threads) window_rows(ColumnsView columns) {
  std::uint32_t const lane = lane_of_thread();
  std::uint32_t const sheets = columns.sheets();
  for (std::uint64_t row = warp_of_thread(); row + 1 < columns.rows; row += warps_of_grid()) {
    FloatRange all{};
    for (std::uint32_t first = 0; first < sheets; first += children) {
      std::uint32_t const place = first + lane < sheets ? lane : 0;
      float const* const low =
          columns.sheet_ranges +
          (static_cast<std::uint64_t>(first / children) * columns.rows + row) * 2 * children;
      FloatRange const found{low[place], low[children + place]};
      all = first == 0 ? found : hull(all, found);
    }
    all = warp_hull(all);
    if (lane == 0) columns.range[row] = move_range(all.low, all.high);
  }
}

}  // namespace

void launch_count_uses(BookView const& book, ItemCounts const& items, RowsView const& rows,
                       BasisView const& basis, ColumnsView const& columns, cudaStream_t stream) {
  std::uint64_t const all = items.groups + items.terms + items.charges;
  if (basis.count == 0 || all == 0) return;
  count_uses<<<thread_grid(all), block_threads, 0, stream>>>(book, items, rows, basis, columns);
  check(cudaGetLastError(), "launch of count_uses");
}

void launch_basis_moves(BasisView const& basis, WindowView const& window,
                        ColumnsView const& columns, cudaStream_t stream) {
  if (basis.count == 0) return;
  std::uint64_t const lines = static_cast<std::uint64_t>(basis.count) * window.steps;
  basis_moves<<<line_grid(window.width, lines), block_threads, 0, stream>>>(basis, window, columns);
  check(cudaGetLastError(), "launch of basis_moves");
}

void launch_severity(WindowView const& window, ColumnsView const& columns, std::uint64_t* keys,
                     std::uint32_t* values, cudaStream_t stream) {
  severity<<<thread_grid(columns.columns), block_threads, 0, stream>>>(window, columns, keys,
                                                                       values);
  check(cudaGetLastError(), "launch of severity");
}

void launch_direction(ColumnsView const& columns, std::uint32_t const* ordered, std::uint64_t* keys,
                      std::uint32_t* values, cudaStream_t stream) {
  direction<<<thread_grid(columns.columns), block_threads, 0, stream>>>(columns, ordered, keys,
                                                                        values);
  check(cudaGetLastError(), "launch of direction");
}

void launch_lay_tiles(WindowView const& window, ColumnsView const& columns,
                      std::uint32_t const* ordered, cudaStream_t stream) {
  lay_tiles<<<line_grid(columns.tiles() * children, columns.rows), block_threads, 0, stream>>>(
      window, columns, ordered);
  check(cudaGetLastError(), "launch of lay_tiles");
}

void launch_ranges(ColumnsView const& columns, cudaStream_t stream) {
  std::uint64_t const items = static_cast<std::uint64_t>(columns.sheets()) * columns.rows;
  sheet_rows<<<warp_grid(items), block_threads, 0, stream>>>(columns);
  check(cudaGetLastError(), "launch of sheet_rows");
  window_rows<<<warp_grid(columns.rows), block_threads, 0, stream>>>(columns);
  check(cudaGetLastError(), "launch of window_rows");
}

}  // namespace plimsoll::cuda
