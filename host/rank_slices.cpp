#include "host/rank_slices.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "host/condense.hpp"
#include "host/memory_here.hpp"
#include "host/result_parcel.hpp"

namespace plimsoll {
namespace {

// What it costs to look at a slice that is finished, in parts of what it cost to make it.
constexpr std::uint64_t cost_to_read = 20;

double seconds_of(Result const& result) {
  double seconds = 0.0;
  for (double const stage : result.stage_seconds) seconds += stage;
  return seconds;
}

void add_work(Result& to, Result const& from) {
  to.work.resize(std::max(to.work.size(), from.work.size()));
  for (std::size_t i = 0; i < from.work.size(); ++i) {
    to.work[i].covered += from.work[i].covered;
    to.work[i].filtered += from.work[i].filtered;
    to.work[i].decided += from.work[i].decided;
  }
}

// "simd", or "2 ranks on cuda, 1 on simd".
std::string engines_of(std::map<std::string, std::size_t> const& counts) {
  if (counts.size() == 1) return counts.begin()->first;
  std::string text;
  for (auto const& [engine, ranks] : counts)
    text += fmt::format("{}{}{} on {}", text.empty() ? "" : ", ", ranks,
                        text.empty() ? " ranks" : "", engine);
  return text;
}

}  // namespace

std::vector<SliceRange> share_slices(Cuts const& cuts, std::vector<bool> const& finished,
                                     unsigned ranks) {
  std::vector<std::uint64_t> before = {0};  // work of the slices before each
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    std::uint64_t const work = 1 + work_between(cuts[i], cuts[i + 1]);
    before.push_back(before.back() + (finished[i] ? 1 + work / cost_to_read : work));
  }
  std::vector<SliceRange> ranges;
  std::size_t first = 0;
  for (unsigned rank = 1; rank <= ranks; ++rank) {
    std::uint64_t const aim = before.back() * rank / ranks;
    std::size_t end = first;
    while (end + 1 < before.size() && before[end] + before[end + 1] < 2 * aim + 1) ++end;
    if (rank == ranks) end = before.size() - 1;
    ranges.push_back({first, end});
    first = end;
  }
  return ranges;
}

Result add_up(Ranks& ranks, Result mine, std::size_t packs, std::uint64_t scenarios,
              std::size_t classes, RunLog& log) {
  std::vector<TickSum> shortfall = std::exchange(mine.scenarios.shortfall, {});
  std::vector<std::uint32_t> accounts = std::exchange(mine.scenarios.accounts_in_breach, {});
  std::vector<std::uint32_t> pools = std::exchange(mine.scenarios.pools_in_breach, {});
  shortfall.resize(packs * scenarios * classes);
  accounts.resize(packs * scenarios);
  pools.resize(packs * scenarios);
  mine.peak_memory_bytes = peak_memory_bytes();
  // Ranks wait here for the slowest.
  std::vector<std::string> const parcels = ranks.gather(pack_result(mine));
  ranks.sum(shortfall);
  ranks.sum(accounts);
  ranks.sum(pools);
  if (!ranks.first()) return mine;
  Result whole;
  std::map<std::string, std::size_t> engines;
  std::uint64_t peak = 0;
  for (std::size_t rank = 0; rank < parcels.size(); ++rank) {
    Result part = unpack_result(parcels[rank]);
    double const seconds = seconds_of(part);
    log.tell("rank",
             {{"rank", rank},
              {"accounts", part.all_accounts()},
              {"seconds", seconds},
              {"peak_memory_bytes", part.peak_memory_bytes}},
             fmt::format("rank {}: {} accounts in {:.2f} s, peak memory {} MiB", rank,
                         part.all_accounts(), seconds, part.peak_memory_bytes >> 20));
    peak = std::max(peak, part.peak_memory_bytes);
    if (part.packs.empty()) continue;
    ++engines[part.engine];
    if (whole.packs.empty()) {
      whole = std::move(part);
      continue;
    }
    append(whole, part);
    condense(whole);
    add_work(whole, part);
  }
  whole.scenarios.shortfall = std::move(shortfall);
  whole.scenarios.accounts_in_breach = std::move(accounts);
  whole.scenarios.pools_in_breach = std::move(pools);
  whole.engine = engines_of(engines);
  whole.engine_note +=
      fmt::format("{}{} ranks", whole.engine_note.empty() ? "" : "; ", ranks.size());
  whole.peak_memory_bytes = peak;
  return whole;
}

}  // namespace plimsoll
