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
  scanned_ = input.book.scans.begin != nullptr;
  if (scanned_) parts_.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i + 1 < count) fetch_briefs(input, pools[i + 1]);
    add(input, pools[i]);
  }
  std::fill_n(terms_.begin() + begin_.back(), spare_terms, Term{0, 0.0f});
  if (scanned_) parts_.finish();
}

[[gnu::flatten]] void PoolLines::add(MinorantInput const& input, std::uint32_t pool) {
  BookView const& book = input.book;
  terms_of_pool_.clear();
  std::uint64_t const charges =
      book.charge_begin == nullptr ? 0 : book.charge_begin[pool + 1] - book.charge_begin[pool];
  terms_of_pool_.expect(terms_before(book, pool + 1) - terms_before(book, pool) +
                        (book.group_begin[pool + 1] - book.group_begin[pool]) + charges);
  segments_begin_.push_back(terms_of_pool_.seen());
  Minorant minorant = MinorantBuilder<NettedTerms>(input, terms_of_pool_).build_without_scans(pool);
  if (scanned_)
    add_scanned(input, pool, minorant);
  else
    add_line(input, minorant, 0, 0.0f);
}

void PoolLines::add_scanned(MinorantInput const& input, std::uint32_t pool, Minorant& minorant) {
  float gap = 0.0f;
  std::uint32_t parts = 0;
  if (has_scans(input.book.scans, pool)) {
    gap = parts_.add(input, pool, terms_of_pool_, minorant);
    parts = parts_.parts();
  }
  add_line(input, minorant, parts, gap);
  if (parts > 0 && !sound(static_cast<std::uint32_t>(gap_.size() - 1))) parts_.drop();
  parts_.end_pool();
}

// The pool's line, to which `parts` more numbers are added.
void PoolLines::add_line(MinorantInput const& input, Minorant const& minorant, std::uint32_t parts,
                         float gap_of_parts) {
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
  FloatLine const line = float_line(minorant, reach, end - begin + parts);
  constant_.push_back(line.constant);
  gap_.push_back(parts == 0 ? line.gap : float_above(static_cast<double>(line.gap) + gap_of_parts));
  begin_.push_back(line.sound ? end : begin);
}

void PoolParts::clear() {
  pool_begin_.assign(1, 0);
  begin_.assign(1, 0);
  constant_.clear();
  terms_begin_.assign(1, 0);
  terms_.clear();
}

float PoolParts::add(MinorantInput const& input, std::uint32_t pool, NettedTerms& terms,
                     Minorant& found) {
  ScanSize const size = scan_size(input.book.scans, pool);
  if (room_basis_.size() < size.terms) {
    room_basis_.resize(size.terms);
    room_weight_.resize(size.terms);
  }
  if (room_line_.size() < size.lines) room_line_.resize(size.lines);
  if (room_part_.size() < size.parts + 1) room_part_.resize(size.parts + 1);
  ScanRoom const room = {room_basis_.data(), room_weight_.data(), room_line_.data(),
                         room_part_.data()};
  std::uint32_t const parts = ScanLines<NettedTerms>(input, terms, room).add(pool, found);
  first_ = static_cast<std::uint32_t>(begin_.size()) - 1;
  FloatParts const in_float =
      float_parts(room, parts, [&](ScanLine const& line, bool last_of_part) {
        FloatLine const each =
            float_scan_line(input, room, line, parts, [this](std::uint32_t basis, float weight) {
              terms_.push_back({basis, weight});
            });
        constant_.push_back(each.constant);
        terms_begin_.push_back(static_cast<std::uint32_t>(terms_.size()));
        if (last_of_part) begin_.push_back(static_cast<std::uint32_t>(constant_.size()));
        return each;
      });
  found.sound = found.sound && in_float.sound;
  return in_float.gap;
}

void PoolParts::drop() {
  begin_.resize(first_ + 1);
  constant_.resize(begin_.back());
  terms_begin_.resize(begin_.back() + 1);
  terms_.resize(terms_begin_.back());
}

void PoolParts::finish() {
  terms_.resize(terms_.size() + spare_terms);
}

}  // namespace plimsoll::cpu
