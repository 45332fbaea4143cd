// What a column costs before any pool sees it: draws and moves, then the rows of a tile; and what
// one call of the elementary functions costs beside the platform's.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "kernels/cpu/tile.hpp"
#include "models/elementary.hpp"
#include "models/moves.hpp"
#include "tests/kernels/job_builder.hpp"

namespace plimsoll {
namespace {

using testing::JobBuilder;
using testing::JobConfig;

constexpr std::uint32_t steps = 2;
constexpr std::uint32_t width = 64;  // scenarios of a tile

void demand(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "generate_bench: %s\n", what);
  std::exit(1);
}

JobConfig config_of(std::uint32_t factors, std::uint32_t exposures) {
  return {.factors = factors,
          .assets = factors + 2,
          .exposures = exposures,
          .accounts = 1,
          .scenarios = width,
          .steps = steps};
}

// All factors' moves over one step of one scenario; returns their sum.
double moves_of(Job const& job, std::uint64_t scenario, std::uint32_t step,
                std::vector<double>& normals) {
  MarketView const& market = job.market;
  factor_normals(job.shape.seed, scenario, step, market.factors, normals.data());
  double const mixing = scenario_mixing(market, job.shape.seed, scenario, step);
  double const root = std::sqrt(job.shape.years_per_step);
  double sum = 0.0;
  for (std::uint32_t f = 0; f < market.factors; ++f)
    sum += factor_move(
               market, job.shape, scenario, step, f, [&](std::uint32_t j) { return normals[j]; },
               mixing, root)
               .log_move;
  return sum;
}

void moves(benchmark::State& state) {
  auto const factors = static_cast<std::uint32_t>(state.range(0));
  JobBuilder const builder(config_of(factors, 0));
  Job const job = builder.job();
  std::vector<double> normals(factors), again(factors);
  demand(moves_of(job, 3, 1, normals) == moves_of(job, 3, 1, again), "moves are not a function");
  std::uint64_t scenario = 0;
  for (auto _ : state) {
    double sum = moves_of(job, scenario++, 1, normals);
    benchmark::DoNotOptimize(sum);
  }
  state.counters["columns/s"] = {static_cast<double>(state.iterations()),
                                 benchmark::Counter::kIsRate};
}
BENCHMARK(moves)->ArgName("factors")->Arg(10)->Arg(30)->Arg(100);

void demand_same_tile(Job const& job, cpu::Tile const& whole) {
  cpu::Tile pieces(job.market, job.rows, job.shape, width);
  pieces.price(0, 0, 5);
  pieces.price(0, 5, width);
  for (std::uint32_t row = 0; row < job.rows.rows; ++row)
    for (std::uint32_t step = 1; step <= steps; ++step)
      for (std::uint32_t place = 0; place < width; ++place)
        demand(whole.value(row, step, place) == pieces.value(row, step, place),
               "a tile depends on how it is shared out");
}

void rows(benchmark::State& state) {
  auto const factors = static_cast<std::uint32_t>(state.range(0));
  JobBuilder const builder(config_of(factors, static_cast<std::uint32_t>(state.range(1))));
  Job const job = builder.job();
  cpu::Tile tile(job.market, job.rows, job.shape, width);
  tile.price(0, 0, width);
  demand_same_tile(job, tile);
  std::uint64_t first = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(tile.price(first, 0, width));
    first += width;
  }
  double const columns = static_cast<double>(state.iterations()) * width * steps;
  state.counters["columns/s"] = {columns, benchmark::Counter::kIsRate};
  state.counters["rows/s"] = {columns * job.rows.rows, benchmark::Counter::kIsRate};
}
BENCHMARK(rows)
    ->ArgNames({"factors", "exposures"})
    ->Args({10, 20})
    ->Args({30, 200})
    ->Args({100, 2000});

// Functions are compared on the arguments they meet: log-moves, prices, normals, uniforms.
std::vector<double> arguments(double low, double high) {
  std::vector<double> values;
  for (std::uint32_t i = 0; i < 1024; ++i)
    values.push_back(low + (high - low) * uniform(draws(1, Purpose::mixing, i, 1, 0).first));
  return values;
}

template <class Function, class Platform>
void per_call(benchmark::State& state, double low, double high, Function function,
              Platform platform) {
  std::vector<double> const values = arguments(low, high);
  for (double const x : values)
    demand(std::fabs(function(x) - platform(x)) <= 1e-12 * (1.0 + std::fabs(platform(x))),
           "an elementary function is wrong");
  for (auto _ : state)
    for (double const x : values) {
      double y = function(x);
      benchmark::DoNotOptimize(y);
    }
  state.counters["time/call"] = {static_cast<double>(state.iterations() * values.size()),
                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert};
}

double our_exp(double x) {
  return exp(x);
}
double our_log(double x) {
  return log(x);
}
double our_cdf(double x) {
  return normal_cdf(x);
}
double their_exp(double x) {
  return std::exp(x);
}
double their_log(double x) {
  return std::log(x);
}
double their_cdf(double x) {
  return 0.5 * std::erfc(-x * 0.70710678118654752440);
}

BENCHMARK_CAPTURE(per_call, exp, -1.0, 1.0, our_exp, their_exp);
BENCHMARK_CAPTURE(per_call, exp_platform, -1.0, 1.0, their_exp, our_exp);
BENCHMARK_CAPTURE(per_call, log, 1e-3, 10.0, our_log, their_log);
BENCHMARK_CAPTURE(per_call, log_platform, 1e-3, 10.0, their_log, our_log);
BENCHMARK_CAPTURE(per_call, normal_cdf, -5.0, 5.0, our_cdf, their_cdf);
BENCHMARK_CAPTURE(per_call, normal_cdf_platform, -5.0, 5.0, their_cdf, our_cdf);

// The platform has no quantile, so ours is checked by going back through the cdf.
void quantile(benchmark::State& state) {
  std::vector<double> const values = arguments(0.0, 1.0);
  for (double const p : values)
    demand(std::fabs(normal_cdf(normal_quantile(p)) - p) <= 1e-14, "the quantile is wrong");
  for (auto _ : state)
    for (double const p : values) {
      double x = normal_quantile(p);
      benchmark::DoNotOptimize(x);
    }
  state.counters["time/call"] = {static_cast<double>(state.iterations() * values.size()),
                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert};
}
BENCHMARK(quantile)->Name("per_call/normal_quantile");

}  // namespace
}  // namespace plimsoll

BENCHMARK_MAIN();
