// Curves replaced by straight lines, and rows by moves: by hand and by law, each margin alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "kernels/basis.hpp"
#include "models/minorant.hpp"

namespace plimsoll {
namespace {

// --- one curve

struct Curve {
  std::vector<double> floor, slope, intercept;
  std::vector<std::uint32_t> begin = {0, static_cast<std::uint32_t>(floor.size())};

  CurvesView view() const { return {begin.data(), floor.data(), slope.data(), intercept.data()}; }
  CurveLine line(double low, double high, Side side) const {
    return curve_line(view(), 0, low, high, side);
  }
};

Curve concave() {
  return {{-infinity, 10.0}, {1.0, 0.5}, {0.0, 5.0}};
}
Curve jumping() {
  return {{-infinity, 5.0}, {0.0, 0.0}, {0.0, 10.0}};
}

// The chord from (0, 0) to (20, 15) has slope 3/4; in the middle the curve lies 2.5 above it.
TEST(CurveLine, OverABend) {
  CurveLine const below = concave().line(0.0, 20.0, Side::below);
  EXPECT_EQ(below.slope, 0.75);
  EXPECT_EQ(below.intercept, 0.0);
  EXPECT_NEAR(below.gap, 2.5, 1e-12);
  EXPECT_EQ(below.steepest, 1.0);
  EXPECT_EQ(below.offset, 5.0);
  EXPECT_EQ(below.begin, 0u);
  EXPECT_EQ(below.end, 2u);
  CurveLine const above = concave().line(0.0, 20.0, Side::above);
  EXPECT_EQ(above.slope, 0.75);
  EXPECT_NEAR(above.intercept, 2.5, 1e-12);
  EXPECT_NEAR(above.gap, 2.5, 1e-12);
}

// From (0, 0) to (10, 10) with a step of 10 at 5: five above the chord and five below it.
TEST(CurveLine, OverAJump) {
  CurveLine const below = jumping().line(0.0, 10.0, Side::below);
  EXPECT_EQ(below.slope, 1.0);
  EXPECT_NEAR(below.intercept, -5.0, 1e-12);
  EXPECT_NEAR(below.gap, 10.0, 1e-12);
  EXPECT_NEAR(jumping().line(0.0, 10.0, Side::above).intercept, 5.0, 1e-12);
}

TEST(CurveLine, OnOneSegmentIsTheSegment) {
  for (Side const side : {Side::below, Side::above}) {
    CurveLine const first = concave().line(-3.0, 9.0, side);
    EXPECT_EQ(first.slope, 1.0);
    EXPECT_EQ(first.intercept, 0.0);
    EXPECT_EQ(first.gap, 0.0);
    EXPECT_EQ(first.end, 1u);
    CurveLine const second = concave().line(11.0, 90.0, side);
    EXPECT_EQ(second.slope, 0.5);
    EXPECT_EQ(second.intercept, 5.0);
    EXPECT_EQ(second.gap, 0.0);
    EXPECT_EQ(second.begin, 1u);
  }
}

// An amount at an edge may be rounded to the other side of it, so both segments count.
TEST(CurveLine, AnEdgeBelongsToBothSegments) {
  double const edge = 10.0;
  for (double const amount : {std::nextafter(edge, 0.0), edge, std::nextafter(edge, 20.0)}) {
    CurveLine const line = concave().line(amount, amount, Side::below);
    EXPECT_EQ(line.begin, 0u) << amount - edge;
    EXPECT_EQ(line.end, 2u) << amount - edge;
  }
  SegmentPart const first = segment_part(concave().view(), 0, 0, 2, 0.0, 20.0);
  SegmentPart const second = segment_part(concave().view(), 1, 0, 2, 0.0, 20.0);
  EXPECT_EQ(first.low, 0.0);
  EXPECT_EQ(first.high, edge + 0x1p-48 * edge);
  EXPECT_EQ(second.low, edge - 0x1p-48 * edge);
  EXPECT_EQ(second.high, 20.0);
}

TEST(CurveLine, GrossCountsSlopeAndOffset) {
  EXPECT_EQ(curve_gross(concave().line(-30.0, 20.0, Side::below), -30.0, 20.0), 35.0);
  EXPECT_EQ(curve_gross(concave().line(0.0, 20.0, Side::below), 0.0, 20.0), 25.0);
  // The line's own offset, where it is larger than any segment's: a fall of 200 after 10 and before
  // 11 puts the chord's far ends high.
  Curve const falling = {{-infinity, 10.0, 11.0}, {0.0, -200.0, 0.0}, {0.0, 2000.0, -200.0}};
  CurveLine const line = falling.line(-1000.0, 11.5, Side::above);
  EXPECT_GE(line.offset, std::fabs(line.intercept));
  EXPECT_GE(line.steepest, std::fabs(line.slope));
}

TEST(CurveLine, LiesOnItsSideOfEveryCurve) {
  std::mt19937_64 random(1);
  auto const uniform = [&random](double low, double high) {
    return low + (high - low) * (static_cast<double>(random() >> 11) * 0x1p-53);
  };
  for (int i = 0; i < 2000; ++i) {
    Curve curve = {{-infinity}, {uniform(-2.0, 2.0)}, {uniform(-9.0, 9.0)}};
    for (std::uint64_t more = random() % 5; more > 0; --more) {
      curve.floor.push_back(std::max(curve.floor.back(), -20.0) + uniform(0.0, 15.0));
      curve.slope.push_back(uniform(-2.0, 2.0));
      curve.intercept.push_back(uniform(-9.0, 9.0));
    }
    curve.begin = {0, static_cast<std::uint32_t>(curve.floor.size())};
    double const low = uniform(-40.0, 60.0);
    double const high = low + uniform(0.0, 60.0);
    CurveLine const below = curve.line(low, high, Side::below);
    CurveLine const above = curve.line(low, high, Side::above);
    for (int k = 0; k <= 50; ++k) {
      double const amount = k == 50 ? high : low + (high - low) * k / 50.0;
      double const value = curve_value(curve.view(), 0, amount, 1.0);
      double const rounding = 1e-12;
      EXPECT_LE(below.slope * amount + below.intercept, value + rounding);
      EXPECT_GE(above.slope * amount + above.intercept, value - rounding);
      EXPECT_LE(value - (below.slope * amount + below.intercept), below.gap + rounding);
      EXPECT_LE(std::fabs(value), curve_gross(below, low, high) + rounding);
    }
  }
}

TEST(Amounts, InAScaleThatMoves) {
  AmountRange const both = in_scale({-10.0, 20.0}, 2.0, 4.0);
  EXPECT_EQ(both.low, -5.0);
  EXPECT_EQ(both.high, 10.0);
  AmountRange const positive = in_scale({4.0, 8.0}, 2.0, 4.0);
  EXPECT_EQ(positive.low, 1.0);
  EXPECT_EQ(positive.high, 4.0);
  AmountRange const negative = in_scale({-8.0, -4.0}, 2.0, 4.0);
  EXPECT_EQ(negative.low, -4.0);
  EXPECT_EQ(negative.high, -1.0);
  AmountRange const wide = wider({-16.0, 32.0}, 0.5);
  EXPECT_EQ(wide.low, -16.5 - 0x1p-44);
  EXPECT_EQ(wide.high, 32.5 + 0x1p-43);
}

// --- basis rows

TEST(Basis, MovesAreThoseOfOverByUnder) {
  auto const growth = [](std::uint32_t f) { return f == 0 ? 1.5 : 1.25; };
  EXPECT_EQ(basis_move({0, no_index}, growth), 0.5);
  EXPECT_EQ(basis_move({0, 1}, growth), 1.5 / 1.25 - 1.0);
  EXPECT_EQ(basis_move({no_index, 1}, growth), 1.0 / 1.25 - 1.0);
  EXPECT_EQ(basis_move({no_index, no_index}, growth), 0.0);
}

// A move between two floats is rounded to one of them; the range must hold it all the same.
TEST(Basis, RangeHoldsWhatFloatDropped) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 10000; ++i) {
    double const sign = random() % 2 == 0 ? 1.0 : -0.9;
    double const move = sign * std::ldexp(static_cast<double>(random() >> 11) * 0x1p-53,
                                          -static_cast<int>(random() % 60));
    auto const held = static_cast<float>(move);
    MoveRange const range = move_range(held, held);
    EXPECT_LT(range.low, move);
    EXPECT_GT(range.high, move);
    EXPECT_LT(range.high - range.low, 0x1p-20 * std::fabs(move) + 0x1p-46);
  }
}

TEST(Basis, SoundRangesAreNumbersAboveMinusOne) {
  EXPECT_TRUE(is_sound({-0.5, 2.0}));
  EXPECT_FALSE(is_sound({-1.0, 2.0}));
  EXPECT_FALSE(is_sound({0.5, 0.25}));
  EXPECT_FALSE(is_sound({0.5, infinity}));
  EXPECT_FALSE(is_sound({not_a_number, 1.0}));
  EXPECT_FALSE(is_sound({0.0, not_a_number}));
}

}  // namespace
}  // namespace plimsoll
