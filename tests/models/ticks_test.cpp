#include "models/ticks.hpp"

#include <gtest/gtest.h>

#include <random>

namespace plimsoll {
namespace {

TEST(TicksUp, WorkedNumbers) {
  EXPECT_EQ(ticks_up(1.0), 10000);
  EXPECT_EQ(ticks_up(0.00011), 2);
  EXPECT_EQ(ticks_up(-0.00011), -1);
  EXPECT_EQ(ticks_up(0.0), 0);
}

TEST(TicksUp, AnyShortfallIsAtLeastOneTick) {
  EXPECT_EQ(ticks_up(5e-324), 1);
  EXPECT_EQ(ticks_up(1e-300), 1);
}

TEST(TicksUp, IsTheCeiling) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> amount(-1e6, 1e6);
  for (int i = 0; i < 10000; ++i) {
    double const a = amount(random);
    EXPECT_EQ(ticks_up(a), static_cast<Ticks>(std::ceil(a * ticks_per_unit)));
  }
}

TEST(TicksUp, ClampsBeforeTheConversion) {
  Ticks const bound = static_cast<Ticks>(largest_amount * ticks_per_unit);
  EXPECT_EQ(ticks_up(1e300), bound);
  EXPECT_EQ(ticks_up(-1e300), -bound);
}

TEST(TickSum, AgreesWithTheCompilersInteger) {
  __extension__ using Int128 = __int128;
  std::mt19937_64 random(2);
  Int128 expected = 0;
  TickSum sum, backwards;
  std::vector<Ticks> addends;
  for (int i = 0; i < 100000; ++i) {
    addends.push_back(static_cast<Ticks>(random()));
    expected += addends.back();
    sum += addends.back();
  }
  for (auto it = addends.rbegin(); it != addends.rend(); ++it) backwards += *it;
  EXPECT_EQ(sum.low, static_cast<std::uint64_t>(expected));
  EXPECT_EQ(sum.high, static_cast<std::int64_t>(expected >> 64));
  EXPECT_TRUE(sum == backwards);
}

TEST(TickSum, CarriesAndOrders) {
  TickSum sum;
  for (int i = 0; i < 4; ++i) sum += std::numeric_limits<Ticks>::max();
  EXPECT_EQ(sum.high, 1);
  EXPECT_EQ(sum.low, ~std::uint64_t{0} - 3);
  EXPECT_TRUE(tick_sum(-1) < tick_sum(0));
  EXPECT_TRUE(tick_sum(0) < sum);
  EXPECT_DOUBLE_EQ(currency(tick_sum(-12345)), -1.2345);
}

}  // namespace
}  // namespace plimsoll
