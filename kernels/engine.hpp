// The machines: one interface, a list, and the promise that all of them give the same integers.
// Errors: engines throw MachineError for trouble with a device, naming call, device and remedy;
//   input was checked before it came here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/tally.hpp"
#include "models/book.hpp"
#include "models/market.hpp"
#include "models/rows.hpp"

namespace plimsoll {

// Everything that decides the answer.
struct Job {
  MarketView market;
  RowsView rows;
  RulesView rules;
  BookView book;
  PoolToday const* today;  // [pools]
  RunShape shape;
  Tails tails;
};

// What may change the time, and never the answer.
struct Tuning {
  unsigned threads = 0;           // 0: all processors
  std::uint32_t tile = 0;         // scenarios priced together; 0: the engine's choice
  std::uint32_t batch = 0;        // accounts in flight; 0: the engine's choice
  std::uint64_t tail_memory = 0;  // [byte] for tails in flight, one pool at least; 0: the engine's
                                  // choice
  bool prune = true;        // false: no tile is passed over, every cell goes through the filter
  bool check_work = false;  // decide also what was pruned or filtered out, and throw
                            // std::logic_error where that would have lost something
  // Called now and then from one thread with cells done so far and the cells known to come.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

struct Availability {
  bool usable = false;
  bool simulated = false;  // executes on something that imitates the device: never chosen by itself
  std::string reason;      // the device found, or why the engine is not usable
};

class MachineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view description() const = 0;
  virtual Availability availability() const = 0;
  // [jobs] what each job gives; the columns are drawn and priced once for all of them. Jobs share
  // market, rows, shape and tails; each has rules, a book and its pools tonight of its own.
  virtual std::vector<Tally> evaluate(std::span<Job const> jobs, Tuning const& tuning) const = 0;
  // [byte] of the host's memory that evaluate() takes beside the tallies and the tails in flight.
  virtual std::uint64_t host_bytes(std::span<Job const> jobs, Tuning const& tuning) const = 0;

  // Of several processes on this machine each takes a device of its own, as far as there are
  // enough: before anything else, on the thread that evaluates.
  virtual void use_device(unsigned number) const { static_cast<void>(number); }

  // The same of one job.
  Tally evaluate(Job const& job, Tuning const& tuning) const {
    return std::move(evaluate(std::span(&job, 1), tuning).front());
  }
  std::uint64_t host_bytes(Job const& job, Tuning const& tuning) const {
    return host_bytes(std::span(&job, 1), tuning);
  }
};

// All engines of this build, slowest first; those that cannot run here say why.
std::span<Engine const* const> engines();

// The engine of that name, or null.
Engine const* engine_named(std::string_view name);

// The fastest usable engine that is no simulation.
Engine const& preferred_engine();

}  // namespace plimsoll
