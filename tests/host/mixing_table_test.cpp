// The table that gives normals fat tails: worked values, its laws, and Boost.Math at every node.
#include "host/mixing_table.hpp"

#include <gtest/gtest.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

#include "models/moves.hpp"

namespace plimsoll {
namespace {

MarketView view_of(MixingTable const& table) {
  MarketView view{};
  view.mixing_low = table.low.data();
  view.mixing_high = table.high.data();
  return view;
}

// Four degrees: the median of chi2_4 solves (1 + x/2) e^(-x/2) = 1/2, x = 3.3566939800333,
// and m(1/2) = sqrt(2 / 3.3566939800333) = 0.77189659.
TEST(MixingTable, MeetsAWorkedMedian) {
  MixingTable const table = mixing_table(4.0);
  EXPECT_NEAR(table.low.back(), 0.77189659, 1e-8);
  EXPECT_EQ(table.low.back(), table.high.back());
}

TEST(MixingTable, RisesStrictlyFromOneEndToTheOther) {
  for (double const nu : {2.1, 2.7, 3.0, 3.3, 5.9, 6.7, 17.0, 60.0}) {
    MixingTable const table = mixing_table(nu);
    ASSERT_EQ(table.low.size(), mixing_nodes);
    ASSERT_EQ(table.high.size(), mixing_nodes);
    EXPECT_EQ(table.low.back(), table.high.back());
    for (std::uint32_t i = 1; i < mixing_nodes; ++i) {
      EXPECT_GT(table.low[i], table.low[i - 1]) << nu << ' ' << i;
      EXPECT_LT(table.high[i], table.high[i - 1]) << nu << ' ' << i;
    }
  }
}

TEST(MixingTable, AgreesWithBoostAtEveryNode) {
  for (double const nu : {2.1, 2.5, 4.0, 6.7, 15.0, 60.0}) {
    boost::math::chi_squared_distribution<double> const chi2(nu);
    MixingTable const table = mixing_table(nu);
    for (std::uint32_t i = 0; i < mixing_nodes; ++i) {
      double const p = mixing_node(i);
      double const low = std::sqrt((nu - 2.0) / quantile(complement(chi2, p)));
      double const high = std::sqrt((nu - 2.0) / quantile(chi2, p));
      EXPECT_NEAR(table.low[i] / low, 1.0, 1e-12) << nu << ' ' << i;
      EXPECT_NEAR(table.high[i] / high, 1.0, 1e-12) << nu << ' ' << i;
    }
  }
}

// E m^2 = (nu - 2) E 1 / chi2_nu = 1, integrated by the midpoint rule; the tail beyond the grid and
// the interpolation leave an error that shrinks as nu grows.
TEST(MixingTable, KeepsTheVarianceAtOne) {
  for (double const nu : {4.0, 8.0, 30.0}) {
    MixingTable const table = mixing_table(nu);
    MarketView const view = view_of(table);
    std::uint32_t const cells = 1u << 20;
    double sum = 0.0;
    for (std::uint32_t i = 0; i < cells; ++i) {
      double const m = mixing_factor(view, (i + 0.5) / cells);
      sum += m * m;
    }
    EXPECT_NEAR(sum / cells, 1.0, 2e-3) << nu;
  }
}

TEST(MixingTable, InterpolatesCloseToTheQuantileBetweenNodes) {
  double const nu = 6.7;
  boost::math::chi_squared_distribution<double> const chi2(nu);
  MixingTable const table = mixing_table(nu);
  for (double p = 0x1.1p-31; p < 0.5; p *= 1.7) {
    double const expected = std::sqrt((nu - 2.0) / quantile(complement(chi2, p)));
    EXPECT_NEAR(mixing_factor(view_of(table), p) / expected, 1.0, 1e-4) << p;
    double const other = std::sqrt((nu - 2.0) / quantile(chi2, p));
    EXPECT_NEAR(mixing_factor(view_of(table), 1.0 - p) / other, 1.0, 1e-4) << p;
  }
}

TEST(MixingTable, RefusesATailWithoutVariance) {
  EXPECT_THROW(mixing_table(2.0), std::logic_error);
}

}  // namespace
}  // namespace plimsoll
