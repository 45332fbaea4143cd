// The CUDA engine gives the reference's integers, however the work is cut, on whatever the runtime
// finds: a GPU, or cudasim where LD_LIBRARY_PATH leads to it. Skips aloud where there is neither,
// unless PLIMSOLL_EXPECT_CUDA says that there must be one.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "kernels/cpu/reference.hpp"
#include "kernels/cuda/engine.hpp"
#include "tests/kernels/job_builder.hpp"
#include "tests/kernels/job_list.hpp"
#include "tests/kernels/same_tally.hpp"

namespace plimsoll {
namespace {

using testing::JobBuilder;
using testing::JobConfig;
using testing::same_tally;

cpu::Reference const reference;
cuda::CudaEngine const cuda_engine;

std::string_view expected_device() {
  char const* const text = std::getenv("PLIMSOLL_EXPECT_CUDA");
  return text == nullptr ? "" : text;
}

#define SKIP_WITHOUT_DEVICE()                                               \
  if (Availability const found = cuda_engine.availability(); !found.usable) \
  GTEST_SKIP() << "no CUDA device to test on: " << found.reason

Tuning cut(std::uint32_t tile, std::uint32_t batch) {
  return {.threads = 1, .tile = tile, .batch = batch, .progress = {}};
}

std::string message_of(Job const& job) {
  try {
    static_cast<void>(cuda_engine.evaluate(job, {}));
  } catch (MachineError const& error) {
    return error.what();
  }
  return {};
}

TEST(CudaAvailability, IsWhatTheTestWasPromised) {
  Availability const found = cuda_engine.availability();
  std::string_view const expected = expected_device();
  if (expected == "simulated") {
    EXPECT_TRUE(found.usable) << found.reason;
    EXPECT_TRUE(found.simulated) << found.reason;
    EXPECT_NE(found.reason.find("compute capability"), std::string::npos) << found.reason;
  } else if (expected == "none") {
    EXPECT_FALSE(found.usable) << found.reason;
  } else {
    GTEST_SKIP() << "no device was promised; found: " << found.reason;
  }
}

TEST(CudaAvailability, AnEngineThatCannotRunSaysWhyAndWhatToDo) {
  Availability const found = cuda_engine.availability();
  if (found.usable) GTEST_SKIP() << "there is a device: " << found.reason;
  EXPECT_NE(found.reason.find("Hint: "), std::string::npos) << found.reason;
  JobBuilder const builder({.accounts = 2, .scenarios = 3});
  std::string const message = message_of(builder.job());
  EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
}

TEST(CudaEngine, GivesTheReferencesTally) {
  SKIP_WITHOUT_DEVICE();
  for (auto const& [name, config] : testing::job_list()) {
    SCOPED_TRACE(name);
    JobBuilder const builder(config);
    EXPECT_TRUE(
        same_tally(cuda_engine.evaluate(builder.job(), {}), reference.evaluate(builder.job(), {})));
  }
}

TEST(CudaEngine, DoesNotDependOnHowTheWorkIsCut) {
  SKIP_WITHOUT_DEVICE();
  for (auto const& [name, config] : testing::job_list()) {
    JobBuilder const builder(config);
    Tally const expected = reference.evaluate(builder.job(), {});
    std::uint32_t const few = config.accounts > 100 ? 301 : 9;
    for (Tuning const& tuning : {cut(33, 0), cut(64, few), cut(1000, 2 * few), cut(100, 3 * few)}) {
      SCOPED_TRACE(name + ": tile " + std::to_string(tuning.tile) + ", batch " +
                   std::to_string(tuning.batch));
      EXPECT_TRUE(same_tally(cuda_engine.evaluate(builder.job(), tuning), expected));
    }
  }
}

TEST(CudaEngine, TilesOfOneScenarioAndBatchesOfOneAccount) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder(
      {.seed = 31, .accounts = 5, .scenarios = 12, .steps = 2, .tails = Tails::all});
  Tally const expected = reference.evaluate(builder.job(), {});
  EXPECT_TRUE(same_tally(cuda_engine.evaluate(builder.job(), cut(1, 1)), expected));
  EXPECT_TRUE(same_tally(cuda_engine.evaluate(builder.job(), cut(1, 0)), expected));
  EXPECT_TRUE(same_tally(cuda_engine.evaluate(builder.job(), cut(0, 1)), expected));
}

// The shape of real work, small: many factors and rows, pools of some twenty positions. Its
// launches are those that scripts/kernel-table profiles.
TEST(CudaEngine, BookOfADesk) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 39,
                            .factors = 50,
                            .assets = 55,
                            .exposures = 150,
                            .accounts = 150,
                            .most_pools = 2,
                            .most_terms = 20,
                            .scenarios = 512,
                            .steps = 1,
                            .thin_buffer = 0.4,
                            .tails = Tails::flagged});
  EXPECT_TRUE(
      same_tally(cuda_engine.evaluate(builder.job(), {}), reference.evaluate(builder.job(), {})));
}

// Shortfalls of 10^17 ticks: sums over scenarios and over accounts no longer fit into 64 bits, and
// the low halves of sums that warps share wrap.
TEST(CudaEngine, SumsBeyond64Bits) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 32,
                            .accounts = 300,
                            .classes = 1,
                            .scenarios = 96,
                            .steps = 1,
                            .largest_accounts = 300,
                            .thin_buffer = 0.001,
                            .tails = Tails::flagged});
  Tally const expected = reference.evaluate(builder.job(), {});
  bool wide = false;
  for (PoolTally const& pool : expected.pools) wide = wide || pool.shortfall.high > 0;
  bool wide_scenario = false;
  for (TickSum const& sum : expected.scenario_shortfall) wide_scenario |= sum.high > 0;
  ASSERT_TRUE(wide);
  ASSERT_TRUE(wide_scenario);
  EXPECT_TRUE(same_tally(cuda_engine.evaluate(builder.job(), {}), expected));
  EXPECT_TRUE(same_tally(cuda_engine.evaluate(builder.job(), cut(32, 13)), expected));
}

// Jobs that 16 MiB of device memory cannot take at once: a tile asked for too large, and a large
// book. Where cudasim has no more (SIMT_MEMORY_MB), the work must have come in pieces.
TEST(CudaEngine, CutsWhatDoesNotFit) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const long_run(
      {.seed = 37, .exposures = 40, .accounts = 1, .scenarios = 40'000, .steps = 2});
  JobBuilder const large_book({.seed = 38, .accounts = 40'000, .scenarios = 8, .steps = 1});
  for (JobBuilder const* const each : {&long_run, &large_book}) {
    int pieces = 0;
    Tuning tuning = cut(40'000, 0);
    tuning.progress = [&](std::uint64_t, std::uint64_t) { ++pieces; };
    EXPECT_TRUE(
        same_tally(cuda_engine.evaluate(each->job(), tuning), reference.evaluate(each->job(), {})));
    if (std::getenv("SIMT_MEMORY_MB") != nullptr) {
      EXPECT_GT(pieces, 1);
    }
  }
}

TEST(CudaEngine, EmptyBooksAndRuns) {
  SKIP_WITHOUT_DEVICE();
  for (JobConfig const& config :
       {JobConfig{.accounts = 0, .scenarios = 20}, JobConfig{.accounts = 4, .scenarios = 0}}) {
    JobBuilder const builder(config);
    EXPECT_TRUE(
        same_tally(cuda_engine.evaluate(builder.job(), {}), reference.evaluate(builder.job(), {})));
  }
}

TEST(CudaEngine, ProgressReachesItsTotal) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 33, .accounts = 20, .scenarios = 100, .tails = Tails::all});
  std::uint64_t last_done = 0;
  std::uint64_t last_total = 0;
  bool rising = true;
  Tuning tuning = cut(32, 7);
  tuning.progress = [&](std::uint64_t done, std::uint64_t total) {
    rising = rising && done > last_done && done <= total;
    last_done = done;
    last_total = total;
  };
  static_cast<void>(cuda_engine.evaluate(builder.job(), tuning));
  EXPECT_TRUE(rising);
  EXPECT_EQ(last_done, 2 * builder.cells());
  EXPECT_EQ(last_total, last_done);
}

// An exception of the caller's leaves while copies are in flight, and the next run is right.
TEST(CudaEngine, SurvivesAnExceptionOfTheCaller) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 34, .accounts = 20, .scenarios = 200, .tails = Tails::all});
  for (int const stop_at : {1, 2, 9}) {
    Tuning tuning = cut(32, 0);
    int calls = 0;
    tuning.progress = [&](std::uint64_t, std::uint64_t) {
      if (++calls == stop_at) throw std::runtime_error("enough");
    };
    EXPECT_THROW(static_cast<void>(cuda_engine.evaluate(builder.job(), tuning)),
                 std::runtime_error);
  }
  EXPECT_TRUE(
      same_tally(cuda_engine.evaluate(builder.job(), {}), reference.evaluate(builder.job(), {})));
}

// Under faults injected by the simulation (tests/kernels/cuda_fault_sweep): each run is right or
// says what failed, where and what to do. Without faults all are right.
TEST(CudaFaults, RightOrRefused) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 35, .accounts = 6, .scenarios = 70, .tails = Tails::flagged});
  JobBuilder const given({.seed = 36, .accounts = 6, .scenarios = 70, .table = true});
  for (JobBuilder const* const each : {&builder, &given}) {
    Tally const expected = reference.evaluate(each->job(), {});
    try {
      EXPECT_TRUE(same_tally(cuda_engine.evaluate(each->job(), cut(32, 4)), expected));
    } catch (MachineError const& error) {
      std::string const message = error.what();
      EXPECT_NE(message.find(" on "), std::string::npos) << message;
      EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
      std::printf("refused: %s\n", message.c_str());
    }
  }
}

}  // namespace
}  // namespace plimsoll
