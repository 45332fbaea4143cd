// Today's margin table: every pool at tonight's prices, no randomness.
#pragma once

#include <ostream>
#include <string_view>

#include "host/book.hpp"
#include "host/resolve.hpp"

namespace plimsoll {

enum class TableFormat { table, csv, json };

// Columns: account, pool, kind, equity, requirement, excess [ccy], margin_ratio, net_exposure,
// gross_exposure [ccy], leverage, breach.
void write_margin_table(std::ostream& out, Book const& book, ResolvedBook const& resolved,
                        std::string_view pack, TableFormat format);

}  // namespace plimsoll
