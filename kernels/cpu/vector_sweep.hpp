// One run of the vector engine: window after window of scenarios is priced by all threads, then
// batches of accounts are walked, each by one thread; then the tails.
// Method: docs/performance.md.
// Bits: integers only are added, so that neither windows, batches nor threads matter.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cpu/pool_walk.hpp"
#include "kernels/cpu/window.hpp"
#include "kernels/cpu/worker_pool.hpp"

namespace plimsoll::cpu {

class VectorSweep {
 public:
  VectorSweep(Job const& job, Tuning const& tuning, VectorCode const& code);

  // Call once.
  Tally run();

  // [byte] beside the tally and the tails in flight.
  static std::uint64_t host_bytes(Job const& job, Tuning const& tuning);

 private:
  static std::uint32_t window_scenarios(Job const& job, Tuning const& tuning);

  void cut_batches();
  void count();
  void collect_tails();
  void collect_tails(std::uint32_t const* pools, std::uint64_t count);
  template <class Body>
  void for_windows(Body body);
  void report(unsigned thread, std::uint64_t cells);

  Job const& job_;
  Tuning const& tuning_;
  BasisTable basis_;
  WorkerPool workers_;
  std::uint32_t most_scenarios_;
  Window window_;
  std::vector<std::unique_ptr<PoolWalk>> walks_;  // one a thread
  std::vector<std::uint32_t> batch_begin_;        // accounts; the last entry ends the last batch
  Tally tally_;
  bool counted_ = false;  // limited draws
  std::atomic<std::uint64_t> done_{0};
  std::uint64_t total_ = 0, reported_ = 0;
};

}  // namespace plimsoll::cpu
