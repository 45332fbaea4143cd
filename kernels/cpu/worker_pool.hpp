// Threads that share a loop: jthreads started once, chunks taken from a counter. Who waits spins
// for a moment before it sleeps, because rounds follow each other within microseconds. Where there
// is a thread for every processor that the process may use, each is bound to one of its own while
// the pool lives: left to themselves two of them may take turns on one processor and leave the
// other idle.
#pragma once

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace plimsoll::cpu {

class WorkerPool {
 public:
  explicit WorkerPool(unsigned threads);  // 0: all processors
  ~WorkerPool();
  WorkerPool(WorkerPool const&) = delete;
  WorkerPool& operator=(WorkerPool const&) = delete;

  // Threads of a pool made for `threads`.
  static unsigned count(unsigned threads) {
    return threads == 0 ? std::max(1u, std::thread::hardware_concurrency()) : threads;
  }

  unsigned threads() const { return static_cast<unsigned>(workers_.size()) + 1; }

  // Calls body(thread, begin, end) for chunks of [0, count); returns when all are done. The first
  // exception of a body is thrown here, after every thread has come to rest.
  void for_chunks(std::uint64_t count, std::uint64_t chunk,
                  std::function<void(unsigned, std::uint64_t, std::uint64_t)> const& body);

 private:
  struct Round {
    std::uint64_t count, chunk;
    std::function<void(unsigned, std::uint64_t, std::uint64_t)> const* body;
  };
  void bind_to_processors();
  void work(unsigned thread, Round round);
  void serve(std::stop_token stop, unsigned thread);

  std::mutex mutex_;
  std::condition_variable_any start_, rest_;
  Round round_{};
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<unsigned> busy_{0};
  std::exception_ptr failure_;
  std::atomic<std::uint64_t> next_{0};
  cpu_set_t callers_processors_{};
  bool bound_ = false;
  std::vector<std::jthread> workers_;
};

}  // namespace plimsoll::cpu
