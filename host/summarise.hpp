// From integers to the figures of the result: probabilities with intervals, tails, exceedance.
#pragma once

#include "host/book.hpp"
#include "host/drivers.hpp"
#include "host/resolve.hpp"
#include "host/result.hpp"
#include "kernels/tally.hpp"

namespace plimsoll {

// Fills the axes that do not depend on a rule pack.
void describe_book(Book const& book, Result& result);

// Appends the figures of one rule pack.
void append_pack(ResolvedBook const& resolved, RunShape const& shape, Tally const& tally,
                 Drivers const& drivers, Result& result);

// Appends the exceedance curve of one rule pack, whose scenarios have these totals.
void append_exceedance(std::vector<TickSum> totals, Result::Firm& firm);

}  // namespace plimsoll
