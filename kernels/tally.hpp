// What a run adds up: integers per pool, per account and per scenario, and nothing else.
// Nothing per pool or account grows with the number of scenarios.
// Units: ticks; counts of scenarios.
#pragma once

#include <cstdint>
#include <vector>

#include "models/market.hpp"
#include "models/passage.hpp"
#include "models/sampling.hpp"

namespace plimsoll {

enum class Tails : std::uint8_t { none, flagged, all };

// The largest losses of one pool, condensed: VaR is the least, ES the mean of the tail.
struct TailTally {
  bool known = false;
  Ticks value_at_risk[tail_levels] = {};
  TickSum tail_sum[tail_levels] = {};  // of tail_count(scenarios, level) losses
};

struct PoolTally {
  std::uint64_t breaches = 0;  // scenarios in breach
  TickSum shortfall;           // summed over them
  Ticks worst_shortfall = 0;
  std::uint64_t worst_scenario = 0;  // lowest number among the worst; of no meaning without breach
};

// How the answer was found: cells (pool x column) by what was done with them. Of no meaning for the
// answer, and no part of a digest. Tails are counted too.
struct WorkDone {
  std::uint64_t covered = 0;   // answered for
  std::uint64_t filtered = 0;  // estimated one by one in float
  std::uint64_t decided = 0;   // evaluated in double; the others were never in doubt
};

struct Tally {
  std::vector<PoolTally> pools;                  // [pools]
  std::vector<std::uint64_t> first_passages;     // [pools][steps] breaches by first step
  std::vector<TailTally> tails;                  // [pools], empty without tails
  std::vector<std::uint64_t> account_breaches;   // [accounts] scenarios with any pool in breach
  std::vector<std::uint32_t> scenario_pools;     // [scenarios] pools in breach
  std::vector<std::uint32_t> scenario_accounts;  // [scenarios] accounts in breach
  std::vector<TickSum> scenario_shortfall;       // [scenarios][classes]
  std::uint64_t limited_draws = 0;               // factor moves that the limiter bent
  std::uint64_t undefined_cells = 0;             // outside the domain of the arithmetic
  WorkDone work;
};

// [byte]
inline std::uint64_t tally_bytes(BookView const& book, RunShape const& shape, Tails tails) {
  std::uint64_t const pool = sizeof(PoolTally) + shape.steps * sizeof(std::uint64_t) +
                             (tails == Tails::none ? 0 : sizeof(TailTally));
  std::uint64_t const scenario = 2 * sizeof(std::uint32_t) + book.classes * sizeof(TickSum);
  return book.pools * pool + book.accounts * sizeof(std::uint64_t) + shape.scenarios * scenario;
}

// Adds one pool's passage through one scenario. first_passages and scenario tables are the
// caller's, because their layout belongs to whoever runs the loop.
inline void add_passage(PoolTally& pool, Passage const& passage, std::uint64_t scenario) {
  if (passage.step == 0) return;
  ++pool.breaches;
  pool.shortfall += passage.shortfall;
  bool const worse = passage.shortfall > pool.worst_shortfall ||
                     (passage.shortfall == pool.worst_shortfall && scenario < pool.worst_scenario);
  if (worse) {
    pool.worst_shortfall = passage.shortfall;
    pool.worst_scenario = scenario;
  }
}

}  // namespace plimsoll
