// A run in slices: whole accounts of a book, read, evaluated and written one slice after another,
// so that books larger than memory can be run and a run that is stopped can go on. What is finished
// is a file of its own under its final content (result_store.hpp, Shard); at the end they are
// joined. The result is that of the book in one piece, digest for digest.
// Method: docs/determinism.md, "Slices".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/book_file.hpp"
#include "host/result.hpp"
#include "host/result_store.hpp"
#include "host/run.hpp"
#include "host/run_log.hpp"

namespace plimsoll {

// Where a book is cut: the ends of its slices, the first its beginning, the last its end.
using Cuts = std::vector<BookPlace>;

// As few slices as hold about `most_pools` pools each, all of about the same size. For several
// ranks the book is first cut into as many parts of about the same work. InputError where there
// are fewer accounts than ranks.
Cuts cut_book(BookFile const& book, std::uint64_t most_pools, unsigned ranks = 1);

// The cuts at these accounts, if the book can be cut there from its beginning to its end.
std::optional<Cuts> cuts_at(BookFile const& book, std::vector<std::uint64_t> const& accounts);

// What lies between two places costs about so much to evaluate; of no unit.
std::uint64_t work_between(BookPlace const& begin, BookPlace const& end);

// [byte] what a run takes that evaluates `pools` of the book at once, from above; what grows with
// the number of scenarios is left out.
std::uint64_t bytes_of_slice(BookSize const& book, std::uint64_t pools, std::uint32_t steps,
                             std::size_t packs);

// How many pools of `book` a slice may hold so that a run under a budget of `memory` bytes (0: that
// of the machine) holds it beside what it holds anyway.
std::uint64_t pools_that_fit(BookSize const& book, std::uint64_t memory, std::uint32_t steps,
                             std::size_t packs);

// What decides the answer and where it is cut, as text: two runs agree in every slice if and only
// if their plans do.
std::string plan_of(RunConfig const& config, RunInputs const& inputs, Cuts const& cuts);

// The files of slices of a plan.
std::vector<Shard> shards_of(std::string const& plan, Cuts const& cuts);

// Some slices, one after another.
struct SliceRange {
  std::size_t first, end;
};

// Evaluates those of `slices` that are not finished yet and writes them into `workplace`. Returns
// their results together, condensed (condense.hpp), without exceedance. `inputs` has all but the
// book.
Result evaluate_slices(RunConfig const& config, RunInputs const& inputs, BookFile const& book,
                       Cuts const& cuts, std::vector<Shard> const& shards, SliceRange slices,
                       std::string const& workplace, RunLog& log);

// Writes results.h5, in which all shards are joined, into `workplace`. `whole` is what they are
// together and gets its exceedance, and what custody lacks.
void join_slices(RunConfig const& config, RunInputs const& inputs, BookFile const& book,
                 std::vector<Shard> const& shards, std::string const& workplace, Result& whole);

}  // namespace plimsoll
