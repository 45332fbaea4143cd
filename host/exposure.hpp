// What positions of a pool do to each other in the scenarios of a run: the pool as it is, against
// every position isolated, against the pool without one of them.
// Units: counts of scenarios; ticks where named so.
// Method: docs/models.md, "What positions do to each other": books derived from the run's book
//   (host/exploded_book.hpp) pass through the same engine and the same scenarios.
// Trusts: the book, market and pack of a run that was evaluated.
// Bits: integers of engines, all of which give the same.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "host/book.hpp"
#include "host/market.hpp"
#include "host/recorded_run.hpp"
#include "host/rules.hpp"
#include "kernels/engine.hpp"

namespace plimsoll {

// What is asked, of which night.
struct ExposureJob {
  Book const& book;
  Market const& market;
  MarketView view;
  RulePack const& rules;
  RunShape shape;
};

// How it is found; of no meaning for the answer.
struct ExposureTuning {
  Engine const* engine;
  unsigned threads = 0;           // 0: all processors
  std::uint64_t memory = 0;       // [byte] budget; 0: none
  std::uint64_t batch_lines = 0;  // derived lines (pools, balances, positions, orders) held at
                                  // once; 0: as the budget allows
  // Called now and then with cells answered for and cells in all.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

// A pool in the scenarios of the run.
struct PassageCount {
  std::uint64_t breaches = 0;
  TickSum shortfall;  // summed over them
  TickSum tail_loss;  // the largest losses at 99 %, summed; 0 where not asked for
  friend bool operator==(PassageCount const&, PassageCount const&) = default;
};

struct PositionExposure {
  std::uint32_t instrument;
  double need;            // [ccy] tonight, by which collateral is handed out
  double share;           // of the pool's collateral, in [0, 1]
  PassageCount isolated;  // the position in a pool of its own
  PassageCount without;   // the pool without it
  std::uint64_t either;   // scenarios in which it breaches isolated, or the pool as it is
  friend bool operator==(PositionExposure const&, PositionExposure const&) = default;

  // [scenarios] by how many breaches it brings to the pool; negative: it protects it.
  std::int64_t drag(PassageCount const& as_is) const {
    return static_cast<std::int64_t>(as_is.breaches) - static_cast<std::int64_t>(without.breaches);
  }
  // [scenarios] in which it falls with the pool, though isolated it would have stood.
  std::uint64_t dragged_along() const { return either - isolated.breaches; }
  // [scenarios] in which isolated it would have fallen, and the pool stands.
  std::uint64_t spared(PassageCount const& as_is) const { return either - as_is.breaches; }
};

struct PoolExposure {
  std::uint32_t pool;
  PassageCount as_is;
  Ticks worst_shortfall = 0;       // as it is
  std::uint64_t any_isolated = 0;  // scenarios in which at least one isolated position breaches
  std::uint64_t either = 0;        // ... or the pool as it is
  std::vector<PositionExposure> positions;  // none: isolated is as it is
  friend bool operator==(PoolExposure const&, PoolExposure const&) = default;

  std::uint64_t dragged_down() const { return either - any_isolated; }  // only because they share
  std::uint64_t spared() const { return either - as_is.breaches; }      // only not, because they do
  PassageCount isolated() const;                                        // summed over positions
};

// Answers pool by pool, in the order of `pools`. Returns the cells outside the domain of the
// arithmetic, which count as no breach. InputError where the budget is too small.
std::uint64_t find_exposures(ExposureJob const& job, std::span<std::uint32_t const> pools,
                             ExposureTuning const& tuning,
                             std::function<void(PoolExposure const&)> const& take);

// std::logic_error unless the pool as it is is what the run recorded.
void check_against(RecordedRun const& run, std::size_t pack, PoolExposure const& found);

}  // namespace plimsoll
