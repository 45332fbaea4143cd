// What a page or a summary says of a result, computed once: headline figures with their intervals,
// rankings, bands, the exceedance curve, running estimates. Page, summary and tests read these.
// Units: reporting currency; fractions; counts of scenarios.
// Method: docs/models.md, "Precision". Probabilities carry Wilson intervals; means carry mean +-
//   1.96 s / sqrt N; the figure exceeded in a share q of scenarios is the ceil(N q)-th largest, and
//   its interval lies between the ranks N q -+ 1.96 sqrt(N q (1 - q)) (binomial ranks, normal
//   approximation with continuity correction). All intervals are at 95 %.
// Trusts: check_result() has passed; scenarios are independent and equally weighted.
// Bits: sums of ticks are integers; a figure depends on the result alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/result.hpp"

namespace plimsoll {

// A figure and its 95 % interval. low and high are NaN where the sample says nothing of them; high
// is +inf where the sample bounds it from below only.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

// --- one column of numbers over scenarios -------------------------------------------------------

Estimate share_estimate(std::uint64_t hits, std::uint64_t trials);

// Mean of the first `count` values. The interval is NaN where they do not differ: the normal
// approximation then knows nothing.
Estimate mean_estimate(std::vector<double> const& values, std::size_t count);

// Ranks, counted from the largest (1): of the figure exceeded in 1 of `one_in` scenarios, and of
// the ends of its interval; high == 0 where the interval has no upper end.
struct TailRanks {
  std::uint64_t high = 0, value = 1, low = 1;
};
TailRanks tail_ranks(std::uint64_t scenarios, std::uint64_t one_in);

// The figure exceeded in 1 of `one_in` scenarios; `falling` is sorted from the largest.
Estimate tail_estimate(std::vector<TickSum> const& falling, std::uint64_t one_in);

// The shortfall of each scenario, summed over classes, or of one class.
std::vector<TickSum> total_shortfall(Result const& result, std::size_t pack);
std::vector<TickSum> class_shortfall(Result const& result, std::size_t pack, std::size_t which);
// What the custody of a class lacks in each scenario.
std::vector<TickSum> custody_lack(Result const& result, std::size_t which);
std::vector<TickSum> falling(std::vector<TickSum> sums);

struct ShortfallFigures {
  std::uint64_t scenarios_with = 0;  // with a shortfall
  Estimate mean, one_in_100, one_in_200;
  double worst = 0;                  // [ccy]
  std::int64_t worst_scenario = -1;  // the lowest number among the worst; -1 without shortfall
};
ShortfallFigures shortfall_figures(std::vector<TickSum> const& by_scenario);

// --- one rule pack ------------------------------------------------------------------------------

struct PackFigures {
  std::uint64_t accounts_below_tonight = 0, pools_below_tonight = 0;
  std::uint64_t flagged_accounts = 0, flagged_pools = 0;
  std::uint64_t scenarios_with_breach = 0;
  Estimate any_breach;          // probability that at least one account is in breach
  Estimate accounts_in_breach;  // mean number per scenario
  ShortfallFigures total;
  std::vector<ShortfallFigures> by_class;  // [class]
};
PackFigures pack_figures(Result const& result, std::size_t pack);

// Accounts (pools) by breach probability, then mean shortfall (of the account's worst pool), then
// margin ratio, then order of the book; at most `limit`, the flagged ones only.
std::vector<std::uint32_t> worst_accounts(Result const& result, std::size_t pack,
                                          std::size_t limit);
std::vector<std::uint32_t> worst_pools(Result const& result, std::size_t pack, std::size_t limit);

// [ccy] a pool's shortfall per scenario, breach or not; over pools they sum to the mean total.
double mean_per_scenario(Result const& result, std::size_t pack, std::uint32_t pool);

// Flagged pools by mean shortfall per scenario, largest first, then order of the book.
std::vector<std::uint32_t> costliest_pools(Result const& result, std::size_t pack,
                                           std::size_t limit);

// Pools by margin ratio tonight, highest first: what to show where nothing is flagged.
std::vector<std::uint32_t> tightest_pools(Result const& result, std::size_t pack,
                                          std::size_t limit);

// Accounts by breach probability: 0, below 0.1 %, below 1 %, below 10 %, 10 % and more.
inline constexpr std::size_t breach_bands = 5;
inline constexpr char const* breach_band_name[breach_bands] = {
    "0", "below 0.1 %", "0.1 % to below 1 %", "1 % to below 10 %", "10 % and more"};
std::size_t breach_band(double probability);
std::vector<std::uint64_t> accounts_by_band(Result const& result, std::size_t pack);

// Pool x scenario pairs by first step below the line; at most `bins` runs of equally many steps.
struct PassageBin {
  std::uint32_t first_step = 1, last_step = 1;
  std::uint64_t breaches = 0;
};
std::vector<PassageBin> passages_by_step(Result const& result, std::size_t pack, std::size_t bins);

// Assets that drove a breach or a fall, by breaches, then fall, then order of the book.
std::vector<std::uint32_t> driving_assets(Result const& result, std::size_t pack);

struct ExceedancePoint {
  std::uint64_t one_in = 2;
  Estimate total;
  std::vector<double> by_class;  // [class]
};
// At 1 in 2, 5, 10, 20, 50, ... and at most 1 in `scenarios`.
std::vector<ExceedancePoint> exceedance_curve(Result const& result, std::size_t pack);

struct RunningPoint {
  std::uint64_t scenarios = 0;
  Estimate accounts_in_breach;
  Estimate one_in_100;  // total shortfall; NaN with fewer than 100 scenarios
};
// What the first n scenarios alone would have said, n rising by sqrt 2 up to all; at most `points`.
std::vector<RunningPoint> running_figures(Result const& result, std::size_t pack,
                                          std::size_t points);

}  // namespace plimsoll
