#include "kernels/basis.hpp"

#include <unordered_map>

namespace plimsoll {

double BasisTable::scale_of(RowsView const& rows, std::uint32_t row) const {
  if (row < rows.assets) return row_today_[row];
  std::uint32_t const underlying = rows.underlying[row];
  if (row < rows.stored) return own_scale(row_today_[row], row_today_[underlying]);
  return underlying < rows.assets ? row_today_[row] : row_scale_[underlying] * rows.ratio[row];
}

BasisTable::BasisTable(RowsView const& rows) {
  row_basis_.reserve(rows.rows);
  row_today_.reserve(rows.rows);
  std::unordered_map<std::uint64_t, std::uint32_t> known;
  row_scale_.reserve(rows.rows);
  for (std::uint32_t row = 0; row < rows.rows; ++row) {
    row_today_.push_back(value_tonight(rows, row, row_today_.data()));
    BasisRow const basis = basis_of_row(rows, row);
    row_scale_.push_back(scale_of(rows, row));
    if (never_moves(basis)) {
      row_basis_.push_back(no_index);
      continue;
    }
    std::uint64_t const key = (std::uint64_t{basis.over} << 32) | basis.under;
    auto const [place, fresh] = known.emplace(key, static_cast<std::uint32_t>(factors_.size()));
    if (fresh) factors_.push_back(basis);
    row_basis_.push_back(place->second);
  }
}

}  // namespace plimsoll
