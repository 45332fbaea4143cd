// What pages show of a result, when its accounts are too many to be held at once: parts of a book
// are evaluated one after another, each result is condensed to the accounts and pools that may
// still be shown, and the condensed ones are put together.
// Of the others only counts remain (Result::rest), so that every figure of host/result_figures.hpp
// is that of the whole; rankings are right up to `limit`.
#pragma once

#include <cstddef>

#include "host/result.hpp"

namespace plimsoll {

// As many as any page shows of one ranking.
inline constexpr std::size_t most_shown = 20;

// Drops all accounts but those that stand among the first `limit` of a ranking of accounts or of
// pools in any rule pack, with all of their pools, and adds the others to result.rest.
void condense(Result& result, std::size_t limit = most_shown);

// Adds the accounts and sums of `part` to those of `whole`, as if their accounts were of one book
// and stood behind its. Both are of one run: axes beside accounts and pools are the same.
// The exceedance curve is not touched: find_exceedance() when all are together.
void append(Result& whole, Result const& part);

// The exceedance curve of all rule packs from the totals of the scenarios.
void find_exceedance(Result& result);

}  // namespace plimsoll
