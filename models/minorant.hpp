// A pool's excess from below, as a straight line in the moves of basis rows:
//   computed excess >= constant + sum over b of weight_b rho_b      in every column of a range,
// for every piecewise linear haircut and bracket, continuous or not, concave or not. A tile where
// the line stays above zero holds no breach, and a column where it does is none: that is all that
// pruning and the float filter use. The signs themselves are decided by models/evaluate.hpp.
// Units: reporting currency.
// Method: docs/models.md, "Minorant" (with the proof). Each curve is replaced on the range of its
//   own amount by the line through its ends, shifted until it lies below (haircuts) or above
//   (brackets) every segment that the reference could choose there.
// Trusts: weights, balances and curves are finite; basis ranges hold all columns in question.
// Bits: decides nothing; every rounding, of this page and of the reference, is allowed for by
//   `margin` (double) and float_line() (float).
#pragma once

#include "models/basis.hpp"
#include "models/book.hpp"
#include "models/curve.hpp"
#include "models/evaluate.hpp"
#include "models/number.hpp"
#include "models/ticks.hpp"

namespace plimsoll {

inline constexpr double unit_roundoff = 0x1p-53;
inline constexpr double float_roundoff = 0x1p-24;

// value of a curve >= (or <=) slope amount + intercept scale.
struct CurveLine {
  double slope, intercept;
  double steepest;           // |slope| of any segment in the range
  double offset;             // |intercept| of any segment in the range
  double gap;                // the curve is nowhere in the range further from the line
  std::uint32_t begin, end;  // the segments in the range, as in CurvesView
};

enum class Side : std::uint8_t { below, above };

// The part of a segment that the reference can choose for an amount in [low, high] x scale; edges
// are taken wider than their own rounding.
struct SegmentPart {
  double low, high;
};
PLIMSOLL_HD inline SegmentPart segment_part(CurvesView const& curves, std::uint32_t i,
                                            std::uint32_t first, std::uint32_t last, double low,
                                            double high) {
  constexpr double wider = 0x1p-48;
  double const from = i == first ? low : curves.floor[i] - wider * magnitude(curves.floor[i]);
  double const to =
      i + 1 == last ? high : curves.floor[i + 1] + wider * magnitude(curves.floor[i + 1]);
  return {from > low ? from : low, to < high ? to : high};
}

// A line on one side of curve `curve` for amounts in [low, high] x scale.
PLIMSOLL_HD inline CurveLine curve_line(CurvesView const& curves, std::uint32_t curve, double low,
                                        double high, Side side) {
  std::uint32_t const first = curves.begin[curve];
  std::uint32_t const last = curves.begin[curve + 1];
  std::uint32_t begin = first;
  while (begin + 1 < last && segment_part(curves, begin, first, last, low, high).high < low)
    ++begin;
  std::uint32_t end = begin + 1;
  while (end < last && segment_part(curves, end, first, last, low, high).low <= high) ++end;
  double const slope_low = curves.slope[begin];
  double const intercept_low = curves.intercept[begin];
  CurveLine line = {
      slope_low, intercept_low, magnitude(slope_low), magnitude(intercept_low), 0.0, begin, end};
  if (end - begin == 1) return line;
  double const value_low = slope_low * low + intercept_low;
  double const value_high = curves.slope[end - 1] * high + curves.intercept[end - 1];
  if (high > low) line.slope = (value_high - value_low) / (high - low);
  double lowest = intercept_low;
  double highest = intercept_low;
  for (std::uint32_t i = begin; i < end; ++i) {
    SegmentPart const part = segment_part(curves, i, first, last, low, high);
    double const lean = curves.slope[i] - line.slope;
    double const left = lean * part.low + curves.intercept[i];
    double const right = lean * part.high + curves.intercept[i];
    double const least = left < right ? left : right;
    double const most = left < right ? right : left;
    lowest = i == begin || least < lowest ? least : lowest;
    highest = i == begin || most > highest ? most : highest;
    if (magnitude(curves.slope[i]) > line.steepest) line.steepest = magnitude(curves.slope[i]);
    if (magnitude(curves.intercept[i]) > line.offset) line.offset = magnitude(curves.intercept[i]);
  }
  line.intercept = side == Side::below ? lowest : highest;
  line.gap = highest - lowest;
  if (magnitude(line.slope) > line.steepest) line.steepest = magnitude(line.slope);
  if (magnitude(line.intercept) > line.offset) line.offset = magnitude(line.intercept);
  return line;
}

// What is below a credit curve stretched by rows x and y, for amounts in [low, high] x scale and
// stretches from x_0 = least.owned and y_0 = least.owed on:
//   value(x, y) >= slope amount + (intercept - (x - x_0) owned - (y - y_0) owed) scale.
struct StretchedLine {
  CurveLine line;      // at x_0 and y_0
  double owned, owed;  // [scale units] not negative
};
PLIMSOLL_HD inline StretchedLine stretched_line(CurvesView const& curves, std::uint32_t curve,
                                                CurveStretch<double> const& least, double low,
                                                double high) {
  std::uint32_t const first = curves.begin[curve];
  std::uint32_t const last = curves.begin[curve + 1];
  StretchedLine found = {{0.0, 0.0, 1.0, 0.0, 0.0, first, last}, 0.0, 0.0};
  CurveLine& line = found.line;
  double const value_low = stretched_value(curves, curve, low, 1.0, least);
  double const value_high = stretched_value(curves, curve, high, 1.0, least);
  bool const wide = high - low > 0x1p-30 * (magnitude(low) + magnitude(high));
  line.slope = wide ? (value_high - value_low) / (high - low) : 0.0;
  StretchedSegment<double> at = StretchedSegment<double>::first(curves, curve, least);
  double lowest = infinity;
  double highest = -infinity;
  for (std::uint32_t i = first; i < last; ++i) {
    if (i > first) {
      at.move_to(curves, i, least);
      // All of an amount below it is stretched, not only what the range has of it.
      double const from = i == first + 1 ? 0.0 : curves.floor[i];
      double const to = i + 1 < last && curves.floor[i + 1] < high ? curves.floor[i + 1] : high;
      if (to > from)
        found.owned += haircut_pull(curves.slope[i], least.relative, least.added) * (to - from);
    }
    SegmentPart const part = segment_part(curves, i, first, last, low, high);
    if (part.low > part.high) continue;
    if (!wide && lowest == infinity) line.slope = at.slope;
    double const lean = at.slope - line.slope;
    double const left = lean * part.low + at.intercept;
    double const right = lean * part.high + at.intercept;
    lowest = left < lowest ? left : lowest;
    lowest = right < lowest ? right : lowest;
    highest = left > highest ? left : highest;
    highest = right > highest ? right : highest;
    if (at.slope > line.steepest) line.steepest = at.slope;
    if (magnitude(at.intercept) > line.offset) line.offset = magnitude(at.intercept);
  }
  found.owed = low < 0.0 ? curves.slope[first] * -low : 0.0;
  line.intercept = lowest;
  line.gap = highest - lowest;
  if (magnitude(line.slope) > line.steepest) line.steepest = magnitude(line.slope);
  if (magnitude(line.intercept) > line.offset) line.offset = magnitude(line.intercept);
  return found;
}

// [scale units] nothing that curve_line() or the reference adds up over the range is larger.
PLIMSOLL_HD inline double curve_gross(CurveLine line, double low, double high) {
  double const one = magnitude(low);
  double const other = magnitude(high);
  return line.steepest * (one > other ? one : other) + line.offset;
}

// [low, high] of amount / scale for scales in [scale_low, scale_high], all positive.
struct AmountRange {
  double low, high;
};
PLIMSOLL_HD inline AmountRange in_scale(AmountRange amount, double scale_low, double scale_high) {
  return {amount.low / (amount.low < 0.0 ? scale_low : scale_high),
          amount.high / (amount.high < 0.0 ? scale_high : scale_low)};
}
PLIMSOLL_HD inline AmountRange wider(AmountRange range, double by) {
  return {range.low - by - 0x1p-48 * magnitude(range.low),
          range.high + by + 0x1p-48 * magnitude(range.high)};
}

// constant + sum of terms; the terms are in the list that was given.
struct Minorant {
  double constant = 0.0;  // [ccy]
  double gap = 0.0;       // [ccy] the excess is nowhere further above the line
  double gross = 0.0;     // [ccy] no sum of sizes inside the reference's evaluation is larger
  std::uint64_t operations = 0;
  bool sound = true;  // false: nothing is known of the pool, every cell must be decided
};

// The roundings of the reference and of this page together never move the excess by more [ccy].
PLIMSOLL_HD inline double margin_of(Minorant const& minorant) {
  return unit_roundoff * (8.0 * static_cast<double>(minorant.operations) + 128.0) * minorant.gross;
}

// What all small positions on one row have in common: they stay in the first bracket.
struct alignas(64) RowBrief {
  double today;           // [ccy] X_0
  double most_size;       // [ccy] |w X_0| up to which this holds; negative: never
  double slope;           // of the first bracket
  double reach;           // 1 + the largest move
  double gross_per_size;  // |w X_0| x this bounds what the bracket adds to `gross`
  std::uint32_t basis;
  std::uint32_t segment;  // the first bracket, as in CurvesView
};

// What a minorant reads.
struct MinorantInput {
  BookView book;
  RulesView rules;
  BasisView basis;
  MoveRange const* range;           // [basis.count] over the columns in question
  RowBrief const* brief = nullptr;  // [rows] row_brief() of exposures, or null
};

PLIMSOLL_HD inline RowBrief row_brief(MinorantInput const& in, std::uint32_t row) {
  std::uint32_t const basis = in.basis.row_basis[row];
  std::uint32_t const unit = in.rules.exposure_unit[row];
  std::uint32_t const unit_basis = unit == no_index ? no_index : in.basis.row_basis[unit];
  MoveRange const still = {0.0, 0.0};
  MoveRange const moves = basis == no_index ? still : in.range[basis];
  MoveRange const unit_moves = unit_basis == no_index ? still : in.range[unit_basis];
  CurvesView const& curves = in.rules.curves;
  std::uint32_t const curve = in.rules.exposure_curve[row];
  if (curve == no_index) return {0.0, -1.0, 0.0, 0.0, 0.0, no_index, 0};
  std::uint32_t const first = curves.begin[curve];
  double const scale = unit == no_index ? 1.0 : in.basis.row_today[unit];
  double const scale_low = scale * (1.0 + unit_moves.low);
  double const scale_high = scale * (1.0 + unit_moves.high);
  double const edge = first + 1 < curves.begin[curve + 1] ? curves.floor[first + 1] : 0x1p200;
  double const reach = 1.0 + moves.high;
  bool const simple = is_sound(moves) && is_sound(unit_moves) && curves.intercept[first] == 0.0 &&
                      edge > 0.0 && in.basis.row_scale[row] == in.basis.row_today[row];
  return {in.basis.row_today[row],
          simple ? edge * scale_low / reach * (1.0 - 0x1p-30) : -1.0,
          curves.slope[first],
          reach,
          magnitude(curves.slope[first]) * reach * (scale_high / scale_low) * (1.0 + 0x1p-30),
          basis,
          first};
}

// Segments of a curve, as in CurvesView.
struct CurveSegments {
  std::uint32_t begin, end;
};

// Builds one pool's minorant. Terms is a list of weights, netted by basis row:
//   std::uint32_t size();                      entries so far
//   std::uint32_t place(std::uint32_t basis);  of that row's entry, made with zeros where it lacks
//   std::uint32_t basis(std::uint32_t i);
//   double& value(std::uint32_t i);            of the group in work [ccy]
//   double& rest(std::uint32_t i);             of the pool [ccy]
//   void saw(CurveSegments);                   where it has it: the segments that each position can
//                                              be in, then its group's value, group by group; then
//                                              those of the pool's charges
template <class Terms>
class MinorantBuilder {
 public:
  PLIMSOLL_HD MinorantBuilder(MinorantInput const& input, Terms& terms)
      : in_(input), terms_(terms) {}

  // With a pool that has portfolio scans nothing is known: a maximum is no straight line.
  PLIMSOLL_HD Minorant build(std::uint32_t pool) {
    Minorant found = build_without_scans(pool);
    if (has_scans(in_.book.scans, pool)) found.sound = false;
    return found;
  }

  // Above the excess by what scans require (models/scan_lines.hpp).
  PLIMSOLL_HD Minorant build_without_scans(std::uint32_t pool) {
    for (std::uint32_t g = in_.book.group_begin[pool]; g < in_.book.group_begin[pool + 1]; ++g)
      add_group(g);
    if (in_.book.charge_begin != nullptr) add_charges(pool);
    // The reference's excess stays within what ticks hold, with room to spare; NaN fails too.
    found_.sound = found_.sound && found_.gross <= 0.5 * largest_amount;
    return found_;
  }

 private:
  PLIMSOLL_HD MoveRange range_of(std::uint32_t row) {
    std::uint32_t const basis = in_.basis.row_basis[row];
    if (basis == no_index) return {0.0, 0.0};
    MoveRange const range = in_.range[basis];
    found_.sound = found_.sound && is_sound(range);
    return range;
  }

  // amount + swing x rho joins the group's value.
  PLIMSOLL_HD void add_value(std::uint32_t row, double amount, double swing) {
    value_ += amount;
    std::uint32_t const basis = in_.basis.row_basis[row];
    if (basis != no_index) terms_.value(terms_.place(basis)) += swing;
  }
  // amount + swing x rho joins the pool.
  PLIMSOLL_HD void add_rest(std::uint32_t row, double amount, double swing) {
    found_.constant += amount;
    std::uint32_t const basis = in_.basis.row_basis[row];
    if (basis != no_index) terms_.rest(terms_.place(basis)) += swing;
  }

  PLIMSOLL_HD void add_group(std::uint32_t group) {
    BookView const& book = in_.book;
    std::uint32_t const asset = book.group_asset[group];
    double const price = in_.basis.row_today[asset];
    MoveRange const moves = range_of(asset);
    value_ = 0.0;
    value_gross_ = 0.0;
    std::uint64_t const begin = book.term_begin[group];
    std::uint64_t const end = book.term_begin[group + 1];
    for (std::uint64_t t = begin; t < end; ++t) {
      if (in_.brief != nullptr && in_.book.term_curve == nullptr) t = add_small_positions(t, end);
      if (t < end) add_position(t);
    }
    std::uint64_t const operations = end - begin + 8;
    found_.operations += operations;
    double const settled = price * book.group_settled[group];
    double const balance = price * book.group_balance[group];
    value_gross_ += (magnitude(settled) + magnitude(balance)) * (1.0 + moves.high);
    double const rounding =
        unit_roundoff * (8.0 * static_cast<double>(operations) + 64.0) * value_gross_;
    add_value(asset, settled, settled);
    bool const clipped = in_.rules.gain_weight != 1.0;
    if (clipped) weigh_gains(rounding);
    add_value(asset, balance, balance);
    add_credit(group, asset, moves, rounding, clipped);
  }

  PLIMSOLL_HD void saw(CurveSegments segments) {
    if constexpr (requires(Terms & terms) { terms.saw(segments); }) terms_.saw(segments);
  }

  // Returns the first of the group's positions from `term` on that may leave its first bracket, or
  // the end. Sums stay out of memory meanwhile: every one of them waits for the one before.
  PLIMSOLL_HD std::uint64_t add_small_positions(std::uint64_t term, std::uint64_t end) {
    double value_sum = value_;
    double value_gross = value_gross_;
    double constant = found_.constant;
    double gross = found_.gross;
    for (; term < end; ++term) {
      RowBrief const& brief = in_.brief[in_.book.term_row[term]];
      double const value = in_.book.term_weight[term] * brief.today;
      double const size = magnitude(value);
      if (!(size <= brief.most_size)) break;
      double const charge = brief.slope * size;
      value_sum += value;
      value_gross += size * brief.reach;
      constant -= charge;
      gross += size * brief.gross_per_size;
      if (brief.basis != no_index) {
        std::uint32_t const i = terms_.place(brief.basis);
        terms_.value(i) += value;
        terms_.rest(i) -= charge;
      }
      saw({brief.segment, brief.segment + 1});
    }
    value_ = value_sum;
    value_gross_ = value_gross;
    found_.constant = constant;
    found_.gross = gross;
    return term;
  }

  PLIMSOLL_HD void add_position(std::uint64_t term) {
    std::uint32_t const row = in_.book.term_row[term];
    double const value = in_.book.term_weight[term] * in_.basis.row_today[row];
    MoveRange const moves = range_of(row);
    double const swing = in_.book.term_weight[term] * in_.basis.row_scale[row];
    double const size = magnitude(value);
    add_value(row, value, swing);
    value_gross_ += size + magnitude(swing) * moves.high;
    std::uint32_t const curve = curve_of_term(in_.book, in_.rules, term);
    if (curve == no_index)
      saw({0, 0});
    else
      add_requirement(curve, row, size, magnitude(swing), moves);
  }

  PLIMSOLL_HD void add_charges(std::uint32_t pool) {
    BookView const& book = in_.book;
    std::uint64_t const begin = book.charge_begin[pool];
    std::uint64_t const end = book.charge_begin[pool + 1];
    for (std::uint64_t c = begin; c < end; ++c) {
      std::uint32_t const row = book.charge_row[c];
      double const size = magnitude(book.charge_weight[c] * in_.basis.row_today[row]);
      double const swing = magnitude(book.charge_weight[c] * in_.basis.row_scale[row]);
      MoveRange const moves = range_of(row);
      add_requirement(book.charge_curve[c], row, size, swing, moves);
      found_.gross += size + swing * moves.high;
    }
    found_.operations += end - begin;
  }

  // The requirement of an amount that is `size` tonight and moves by `swing` as row `row` does.
  PLIMSOLL_HD void add_requirement(std::uint32_t curve, std::uint32_t row, double size,
                                   double swing, MoveRange moves) {
    AmountRange amount = {size + swing * moves.low, size + swing * moves.high};
    std::uint32_t const unit = in_.rules.exposure_unit[row];
    double scale = 1.0;
    double scale_high = 1.0;
    if (unit != no_index) {
      MoveRange const unit_moves = range_of(unit);
      scale = in_.basis.row_today[unit];
      scale_high = scale * (1.0 + unit_moves.high);
      amount = in_scale(amount, scale * (1.0 + unit_moves.low), scale_high);
    }
    amount = wider(amount, 0.0);
    CurveLine const line =
        curve_line(in_.rules.curves, curve, amount.low, amount.high, Side::above);
    saw({line.begin, line.end});
    add_rest(row, -line.slope * size, -line.slope * swing);
    if (line.intercept != 0.0) {
      if (unit == no_index)
        found_.constant -= line.intercept;
      else
        add_rest(unit, -line.intercept * scale, -line.intercept * scale);
    }
    found_.gap += line.gap * scale_high;
    found_.gross += curve_gross(line, amount.low, amount.high) * scale_high;
  }

  // Replaces the group's profit and loss p by the chord of what it counts for, p below zero and
  // g p above: that is concave, so the chord lies below it, and it is furthest away at zero.
  PLIMSOLL_HD void weigh_gains(double rounding) {
    double const weight = in_.rules.gain_weight;
    AmountRange const pnl = wider(value_range(), rounding);
    clipped_low_ = pnl.low < 0.0 ? pnl.low : weight * pnl.low;
    clipped_high_ = pnl.high < 0.0 ? pnl.high : weight * pnl.high;
    bool const bends = pnl.low < 0.0 && pnl.high > 0.0;
    double const slope = bends             ? (clipped_high_ - pnl.low) / (pnl.high - pnl.low)
                         : pnl.high <= 0.0 ? 1.0
                                           : weight;
    double const intercept = bends ? pnl.low * (1.0 - slope) : 0.0;
    for (std::uint32_t i = 0; i < terms_.size(); ++i) terms_.value(i) *= slope;
    value_ = value_ * slope + intercept;
    value_gross_ += magnitude(intercept);
    clipped_gap_ = magnitude(intercept);
  }

  // Of the group's value so far over all columns.
  PLIMSOLL_HD AmountRange value_range() {
    AmountRange range = {value_, value_};
    for (std::uint32_t i = 0; i < terms_.size(); ++i) {
      MoveRange const moves = in_.range[terms_.basis(i)];
      double const one = terms_.value(i) * moves.low;
      double const other = terms_.value(i) * moves.high;
      range.low += one < other ? one : other;
      range.high += other < one ? one : other;
    }
    return range;
  }

  PLIMSOLL_HD void add_credit(std::uint32_t group, std::uint32_t asset, MoveRange moves,
                              double rounding, bool clipped) {
    RulesView const& rules = in_.rules;
    double const price = in_.basis.row_today[asset];
    AmountRange value;
    if (clipped) {
      double const balance = price * in_.book.group_balance[group];
      double const one = balance * (1.0 + moves.low);
      double const other = balance * (1.0 + moves.high);
      value = {(one < other ? one : other) + clipped_low_,
               (one < other ? other : one) + clipped_high_};
    } else {
      value = value_range();
    }
    value = wider(value, rounding);
    double const share = in_.book.group_share[group];
    bool const in_units = rules.asset_in_units[asset] != 0;
    double const scale = in_units ? price * share : share;
    double const scale_high = in_units ? scale * (1.0 + moves.high) : scale;
    AmountRange const amount =
        wider(in_scale(value, in_units ? scale * (1.0 + moves.low) : scale, scale_high), 0.0);
    found_.sound = found_.sound && amount.low >= -0x1p900 && amount.high <= 0x1p900;
    std::uint32_t const curve = curve_of_group(in_.book, rules, group);
    CurveLine const line = has_state(rules, asset) ? add_stretch(asset, curve, amount, scale_high)
                                                   : curve_line(rules.curves, curve, amount.low,
                                                                amount.high, Side::below);
    saw({line.begin, line.end});
    // A line below the clipped value serves only a credit that grows with it.
    if (clipped && line.slope < 0.0) found_.sound = false;
    for (std::uint32_t i = 0; i < terms_.size(); ++i) {
      terms_.rest(i) += line.slope * terms_.value(i);
      terms_.value(i) = 0.0;
    }
    found_.constant += line.slope * value_;
    if (line.intercept != 0.0) {
      if (in_units)
        add_rest(asset, line.intercept * scale, line.intercept * scale);
      else
        found_.constant += line.intercept * scale;
    }
    double const steepest = line.steepest > 1.0 ? line.steepest : 1.0;
    found_.gap += line.gap * scale_high + (clipped ? line.steepest * clipped_gap_ : 0.0);
    found_.gross +=
        steepest * value_gross_ + curve_gross(line, amount.low, amount.high) * scale_high;
  }

  // Where a row that stretches credits can be over all columns.
  struct StateRange {
    double today = 0.0, scale = 0.0;  // x = today + scale rho
    double low = 0.0, high = 0.0;
    double largest_move = 0.0;
  };
  PLIMSOLL_HD StateRange state_range(std::uint32_t row) {
    if (row == no_index) return {};
    MoveRange const moves = range_of(row);
    StateRange found;
    found.today = in_.basis.row_today[row];
    found.scale = in_.basis.row_scale[row];
    found.largest_move =
        magnitude(moves.low) > magnitude(moves.high) ? magnitude(moves.low) : magnitude(moves.high);
    double const slack = 0x1p-48 * (found.today + found.scale * found.largest_move);
    double const low = found.today + found.scale * moves.low - slack;
    found.low = low > 0.0 ? low : 0.0;
    found.high = found.today + found.scale * moves.high + slack;
    return found;
  }

  // -amount (x - least x) joins the pool; returns how far that may be from nothing.
  PLIMSOLL_HD double add_state(std::uint32_t row, StateRange const& range, double amount) {
    if (row == no_index || amount == 0.0) return 0.0;
    add_rest(row, -amount * (range.today - range.low), -amount * range.scale);
    found_.gross +=
        amount * (range.today + range.low + range.high + range.scale * range.largest_move);
    return amount * (range.high - range.low) * (1.0 + 0x1p-40);
  }

  // What is taken off a credit as rows of the column stretch it; returns the line below what is
  // left at their least.
  PLIMSOLL_HD CurveLine add_stretch(std::uint32_t asset, std::uint32_t curve, AmountRange amount,
                                    double scale_high) {
    CreditState const& state = in_.rules.asset_state[asset];
    StateRange const owned = state_range(state.owned);
    StateRange const owed = state_range(state.owed);
    StretchedLine found =
        stretched_line(in_.rules.curves, curve, {owned.low, owed.low, state.relative, state.added},
                       amount.low, amount.high);
    found_.gap += add_state(state.owned, owned, found.owned * scale_high);
    found_.gap += add_state(state.owed, owed, found.owed * scale_high);
    found_.operations += 4 * (found.line.end - found.line.begin) + 16;
    double const steepest =
        in_.rules.curves.slope[in_.rules.curves.begin[curve]] * (1.0 + owed.high);
    if (steepest > found.line.steepest) found.line.steepest = steepest;
    return found.line;
  }

  MinorantInput const& in_;
  Terms& terms_;
  Minorant found_;
  double value_ = 0.0;        // [ccy] the group's value tonight
  double value_gross_ = 0.0;  // [ccy]
  double clipped_low_ = 0.0, clipped_high_ = 0.0, clipped_gap_ = 0.0;
};

// The minorant as the filter reads it, in float.
struct FloatLine {
  float constant;  // all margins taken off; minus infinity where nothing is known
  float gap;       // the excess lies nowhere higher above the computed line; infinity likewise
  bool sound;
};

// The largest float not above x.
PLIMSOLL_HD inline float float_below(double x) {
  float const nearest = static_cast<float>(x);
  if (static_cast<double>(nearest) <= x) return nearest;
  // One step down: a relative step of 2^-23 is more than one ulp, and 2^-140 covers zero.
  double const lower = x - 0x1p-23 * magnitude(x) - 0x1p-140;
  return static_cast<float>(lower);
}
PLIMSOLL_HD inline float float_above(double x) {
  return -float_below(-x);
}

// reach = sum of |weight| max |rho| over `terms` terms [ccy]. Then, whatever the order in which the
// terms are added, with or without fma, in float: computed line <= computed excess.
PLIMSOLL_HD inline FloatLine float_line(Minorant const& minorant, double reach,
                                        std::uint64_t terms) {
  double const relative = float_roundoff * 1.25 * (static_cast<double>(terms) + 8.0);
  double const size = magnitude(minorant.constant) + reach;
  double const margin = margin_of(minorant) + relative * size + 0x1p-100;
  bool const sound = minorant.sound && relative < 0.2 && size < 0x1p100;
  if (!sound) return {-static_cast<float>(infinity), static_cast<float>(infinity), false};
  float const constant = float_below(minorant.constant - margin);
  double const taken_off = minorant.constant - static_cast<double>(constant);
  return {constant, float_above((taken_off + margin + minorant.gap) * (1.0 + 0x1p-20)), true};
}

}  // namespace plimsoll
