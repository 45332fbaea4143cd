// The straight line below a pool's excess, by hand and by law. Engines are compared elsewhere;
// there a margin that is missing may be covered by another, here each is looked at alone.
#include "models/minorant.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "kernels/basis.hpp"
#include "models/scan_lines.hpp"
#include "tests/kernels/job_builder.hpp"

namespace plimsoll {
namespace {

using testing::JobBuilder;
using testing::JobConfig;

// --- a pool by hand

// Terms as plainly as can be.
struct PlainTerms {
  struct Entry {
    std::uint32_t basis;
    double value, rest;
  };
  std::vector<Entry> entries;
  std::vector<CurveSegments> segments;

  std::uint32_t size() const { return static_cast<std::uint32_t>(entries.size()); }
  std::uint32_t place(std::uint32_t basis) {
    for (std::uint32_t i = 0; i < size(); ++i)
      if (entries[i].basis == basis) return i;
    entries.push_back({basis, 0.0, 0.0});
    return size() - 1;
  }
  std::uint32_t basis(std::uint32_t i) const { return entries[i].basis; }
  double& value(std::uint32_t i) { return entries[i].value; }
  double& rest(std::uint32_t i) { return entries[i].rest; }
  void saw(CurveSegments of) { segments.push_back(of); }

  double weight(std::uint32_t basis) const {
    for (Entry const& entry : entries)
      if (entry.basis == basis) return entry.rest;
    return 0.0;
  }
};

// Rows: 0 cash, 1 coin at 100, 2 linear on the coin. One group in cash: 50, long 3 from 100.
struct ByHand {
  RowKind kind[3] = {RowKind::constant, RowKind::price, RowKind::linear};
  std::uint32_t factor[2] = {no_index, 0};
  std::uint32_t underlying[3] = {no_index, no_index, 1};
  std::uint32_t settle[3] = {no_index, no_index, 0};
  double ratio[3] = {1.0, 100.0, 1.0};
  // curves: 0 haircut of cash, 1 haircut of the coin, 2 brackets: 5 %, and 10 % from 400 on
  std::uint32_t begin[4] = {0, 1, 2, 4};
  double floor[4] = {-infinity, -infinity, -infinity, 400.0};
  double slope[4] = {1.0, 0.875, 0.0625, 0.125};
  double intercept[4] = {0.0, 0.0, 0.0, -25.0};
  std::uint32_t asset_curve[2] = {0, 1};
  std::uint8_t in_units[2] = {0, 0};
  std::uint32_t exposure_curve[3] = {no_index, no_index, 2};
  std::uint32_t exposure_unit[3] = {no_index, no_index, no_index};
  bool counts_gains = true;
  std::uint32_t pool_begin[2] = {0, 1};
  std::uint8_t account_class[1] = {0};
  PoolKind pool_kind[1] = {PoolKind::cross};
  std::uint32_t group_begin[2] = {0, 1};
  std::uint32_t group_asset[1] = {0};
  double balance[1] = {50.0};
  double settled[1] = {-300.0};
  double share[1] = {1.0};
  std::uint64_t term_begin[2] = {0, 1};
  std::uint32_t term_row[1] = {2};
  double weight[1] = {3.0};
  BasisRow basis_row[1] = {{0, no_index}};
  std::uint32_t row_basis[3] = {no_index, 0, 0};
  double row_today[3] = {1.0, 100.0, 100.0};
  MoveRange range[1] = {{-0.5, 0.25}};

  MinorantInput input() const {
    return {{1, 1, 1, pool_begin, account_class, pool_kind, group_begin, group_asset, balance,
             settled, share, term_begin, term_row, weight},
            {{begin, floor, slope, intercept},
             asset_curve,
             in_units,
             exposure_curve,
             exposure_unit,
             counts_gains ? 1.0 : 0.0},
            {1, basis_row, row_basis, row_today, row_today},
            range};
  }
  Minorant build(PlainTerms& terms) const {
    MinorantInput const in = input();
    return MinorantBuilder<PlainTerms>(in, terms).build(0);
  }
};

// 50 + 300 (1 + rho) - 300 - 18.75 (1 + rho), at most 375 of notional: nothing is approximated.
TEST(Minorant, OfStraightCurvesIsExact) {
  PlainTerms terms;
  Minorant const found = ByHand().build(terms);
  EXPECT_TRUE(found.sound);
  EXPECT_EQ(found.constant, 31.25);
  EXPECT_EQ(terms.weight(0), 281.25);
  EXPECT_EQ(found.gap, 0.0);
  ASSERT_EQ(terms.segments.size(), 2u);
  EXPECT_EQ(terms.segments[0].begin, 2u);
  EXPECT_EQ(terms.segments[0].end, 3u);
  EXPECT_EQ(terms.segments[1].begin, 0u);
}

TEST(Minorant, OfCoinsIsTheirHaircut) {
  ByHand hand;
  hand.group_asset[0] = 1;
  hand.balance[0] = 2.0;
  hand.settled[0] = 0.0;
  hand.weight[0] = 0.0;
  PlainTerms terms;
  Minorant const found = hand.build(terms);
  EXPECT_EQ(found.constant, 175.0);
  EXPECT_EQ(terms.weight(0), 175.0);
  EXPECT_EQ(found.gap, 0.0);
}

// 500 of notional is from 250 to 625: 15.625 to 53.125 of requirement, a chord of slope 0.1 that
// leaves out nothing above 0.1 amount - 9.375.
TEST(Minorant, TakesTheChordAboveBrackets) {
  ByHand hand;
  hand.weight[0] = 5.0;
  hand.settled[0] = -500.0;
  PlainTerms terms;
  Minorant const found = hand.build(terms);
  EXPECT_NEAR(found.constant, 50.0 - 0.1 * 500.0 + 9.375, 1e-9);
  EXPECT_NEAR(terms.weight(0), 500.0 - 0.1 * 500.0, 1e-9);
  EXPECT_NEAR(found.gap, 0.1 * 400.0 - 9.375 - 0.0625 * 400.0, 1e-9);
}

// Brackets in coins: the edge stands at 4 coins, the intercept -1/4 coin moves with the coin.
TEST(Minorant, BracketsInUnitsMoveWithTheUnit) {
  ByHand hand;
  hand.exposure_unit[2] = 1;
  hand.floor[3] = 1.0;
  hand.intercept[3] = -0.0625;
  PlainTerms terms;
  // 3 coins of notional over all moves, seen from 150 / 125 to 375 / 50 coins: the second segment.
  Minorant const found = hand.build(terms);
  EXPECT_NEAR(found.constant, 50.0 - 0.125 * 300.0 + 6.25, 1e-9);
  EXPECT_NEAR(terms.weight(0), 300.0 - 0.125 * 300.0 + 6.25, 1e-9);
  EXPECT_EQ(found.gap, 0.0);
}

// Profit and loss is from -150 to 75: min(p, 0) >= 2/3 p - 50, which is 50 too low at 0.
TEST(Minorant, IgnoresGains) {
  ByHand hand;
  hand.counts_gains = false;
  PlainTerms terms;
  Minorant const found = hand.build(terms);
  EXPECT_NEAR(found.constant, 50.0 - 50.0 - 18.75, 1e-9);
  EXPECT_NEAR(terms.weight(0), 200.0 - 18.75, 1e-9);
  EXPECT_NEAR(found.gap, 50.0, 1e-9);
}

TEST(Minorant, OfLossesOnlyOrGainsOnlyIsExact) {
  ByHand hand;
  hand.counts_gains = false;
  hand.settled[0] = -400.0;  // -250 to -25
  PlainTerms losses;
  EXPECT_EQ(hand.build(losses).gap, 0.0);
  EXPECT_EQ(losses.weight(0), 281.25);
  hand.settled[0] = -100.0;  // 50 to 275
  PlainTerms gains;
  EXPECT_EQ(hand.build(gains).gap, 0.0);
  EXPECT_EQ(gains.weight(0), -18.75);
}

TEST(Minorant, KnowsNothingOfWhatIsUnsound) {
  auto const sound = [](ByHand const& hand) {
    PlainTerms terms;
    return hand.build(terms).sound;
  };
  ByHand hand;
  EXPECT_TRUE(sound(hand));
  hand.range[0] = {-1.0, 0.25};
  EXPECT_FALSE(sound(hand));
  hand.range[0] = {-0.5, not_a_number};
  EXPECT_FALSE(sound(hand));
  ByHand huge;
  huge.balance[0] = largest_amount;
  EXPECT_FALSE(sound(huge));
  // A credit that falls with the value, over a value that was clipped from below.
  ByHand falling;
  falling.counts_gains = false;
  EXPECT_TRUE(sound(falling));
  falling.slope[0] = -1.0;
  EXPECT_FALSE(sound(falling));
}

TEST(Minorant, MarginIsSomeRoundingsOfTheGross) {
  EXPECT_EQ(margin_of({0.0, 0.0, 1024.0, 16, true}), 0x1p-35);
  PlainTerms terms;
  Minorant const found = ByHand().build(terms);
  // 300 twice with its largest move, 50, the requirement; nothing forgotten, nothing wild.
  EXPECT_GE(found.gross, 300.0 * 1.25 + 300.0 + 50.0 + 18.75 * 1.25);
  EXPECT_LT(found.gross, 4000.0);
  EXPECT_GE(found.operations, 9u);
}

// The first bracket ends at 400, and a position that moves up a quarter stays below from 320.
TEST(RowBrief, OfARowByHand) {
  ByHand const hand;
  RowBrief const brief = row_brief(hand.input(), 2);
  EXPECT_EQ(brief.today, 100.0);
  EXPECT_NEAR(brief.most_size, 320.0, 1e-6);
  EXPECT_LT(brief.most_size, 320.0);
  EXPECT_EQ(brief.slope, 0.0625);
  EXPECT_EQ(brief.reach, 1.25);
  EXPECT_NEAR(brief.gross_per_size, 0.0625 * 1.25, 1e-9);
  EXPECT_EQ(brief.basis, 0u);
  ByHand in_coins;
  in_coins.exposure_unit[2] = 1;
  in_coins.floor[3] = 4.0;
  // 4 coins are 200 where the coin is lowest; a coin may grow from 50 to 125 beneath the position.
  EXPECT_NEAR(row_brief(in_coins.input(), 2).most_size, 200.0 / 1.25, 1e-6);
  EXPECT_NEAR(row_brief(in_coins.input(), 2).gross_per_size, 0.0625 * 1.25 * 2.5, 1e-9);
}

TEST(RowBrief, NeverOfCurvesThatDoNotBeginAtZero) {
  ByHand hand;
  hand.intercept[2] = 1.0;
  EXPECT_LT(row_brief(hand.input(), 2).most_size, 0.0);
  ByHand unsound;
  unsound.range[0] = {-0.5, not_a_number};
  EXPECT_LT(row_brief(unsound.input(), 2).most_size, 0.0);
}

// --- float

TEST(FloatLine, BelowIsAFloatNearbyThatIsNotAbove) {
  EXPECT_EQ(float_below(1.0), 1.0f);
  EXPECT_LT(float_below(1.0 - 0x1p-30), 1.0f);
  EXPECT_GT(float_above(1.0 + 0x1p-30), 1.0f);
  EXPECT_EQ(float_below(0.0), 0.0f);
  EXPECT_LT(float_below(-1e-60), 0.0f);
  EXPECT_GT(float_above(1e-60), 0.0f);
  std::mt19937_64 random(3);
  for (int i = 0; i < 10000; ++i) {
    double const x = std::ldexp(static_cast<double>(random() >> 11) * 0x1p-53 - 0.5,
                                static_cast<int>(random() % 120) - 60);
    float const below = float_below(x);
    EXPECT_LE(static_cast<double>(below), x);
    EXPECT_GE(static_cast<double>(below), x - 0x1p-22 * std::fabs(x));
    EXPECT_GE(static_cast<double>(float_above(x)), x);
  }
}

TEST(FloatLine, TakesOffTheMarginOfDoubles) {
  Minorant minorant = {10.0, 3.0, 0x1p50, 100, true};
  double const margin = margin_of(minorant);
  FloatLine const line = float_line(minorant, 0.0, 0);
  EXPECT_GT(margin, 100.0);
  EXPECT_LE(static_cast<double>(line.constant), 10.0 - margin);
  EXPECT_GE(static_cast<double>(line.gap), 3.0 + 2.0 * margin);
  minorant.sound = false;
  EXPECT_FALSE(float_line(minorant, 0.0, 0).sound);
  EXPECT_EQ(float_line(minorant, 0.0, 0).constant, -static_cast<float>(infinity));
}

// Sums that nearly cancel, added in float, forwards and backwards, with and without fma.
TEST(FloatLine, IsBelowWhateverTheOrderOfTheSum) {
  std::mt19937_64 random(4);
  auto const uniform = [&random] { return static_cast<double>(random() >> 11) * 0x1p-52 - 1.0; };
  for (int i = 0; i < 3000; ++i) {
    std::size_t const terms = 1 + random() % 40;
    std::vector<double> weight(terms), move(terms);
    double reach = 0.0;
    long double exact = 0.0L;
    for (std::size_t t = 0; t < terms; ++t) {
      weight[t] = 1e6 * uniform();
      move[t] = 0.3 * uniform();
      reach += std::fabs(weight[t] * move[t]);
      exact += static_cast<long double>(weight[t]) * static_cast<long double>(move[t]);
    }
    Minorant const minorant = {-static_cast<double>(exact), 0.0, 0.0, 0, true};
    exact += static_cast<long double>(minorant.constant);
    FloatLine const line = float_line(minorant, reach, terms);
    ASSERT_TRUE(line.sound);
    float sums[4] = {line.constant, line.constant, line.constant, line.constant};
    for (std::size_t t = 0; t < terms; ++t) {
      std::size_t const back = terms - 1 - t;
      auto const w = [&](std::size_t k) { return static_cast<float>(weight[k]); };
      auto const m = [&](std::size_t k) { return static_cast<float>(move[k]); };
      sums[0] = std::fma(w(t), m(t), sums[0]);
      sums[1] += w(t) * m(t);
      sums[2] = std::fma(w(back), m(back), sums[2]);
      sums[3] += w(back) * m(back);
    }
    for (float const sum : sums) {
      EXPECT_LE(static_cast<long double>(sum), exact) << terms;
      EXPECT_LE(exact - static_cast<long double>(sum), static_cast<long double>(line.gap)) << terms;
    }
  }
}

// --- random pools

// Columns of a job drawn here: what each factor grows by, each row, each basis row's move.
struct Columns {
  std::vector<std::vector<double>> row, move;
  std::vector<MoveRange> range;
};

Columns draw_columns(Job const& job, BasisView const& basis, std::uint32_t count, double size,
                     std::mt19937_64& random) {
  Columns found;
  found.range.resize(basis.count);
  std::vector<float> least(basis.count), most(basis.count);
  for (std::uint32_t c = 0; c < count; ++c) {
    std::vector<double> growth;
    for (std::uint32_t f = 0; f < job.market.factors; ++f)
      growth.push_back(std::exp(size * (static_cast<double>(random() >> 11) * 0x1p-52 - 1.0)));
    std::vector<double>& row = found.row.emplace_back();
    auto const price = [&row](std::uint32_t r) { return row[r]; };
    // A price that stopped some steps ago has nothing to do with the one of the column.
    double const stopped = std::exp(size * (static_cast<double>(random() >> 11) * 0x1p-52 - 1.0));
    auto const until = [&](std::uint32_t r, std::uint32_t) { return job.rows.ratio[r] * stopped; };
    for (std::uint32_t r = 0; r < job.rows.rows; ++r)
      row.push_back(
          r < job.rows.assets
              ? grown_price(job.rows, r,
                            job.rows.factor[r] == no_index ? 1.0 : growth[job.rows.factor[r]])
          : r < job.rows.stored
              ? stored_value(job.rows, r, c, c * job.shape.years_per_step, price, until)
              : exposure(job.rows, r, price));
    std::vector<double>& move = found.move.emplace_back();
    for (std::uint32_t b = 0; b < basis.count; ++b) {
      std::uint32_t const own = basis.factors[b].over;
      move.push_back(
          is_own(basis.factors[b])
              ? own_move(row[own], basis.row_today[own], basis.row_scale[own])
              : basis_move(basis.factors[b], [&growth](std::uint32_t f) { return growth[f]; }));
      auto const held = static_cast<float>(move.back());
      least[b] = c == 0 ? held : std::min(least[b], held);
      most[b] = c == 0 ? held : std::max(most[b], held);
    }
  }
  for (std::uint32_t b = 0; b < basis.count; ++b) found.range[b] = move_range(least[b], most[b]);
  return found;
}

// A pool's minorant with the lines of its scans.
struct WithScans {
  WithScans(MinorantInput const& in, std::uint32_t pool) : size(scan_size(in.book.scans, pool)) {
    found = MinorantBuilder<PlainTerms>(in, terms).build_without_scans(pool);
    if (!has_scans(in.book.scans, pool)) return;
    basis.resize(size.terms);
    weight.resize(size.terms);
    line.resize(size.lines);
    part.resize(size.parts + 1);
    ScanRoom const room = {basis.data(), weight.data(), line.data(), part.data()};
    parts = ScanLines<PlainTerms>(in, terms, room).add(pool, found);
  }

  // base + sum of the least of each part's lines; value(constant, terms) of one line.
  template <class Sum, class Base, class Line>
  Sum at(Base base, Line value) const {
    Sum sum = base();
    for (std::uint32_t p = 0; p < parts; ++p) {
      Sum least = value(part[p]);
      for (std::uint32_t i = part[p] + 1; i < part[p + 1]; ++i)
        least = std::min<Sum>(least, value(i));
      sum += least;
    }
    return sum;
  }

  ScanSize size;
  PlainTerms terms;
  Minorant found;
  std::vector<std::uint32_t> basis, part;
  std::vector<double> weight;
  std::vector<ScanLine> line;
  std::uint32_t parts = 0;
};

// The pool by hand with a scan of its contract, 3 long from 100, under two shocks: rows 3 and 4.
struct ScannedByHand : ByHand {
  std::uint64_t scan_begin[2] = {0, 1}, class_begin[2] = {0, 1}, scan_term_begin[2] = {0, 1};
  std::uint32_t grid[1] = {0}, scan_row[1] = {2}, shocked[1] = {3}, point_begin[2] = {0, 2};
  double least[1] = {0.0}, offset[1] = {0.0}, scan_weight[1] = {3.0}, part[2] = {1.0, 1.0};
  BasisRow moving[3] = {{0, no_index}, {3, of_row}, {4, of_row}};
  std::uint32_t basis[5] = {no_index, 0, 0, 0, 0};
  double today[5] = {1.0, 100.0, 100.0, 80.0, 110.0};
  double scale[5] = {1.0, 100.0, 100.0, 80.0, 110.0};
  MoveRange ranges[3] = {{-0.5, 0.25}, {-0.5, 0.25}, {-0.5, 0.25}};

  MinorantInput input() const {
    MinorantInput in = ByHand::input();
    in.basis = {3, moving, basis, today, scale};
    in.range = ranges;
    in.book.scans = {scan_begin, grid,    least,       class_begin, offset,      scan_term_begin,
                     scan_row,   shocked, scan_weight, 1,           point_begin, part};
    return in;
  }
};

// 20 % down costs 60 (1 + rho), which is always the most; 10 % up costs nothing.
TEST(ScanLines, OfAFutureJoinTheMinorant) {
  ScannedByHand const hand;
  MinorantInput const in = hand.input();
  WithScans const bound(in, 0);
  EXPECT_TRUE(bound.found.sound);
  EXPECT_EQ(bound.parts, 0u);
  EXPECT_NEAR(bound.found.constant, 31.25 - 60.0, 1e-9);
  EXPECT_NEAR(bound.terms.weight(0), 281.25 - 60.0, 1e-9);
  EXPECT_LT(bound.found.gap, 1e-9);
}

// Where 5 % down is dampened to nearly what 20 % down costs, neither is left out for the other's
// sake alone, but it lies between it and nothing.
TEST(ScanLines, LeaveOutWhatLiesBetweenAnotherAndNothing) {
  ScannedByHand hand;
  hand.today[4] = hand.scale[4] = 95.0;
  hand.part[1] = 3.9;
  MinorantInput const in = hand.input();
  WithScans const bound(in, 0);
  EXPECT_EQ(bound.parts, 0u);
  EXPECT_NEAR(bound.terms.weight(0), 281.25 - 60.0, 1e-9);
}

// Rows that move by themselves leave a line each and one for the least, and the position nets with
// them: 31.25 + 281.25 a - max(0, 300 (1 + a) - 240 (1 + b), 300 (1 + a) - 330 (1 + c)).
TEST(ScanLines, OfRowsThatMoveByThemselvesStayAPart) {
  ScannedByHand hand;
  hand.basis[3] = 1;
  hand.basis[4] = 2;
  MinorantInput const in = hand.input();
  WithScans const bound(in, 0);
  EXPECT_TRUE(bound.found.sound);
  ASSERT_EQ(bound.parts, 1u);
  EXPECT_EQ(bound.part[1], 3u);
  EXPECT_EQ(bound.terms.weight(0), 0.0);
  for (double const a : {-0.5, 0.0, 0.25})
    for (double const b : {-0.5, 0.1, 0.25})
      for (double const c : {-0.3, 0.0, 0.2}) {
        double const move[3] = {a, b, c};
        double const found = bound.at<double>([&] { return bound.found.constant; },
                                              [&](std::uint32_t i) {
                                                double sum = bound.line[i].constant;
                                                for (std::uint32_t k = bound.line[i].begin;
                                                     k < bound.line[i].end; ++k)
                                                  sum += bound.weight[k] * move[bound.basis[k]];
                                                return sum;
                                              });
        double const worst = std::max(
            {0.0, 300.0 * (1.0 + a) - 240.0 * (1.0 + b), 300.0 * (1.0 + a) - 330.0 * (1.0 + c)});
        EXPECT_NEAR(found, 31.25 + 281.25 * a - worst, 1e-9);
      }
}

// Two classes of which one gains or loses: the chord of what counts lies above, furthest at zero.
TEST(ScanLines, TakeTheChordAboveGainsThatCountInPart) {
  ScannedByHand hand;
  std::uint64_t const classes[2] = {0, 2}, terms[3] = {0, 1, 2};
  std::uint32_t const rows[2] = {2, 2}, shocked[2] = {3, 4}, points[2] = {0, 1};
  double const offsets[2] = {0.25, 0.25}, weights[2] = {3.0, 3.0};
  hand.basis[4] = 2;
  MinorantInput in = hand.input();
  in.book.scans = {hand.scan_begin, hand.grid, hand.least, classes, offsets,  terms, rows,
                   shocked,         weights,   1,          points,  hand.part};
  WithScans const bound(in, 0);
  EXPECT_TRUE(bound.found.sound);
  // 300 (1 + a) - 330 (1 + c) goes from -262.5 to 210: slope (210 + 65.625) / 472.5 from there on.
  double const slope = (210.0 + 65.625) / 472.5;
  EXPECT_NEAR(bound.found.gap, 262.5 * (slope - 0.25), 1e-6);
}

// The same in float, as engines hold it.
struct FloatBound {
  FloatBound(MinorantInput const& in, WithScans const& of) : exact(of) {
    auto const reach_of = [&](std::uint32_t basis, double weight) {
      return std::fabs(weight) *
             std::max(magnitude(in.range[basis].low), magnitude(in.range[basis].high));
    };
    double reach = 0.0;
    for (PlainTerms::Entry const& entry : of.terms.entries)
      reach += reach_of(entry.basis, entry.rest);
    base = float_line(of.found, reach, of.terms.size() + of.parts);
    gap = static_cast<double>(base.gap);
    for (std::uint32_t p = 0; p < of.parts; ++p) {
      double widest = 0.0;
      for (std::uint32_t i = of.part[p]; i < of.part[p + 1]; ++i) {
        Minorant alone;
        alone.constant = of.line[i].constant;
        reach = 0.0;
        for (std::uint32_t k = of.line[i].begin; k < of.line[i].end; ++k)
          reach += reach_of(of.basis[k], of.weight[k]);
        lines.push_back(float_line(alone, reach, of.line[i].end - of.line[i].begin + of.parts));
        widest = std::max(widest, static_cast<double>(lines.back().gap));
      }
      gap += widest;
    }
  }

  float at(std::vector<double> const& move) const {
    auto const add = [&move](float sum, double weight, std::uint32_t basis) {
      return std::fma(static_cast<float>(weight), static_cast<float>(move[basis]), sum);
    };
    return exact.at<float>(
        [&] {
          float sum = base.constant;
          for (PlainTerms::Entry const& entry : exact.terms.entries)
            sum = add(sum, entry.rest, entry.basis);
          return sum;
        },
        [&](std::uint32_t i) {
          float sum = lines[i].constant;
          for (std::uint32_t k = exact.line[i].begin; k < exact.line[i].end; ++k)
            sum = add(sum, exact.weight[k], exact.basis[k]);
          return sum;
        });
  }

  WithScans const& exact;
  FloatLine base{};
  std::vector<FloatLine> lines;
  double gap = 0.0;
};

// What is known lies below the excess, and excess below it + gap, in every column, up to the
// margin; and in float without it. `known` counts the pools of which anything is said.
void expect_line_holds(MinorantInput const& in, Columns const& columns, std::uint32_t pool,
                       std::uint64_t& known) {
  WithScans const bound(in, pool);
  Minorant const& found = bound.found;
  if (!found.sound) return;
  ++known;
  double const margin = margin_of(found);
  FloatBound const line(in, bound);
  for (std::size_t c = 0; c < columns.row.size(); ++c) {
    auto const term = [&](double weight, std::uint32_t basis) {
      return static_cast<long double>(weight) * static_cast<long double>(columns.move[c][basis]);
    };
    auto const exact = bound.at<long double>(
        [&] {
          long double sum = found.constant;
          for (PlainTerms::Entry const& entry : bound.terms.entries)
            sum += term(entry.rest, entry.basis);
          return sum;
        },
        [&](std::uint32_t i) {
          long double sum = bound.line[i].constant;
          for (std::uint32_t k = bound.line[i].begin; k < bound.line[i].end; ++k)
            sum += term(bound.weight[k], bound.basis[k]);
          return sum;
        });
    double const excess = evaluate<double>(in.book, in.rules, pool, [&](std::uint32_t r) {
                            return columns.row[c][r];
                          }).excess;
    long double const above = static_cast<long double>(excess) - exact;
    ASSERT_GE(above, -static_cast<long double>(margin)) << "pool " << pool << ", column " << c;
    ASSERT_LE(above, static_cast<long double>(found.gap + margin)) << "pool " << pool;
    if (!line.base.sound) continue;
    auto const sum = static_cast<double>(line.at(columns.move[c]));
    ASSERT_LE(sum, excess) << "pool " << pool << ", column " << c;
    ASSERT_LE(excess - sum, line.gap) << "pool " << pool;
  }
}

// The short way of small positions gives the line of the long way, and names the same segments.
void expect_same_line(MinorantInput const& brief, MinorantInput const& plain, std::uint32_t pool) {
  PlainTerms shorter, longer;
  Minorant const one = MinorantBuilder<PlainTerms>(brief, shorter).build_without_scans(pool);
  Minorant const other = MinorantBuilder<PlainTerms>(plain, longer).build_without_scans(pool);
  ASSERT_EQ(one.sound, other.sound) << "pool " << pool;
  if (!one.sound) return;
  ASSERT_EQ(one.operations, other.operations) << "pool " << pool;
  double const rounding = 1e-13 * (one.gross + other.gross);
  ASSERT_NEAR(one.gap, other.gap, rounding) << "pool " << pool;
  ASSERT_NEAR(one.constant, other.constant, rounding) << "pool " << pool;
  // The long way counts, beside the amounts, what the brief bounds by its own largest case.
  ASSERT_GE(one.gross, other.gross * (1.0 - 1e-9)) << "pool " << pool;
  for (std::uint32_t b = 0; b < plain.basis.count; ++b)
    ASSERT_NEAR(shorter.weight(b), longer.weight(b), rounding) << "pool " << pool;
  ASSERT_EQ(shorter.segments.size(), longer.segments.size());
  for (std::size_t s = 0; s < longer.segments.size(); ++s) {
    ASSERT_EQ(shorter.segments[s].begin, longer.segments[s].begin) << "pool " << pool;
    ASSERT_EQ(shorter.segments[s].end, longer.segments[s].end) << "pool " << pool;
  }
}

void expect_lines_hold(Job const& job, std::mt19937_64& random) {
  BasisTable const table(job.rows);
  std::uint64_t known = 0;
  for (double const size : {0.0, 0.02, 0.4})
    for (std::uint32_t const count : {1u, 30u}) {
      Columns const columns = draw_columns(job, table.view(), count, size, random);
      MinorantInput const plain = {job.book, job.rules, table.view(), columns.range.data()};
      std::vector<RowBrief> briefs(job.rows.rows);
      for (std::uint32_t row = job.rows.assets; row < job.rows.rows; ++row)
        briefs[row] = row_brief(plain, row);
      MinorantInput brief = plain;
      brief.brief = briefs.data();
      for (std::uint32_t pool = 0; pool < job.book.pools; ++pool) {
        ASSERT_NO_FATAL_FAILURE(expect_line_holds(plain, columns, pool, known));
        ASSERT_NO_FATAL_FAILURE(expect_line_holds(brief, columns, pool, known));
        ASSERT_NO_FATAL_FAILURE(expect_same_line(brief, plain, pool));
      }
    }
  EXPECT_GT(known, 11 * job.book.pools);  // of two ways, three sizes and two counts
}

TEST(Minorant, HoldsForRandomPools) {
  std::mt19937_64 random(5);
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    JobBuilder const builder({.seed = seed, .accounts = 30, .most_terms = 8});
    Job job = builder.job();
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_lines_hold(job, random);
    job.rules.gain_weight = 0.0;
    SCOPED_TRACE("ignored gains");
    expect_lines_hold(job, random);
    job.rules.gain_weight = 0.375;
    SCOPED_TRACE("weighed gains");
    expect_lines_hold(job, random);
  }
}

TEST(Minorant, HoldsForOptionsAndPricesThatStop) {
  std::mt19937_64 random(8);
  for (std::uint64_t seed = 131; seed <= 160; ++seed) {
    JobBuilder const builder(
        {.seed = seed, .derived = 12, .accounts = 30, .most_terms = 8, .most_charges = 1});
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_lines_hold(builder.job(), random);
  }
}

TEST(Minorant, HoldsForPoolsWithCurvesAndChargesOfTheirOwn) {
  std::mt19937_64 random(7);
  for (std::uint64_t seed = 101; seed <= 130; ++seed) {
    JobBuilder const builder({.seed = seed,
                              .accounts = 30,
                              .most_terms = 8,
                              .gain_weight = seed % 3 == 0 ? 0.5 : 1.0,
                              .own_curves = true,
                              .most_charges = 4});
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_lines_hold(builder.job(), random);
  }
}

TEST(Minorant, HoldsForCreditsThatMoveWithRows) {
  std::mt19937_64 random(9);
  for (std::uint64_t seed = 201; seed <= 240; ++seed) {
    JobBuilder const builder({.seed = seed,
                              .states = 8,
                              .accounts = 30,
                              .most_terms = 8,
                              .gain_weight = seed % 3 == 0 ? 0.5 : 1.0,
                              .own_curves = seed % 2 == 0});
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_lines_hold(builder.job(), random);
  }
}

// Hedged books of options and futures under scans, with offsets and parts, beside scans of any
// rows.
TEST(Minorant, HoldsForPortfolioScans) {
  std::mt19937_64 random(9);
  for (std::uint64_t seed = 161; seed <= 220; ++seed) {
    JobBuilder const builder({.seed = seed,
                              .derived = 12,
                              .accounts = 30,
                              .most_terms = 8,
                              .gain_weight = seed % 3 == 0 ? 0.5 : 1.0,
                              .most_charges = 1,
                              .most_scans = static_cast<std::uint32_t>(1 + seed % 4),
                              .shocked = seed % 5 != 0});
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_lines_hold(builder.job(), random);
  }
}

// Curves as no venue has them.
TEST(Minorant, HoldsForCurvesThatJump) {
  std::mt19937_64 random(6);
  for (std::uint64_t seed = 51; seed <= 90; ++seed) {
    JobBuilder const builder({.seed = seed, .accounts = 30, .most_terms = 8});
    Job job = builder.job();
    std::uint32_t curves = 0;
    for (std::uint32_t i = 0; i < job.rows.rows; ++i)
      curves = std::max(curves, 1 + (i < job.rows.assets ? job.rules.asset_curve[i]
                                                         : job.rules.exposure_curve[i]));
    std::vector<double> slope, intercept;
    for (std::uint32_t i = 0; i < job.rules.curves.begin[curves]; ++i) {
      slope.push_back(job.rules.curves.slope[i] *
                      (0.5 + static_cast<double>(random() % 1000) / 1e3));
      intercept.push_back(job.rules.curves.intercept[i] +
                          (random() % 3 == 0 ? static_cast<double>(random() % 20000) - 1e4 : 0.0));
    }
    job.rules.curves.slope = slope.data();
    job.rules.curves.intercept = intercept.data();
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_lines_hold(job, random);
    job.rules.gain_weight = 0.0;
    SCOPED_TRACE("ignored gains");
    expect_lines_hold(job, random);
  }
}

}  // namespace
}  // namespace plimsoll
