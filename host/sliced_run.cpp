#include "host/sliced_run.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
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
#include "host/progress.hpp"
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
            Cuts const& cuts, std::vector<Shard> const& shards, std::string const& workplace,
            RunLog& log)
      : config_(config),
        inputs_(inputs),
        book_(book),
        cuts_(cuts),
        shards_(shards),
        workplace_(workplace),
        log_(log) {}

  Result run(SliceRange slices) {
    count_ = slices.end - slices.first;
    if (count_ == 0) return {};
    all_pools_ = cuts_[slices.end].pool - cuts_[slices.first].pool;
    std::future<Found> next = look_for(slices.first);
    for (std::size_t slice = slices.first; slice < slices.end; ++slice) {
      Found found = next.get();
      if (slice + 1 < slices.end) next = look_for(slice + 1);
      if (!found.fault.empty())
        log_.tell("slice damaged", {{"slice", slice}, {"fault", found.fault}},
                  fmt::format("slice {} is made again: {}", slice, found.fault));
      if (found.finished.has_value()) {
        finish_writing();
        add(*found.finished);
        log_.tell("slice found", {{"slice", slice}},
                  fmt::format("slice {} was finished before", slice));
        continue;
      }
      Result part = evaluate(slice, std::move(found.accounts));
      finish_writing();
      start_writing(slice, std::move(part));
    }
    finish_writing();
    return std::move(whole_);
  }

 private:
  std::string file_of(std::size_t slice) const { return workplace_ + "/" + shards_[slice].file; }

  std::future<Found> look_for(std::size_t slice) {
    return lane_.start([this, slice] {
      Found found;
      std::string const path = file_of(slice);
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
    std::size_t const count = part.accounts.name.size(), pools = part.pools.name.size();
    log_.tell("slice", {{"slice", slice}, {"accounts", count}, {"pools", pools}},
              fmt::format("slice {}: {} accounts, {} pools", slice, count, pools));
    return part;
  }

  void start_writing(std::size_t slice, Result part) {
    auto kept = std::make_shared<Result>(std::move(part));
    writing_ = lane_.start([this, slice, kept] {
      write_shard(*kept, shards_[slice], file_of(slice));
      condense(*kept);
      return kept;
    });
  }

  void finish_writing() {
    if (writing_.valid()) add(*writing_.get());
  }

  void add(Result const& part) {
    ++finished_;
    tell_progress(part.all_pools());
    leave_when_told(
        fmt::format("plimsoll: stopped; {} of {} slices are finished. Hint: give "
                    "--resume to go on\n",
                    finished_, count_));
    if (whole_.packs.empty()) {
      whole_ = part;
      return;
    }
    append(whole_, part);
    condense(whole_);
    add_stages(whole_, part);
    add_work(whole_, part);
  }

  void tell_progress(std::uint64_t pools) {
    pools_ += pools;
    if (finished_ == count_) return;
    double const seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    double const left = seconds * static_cast<double>(all_pools_ - pools_) /
                        static_cast<double>(std::max<std::uint64_t>(pools_, 1));
    log_.tell("progress",
              {{"slices", finished_},
               {"of_slices", count_},
               {"pools", pools_},
               {"pools_per_second", seconds > 0.0 ? static_cast<double>(pools_) / seconds : 0.0},
               {"seconds", seconds},
               {"seconds_left", left}},
              fmt::format("{} of {} slices, {} pools in {}, about {} left", finished_, count_,
                          pools_, duration_text(seconds), duration_text(left)));
  }

  RunConfig const& config_;
  RunInputs const& inputs_;
  BookFile const& book_;
  Cuts const& cuts_;
  std::vector<Shard> const& shards_;
  std::string const& workplace_;
  RunLog& log_;
  Result whole_;
  std::size_t count_ = 0, finished_ = 0;
  std::uint64_t all_pools_ = 0, pools_ = 0;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::future<std::shared_ptr<Result>> writing_;
  IoLane lane_;  // the last member: its thread ends before anything that it works with
};

}  // namespace

std::uint64_t bytes_of_slice(BookSize const& book, std::uint64_t pools, std::uint32_t steps,
                             std::size_t packs) {
  std::uint64_t const rows = book.rows / std::max<std::uint64_t>(book.pools, 1) + 1;
  return fixed_bytes +
         pools * (pool_bytes + packs * (pool_pack_bytes + 3 * sizeof(double) * steps) +
                  row_bytes * rows);
}

std::uint64_t pools_that_fit(BookSize const& book, std::uint64_t memory, std::uint32_t steps,
                             std::size_t packs) {
  std::uint64_t const each = bytes_of_slice(book, 1, steps, packs) - fixed_bytes;
  if (memory == 0) memory = machine_memory_bytes() / 2;
  std::uint64_t const room = memory > fixed_bytes ? memory - fixed_bytes : 0;
  return std::clamp(room / each, least_slice_pools, most_slice_pools);
}

std::uint64_t work_between(BookPlace const& begin, BookPlace const& end) {
  // A pool costs some by itself, and what it holds.
  return 4 * (end.pool - begin.pool) + (end.balance - begin.balance) +
         (end.position - begin.position) + (end.order - begin.order);
}

Cuts cut_book(BookFile const& book, std::uint64_t most_pools, unsigned ranks) {
  std::vector<BookPlace> const& places = book.places();
  if (places.size() <= ranks)
    throw InputError(fmt::format("{} ranks", ranks),
                     fmt::format("are more than the book's {} accounts", book.accounts()),
                     "accounts are not divided among ranks", "start fewer ranks");
  std::uint64_t const work = work_between(places.front(), places.back());
  Cuts cuts = {places.front()};
  for (std::size_t rank = 1, begin = 0; rank <= ranks; ++rank) {
    std::size_t end = begin + 1;
    while (end + ranks - rank < places.size() - 1 &&
           work_between(places.front(), places[end]) < rank * work / ranks)
      ++end;
    if (rank == ranks) end = places.size() - 1;
    std::uint64_t const first_pool = places[begin].pool;
    std::uint64_t const pools = places[end].pool - first_pool;
    std::uint64_t const slices = std::max<std::uint64_t>(1, (pools + most_pools - 1) / most_pools);
    for (std::size_t i = begin + 1, slice = 1; i < end; ++i)
      if (places[i + 1].pool > first_pool + slice * pools / slices) {
        cuts.push_back(places[i]);
        ++slice;
      }
    cuts.push_back(places[end]);
    begin = end;
  }
  return cuts;
}

std::optional<Cuts> cuts_at(BookFile const& book, std::vector<std::uint64_t> const& accounts) {
  std::vector<BookPlace> const& places = book.places();
  Cuts cuts;
  for (std::uint64_t const account : accounts) {
    auto const place = std::lower_bound(
        places.begin(), places.end(), account,
        [](BookPlace const& one, std::uint64_t number) { return one.account < number; });
    if (place == places.end() || place->account != account) return std::nullopt;
    if (!cuts.empty() && cuts.back().account >= account) return std::nullopt;
    cuts.push_back(*place);
  }
  if (cuts.size() < 2 || cuts.front().account != 0 || cuts.back().account != book.accounts())
    return std::nullopt;
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

std::vector<Shard> shards_of(std::string const& plan, Cuts const& cuts) {
  std::string const run_id = text_sha256(plan);
  std::vector<Shard> shards;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i)
    shards.push_back({run_id, fmt::format("shards/{:05}.h5", i), cuts[i].account, cuts[i].pool,
                      cuts[i + 1].account - cuts[i].account, cuts[i + 1].pool - cuts[i].pool});
  return shards;
}

Result evaluate_slices(RunConfig const& config, RunInputs const& inputs, BookFile const& book,
                       Cuts const& cuts, std::vector<Shard> const& shards, SliceRange slices,
                       std::string const& workplace, RunLog& log) {
  return SlicedRun(config, inputs, book, cuts, shards, workplace, log).run(slices);
}

void join_slices(RunConfig const& config, RunInputs const& inputs, BookFile const& book,
                 std::vector<Shard> const& shards, std::string const& workplace, Result& whole) {
  find_exceedance(whole);
  // What a class lacks is known when all of its accounts are summed.
  if (!whole.class_sums.deficit.empty()) {
    RunInputs axes = inputs;
    axes.book = book.axes();
    join_segregation(config, axes, whole);
  }
  write_joined(whole, shards, workplace, workplace + "/results.h5", Overwrite::yes);
}

}  // namespace plimsoll
