// A named shock on a book that is held: what `plimsoll ask` does for one, without reading and
// writing the words. The book is a synthetic one under the default market and rules.
// Before anything is timed, the shock is compared with the reference engine on a table of moves
// with that one scenario.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "host/import_market.hpp"
#include "host/rules_file.hpp"
#include "host/shock.hpp"
#include "host/synth.hpp"
#include "kernels/engine.hpp"

namespace plimsoll::bench {
namespace {

std::string const datasets = PLIMSOLL_DATASETS;

Market default_market() {
  MarketFiles files;
  files.factors = datasets + "/default/factors.csv";
  files.correlation = datasets + "/default/correlation.csv";
  files.as_of = "2025-08-13";
  files.degrees_of_freedom = 6.323;
  files.constants = {{"USDT"}, {1.0}};
  return import_market(files);
}

struct Held {
  Market market = default_market();
  RulePack rules = read_rules(datasets + "/default/rules.toml");
  Book book;
  RunShape shape = shape_of_shock(1.0);
  std::vector<double> moves = log_moves_of(market, {{0, -0.3}, {1, -0.2}});
  ResolvedBook laid;

  explicit Held(std::uint32_t pools)
      : book(synthetic_book({pools}, market, rules)),
        laid(book, market, rules, Threshold::maintenance, shape) {
    check();
  }

  ShockFigures shock(unsigned threads) const {
    std::vector<double> const rows = rows_under(laid, market, moves, shape);
    ShockedBook const whole{laid, rows};
    return shock_figures({&whole, 1}, 10, threads);
  }

  void check() const {
    MoveTable const table{1, 1, moves};
    Job const job{view_of(market, &table),   laid.rows(), laid.rules(), laid.book(),
                  laid.pools_today().data(), shape,       Tails::none};
    Tally const want = engine_named("reference")->evaluate(job, {});
    ShockFigures const found = shock(0);
    if (found.pools_in_breach > 0 && found.pools_in_breach == want.scenario_pools[0] &&
        found.accounts_in_breach == want.scenario_accounts[0] &&
        found.shortfall == want.scenario_shortfall)
      return;
    std::fprintf(stderr, "the shock differs from the reference engine\n");
    std::exit(1);
  }
};

Held const& held(std::uint32_t pools) {
  static std::map<std::uint32_t, std::unique_ptr<Held>> known;
  auto& found = known[pools];
  if (!found) found = std::make_unique<Held>(pools);
  return *found;
}

void add(std::uint32_t pools, unsigned threads) {
  std::string const name =
      "shock/pools:" + std::to_string(pools) + "/threads:" + std::to_string(threads);
  benchmark::RegisterBenchmark(name.c_str(),
                               [pools, threads](benchmark::State& state) {
                                 Held const& book = held(pools);
                                 for (auto _ : state) benchmark::DoNotOptimize(book.shock(threads));
                                 state.SetItemsProcessed(state.iterations() * pools);
                               })
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace plimsoll::bench

int main(int argc, char** argv) {
  for (std::uint32_t const pools : {1000u, 100'000u, 1'000'000u})
    for (unsigned const threads : {1u, 2u}) plimsoll::bench::add(pools, threads);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 1;
  benchmark::Shutdown();
}
