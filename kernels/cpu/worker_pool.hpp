// Threads that share a loop: jthreads started once, chunks taken from a counter. Who waits spins
// for a moment before it sleeps: rounds follow each other within microseconds, and a thread that
// slept is often woken on the processor of the thread that woke it, where the two take turns.
#pragma once

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
  void work(unsigned thread, Round round);
  void serve(std::stop_token stop, unsigned thread);

  std::mutex mutex_;
  std::condition_variable_any start_, rest_;
  Round round_{};
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<unsigned> busy_{0};
  std::exception_ptr failure_;
  std::atomic<std::uint64_t> next_{0};
  std::vector<std::jthread> workers_;
};

}  // namespace plimsoll::cpu
