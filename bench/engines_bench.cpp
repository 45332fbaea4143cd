// How many cells an engine decides in a second, along named axes: pools, scenarios, positions of a
// pool, threads. Books are those of tests/kernels/job_builder.hpp: random markets and rules, with
// collateral thick enough that few pools breach, because a breach ends a pool's scenario early.
// Before an engine is timed on a job, its integers are compared with the reference's on one thread.
// An engine that cannot run here, or only on a simulated device, is left out aloud.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <compare>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "kernels/engine.hpp"
#include "tests/kernels/job_builder.hpp"
#include "tests/kernels/same_tally.hpp"

namespace plimsoll {
namespace {

using testing::JobBuilder;
using testing::JobConfig;

constexpr std::uint32_t steps = 2;

struct Shape {
  std::uint32_t pools;
  std::uint64_t scenarios;
  std::uint32_t positions;  // at most, in each collateral group of a pool
  auto operator<=>(Shape const&) const = default;
};

JobConfig config_of(Shape shape) {
  return {.factors = 30,
          .assets = 40,
          .exposures = 200,
          .accounts = shape.pools,
          .most_pools = 1,
          .most_terms = shape.positions,
          .scenarios = shape.scenarios,
          .steps = steps,
          .thin_buffer = 2.0,
          .tails = Tails::none};
}

Tuning on_threads(unsigned threads) {
  Tuning tuning;
  tuning.threads = threads;
  return tuning;
}

struct ReferenceJob {
  std::unique_ptr<JobBuilder> builder;
  Tally tally;  // of the reference on one thread
};

ReferenceJob const& reference_job(Shape shape) {
  static std::map<Shape, ReferenceJob> jobs;
  auto const found = jobs.find(shape);
  if (found != jobs.end()) return found->second;
  auto builder = std::make_unique<JobBuilder>(config_of(shape));
  Tally tally = engine_named("reference")->evaluate(builder->job(), on_threads(1));
  return jobs.emplace(shape, ReferenceJob{std::move(builder), std::move(tally)}).first->second;
}

void demand_same(Engine const& engine, Tally const& found, Tally const& expected) {
  auto const same = testing::same_tally(found, expected);
  if (same) return;
  std::fprintf(stderr, "engine %s differs from the reference: %s\n",
               std::string(engine.name()).c_str(), same.message());
  std::exit(1);
}

double share_in_breach(Tally const& tally, Shape shape) {
  double breaches = 0.0;
  for (PoolTally const& pool : tally.pools) breaches += static_cast<double>(pool.breaches);
  return breaches / (static_cast<double>(shape.pools) * static_cast<double>(shape.scenarios));
}

void time_engine(benchmark::State& state, Engine const& engine, Shape shape, unsigned threads) {
  ReferenceJob const& reference = reference_job(shape);
  Job const job = reference.builder->job();
  Tuning const tuning = on_threads(threads);
  demand_same(engine, engine.evaluate(job, tuning), reference.tally);
  for (auto _ : state) {
    Tally tally = engine.evaluate(job, tuning);
    benchmark::DoNotOptimize(tally);
  }
  auto const runs = static_cast<double>(state.iterations());
  std::uint32_t const groups = job.book.group_begin[job.book.pools];
  double const terms = static_cast<double>(job.book.term_begin[groups]);
  double const columns = static_cast<double>(shape.scenarios) * steps;
  auto const rate = benchmark::Counter::kIsRate;
  state.counters["cells/s"] = {runs * static_cast<double>(reference.builder->cells()), rate};
  state.counters["position-columns/s"] = {runs * terms * columns, rate};
  state.counters["positions/pool"] = terms / shape.pools;
  state.counters["breach"] = share_in_breach(reference.tally, shape);
}

void add_time(Engine const& engine, Shape shape, unsigned threads) {
  std::string const name = std::string(engine.name()) + "/pools:" + std::to_string(shape.pools) +
                           "/scenarios:" + std::to_string(shape.scenarios) +
                           "/positions:" + std::to_string(shape.positions) +
                           "/threads:" + std::to_string(threads);
  benchmark::RegisterBenchmark(name.c_str(),
                               [&engine, shape, threads](benchmark::State& state) {
                                 time_engine(state, engine, shape, threads);
                               })
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void add_engine(Engine const& engine) {
  unsigned const all = std::max(1u, std::thread::hardware_concurrency());
  add_time(engine, {100, 64, 4}, all);
  for (std::uint32_t const pools : {500u, 2000u, 8000u}) add_time(engine, {pools, 512, 8}, all);
  for (std::uint64_t const scenarios : {128u, 2048u}) add_time(engine, {2000, scenarios, 8}, all);
  for (std::uint32_t const positions : {0u, 2u, 32u}) add_time(engine, {2000, 512, positions}, all);
  if (engine.name() != "cuda" && all > 1) add_time(engine, {2000, 512, 8}, 1);
}

void add_engines() {
  for (Engine const* const engine : engines()) {
    Availability const found = engine->availability();
    if (found.usable && !found.simulated) {
      add_engine(*engine);
      continue;
    }
    std::fprintf(stderr, "engine %s is left out: %s\n", std::string(engine->name()).c_str(),
                 found.reason.c_str());
  }
}

}  // namespace
}  // namespace plimsoll

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  plimsoll::add_engines();
  if (benchmark::RunSpecifiedBenchmarks() == 0) {
    std::fprintf(stderr, "no benchmark matches the filter\n");
    return 1;
  }
  benchmark::Shutdown();
}
