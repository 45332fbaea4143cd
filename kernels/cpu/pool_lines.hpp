// The float lines of a batch of pools: each pool's minorant over a window, netted and rounded.
// Method: docs/models.md, "Minorant".
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/vector_code.hpp"
#include "models/minorant.hpp"

namespace plimsoll::cpu {

// Weights by basis row, each found in one step: the list that MinorantBuilder fills.
class NettedTerms {
 public:
  explicit NettedTerms(std::uint32_t basis) : place_(basis, no_index) {}

  // Begins another batch.
  void forget_segments() { segments_.clear(); }
  std::vector<CurveSegments> const& segments() const { return segments_; }

  std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
  std::uint32_t place(std::uint32_t basis) {
    std::uint32_t& place = place_[basis];
    if (place == no_index) {
      place = size();
      entries_.push_back({basis, 0.0, 0.0});
    }
    return place;
  }
  std::uint32_t basis(std::uint32_t i) const { return entries_[i].basis; }
  double& value(std::uint32_t i) { return entries_[i].value; }
  double& rest(std::uint32_t i) { return entries_[i].rest; }
  void saw(CurveSegments segments) { segments_.push_back(segments); }
  void clear() {
    for (Entry const& entry : entries_) place_[entry.basis] = no_index;
    entries_.clear();
  }

 private:
  struct Entry {
    std::uint32_t basis;
    double value, rest;
  };
  std::vector<std::uint32_t> place_;  // [basis]
  std::vector<Entry> entries_;
  std::vector<CurveSegments> segments_;  // of all pools of the batch
};

class PoolLines {
 public:
  explicit PoolLines(std::uint32_t basis) : terms_of_pool_(basis) {}

  // Lines of the listed pools.
  void build(MinorantInput input, std::uint32_t const* pools, std::uint32_t count);

  LinesView view() const {
    return {static_cast<std::uint32_t>(constant_.size()), constant_.data(), begin_.data(),
            terms_.data()};
  }
  // [ccy] how far above its line a pool's excess can lie; infinity where nothing is known.
  float gap(std::uint32_t i) const { return gap_[i]; }
  bool sound(std::uint32_t i) const { return gap_[i] < static_cast<float>(infinity); }
  // The segments that its positions and groups can be in, as MinorantBuilder tells them.
  CurveSegments const* segments(std::uint32_t i) const {
    return terms_of_pool_.segments().data() + segments_begin_[i];
  }

 private:
  void add(MinorantInput const& input, std::uint32_t pool);

  NettedTerms terms_of_pool_;
  std::vector<float> constant_, gap_;  // [pools]
  std::vector<std::uint32_t> begin_;   // [pools + 1]
  std::vector<Term> terms_;
  std::vector<std::size_t> segments_begin_;  // [pools]
};

}  // namespace plimsoll::cpu
