// The nightly run: read, lay rules over the book, evaluate, summarise.
#pragma once

#include <string>
#include <vector>

#include "host/book.hpp"
#include "host/market.hpp"
#include "host/resolve.hpp"
#include "host/result.hpp"
#include "host/rules.hpp"
#include "host/run_config.hpp"
#include "host/stopwatch.hpp"

namespace plimsoll {

// What a run reads, with where it came from.
struct RunInputs {
  Book book;
  Market market;
  std::vector<RulePack> rules;
  MoveTable moves;  // empty: the market's model is drawn from
  std::vector<InputFile> files;
  std::string command_line;  // as typed
  std::string part;          // "part 3 of 10, " where the book is a part of the run's; for progress

  MarketView view() const;
};

// Reads and checks every input of `config`.
RunInputs read_inputs(RunConfig const& config);
// All but the book, whose file is noted all the same.
RunInputs read_inputs_beside_book(RunConfig const& config);

// Scenarios, steps and time of the run; a table of moves decides its own scenarios and steps.
RunShape shape_of(RunConfig const& config, RunInputs const& inputs);

// The configuration as the run is to record it: scenarios and steps are the table's where there is
// one, and the horizon then is a day a step unless it was given.
RunConfig settled(RunConfig config, RunInputs const& inputs);

// Of a part of a book (RunInputs::part) all but what custody lacks of the whole.
Result evaluate_run(RunConfig const& config, RunInputs const& inputs);

// The same of a book that the rules were laid over already: `books` in the order of inputs.rules,
// of this shape, with shared rows. `watch` has the stages until now.
Result evaluate_books(RunConfig const& config, RunInputs const& inputs,
                      std::vector<ResolvedBook> const& books, Stopwatch watch);

// What custody lacks, from the sums of all parts in `whole`; of the book in `inputs` no account is
// needed.
void join_segregation(RunConfig const& config, RunInputs const& inputs, Result& whole);

}  // namespace plimsoll
