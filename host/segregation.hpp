// What is held for each segregation class against what the class owes its clients.
// Method: docs/models.md, "What a class owes": the net value of the class plus the deficits of its
//   pools, which are found among the pools that breach somewhere in the run.
// Units: reporting currency, ticks where named so.
// Trusts: a checked book; `resolved` was made from it.
// Bits: columns are summed in an order of their own, so that threads and engines do not matter.
#pragma once

#include <cstdint>
#include <vector>

#include "host/book.hpp"
#include "host/resolve.hpp"
#include "host/result.hpp"
#include "kernels/tally.hpp"

namespace plimsoll {

// [class] 1: the book gives custody for it.
std::vector<std::uint8_t> custody_given(Book const& book);

// Tonight's account of each class. [class]
struct ClassAccounts {
  std::vector<TickSum> owed;
  std::vector<double> held;  // [ccy] 0 where no custody is given
};
ClassAccounts class_accounts_today(Book const& book, ResolvedBook const& resolved);

// Fills result.segregation from the first rule pack of a run; threads 0: all processors.
void check_segregation(Book const& book, ResolvedBook const& resolved, MarketView const& market,
                       RunShape const& shape, Tally const& tally, unsigned threads, Result& result);

}  // namespace plimsoll
