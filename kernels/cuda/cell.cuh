// One cell in double: the excess of a pool in a column, exposures recomputed from stored rows.
// Bits: evaluate() and row_of_prices() of models/, nothing else.
#pragma once

#include "kernels/cuda/launches.hpp"
#include "models/evaluate.hpp"

namespace plimsoll::cuda {

// The rows of one column as evaluate() reads them.
struct ColumnReader {
  RowsView const& rows;
  double const* first;  // stored row 0 of the column
  std::uint64_t plane;

  PLIMSOLL_HD double price(std::uint32_t row) const { return first[row * plane]; }
  PLIMSOLL_HD double operator()(std::uint32_t row) const {
    return row_of_prices(rows, row, [this](std::uint32_t r) { return price(r); });
  }
};

PLIMSOLL_HD inline double excess_of(PassageInput const& input, WindowView const& window,
                                    std::uint32_t pool, std::uint64_t column) {
  return evaluate<double>(input.book, input.rules, pool,
                          ColumnReader{input.rows, window.prices + column, window.plane()})
      .excess;
}

}  // namespace plimsoll::cuda
