// The gamma function and the two tails of the gamma distribution against closed forms and
// Boost.Math.
#include "host/gamma.hpp"

#include <gtest/gtest.h>

#include <boost/math/special_functions/gamma.hpp>
#include <cmath>

namespace plimsoll {
namespace {

double relative_error(double value, double expected) {
  return std::fabs(value / expected - 1.0);
}

TEST(Gamma, MeetsClosedForms) {
  EXPECT_NEAR(log_gamma(1.0), 0.0, 1e-15);
  EXPECT_NEAR(log_gamma(2.0), 0.0, 1e-15);
  EXPECT_NEAR(log_gamma(5.0), std::log(24.0), 1e-14);
  EXPECT_NEAR(log_gamma(0.5), 0.5 * std::log(3.14159265358979323846), 1e-14);
  // A shape of 2 is the waiting time for two arrivals: Q(2, x) = (1 + x) e^-x.
  EXPECT_NEAR(gamma_above(2.0, 3.0), 4.0 * std::exp(-3.0), 1e-15);
  EXPECT_NEAR(gamma_below(2.0, 0.5), 1.0 - 1.5 * std::exp(-0.5), 1e-15);
  EXPECT_NEAR(gamma_quantile_above(1.0, 0.01), -std::log(0.01), 1e-13);
}

TEST(Gamma, TailsAddUpToOneOnBothSidesOfTheSeam) {
  for (double const a : {1.05, 2.5, 7.0, 30.0}) {
    for (double const x : {0.1 * a, a, a + 0.999999, a + 1.0, 3.0 * a}) {
      EXPECT_NEAR(gamma_below(a, x) + gamma_above(a, x), 1.0, 1e-15);
    }
    EXPECT_NEAR(gamma_below(a, (a + 1.0) * (1.0 - 1e-15)), gamma_below(a, a + 1.0), 1e-14);
    EXPECT_EQ(gamma_below(a, 0.0), 0.0);
    EXPECT_EQ(gamma_above(a, 0.0), 1.0);
  }
}

TEST(Gamma, LogGammaAgreesWithBoost) {
  for (double x = 0.5; x < 300.0; x *= 1.037) {
    double const expected = boost::math::lgamma(x);
    EXPECT_NEAR(log_gamma(x), expected, 4e-15 * std::fmax(8.0, std::fabs(expected))) << x;
  }
}

TEST(Gamma, ProbabilitiesAgreeWithBoost) {
  for (double a = 1.0; a < 100.0; a *= 1.21) {
    for (double x = 0.02 * a; x < 4.0 * a + 20.0; x *= 1.17) {
      EXPECT_LT(relative_error(gamma_below(a, x), boost::math::gamma_p(a, x)), 1e-12)
          << a << ' ' << x;
      double const above = boost::math::gamma_q(a, x);
      if (x > a) {
        EXPECT_LT(relative_error(gamma_above(a, x), above), 1e-12) << a << ' ' << x;
      }
    }
  }
}

TEST(Gamma, QuantilesAgreeWithBoostFarIntoBothTails) {
  for (double a = 1.05; a <= 30.0; a *= 1.13) {
    for (double p = 0x1p-32; p <= 0.5; p *= 1.31) {
      EXPECT_LT(relative_error(gamma_quantile_below(a, p), boost::math::gamma_p_inv(a, p)), 1e-12)
          << a << ' ' << p;
      EXPECT_LT(relative_error(gamma_quantile_above(a, p), boost::math::gamma_q_inv(a, p)), 1e-12)
          << a << ' ' << p;
    }
  }
}

}  // namespace
}  // namespace plimsoll
