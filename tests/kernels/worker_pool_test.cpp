// Threads that share a loop: every index once, on known threads, with exceptions brought home.
#include "kernels/cpu/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <vector>

namespace plimsoll::cpu {
namespace {

TEST(WorkerPool, VisitsEveryIndexOnce) {
  for (unsigned const threads : {1u, 2u, 5u}) {
    WorkerPool workers(threads);
    EXPECT_EQ(workers.threads(), threads);
    for (std::uint64_t const count : {0u, 1u, 7u, 1000u})
      for (std::uint64_t const chunk : {0u, 1u, 3u, 64u, 5000u}) {
        std::vector<std::atomic<int>> visits(count);
        workers.for_chunks(count, chunk, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
          for (std::uint64_t i = begin; i < end; ++i) ++visits[i];
        });
        for (auto const& seen : visits) ASSERT_EQ(seen, 1) << count << " in chunks of " << chunk;
      }
  }
}

TEST(WorkerPool, LeavesTheCallersProcessorsAsTheyWere) {
  cpu_set_t before, after;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  {
    WorkerPool workers(0);
    workers.for_chunks(100, 1, [](unsigned, std::uint64_t, std::uint64_t) {});
  }
  ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST(WorkerPool, ZeroMeansAllProcessors) {
  EXPECT_GE(WorkerPool(0).threads(), 1u);
}

// Private scratch by thread number needs no lock: two chunks never run under one number at once.
TEST(WorkerPool, ThreadNumbersAreDistinctAndInRange) {
  WorkerPool workers(4);
  std::vector<std::atomic<int>> inside(workers.threads());
  std::atomic<bool> shared{false};
  std::atomic<unsigned> highest{0};
  for (int round = 0; round < 50; ++round)
    workers.for_chunks(200, 1, [&](unsigned thread, std::uint64_t, std::uint64_t) {
      if (thread >= inside.size()) {
        highest = thread;
        return;
      }
      if (++inside[thread] != 1) shared = true;
      --inside[thread];
    });
  EXPECT_EQ(highest, 0u);
  EXPECT_FALSE(shared);
}

TEST(WorkerPool, BringsAnExceptionHomeAndGoesOn) {
  WorkerPool workers(3);
  for (int round = 0; round < 20; ++round) {
    EXPECT_THROW(workers.for_chunks(100, 1,
                                    [](unsigned, std::uint64_t begin, std::uint64_t) {
                                      if (begin == 37) throw std::runtime_error("37");
                                    }),
                 std::runtime_error);
    std::atomic<std::uint64_t> sum{0};
    workers.for_chunks(100, 9, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t i = begin; i < end; ++i) sum += i;
    });
    EXPECT_EQ(sum, 4950u);
  }
}

// What a body wrote is seen by the caller, without atomics of its own.
TEST(WorkerPool, ReturnsAfterTheLastWrite) {
  WorkerPool workers(4);
  std::vector<std::uint64_t> written(10'000);
  for (std::uint64_t round = 1; round <= 20; ++round) {
    workers.for_chunks(written.size(), 16, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t i = begin; i < end; ++i) written[i] = round * i;
    });
    for (std::uint64_t i = 0; i < written.size(); ++i) ASSERT_EQ(written[i], round * i);
  }
}

}  // namespace
}  // namespace plimsoll::cpu
