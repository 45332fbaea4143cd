// plimsoll value, explain, digest, report, engines: commands that look and change nothing.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "host/book_store.hpp"
#include "host/commands/command.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/explain.hpp"
#include "host/margin_table.hpp"
#include "host/market_store.hpp"
#include "host/output_file.hpp"
#include "host/report.hpp"
#include "host/result_store.hpp"
#include "host/rules_file.hpp"
#include "host/run.hpp"
#include "kernels/engine.hpp"

namespace plimsoll {
namespace {

std::uint32_t pool_named(Book const& book, std::string const& name) {
  for (std::uint32_t pool = 0; pool < book.pools.name.size(); ++pool)
    if (book.pools.name[pool] == name) return pool;
  throw InputError("--pool " + name, "no pool of that name", "the book does not hold it",
                   "pools are named in `plimsoll value` and in results.h5 under /pools/name");
}

TableFormat format_named(std::string const& name) {
  return name == "csv" ? TableFormat::csv : name == "json" ? TableFormat::json : TableFormat::table;
}

std::vector<Threshold> thresholds_named(std::string const& name) {
  if (name == "all") return {std::begin(thresholds), std::end(thresholds)};
  for (Threshold const threshold : thresholds)
    if (threshold_name(threshold) == name) return {threshold};
  throw std::logic_error("threshold " + name);
}

// The results file of a run's folder, or the file itself.
std::string result_file(std::string const& path) {
  return std::filesystem::is_directory(path) ? path + "/results.h5" : path;
}

// The run's inputs again, refused if they are not the bytes that the run saw.
RunInputs inputs_of(Result const& result, RunConfig const& config, std::string const& place) {
  for (InputFile const& input : result.provenance.inputs) {
    if (file_sha256(input.path) != input.sha256)
      throw InputError(input.path,
                       "is not the " + input.role + " that the run in " + place + " read",
                       "its SHA-256 differs, so the cell would be another one",
                       "restore the file, or run again");
  }
  return read_inputs(config);
}

int explain(std::string const& folder, std::string const& pool_name, std::string const& pack,
            std::int64_t scenario) {
  Result const result = read_result(result_file(folder));
  RunConfig const config = parse_run_config(result.config, result_file(folder));
  RunInputs const inputs = inputs_of(result, config, folder);
  std::uint32_t const pool = pool_named(inputs.book, pool_name);
  std::size_t p = 0;
  while (p < result.packs.size() && !pack.empty() && result.packs[p] != pack) ++p;
  if (p == result.packs.size())
    throw InputError("--rules " + pack, "the run has no such rule pack", "it was not evaluated",
                     "leave the flag out for the first pack");
  RunShape const shape = shape_of(config, inputs);
  ResolvedBook const resolved(inputs.book, inputs.market, inputs.rules[p], Threshold::maintenance,
                              shape);
  std::uint64_t const cell = p * inputs.book.pools.name.size() + pool;
  if (scenario < 0) scenario = result.pools.worst_scenario[cell];
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
  Explanation const found = explain_scenario(inputs.book, inputs.market, inputs.rules[p], resolved,
                                             inputs.view(), shape, pool, chosen);
  std::cout << found.text;
  if (std::cmp_equal(result.pools.worst_scenario[cell], chosen)) {
    Ticks const stored = result.pools.worst_shortfall[cell];
    if (stored != found.passage.shortfall)
      throw std::logic_error(fmt::format("replayed shortfall {} ticks, the result holds {}",
                                         found.passage.shortfall, stored));
    fmt::print("the pool's worst scenario; agrees with results.h5 to the tick\n");
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
  command->add_option("--pool", flags->pool, "print this pool line by line instead")
      ->excludes(format);
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
      "Replay one pool in one scenario of a run, line by line; its worst one by default.");
  struct Flags {
    std::string folder, pool, rules;
    std::int64_t scenario = -1;
  };
  auto const flags = std::make_shared<Flags>();
  command->add_option("run", flags->folder, "folder of the run")->required()->type_name("DIR");
  command->add_option("--pool", flags->pool, "name of the pool")->required();
  command->add_option("--scenario", flags->scenario, "number of the scenario, from 0")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--rules", flags->rules, "name of the rule pack, if the run has several");
  command->callback([flags, &chosen] {
    chosen = [flags] { return explain(flags->folder, flags->pool, flags->rules, flags->scenario); };
  });
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
