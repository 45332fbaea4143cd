// Attacks on pruning and filtering: books made so that a bound or an estimate that is wrong by the
// least bit loses or invents a breach. Every engine of the processor must give the reference's
// integers, and where cells are passed over, each is decided after all (Tuning::check_work) and
// found without an event.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/reference.hpp"
#include "kernels/cpu/tile.hpp"
#include "kernels/engine.hpp"
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

std::vector<Engine const*> vector_engines() {
  std::vector<Engine const*> found;
  for (char const* const name : {"simd-avx2", "simd-avx512", "simd"})
    if (Engine const* const engine = engine_named(name); engine->availability().usable)
      found.push_back(engine);
  return found;
}

Tuning tuning(unsigned threads, std::uint32_t tile, bool prune, bool check) {
  Tuning found;
  found.threads = threads;
  found.tile = tile;
  found.prune = prune;
  found.check_work = check;
  return found;
}

void expect_exact(Job const& job, std::string const& what) {
  Tally const expected = reference.evaluate(job, {});
  for (Engine const* const engine : vector_engines())
    for (Tuning const& each : {tuning(1, 0, true, true), tuning(2, 0, false, true),
                               tuning(2, 70, true, false), tuning(1, 1, true, true)}) {
      SCOPED_TRACE(what + ", " + std::string(engine->name()) + ", tile " +
                   std::to_string(each.tile) + (each.prune ? "" : ", not pruned"));
      EXPECT_TRUE(same_tally(engine->evaluate(job, each), expected));
    }
}

// Excess of a pool at the first step of scenario `scenario`.
double excess_of(Job const& job, cpu::Tile const& tile, std::uint32_t pool,
                 std::uint32_t scenario) {
  return evaluate<double>(job.book, job.rules, pool,
                          [&](std::uint32_t row) { return tile.value(row, 1, scenario); })
      .excess;
}

// The next double in the order of numbers.
double next_after(double x, bool up) {
  return std::nextafter(x, up ? infinity : -infinity);
}

// Moves the pool's first balance until the pool's excess in one column changes its sign between two
// neighbouring balances, and leaves it on one side or the other.
void put_on_the_line(JobCopy& copy, cpu::Tile const& tile, std::uint32_t pool,
                     std::uint32_t scenario, bool in_breach) {
  double& balance = copy.balance[copy.from.book.group_begin[pool]];
  auto const excess = [&](double value) {
    balance = value;
    return excess_of(copy.job(), tile, pool, scenario);
  };
  double const start = balance;
  double size = std::fabs(start) + 1.0;
  while (size < 1e20 && !(excess(start - size) < 0.0 && excess(start + size) >= 0.0)) size *= 2.0;
  double low = start - size;
  double high = start + size;
  for (int i = 0; i < 2000 && next_after(low, true) < high; ++i) {
    double const middle = low + (high - low) / 2.0;
    double const between = middle <= low || middle >= high ? next_after(low, true) : middle;
    (excess(between) < 0.0 ? low : high) = between;
  }
  balance = in_breach ? low : high;
}

TEST(SimdExactness, EveryListedJobIsCheckedCellByCell) {
  for (auto const& [name, config] : testing::job_list()) {
    JobBuilder const builder(config);
    expect_exact(builder.job(), name);
  }
}

TEST(SimdExactness, AllPoolsWithinOneUlpOfTheirLine) {
  for (std::uint64_t const seed : {51u, 52u, 53u, 54u}) {
    JobBuilder const builder({.seed = seed,
                              .accounts = 60,
                              .scenarios = 150,
                              .steps = 1,
                              .thin_buffer = 0.4,
                              .tails = Tails::flagged});
    JobCopy copy(builder.job());
    cpu::Tile tile(copy.from.market, copy.from.rows, copy.from.shape, 150);
    tile.price(0, 0, 150);
    std::uint32_t on_line = 0;
    for (std::uint32_t pool = 0; pool < copy.from.book.pools; ++pool) {
      put_on_the_line(copy, tile, pool, pool % 150, pool % 2 == 0);
      double const excess = excess_of(copy.job(), tile, pool, pool % 150);
      on_line +=
          static_cast<std::uint32_t>((excess < 0.0) == (pool % 2 == 0) && std::fabs(excess) < 1.0);
    }
    EXPECT_GT(on_line, copy.from.book.pools * 9 / 10);
    expect_exact(copy.job(), "seed " + std::to_string(seed));
  }
}

TEST(SimdExactness, HugeAndTinyPositionsTogether) {
  std::mt19937_64 random(7);
  JobBuilder const builder(
      {.seed = 55, .accounts = 80, .scenarios = 130, .thin_buffer = 0.5, .tails = Tails::all});
  JobCopy copy(builder.job());
  for (double& weight : copy.weight)
    weight *= std::pow(10.0, static_cast<double>(random() % 13) - 9.0);
  for (double& balance : copy.balance)
    balance *= std::pow(10.0, static_cast<double>(random() % 9) - 4.0);
  expect_exact(copy.job(), "ten to the -9 .. 3");
}

// A fortune in an asset and the same fortune sold forward: what is left is smaller than the
// rounding of either side.
TEST(SimdExactness, HedgesThatCancel) {
  JobBuilder const builder({.seed = 56, .accounts = 100, .scenarios = 140, .tails = Tails::all});
  JobCopy copy(builder.job());
  BookView const& book = copy.from.book;
  for (std::uint32_t pool = 0; pool < book.pools; ++pool)
    for (std::uint32_t g = book.group_begin[pool]; g < book.group_begin[pool + 1]; ++g) {
      std::uint64_t const t = book.term_begin[g];
      if (t == book.term_begin[g + 1] || copy.from.rows.kind[copy.row[t]] != RowKind::linear)
        continue;
      double const size = 1e10 * (1.0 + 0.1 * (pool % 7));
      copy.balance[g] += size;
      copy.weight[t] -= size / copy.from.rows.ratio[copy.row[t]];
    }
  expect_exact(copy.job(), "cancelling");
}

TEST(SimdExactness, OnePoolWithAMillionPositions) {
  JobBuilder const builder(
      {.seed = 57, .accounts = 1, .most_pools = 1, .classes = 1, .scenarios = 9, .steps = 1});
  JobCopy copy(builder.job());
  std::mt19937_64 random(8);
  std::uint32_t const groups = copy.from.book.group_begin[1];
  copy.row.clear();
  copy.weight.clear();
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    copy.row.push_back(copy.from.rows.assets + static_cast<std::uint32_t>(random() % 12));
    copy.weight.push_back((random() % 2 == 0 ? 1.0 : -1.0) * static_cast<double>(random() % 1000) *
                          1e-6);
  }
  std::fill(copy.term_begin.begin() + 1, copy.term_begin.end(), copy.row.size());
  ASSERT_EQ(copy.term_begin.size(), groups + 1u);
  cpu::Tile tile(copy.from.market, copy.from.rows, copy.from.shape, 9);
  tile.price(0, 0, 9);
  put_on_the_line(copy, tile, 0, 4, true);
  expect_exact(copy.job(), "a million");
}

// NaN and infinity among the moves: of factors that nobody holds, which must not matter, and of
// factors that some hold, whose cells are undefined and counted.
TEST(SimdExactness, MovesThatAreNoNumbers) {
  for (double const planted : {not_a_number, infinity, -infinity}) {
    JobBuilder const builder({.seed = 58,
                              .factors = 6,
                              .accounts = 60,
                              .scenarios = 200,
                              .steps = 2,
                              .table = true,
                              .tails = Tails::all});
    JobCopy copy(builder.job());
    std::mt19937_64 random(9);
    for (int i = 0; i < 12; ++i) copy.table[random() % copy.table.size()] = planted;
    Tally const found = reference.evaluate(copy.job(), {});
    if (planted != -infinity) {
      EXPECT_GT(found.undefined_cells, 0u);
    }
    expect_exact(copy.job(), "planted " + std::to_string(planted));
  }
}

// Paths without a defined column are gains beyond all others; they are of the tail where a pool has
// hardly any other path.
TEST(SimdExactness, TailsOfPoolsThatAreSeldomDefined) {
  JobBuilder const builder({.seed = 68,
                            .factors = 6,
                            .accounts = 60,
                            .scenarios = 400,
                            .steps = 1,
                            .table = true,
                            .tails = Tails::all});
  JobCopy copy(builder.job());
  for (std::size_t i = 0; i < copy.table.size(); ++i)
    if (i / 6 % 134 != 5) copy.table[i] = not_a_number;
  expect_exact(copy.job(), "three scenarios of 400, of which four are the tail");
}

TEST(SimdExactness, InstrumentsNobodyHolds) {
  JobBuilder const builder({.seed = 59,
                            .factors = 6,
                            .accounts = 40,
                            .scenarios = 150,
                            .steps = 1,
                            .table = true,
                            .tails = Tails::flagged});
  JobCopy copy(builder.job());
  RowsView const& rows = copy.from.rows;
  // Nobody has anything to do with assets of factor 0: their positions and groups become cash.
  std::uint32_t kept = rows.rows;
  auto const touched = [&](std::uint32_t row) {
    return row != no_index && rows.kind[row] == RowKind::price && rows.factor[row] == 0;
  };
  auto const touches = [&](std::uint32_t row) {
    return touched(row) ||
           (row >= rows.assets && (touched(rows.underlying[row]) || touched(rows.settle[row]) ||
                                   touched(copy.from.rules.exposure_unit[row])));
  };
  for (std::uint32_t row = rows.assets; row < rows.rows; ++row)
    if (!touches(row)) kept = row;
  ASSERT_LT(kept, rows.rows);
  for (std::uint32_t& row : copy.row)
    if (touches(row)) row = kept;
  for (std::uint32_t& asset : copy.group_asset)
    if (touches(asset)) asset = 0;
  for (std::size_t i = 0; i < copy.table.size(); i += 6) copy.table[i] = not_a_number;
  EXPECT_EQ(reference.evaluate(copy.job(), {}).undefined_cells, 0u);
  expect_exact(copy.job(), "NaN that nobody holds");
}

// Brackets and haircuts as no venue has them: jumping up and down, falling rates, edges close
// together. The bounds promise to hold for every piecewise linear curve.
TEST(SimdExactness, CurvesThatJump) {
  for (std::uint64_t const seed : {61u, 62u, 63u}) {
    JobBuilder const builder(
        {.seed = seed, .accounts = 90, .scenarios = 160, .tails = Tails::flagged});
    Job job = builder.job();
    std::mt19937_64 random(seed);
    std::uint32_t curves = 0;
    for (std::uint32_t i = 0; i < job.rows.rows; ++i)
      curves = std::max(curves, 1 + (i < job.rows.assets ? job.rules.asset_curve[i]
                                                         : job.rules.exposure_curve[i]));
    std::uint32_t const segments = job.rules.curves.begin[curves];
    std::vector<double> slope, intercept;
    for (std::uint32_t i = 0; i < segments; ++i) {
      slope.push_back(job.rules.curves.slope[i] *
                      (0.5 + static_cast<double>(random() % 1000) / 1e3));
      intercept.push_back(job.rules.curves.intercept[i] +
                          (random() % 3 == 0 ? static_cast<double>(random() % 20000) - 1e4 : 0.0));
    }
    job.rules.curves.slope = slope.data();
    job.rules.curves.intercept = intercept.data();
    expect_exact(job, "seed " + std::to_string(seed));
    job.rules.gain_weight = 0.0;
    expect_exact(job, "ignored gains, seed " + std::to_string(seed));
  }
}

// Bounds lie in blocks of 16 tiles and groups of 16 blocks: 16,384 columns to a group, and some
// more.
TEST(SimdExactness, MoreColumnsThanAGroupOfBlocks) {
  for (std::uint32_t const steps : {1u, 2u}) {
    JobBuilder const builder({.seed = 64 + steps,
                              .accounts = 8,
                              .scenarios = 33'001 / steps,
                              .steps = steps,
                              .thin_buffer = 0.5,
                              .tails = Tails::flagged});
    Tally const expected = reference.evaluate(builder.job(), {});
    for (Engine const* const engine : vector_engines()) {
      SCOPED_TRACE(std::string(engine->name()) + ", steps " + std::to_string(steps));
      EXPECT_TRUE(same_tally(engine->evaluate(builder.job(), tuning(2, 0, true, true)), expected));
    }
  }
}

// Two groups of a pool that hold the same asset, each in tiers of its own share.
TEST(SimdExactness, TwoGroupsOfAnAsset) {
  JobBuilder const builder({.seed = 67,
                            .accounts = 120,
                            .most_pools = 1,
                            .scenarios = 200,
                            .thin_buffer = 0.3,
                            .tails = Tails::all});
  JobCopy copy(builder.job());
  BookView const& book = copy.from.book;
  for (std::uint32_t pool = 0; pool < book.pools; ++pool)
    for (std::uint32_t g = book.group_begin[pool] + 1; g < book.group_begin[pool + 1]; ++g) {
      copy.group_asset[g] = copy.group_asset[g - 1];
      copy.share[g] *= 0.1;
    }
  expect_exact(copy.job(), "the same asset twice");
}

TEST(SimdExactness, RandomSweep) {
  std::mt19937_64 random(2026);
  auto const below = [&random](std::uint32_t bound) {
    return static_cast<std::uint32_t>(random() % bound);
  };
  for (int i = 0; i < 60; ++i) {
    JobConfig config;
    config.seed = random();
    config.factors = below(40);
    config.assets = 1 + below(30);
    config.exposures = below(80);
    config.accounts = 1 + below(60);
    config.most_pools = 1 + below(5);
    config.most_terms = 1 + below(30);
    config.classes = 1 + below(4);
    config.scenarios = 1 + below(400);
    config.steps = 1 + below(4);
    config.gain_weight = below(4) != 0 ? 1.0 : 0.25 * below(4);
    config.derived = below(3) == 0 ? below(40) : 0;
    config.own_curves = below(3) == 0;
    config.most_charges = below(3) == 0 ? 3 : 0;
    config.most_scans = config.derived > 5 && below(2) == 0 ? 2 : 0;
    config.states = below(3) == 0 ? 1 + below(9) : 0;
    config.shocked = config.most_scans > 0 && below(3) != 0;
    config.table = config.factors > 0 && below(5) == 0;
    config.extreme_pool = below(6) == 0;
    config.thin_buffer = std::exp(-4.0 + 0.001 * below(6000));
    config.years_per_step = (1.0 + below(10)) / 365.0;
    config.tails = static_cast<Tails>(below(3));
    JobBuilder const builder(config);
    expect_exact(builder.job(), "sweep " + std::to_string(i));
  }
}

// The worst point of each scan within one ulp of what is held against it.
TEST(SimdExactness, ScannedPoolsWithinOneUlpOfTheirLine) {
  for (std::uint64_t const seed : {71u, 72u, 73u, 74u}) {
    JobBuilder const builder({.seed = seed,
                              .derived = 12,
                              .accounts = 60,
                              .scenarios = 150,
                              .steps = 1,
                              .most_scans = static_cast<std::uint32_t>(1 + seed % 3),
                              .shocked = true,
                              .thin_buffer = 0.4,
                              .tails = seed % 2 == 0 ? Tails::all : Tails::flagged});
    JobCopy copy(builder.job());
    cpu::Tile tile(copy.from.market, copy.from.rows, copy.from.shape, 150);
    tile.price(0, 0, 150);
    std::uint32_t on_line = 0;
    for (std::uint32_t pool = 0; pool < copy.from.book.pools; ++pool) {
      put_on_the_line(copy, tile, pool, pool % 150, pool % 2 == 0);
      double const excess = excess_of(copy.job(), tile, pool, pool % 150);
      on_line +=
          static_cast<std::uint32_t>((excess < 0.0) == (pool % 2 == 0) && std::fabs(excess) < 1.0);
    }
    EXPECT_GT(on_line, copy.from.book.pools * 9 / 10);
    expect_exact(copy.job(), "seed " + std::to_string(seed));
  }
}

TEST(SimdExactness, NoNumbersUnderScans) {
  for (double const planted : {not_a_number, infinity, -infinity}) {
    JobBuilder const builder({.seed = 75,
                              .factors = 6,
                              .derived = 12,
                              .accounts = 60,
                              .scenarios = 200,
                              .most_scans = 3,
                              .shocked = true,
                              .table = true,
                              .tails = Tails::all});
    JobCopy copy(builder.job());
    std::mt19937_64 random(10);
    for (int i = 0; i < 12; ++i) copy.table[random() % copy.table.size()] = planted;
    expect_exact(copy.job(), "planted " + std::to_string(planted));
  }
}

// Little more is decided than what is in breach, with scans as without.
TEST(SimdExactness, PassesOverPoolsWithScansFarFromTheirLine) {
  JobBuilder const builder({.seed = 76,
                            .derived = 12,
                            .accounts = 200,
                            .scenarios = 1000,
                            .most_scans = 3,
                            .shocked = true,
                            .thin_buffer = 6.0});
  for (Engine const* const engine : vector_engines()) {
    Tally const found = engine->evaluate(builder.job(), {});
    std::uint64_t breaches = 0;  // scenarios of two cells
    for (PoolTally const& pool : found.pools) breaches += pool.breaches;
    EXPECT_LT(found.work.filtered, found.work.covered / 2);
    EXPECT_LT(found.work.decided, 3 * breaches);
    EXPECT_LT(3 * breaches, found.work.covered / 4);
  }
}

// Nothing above would notice an engine that decides every cell: on a calm book most are passed
// over.
TEST(SimdExactness, PassesOverWhatIsFarFromItsLine) {
  JobBuilder const builder({.seed = 70, .accounts = 200, .scenarios = 1000, .thin_buffer = 6.0});
  for (Engine const* const engine : vector_engines()) {
    WorkDone const work = engine->evaluate(builder.job(), {}).work;
    EXPECT_EQ(work.covered, builder.cells());
    EXPECT_LT(work.filtered, work.covered / 2);
    EXPECT_LT(work.decided, work.covered / 10);
    WorkDone const brute = engine->evaluate(builder.job(), tuning(1, 0, false, false)).work;
    EXPECT_GE(brute.filtered, brute.covered);
    EXPECT_EQ(brute.decided, work.decided);
  }
}

}  // namespace
}  // namespace plimsoll
