// One book, the same columns, everybody in turn: what libraries of linear algebra, a desk's own
// program and our engines make of it.
//   The rules are linear (one haircut, one maintenance rate an instrument), because sparse and
//   dense algebra know nothing else. Peers are given the priced rows for nothing, as floats in the
//   layout that suits them; engines of ours are timed with draws and pricing. First every cell's
//   flag is compared with the source in models/ in double. Our engines must give its counts
//   exactly; floats may differ in cells closer to their line than 10^-5 of the pool's gross, which
//   are counted. Then rounds: everybody once, starting with another one each time. Slow peers take
//   a share of the pools; figures are per position-column.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <thread>

#include "bench/desk_book.hpp"
#include "bench/peers/columns.hpp"
#include "bench/peers/desk_version.hpp"
#include "bench/peers/engine_entry.hpp"
#include "bench/peers/products.hpp"
#include "bench/peers/results.hpp"

namespace plimsoll::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  DeskConfig config;
  bool own_rows = false;
  bool no_peaks = false;
  unsigned rounds = 5;
  std::uint32_t share = 4;  // slow peers take one of so many pools
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::string json = "peers.json";
};

Options options_of(int argc, char** argv) {
  Options options;
  CLI::App app("One book, the same columns, everybody in turn");
  app.add_option("--pools", options.config.pools)->capture_default_str();
  app.add_option("--columns", options.config.scenarios)->capture_default_str();
  app.add_option("--instruments", options.config.instruments)->capture_default_str();
  app.add_option("--positions", options.config.positions)->capture_default_str();
  app.add_option("--breach", options.config.breach_share)->capture_default_str();
  app.add_option("--seed", options.config.seed)->capture_default_str();
  app.add_flag("--own-rows", options.own_rows, "instruments that cannot be netted");
  app.add_option("--rounds", options.rounds)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--share", options.share, "slow peers take one of so many pools")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_flag("--no-peaks", options.no_peaks, "do not measure the machine");
  app.add_option("--json", options.json, "where results are written")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    std::exit(app.exit(error));
  }
  options.config.tiers = false;
  if (options.own_rows) options.config.sharing = RowSharing::own_rows;
  return options;
}

void add(Contestants& contestants, std::unique_ptr<Contestant> contestant) {
  if (contestant) contestants.push_back(std::move(contestant));
}

// Slow are those that do work for zeros, for Python's sake or for a virtual call.
Contestants contestants_of(Options const& options, Job const& job,
                           std::vector<double> const& columns, Problem const& plain,
                           Problem const* netted) {
  std::uint32_t const all = job.book.pools;
  std::uint32_t const some = std::max(1u, all / options.share);
  unsigned const threads = options.threads;
  Contestants contestants;
  add(contestants, desk_version(job, columns, some, threads));
  add(contestants, scipy_peer({plain, "", some, threads}));
  add(contestants, openblas_peer({plain, "", some, threads}));
  add(contestants, eigen_peer({plain, "", all, threads}));
  if (netted != nullptr) {
    add(contestants, scipy_peer({*netted, ", netted", some, threads}));
    add(contestants, openblas_peer({*netted, ", netted", all, threads}));
    add(contestants, eigen_peer({*netted, ", netted", all, threads}));
  }
  add_engines(contestants, job, threads);
  return contestants;
}

double covered(Job const& job, std::uint32_t pools) {
  std::uint64_t const terms = job.book.term_begin[job.book.group_begin[pools]];
  return static_cast<double>(terms) * static_cast<double>(job.shape.scenarios);
}

std::uint64_t breaches_of(Answer const& answer) {
  return std::accumulate(answer.breaches.begin(), answer.breaches.end(), std::uint64_t{0});
}

// Answers compared; the breaching cells that each must find again whenever it is timed.
std::vector<std::uint64_t> check(Contestants const& contestants, Truth const& truth, Job const& job,
                                 std::vector<Timing>& timings) {
  std::vector<std::uint64_t> breaches;
  for (auto const& contestant : contestants) {
    Answer const answer = contestant->answer();
    Timing timing = {contestant->name(),
                     contestant->description(),
                     contestant->pools(),
                     covered(job, contestant->pools()),
                     {},
                     {}};
    timing.comparison = compare(truth, *contestant, answer, job.shape.scenarios);
    std::fprintf(stderr, "%-36s %llu of %llu cells differ, all near their line; %s\n",
                 timing.name.c_str(), static_cast<unsigned long long>(timing.comparison.differing),
                 static_cast<unsigned long long>(timing.comparison.cells),
                 answer.has_flags ? "every flag compared" : "every pool's count is the same");
    breaches.push_back(breaches_of(answer));
    timings.push_back(std::move(timing));
  }
  return breaches;
}

void time_round(Contestants const& contestants, unsigned round,
                std::vector<std::uint64_t> const& breaches, std::vector<Timing>& timings) {
  for (std::size_t turn = 0; turn < contestants.size(); ++turn) {
    std::size_t const i = (turn + round) % contestants.size();
    auto const start = Clock::now();
    std::uint64_t const found = contestants[i]->run();
    std::chrono::duration<double> const taken = Clock::now() - start;
    if (found != breaches[i]) throw std::runtime_error(timings[i].name + " found something else");
    timings[i].seconds.push_back(taken.count());
    std::fprintf(stderr, "round %u: %-36s %8.3f s %8.2f G position-columns/s\n", round + 1,
                 timings[i].name.c_str(), taken.count(),
                 timings[i].position_columns / taken.count() / 1e9);
  }
}

std::vector<Peaks> peaks_now(Options const& options) {
  if (options.no_peaks) return {};
  std::vector<Peaks> peaks = {measure_peaks(1)};
  if (options.threads > 1) peaks.push_back(measure_peaks(options.threads));
  return peaks;
}

// Measured before and after the rounds: the better of the two is the machine's.
void improve(std::vector<Peaks>& peaks, std::vector<Peaks> const& again) {
  for (std::size_t i = 0; i < peaks.size(); ++i) peaks[i] = best_of(peaks[i], again[i]);
}

Outcome compete(Options const& options) {
  DeskBook const book(options.config);
  Job const job = book.job();
  std::vector<double> const columns = priced_columns(job, options.threads);
  Problem const plain = problem_of(job, columns);
  Problem netted;
  if (can_be_netted(job)) netted = netted_problem_of(job, columns);
  Truth const truth = truth_of(job, columns, options.threads);
  Outcome outcome;
  outcome.config = book.config();
  outcome.threads = options.threads;
  outcome.positions_per_pool = static_cast<double>(book.terms()) / job.book.pools;
  outcome.near_cells = truth.near_cells;
  outcome.breach_share =
      std::accumulate(truth.breaches.begin(), truth.breaches.end(), 0.0) /
      (static_cast<double>(job.book.pools) * static_cast<double>(job.shape.scenarios));
  Contestants const contestants =
      contestants_of(options, job, columns, plain, can_be_netted(job) ? &netted : nullptr);
  auto const breaches = check(contestants, truth, job, outcome.timings);
  outcome.peaks = peaks_now(options);
  for (unsigned round = 0; round < options.rounds; ++round)
    time_round(contestants, round, breaches, outcome.timings);
  improve(outcome.peaks, peaks_now(options));
  return outcome;
}

}  // namespace
}  // namespace plimsoll::bench

int main(int argc, char** argv) {
  using namespace plimsoll::bench;
  Options const options = options_of(argc, argv);
  try {
    Outcome const outcome = compete(options);
    std::ofstream file(options.json);
    file << json_of(outcome).dump(2) << "\n";
    if (!file) throw std::runtime_error("cannot write " + options.json);
  } catch (std::exception const& error) {
    std::fprintf(stderr, "peers: %s\n", error.what());
    return 1;
  }
}
