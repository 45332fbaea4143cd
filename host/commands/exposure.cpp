// plimsoll exposure: what the positions of a pool do to each other in the scenarios of a run.
#include "host/exposure.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <numeric>

#include "host/commands/command.hpp"
#include "host/engine_choice.hpp"
#include "host/error.hpp"
#include "host/exposure_text.hpp"
#include "host/figure_text.hpp"
#include "host/progress.hpp"
#include "host/recorded_run.hpp"

namespace plimsoll {
namespace {

struct Flags {
  std::string folder, rules, engine, threads, memory;
  std::vector<std::string> pools, accounts;
  std::uint64_t top = 0;
  bool all = false, json = false, csv = false;
};

struct Selection {
  std::vector<std::uint32_t> pools;
  std::string words;
};

void append_account(Book const& book, std::string const& name, std::vector<std::uint32_t>& pools) {
  auto const found = std::find(book.accounts.name.begin(), book.accounts.name.end(), name);
  if (found == book.accounts.name.end())
    throw InputError("--account " + name, "no account of that name", "the book does not hold it",
                     "accounts are named in `plimsoll value` and in results.h5 under "
                     "/accounts/name");
  auto const account = static_cast<std::uint32_t>(found - book.accounts.name.begin());
  for (std::uint32_t pool = 0; pool < book.pools.account.size(); ++pool)
    if (book.pools.account[pool] == account) pools.push_back(pool);
}

Selection named(Book const& book, Flags const& flags) {
  Selection chosen{{}, "as asked for"};
  for (std::string const& name : flags.pools) chosen.pools.push_back(pool_named(book, name));
  for (std::string const& name : flags.accounts) append_account(book, name, chosen.pools);
  std::sort(chosen.pools.begin(), chosen.pools.end());
  chosen.pools.erase(std::unique(chosen.pools.begin(), chosen.pools.end()), chosen.pools.end());
  return chosen;
}

// Those in breach most often, then by their worst shortfall, then as the book has them.
std::vector<std::uint32_t> most_likely(Result::Pools const& pools, std::size_t first,
                                       std::vector<std::uint32_t> all, std::uint64_t count) {
  std::stable_sort(all.begin(), all.end(), [&](std::uint32_t a, std::uint32_t b) {
    auto const key = [&](std::uint32_t pool) {
      return std::pair(pools.breaches[first + pool], pools.worst_shortfall[first + pool]);
    };
    return key(a) > key(b);
  });
  all.resize(std::min<std::uint64_t>(all.size(), count));
  return all;
}

Selection selected(RecordedRun const& run, std::size_t pack, Flags const& flags) {
  Book const& book = run.inputs.book;
  if (!flags.pools.empty() || !flags.accounts.empty()) return named(book, flags);
  std::vector<std::uint32_t> all(book.pools.name.size());
  std::iota(all.begin(), all.end(), 0u);
  if (flags.all) return {all, "all"};
  Result::Pools const& pools = run.result.pools;
  std::size_t const first = pack * all.size();
  if (flags.top > 0)
    return {most_likely(pools, first, std::move(all), flags.top), "most likely to breach"};
  std::erase_if(all, [&](std::uint32_t pool) { return pools.breaches[first + pool] == 0; });
  return {all, "flagged in the run"};
}

int exposure(Flags const& flags) {
  RecordedRun const run = read_recorded_run(flags.folder);
  std::size_t const pack = run.pack_named(flags.rules);
  Selection const chosen = selected(run, pack, flags);
  Book const& book = run.inputs.book;
  std::string note;
  ExposureTuning tuning;
  tuning.engine = &chosen_engine(flags.engine.empty() ? run.config.engine : flags.engine, note);
  tuning.threads = flags.threads.empty()
                       ? run.config.threads
                       : static_cast<unsigned>(parse_count("threads", flags.threads));
  tuning.memory = flags.memory.empty() ? run.config.memory : parse_bytes(flags.memory);
  Progress progress("evaluating derived pools");
  tuning.progress = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
  RulePack const& rules = run.inputs.rules[pack];
  ExposureJob const job{book, run.inputs.market, run.inputs.view(), rules, run.shape()};
  std::unique_ptr<ExposureWriter> writer;  // begins when nothing is refused any more
  auto const writing = [&]() -> ExposureWriter& {
    if (writer == nullptr)
      writer = ExposureWriter::make(
          std::cout, book, {rules.name, chosen.words, chosen.pools.size(), job.shape.scenarios},
          flags.json  ? TableFormat::json
          : flags.csv ? TableFormat::csv
                      : TableFormat::table);
    return *writer;
  };
  std::uint64_t const undefined =
      find_exposures(job, chosen.pools, tuning, [&](PoolExposure const& found) {
        check_against(run, pack, found);
        writing().add(found);
      });
  writing().finish();
  if (undefined == 0) return 0;
  std::fputs(fmt::format("plimsoll: {} cells lay outside the domain of the arithmetic; they count "
                         "as no breach\n",
                         undefined)
                 .c_str(),
             stderr);
  return static_cast<int>(ExitCode::undefined);
}

}  // namespace

void add_exposure(CLI::App& app, Action& chosen) {
  CLI::App* const command =
      app.add_subcommand("exposure",
                         "How likely a pool of a run breaches as it is, against every position "
                         "isolated, and how much\n"
                         "each position drags the others; the flagged pools by default.");
  auto const flags = std::make_shared<Flags>();
  command->add_option("run", flags->folder, "folder of the run")->required()->type_name("DIR");
  CLI::Option* const pool =
      command->add_option("--pool", flags->pools, "name of a pool, or several");
  CLI::Option* const account =
      command->add_option("--account", flags->accounts, "name of an account, or several");
  CLI::Option* const top =
      command->add_option("--top", flags->top, "so many pools that are most likely to breach")
          ->check(CLI::PositiveNumber)
          ->excludes(pool)
          ->excludes(account);
  command->add_flag("--all", flags->all, "every pool of the book")
      ->excludes(pool)
      ->excludes(account)
      ->excludes(top);
  command->add_option("--rules", flags->rules, "name of the rule pack, if the run has several");
  command->add_option("--engine", flags->engine, "auto | one of `plimsoll engines`");
  command->add_option("--threads", flags->threads, "threads (default: the run's)");
  command->add_option("--memory", flags->memory, "refuse to take more than this, such as 4GiB");
  CLI::Option* const json = command->add_flag("--json", flags->json, "print JSON");
  command->add_flag("--csv", flags->csv, "print CSV")->excludes(json);
  command->callback([flags, &chosen] { chosen = [flags] { return exposure(*flags); }; });
}

}  // namespace plimsoll
