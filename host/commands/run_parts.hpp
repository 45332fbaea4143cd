// What runs of one process and of several have in common.
#pragma once

#include <functional>

#include "host/book_file.hpp"
#include "host/ranks.hpp"
#include "host/run.hpp"
#include "host/run_folder.hpp"
#include "host/run_log.hpp"
#include "host/sliced_run.hpp"
#include "host/stopwatch.hpp"

namespace plimsoll {

// What a person asked to read.
struct RunOutput {
  bool json = false;  // the summary
  LogFormat log = LogFormat::text;
};

// How many pools are evaluated together, as asked for or as fit the memory.
std::uint64_t slice_of(RunConfig const& config, RunInputs const& inputs);

// Where to cut the book: where a stopped run in `folder` that is to go on did, else into slices of
// at most `slice` pools.
Cuts cuts_of(BookFile const& book, RunFolder const& folder, std::uint64_t slice,
             unsigned ranks = 1);

// Writes everything, results.h5 by `write_results` once `result` says all that it is to say, puts
// the run under its name and prints the summary. Returns the exit code.
int finish_run(RunConfig const& config, Result& result, Stopwatch const& watch, RunFolder& folder,
               RunLog& log, RunOutput output, std::function<void()> const& write_results);

// A run of several ranks, called on all of them.
int run_on_ranks(RunConfig const& asked, RunOutput output, Ranks& ranks);

}  // namespace plimsoll
