// What a pool would be worth to its owner if everything were closed at the column's prices: no
// haircut, no gain weight, no requirement.
// Units: reporting currency.
// Method: docs/models.md, "What a class owes".
// Trusts: as models/evaluate.hpp. `book` holds weights as held, not what rules count of them.
// Bits: sums in list order from zero, without fma.
#pragma once

#include "models/book.hpp"
#include "models/platform.hpp"

namespace plimsoll {

// Calls add(row, units) for each part of the pool's net value, which is the sum of units x row.
template <class Add>
PLIMSOLL_HD inline void for_net_parts(BookView const& book, std::uint32_t pool, Add add) {
  for (std::uint32_t g = book.group_begin[pool]; g < book.group_begin[pool + 1]; ++g) {
    add(book.group_asset[g], book.group_balance[g]);
    add(book.group_asset[g], book.group_settled[g]);
    for (std::uint64_t t = book.term_begin[g]; t < book.term_begin[g + 1]; ++t)
      add(book.term_row[t], book.term_weight[t]);
  }
}

// row(r) reads row r in the column.
template <class Row>
PLIMSOLL_HD inline double net_value(BookView const& book, std::uint32_t pool, Row row) {
  double value = 0.0;
  for_net_parts(book, pool, [&](std::uint32_t r, double units) { value = value + units * row(r); });
  return value;
}

}  // namespace plimsoll
