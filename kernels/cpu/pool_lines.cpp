#include "kernels/cpu/pool_lines.hpp"

#include <algorithm>

namespace plimsoll::cpu {

namespace {

std::uint64_t terms_before(BookView const& book, std::uint32_t pool) {
  return book.term_begin[book.group_begin[pool]];
}

// Briefs lie wherever a position's row is; the next pool's come while this one is in work.
void fetch_briefs(MinorantInput const& input, std::uint32_t pool) {
  if (input.brief == nullptr) return;
  std::uint64_t const end = terms_before(input.book, pool + 1);
  for (std::uint64_t t = terms_before(input.book, pool); t < end; ++t)
    __builtin_prefetch(input.brief + input.book.term_row[t]);
}

}  // namespace

void PoolLines::build(MinorantInput input, std::uint32_t const* pools, std::uint32_t count) {
  constant_.clear();
  gap_.clear();
  terms_.resize(std::max<std::size_t>(terms_.size(), spare_terms));
  segments_begin_.clear();
  terms_of_pool_.forget_segments();
  begin_.assign(1, 0);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i + 1 < count) fetch_briefs(input, pools[i + 1]);
    add(input, pools[i]);
  }
  std::fill_n(terms_.begin() + begin_.back(), spare_terms, Term{0, 0.0f});
}

[[gnu::flatten]] void PoolLines::add(MinorantInput const& input, std::uint32_t pool) {
  BookView const& book = input.book;
  terms_of_pool_.clear();
  std::uint64_t const charges =
      book.charge_begin == nullptr ? 0 : book.charge_begin[pool + 1] - book.charge_begin[pool];
  terms_of_pool_.expect(terms_before(book, pool + 1) - terms_before(book, pool) +
                        (book.group_begin[pool + 1] - book.group_begin[pool]) + charges);
  segments_begin_.push_back(terms_of_pool_.seen());
  Minorant const minorant = MinorantBuilder<NettedTerms>(input, terms_of_pool_).build(pool);
  std::uint32_t const begin = begin_.back();
  std::uint32_t end = begin;
  if (terms_.size() < begin + terms_of_pool_.size() + spare_terms)
    terms_.resize(2 * (begin + terms_of_pool_.size()) + spare_terms);
  double reach = 0.0;
  for (std::uint32_t i = 0; i < terms_of_pool_.size(); ++i) {
    double const weight = terms_of_pool_.rest(i);
    std::uint32_t const basis = terms_of_pool_.basis(i);
    if (!moves(input.basis.factors[basis])) continue;
    MoveRange const range = input.range[basis];
    reach += magnitude(weight) * std::max(magnitude(range.low), magnitude(range.high));
    terms_[end] = {basis, static_cast<float>(weight)};
    end += weight == 0.0 ? 0u : 1u;
  }
  FloatLine const line = float_line(minorant, reach, end - begin);
  constant_.push_back(line.constant);
  gap_.push_back(line.gap);
  begin_.push_back(line.sound ? end : begin);
}

}  // namespace plimsoll::cpu
