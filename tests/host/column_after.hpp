// All rows of a column, from prices that a test gives step by step.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "host/resolve.hpp"

namespace plimsoll {

// path: of assets by name, their prices after each step; what has none stays, but for levels of
// volatility, which are `level` times tonight's. The column is the last step's.
inline std::vector<double> column_after(ResolvedBook const& resolved,
                                        std::map<std::string, std::vector<double>> const& path,
                                        Book const& book, double years_per_step = 1.0,
                                        double level = 1.0) {
  RowsView const rows = resolved.rows();
  auto const steps = static_cast<std::uint32_t>(path.begin()->second.size());
  auto const until = [&](std::uint32_t row, std::uint32_t step) {
    if (row >= book.assets.size()) return level * rows.ratio[row];
    auto const found = path.find(book.assets[row]);
    return found == path.end() ? rows.ratio[row] : found->second[std::min(step, steps) - 1];
  };
  std::vector<double> values;
  auto const at = [&](std::uint32_t row) { return values[row]; };
  for (std::uint32_t row = 0; row < rows.rows; ++row)
    values.push_back(row < rows.assets ? until(row, steps)
                     : row < rows.stored
                         ? stored_value(rows, row, steps, steps * years_per_step, at, until)
                         : exposure(rows, row, at));
  return values;
}

}  // namespace plimsoll
