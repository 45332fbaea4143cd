// The largest losses of one pool while scenarios stream by, in room that does not grow with them.
// Method: keep up to twice the tail; when full, drop the smaller half (linear selection). The room
//   is taken at once, by the thread that makes the object, so that it can be counted beforehand.
// Bits: selection among integers; only values leave, so ties have no order to break.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "kernels/tally.hpp"

namespace plimsoll {

// How many losses the largest reported tail holds.
inline std::uint64_t kept_losses(std::uint64_t scenarios) {
  std::uint64_t count = 0;
  for (std::uint32_t const level : tail_level_per_mille)
    count = std::max(count, tail_count(scenarios, level));
  return count;
}

class TailScratch {
 public:
  explicit TailScratch(std::uint64_t scenarios)
      : scenarios_(scenarios), keep_(kept_losses(scenarios)) {
    losses_.reserve(2 * keep_);
  }

  void add(Ticks loss) {
    if (losses_.size() >= keep_ && loss <= least_kept_) return;
    losses_.push_back(loss);
    if (losses_.size() == 2 * keep_) shrink();
  }

  // A loss that is no larger changes nothing; the least of all while the tail is not full.
  Ticks least_that_counts() const { return least_kept_; }

  // Empties the scratch.
  TailTally condense() {
    std::sort(losses_.begin(), losses_.end(), std::greater<>());
    TailTally tail;
    tail.known = true;
    for (std::uint32_t level = 0; level < tail_levels; ++level) {
      std::uint64_t const count = tail_count(scenarios_, tail_level_per_mille[level]);
      for (std::uint64_t i = 0; i < count; ++i) tail.tail_sum[level] += losses_[i];
      tail.value_at_risk[level] = losses_[count - 1];
    }
    losses_ = {};
    return tail;
  }

 private:
  void shrink() {
    auto const end = losses_.begin() + static_cast<std::ptrdiff_t>(keep_);
    std::nth_element(losses_.begin(), end - 1, losses_.end(), std::greater<>());
    least_kept_ = losses_[keep_ - 1];
    losses_.resize(keep_);
  }

  std::uint64_t scenarios_;
  std::uint64_t keep_;
  Ticks least_kept_ = std::numeric_limits<Ticks>::min();
  std::vector<Ticks> losses_;
};

// [byte] of one pool in flight.
inline std::uint64_t tail_bytes(std::uint64_t scenarios) {
  constexpr std::uint64_t allocation = 16;  // what malloc adds
  return 2 * kept_losses(scenarios) * sizeof(Ticks) + sizeof(TailScratch) + allocation;
}

// How many pools of `bytes_each` may be in flight in `bytes`; at least one.
inline std::uint64_t tails_that_fit(std::uint64_t bytes, std::uint64_t bytes_each) {
  return std::max<std::uint64_t>(1, bytes / bytes_each);
}

// A scratch for each of `count` pools.
inline std::vector<TailScratch> tail_scratches(std::uint64_t count, std::uint64_t scenarios) {
  std::vector<TailScratch> scratches;
  scratches.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) scratches.emplace_back(scenarios);
  return scratches;
}

}  // namespace plimsoll
