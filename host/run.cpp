#include "host/run.hpp"

#include <utility>

#include "host/book_store.hpp"
#include "host/digest.hpp"
#include "host/engine_choice.hpp"
#include "host/error.hpp"
#include "host/market_store.hpp"
#include "host/memory_need.hpp"
#include "host/moves_table.hpp"
#include "host/progress.hpp"
#include "host/rules_file.hpp"
#include "host/segregation.hpp"
#include "host/summarise.hpp"
#include "host/version.hpp"
#include "kernels/engine.hpp"

namespace plimsoll {
namespace {

// The book under all rule packs, in one pass over the columns.
std::vector<Tally> evaluate_packs(Engine const& engine, std::vector<ResolvedBook> const& books,
                                  MarketView const& market, RunShape const& shape,
                                  RunConfig const& config, RunInputs const& inputs) {
  RowsView const rows = books.front().rows();
  std::vector<Job> jobs;
  for (ResolvedBook const& book : books)
    jobs.push_back(
        {market, rows, book.rules(), book.book(), book.pools_today().data(), shape, config.tails});
  Tuning tuning;
  tuning.threads = config.threads;
  tuning.tile = config.tile;
  tuning.batch = config.batch;
  tuning.check_work = config.check_work;
  bool const sums = !inputs.part.empty() && !inputs.book.custody.asset.empty();
  std::uint64_t const beside = sums ? class_sums_bytes(shape, inputs.book.classes.size()) : 0;
  tuning = within(config.memory, jobs, tuning, engine, beside);
  tuning.tail_memory = tail_memory(memory_need(jobs, tuning, engine, beside), config.memory);
  Progress progress("evaluating " + inputs.part);
  tuning.progress = [&progress](std::uint64_t done, std::uint64_t total) {
    progress.update(done, total);
  };
  return engine.evaluate(jobs, tuning);
}

}  // namespace

MarketView RunInputs::view() const {
  return view_of(market, moves.scenarios == 0 ? nullptr : &moves);
}

RunInputs read_inputs(RunConfig const& config) {
  Book book = read_book(config.book);
  RunInputs inputs = read_inputs_beside_book(config);
  inputs.book = std::move(book);
  return inputs;
}

RunInputs read_inputs_beside_book(RunConfig const& config) {
  RunInputs inputs;
  auto const note = [&inputs](char const* role, std::string const& path) {
    inputs.files.push_back({role, path, file_sha256(path)});
  };
  note("book", config.book);
  inputs.market = read_market(config.market);
  note("market", config.market);
  for (std::string const& path : config.rules) {
    inputs.rules.push_back(read_rules(path));
    note("rules", path);
    for (std::size_t i = 0; i + 1 < inputs.rules.size(); ++i)
      if (inputs.rules[i].name == inputs.rules.back().name)
        throw InputError(path, "rule pack '" + inputs.rules.back().name + "' is given twice",
                         "results are told apart by the pack's name",
                         "rename one of them or leave it out");
  }
  if (!config.moves.empty()) {
    inputs.moves = read_moves(config.moves, inputs.market);
    note("moves", config.moves);
  }
  return inputs;
}

RunShape shape_of(RunConfig const& config, RunInputs const& inputs) {
  bool const table = inputs.moves.scenarios > 0;
  std::uint32_t const steps = table ? inputs.moves.steps : config.steps;
  return {config.seed, table ? inputs.moves.scenarios : config.scenarios, steps,
          config.horizon_days / days_per_year / static_cast<double>(steps)};
}

RunConfig settled(RunConfig config, RunInputs const& inputs) {
  if (inputs.moves.scenarios == 0) return config;
  config.scenarios = inputs.moves.scenarios;
  config.steps = inputs.moves.steps;
  if (!config.horizon_given) config.horizon_days = inputs.moves.steps;
  return config;
}

Result evaluate_run(RunConfig const& config, RunInputs const& inputs) {
  Stopwatch watch;
  RunShape const shape = shape_of(config, inputs);
  std::vector<ResolvedBook> books;
  for (RulePack const& rules : inputs.rules)
    books.emplace_back(inputs.book, inputs.market, rules, Threshold::maintenance, shape);
  ResolvedBook::share_rows(books);
  watch.lap("resolve");
  return evaluate_books(config, inputs, books, std::move(watch));
}

Result evaluate_books(RunConfig const& config, RunInputs const& inputs,
                      std::vector<ResolvedBook> const& books, Stopwatch watch) {
  Result result;
  Engine const& engine = chosen_engine(config.engine, result.engine_note);
  RunShape const shape = shape_of(config, inputs);
  result.engine = engine.name();
  result.shape = {shape.seed,
                  shape.scenarios,
                  shape.steps,
                  config.horizon_days,
                  inputs.moves.scenarios > 0 ? "table" : "model",
                  std::string(name_of(config.tails))};
  result.reporting_currency = inputs.book.reporting_currency;
  result.as_of = inputs.market.as_of;
  describe_book(inputs.book, result);
  MarketView const market = inputs.view();
  std::vector<Tally> const tallies = evaluate_packs(engine, books, market, shape, config, inputs);
  watch.lap("evaluate");
  for (std::size_t p = 0; p < books.size(); ++p) {
    result.packs.push_back(inputs.rules[p].name);
    result.work.push_back(tallies[p].work);
    append_pack(books[p], shape, tallies[p], breach_drivers(books[p], market, shape, tallies[p]),
                result);
  }
  watch.lap("summarise");
  // What a class owes hangs on no rule.
  auto const segregation = inputs.part.empty() ? check_segregation : sum_classes;
  segregation(inputs.book, books.front(), market, shape, tallies.front(), config.threads, result);
  if (!inputs.book.custody.asset.empty()) watch.lap("segregation");
  result.stage_name = std::move(watch.names);
  result.stage_seconds = std::move(watch.seconds);
  return result;
}

void join_segregation(RunConfig const& config, RunInputs const& inputs, Result& whole) {
  RunShape const shape = shape_of(config, inputs);
  ResolvedBook const resolved(inputs.book, inputs.market, inputs.rules.front(),
                              Threshold::maintenance, shape);
  find_lack(inputs.book, resolved, inputs.view(), shape, config.threads, whole);
  whole.class_sums = {};
}

}  // namespace plimsoll
