// plimsoll value, explain, digest, report, engines: commands that look and change nothing.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "host/attribution.hpp"
#include "host/attribution_text.hpp"
#include "host/book_store.hpp"
#include "host/commands/command.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/explain.hpp"
#include "host/margin_comparison.hpp"
#include "host/margin_table.hpp"
#include "host/market_store.hpp"
#include "host/markup.hpp"
#include "host/output_file.hpp"
#include "host/recorded_run.hpp"
#include "host/report.hpp"
#include "host/result_store.hpp"
#include "host/rules_file.hpp"
#include "host/run.hpp"
#include "kernels/engine.hpp"

namespace plimsoll {
namespace {

TableFormat format_named(std::string const& name) {
  return name == "csv" ? TableFormat::csv : name == "json" ? TableFormat::json : TableFormat::table;
}

std::vector<Threshold> thresholds_named(std::string const& name) {
  if (name == "all") return {std::begin(thresholds), std::end(thresholds)};
  for (Threshold const threshold : thresholds)
    if (threshold_name(threshold) == name) return {threshold};
  throw std::logic_error("threshold " + name);
}

struct ExplainFlags {
  std::string folder, pool, rules;
  std::int64_t scenario = -1;
  std::uint32_t step = 0;  // of the attribution; 0: first passage, or the last
  bool average = false, json = false;
};

int explain_mean(ExplainFlags const& flags, RecordedRun const& run, std::size_t pack,
                 ResolvedBook const& resolved, std::uint32_t pool) {
  Book const& book = run.inputs.book;
  MeanAttribution const found =
      mean_attribution(book, resolved, run.inputs.view(), run.shape(), pool);
  std::uint64_t const stored = run.result.pools.breaches[pack * book.pools.name.size() + pool];
  if (found.breaches != stored)
    throw std::logic_error(
        fmt::format("replayed {} breaches, the result holds {}", found.breaches, stored));
  AttributionPlace place{pool, run.inputs.rules[pack].name};
  place.breaches = found.breaches;
  place.left_out = found.left_out;
  AttributionNames const names{book, run.inputs.market, resolved};
  if (flags.json)
    std::cout << attribution_json(found.mean, place, names);
  else if (found.breaches == found.left_out)
    fmt::print("no breach of the pool can be split: it has {}, {} outside the domain\n",
               found.breaches, found.left_out);
  else
    std::cout << "pool " << plain_name(flags.pool, 64) << ", rules " << place.rules << "\n"
              << attribution_text(found.mean, place, names);
  return 0;
}

std::string attribution_of(ExplainFlags const& flags, RecordedRun const& run, std::size_t pack,
                           ResolvedBook const& resolved, std::uint32_t pool, std::uint64_t scenario,
                           std::uint32_t passage) {
  RunShape const shape = run.shape();
  MarketView const market = run.inputs.view();
  Replay replay(resolved, market, shape);
  replay.load(scenario);
  std::uint32_t const step = flags.step > 0 ? flags.step : passage > 0 ? passage : shape.steps;
  std::optional<Attribution> const split = attribution(
      attribution_job(run.inputs.book, resolved, shape, pool), pool,
      [&](std::uint32_t row, std::uint32_t at) { return replay.row(at, row); }, step);
  if (!split && !flags.json)
    return "\nthe excess lies outside the domain of the arithmetic: it is not split\n";
  if (!split)
    throw InputError(fmt::format("--scenario {}", scenario), "cannot be split",
                     "the excess lies outside the domain of the arithmetic there",
                     "choose another scenario or step");
  AttributionPlace place{pool, run.inputs.rules[pack].name, scenario, step};
  AttributionNames const names{run.inputs.book, run.inputs.market, resolved};
  return flags.json ? attribution_json(*split, place, names)
                    : "\n" + attribution_text(*split, place, names);
}

int explain(ExplainFlags const& flags) {
  RecordedRun const run = read_recorded_run(flags.folder);
  RunInputs const& inputs = run.inputs;
  std::uint32_t const pool = pool_named(inputs.book, flags.pool);
  std::size_t const p = run.pack_named(flags.rules);
  RunShape const shape = run.shape();
  ResolvedBook const resolved(inputs.book, inputs.market, inputs.rules[p], Threshold::maintenance,
                              shape);
  if (flags.average) return explain_mean(flags, run, p, resolved, pool);
  std::uint64_t const cell = p * inputs.book.pools.name.size() + pool;
  std::int64_t const scenario =
      flags.scenario < 0 ? run.result.pools.worst_scenario[cell] : flags.scenario;
  if (scenario < 0 && flags.json)
    throw InputError("--json", "no scenario of this run brings the pool into breach",
                     "there is no worst one to split", "choose a scenario with --scenario");
  if (scenario < 0) {
    std::cout
        << explain_today(inputs.book, inputs.rules[p], resolved, pool).text
        << "\nno scenario of this run brings the pool into breach; choose one with --scenario\n";
    return 0;
  }
  auto const chosen = static_cast<std::uint64_t>(scenario);
  if (chosen >= shape.scenarios)
    throw InputError(fmt::format("--scenario {}", chosen), "outside the run",
                     fmt::format("it has scenarios 0 to {}", shape.scenarios - 1),
                     "choose one of them");
  if (flags.step > shape.steps)
    throw InputError(fmt::format("--step {}", flags.step), "outside the run",
                     fmt::format("it has steps 1 to {}", shape.steps), "choose one of them");
  Explanation const found = explain_scenario(inputs.book, inputs.market, inputs.rules[p], resolved,
                                             inputs.view(), shape, pool, chosen);
  std::string const split =
      attribution_of(flags, run, p, resolved, pool, chosen, found.passage.step);
  if (!flags.json) std::cout << found.text;
  std::cout << split;
  if (std::cmp_equal(run.result.pools.worst_scenario[cell], chosen)) {
    Ticks const stored = run.result.pools.worst_shortfall[cell];
    if (stored != found.passage.shortfall)
      throw std::logic_error(fmt::format("replayed shortfall {} ticks, the result holds {}",
                                         found.passage.shortfall, stored));
    if (!flags.json) fmt::print("the pool's worst scenario; agrees with results.h5 to the tick\n");
  }
  return 0;
}

}  // namespace

void add_value(CLI::App& app, Action& chosen) {
  CLI::App* const command = app.add_subcommand(
      "value", "Today's margin table: every pool at tonight's prices, no randomness.");
  struct Flags {
    std::string book, market, format = "table", pool, threshold = "maintenance";
    std::vector<std::string> rules;
    bool side_by_side = false;
  };
  auto const flags = std::make_shared<Flags>();
  command->add_option("--book", flags->book, "book.h5")->required()->type_name("FILE");
  command->add_option("--market", flags->market, "market.h5")->required()->type_name("FILE");
  command->add_option("--rules", flags->rules, "rule pack(s)")->required()->type_name("FILE");
  CLI::Option* const format = command->add_option("--format", flags->format, "table | csv | json")
                                  ->check(CLI::IsMember({"table", "csv", "json"}));
  command
      ->add_option("--threshold", flags->threshold,
                   "initial | maintenance | liquidation_end | all (default maintenance)")
      ->check(CLI::IsMember({"initial", "maintenance", "liquidation_end", "all"}));
  CLI::Option* const one_pool =
      command->add_option("--pool", flags->pool, "print this pool line by line instead")
          ->excludes(format);
  command
      ->add_flag("--side-by-side", flags->side_by_side,
                 "a table for every pool instead, with a line for each rule pack")
      ->excludes(format)
      ->excludes(one_pool);
  command->callback([flags, &chosen] {
    chosen = [flags] {
      Book const book = read_book(flags->book);
      Market const market = read_market(flags->market);
      std::vector<RulePack> packs;
      for (std::string const& path : flags->rules) packs.push_back(read_rules(path));
      std::vector<Threshold> const shown = thresholds_named(flags->threshold);
      if (!flags->pool.empty()) {
        std::uint32_t const pool = pool_named(book, flags->pool);
        for (RulePack const& rules : packs)
          for (Threshold const threshold : shown)
            std::cout << explain_today(book, rules, ResolvedBook(book, market, rules, threshold),
                                       pool)
                             .text;
        return 0;
      }
      if (flags->side_by_side) {
        std::vector<NamedMargins> compared;
        for (RulePack const& rules : packs)
          for (Threshold const threshold : shown)
            compared.push_back({threshold == Threshold::maintenance
                                    ? rules.name
                                    : fmt::format("{}, {}", threshold_name(threshold), rules.name),
                                {book, market, rules, threshold}});
        write_side_by_side(std::cout, book, compared);
        return 0;
      }
      MarginTables tables(std::cout, book, format_named(flags->format), shown);
      for (RulePack const& rules : packs) {
        ResolvedBooks books;
        for (Threshold const threshold : shown) books.emplace_back(book, market, rules, threshold);
        tables.add(books, rules.name);
      }
      tables.finish();
      return 0;
    };
  });
}

void add_explain(CLI::App& app, Action& chosen) {
  CLI::App* const command = app.add_subcommand(
      "explain",
      "Replay one pool in one scenario of a run, line by line, and split its excess by position,\n"
      "factor and component of the rules; its worst one by default.");
  auto const flags = std::make_shared<ExplainFlags>();
  command->add_option("run", flags->folder, "folder of the run")->required()->type_name("DIR");
  command->add_option("--pool", flags->pool, "name of the pool")->required();
  CLI::Option* const scenario =
      command->add_option("--scenario", flags->scenario, "number of the scenario, from 0")
          ->check(CLI::NonNegativeNumber);
  CLI::Option* const step =
      command
          ->add_option("--step", flags->step,
                       "step that is split (default: of the first passage, else the last)")
          ->check(CLI::PositiveNumber);
  command->add_flag("--average", flags->average, "split the mean over all breaches of the pool")
      ->excludes(scenario)
      ->excludes(step);
  command->add_flag("--json", flags->json, "print the split alone, as JSON, in ticks");
  command->add_option("--rules", flags->rules, "name of the rule pack, if the run has several");
  command->callback([flags, &chosen] { chosen = [flags] { return explain(*flags); }; });
}

void add_digest(CLI::App& app, Action& chosen) {
  CLI::App* const command = app.add_subcommand("digest",
                                               "SHA-256 over the datasets of a run (or of any HDF5 "
                                               "file of ours): equal figures, equal digest.");
  auto const path = std::make_shared<std::string>();
  command->add_option("path", *path, "folder of a run, or a file")->required();
  command->callback([path, &chosen] {
    chosen = [path] {
      fmt::print("{}\n", digest(result_file(*path)));
      return 0;
    };
  });
}

void add_report(CLI::App& app, Action& chosen) {
  CLI::App* const command =
      app.add_subcommand("report", "Write the report page of a run again, from its results.h5.");
  struct Flags {
    std::string folder, out;
    bool force = false;
  };
  auto const flags = std::make_shared<Flags>();
  command->add_option("run", flags->folder, "folder of the run")->required()->type_name("DIR");
  command->add_option("--out", flags->out, "the page to write")->required()->type_name("FILE");
  command->add_flag("--force", flags->force, "replace the file");
  command->callback([flags, &chosen] {
    chosen = [flags] {
      Result const result = read_result(result_file(flags->folder));
      write_text_file(flags->out, report_html(result),
                      flags->force ? Overwrite::yes : Overwrite::no);
      return 0;
    };
  });
}

void add_engines(CLI::App& app, Action& chosen) {
  CLI::App* const command =
      app.add_subcommand("engines", "List the engines: which can run here, and why others cannot.");
  command->callback([&chosen] {
    chosen = [] {
      for (Engine const* const engine : engines()) {
        Availability const found = engine->availability();
        fmt::print("{:<12} {:<10} {}\n{:<23} {}\n", engine->name(),
                   !found.usable     ? "unusable"
                   : found.simulated ? "simulated"
                                     : "usable",
                   engine->description(), "", found.reason);
      }
      fmt::print("auto         chooses    {}\n", preferred_engine().name());
#ifndef PLIMSOLL_WITH_CUDA
      fmt::print("cuda         absent     this program was built without nvcc\n");
#endif
      return 0;
    };
  });
}

}  // namespace plimsoll
