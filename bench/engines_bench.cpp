// How many position-columns an engine covers in a second: a central point and, from it, one axis at
// a time. Books are those of bench/desk_book.hpp. What is timed is the whole of evaluate(): draws,
// prices, cells and sums. A position-column is one position in one column; it is covered whether it
// was computed or proven to decide nothing.
// Before an engine is timed at a point,
//   its tally of a cut of the job (the first pools and columns, same market, rules and buffers) is
//   compared with the reference's on one thread, because the reference takes minutes for the whole;
//   its tally of the whole job is compared with that of simd on one thread.
// "brute" is the same engine without pruning: every cell goes through its float filter. `filtered`
// and `decided` are the shares of cells that were estimated in float and evaluated in double.
// The reference itself is timed on fewer pools. An engine that cannot run here, or only on a
// simulated device, is left out aloud. Devices are timed by the clock on the wall as well: that is
// what a run waits for.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "bench/desk_book.hpp"
#include "kernels/engine.hpp"
#include "tests/kernels/same_tally.hpp"

namespace plimsoll::bench {
namespace {

struct Point {
  std::string name;  // what differs from the central point, "axis:value"
  DeskConfig config;
  unsigned threads = 0;
  bool prune = true;
};

std::string label(Point const& point) {
  return point.name + (point.prune ? "" : "/brute");
}

constexpr char central[] =
    "pools:20000 columns:10000 instruments:2000 (linear) factors:200 positions:20 breach:0.002 "
    "tiered:0 hedged:0 threads:all tails:none";

DeskConfig with(auto change) {
  DeskConfig config;
  change(config);
  return config;
}

Point smallest() {
  return {"pools:100/columns:64", with([](DeskConfig& c) {
            c.pools = 100;
            c.scenarios = 64;
            c.breach_share = 0.02;
            c.tiered = c.hedged = 0.3;
            c.tails = Tails::all;
          })};
}

Point on_few_pools() {
  return {"pools:2000", with([](DeskConfig& c) { c.pools = 2000; })};
}

void add_book_sizes(std::vector<Point>& points) {
  points.push_back(on_few_pools());
  points.push_back({"pools:200000", with([](DeskConfig& c) { c.pools = 200000; })});
  for (std::uint64_t const columns : {1000u, 100000u})
    points.push_back({"columns:" + std::to_string(columns),
                      with([&](DeskConfig& c) { c.scenarios = columns; })});
  for (std::uint32_t const positions : {2u, 8u, 60u})
    points.push_back({"positions:" + std::to_string(positions),
                      with([&](DeskConfig& c) { c.positions = positions; })});
}

void add_instruments(std::vector<Point>& points) {
  points.push_back({"instruments:200", with([](DeskConfig& c) { c.instruments = 200; })});
  for (std::uint32_t const rows : {2000u, 20000u})
    points.push_back({"instruments:" + std::to_string(rows) + "_own_rows", with([&](DeskConfig& c) {
                        c.instruments = rows;
                        c.sharing = RowSharing::own_rows;
                      })});
}

void add_breaches(std::vector<Point>& points) {
  points.push_back({"breach:0.00002", with([](DeskConfig& c) { c.breach_share = 0.00002; })});
  points.push_back({"breach:0.04", with([](DeskConfig& c) { c.breach_share = 0.04; })});
}

// A venue's night: what the columns cost to draw and to price is shared by many pools.
void add_large_books(std::vector<Point>& points) {
  struct Rate {
    char const* name;
    double share;
  };
  for (Rate const rate : {Rate{"0.002", 0.002}, Rate{"0.00002", 0.00002}, Rate{"0.04", 0.04}})
    points.push_back({std::string("pools:1000000/breach:") + rate.name, with([&](DeskConfig& c) {
                        c.pools = 1000000;
                        c.breach_share = rate.share;
                      })});
  points.push_back({"pools:1000000/mixed:tiered_0.5_hedged_0.3", with([](DeskConfig& c) {
                      c.pools = 1000000;
                      c.tiered = 0.5;
                      c.hedged = 0.3;
                    })});
}

void add_kinds_of_pools(std::vector<Point>& points) {
  points.push_back({"hedged:0.3", with([](DeskConfig& c) { c.hedged = 0.3; })});
  points.push_back({"tiered:0.5", with([](DeskConfig& c) { c.tiered = 0.5; })});
  points.push_back({"mixed:tiered_0.5_hedged_0.3", with([](DeskConfig& c) {
                      c.tiered = 0.5;
                      c.hedged = 0.3;
                    })});
}

// A tenth of the pools under portfolio scans of 31 points, of futures alone and with options.
void add_scans(std::vector<Point>& points) {
  points.push_back({"scanned:0.1", with([](DeskConfig& c) { c.scanned = 0.1; })});
  points.push_back({"scanned:0.1_options:4", with([](DeskConfig& c) {
                      c.scanned = 0.1;
                      c.scan_options = 4;
                    })});
}

void add_tails(std::vector<Point>& points) {
  points.push_back({"tails:flagged", with([](DeskConfig& c) { c.tails = Tails::flagged; })});
  points.push_back({"tails:all", with([](DeskConfig& c) { c.tails = Tails::all; })});
}

// The reference where it does not take minutes, forced instruction sets beside the chosen one, and
// every axis for the engines that are used.
std::vector<Point> points_of(std::string const& engine) {
  std::vector<Point> points = {smallest()};
  if (engine == "reference") {
    points.push_back(on_few_pools());
    return points;
  }
  points.push_back({"central", {}});
  add_breaches(points);
  if (engine.starts_with("simd-")) return points;
  add_book_sizes(points);
  add_large_books(points);
  add_instruments(points);
  add_kinds_of_pools(points);
  add_scans(points);
  add_tails(points);
  if (engine != "simd") return points;
  // Brute force: every cell goes through the float filter.
  for (std::size_t i = 0, count = points.size(); i < count; ++i)
    points.insert(points.begin() + static_cast<std::ptrdiff_t>(2 * i + 1),
                  {points[2 * i].name, points[2 * i].config, 0, false});
  if (std::thread::hardware_concurrency() > 1) points.push_back({"threads:1", {}, 1});
  return points;
}

Tuning on_threads(unsigned threads, bool prune = true) {
  Tuning tuning;
  tuning.threads = threads;
  tuning.prune = prune;
  return tuning;
}

// A job with what was found about it before anything is timed.
struct CheckedJob {
  explicit CheckedJob(DeskConfig const& config)
      : book(config), cut(cut_of(book.config())), job(book.job()) {
    reference_on_cut = engine_named("reference")->evaluate(cut.job(), on_threads(1));
    simd_on_all = engine_named("simd")->evaluate(job, on_threads(1));
  }

  static DeskConfig cut_of(DeskConfig config) {
    config.pools = std::min(config.pools, 500u);
    config.scenarios = std::min<std::uint64_t>(config.scenarios, 1000);
    return config;
  }

  DeskBook book;
  DeskBook cut;
  Job job;
  Tally reference_on_cut, simd_on_all;
};

// Threads, engines and brute force share a job, so that its name leaves them out.
CheckedJob const& checked_job(Point const& point) {
  static std::map<std::string, std::unique_ptr<CheckedJob>> jobs;
  std::string const key = point.threads == 0 ? point.name : "central";
  auto& job = jobs[key];
  if (!job) job = std::make_unique<CheckedJob>(point.config);
  return *job;
}

void demand_same(Engine const& engine, char const* what, Tally const& found,
                 Tally const& expected) {
  auto const same = testing::same_tally(found, expected);
  if (same) return;
  std::fprintf(stderr, "engine %s differs from %s: %s\n", std::string(engine.name()).c_str(), what,
               same.message());
  std::exit(1);
}

void check(Engine const& engine, Point const& point) {
  static std::set<std::string> checked;
  if (!checked.insert(std::string(engine.name()) + "/" + label(point)).second) return;
  CheckedJob const& known = checked_job(point);
  Tuning const tuning = on_threads(point.threads, point.prune);
  demand_same(engine, "the reference", engine.evaluate(known.cut.job(), tuning),
              known.reference_on_cut);
  demand_same(engine, "simd on one thread", engine.evaluate(known.job, tuning), known.simd_on_all);
}

void count(benchmark::State& state, CheckedJob const& known, WorkDone const& work) {
  double const columns = static_cast<double>(known.job.shape.scenarios) * known.job.shape.steps;
  double const pools = known.job.book.pools;
  double const terms = static_cast<double>(known.book.terms());
  auto const runs = static_cast<double>(state.iterations());
  auto const rate = benchmark::Counter::kIsRate;
  state.counters["position-columns/s"] = {runs * terms * columns, rate};
  state.counters["cells/s"] = {runs * pools * columns, rate};
  state.counters["positions/pool"] = terms / pools;
  state.counters["breach"] = share_in_breach(known.simd_on_all, known.job.shape);
  auto const covered = static_cast<double>(work.covered);
  state.counters["filtered"] = covered > 0.0 ? static_cast<double>(work.filtered) / covered : 1.0;
  state.counters["decided"] = covered > 0.0 ? static_cast<double>(work.decided) / covered : 1.0;
}

void time_engine(benchmark::State& state, Engine const& engine, Point const& point) {
  CheckedJob const& known = checked_job(point);
  check(engine, point);
  Tuning const tuning = on_threads(point.threads, point.prune);
  WorkDone work;
  for (auto _ : state) {
    Tally tally = engine.evaluate(known.job, tuning);
    benchmark::DoNotOptimize(tally);
    work = tally.work;
  }
  count(state, known, work);
}

void add_engine(Engine const& engine) {
  std::string const name(engine.name());
  for (Point const& point : points_of(name))
    benchmark::RegisterBenchmark(
        (name + "/" + label(point)).c_str(),
        [&engine, point](benchmark::State& state) { time_engine(state, engine, point); })
        ->MeasureProcessCPUTime()
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
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
}  // namespace plimsoll::bench

int main(int argc, char** argv) {
  benchmark::AddCustomContext("central", plimsoll::bench::central);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  plimsoll::bench::add_engines();
  if (benchmark::RunSpecifiedBenchmarks() == 0) {
    std::fprintf(stderr, "no benchmark matches the filter\n");
    return 1;
  }
  benchmark::Shutdown();
}
