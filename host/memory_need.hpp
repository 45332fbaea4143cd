// What a run takes of the host's memory at its peak, said before it begins, so that a budget is
// kept or refused.
// Units:  bytes.
// Method: what is held now is measured (inputs, and every rule pack laid over the book); what is
//         to come is counted from sizes, at the worst of two moments: when the sums of the rule
//         packs become part of the result, and when the result is written.
// Trusts: engines count what they take; of a device's driver nobody knows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "kernels/engine.hpp"

namespace plimsoll {

struct MemoryNeed {
  std::uint64_t peak = 0;    // of the process until now
  std::uint64_t held = 0;    // by the process now
  std::uint64_t engine = 0;  // rows of a tile, threads
  std::uint64_t tally = 0;   // sums per pool and per scenario of all rule packs
  std::uint64_t tail = 0;    // one pool's largest losses; 0 without tails
  std::uint64_t result = 0;  // what is reported of all rule packs
  std::uint64_t curve = 0;   // totals of the scenarios, to be sorted
  std::uint64_t files = 0;   // columns and page on their way to the disk

  std::uint64_t least() const {
    return std::max(peak, held + engine + result + std::max(tally + tail + curve, files));
  }
};

// jobs: one book under each rule pack.
MemoryNeed memory_need(std::span<Job const> jobs, Tuning const& tuning, Engine const& engine);

// The tuning with as many scenarios priced together as `budget` allows, where that was left to the
// engine; the fewest where even they are too many.
Tuning within(std::uint64_t budget, std::span<Job const> jobs, Tuning tuning, Engine const& engine);

// What tails in flight may take: what a budget leaves, 0 (the engine's choice) without one.
// InputError naming the least that would do where the budget is too small, SystemError where the
// machine is.
std::uint64_t tail_memory(MemoryNeed const& need, std::uint64_t budget);

}  // namespace plimsoll
