// The columns of a window in order of severity, as moves of basis rows: tiles of 32 columns, sheets
// of 32 tiles, volumes of 32 sheets, and where each row can be in each of them.
// Layouts: a row of a unit is 32 floats, one per child, 128 bytes:
//   loose[basis][step][place], moves[tile][row][column], tile_ranges[sheet][row][low, high][tile],
//   sheet_ranges[volume][row][low, high][sheet].
//   The last row of every unit is zero, so that padding is exact. Places beyond the last column
//   repeat it; children beyond the last one hold numbers of no meaning.
// Bits: decides nothing. NaN propagates into every range that holds one.
// Errors: MachineError where a launch is refused.
#pragma once

#include "kernels/cuda/launches.hpp"
#include "models/basis.hpp"

namespace plimsoll::cuda {

inline constexpr std::uint32_t children = warp_width;  // of a tile, a sheet, a volume
inline constexpr std::uint32_t sheet_columns = children * children;

PLIMSOLL_HD constexpr std::uint32_t parents(std::uint64_t count) {
  return static_cast<std::uint32_t>((count + children - 1) / children);
}

// What a batch holds.
struct ItemCounts {
  std::uint64_t groups, terms, charges;
};

struct ColumnsView {
  std::uint32_t columns;
  std::uint32_t rows;      // basis rows and the zero row
  std::uint32_t* order;    // [columns] column of the window
  float* loose;            // [basis rows][plane]
  float* direction;        // [plane]
  float* moves;            // [tiles][rows][32]
  float* tile_ranges;      // [sheets][rows][2][32]
  float* sheet_ranges;     // [volumes][rows][2][32]
  MoveRange* range;        // [basis rows] over the window
  std::uint32_t* weights;  // [basis rows] how much of the batch hangs on the row

  PLIMSOLL_HD std::uint32_t tiles() const { return parents(columns); }
  PLIMSOLL_HD std::uint32_t sheets() const { return parents(tiles()); }
  PLIMSOLL_HD std::uint32_t volumes() const { return parents(sheets()); }
};

// Adds to weights[], which are zero, how often the batch names a row: a basis row of its own counts
// as the price that it hangs on.
void launch_count_uses(BookView const& book, ItemCounts const& items, RowsView const& rows,
                       BasisView const& basis, ColumnsView const& columns, cudaStream_t stream);
void launch_basis_moves(BasisView const& basis, WindowView const& window,
                        ColumnsView const& columns, cudaStream_t stream);
// keys[i], values[i]: severity and number of the i-th column; fills direction[].
void launch_severity(WindowView const& window, ColumnsView const& columns, std::uint64_t* keys,
                     std::uint32_t* values, cudaStream_t stream);
// ordered[i] is the column of rank i: in blocks of a sheet, by direction.
void launch_direction(ColumnsView const& columns, std::uint32_t const* ordered, std::uint64_t* keys,
                      std::uint32_t* values, cudaStream_t stream);
// Copies ordered[] to order[] and lays out the tiles.
void launch_lay_tiles(WindowView const& window, ColumnsView const& columns,
                      std::uint32_t const* ordered, cudaStream_t stream);
// Fills tile_ranges, sheet_ranges and range.
void launch_ranges(ColumnsView const& columns, cudaStream_t stream);

}  // namespace plimsoll::cuda
