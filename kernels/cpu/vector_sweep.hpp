// One run of the vector engine: window after window of scenarios is priced by all threads, then
// batches of accounts are walked, each by one thread, under the rules of every job; then the tails.
// Method: docs/performance.md.
// Bits: integers only are added, so that neither windows, batches nor threads matter.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/cpu/pool_walk.hpp"
#include "kernels/cpu/window.hpp"
#include "kernels/cpu/worker_pool.hpp"

namespace plimsoll::cpu {

class VectorSweep {
 public:
  VectorSweep(std::span<Job const> jobs, Tuning const& tuning, VectorCode const& code);

  // Call once.
  std::vector<Tally> run();

  // [byte] beside the tallies and the tails in flight.
  static std::uint64_t host_bytes(std::span<Job const> jobs, Tuning const& tuning);

 private:
  // What is one job's own.
  struct Part {
    Part(Job const& of, Window const& priced) : job(of), window(priced, of) {}

    Job const& job;
    JobWindow window;
    std::vector<std::unique_ptr<PoolWalk>> walks;  // one a thread
    Tally tally;
  };
  // Accounts of a job that one thread walks.
  struct Batch {
    Part* part;
    std::uint32_t first, last;
  };
  // Pools of a job whose tails are wanted.
  struct Tailed {
    Part* part;
    std::vector<std::uint32_t> pools;
  };

  static std::uint32_t window_scenarios(Job const& job, Tuning const& tuning);

  void make_tally(Part& part);
  void cut_batches();
  void cut_batches(Part& part);
  void count();
  void collect_tails();
  void collect_tails(std::vector<Tailed> const& listed, std::uint64_t begin, std::uint64_t count);
  template <class Body>
  void for_windows(Body body);
  void report(unsigned thread, std::uint64_t cells);

  Job const& job_;  // the first: market, rows, shape and tails are those of all
  Tuning const& tuning_;
  BasisTable basis_;
  WorkerPool workers_;
  std::uint32_t most_scenarios_;
  Window window_;
  std::vector<Part> parts_;  // [jobs]
  std::vector<Batch> batches_;
  bool counted_ = false;  // limited draws
  std::atomic<std::uint64_t> done_{0};
  std::uint64_t total_ = 0, reported_ = 0;
};

}  // namespace plimsoll::cpu
