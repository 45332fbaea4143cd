// Rows as moves: every row is what it is tonight times one plus the move of a basis row,
//   X = X_0 (1 + rho_b),   rho_b = E_over / E_under - 1,   E_f = exp(sum of factor f's log-moves),
// so that spot, linear and inverse positions on one factor share one weight. What moves a pool is
// then a sum of (weight x rho), however many instruments it holds. A row that is no price, nor a
// plain contract on one, is a basis row of its own: X = X_0 + C rho with a scale C > X_0, since an
// option may be worth next to nothing tonight.
// Units: X_0 and C in the reporting currency per unit of the row; rho is a fraction.
// Method: docs/models.md, "Basis".
// Trusts: as models/rows.hpp: prices tonight are positive.
// Bits: decides nothing; rho is rounded to float with the relative error of one rounding, and the
//   bounds of models/minorant.hpp allow for it.
#pragma once

#include <cstdint>

#include "models/elementary.hpp"
#include "models/number.hpp"
#include "models/rows.hpp"

namespace plimsoll {

// The factors of one basis row; no_index stands for a factor that never moves. Or a stored row,
// `over`, that is a basis row of its own: under = of_row.
struct BasisRow {
  std::uint32_t over;
  std::uint32_t under;
};
inline constexpr std::uint32_t of_row = no_index - 1;

PLIMSOLL_HD inline bool is_own(BasisRow row) {
  return row.under == of_row;
}

// True where neither factor exists.
PLIMSOLL_HD inline bool never_moves(BasisRow row) {
  return row.over == no_index && row.under == no_index;
}

// A factor over itself stays where it is, as long as it is a number: the row is kept for the
// columns where it is none, and its weight is of no account.
PLIMSOLL_HD inline bool moves(BasisRow row) {
  return row.over != row.under;
}

struct BasisView {
  std::uint32_t count;             // basis rows
  BasisRow const* factors;         // [count]
  std::uint32_t const* row_basis;  // [rows] no_index: the row never moves
  double const* row_today;         // [rows] [ccy] X_0
  double const* row_scale;         // [rows] [ccy] C; X_0 where rho is a fraction of that
};

// The factor of a price row, or no_index.
PLIMSOLL_HD inline std::uint32_t factor_of_price(RowsView const& rows, std::uint32_t row) {
  return rows.kind[row] == RowKind::constant ? no_index : rows.factor[row];
}

// What moves row `row`.
PLIMSOLL_HD inline BasisRow basis_of_row(RowsView const& rows, std::uint32_t row) {
  if (row < rows.assets) return {factor_of_price(rows, row), no_index};
  if (row < rows.stored) return {row, of_row};
  if (rows.underlying[row] >= rows.assets) return {rows.underlying[row], of_row};
  std::uint32_t const underlying = factor_of_price(rows, rows.underlying[row]);
  if (rows.kind[row] != RowKind::inverse) return {underlying, no_index};
  return {factor_of_price(rows, rows.settle[row]), underlying};
}

// The move of a basis row; growth(f) is E_f of the column.
template <class Growth>
PLIMSOLL_HD inline double basis_move(BasisRow row, Growth growth) {
  double const over = row.over == no_index ? 1.0 : growth(row.over);
  return (row.under == no_index ? over : over / growth(row.under)) - 1.0;
}

// The same of a row that is a basis row of its own, from its value in the column.
PLIMSOLL_HD inline double own_move(double value, double today, double scale) {
  return (value - today) / scale;
}

// The scale of a row that is its own basis row, from its value and that of what it hangs on
// tonight: so large that no value at or above zero is a move of -1.
PLIMSOLL_HD inline double own_scale(double today, double underlying_today) {
  return 2.0 * (today + underlying_today);
}

// Where a basis row can be over the columns in question, wider than what float holds of it.
struct MoveRange {
  double low, high;
};

PLIMSOLL_HD inline MoveRange move_range(float least, float most) {
  double const low = static_cast<double>(least);
  double const high = static_cast<double>(most);
  return {low - 0x1p-22 * magnitude(low) - 0x1p-48, high + 0x1p-22 * magnitude(high) + 0x1p-48};
}

// False for what is no number, and where a row could reach zero or leave the numbers.
PLIMSOLL_HD inline bool is_sound(MoveRange range) {
  return range.low > -1.0 && range.low <= range.high && range.high < 0x1p60;
}

}  // namespace plimsoll
