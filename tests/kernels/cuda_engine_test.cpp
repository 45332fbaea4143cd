// The CUDA engine gives the reference's integers, however the work is cut, on whatever the runtime
// finds: a GPU, or cudasim where LD_LIBRARY_PATH leads to it. Skips aloud where there is neither,
// unless PLIMSOLL_EXPECT_CUDA says that there must be one.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/basis.hpp"
#include "kernels/cpu/reference.hpp"
#include "kernels/cuda/engine.hpp"
#include "tests/kernels/job_builder.hpp"
#include "tests/kernels/job_copy.hpp"
#include "tests/kernels/job_list.hpp"
#include "tests/kernels/same_tally.hpp"

namespace plimsoll {
namespace {

using testing::JobBuilder;
using testing::JobConfig;
using testing::JobCopy;
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

// The shape of real work, small: many factors and rows, pools of some twenty positions, two sheets
// of columns. The launches of both tests are those that scripts/kernel-table profiles, and the work
// that they report is what it scales.
JobConfig desk(Tails tails) {
  return {.seed = 39,
          .factors = 50,
          .assets = 55,
          .exposures = 150,
          .accounts = 400,
          .most_pools = 2,
          .most_terms = 20,
          .scenarios = 1'200,
          .steps = 1,
          .thin_buffer = 0.4,
          .tails = tails};
}

TEST(CudaEngine, BookOfADesk) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder(desk(Tails::none));
  Job const job = builder.job();
  Tally const found = cuda_engine.evaluate(job, {});
  EXPECT_TRUE(same_tally(found, reference.evaluate(job, {})));
  std::uint64_t breaches = 0;
  for (PoolTally const& pool : found.pools) breaches += pool.breaches;
  auto const count = [](char const* name, std::uint64_t value) {
    std::printf(" %s %llu", name, static_cast<unsigned long long>(value));
  };
  std::printf("work:");
  count("pools", job.book.pools);
  count("positions", job.book.term_begin[job.book.group_begin[job.book.pools]]);
  count("columns", job.shape.scenarios);
  count("filtered", found.work.filtered);
  count("decided", found.work.decided);
  count("breaches", breaches);
  std::printf("\n");
}

TEST(CudaEngine, TailsOfADesk) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder(desk(Tails::flagged));
  Job const job = builder.job();
  Tally const found = cuda_engine.evaluate(job, {});
  EXPECT_TRUE(same_tally(found, reference.evaluate(job, {})));
  std::printf("work with tails: covered %llu filtered %llu decided %llu\n",
              static_cast<unsigned long long>(found.work.covered),
              static_cast<unsigned long long>(found.work.filtered),
              static_cast<unsigned long long>(found.work.decided));
}

// The same desk in options, on assets and on prices that stop; profiled for what prices them.
TEST(CudaEngine, OptionsOfADesk) {
  SKIP_WITHOUT_DEVICE();
  JobConfig config = desk(Tails::none);
  config.derived = 60;
  JobBuilder const builder(config);
  Tally const found = cuda_engine.evaluate(builder.job(), {});
  EXPECT_TRUE(same_tally(found, reference.evaluate(builder.job(), {})));
  std::printf("work with options: rows %u\n", config.derived);
}

// The same desk, most pools under scans; profiled for what lines of scans take.
JobConfig scanned_desk(Tails tails) {
  JobConfig config = desk(tails);
  config.derived = 12;
  config.most_scans = 3;
  config.shocked = true;
  return config;
}

std::uint32_t scanned_pools(BookView const& book) {
  std::uint32_t count = 0;
  for (std::uint32_t pool = 0; pool < book.pools; ++pool) count += has_scans(book.scans, pool);
  return count;
}

TEST(CudaEngine, ScansOfADesk) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder(scanned_desk(Tails::none));
  Tally const found = cuda_engine.evaluate(builder.job(), {});
  EXPECT_TRUE(same_tally(found, reference.evaluate(builder.job(), {})));
  EXPECT_EQ(found.work.filtered, builder.cells());
  std::printf("work with scans: pools %u\n", scanned_pools(builder.job().book));
}

TEST(CudaEngine, ScansAndTailsOfADesk) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder(scanned_desk(Tails::flagged));
  EXPECT_TRUE(
      same_tally(cuda_engine.evaluate(builder.job(), {}), reference.evaluate(builder.job(), {})));
}

// What share of the scanned pools' cells is decided. A book in which nothing is known of scanned
// pools decides all of those, and as many of the others.
TEST(CudaEngine, LittleOfACalmScannedDeskIsDecided) {
  SKIP_WITHOUT_DEVICE();
  JobConfig config = scanned_desk(Tails::none);
  config.thin_buffer = 6.0;
  JobBuilder const builder(config);
  Job job = builder.job();
  Tally const found = cuda_engine.evaluate(job, {});
  EXPECT_TRUE(same_tally(found, reference.evaluate(job, {})));
  std::uint64_t const cells = scanned_pools(job.book) * job.shape.scenarios;
  std::uint64_t breaches = 0;
  for (std::uint32_t pool = 0; pool < job.book.pools; ++pool)
    if (has_scans(job.book.scans, pool)) breaches += found.pools[pool].breaches;
  ScanView& scans = job.book.scans;
  std::vector<double> unknown(scans.part, scans.part + scans.point_begin[scans.grids]);
  for (double& part : unknown) part = -part;
  scans.part = unknown.data();
  Tally const all = cuda_engine.evaluate(job, {});
  std::uint64_t const decided = found.work.decided + cells - all.work.decided;
  std::printf("scanned pools: cells %llu decided %llu in breach %llu\n",
              static_cast<unsigned long long>(cells), static_cast<unsigned long long>(decided),
              static_cast<unsigned long long>(breaches));
  EXPECT_LT(decided, cells / 4);
  EXPECT_LT(decided, 2 * breaches);
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

// Everything at random: the job, the cut, whether tiles are passed over. What was passed over or
// filtered out is decided as well, and nothing of it may be in breach.
TEST(CudaEngine, NothingIsLostHoweverTheWorkIsCut) {
  SKIP_WITHOUT_DEVICE();
  std::mt19937_64 random(41);
  auto const below = [&random](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  for (std::uint32_t i = 0; i < 40; ++i) {
    JobConfig config = {.seed = 100 + i,
                        .factors = below(8),
                        .assets = 1 + below(9),
                        .derived = below(3) == 0 ? below(25) : 0,
                        .exposures = below(30),
                        .accounts = 1 + below(60),
                        .most_pools = 1 + below(5),
                        .most_terms = 1 + below(9),
                        .classes = 1 + below(3),
                        .scenarios = 1 + below(300),
                        .steps = 1 + below(3),
                        .gain_weight = below(2) == 0 ? 1.0 : 0.25 * below(4),
                        .own_curves = below(3) == 0,
                        .most_charges = below(3) == 0 ? 3u : 0u,
                        .table = below(4) == 0,
                        .extreme_pool = below(4) == 0,
                        .largest_accounts = below(4) == 0 ? 2u : 0u,
                        .thin_buffer = below(3) == 0 ? 0.01 : 0.3,
                        .tails = std::array{Tails::none, Tails::flagged, Tails::all}[below(3)]};
    if (config.derived > 5) config.most_scans = below(4);
    config.shocked = config.most_scans > 0 && config.exposures > 0 && below(2) == 0;
    config.states = below(3) == 0 ? 1 + below(7) : 0;
    JobBuilder const builder(config);
    std::uint32_t const tiles[] = {0, 100, 57, 32, 7};
    Tuning tuning =
        cut(tiles[below(config.scenarios < 100 ? 5 : 3)], below(2) == 0 ? 0 : 10 + below(40));
    tuning.prune = below(3) != 0;
    tuning.check_work = true;
    SCOPED_TRACE("job " + std::to_string(i) + ": tile " + std::to_string(tuning.tile) + ", batch " +
                 std::to_string(tuning.batch));
    EXPECT_TRUE(same_tally(cuda_engine.evaluate(builder.job(), tuning),
                           reference.evaluate(builder.job(), {})));
  }
}

// A move that is no number, or no finite one, makes cells undefined and hides no others.
TEST(CudaEngine, MovesThatAreNoNumbers) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder(
      {.seed = 42, .derived = 10, .accounts = 30, .scenarios = 150, .table = true});
  Job job = builder.job();
  std::uint64_t const moves = job.shape.scenarios * job.shape.steps * job.market.factors;
  std::vector<double> table(job.market.table, job.market.table + moves);
  job.market.table = table.data();
  double const odd[] = {std::numeric_limits<double>::quiet_NaN(),
                        std::numeric_limits<double>::infinity(),
                        -std::numeric_limits<double>::infinity(), 800.0, -800.0};
  std::uint64_t at = 17;
  for (double const move : odd) {
    table[at] = move;
    at += 211;
    Tally const expected = reference.evaluate(job, {});
    EXPECT_GT(expected.undefined_cells, 0u);
    for (bool const prune : {true, false}) {
      Tuning tuning = cut(100, 0);
      tuning.prune = prune;
      tuning.check_work = true;
      EXPECT_TRUE(same_tally(cuda_engine.evaluate(job, tuning), expected));
    }
  }
}

// The same where nearly every tile is passed over: what is no number must not be lost in a bound.
TEST(CudaEngine, MovesThatAreNoNumbersInACalmBook) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 46,
                            .accounts = 60,
                            .scenarios = 1'500,
                            .steps = 1,
                            .table = true,
                            .thin_buffer = 3.0});
  JobCopy copy(builder.job());
  for (double& move : copy.table) move *= 0.02;
  for (std::size_t at = 17; at < copy.table.size(); at += 701) copy.table[at] = not_a_number;
  Tally const expected = reference.evaluate(copy.job(), {});
  EXPECT_GT(expected.undefined_cells, 0u);
  EXPECT_TRUE(same_tally(cuda_engine.evaluate(copy.job(), cut(0, 0)), expected));
}

// More basis rows than a block's shared memory holds: for bounds, which take two of each; for the
// filter as well; and more than 16 bits can number.
TEST(CudaEngine, MoreBasisRowsThanSharedMemoryHolds) {
  SKIP_WITHOUT_DEVICE();
  struct Rows {
    std::uint32_t factors, assets, exposures, accounts;
  };
  for (Rows const& rows :
       {Rows{100, 100, 3'600, 20}, Rows{100, 100, 9'000, 20}, Rows{600, 700, 600'000, 4}}) {
    // Rows stay on the device for the whole run: 16 MiB do not hold the last job's.
    if (rows.exposures > 100'000 && std::getenv("SIMT_MEMORY_MB") != nullptr) continue;
    SCOPED_TRACE(rows.exposures);
    JobBuilder const builder({.seed = 43,
                              .factors = rows.factors,
                              .assets = rows.assets,
                              .exposures = rows.exposures,
                              .accounts = rows.accounts,
                              .scenarios = 80,
                              .steps = 1});
    Tuning tuning = cut(0, 0);
    tuning.check_work = true;
    EXPECT_TRUE(same_tally(cuda_engine.evaluate(builder.job(), tuning),
                           reference.evaluate(builder.job(), {})));
  }
}

// Long lists of positions, on few basis rows and on more than a line may have.
TEST(CudaEngine, PoolsOfManyPositions) {
  SKIP_WITHOUT_DEVICE();
  for (std::uint32_t const assets : {4u, 60u}) {
    SCOPED_TRACE(assets);
    JobBuilder const builder({.seed = 44,
                              .factors = assets,
                              .assets = assets,
                              .exposures = 3'000,
                              .accounts = 3,
                              .most_pools = 2,
                              .most_terms = 3'000,
                              .scenarios = 70,
                              .steps = 1});
    Tuning tuning = cut(0, 0);
    tuning.check_work = true;
    EXPECT_TRUE(same_tally(cuda_engine.evaluate(builder.job(), tuning),
                           reference.evaluate(builder.job(), {})));
  }
}

// Moves the first balance of every pool until nothing is left tonight.
void put_at_line(JobCopy& copy) {
  BasisTable const basis(copy.from.rows);
  double const* const today = basis.view().row_today;
  for (std::uint32_t pool = 0; pool < copy.from.book.pools; ++pool)
    for (int i = 0; i < 100; ++i) {
      Job const job = copy.job();
      double const excess = evaluate<double>(job.book, job.rules, pool, [&](std::uint32_t r) {
                              return today[r];
                            }).excess;
      std::uint32_t const group = job.book.group_begin[pool];
      copy.balance[group] -= excess / today[copy.group_asset[group]];
    }
}

// Such pools at their line, where terms that are left out would decide.
TEST(CudaEngine, PoolsOfManyPositionsAtTheirLine) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 47,
                            .factors = 60,
                            .assets = 60,
                            .exposures = 3'000,
                            .accounts = 3,
                            .most_pools = 2,
                            .most_terms = 3'000,
                            .scenarios = 70,
                            .steps = 1});
  JobCopy copy(builder.job());
  put_at_line(copy);
  Tally const expected = reference.evaluate(copy.job(), {});
  std::uint64_t breaches = 0;
  for (PoolTally const& pool : expected.pools) breaches += pool.breaches;
  EXPECT_GT(breaches, builder.cells() / 10);
  EXPECT_LT(breaches, builder.cells() * 9 / 10);
  EXPECT_TRUE(same_tally(cuda_engine.evaluate(copy.job(), cut(0, 0)), expected));
}

// A book far from its lines: most tiles are passed over, and next to nothing is decided. Without
// pruning every cell goes through the filter.
TEST(CudaEngine, PassesOverWhatIsNotInDoubt) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 45,
                            .accounts = 200,
                            .scenarios = 3'000,
                            .steps = 1,
                            .thin_buffer = 1.5,
                            .years_per_step = 0.1 / 365.0});
  Tally const expected = reference.evaluate(builder.job(), {});
  Tally const found = cuda_engine.evaluate(builder.job(), cut(0, 0));
  EXPECT_TRUE(same_tally(found, expected));
  EXPECT_EQ(found.work.covered, builder.cells());
  // Pools that borrow are in breach come what may; tiles of the others hold hardly a cell in doubt.
  std::uint64_t in_breach = 0;
  for (PoolTally const& pool : expected.pools) in_breach += pool.breaches;
  EXPECT_LT(found.work.filtered - in_breach, found.work.covered / 3);
  EXPECT_LT(found.work.decided - in_breach, found.work.covered / 50);
  Tuning every_cell = cut(0, 0);
  every_cell.prune = false;
  Tally const all = cuda_engine.evaluate(builder.job(), every_cell);
  EXPECT_TRUE(same_tally(all, expected));
  EXPECT_EQ(all.work.filtered, builder.cells());
  EXPECT_EQ(all.work.decided, found.work.decided);
}

// Lines below options, charges, jumping curves and gains that count in part: they hold, and are
// near enough that most cells are passed over.
TEST(CudaEngine, PassesOverPoolsWithOptionsAndCharges) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 50,
                            .derived = 20,
                            .accounts = 120,
                            .scenarios = 1'500,
                            .steps = 2,
                            .gain_weight = 0.5,
                            .own_curves = true,
                            .most_charges = 2,
                            .thin_buffer = 3.0,
                            .years_per_step = 0.1 / 365.0});
  Tally const expected = reference.evaluate(builder.job(), {});
  Tally const found = cuda_engine.evaluate(builder.job(), cut(0, 0));
  EXPECT_TRUE(same_tally(found, expected));
  std::uint64_t in_breach = 0;
  for (PoolTally const& pool : expected.pools) in_breach += pool.breaches;
  EXPECT_LT(found.work.decided - in_breach, found.work.covered / 12);
}

// Pools with scans at their line, where a point or a margin that is left out would decide.
TEST(CudaEngine, ScannedPoolsAtTheirLine) {
  SKIP_WITHOUT_DEVICE();
  for (std::uint32_t const scans : {1u, 4u}) {
    JobBuilder const builder({.seed = 51 + scans,
                              .derived = 12,
                              .accounts = 60,
                              .scenarios = 300,
                              .steps = 1,
                              .most_scans = scans,
                              .shocked = true,
                              .thin_buffer = 0.4,
                              .tails = scans == 1 ? Tails::flagged : Tails::all});
    JobCopy copy(builder.job());
    put_at_line(copy);
    Tally const expected = reference.evaluate(copy.job(), {});
    std::uint64_t breaches = 0;
    for (PoolTally const& pool : expected.pools) breaches += pool.breaches;
    EXPECT_GT(breaches, builder.cells() / 10);
    EXPECT_LT(breaches, builder.cells() * 9 / 10);
    for (bool const prune : {true, false}) {
      Tuning tuning = cut(prune ? 0 : 130, prune ? 0 : 25);
      tuning.prune = prune;
      tuning.check_work = true;
      EXPECT_TRUE(same_tally(cuda_engine.evaluate(copy.job(), tuning), expected));
    }
  }
}

// Far from it tiles are passed over (slices of some pools in breach are not), and little more is
// decided than what is in breach.
TEST(CudaEngine, PassesOverPoolsWithScans) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 76,
                            .derived = 12,
                            .accounts = 600,
                            .scenarios = 1'200,
                            .steps = 1,
                            .most_scans = 1,
                            .shocked = true,
                            .thin_buffer = 6.0,
                            .years_per_step = 0.1 / 365.0});
  Tally const expected = reference.evaluate(builder.job(), {});
  Tally const found = cuda_engine.evaluate(builder.job(), cut(0, 0));
  EXPECT_TRUE(same_tally(found, expected));
  std::uint64_t breaches = 0;
  for (PoolTally const& pool : found.pools) breaches += pool.breaches;
  EXPECT_LT(found.work.filtered, found.work.covered * 2 / 3);
  EXPECT_LT(found.work.decided - breaches, found.work.covered / 50);
}

TEST(CudaEngine, NoNumbersUnderScans) {
  SKIP_WITHOUT_DEVICE();
  for (double const planted : {not_a_number, infinity, -infinity}) {
    SCOPED_TRACE(planted);
    JobBuilder const builder({.seed = 75,
                              .factors = 6,
                              .derived = 12,
                              .accounts = 40,
                              .scenarios = 200,
                              .most_scans = 3,
                              .shocked = true,
                              .table = true,
                              .tails = Tails::all});
    JobCopy copy(builder.job());
    std::mt19937_64 random(10);
    for (int i = 0; i < 12; ++i) copy.table[random() % copy.table.size()] = planted;
    Tally const expected = reference.evaluate(copy.job(), {});
    for (std::uint32_t const tile : {0u, 64u}) {
      Tuning tuning = cut(tile, 0);
      tuning.check_work = true;
      EXPECT_TRUE(same_tally(cuda_engine.evaluate(copy.job(), tuning), expected));
    }
  }
}

// One scan a pool of so many terms, on rows and shocked rows that take work, at twelve points.
struct LongScans {
  explicit LongScans(Job const& job, std::vector<std::uint32_t> const& terms) {
    constexpr std::uint32_t points = 12;
    std::uint32_t const rows = job.rows.stored - job.rows.assets;
    BasisTable const basis(job.rows);
    for (std::uint32_t pool = 0; pool < job.book.pools; ++pool) {
      double const scale = std::fabs(job.book.group_balance[job.book.group_begin[pool]]);
      for (std::uint32_t t = 0; t < terms[pool % terms.size()]; ++t) {
        std::uint32_t const of = job.rows.assets + 7 * t % rows;
        std::uint32_t const under = job.rows.assets + 11 * t % (rows - points);
        row.push_back(of);
        shocked.push_back(under);
        double const dearest =
            std::max(basis.view().row_today[of], basis.view().row_today[under]) + 1.0;
        weight.push_back((t % 3 == 0 ? -0.01 : 0.02) * scale / dearest);
      }
      begin.push_back(pool + 1);
      term_begin.push_back(row.size());
    }
    grid.assign(job.book.pools, 0);
    least.assign(job.book.pools, 0.0);
    offset.assign(job.book.pools, 1.0);
  }
  ScanView view() const {
    return {begin.data(),       grid.data(), least.data(),   begin.data(),  offset.data(),
            term_begin.data(),  row.data(),  shocked.data(), weight.data(), 1,
            point_begin.data(), part.data()};
  }

  std::vector<std::uint64_t> begin{0}, term_begin{0};
  std::vector<std::uint32_t> grid, row, shocked, point_begin{0, 12};
  std::vector<double> least, offset, weight, part = std::vector<double>(12, 1.0);
};

// Scans that fit, that take more steps than a line may have, more rows, and more room.
TEST(CudaEngine, ScansOfManyTerms) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 53,
                            .derived = 600,
                            .accounts = 4,
                            .most_pools = 2,
                            .scenarios = 40,
                            .steps = 1,
                            .thin_buffer = 3.0,
                            .tails = Tails::all});
  JobCopy copy(builder.job());
  LongScans const scans(copy.from, {5, 100, 250, 400, 800});
  copy.from.book.scans = scans.view();
  for (bool const at_line : {false, true}) {
    if (at_line) put_at_line(copy);
    Tuning tuning = cut(0, 0);
    tuning.check_work = true;
    EXPECT_TRUE(
        same_tally(cuda_engine.evaluate(copy.job(), tuning), reference.evaluate(copy.job(), {})));
  }
}

// Tails of all pools: of several windows, each of which begins with what those before it kept, and
// of few pools at a time. Where there are scenarios enough, most cells are in no tail and are not
// decided for one.
TEST(CudaEngine, TailsOfAllPoolsDecideLittle) {
  SKIP_WITHOUT_DEVICE();
  for (std::uint32_t const steps : {1u, 3u}) {
    SCOPED_TRACE(steps);
    JobBuilder const builder({.seed = 48,
                              .accounts = 24,
                              .scenarios = 4'000,
                              .steps = steps,
                              .thin_buffer = 1.5,
                              .tails = Tails::all});
    Job job = builder.job();
    Tally const expected = reference.evaluate(job, {});
    Tally const found = cuda_engine.evaluate(job, cut(0, 0));
    EXPECT_TRUE(same_tally(found, expected));
    for (Tuning const& tuning : {cut(1'500, 0), cut(700, 7)})
      EXPECT_TRUE(same_tally(cuda_engine.evaluate(job, tuning), expected));
    Tuning every_cell = cut(2'000, 0);
    every_cell.prune = false;
    every_cell.tail_memory = 1;
    EXPECT_TRUE(same_tally(cuda_engine.evaluate(job, every_cell), expected));
    job.tails = Tails::none;
    Tally const without = cuda_engine.evaluate(job, cut(0, 0));
    EXPECT_EQ(found.work.covered - without.work.covered, builder.cells());
    EXPECT_LT(found.work.filtered - without.work.filtered, builder.cells() * 9 / 10);
    EXPECT_LT(found.work.decided - without.work.decided, builder.cells() / 6);
  }
}

// Pools whose losses are all alike, or of which nothing is known in some windows: losses that are
// equal count each time, and scenarios without a defined column are losses too.
TEST(CudaEngine, TailsOfPoolsThatHardlyMove) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 49,
                            .factors = 3,
                            .assets = 5,
                            .exposures = 4,
                            .accounts = 12,
                            .scenarios = 900,
                            .steps = 2,
                            .table = true,
                            .tails = Tails::all});
  JobCopy copy(builder.job());
  std::size_t const of_scenario = 2 * 3;
  for (std::size_t i = 0; i < copy.table.size(); ++i) {
    std::size_t const scenario = i / of_scenario;
    if (scenario < 300)
      copy.table[i] = 0.0;
    else if (scenario < 600)
      copy.table[i] *= 1e-9;
    else if (scenario >= 880)
      copy.table[i] = not_a_number;
  }
  Tally const expected = reference.evaluate(copy.job(), {});
  EXPECT_GT(expected.undefined_cells, 0u);
  for (Tuning const& tuning : {cut(0, 0), cut(300, 0), cut(450, 5), cut(64, 0)})
    EXPECT_TRUE(same_tally(cuda_engine.evaluate(copy.job(), tuning), expected));
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

// Several rule packs over one book: each job gives what it gives alone, and progress rises through
// all of them.
TEST(CudaEngine, SeveralJobsGiveWhatEachGivesAlone) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 37,
                            .derived = 7,
                            .accounts = 20,
                            .scenarios = 150,
                            .own_curves = true,
                            .most_charges = 2,
                            .most_scans = 1,
                            .tails = Tails::flagged});
  std::vector<Job> jobs(3, builder.job());
  jobs[1].book.scans = {};
  jobs[1].book.charge_begin = nullptr;
  jobs[2].rules.gain_weight = 0.5;
  Tuning tuning = cut(64, 7);
  bool rising = true;
  std::uint64_t last = 0;
  tuning.progress = [&](std::uint64_t done, std::uint64_t total) {
    rising = rising && done >= last && done <= total;
    last = done;
  };
  std::vector<Tally> const found = cuda_engine.evaluate(jobs, tuning);
  ASSERT_EQ(found.size(), jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i)
    EXPECT_TRUE(same_tally(found[i], reference.evaluate(jobs[i], {}))) << "job " << i;
  EXPECT_FALSE(same_tally(found[1], found[0]));
  EXPECT_TRUE(rising);
  EXPECT_GE(last, 3 * builder.cells());
}

// Under faults injected by the simulation (tests/kernels/cuda_fault_sweep): each run is right or
// says what failed, where and what to do. Without faults all are right.
TEST(CudaFaults, RightOrRefused) {
  SKIP_WITHOUT_DEVICE();
  JobBuilder const builder({.seed = 35,
                            .derived = 7,
                            .accounts = 6,
                            .scenarios = 70,
                            .own_curves = true,
                            .most_charges = 2,
                            .most_scans = 1,
                            .tails = Tails::flagged});
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
