// Today's margin table: every pool at tonight's prices, no randomness.
#pragma once

#include <optional>
#include <ostream>
#include <string_view>
#include <vector>

#include "host/book.hpp"
#include "host/resolve.hpp"
#include "host/segregation.hpp"

namespace plimsoll {

enum class TableFormat { table, csv, json };

// Every pool at one threshold, or at all of them side by side.
using ResolvedBooks = std::vector<ResolvedBook>;  // one for each threshold that is shown

// One table per rule pack for people; one CSV table, or one JSON document, of all packs.
// Columns at one threshold: rules, account, pool, kind, equity, requirement, excess [ccy],
// margin_ratio, net_exposure, gross_exposure [ccy], leverage, breach, class; at several: equity,
// requirement and excess of each, with its name before them, breach by maintenance, and class.
// Where the book has custody, the table and the document end with what each class owes and holds
// tonight, which hangs on no rule.
class MarginTables {
 public:
  // Begins to write; `out` and `book` outlive the object.
  MarginTables(std::ostream& out, Book const& book, TableFormat format,
               std::vector<Threshold> shown = {Threshold::maintenance});
  // `books` in the order of the thresholds shown.
  void add(ResolvedBooks const& books, std::string_view pack);
  void finish();

 private:
  std::ostream& out_;
  Book const& book_;
  TableFormat format_;
  std::vector<Threshold> shown_;
  bool any_ = false;
  std::optional<ClassAccounts> classes_;  // where the book has custody
};

}  // namespace plimsoll
