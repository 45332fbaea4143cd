// plimsoll run: the nightly job.
#include "host/run.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <numeric>

#include "host/book_file.hpp"
#include "host/book_store.hpp"
#include "host/commands/command.hpp"
#include "host/commands/run_parts.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/memory_here.hpp"
#include "host/output_file.hpp"
#include "host/report.hpp"
#include "host/result_store.hpp"
#include "host/run_folder.hpp"
#include "host/run_log.hpp"
#include "host/run_plan.hpp"
#include "host/sliced_run.hpp"
#include "host/stop_signal.hpp"
#include "host/stopwatch.hpp"
#include "host/summary.hpp"
#include "host/version.hpp"

namespace plimsoll {
namespace {

// Flags as given; what was not given keeps the value of run.toml or its default.
struct Flags {
  std::string config_file, book, market, moves, tails, engine, memory, out;
  std::string scenarios, steps, seed, horizon_days, threads, tile, batch, slice;
  std::vector<std::string> rules;
  bool check_work = false, force = false, resume = false, json = false, plan = false;
  std::string format, log_format;
};

template <class T>
void take(CLI::App const& command, char const* flag, T const& given, T& into) {
  if (command.count(flag) > 0) into = given;
}

template <class Count>
void take_count(CLI::App const& command, std::string const& key, std::string const& given,
                Count& into) {
  if (command.count("--" + key) > 0) into = static_cast<Count>(parse_count(key, given));
}

// A flag without effect is a misunderstanding; keys of run.toml may stand for other nights.
void refuse_idle(CLI::App const& command) {
  for (char const* const flag : {"--scenarios", "--steps", "--seed"})
    if (command.count(flag) > 0)
      throw InputError(flag, "has no effect beside a table of moves",
                       "the table says scenarios and steps, and nothing is drawn",
                       "leave it out, or leave out the table");
}

RunConfig config_of(CLI::App const& command, Flags const& flags) {
  RunConfig config = flags.config_file.empty() ? RunConfig{} : read_run_config(flags.config_file);
  take(command, "--book", flags.book, config.book);
  take(command, "--market", flags.market, config.market);
  take(command, "--rules", flags.rules, config.rules);
  take(command, "--moves", flags.moves, config.moves);
  take_count(command, "scenarios", flags.scenarios, config.scenarios);
  if (command.count("--horizon-days") > 0) config.horizon_days = parse_horizon(flags.horizon_days);
  config.horizon_given |= command.count("--horizon-days") > 0;
  take_count(command, "steps", flags.steps, config.steps);
  take_count(command, "seed", flags.seed, config.seed);
  take(command, "--engine", flags.engine, config.engine);
  take_count(command, "threads", flags.threads, config.threads);
  take_count(command, "tile", flags.tile, config.tile);
  take_count(command, "batch", flags.batch, config.batch);
  take_count(command, "slice", flags.slice, config.slice);
  take(command, "--out", flags.out, config.out);
  take(command, "--check-work", flags.check_work, config.check_work);
  take(command, "--force", flags.force, config.force);
  take(command, "--resume", flags.resume, config.resume);
  if (command.count("--tails") > 0) config.tails = parse_tails(flags.tails);
  if (command.count("--memory") > 0) config.memory = parse_bytes(flags.memory);
  if (!config.moves.empty()) refuse_idle(command);
  if (flags.plan && config.out.empty()) config.out = ".";  // nothing is written
  check_run_config(config);
  return config;
}

// Says how many cells lay outside the domain, over all rule packs.
ExitCode told_undefined(Result const& result) {
  auto const& cells = result.firm.undefined_cells;
  std::uint64_t const undefined = std::accumulate(cells.begin(), cells.end(), std::uint64_t{0});
  if (undefined == 0) return ExitCode::success;
  std::fputs(fmt::format("plimsoll: {} cells lay outside the domain of the arithmetic; they count "
                         "as no breach\n",
                         undefined)
                 .c_str(),
             stderr);
  return ExitCode::undefined;
}

// Says how many columns of a class could not be valued, over all classes.
ExitCode told_unvalued(Result const& result) {
  auto const& columns = result.segregation.undefined_columns;
  std::uint64_t const count = std::accumulate(columns.begin(), columns.end(), std::uint64_t{0});
  if (count == 0) return ExitCode::success;
  std::fputs(fmt::format("plimsoll: {} columns of a segregation class lay outside the domain of "
                         "the arithmetic; they count as no lack of custody\n",
                         count)
                 .c_str(),
             stderr);
  return ExitCode::undefined;
}

// "2.000e+09 cells: 12.3 % estimated in float, 0.62 % decided in double".
std::string work_in_words(WorkDone const& work) {
  auto const share = [&work](std::uint64_t cells) {
    return work.covered == 0
               ? 0.0
               : 100.0 * static_cast<double>(cells) / static_cast<double>(work.covered);
  };
  return fmt::format("{:.3e} cells: {:.3g} % estimated in float, {:.3g} % decided in double",
                     static_cast<double>(work.covered), share(work.filtered), share(work.decided));
}

void tell_inputs(std::uint64_t accounts, std::uint64_t pools, RunInputs const& inputs,
                 RunLog& log) {
  std::size_t const factors = inputs.market.factors.size();
  log.tell("read", {{"accounts", accounts}, {"pools", pools}, {"factors", factors}},
           fmt::format("read {} accounts, {} pools, {} factors", accounts, pools, factors));
}

Result run_whole(RunConfig const& config, RunInputs inputs, Stopwatch& watch, RunLog& log) {
  inputs.book = read_book(config.book);
  watch.lap("read");
  tell_inputs(inputs.book.accounts.name.size(), inputs.book.pools.name.size(), inputs, log);
  Result result = evaluate_run(config, inputs);
  result.provenance = {program_version, program_commit, inputs.command_line, inputs.files};
  result.config = to_toml(config);
  return result;
}

int run_slices(RunConfig const& config, RunInputs const& inputs, BookFile const& book,
               Cuts const& cuts, Stopwatch const& watch, RunFolder& folder, RunLog& log,
               RunOutput output) {
  tell_inputs(book.accounts(), book.pools(), inputs, log);
  std::string const plan = plan_of(config, inputs, cuts);
  bool const begun = folder.plan(plan);
  log.tell(
      "cut", {{"slices", cuts.size() - 1}},
      fmt::format("{} slices{}", cuts.size() - 1, begun ? ", some may be finished already" : ""));
  std::vector<Shard> const shards = shards_of(plan, cuts);
  Result whole = evaluate_slices(config, inputs, book, cuts, shards, {0, shards.size()},
                                 folder.workplace(), log);
  return finish_run(config, whole, watch, folder, log, output,
                    [&] { join_slices(config, inputs, book, shards, folder.workplace(), whole); });
}

// What a run would take; nothing is begun.
int plan(RunConfig const& asked, bool json) {
  RunInputs inputs = read_inputs_beside_book(asked);
  RunConfig const config = settled(asked, inputs);
  std::uint64_t const slice = slice_of(config, inputs);
  bool const cut = size_of_book(config.book).pools > slice;
  RunPlan const found = plan_run(config, std::move(inputs), cut ? slice : 0);
  std::cout << (json ? plan_json(found) : plan_text(found)) << std::flush;
  return 0;
}

int run(RunConfig const& asked, RunOutput output) {
  leave_when_told("plimsoll: stopped; nothing was finished\n");
  if (Ranks& ranks = all_ranks(); ranks.several()) return run_on_ranks(asked, output, ranks);
  RunFolder folder(asked.out, asked.force ? Overwrite::yes : Overwrite::no, asked.resume);
  RunLog log(folder.log(), output.log);
  Stopwatch watch;
  RunInputs inputs = read_inputs_beside_book(asked);
  inputs.command_line = command_line();
  RunConfig const config = settled(asked, inputs);
  std::uint64_t const slice = slice_of(config, inputs);
  if (folder.planned_cuts().empty() && size_of_book(config.book).pools <= slice) {
    Result result = run_whole(config, std::move(inputs), watch, log);
    return finish_run(config, result, watch, folder, log, output, [&] {
      write_result(result, folder.unfinished("results.h5"), Overwrite::yes);
    });
  }
  BookFile const book(config.book);
  Cuts const cuts = cuts_of(book, folder, slice);
  watch.lap("read");
  return run_slices(config, inputs, book, cuts, watch, folder, log, output);
}

}  // namespace

std::uint64_t slice_of(RunConfig const& config, RunInputs const& inputs) {
  BookSize const book = size_of_book(config.book);
  std::uint64_t const most =
      config.slice > 0 ? config.slice
                       : pools_that_fit(book, config.memory, shape_of(config, inputs).steps,
                                        config.rules.size());
  return most;
}

Cuts cuts_of(BookFile const& book, RunFolder const& folder, std::uint64_t slice, unsigned ranks) {
  if (std::optional<Cuts> planned = cuts_at(book, folder.planned_cuts())) return *planned;
  return cut_book(book, slice, ranks);
}

int finish_run(RunConfig const& config, Result& result, Stopwatch const& watch, RunFolder& folder,
               RunLog& log, RunOutput output, std::function<void()> const& write_results) {
  log.tell("engine", {{"engine", result.engine}, {"note", result.engine_note}},
           fmt::format("engine {}{}{}", result.engine, result.engine_note.empty() ? "" : "; ",
                       result.engine_note));
  for (std::size_t i = 0; i < result.work.size(); ++i)
    log.tell("cells",
             {{"pack", result.packs[i]},
              {"covered", result.work[i].covered},
              {"filtered", result.work[i].filtered},
              {"decided", result.work[i].decided}},
             fmt::format("{}: {}", result.packs[i], work_in_words(result.work[i])));
  result.stage_name.insert(result.stage_name.begin(), watch.names.begin(), watch.names.end());
  result.stage_seconds.insert(result.stage_seconds.begin(), watch.seconds.begin(),
                              watch.seconds.end());
  for (double const seconds : result.stage_seconds) result.seconds_total += seconds;
  result.peak_memory_bytes = std::max(result.peak_memory_bytes, peak_memory_bytes());
  for (std::size_t i = 0; i < result.stage_name.size(); ++i)
    log.tell("stage", {{"stage", result.stage_name[i]}, {"seconds", result.stage_seconds[i]}},
             fmt::format("{}: {:.2f} s", result.stage_name[i], result.stage_seconds[i]));

  Stopwatch writing;
  write_results();
  write_text_file(folder.unfinished("report.html"), report_html(result), Overwrite::yes);
  writing.lap("write");
  log.tell("written",
           {{"seconds", writing.seconds.back()}, {"peak_memory_bytes", peak_memory_bytes()}},
           fmt::format("write: {:.2f} s; peak memory {} MiB", writing.seconds.back(),
                       peak_memory_bytes() >> 20));
  folder.complete(config, result);
  std::cout << (output.json ? summary_json(result) : summary_table(result)) << std::flush;
  return std::max(static_cast<int>(told_undefined(result)),
                  static_cast<int>(told_unvalued(result)));
}

void add_run(CLI::App& app, Action& chosen) {
  CLI::App* const command = app.add_subcommand(
      "run",
      "Evaluate every pool of a book under Monte Carlo scenarios and write the result.\n"
      "Writes results.h5, report.html, manifest.json and run.log into --out.");
  auto const flags = std::make_shared<Flags>();
  command
      ->add_option("config", flags->config_file, "run.toml: everything a flag can say; flags win")
      ->type_name("FILE");
  command->add_option("--book", flags->book, "book.h5 of synth or import")->type_name("FILE");
  command->add_option("--market", flags->market, "market.h5 of calibrate or import")
      ->type_name("FILE");
  command
      ->add_option("--rules", flags->rules, "rule pack(s), TOML; the book is evaluated under each")
      ->type_name("FILE");
  command->add_option("--moves", flags->moves, "table of moves (CSV) instead of drawn scenarios")
      ->type_name("FILE");
  command->add_option("--scenarios", flags->scenarios, "number of scenarios (default 10000)");
  command->add_option("--horizon-days", flags->horizon_days,
                      "days until the last step (default 2)");
  command->add_option("--steps", flags->steps, "steps of equal length (default 2)");
  command->add_option("--seed", flags->seed, "seed of the scenarios (default 1)");
  command->add_option("--tails", flags->tails,
                      "VaR and ES of: all | flagged | none (default flagged)");
  command->add_option("--engine", flags->engine, "auto | one of `plimsoll engines`");
  command->add_option("--threads", flags->threads, "threads (default: all processors)");
  command->add_option("--tile", flags->tile, "scenarios priced together (default: the engine's)");
  command->add_option("--batch", flags->batch, "accounts in flight (default: the engine's)");
  command->add_option("--slice", flags->slice,
                      "pools evaluated and kept together (default: as many as fit the memory, at "
                      "most 262144)");
  command->add_option("--memory", flags->memory, "refuse to take more than this, such as 4GiB");
  command->add_option("--out", flags->out, "folder of the run")->type_name("DIR");
  command->add_flag("--check-work", flags->check_work,
                    "decide also what the engine passes over; stop if it should not have been");
  command->add_flag("--force", flags->force, "replace the run that is in --out");
  command->add_flag("--resume", flags->resume,
                    "go on with the slices that a stopped run left in --out");
  command->add_flag("--plan", flags->plan,
                    "say what the run would take (memory, slices, bytes, time); start nothing");
  CLI::Option* const json =
      command->add_flag("--json", flags->json, "print the summary, or the plan, as JSON");
  command->add_option("--format", flags->format, "of summary or plan: table | json")
      ->check(CLI::IsMember({"table", "json"}))
      ->excludes(json);
  command
      ->add_option("--log-format", flags->log_format, "of run.log: text | json, an object a line")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([command, flags, &chosen] {
    chosen = [command, flags] {
      bool const as_json = flags->json || flags->format == "json";
      RunConfig const config = config_of(*command, *flags);
      LogFormat const log = flags->log_format == "json" ? LogFormat::json : LogFormat::text;
      return flags->plan ? plan(config, as_json) : run(config, {as_json, log});
    };
  });
}

}  // namespace plimsoll
