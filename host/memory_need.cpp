#include "host/memory_need.hpp"

#include <fmt/format.h>

#include "host/error.hpp"
#include "host/memory_here.hpp"
#include "kernels/tails.hpp"

namespace plimsoll {
namespace {

// A column that grows holds up to twice its content, and half as much again while it moves.
constexpr std::uint64_t growth = 3;
// The report page, HDF5's chunks, the log.
constexpr std::uint64_t page_bytes = 16u << 20;

// [byte] of host/result.hpp.
std::uint64_t result_bytes(BookView const& book, RunShape const& shape, std::uint64_t packs) {
  std::uint64_t const pool = (14 + shape.steps + 2 * tail_levels) * sizeof(double);
  std::uint64_t const account = 5 * sizeof(double);
  std::uint64_t const scenario = 2 * sizeof(std::uint32_t) + book.classes * sizeof(TickSum);
  // A pack's scenarios are appended in one piece: the first fits, later ones may double.
  std::uint64_t const room = packs == 1 ? 1 : 2;
  return packs * (growth * (book.pools * pool + book.accounts * account) +
                  room * shape.scenarios * scenario) +
         shape.scenarios * book.classes * sizeof(TickSum);  // what custody lacks
}

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{}MiB", (bytes + (1u << 20) - 1) >> 20);
}

std::string parts(MemoryNeed const& need) {
  return fmt::format("inputs {}, rows of a tile {}, sums {}, one tail {}, result {}, its files {}",
                     mebibytes(need.held), mebibytes(need.engine),
                     mebibytes(need.tally + need.curve), mebibytes(need.tail),
                     mebibytes(need.result), mebibytes(need.files));
}

}  // namespace

MemoryNeed memory_need(std::span<Job const> jobs, Tuning const& tuning, Engine const& engine) {
  MemoryNeed need;
  Job const& job = jobs.front();
  std::uint64_t const packs = jobs.size();
  need.peak = peak_memory_bytes();
  need.held = memory_bytes();
  need.engine = engine.host_bytes(jobs, tuning);
  for (Job const& each : jobs) need.tally += tally_bytes(each.book, each.shape, each.tails);
  need.tail = job.tails == Tails::none ? 0 : tail_bytes(job.shape.scenarios);
  need.result = result_bytes(job.book, job.shape, packs);
  need.curve = job.shape.scenarios * sizeof(TickSum);
  // Sums of ticks leave as three columns.
  need.files =
      page_bytes + 3 * sizeof(double) * (packs + 1) * job.shape.scenarios * job.book.classes;
  return need;
}

Tuning within(std::uint64_t budget, std::span<Job const> jobs, Tuning tuning,
              Engine const& engine) {
  constexpr std::uint32_t fewest = 64;
  constexpr std::uint32_t most = 1u << 16;
  if (budget == 0 || tuning.tile != 0) return tuning;
  if (memory_need(jobs, tuning, engine).least() <= budget) return tuning;
  for (tuning.tile = most; tuning.tile > fewest; tuning.tile /= 2)
    if (memory_need(jobs, tuning, engine).least() <= budget) break;
  return tuning;
}

std::uint64_t tail_memory(MemoryNeed const& need, std::uint64_t budget) {
  std::uint64_t const least = need.least();
  if (least > machine_memory_bytes())
    throw SystemError(fmt::format(
        "this run needs {} of memory ({}), this machine has {}. Hint: take fewer scenarios or a "
        "smaller book, or another machine",
        mebibytes(least), parts(need), mebibytes(machine_memory_bytes())));
  if (budget == 0) return 0;
  if (budget < least)
    throw InputError("--memory " + mebibytes(budget), "is too little for this run", parts(need),
                     "give --memory " + mebibytes(least) +
                         " or more, or take fewer scenarios or a smaller book");
  return budget - least + need.tail;
}

}  // namespace plimsoll
