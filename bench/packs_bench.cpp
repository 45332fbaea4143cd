// What a second and a third rule pack over the same book cost beside the first: the book of
// bench/desk_book.hpp under one pack, under several in one pass, and under several one after the
// other. Packs differ in what a gain counts for as collateral, and so little that each has as much
// to do as the first.
// Before anything is timed, each job's tally together with the others is compared with its tally
// alone.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/desk_book.hpp"
#include "kernels/engine.hpp"
#include "tests/kernels/same_tally.hpp"

namespace plimsoll::bench {
namespace {

constexpr double gain_weights[] = {1.0, 0.9999, 0.9998};

struct Book {
  char const* name;
  DeskConfig config;
};

DeskConfig of(std::uint32_t pools, std::uint64_t scenarios, double breach_share, Tails tails) {
  DeskConfig config;
  config.pools = pools;
  config.scenarios = scenarios;
  config.breach_share = breach_share;
  config.tails = tails;
  return config;
}

// The smallest, for tests; the central one of engines_bench; with tails; many pools and few
// breaches.
std::vector<Book> books() {
  return {{"pools:100/columns:64", of(100, 64, 0.02, Tails::flagged)},
          {"central", of(20000, 10000, 0.002, Tails::none)},
          {"central/tails:flagged", of(20000, 10000, 0.002, Tails::flagged)},
          {"pools:2000", of(2000, 10000, 0.002, Tails::none)},
          {"pools:200000/breach:0.00002", of(200000, 10000, 0.00002, Tails::none)}};
}

class PackedBook {
 public:
  explicit PackedBook(DeskConfig const& config) : book_(config) {
    for (double const weight : gain_weights) {
      jobs_.push_back(book_.job());
      jobs_.back().rules.gain_weight = weight;
    }
  }

  std::span<Job const> jobs(std::size_t count) const { return std::span(jobs_).first(count); }

  void check(Engine const& engine) const {
    std::vector<Tally> const together = engine.evaluate(jobs_, {});
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      auto const same = testing::same_tally(together[i], engine.evaluate(jobs_[i], {}));
      if (same) continue;
      std::fprintf(stderr, "pack %zu differs together and alone: %s\n", i, same.message());
      std::exit(1);
    }
  }

 private:
  DeskBook book_;
  std::vector<Job> jobs_;
};

PackedBook const& packed(Book const& book) {
  static std::map<std::string, std::unique_ptr<PackedBook>> known;
  auto& packed = known[book.name];
  if (!packed) {
    packed = std::make_unique<PackedBook>(book.config);
    packed->check(*engine_named("simd"));
  }
  return *packed;
}

void add(Book const& book, std::size_t packs, bool together) {
  std::string const name = std::string("simd/") + book.name + "/packs:" + std::to_string(packs) +
                           (together ? "" : "/one_after_the_other");
  benchmark::RegisterBenchmark(name.c_str(),
                               [book, packs, together](benchmark::State& state) {
                                 Engine const& engine = *engine_named("simd");
                                 std::span<Job const> const jobs = packed(book).jobs(packs);
                                 for (auto _ : state) {
                                   if (together) {
                                     benchmark::DoNotOptimize(engine.evaluate(jobs, {}));
                                     continue;
                                   }
                                   for (Job const& job : jobs)
                                     benchmark::DoNotOptimize(engine.evaluate(job, {}));
                                 }
                               })
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace plimsoll::bench

int main(int argc, char** argv) {
  for (auto const& book : plimsoll::bench::books()) {
    plimsoll::bench::add(book, 1, true);
    for (std::size_t const packs : {2u, 3u})
      for (bool const together : {true, false}) plimsoll::bench::add(book, packs, together);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 1;
  benchmark::Shutdown();
}
