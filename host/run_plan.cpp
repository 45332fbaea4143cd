#include "host/run_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>

#include "host/book_file.hpp"
#include "host/engine_choice.hpp"
#include "host/figure_text.hpp"
#include "host/markup.hpp"
#include "host/memory_here.hpp"
#include "host/sliced_run.hpp"
#include "kernels/cpu/worker_pool.hpp"
#include "kernels/tails.hpp"

namespace plimsoll {
namespace {

constexpr std::uint64_t cut_pools = 4000;
constexpr std::uint64_t cut_columns = 4000;
constexpr int tries = 3;
// [byte] report, manifest, log and the frame of an HDF5 file.
constexpr std::uint64_t pages_bytes = 2u << 20;

// As many accounts from the middle of the book as hold about cut_pools.
Book cut_of(BookFile const& file, std::uint64_t pools) {
  std::vector<BookPlace> const& places = file.places();
  std::uint64_t const middle = file.pools() > pools ? (file.pools() - pools) / 2 : 0;
  std::size_t begin = 0;
  while (begin + 2 < places.size() && places[begin + 1].pool <= middle) ++begin;
  std::size_t end = begin + 1;
  while (end + 1 < places.size() && places[end].pool - places[begin].pool < pools) ++end;
  Book cut = file.part(places[begin], places[end]);
  cut.custody = {};  // what a class lacks is found over the whole book
  return cut;
}

// Few scenarios of those that are asked for.
RunConfig few_scenarios(RunConfig config, RunInputs& inputs) {
  std::uint64_t const steps = shape_of(config, inputs).steps;
  std::uint64_t const few = std::max<std::uint64_t>(1, cut_columns / steps);
  config.scenarios = std::min(config.scenarios, few);
  if (inputs.moves.scenarios > 0) {
    inputs.moves.scenarios = std::min(inputs.moves.scenarios, few);
    config.scenarios = inputs.moves.scenarios;
  }
  return config;
}

struct Seconds {
  double evaluate = std::numeric_limits<double>::infinity();
  double beside = std::numeric_limits<double>::infinity();  // rules laid, figures summed up
};

Seconds seconds_of(RunConfig const& config, RunInputs const& inputs) {
  Seconds least;
  for (int i = 0; i < tries; ++i) {
    Result const result = evaluate_run(config, inputs);
    Seconds found{0.0, 0.0};
    for (std::size_t s = 0; s < result.stage_name.size(); ++s)
      (result.stage_name[s] == "evaluate" ? found.evaluate : found.beside) +=
          result.stage_seconds[s];
    least.evaluate = std::min(least.evaluate, found.evaluate);
    least.beside = std::min(least.beside, found.beside);
  }
  return least;
}

double since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::uint64_t bytes_to_read(RunConfig const& config) {
  std::uint64_t bytes =
      std::filesystem::file_size(config.book) + std::filesystem::file_size(config.market);
  for (std::string const& path : config.rules) bytes += std::filesystem::file_size(path);
  if (!config.moves.empty()) bytes += std::filesystem::file_size(config.moves);
  return bytes;
}

// Columns of host/result_store.cpp.
std::uint64_t bytes_to_write(RunPlan const& plan, BookFile const& book, std::uint64_t classes) {
  std::uint64_t const pool = (14 + plan.steps + 2 * tail_levels) * sizeof(double);
  std::uint64_t const account = 5 * sizeof(double);
  std::uint64_t const scenario = 2 * sizeof(std::uint32_t) + 2 * sizeof(double) * classes;
  std::uint64_t const names =
      plan.pools * (book.pool_name_bytes() + 5) + plan.accounts * (book.account_name_bytes() + 1);
  return names + plan.packs * (plan.pools * pool + plan.accounts * account) +
         (plan.packs * scenario + 2 * sizeof(double) * classes + 3 * sizeof(double)) *
             plan.scenarios +
         (plan.slices + 1) * pages_bytes;
}

// Sums over scenarios of all packs, twice while a result is made of them.
std::uint64_t scenario_bytes(RunPlan const& plan, std::uint64_t classes) {
  return 4 * plan.packs * plan.scenarios *
         (2 * sizeof(std::uint32_t) + (classes + 1) * sizeof(TickSum));
}

void calibrate(RunConfig const& config, RunInputs& inputs, BookFile const& file, RunPlan& plan) {
  auto const begin = std::chrono::steady_clock::now();
  inputs.book = cut_of(file, cut_pools);
  double const read = since(begin);
  RunConfig const few = few_scenarios(config, inputs);
  plan.cut_pools = inputs.book.pools.name.size();
  plan.cut_scenarios = few.scenarios;
  Seconds const cut = seconds_of(few, inputs);
  inputs.book = cut_of(file, 1);
  auto const one_pools = static_cast<double>(inputs.book.pools.name.size());
  Seconds const one = seconds_of(few, inputs);
  auto const pools = static_cast<double>(plan.cut_pools);
  double const columns = static_cast<double>(plan.cut_scenarios * plan.steps);
  plan.cells_per_second =
      pools * columns * static_cast<double>(plan.packs) / std::max(cut.evaluate, 1e-9);
  double const more = std::max(pools - one_pools, 0.0);
  double const cell =
      more > 0.0 ? std::max(cut.evaluate - one.evaluate, 0.0) / (more * columns) : 0.0;
  double const column = one.evaluate / columns;
  double const all_columns = static_cast<double>(plan.scenarios * plan.steps);
  auto const all_pools = static_cast<double>(plan.pools);
  plan.seconds += all_pools / pools * (read + cut.beside) +
                  all_columns * (static_cast<double>(plan.slices) * column + all_pools * cell);
}

}  // namespace

RunPlan plan_run(RunConfig const& config, RunInputs inputs, std::uint64_t most_pools) {
  auto const begin = std::chrono::steady_clock::now();
  BookFile const file(config.book);
  RunShape const shape = shape_of(config, inputs);
  RunPlan plan;
  plan.accounts = file.accounts();
  plan.pools = file.pools();
  plan.packs = inputs.rules.size();
  plan.scenarios = shape.scenarios;
  plan.steps = shape.steps;
  std::string note;
  plan.engine = chosen_engine(config.engine, note).name();
  plan.threads = cpu::WorkerPool::count(config.threads);
  Cuts const cuts = cut_book(file, most_pools == 0 ? plan.pools : most_pools);
  plan.slices = cuts.size() - 1;
  plan.batches = 0;
  for (std::size_t i = 0; i < plan.slices; ++i) {
    plan.largest_slice = std::max(plan.largest_slice, cuts[i + 1].pool - cuts[i].pool);
    std::uint64_t const accounts = cuts[i + 1].account - cuts[i].account;
    plan.batches += config.batch == 0 ? 1 : (accounts + config.batch - 1) / config.batch;
  }
  std::uint64_t const classes = file.axes().classes.size();
  plan.memory = bytes_of_slice(size_of_book(config.book), plan.largest_slice,
                               static_cast<std::uint32_t>(plan.steps), plan.packs) +
                scenario_bytes(plan, classes) +
                (config.tails == Tails::none ? 0 : tail_bytes(plan.scenarios));
  plan.allowed = config.memory > 0 ? config.memory : machine_memory_bytes();
  plan.read = bytes_to_read(config);
  plan.written = bytes_to_write(plan, file, classes);
  plan.seconds = since(begin);
  calibrate(config, inputs, file, plan);
  return plan;
}

std::string plan_text(RunPlan const& plan) {
  auto const line = [](std::string_view label, std::string const& text) {
    return fmt::format("  {:<18} {}\n", label, text);
  };
  std::string out = "Plan; nothing was started and nothing is written\n";
  out +=
      line("Work",
           fmt::format(
               "{}, {}, {}, {}, {}: {:.4g} cells", counted(plan.accounts, "account", "accounts"),
               counted(plan.pools, "pool", "pools"), counted(plan.packs, "rule pack", "rule packs"),
               counted(plan.scenarios, "scenario", "scenarios"),
               counted(plan.steps, "step", "steps"), static_cast<double>(plan.cells())));
  out += line("Machine", fmt::format("engine {}, {}", plan.engine,
                                     counted(plan.threads, "thread", "threads")));
  out += line("Slices", fmt::format("{}, of at most {}; {}", count_text(plan.slices),
                                    counted(plan.largest_slice, "pool", "pools"),
                                    counted(plan.batches, "batch", "batches")));
  out += line("Memory",
              fmt::format("at most {} of {}{}", bytes_text(plan.memory), bytes_text(plan.allowed),
                          plan.memory > plan.allowed ? ": may be refused" : ""));
  out += line("To read", bytes_text(plan.read));
  out += line("To write", fmt::format("at most {}", bytes_text(plan.written)));
  out += line("Time", fmt::format("about {}, an estimate: writing is left out",
                                  seconds_text(plan.seconds)));
  return out +
         line("Calibration", fmt::format("{:.3g} cells/s on a cut of {}, {}", plan.cells_per_second,
                                         counted(plan.cut_pools, "pool", "pools"),
                                         counted(plan.cut_scenarios, "scenario", "scenarios")));
}

std::string plan_json(RunPlan const& plan) {
  return fmt::format(
      "{{\"plan\":true,\"accounts\":{},\"pools\":{},\"packs\":{},\"scenarios\":{},\"steps\":{},"
      "\"cells\":{},\"engine\":{},\"threads\":{},\"slices\":{},\"largest_slice_pools\":{},"
      "\"batches\":{},\"memory_bytes_at_most\":{},\"memory_bytes_allowed\":{},\"bytes_to_read\":{},"
      "\"bytes_to_write_at_most\":{},\"estimate\":{{\"seconds\":{},\"cells_per_second\":{},"
      "\"calibration_pools\":{},\"calibration_scenarios\":{}}}}}\n",
      plan.accounts, plan.pools, plan.packs, plan.scenarios, plan.steps, plan.cells(),
      json_string(plan.engine), plan.threads, plan.slices, plan.largest_slice, plan.batches,
      plan.memory, plan.allowed, plan.read, plan.written, json_number(plan.seconds),
      json_number(plan.cells_per_second), plan.cut_pools, plan.cut_scenarios);
}

}  // namespace plimsoll
