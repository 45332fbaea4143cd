// The float lines of a batch of pools: each pool's minorant over a window, netted and rounded, and
// the parts that portfolio scans add.
// Method: docs/models.md, "Minorant", "Lines of scans".
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/vector_code.hpp"
#include "models/minorant.hpp"
#include "models/scan_lines.hpp"

namespace plimsoll::cpu {

// Weights by basis row, each found in one step: the list that MinorantBuilder fills.
class NettedTerms {
 public:
  explicit NettedTerms(std::uint32_t basis)
      : place_(basis, no_index), basis_(basis + 1), value_(basis + 1), rest_(basis + 1) {}

  // Begins another batch.
  void forget_segments() { seen_ = 0; }
  CurveSegments const* segments() const { return segments_.data(); }
  std::size_t seen() const { return seen_; }
  // At most `count` more segments are seen before this is asked again.
  void expect(std::size_t count) {
    if (segments_.size() < seen_ + count) segments_.resize(2 * (seen_ + count));
  }
  void saw(CurveSegments segments) { segments_[seen_++] = segments; }

  std::uint32_t size() const { return size_; }
  // Without a branch: whether a row was met before is what no processor can guess.
  std::uint32_t place(std::uint32_t basis) {
    std::uint32_t const known = place_[basis];
    std::uint32_t const fresh = known == no_index ? 1u : 0u;
    std::uint32_t const place = (known & (fresh - 1)) | (size_ & (0u - fresh));
    size_ += fresh;
    place_[basis] = place;
    basis_[place] = basis;
    return place;
  }
  std::uint32_t basis(std::uint32_t i) const { return basis_[i]; }
  double& value(std::uint32_t i) { return value_[i]; }
  double& rest(std::uint32_t i) { return rest_[i]; }
  void clear() {
    for (std::uint32_t i = 0; i < size_; ++i) {
      place_[basis_[i]] = no_index;
      value_[i] = 0.0;
      rest_[i] = 0.0;
    }
    size_ = 0;
  }

 private:
  std::uint32_t size_ = 0;
  std::vector<std::uint32_t> place_;  // [basis]
  std::vector<std::uint32_t> basis_;  // [size_]
  std::vector<double> value_, rest_;  // zeros from size_ on
  std::size_t seen_ = 0;
  std::vector<CurveSegments> segments_;  // of all pools of the batch
};

// The parts of all pools of a batch, in float.
class PoolParts {
 public:
  void clear();
  // Ends a pool's list.
  void end_pool() { pool_begin_.push_back(static_cast<std::uint32_t>(begin_.size() - 1)); }
  // What the pool's scans are beside `found` and its terms; [ccy] by how much the excess can lie
  // higher above the lines than `found` says.
  float add(MinorantInput const& input, std::uint32_t pool, NettedTerms& terms, Minorant& found);
  // Parts of the pool that add() was called for last.
  std::uint32_t parts() const { return static_cast<std::uint32_t>(begin_.size()) - 1 - first_; }
  // Takes back what it added.
  void drop();
  // Room beyond the last term.
  void finish();

  PartsView view() const {
    return {pool_begin_.data(), begin_.data(), constant_.data(), terms_begin_.data(),
            terms_.data()};
  }

 private:
  std::uint32_t first_ = 0;
  std::vector<std::uint32_t> pool_begin_;   // [pools + 1]
  std::vector<std::uint32_t> begin_;        // [parts + 1]
  std::vector<float> constant_;             // [lines]
  std::vector<std::uint32_t> terms_begin_;  // [lines + 1]
  std::vector<Term> terms_;
  // Of the pool in work.
  std::vector<std::uint32_t> room_basis_, room_part_;
  std::vector<double> room_weight_;
  std::vector<ScanLine> room_line_;
};

class PoolLines {
 public:
  explicit PoolLines(std::uint32_t basis) : terms_of_pool_(basis) {}

  // Lines of the listed pools.
  void build(MinorantInput input, std::uint32_t const* pools, std::uint32_t count);

  LinesView view() const {
    return {static_cast<std::uint32_t>(constant_.size()), constant_.data(), begin_.data(),
            terms_.data(), scanned_ ? parts_.view() : PartsView{}};
  }
  // [ccy] how far above its line a pool's excess can lie; infinity where nothing is known.
  float gap(std::uint32_t i) const { return gap_[i]; }
  bool sound(std::uint32_t i) const { return gap_[i] < static_cast<float>(infinity); }
  // The segments that its positions and groups can be in, as MinorantBuilder tells them.
  CurveSegments const* segments(std::uint32_t i) const {
    return terms_of_pool_.segments() + segments_begin_[i];
  }

 private:
  void add(MinorantInput const& input, std::uint32_t pool);
  void add_scanned(MinorantInput const& input, std::uint32_t pool, Minorant& minorant);
  void add_line(MinorantInput const& input, Minorant const& minorant, std::uint32_t parts,
                float gap_of_parts);

  NettedTerms terms_of_pool_;
  bool scanned_ = false;  // some pool of the book has scans
  PoolParts parts_;
  std::vector<float> constant_, gap_;  // [pools]
  std::vector<std::uint32_t> begin_;   // [pools + 1]
  std::vector<Term> terms_;
  std::vector<std::size_t> segments_begin_;  // [pools]
};

}  // namespace plimsoll::cpu
