// Sums that lose nothing: against whole numbers, in any order and grouping.
#include "host/exact_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace plimsoll {
namespace {

__extension__ using Wide = __int128;

double sum_of(std::vector<double> const& addends) {
  ExactSum sum;
  for (double const addend : addends) sum.add(addend);
  return sum.rounded();
}

TEST(ExactSum, KeepsWhatRoundingDrops) {
  EXPECT_EQ(sum_of({}), 0.0);
  EXPECT_EQ(sum_of({1e16, 1.0, -1e16}), 1.0);
  EXPECT_EQ(sum_of({1e300, 1.0, 1e-300, -1e300, -1.0}), 1e-300);
  EXPECT_EQ(sum_of(std::vector<double>(10, 0.1)), 1.0);
}

TEST(ExactSum, IsNearestAndEvenOfTwo) {
  double const last = 0x1p-52;
  EXPECT_EQ(sum_of({1.0, last / 2}), 1.0);
  EXPECT_EQ(sum_of({1.0 + last, last / 2}), 1.0 + 2 * last);
  EXPECT_EQ(sum_of({1.0, last / 2, 0x1p-200}), 1.0 + last);
  EXPECT_EQ(sum_of({1.0, last / 2, -0x1p-200}), 1.0);
  EXPECT_EQ(sum_of({1.0 + last, last / 2, -0x1p-200}), 1.0 + last);
  EXPECT_EQ(sum_of({-1.0, -last / 2, -0x1p-200}), -1.0 - last);
  EXPECT_EQ(sum_of({1.0, -last / 4, -0x1p-200}), 1.0 - last / 2);
}

TEST(ExactSum, AgreesWithWholeNumbersInAnyOrderAndGrouping) {
  std::mt19937_64 random(5);
  std::size_t inexact = 0;
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<double> addends;
    Wide whole = 0;  // in 2^-40
    for (int i = 0; i < 60; ++i) {
      auto const digits = static_cast<std::int64_t>(random()) >> (11 + random() % 30);
      int const shift = static_cast<int>(random() % 50);
      whole += static_cast<Wide>(digits) << shift;
      addends.push_back(std::ldexp(static_cast<double>(digits), shift - 40));
    }
    double const want = std::ldexp(static_cast<double>(whole), -40);
    double plain = 0.0;
    for (double const addend : addends) plain += addend;
    inexact += plain != want ? 1 : 0;
    EXPECT_EQ(sum_of(addends), want);
    std::shuffle(addends.begin(), addends.end(), random);
    ExactSum parts[3], all;
    for (double const addend : addends) parts[random() % 3].add(addend);
    for (ExactSum const& part : parts) all.add(part);
    EXPECT_EQ(all.rounded(), want);
  }
  EXPECT_GT(inexact, 100u);  // plain sums would not have done
}

TEST(ExactSum, OfWhatIsNotFiniteIsNotFinite) {
  double const infinite = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(std::isfinite(sum_of({1.0, infinite, 2.0})));
  EXPECT_FALSE(std::isfinite(sum_of({infinite, -infinite, 2.0})));
  EXPECT_FALSE(std::isfinite(sum_of({1e308, 1e308, -1e308})));
}

}  // namespace
}  // namespace plimsoll
