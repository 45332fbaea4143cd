#include "kernels/cpu/worker_pool.hpp"

#include <immintrin.h>
#include <pthread.h>

#include <algorithm>
#include <utility>

namespace plimsoll::cpu {
namespace {

// Tens of microseconds: longer than the gap between rounds, shorter than anybody notices.
constexpr int spins = 4000;

template <class Done>
void spin_until(Done done) {
  for (int i = 0; i < spins && !done(); ++i) _mm_pause();
}

}  // namespace

WorkerPool::WorkerPool(unsigned threads) {
  unsigned const wanted = count(threads);
  workers_.reserve(wanted - 1);
  for (unsigned i = 1; i < wanted; ++i)
    workers_.emplace_back([this, i](std::stop_token stop) { serve(std::move(stop), i); });
  bind_to_processors();
}

// Only for speed, so that a system that refuses is left as it is.
void WorkerPool::bind_to_processors() {
  if (workers_.empty()) return;
  if (sched_getaffinity(0, sizeof callers_processors_, &callers_processors_) != 0) return;
  if (static_cast<unsigned>(CPU_COUNT(&callers_processors_)) != threads()) return;
  std::size_t processor = 0;
  auto const bind_next = [&](pthread_t thread) {
    while (!CPU_ISSET(processor, &callers_processors_)) ++processor;
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(processor, &own);
    ++processor;
    return pthread_setaffinity_np(thread, sizeof own, &own) == 0;
  };
  bound_ = bind_next(pthread_self());
  for (std::jthread& worker : workers_) bind_next(worker.native_handle());
}

WorkerPool::~WorkerPool() {
  for (std::jthread& worker : workers_) worker.request_stop();
  start_.notify_all();
  if (bound_)
    pthread_setaffinity_np(pthread_self(), sizeof callers_processors_, &callers_processors_);
}

void WorkerPool::for_chunks(
    std::uint64_t count, std::uint64_t chunk,
    std::function<void(unsigned, std::uint64_t, std::uint64_t)> const& body) {
  Round const round{count, std::max<std::uint64_t>(1, chunk), &body};
  {
    std::lock_guard const lock(mutex_);
    round_ = round;
    next_ = 0;
    failure_ = nullptr;
    busy_ = static_cast<unsigned>(workers_.size());
    ++generation_;
  }
  start_.notify_all();
  work(0, round);
  spin_until([this] { return busy_ == 0; });
  std::unique_lock lock(mutex_);
  rest_.wait(lock, [this] { return busy_ == 0; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void WorkerPool::work(unsigned thread, Round round) {
  try {
    for (;;) {
      std::uint64_t const begin = next_.fetch_add(round.chunk);
      if (begin >= round.count) return;
      (*round.body)(thread, begin, std::min(begin + round.chunk, round.count));
    }
  } catch (...) {
    next_ = round.count;
    std::lock_guard const lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void WorkerPool::serve(std::stop_token stop, unsigned thread) {
  std::uint64_t seen = 0;
  for (;;) {
    Round round;
    spin_until([&] { return generation_ != seen || stop.stop_requested(); });
    {
      std::unique_lock lock(mutex_);
      if (!start_.wait(lock, stop, [&] { return generation_ != seen; })) return;
      seen = generation_;
      round = round_;
    }
    work(thread, round);
    std::lock_guard const lock(mutex_);
    if (--busy_ == 0) rest_.notify_all();
  }
}

}  // namespace plimsoll::cpu
