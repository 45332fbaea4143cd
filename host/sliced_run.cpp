#include "host/sliced_run.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "host/condense.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/io_lane.hpp"
#include "host/markup.hpp"
#include "host/memory_here.hpp"
#include "host/result_store.hpp"
#include "host/stop_signal.hpp"
#include "host/version.hpp"

namespace plimsoll {
namespace {

// [byte] held for a pool of the slice that is evaluated, the one that is read and the one that is
// written, and for a row of balances, positions and orders; about twice what books of a
// million pools took.
constexpr std::uint64_t pool_bytes = 1000;
constexpr std::uint64_t pool_pack_bytes = 1200;
constexpr std::uint64_t row_bytes = 160;
// [byte] of the program, its market and the columns that an engine works on.
constexpr std::uint64_t fixed_bytes = std::uint64_t{300} << 20;
constexpr std::uint64_t most_slice_pools = 1 << 18;
// A budget too small for these is refused when it turns out to be.
constexpr std::uint64_t least_slice_pools = 1 << 12;

bool exists(std::string const& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0;
}

// What comes of looking for a slice: its result where it is finished, its accounts where not.
struct Found {
  std::optional<Result> finished;
  Book accounts;
  std::string fault;  // why a file that is there is not used
};

// Adds the seconds of stages to those of the same name.
void add_stages(Result& to, Result const& from) {
  for (std::size_t i = 0; i < from.stage_name.size(); ++i) {
    auto const known = std::find(to.stage_name.begin(), to.stage_name.end(), from.stage_name[i]);
    if (known == to.stage_name.end()) {
      to.stage_name.push_back(from.stage_name[i]);
      to.stage_seconds.push_back(0.0);
    }
    std::size_t const at = static_cast<std::size_t>(
        std::find(to.stage_name.begin(), to.stage_name.end(), from.stage_name[i]) -
        to.stage_name.begin());
    to.stage_seconds[at] += from.stage_seconds[i];
  }
}

void add_work(Result& to, Result const& from) {
  to.work.resize(std::max(to.work.size(), from.work.size()));
  for (std::size_t i = 0; i < from.work.size(); ++i) {
    to.work[i].covered += from.work[i].covered;
    to.work[i].filtered += from.work[i].filtered;
    to.work[i].decided += from.work[i].decided;
  }
}

class SlicedRun {
 public:
  SlicedRun(RunConfig const& config, RunInputs const& inputs, BookFile const& book,
            Cuts const& cuts, RunFolder& folder, RunLog& log)
      : config_(config),
        inputs_(inputs),
        book_(book),
        cuts_(cuts),
        folder_(folder),
        log_(log),
        run_id_(text_sha256(plan_of(config, inputs, cuts))) {
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) shards_.push_back(shard(i));
  }

  Result run() {
    std::future<Found> next = look_for(0);
    for (std::size_t slice = 0; slice < shards_.size(); ++slice) {
      Found found = next.get();
      if (slice + 1 < shards_.size()) next = look_for(slice + 1);
      if (!found.fault.empty()) log_.line("slice {} is made again: {}", slice, found.fault);
      if (found.finished.has_value()) {
        finish_writing();
        add(*found.finished);
        log_.line("slice {} was finished before", slice);
        continue;
      }
      Result part = evaluate(slice, std::move(found.accounts));
      finish_writing();
      start_writing(slice, std::move(part));
    }
    finish_writing();
    find_exceedance(whole_);
    write_joined(whole_, shards_, folder_.unfinished("."), folder_.unfinished("results.h5"),
                 Overwrite::yes);
    return std::move(whole_);
  }

 private:
  Shard shard(std::size_t slice) const {
    BookPlace const& begin = cuts_[slice];
    BookPlace const& end = cuts_[slice + 1];
    return {run_id_,    fmt::format("shards/{:05}.h5", slice), begin.account,
            begin.pool, end.account - begin.account,           end.pool - begin.pool};
  }

  std::future<Found> look_for(std::size_t slice) {
    return lane_.start([this, slice] {
      Found found;
      std::string const path = folder_.unfinished(shards_[slice].file);
      if (exists(path)) {
        try {
          found.finished = read_shard(shards_[slice], path);
          condense(*found.finished);
          return found;
        } catch (InputError const& error) {
          found.finished.reset();
          found.fault = error.what();
        }
      }
      found.accounts = book_.part(cuts_[slice], cuts_[slice + 1]);
      return found;
    });
  }

  Result evaluate(std::size_t slice, Book accounts) {
    RunInputs inputs = inputs_;
    inputs.book = std::move(accounts);
    inputs.part = fmt::format("slice {} of {}, ", slice + 1, shards_.size());
    Result part = evaluate_run(config_, inputs);
    part.provenance = {program_version, program_commit, inputs_.command_line, inputs_.files};
    part.config = to_toml(config_);
    log_.line("slice {}: {} accounts, {} pools", slice, part.accounts.name.size(),
              part.pools.name.size());
    return part;
  }

  void start_writing(std::size_t slice, Result part) {
    auto kept = std::make_shared<Result>(std::move(part));
    writing_ = lane_.start([this, slice, kept] {
      write_shard(*kept, shards_[slice], folder_.unfinished(shards_[slice].file));
      condense(*kept);
      return kept;
    });
  }

  void finish_writing() {
    if (writing_.valid()) add(*writing_.get());
  }

  void add(Result const& part) {
    ++finished_;
    leave_when_told(
        fmt::format("plimsoll: stopped; {} of {} slices are finished. Hint: give "
                    "--resume to go on\n",
                    finished_, shards_.size()));
    if (whole_.packs.empty()) {
      whole_ = part;
      return;
    }
    append(whole_, part);
    condense(whole_);
    add_stages(whole_, part);
    add_work(whole_, part);
  }

  RunConfig const& config_;
  RunInputs const& inputs_;
  BookFile const& book_;
  Cuts const& cuts_;
  RunFolder& folder_;
  RunLog& log_;
  std::string run_id_;
  std::vector<Shard> shards_;
  Result whole_;
  std::size_t finished_ = 0;
  std::future<std::shared_ptr<Result>> writing_;
  IoLane lane_;  // the last member: its thread ends before anything that it works with
};

}  // namespace

std::uint64_t pools_that_fit(BookSize const& book, std::uint64_t memory, std::uint32_t steps,
                             std::size_t packs) {
  std::uint64_t const rows = book.rows / std::max<std::uint64_t>(book.pools, 1) + 1;
  std::uint64_t const each =
      pool_bytes + packs * (pool_pack_bytes + 3 * sizeof(double) * steps) + row_bytes * rows;
  if (memory == 0) memory = machine_memory_bytes() / 2;
  std::uint64_t const room = memory > fixed_bytes ? memory - fixed_bytes : 0;
  return std::clamp(room / each, least_slice_pools, most_slice_pools);
}

Cuts cut_book(BookFile const& book, std::uint64_t most_pools) {
  std::vector<BookPlace> const& places = book.places();
  std::uint64_t const slices =
      std::max<std::uint64_t>(1, (book.pools() + most_pools - 1) / most_pools);
  Cuts cuts = {places.front()};
  for (std::size_t i = 1; i + 1 < places.size(); ++i) {
    std::uint64_t const aim = cuts.size() * book.pools() / slices;
    if (places[i + 1].pool > aim) cuts.push_back(places[i]);
  }
  cuts.push_back(places.back());
  return cuts;
}

std::string plan_of(RunConfig const& config, RunInputs const& inputs, Cuts const& cuts) {
  RunShape const shape = shape_of(config, inputs);
  std::string plan = "{\n";
  auto const line = [&plan](std::string_view key, std::string const& value) {
    plan += fmt::format(" \"{}\": {},\n", key, value);
  };
  line("schema", "\"plimsoll.plan\"");
  line("version", "1");
  line("program_version", json_string(program_version));
  line("program_commit", json_string(program_commit));
  line("scenarios", std::to_string(shape.scenarios));
  line("steps", std::to_string(shape.steps));
  line("horizon_days", json_number(config.horizon_days));
  line("seed", std::to_string(shape.seed));
  line("tails", json_string(name_of(config.tails)));
  for (std::size_t i = 0; i < inputs.files.size(); ++i)
    line(fmt::format("input_{}", i),
         json_string(inputs.files[i].role + " " + inputs.files[i].sha256));
  std::vector<std::uint64_t> accounts;
  for (BookPlace const& cut : cuts) accounts.push_back(cut.account);
  return plan + fmt::format(" \"cuts\": [{}]\n}}\n", fmt::join(accounts, ", "));
}

Result run_in_slices(RunConfig const& config, RunInputs const& inputs, BookFile const& book,
                     Cuts const& cuts, RunFolder& folder, RunLog& log) {
  return SlicedRun(config, inputs, book, cuts, folder, log).run();
}

}  // namespace plimsoll
