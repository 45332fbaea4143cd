// Rows: every value that depends on the column alone, priced once per tile and read by all pools.
// Rows 0 .. assets - 1 are asset prices; the others are the exposures of instruments, which read
// price rows only.
// Units: reporting currency per unit of the asset or contract.
// Method: docs/models.md, "Instruments".
#pragma once

#include <cstdint>
#include <type_traits>

#include "models/elementary.hpp"
#include "models/number.hpp"

namespace plimsoll {

enum class RowKind : std::uint8_t {
  constant,  // price does not move: the reporting currency, or an asset declared constant
  price,     // asset driven by a factor: price tonight x exp(sum of log-moves)
  linear,    // contract on an underlying: S_underlying x ratio
  inverse,   // coin-settled contract per unit of quote currency: S_settle / (S_underlying x ratio)
};

struct RowsView {
  std::uint32_t rows;
  std::uint32_t assets;             // rows [0, assets) are prices
  RowKind const* kind;              // [rows]
  std::uint32_t const* factor;      // [assets] factor of the price, or no_index
  std::uint32_t const* underlying;  // [rows] price row, exposures only
  std::uint32_t const* settle;      // [rows] price row, exposures only
  double const* ratio;  // [rows] price rows: price tonight [ccy]; exposures: mark / spot
};

// An asset's price once its factor has grown by exp(sum of log-moves); 1 where it has none.
PLIMSOLL_HD inline double grown_price(RowsView const& rows, std::uint32_t row, double growth) {
  return rows.kind[row] == RowKind::constant ? rows.ratio[row] : rows.ratio[row] * growth;
}

// An asset's price after log-moves that sum to `log_sum`.
PLIMSOLL_HD inline double asset_price(RowsView const& rows, std::uint32_t row, double log_sum) {
  return grown_price(rows, row, exp(log_sum));
}

// The exposure of one unit of an instrument; price(row) reads a price row of the same column, as a
// double or as lanes.
template <class Price>
PLIMSOLL_HD inline auto exposure(RowsView const& rows, std::uint32_t row, Price price) {
  using Real = std::decay_t<decltype(price(row))>;
  Real const mark = price(rows.underlying[row]) * Real(rows.ratio[row]);
  return rows.kind[row] == RowKind::inverse ? price(rows.settle[row]) / mark : mark;
}

// Row `row` of a column of which only the prices are at hand.
template <class Price>
PLIMSOLL_HD inline auto row_of_prices(RowsView const& rows, std::uint32_t row, Price price) {
  using Real = std::decay_t<decltype(price(row))>;
  return row < rows.assets ? Real(price(row)) : exposure(rows, row, price);
}

// Row `row` of a column: log_sums[factor] are the summed log-moves, price(row) reads rows of the
// same column that were priced before.
template <class Price>
PLIMSOLL_HD inline double row_value(RowsView const& rows, std::uint32_t row, double const* log_sums,
                                    Price price) {
  if (row >= rows.assets) return exposure(rows, row, price);
  std::uint32_t const factor = rows.factor[row];
  return asset_price(rows, row, factor == no_index ? 0.0 : log_sums[factor]);
}

}  // namespace plimsoll
