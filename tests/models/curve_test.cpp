#include "models/curve.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace plimsoll {
namespace {

constexpr double everywhere = -std::numeric_limits<double>::infinity();

// One haircut curve (borrowed at 1.1; 5 % to 1,000, then 20 %) and one bracket curve
// (0.4 % to 50,000; 0.5 % less 50 to 250,000; 1 % less 1,300).
struct Curves {
  std::uint32_t begin[3] = {0, 3, 6};
  double floor[6] = {everywhere, 0, 1000, everywhere, 50000, 250000};
  double slope[6] = {1.1, 0.95, 0.8, 0.004, 0.005, 0.01};
  double intercept[6] = {0, 0, 150, 0, -50, -1300};
  CurvesView view() const { return {begin, floor, slope, intercept}; }
};

TEST(Curve, WorkedNumbers) {
  Curves const c;
  EXPECT_DOUBLE_EQ(curve_value(c.view(), 0, -100.0, 1.0), -110.0);
  EXPECT_DOUBLE_EQ(curve_value(c.view(), 0, 100.0, 1.0), 95.0);
  EXPECT_DOUBLE_EQ(curve_value(c.view(), 0, 3000.0, 1.0), 950.0 + 1600.0);
  EXPECT_DOUBLE_EQ(curve_value(c.view(), 1, 100000.0, 1.0), 450.0);
  EXPECT_DOUBLE_EQ(curve_value(c.view(), 1, 1e6, 1.0), 8700.0);
}

TEST(Curve, ScaleMovesTheEdgesOnly) {
  Curves const c;
  // Edges in units of 10: the second tier begins at 10,000.
  EXPECT_DOUBLE_EQ(curve_value(c.view(), 0, 3000.0, 10.0), 2850.0);
  EXPECT_DOUBLE_EQ(curve_value(c.view(), 0, 30000.0, 10.0), 25500.0);
}

TEST(Curve, IsContinuousAtItsEdges) {
  Curves const c;
  for (std::uint32_t const curve : {0u, 1u})
    for (std::uint32_t i = c.begin[curve] + 1; i < c.begin[curve + 1]; ++i) {
      double const edge = c.floor[i];
      EXPECT_NEAR(curve_value(c.view(), curve, edge, 1.0),
                  curve_value(c.view(), curve, std::nextafter(edge, 1e9), 1.0), 1e-9);
    }
}

TEST(Curve, HaircutIsConcaveAndRequirementConvex) {
  Curves const c;
  for (double x = -5000; x < 500000; x += 777) {
    double const h = 1500;
    auto const f = [&](std::uint32_t curve, double at) {
      return curve_value(c.view(), curve, at, 1.0);
    };
    EXPECT_GE(2 * f(0, x), f(0, x - h) + f(0, x + h) - 1e-9);
    EXPECT_LE(f(0, x), f(0, x + h));
    if (x > h) {
      EXPECT_LE(2 * f(1, x), f(1, x - h) + f(1, x + h) + 1e-9);
    }
  }
}

}  // namespace
}  // namespace plimsoll
