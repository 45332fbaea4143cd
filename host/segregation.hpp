// What is held for each segregation class against what the class owes its clients.
// Method: docs/models.md, "What a class owes": the net value of the class plus the deficits of its
//   pools, which are found among the pools that breach somewhere in the run.
// Units: reporting currency, ticks where named so.
// Trusts: a checked book; `resolved` was made from it.
// Bits: what a class holds of each asset and contract is summed exactly (exact_sum.hpp) and rounded
//   once, deficits are ticks: parts of a book add up to the whole, and threads and engines do not
//   matter.
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

// ---- The same of a book in parts: each is summed, sums are added, and lack is found of them.

// Of a part: result.segregation as it is tonight, and result.class_sums of the columns.
void sum_classes(Book const& part, ResolvedBook const& resolved, MarketView const& market,
                 RunShape const& shape, Tally const& tally, unsigned threads, Result& result);

// Adds those of a part of the same run.
void add_class_sums(Result::ClassSums const& part, Result::ClassSums& whole);

// Fills what hangs on columns in result.segregation from result.class_sums of all parts; `axes` is
// the book, its accounts do not matter.
void find_lack(Book const& axes, ResolvedBook const& resolved, MarketView const& market,
               RunShape const& shape, unsigned threads, Result& result);

}  // namespace plimsoll
