#include "models/sampling.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace plimsoll {
namespace {

TEST(Wilson, WorkedNumber) {
  // 10 of 100: 0.05523 to 0.17437 (Wilson 1927; also Newcombe 1998, method 3).
  Interval const i = wilson_interval(10, 100);
  EXPECT_NEAR(i.low, 0.05523, 5e-6);
  EXPECT_NEAR(i.high, 0.17437, 5e-6);
}

TEST(Wilson, Ends) {
  Interval const none_hit = wilson_interval(0, 1000);
  EXPECT_EQ(none_hit.low, 0.0);
  EXPECT_NEAR(none_hit.high, normal_975 * normal_975 / (1000 + normal_975 * normal_975), 1e-12);
  EXPECT_EQ(wilson_interval(1000, 1000).high, 1.0);
}

// The exact coverage at N = 200, averaged over probabilities, is near its claim.
TEST(Wilson, CoversAsOftenAsItClaims) {
  int const n = 200;
  double total = 0.0;
  int cases = 0;
  for (double p = 0.02; p < 0.99; p += 0.01, ++cases) {
    for (int k = 0; k <= n; ++k) {
      Interval const i = wilson_interval(static_cast<std::uint64_t>(k), n);
      double const log_weight = std::lgamma(n + 1.0) - std::lgamma(k + 1.0) -
                                std::lgamma(n - k + 1.0) + k * std::log(p) +
                                (n - k) * std::log1p(-p);
      if (i.low <= p && p <= i.high) total += std::exp(log_weight);
    }
  }
  EXPECT_NEAR(total / cases, 0.95, 0.005);
}

TEST(TailCount, RoundsUpAndIsNeverZero) {
  EXPECT_EQ(tail_count(10000, 990), 100u);
  EXPECT_EQ(tail_count(10000, 995), 50u);
  EXPECT_EQ(tail_count(10001, 990), 101u);
  EXPECT_EQ(tail_count(1, 990), 1u);
  EXPECT_EQ(tail_count(1234567, 995), 6173u);
}

}  // namespace
}  // namespace plimsoll
