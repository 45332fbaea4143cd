// Moves: bounded, correlated, Student-t.
#include "models/moves.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <vector>

namespace plimsoll {
namespace {

constexpr double dof = 4.0;

double exact_mixing(double tail, bool upper) {
  boost::math::chi_squared const chi(dof);
  double const q = upper ? quantile(chi, tail) : quantile(complement(chi, tail));
  return std::sqrt((dof - 2.0) / q);
}

struct TestMarket {
  std::vector<double> price, volatility, limit, loading, low, high;
  explicit TestMarket(std::vector<double> rows_of_loading, double volatility_of_all = 1.0)
      : loading(std::move(rows_of_loading)) {
    auto const factors =
        static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(loading.size()))));
    price.assign(factors, 100.0);
    volatility.assign(factors, volatility_of_all);
    limit.assign(factors, 3.0);
    for (std::uint32_t i = 0; i < mixing_nodes; ++i) {
      low.push_back(exact_mixing(mixing_node(i), false));
      high.push_back(exact_mixing(mixing_node(i), true));
    }
  }
  MarketView view() const {
    return {static_cast<std::uint32_t>(price.size()),
            price.data(),
            volatility.data(),
            limit.data(),
            loading.data(),
            low.data(),
            high.data(),
            nullptr};
  }
};

TEST(Limiter, IdentityThenBentThenBounded) {
  EXPECT_EQ(limited(0.3, 1.0), 0.3);
  EXPECT_EQ(limited(-0.5, 1.0), -0.5);
  EXPECT_DOUBLE_EQ(limited(1.0, 1.0), 0.75);  // x = 1: half + half / 2
  EXPECT_EQ(limited(-1.0, 1.0), -limited(1.0, 1.0));
  EXPECT_LE(limited(1e300, 1.0), 1.0);
  EXPECT_EQ(limited(infinity, 1.0), 1.0);
  EXPECT_EQ(limited(-infinity, 1.0), -1.0);
  EXPECT_FALSE(is_limited(0.5, 1.0));
  EXPECT_TRUE(is_limited(-0.51, 1.0));
}

TEST(Limiter, IsMonotoneAndSmooth) {
  double last = limited(-40.0, 1.5);
  for (double r = -40.0 + 1e-3; r < 40.0; r += 1e-3) {
    double const next = limited(r, 1.5);
    ASSERT_GE(next, last);
    last = next;
  }
  double const h = 1e-6, bend = 0.75;
  double const slope_before = (limited(bend, 1.5) - limited(bend - h, 1.5)) / h;
  double const slope_after = (limited(bend + h, 1.5) - limited(bend, 1.5)) / h;
  EXPECT_NEAR(slope_before, slope_after, 1e-5);
}

TEST(Mixing, NodesRunFromTheClipToTheMiddle) {
  EXPECT_EQ(mixing_node(0), 0x1p-32);
  EXPECT_EQ(mixing_node(16), 0x1p-31);
  EXPECT_EQ(mixing_node(8), 1.5 * 0x1p-32);
  EXPECT_EQ(mixing_node(mixing_nodes - 1), 0.5);
}

TEST(Mixing, TableIsReadMonotonelyAndNearTheTruth) {
  TestMarket const market({1.0});
  double last = 0.0;
  for (int i = 1; i < 20000; ++i) {
    double const u = i / 20000.0;
    double const m = mixing_factor(market.view(), u);
    ASSERT_GE(m, last) << u;
    last = m;
    double const truth = exact_mixing(u < 0.5 ? u : 1.0 - u, u >= 0.5);
    ASSERT_NEAR(m / truth, 1.0, 2e-3) << u;
  }
  EXPECT_EQ(mixing_factor(market.view(), 0x1p-40), market.low.front());
  EXPECT_EQ(mixing_factor(market.view(), 1.0 - 0x1p-40), market.high.front());
  EXPECT_EQ(mixing_factor(market.view(), 0.5), market.high.back());
}

TEST(Moves, NormalsAreTheSameAloneAndTogether) {
  std::vector<double> all(5);
  factor_normals(7, 123, 2, 5, all.data());
  for (std::uint32_t f = 0; f < 5; ++f) EXPECT_EQ(all[f], factor_normal(7, 123, 2, f));
}

// 40,000 scenarios of two factors with correlation 0.8: unit variance, the correlation, and the
// distribution function of a scaled t(4) at several points, within four standard errors.
TEST(Moves, FollowTheirLaw) {
  TestMarket const market({1.0, 0.0, 0.8, 0.6}, 0.1);
  std::uint64_t const n = 40000;
  RunShape const shape{11, n, 1, 1.0};
  boost::math::students_t const t(dof);
  double const points[] = {-4.0, -2.0, -1.0, 0.0, 0.5, 1.5, 3.0};
  std::vector<double> below(std::size(points));
  double cross = 0.0, first = 0.0, second = 0.0;
  for (std::uint64_t s = 0; s < n; ++s) {
    double normals[2];
    factor_normals(shape.seed, s, 1, 2, normals);
    double const mixing = scenario_mixing(market.view(), shape.seed, s, 1);
    double moves[2];
    for (std::uint32_t f = 0; f < 2; ++f)
      moves[f] = factor_move(
                     market.view(), shape, s, 1, f, [&](std::uint32_t j) { return normals[j]; },
                     mixing, 1.0)
                     .log_move /
                 0.1;
    for (std::size_t i = 0; i < below.size(); ++i) below[i] += moves[1] <= points[i] ? 1.0 : 0.0;
    double const sign = (moves[0] > 0) == (moves[1] > 0) ? 1.0 : -1.0;
    cross += sign;
    first += std::fabs(moves[0]);
    second += std::fabs(moves[1]);
  }
  for (std::size_t i = 0; i < below.size(); ++i) {
    double const p = cdf(t, points[i] * std::sqrt(dof / (dof - 2.0)));
    double const error = std::sqrt(p * (1 - p) / static_cast<double>(n));
    EXPECT_NEAR(below[i] / static_cast<double>(n), p, 4 * error) << points[i];
  }
  // P(same sign) = 1/2 + asin(rho) / pi for any elliptical law.
  double const same = 2.0 * std::asin(0.8) / M_PI;
  EXPECT_NEAR(cross / static_cast<double>(n), same, 4 / std::sqrt(static_cast<double>(n)));
  EXPECT_NEAR(first / second, 1.0, 0.03);
}

TEST(Moves, TableGivesWhatItHolds) {
  TestMarket const market({1.0, 0.0, 0.8, 0.6});
  std::vector<double> const table = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8};
  MarketView view = market.view();
  view.table = table.data();
  RunShape const shape{1, 2, 2, 1.0};
  auto const normal = [](std::uint32_t) { return 0.0; };
  EXPECT_EQ(factor_move(view, shape, 1, 2, 1, normal, 1.0, 1.0).log_move, 0.8);
  EXPECT_EQ(factor_move(view, shape, 0, 2, 0, normal, 1.0, 1.0).log_move, 0.3);
}

}  // namespace
}  // namespace plimsoll
