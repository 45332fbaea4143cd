#include "kernels/basis.hpp"

#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace plimsoll {
namespace {

std::uint64_t key_of(BasisRow basis) {
  return (std::uint64_t{basis.over} << 32) | basis.under;
}

// Stored options that are the same contract under the same shock: all of what option_price() reads.
class KnownOptions {
 public:
  // The first row that is worth what `row` is in every column.
  std::uint32_t first_like(RowsView const& rows, std::uint32_t row) {
    RowKind const kind = rows.kind[row];
    if (kind != RowKind::european && kind != RowKind::american) return row;
    OptionRow const& o = rows.option[row - rows.assets];
    return first_
        .emplace(Key{{kind, o.side, o.in_coin, rows.underlying[row],
                      o.in_coin ? rows.settle[row] : no_index, o.level, o.strike_unit},
                     {rows.ratio[row], o.strike, o.years, o.volatility, o.rate, o.carry}},
                 row)
        .first->second;
  }

 private:
  using Key = std::pair<std::tuple<RowKind, OptionSide, bool, std::uint32_t, std::uint32_t,
                                   std::uint32_t, std::uint32_t>,
                        std::tuple<double, double, double, double, double, double>>;
  std::map<Key, std::uint32_t> first_;
};

}  // namespace

// Prices share those of factors, plain contracts those of prices or of stored rows.
std::uint64_t BasisTable::most(RowsView const& rows) {
  std::uint64_t count = rows.stored;
  std::unordered_set<std::uint64_t> pairs;
  for (std::uint32_t row = rows.stored; row < rows.rows; ++row)
    if (rows.kind[row] == RowKind::inverse) pairs.insert(key_of(basis_of_row(rows, row)));
  return count + pairs.size();
}

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
  KnownOptions options;
  for (std::uint32_t row = 0; row < rows.rows; ++row) {
    row_today_.push_back(value_tonight(rows, row, row_today_.data()));
    BasisRow basis = basis_of_row(rows, row);
    if (is_own(basis)) basis.over = options.first_like(rows, basis.over);
    row_scale_.push_back(scale_of(rows, row));
    if (never_moves(basis)) {
      row_basis_.push_back(no_index);
      continue;
    }
    auto const [place, fresh] =
        known.emplace(key_of(basis), static_cast<std::uint32_t>(factors_.size()));
    if (fresh) factors_.push_back(basis);
    row_basis_.push_back(place->second);
  }
}

}  // namespace plimsoll
