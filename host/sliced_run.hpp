// A run in slices: whole accounts of a book, read, evaluated and written one slice after another,
// so that books larger than memory can be run and a run that is stopped can go on. What is finished
// is a file of its own under its final content (result_store.hpp, Shard); at the end they are
// joined. The result is that of the book in one piece, digest for digest.
// Method: docs/determinism.md, "Slices".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/book_file.hpp"
#include "host/result.hpp"
#include "host/run.hpp"
#include "host/run_folder.hpp"
#include "host/run_log.hpp"

namespace plimsoll {

// Where a book is cut: the ends of its slices, the first its beginning, the last its end.
using Cuts = std::vector<BookPlace>;

// As few slices as hold about `most_pools` pools each, all of about the same size.
Cuts cut_book(BookFile const& book, std::uint64_t most_pools);

// [byte] what a run takes that evaluates `pools` of the book at once, from above; what grows with the
// number of scenarios is left out.
std::uint64_t bytes_of_slice(BookSize const& book, std::uint64_t pools, std::uint32_t steps,
                             std::size_t packs);

// How many pools of `book` a slice may hold so that a run under a budget of `memory` bytes (0: that
// of the machine) holds it beside what it holds anyway.
std::uint64_t pools_that_fit(BookSize const& book, std::uint64_t memory, std::uint32_t steps,
                             std::size_t packs);

// What decides the answer and where it is cut, as text: two runs agree in every slice if and only
// if their plans do.
std::string plan_of(RunConfig const& config, RunInputs const& inputs, Cuts const& cuts);

// Evaluates what is not finished yet; writes results.h5 into `folder`, which knows the plan.
// Returns the result, condensed (condense.hpp). `inputs` has all but the book.
Result run_in_slices(RunConfig const& config, RunInputs const& inputs, BookFile const& book,
                     Cuts const& cuts, RunFolder& folder, RunLog& log);

}  // namespace plimsoll
