// A run that lies in a folder, with the inputs that it read: what commands look at that replay it.
// Errors: InputError where an input is no longer what the run saw, or a name is not in it.
#pragma once

#include <cstdint>
#include <string>

#include "host/result.hpp"
#include "host/run.hpp"

namespace plimsoll {

// The results file of a run's folder, or the file itself.
std::string result_file(std::string const& path);

// The pool of that name, as --pool gives it.
std::uint32_t pool_named(Book const& book, std::string const& name);

struct RecordedRun {
  Result result;
  RunConfig config;
  RunInputs inputs;

  RunShape shape() const { return shape_of(config, inputs); }
  // The number of the rule pack called `name`; empty: the first.
  std::size_t pack_named(std::string const& name) const;
};

RecordedRun read_recorded_run(std::string const& folder);

}  // namespace plimsoll
