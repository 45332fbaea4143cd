// A run in slices on several ranks: each evaluates slices that follow one another, about the same
// work each, and writes their files itself; what they find together is added up on rank 0, which
// joins the files. Only sums per scenario, the accounts that pages show and texts travel.
// Method: docs/cluster.md.
#pragma once

#include <string>
#include <vector>

#include "host/ranks.hpp"
#include "host/sliced_run.hpp"

namespace plimsoll {

// [rank] the slices of each rank, so that the work of those that are not finished is about the
// same everywhere. finished: [slice].
std::vector<SliceRange> share_slices(Cuts const& cuts, std::vector<bool> const& finished,
                                     unsigned ranks);

// What all ranks found, on rank 0; on the others nothing that can be used. mine: of this rank,
// without anything where it had no slice. `classes`: segregation classes of the book.
Result add_up(Ranks& ranks, Result mine, std::size_t packs, std::uint64_t scenarios,
              std::size_t classes, RunLog& log);

}  // namespace plimsoll
