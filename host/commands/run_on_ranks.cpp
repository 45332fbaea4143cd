// plimsoll run under mpirun or srun: rank 0 has the folder, all evaluate.
#include <fmt/format.h>

#include <filesystem>
#include <iterator>
#include <optional>
#include <sstream>

#include "host/commands/command.hpp"
#include "host/commands/run_parts.hpp"
#include "host/engine_choice.hpp"
#include "host/error.hpp"
#include "host/rank_slices.hpp"
#include "host/version.hpp"

namespace plimsoll {
namespace {

// What a rank reads, the same on all of them.
struct Read {
  RunConfig config;
  RunInputs inputs;
  std::optional<BookFile> book;
  std::uint64_t slice = 0;
};

// On all ranks; all end where one cannot read its inputs or reads others than rank 0.
Read read_alike(RunConfig const& asked, Ranks& ranks) {
  Read read;
  on_all(ranks, [&] {
    read.inputs = read_inputs_beside_book(asked);
    read.inputs.command_line = command_line();
    read.config = settled(asked, read.inputs);
    read.slice = slice_of(read.config, read.inputs);
    read.book.emplace(read.config.book);
    std::string note;
    chosen_engine(read.config.engine, note).use_device(ranks.local_rank());
  });
  std::string const mine = plan_of(read.config, read.inputs, {});
  std::string const firsts = ranks.broadcast(mine);
  on_all(ranks, [&] {
    if (mine != firsts)
      throw InputError("this rank",
                       "makes another run: " + first_difference(firsts, mine) + " (there: rank 0)",
                       "the ranks of a run evaluate one book under one market and one set of rules",
                       "give all of them the same program, files and flags");
  });
  return read;
}

// What rank 0 tells the others: where the book is cut, and which slices lie there already.
std::string tell(Cuts const& cuts, std::vector<bool> const& finished) {
  std::string text;
  for (std::size_t i = 0; i < cuts.size(); ++i)
    text += fmt::format("{} {}\n", cuts[i].account, i < finished.size() && finished[i] ? 1 : 0);
  return text;
}

std::pair<Cuts, std::vector<bool>> told(BookFile const& book, std::string const& text) {
  std::istringstream stream(text);
  std::vector<std::uint64_t> accounts;
  std::vector<bool> finished;
  for (std::uint64_t account = 0, done = 0; stream >> account >> done;) {
    accounts.push_back(account);
    finished.push_back(done != 0);
  }
  finished.pop_back();
  return {cuts_at(book, accounts).value(), finished};
}

std::string log_of(RunConfig const& config, Ranks const& ranks, RunFolder const* folder) {
  return folder != nullptr ? folder->log() : fmt::format("{}/run-{}.log", config.out, ranks.rank());
}

}  // namespace

int run_on_ranks(RunConfig const& asked, RunOutput output, Ranks& ranks) {
  Stopwatch watch;
  Read const read = read_alike(asked, ranks);
  RunConfig const& config = read.config;
  BookFile const& book = *read.book;
  watch.lap("read");
  std::optional<RunFolder> folder;
  std::string plan;
  on_all(ranks, [&] {
    if (!ranks.first()) return;
    folder.emplace(config.out, config.force ? Overwrite::yes : Overwrite::no, config.resume);
    Cuts const cuts = cuts_of(book, *folder, read.slice, ranks.size());
    folder->plan(plan_of(config, read.inputs, cuts));
    std::vector<bool> finished;
    for (Shard const& shard : shards_of("", cuts))
      finished.push_back(std::filesystem::exists(folder->unfinished(shard.file)));
    plan = tell(cuts, finished);
  });
  auto const [cuts, finished] = told(book, ranks.broadcast(plan));
  RunLog log(log_of(config, ranks, folder ? &*folder : nullptr), output.log);
  log.tell("read",
           {{"rank", ranks.rank()},
            {"ranks", ranks.size()},
            {"accounts", book.accounts()},
            {"pools", book.pools()},
            {"factors", read.inputs.market.factors.size()},
            {"slices", finished.size()}},
           fmt::format("{}{} accounts, {} pools, {} factors, {} slices", rank_in_words(),
                       book.accounts(), book.pools(), read.inputs.market.factors.size(),
                       finished.size()));
  std::vector<Shard> const shards = shards_of(plan_of(config, read.inputs, cuts), cuts);
  SliceRange const mine = share_slices(cuts, finished, ranks.size())[ranks.rank()];
  std::string const workplace = config.out + "/.plimsoll-partial";
  Result whole =
      add_up(ranks, evaluate_slices(config, read.inputs, book, cuts, shards, mine, workplace, log),
             config.rules.size(), shape_of(config, read.inputs).scenarios,
             book.axes().classes.size(), log);
  if (!ranks.first()) return 0;
  whole.provenance = {program_version, program_commit, read.inputs.command_line, read.inputs.files};
  whole.config = to_toml(config);
  return finish_run(config, whole, watch, *folder, log, output, [&] {
    join_slices(config, read.inputs, book, shards, folder->workplace(), whole);
  });
}

}  // namespace plimsoll
