// The reference engine against a plain recomputation; no result depends on how the work is cut; the
// list of engines keeps its promises.
#include "kernels/engine.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <stdexcept>
#include <string>

#include "kernels/cpu/reference.hpp"
#include "kernels/tails.hpp"
#include "models/elementary.hpp"
#include "tests/kernels/job_builder.hpp"
#include "tests/kernels/job_list.hpp"
#include "tests/kernels/plain_tally.hpp"
#include "tests/kernels/same_tally.hpp"

namespace plimsoll {
namespace {

using testing::JobBuilder;
using testing::JobConfig;
using testing::plain_tally;
using testing::same_tally;

cpu::Reference const reference;
Engine const& simd = *engine_named("simd");

std::string fmt_cut(std::string const& job, Engine const& engine, unsigned threads,
                    std::uint32_t tile, std::uint32_t batch) {
  return job + ", " + std::string(engine.name()) + ": " + std::to_string(threads) +
         " threads, tile " + std::to_string(tile) + ", batch " + std::to_string(batch);
}

// One account, one pool, one asset that a table moves by ln 1/2 and ln 1/4, 100 units of it with
// nothing owed but one short future on it: every number can be seen by eye.
TEST(Reference, WorkedNumber) {
  RowKind const kind[] = {RowKind::constant, RowKind::price, RowKind::linear};
  std::uint32_t const factor[] = {no_index, 0};
  std::uint32_t const underlying[] = {no_index, no_index, 1};
  std::uint32_t const settle[] = {no_index, no_index, 0};
  double const ratio[] = {1.0, 8.0, 1.0};
  std::uint32_t const curve_begin[] = {0, 1, 2};
  double const floor[] = {-infinity, -infinity};
  double const slope[] = {1.0, 0.5};
  double const intercept[] = {0.0, 0.0};
  std::uint32_t const asset_curve[] = {0, 0};
  std::uint8_t const in_units[] = {0, 0};
  std::uint32_t const exposure_curve[] = {no_index, no_index, 1};
  std::uint32_t const exposure_unit[] = {no_index, no_index, no_index};
  std::uint32_t const pool_begin[] = {0, 1};
  std::uint8_t const account_class[] = {0};
  PoolKind const pool_kind[] = {PoolKind::cross};
  std::uint32_t const group_begin[] = {0, 1};
  std::uint32_t const group_asset[] = {0};
  double const balance[] = {100.0};  // [ccy]
  double const settled[] = {-800.0};
  double const share[] = {1.0};
  std::uint64_t const term_begin[] = {0, 1};
  std::uint32_t const term_row[] = {2};
  double const weight[] = {100.0};  // long 100 at 8
  double const table[] = {std::log(0.5), std::log(0.5), 0.0, 0.0};
  // Tonight: 100 + 800 - 800 = 100 against 0.5 x 800 = 400: excess -300.
  PoolToday const today[] = {{-300.0, largest_amount}};
  Job const job = {{1, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, table},
                   {3, 2, 2, kind, factor, underlying, settle, ratio},
                   {{curve_begin, floor, slope, intercept},
                    asset_curve,
                    in_units,
                    exposure_curve,
                    exposure_unit,
                    true},
                   {1, 1, 1, pool_begin, account_class, pool_kind, group_begin, group_asset,
                    balance, settled, share, term_begin, term_row, weight},
                   today,
                   {1, 2, 2, 1.0},
                   Tails::all};
  Tally const tally = reference.evaluate(job, {.threads = 1, .progress = {}});
  // Scenario 0: at 4, 100 + 400 - 800 - 200 = -500; at 2, 100 + 200 - 800 - 100 = -600.
  // Scenario 1: at 8 twice, -300. First passage is at step 1 in both.
  Ticks const first = tally.scenario_shortfall[0].low;
  EXPECT_NEAR(currency(first), 500.0, 1e-4);
  EXPECT_EQ(tally.scenario_shortfall[1], tick_sum(3'000'000));
  EXPECT_EQ(tally.pools[0].breaches, 2u);
  EXPECT_EQ(tally.pools[0].shortfall, tick_sum(first + 3'000'000));
  EXPECT_EQ(tally.pools[0].worst_shortfall, first);
  EXPECT_EQ(tally.pools[0].worst_scenario, 0u);
  EXPECT_EQ(tally.first_passages, (std::vector<std::uint64_t>{2, 0}));
  EXPECT_EQ(tally.account_breaches, (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(tally.scenario_pools, (std::vector<std::uint32_t>{1, 1}));
  EXPECT_EQ(tally.scenario_accounts, (std::vector<std::uint32_t>{1, 1}));
  EXPECT_NEAR(currency(tally.tails[0].value_at_risk[0]), 300.0, 1e-4);  // -300 - (-600)
  EXPECT_EQ(tally.limited_draws, 0u);
  EXPECT_EQ(tally.undefined_cells, 0u);
}

TEST(Reference, IsWhatAPlainRecomputationGives) {
  for (auto const& [name, config] : testing::job_list()) {
    SCOPED_TRACE(name);
    JobBuilder const builder(config);
    EXPECT_TRUE(same_tally(reference.evaluate(builder.job(), {}), plain_tally(builder.job())));
  }
}

// The jobs are worth comparing: breaches, but not everywhere; bent moves; undefined cells; accounts
// with several pools in breach; more than one first step.
TEST(Reference, JobsExerciseEveryTally) {
  JobBuilder const builder({.seed = 1, .scenarios = 203, .steps = 2, .extreme_pool = true});
  Tally const tally = reference.evaluate(builder.job(), {});
  std::uint64_t breaches = 0;
  std::uint64_t late = 0;
  std::uint64_t without = 0;
  std::uint64_t accounts = 0;
  for (std::size_t pool = 0; pool < tally.pools.size(); ++pool) {
    breaches += tally.pools[pool].breaches;
    without += static_cast<std::uint64_t>(tally.pools[pool].breaches == 0);
    late += tally.first_passages[2 * pool + 1];
  }
  for (std::uint64_t const count : tally.account_breaches) accounts += count;
  EXPECT_GT(breaches, builder.cells() / 100);
  EXPECT_LT(breaches, builder.cells() / 4);
  EXPECT_GT(late, 0u);
  EXPECT_GT(without, tally.pools.size() / 10);
  EXPECT_LT(accounts, breaches);
  EXPECT_GT(tally.limited_draws, 0u);
  EXPECT_GT(tally.undefined_cells, 0u);
}

TEST(Reference, JobsHaveWhatTheirNamesSay) {
  for (auto const& [name, config] : testing::job_list()) {
    JobBuilder const builder(config);
    Tally const tally = reference.evaluate(builder.job(), {});
    bool const named = name == "undefined_cells";
    EXPECT_EQ(tally.undefined_cells > 0, named) << name;
    EXPECT_LT(tally.undefined_cells, builder.cells()) << name;
    std::uint64_t breaches = 0;
    for (PoolTally const& pool : tally.pools) breaches += pool.breaches;
    EXPECT_GT(breaches, 0u) << name;
  }
}

TEST(CpuEngines, DoNotDependOnHowTheWorkIsCut) {
  struct Cut {
    unsigned threads;
    std::uint32_t tile, batch;
  };
  for (auto const& [name, config] : testing::job_list()) {
    JobBuilder const builder(config);
    Tally const whole = reference.evaluate(builder.job(), {.threads = 1, .progress = {}});
    // Tiles narrower than a strip of lanes, of one strip, a bit more, and no multiple of it.
    for (Cut const cut :
         {Cut{1, 7, 0}, Cut{2, 1, 0}, Cut{2, 64, 11}, Cut{3, 50, 200}, Cut{3, 1000, 400},
          Cut{2, 7, 1000}, Cut{1, 8, 0}, Cut{2, 9, 3}, Cut{1, 0, 0}}) {
      Tuning const tuning = {
          .threads = cut.threads, .tile = cut.tile, .batch = cut.batch, .progress = {}};
      for (Engine const* const engine : {static_cast<Engine const*>(&reference), &simd}) {
        SCOPED_TRACE(fmt_cut(name, *engine, cut.threads, cut.tile, cut.batch));
        EXPECT_TRUE(same_tally(engine->evaluate(builder.job(), tuning), whole));
      }
    }
  }
}

TEST(Reference, TailsAreThoseOfAllWhereFlaggedAndAbsentElsewhere) {
  JobConfig config = {.seed = 21, .scenarios = 400};
  config.tails = Tails::all;
  JobBuilder const builder(config);
  Job job = builder.job();
  Tally const all = reference.evaluate(job, {});
  job.tails = Tails::flagged;
  Tally const flagged = reference.evaluate(job, {});
  job.tails = Tails::none;
  Tally const none = reference.evaluate(job, {});
  EXPECT_TRUE(none.tails.empty());
  ASSERT_EQ(flagged.tails.size(), all.tails.size());
  std::size_t known = 0;
  for (std::size_t pool = 0; pool < all.tails.size(); ++pool) {
    EXPECT_TRUE(all.tails[pool].known);
    EXPECT_EQ(flagged.tails[pool].known, all.pools[pool].breaches > 0) << pool;
    if (!flagged.tails[pool].known) continue;
    ++known;
    EXPECT_EQ(flagged.tails[pool], all.tails[pool]) << pool;
  }
  EXPECT_GT(known, 0u);
  EXPECT_LT(known, all.tails.size());
  EXPECT_EQ(all.pools, none.pools);
  EXPECT_EQ(flagged.scenario_shortfall, none.scenario_shortfall);
}

TEST(Reference, SumsAgreeAmongThemselves) {
  JobBuilder const builder({.seed = 22, .scenarios = 300, .steps = 3});
  Job const job = builder.job();
  Tally const tally = reference.evaluate(job, {});
  TickSum by_pool;
  std::uint64_t breaches = 0;
  std::uint64_t passages = 0;
  for (PoolTally const& pool : tally.pools) {
    by_pool += pool.shortfall;
    breaches += pool.breaches;
    EXPECT_GE(static_cast<std::uint64_t>(pool.worst_shortfall), pool.breaches > 0 ? 1u : 0u);
  }
  for (std::uint64_t const count : tally.first_passages) passages += count;
  TickSum by_scenario;
  for (TickSum const& sum : tally.scenario_shortfall) by_scenario += sum;
  std::uint64_t scenario_pools = 0;
  std::uint64_t scenario_accounts = 0;
  for (std::uint32_t const count : tally.scenario_pools) scenario_pools += count;
  for (std::uint32_t const count : tally.scenario_accounts) scenario_accounts += count;
  std::uint64_t accounts = 0;
  for (std::uint64_t const count : tally.account_breaches) accounts += count;
  EXPECT_EQ(by_pool, by_scenario);
  EXPECT_EQ(breaches, passages);
  EXPECT_EQ(breaches, scenario_pools);
  EXPECT_EQ(accounts, scenario_accounts);
}

TEST(Reference, ProgressReachesItsTotal) {
  JobBuilder const builder({.seed = 23, .scenarios = 100, .tails = Tails::all});
  std::uint64_t last_done = 0;
  std::uint64_t last_total = 0;
  bool rising = true;
  Tuning tuning;
  tuning.tile = 16;
  tuning.batch = 7;
  tuning.progress = [&](std::uint64_t done, std::uint64_t total) {
    rising = rising && done > last_done && done <= total;
    last_done = done;
    last_total = total;
  };
  reference.evaluate(builder.job(), tuning);
  EXPECT_TRUE(rising);
  EXPECT_EQ(last_done, 2 * builder.cells());
  EXPECT_EQ(last_total, last_done);
}

TEST(CpuEngines, TailsDoNotDependOnTheirMemory) {
  JobConfig config = {.seed = 37, .accounts = 40, .scenarios = 500};
  config.tails = Tails::all;
  JobBuilder const builder(config);
  Tally const whole = reference.evaluate(builder.job(), {});
  std::uint64_t const each = tail_bytes(config.scenarios);
  for (std::uint64_t const memory : {std::uint64_t{1}, 3 * each, 1000 * each}) {
    SCOPED_TRACE(memory);
    Tuning tuning;
    tuning.tail_memory = memory;
    std::uint64_t sweeps = 0;
    std::uint64_t done_before = 0;
    tuning.progress = [&](std::uint64_t done, std::uint64_t) {
      sweeps += static_cast<std::uint64_t>(done - done_before > 0);
      done_before = done;
    };
    for (Engine const* const engine : {static_cast<Engine const*>(&reference), &simd}) {
      sweeps = done_before = 0;
      EXPECT_TRUE(same_tally(engine->evaluate(builder.job(), tuning), whole));
      std::uint64_t const batches = (whole.pools.size() - 1) / tails_that_fit(memory, each) + 1;
      if (engine == &reference) {
        std::uint64_t const tiles = (config.scenarios + 63) / 64;
        EXPECT_EQ(sweeps, tiles + batches * tiles);
      } else {
        EXPECT_GE(sweeps, 1 + batches);
      }
    }
  }
}

TEST(Tally, BytesAreThoseOfItsColumns) {
  JobConfig config = {.seed = 41, .accounts = 30, .scenarios = 200, .steps = 3};
  config.tails = Tails::all;
  JobBuilder const builder(config);
  Tally const tally = reference.evaluate(builder.job(), {});
  auto const bytes = [](auto const& column) { return column.size() * sizeof(column[0]); };
  EXPECT_EQ(tally_bytes(builder.job().book, builder.job().shape, Tails::all),
            bytes(tally.pools) + bytes(tally.first_passages) + bytes(tally.tails) +
                bytes(tally.account_breaches) + bytes(tally.scenario_pools) +
                bytes(tally.scenario_accounts) + bytes(tally.scenario_shortfall));
}

TEST(CpuEngines, PathsOfAnyLength) {
  for (std::uint32_t const steps : {1u, 5u, most_steps, most_steps + 3}) {
    SCOPED_TRACE(steps);
    JobConfig config = {.seed = 31, .accounts = 12, .scenarios = 21, .steps = steps};
    config.tails = Tails::all;
    JobBuilder const builder(config);
    EXPECT_TRUE(
        same_tally(simd.evaluate(builder.job(), {}), reference.evaluate(builder.job(), {})));
  }
}

TEST(Engines, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (Engine const* const engine : engines()) {
    EXPECT_TRUE(names.insert(engine->name()).second) << engine->name();
    EXPECT_FALSE(engine->description().empty()) << engine->name();
    EXPECT_FALSE(engine->availability().reason.empty()) << engine->name();
    EXPECT_EQ(engine_named(engine->name()), engine);
  }
  EXPECT_TRUE(names.contains("reference"));
  EXPECT_EQ(engine_named("abacus"), nullptr);
  EXPECT_EQ(engine_named(""), nullptr);
}

TEST(Engines, PreferredIsUsableAndNoSimulation) {
  Availability const found = preferred_engine().availability();
  EXPECT_TRUE(found.usable) << found.reason;
  EXPECT_FALSE(found.simulated) << found.reason;
}

// What is asked for by name runs itself and nothing else: it gives the right answer, and where it
// cannot run it says so and does not hand the work on.
TEST(Engines, ForcedEngineRunsOrRefuses) {
  JobBuilder const builder({.seed = 24, .accounts = 10, .scenarios = 64});
  Tally const expected = plain_tally(builder.job());
  for (Engine const* const engine : engines()) {
    SCOPED_TRACE(engine->name());
    if (engine->availability().usable)
      EXPECT_TRUE(same_tally(engine->evaluate(builder.job(), {}), expected));
    else
      EXPECT_THROW(engine->evaluate(builder.job(), {}), MachineError);
  }
}

}  // namespace
}  // namespace plimsoll
