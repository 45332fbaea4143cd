// Today's margin table: every pool at tonight's prices, no randomness.
#pragma once

#include <ostream>
#include <string_view>

#include "host/book.hpp"
#include "host/resolve.hpp"

namespace plimsoll {

enum class TableFormat { table, csv, json };

// One table per rule pack for people; one CSV table, or one JSON document, of all packs.
// Columns: rules, account, pool, kind, equity, requirement, excess [ccy], margin_ratio,
// net_exposure, gross_exposure [ccy], leverage, breach.
class MarginTables {
 public:
  // Begins to write; `out` and `book` outlive the object.
  MarginTables(std::ostream& out, Book const& book, TableFormat format);
  void add(ResolvedBook const& resolved, std::string_view pack);
  void finish();

 private:
  std::ostream& out_;
  Book const& book_;
  TableFormat format_;
  bool any_ = false;
};

}  // namespace plimsoll
