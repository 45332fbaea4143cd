// The processes ("ranks") that make one run together: those that mpirun or srun started, or this
// one alone. What travels between them are texts and integers.
// Errors: InputError where a program built without MPI is started as several ranks, SystemError
//   where MPI itself fails. A rank that cannot go on ends all of them: end_ranks().
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/error.hpp"
#include "models/ticks.hpp"

namespace plimsoll {

class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual unsigned rank() const { return 0; }
  virtual unsigned size() const { return 1; }
  // Among the ranks on the same machine.
  virtual unsigned local_rank() const { return 0; }
  virtual unsigned local_size() const { return 1; }
  bool several() const { return size() > 1; }
  bool first() const { return rank() == 0; }

  // All ranks call the following together.

  // What rank 0 says.
  virtual std::string broadcast(std::string text) { return text; }
  // [rank] what each says, on rank 0; nothing on the others.
  virtual std::vector<std::string> gather(std::string const& text) { return {text}; }
  // Sums over the ranks, element by element, on rank 0; of no meaning on the others. All have the
  // same length.
  virtual void sum(std::vector<TickSum>& values) { static_cast<void>(values); }
  virtual void sum(std::vector<std::uint32_t>& values) { static_cast<void>(values); }
};

// Starts MPI when it is first asked for, where this process is one of several.
Ranks& all_ranks();

// "rank 2 of 4 on node7: ", or nothing for a process alone.
std::string rank_in_words();

// To be called when the program ends, with its exit code: where it is not success, the other ranks
// end too, unless all of them have agreed to that.
int end_ranks(int code);

// Thrown on all ranks alike where some of them cannot go on; rank 0 tells it.
class EndOfRanks : public std::runtime_error {
 public:
  EndOfRanks(std::string const& what, ExitCode ended) : std::runtime_error(what), code(ended) {}
  ExitCode code;
};

// Does `act` on every rank of several. Where it throws an InputError, SystemError or MachineError
// on some, all of them throw EndOfRanks, which says on which ranks what was wrong.
void on_all(Ranks& ranks, std::function<void()> const& act);

// Whether all ranks have thrown EndOfRanks: they end by themselves with the same code.
bool ended_together();

// Whether this build can be more than one process.
bool with_mpi();

}  // namespace plimsoll
