#include "kernels/basis.hpp"

#include <unordered_map>

namespace plimsoll {

BasisTable::BasisTable(RowsView const& rows) {
  row_basis_.reserve(rows.rows);
  row_today_.reserve(rows.rows);
  std::unordered_map<std::uint64_t, std::uint32_t> known;
  for (std::uint32_t row = 0; row < rows.rows; ++row) {
    row_today_.push_back(row < rows.assets ? rows.ratio[row]
                                           : exposure(rows, row, [this](std::uint32_t price) {
                                               return row_today_[price];
                                             }));
    BasisRow const basis = basis_of_row(rows, row);
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
