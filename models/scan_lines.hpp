// What a pool's portfolio scans take from its excess, from above, as straight lines in the moves of
// basis rows. A scan is a maximum over points and stays one:
//   computed excess >= base + sum over parts of the least of the part's lines
// in every column of a range, where the base is the pool's minorant (models/minorant.hpp) and each
// part a scan of which more than one line is left. A scan with one line joins the base, so that
// most pools without options keep a single line.
// Units: reporting currency.
// Method: docs/models.md, "Lines of scans" (with the proof).
// Trusts: as models/minorant.hpp.
// Bits: decides nothing; every rounding is allowed for by the pool's `margin` (double) and
//   float_line() (float).
#pragma once

#include "models/minorant.hpp"

namespace plimsoll {

// constant + sum of terms [begin, end) of the room; first of a scan's loss, in the end of what a
// part adds to the excess.
struct ScanLine {
  double constant;           // [ccy]
  double low, high;          // [ccy] of the loss, over the range
  std::uint32_t begin, end;  // terms
  std::uint32_t limit;       // up to which it has room for more of them
};

// What one pool's lines may need.
struct ScanSize {
  std::uint64_t terms = 0;
  std::uint64_t lines = 0;
  std::uint64_t parts = 0;
};

// Where one pool's lines are written.
struct ScanRoom {
  std::uint32_t* basis;  // [terms]
  double* weight;        // [terms] [ccy]
  ScanLine* line;        // [lines]
  std::uint32_t* part;   // [parts + 1] first line of each part
};

PLIMSOLL_HD inline std::uint64_t terms_of_scan(ScanView const& scans, std::uint64_t scan) {
  return scans.term_begin[scans.class_begin[scan + 1]] - scans.term_begin[scans.class_begin[scan]];
}
PLIMSOLL_HD inline std::uint32_t points_of_scan(ScanView const& scans, std::uint64_t scan) {
  std::uint32_t const grid = scans.grid[scan];
  return scans.point_begin[grid + 1] - scans.point_begin[grid];
}

// A term names its row and the one under the shock; a line more for the least that is required.
PLIMSOLL_HD inline ScanSize scan_size(ScanView const& scans, std::uint32_t pool) {
  ScanSize size;
  if (!has_scans(scans, pool)) return size;
  for (std::uint64_t s = scans.begin[pool]; s < scans.begin[pool + 1]; ++s) {
    std::uint64_t const lines = points_of_scan(scans, s) + 1u;
    size.lines += lines;
    size.terms += 2 * lines * terms_of_scan(scans, s);
    ++size.parts;
  }
  return size;
}

// `terms` holds the weights of `found`, the pool's minorant without its scans (rest(), as
// MinorantBuilder leaves them).
template <class Terms>
class ScanLines {
 public:
  PLIMSOLL_HD ScanLines(MinorantInput const& input, Terms& terms, ScanRoom const& room)
      : in_(input), terms_(terms), room_(room) {}

  // Takes the pool's scans off `found` and its terms; returns how many parts there are beside, all
  // of them in the room. Where `found` is not sound in the end nothing is known.
  PLIMSOLL_HD std::uint32_t add(std::uint32_t pool, Minorant& found) {
    ScanView const& scans = in_.book.scans;
    room_.part[0] = 0;
    for (std::uint64_t s = scans.begin[pool]; s < scans.begin[pool + 1]; ++s) add_scan(s, found);
    found.sound = found.sound && found.gross <= 0.5 * largest_amount;
    for (std::uint32_t part = 0; part < parts_; ++part) take_weights(part);
    return parts_;
  }

 private:
  // What one line of a scan brings with it.
  struct Sizes {
    double gap = 0.0;    // [ccy] the loss is nowhere further below the line
    double gross = 0.0;  // [ccy] no sum inside the loss is larger
  };

  PLIMSOLL_HD void add_scan(std::uint64_t scan, Minorant& found) {
    ScanView const& scans = in_.book.scans;
    std::uint32_t const points = points_of_scan(scans, scan);
    double const least = scans.least[scan];
    std::uint32_t const first = lines_;
    std::uint32_t best = no_index;
    double most = least;
    Sizes sizes;
    for (std::uint32_t point = 0; point < points; ++point) {
      Sizes const of_point = add_point(scan, point, found);
      if (of_point.gap > sizes.gap) sizes.gap = of_point.gap;
      if (of_point.gross > sizes.gross) sizes.gross = of_point.gross;
      if (room_.line[lines_ - 1].low >= most) {
        most = room_.line[lines_ - 1].low;
        best = lines_ - 1;
      }
    }
    best = drop_those_below(first, best, most);
    double const slack = 0x1p-44 * sizes.gross;
    drop_those_between(first, best, least, slack);
    double const raised = slack * static_cast<double>(points);
    found.gap += sizes.gap + raised;
    found.gross += 2.0 * sizes.gross + magnitude(least);
    found.operations += 4 * terms_of_scan(scans, scan) +
                        4 * (scans.class_begin[scan + 1] - scans.class_begin[scan]) + 16;
    if (best == no_index) {
      std::uint32_t const limit = end_ + static_cast<std::uint32_t>(2 * terms_of_scan(scans, scan));
      room_.line[lines_++] = {least, least, least, end_, end_, limit};
      end_ = limit;
    }
    for (std::uint32_t i = first; i < lines_; ++i) turn(room_.line[i], raised);
    if (lines_ - first > 1) {
      room_.part[++parts_] = lines_;
      return;
    }
    ScanLine const& only = room_.line[first];
    found.constant += only.constant;
    for (std::uint32_t k = only.begin; k < only.end; ++k)
      terms_.rest(terms_.place(room_.basis[k])) += room_.weight[k];
    lines_ = first;
    end_ = only.begin;
  }

  // A line above the loss at one point.
  PLIMSOLL_HD Sizes add_point(std::uint64_t scan, std::uint32_t point, Minorant& found) {
    ScanView const& scans = in_.book.scans;
    std::uint64_t const begin = scans.class_begin[scan];
    std::uint64_t const end = scans.class_begin[scan + 1];
    double const part = scans.part[scans.point_begin[scans.grid[scan]] + point];
    found.sound = found.sound && part >= 0.0 && scans.least[scan] >= 0.0;
    ScanLine line = {0.0, 0.0, 0.0, end_, end_, end_};
    Sizes sizes;
    for (std::uint64_t c = begin; c < end; ++c) {
      std::uint32_t const from = end_;
      double gross = 0.0;
      double const constant = add_class(c, point, found, gross);
      std::uint64_t const terms = scans.term_begin[c + 1] - scans.term_begin[c];
      double const rounding = unit_roundoff * (16.0 * static_cast<double>(terms) + 128.0) * gross;
      AmountRange const loss = wider(range_of_terms(constant, from, end_), rounding);
      // Of a class by itself gains matter to no maximum that is not below zero.
      Chord const chord =
          end - begin == 1 ? Chord{1.0, 0.0} : chord_of_loss(loss, scans.class_offset[c]);
      for (std::uint32_t k = from; k < end_; ++k) room_.weight[k] *= part * chord.slope;
      line.constant += part * (chord.slope * constant + chord.intercept);
      sizes.gap += part * chord.intercept;
      sizes.gross += part * gross;
    }
    found.sound = found.sound && sizes.gross <= largest_amount;
    line.end = line.limit = end_;
    AmountRange const range = range_of_terms(line.constant, line.begin, line.end);
    line.low = range.low;
    line.high = range.high;
    room_.line[lines_++] = line;
    return sizes;
  }

  // The line through the ends of what a loss counts for, p below zero and p above: above it in
  // between, and furthest at zero.
  struct Chord {
    double slope, intercept;
  };
  PLIMSOLL_HD static Chord chord_of_loss(AmountRange loss, double offset) {
    if (loss.low >= 0.0) return {1.0, 0.0};
    if (loss.high <= 0.0) return {offset, 0.0};
    double const slope = (loss.high - offset * loss.low) / (loss.high - loss.low);
    double const intercept = loss.low * (offset - slope);
    return {slope, intercept > 0.0 ? intercept : 0.0};
  }

  // Appends what a class loses at a point, netted by basis row; returns the constant.
  PLIMSOLL_HD double add_class(std::uint64_t of_class, std::uint32_t point, Minorant& found,
                               double& gross) {
    ScanView const& scans = in_.book.scans;
    std::uint32_t const from = end_;
    double constant = 0.0;
    for (std::uint64_t t = scans.term_begin[of_class]; t < scans.term_begin[of_class + 1]; ++t) {
      constant += add_row(scans.term_row[t], scans.term_weight[t], from, found, gross);
      constant += add_row(scans.term_shocked[t] + point, -scans.term_weight[t], from, found, gross);
    }
    return constant;
  }

  // `units` of a row join the terms from `from` on; returns what they are worth tonight.
  PLIMSOLL_HD double add_row(std::uint32_t row, double units, std::uint32_t from, Minorant& found,
                             double& gross) {
    std::uint32_t const basis = in_.basis.row_basis[row];
    double const value = units * in_.basis.row_today[row];
    gross += magnitude(value);
    if (basis == no_index) return value;
    MoveRange const range = in_.range[basis];
    found.sound = found.sound && is_sound(range);
    double const swing = units * in_.basis.row_scale[row];
    gross +=
        magnitude(swing) * (magnitude(range.low) > magnitude(range.high) ? magnitude(range.low)
                                                                         : magnitude(range.high));
    std::uint32_t place = from;
    while (place < end_ && room_.basis[place] != basis) ++place;
    if (place == end_) {
      room_.basis[place] = basis;
      room_.weight[place] = 0.0;
      ++end_;
    }
    room_.weight[place] += swing;
    return value;
  }

  PLIMSOLL_HD AmountRange range_of_terms(double constant, std::uint32_t from,
                                         std::uint32_t end) const {
    AmountRange range = {constant, constant};
    for (std::uint32_t k = from; k < end; ++k) {
      MoveRange const moves = in_.range[room_.basis[k]];
      double const one = room_.weight[k] * moves.low;
      double const other = room_.weight[k] * moves.high;
      range.low += one < other ? one : other;
      range.high += other < one ? one : other;
    }
    return range;
  }

  // Leaves the lines that rise somewhere above `most`, below which the line `best` never falls (or,
  // where there is none, the least that is required), and `best`; returns its new number.
  PLIMSOLL_HD std::uint32_t drop_those_below(std::uint32_t first, std::uint32_t best, double most) {
    std::uint32_t kept = first;
    std::uint32_t found = no_index;
    for (std::uint32_t i = first; i < lines_; ++i) {
      if (i != best && room_.line[i].high <= most) continue;
      if (i == best) found = kept;
      room_.line[kept++] = room_.line[i];
    }
    lines_ = kept;
    return found;
  }

  // Leaves out lines that lie nowhere above the higher of another and the least that is required,
  // where all name the same rows: points of different shocks to the same price. `best` stays: where
  // it is known never to fall below the least, that has no line.
  PLIMSOLL_HD void drop_those_between(std::uint32_t first, std::uint32_t best, double least,
                                      double slack) {
    for (std::uint32_t i = first + 1; i < lines_; ++i)
      if (!same_rows(room_.line[first], room_.line[i])) return;
    std::uint32_t i = first;
    while (i < lines_) {
      if (i == best || !lies_between_others(i, first, least, slack)) {
        ++i;
        continue;
      }
      --lines_;
      if (best != no_index && best > i) --best;
      for (std::uint32_t k = i; k < lines_; ++k) room_.line[k] = room_.line[k + 1];
    }
  }

  PLIMSOLL_HD bool lies_between_others(std::uint32_t i, std::uint32_t first, double least,
                                       double slack) const {
    for (std::uint32_t other = first; other < lines_; ++other)
      if (other != i && lies_between(room_.line[i], room_.line[other], least, slack)) return true;
    return false;
  }

  PLIMSOLL_HD bool same_rows(ScanLine const& one, ScanLine const& other) const {
    if (one.end - one.begin != other.end - other.begin) return false;
    for (std::uint32_t k = 0; k < one.end - one.begin; ++k)
      if (room_.basis[one.begin + k] != room_.basis[other.begin + k]) return false;
    return true;
  }

  // one <= share x other + (1 - share) x least for a share in [0, 1], up to `slack`.
  PLIMSOLL_HD bool lies_between(ScanLine const& one, ScanLine const& other, double least,
                                double slack) const {
    if (lies_below(one, other, 1.0, least, slack)) return true;
    double largest = 0.0;
    double share = 1.0;
    for (std::uint32_t k = 0; k < one.end - one.begin; ++k) {
      double const weight = room_.weight[one.begin + k];
      if (!(magnitude(weight) > largest)) continue;
      largest = magnitude(weight);
      share = weight / room_.weight[other.begin + k];
    }
    return share >= 0.0 && share < 1.0 && lies_below(one, other, share, least, slack);
  }
  PLIMSOLL_HD bool lies_below(ScanLine const& one, ScanLine const& other, double share,
                              double least, double slack) const {
    double most = one.constant - share * other.constant - (1.0 - share) * least;
    for (std::uint32_t k = 0; k < one.end - one.begin; ++k) {
      MoveRange const moves = in_.range[room_.basis[one.begin + k]];
      double const weight = room_.weight[one.begin + k] - share * room_.weight[other.begin + k];
      double const low = weight * moves.low;
      double const high = weight * moves.high;
      most += low > high ? low : high;
    }
    return most <= slack;
  }

  // From a loss to what it takes from the excess.
  PLIMSOLL_HD void turn(ScanLine& line, double raised) {
    line.constant = -(line.constant + raised);
    for (std::uint32_t k = line.begin; k < line.end; ++k) room_.weight[k] = -room_.weight[k];
  }

  // The base's weights on rows that all of a part's points name join the part's lines, against
  // which they net: a position in its own scan. The least that is required names none, and has
  // room.
  PLIMSOLL_HD void take_weights(std::uint32_t part) {
    std::uint32_t const first = room_.part[part];
    std::uint32_t const begin = room_.line[first].begin;
    std::uint32_t const end = room_.line[first].end;
    for (std::uint32_t k = begin; k < end; ++k) {
      std::uint32_t const basis = room_.basis[k];
      double& weight = terms_.rest(terms_.place(basis));
      if (weight == 0.0 || !all_can_take(part, basis)) continue;
      for (std::uint32_t i = first; i < room_.part[part + 1]; ++i)
        take(room_.line[i], basis, weight);
      weight = 0.0;
    }
  }
  PLIMSOLL_HD bool all_can_take(std::uint32_t part, std::uint32_t basis) const {
    for (std::uint32_t i = room_.part[part]; i < room_.part[part + 1]; ++i) {
      ScanLine const& line = room_.line[i];
      if (place_in(line, basis) == no_index && line.end == line.limit) return false;
    }
    return true;
  }
  PLIMSOLL_HD void take(ScanLine& line, std::uint32_t basis, double weight) {
    std::uint32_t place = place_in(line, basis);
    if (place == no_index) {
      place = line.end++;
      room_.basis[place] = basis;
      room_.weight[place] = 0.0;
    }
    room_.weight[place] += weight;
  }

  PLIMSOLL_HD std::uint32_t place_in(ScanLine const& line, std::uint32_t basis) const {
    for (std::uint32_t k = line.begin; k < line.end; ++k)
      if (room_.basis[k] == basis) return k;
    return no_index;
  }

  MinorantInput const& in_;
  Terms& terms_;
  ScanRoom const& room_;
  std::uint32_t lines_ = 0, end_ = 0, parts_ = 0;
};

// One line of a part in float: a sum of its own, which is then one of `parts` to be added. Calls
// term(basis, weight) for each term that counts. What doubles round was taken off the pool's line.
template <class Term>
PLIMSOLL_HD inline FloatLine float_scan_line(MinorantInput const& input, ScanRoom const& room,
                                             ScanLine const& line, std::uint32_t parts, Term term) {
  double reach = 0.0;
  std::uint64_t terms = 0;
  for (std::uint32_t k = line.begin; k < line.end; ++k) {
    std::uint32_t const basis = room.basis[k];
    double const weight = room.weight[k];
    if (weight == 0.0 || !moves(input.basis.factors[basis])) continue;
    MoveRange const range = input.range[basis];
    double const low = magnitude(range.low);
    double const high = magnitude(range.high);
    reach += magnitude(weight) * (low > high ? low : high);
    term(basis, static_cast<float>(weight));
    ++terms;
  }
  Minorant exact;
  exact.constant = line.constant;
  return float_line(exact, reach, terms + parts);
}

// What the parts of a pool are in float, all together.
struct FloatParts {
  float gap = 0.0f;  // [ccy] their sum lies nowhere further above the computed one
  bool sound = true;
};

// Calls line(ScanLine, whether it is the part's last) for every line of the parts in the room, in
// order; it returns the line's float_scan_line().
template <class Line>
PLIMSOLL_HD inline FloatParts float_parts(ScanRoom const& room, std::uint32_t parts, Line line) {
  FloatParts found;
  for (std::uint32_t p = 0; p < parts; ++p) {
    float widest = 0.0f;
    for (std::uint32_t i = room.part[p]; i < room.part[p + 1]; ++i) {
      FloatLine const each = line(room.line[i], i + 1 == room.part[p + 1]);
      found.sound = found.sound && each.sound;
      if (each.gap > widest) widest = each.gap;
    }
    found.gap += widest;
  }
  found.gap *= 1.0f + 0x1p-20f;
  return found;
}

}  // namespace plimsoll
