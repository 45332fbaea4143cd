#include "kernels/cpu/pool_lines.hpp"

#include <algorithm>

namespace plimsoll::cpu {

void PoolLines::build(MinorantInput input, std::uint32_t const* pools, std::uint32_t count) {
  constant_.clear();
  gap_.clear();
  terms_.clear();
  segments_begin_.clear();
  terms_of_pool_.forget_segments();
  begin_.assign(1, 0);
  for (std::uint32_t i = 0; i < count; ++i) add(input, pools[i]);
  terms_.insert(terms_.end(), spare_terms, Term{0, 0.0f});
}

void PoolLines::add(MinorantInput const& input, std::uint32_t pool) {
  terms_of_pool_.clear();
  segments_begin_.push_back(terms_of_pool_.segments().size());
  Minorant const minorant = MinorantBuilder<NettedTerms>(input, terms_of_pool_).build(pool);
  double reach = 0.0;
  for (std::uint32_t i = 0; i < terms_of_pool_.size(); ++i) {
    double const weight = terms_of_pool_.rest(i);
    std::uint32_t const basis = terms_of_pool_.basis(i);
    if (weight == 0.0 || !moves(input.basis.factors[basis])) continue;
    MoveRange const range = input.range[basis];
    reach += magnitude(weight) * std::max(magnitude(range.low), magnitude(range.high));
    terms_.push_back({basis, static_cast<float>(weight)});
  }
  FloatLine const line = float_line(minorant, reach, terms_.size() - begin_.back());
  if (!line.sound) terms_.resize(begin_.back());
  constant_.push_back(line.constant);
  gap_.push_back(line.gap);
  begin_.push_back(static_cast<std::uint32_t>(terms_.size()));
}

}  // namespace plimsoll::cpu
