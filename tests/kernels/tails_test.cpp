// The tail of a stream of losses: against sorting all of them.
#include "kernels/tails.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace plimsoll {
namespace {

__extension__ typedef __int128 Wide;

TailTally tail_of(std::vector<Ticks> const& losses) {
  TailScratch scratch(losses.size());
  for (Ticks const loss : losses) scratch.add(loss);
  return scratch.condense();
}

void expect_sorted_tail(std::vector<Ticks> losses) {
  TailTally const tail = tail_of(losses);
  std::sort(losses.begin(), losses.end(), std::greater<>());
  EXPECT_TRUE(tail.known);
  for (std::uint32_t level = 0; level < tail_levels; ++level) {
    std::uint64_t const count = tail_count(losses.size(), tail_level_per_mille[level]);
    Wide sum = 0;
    for (std::uint64_t i = 0; i < count; ++i) sum += losses[i];
    EXPECT_EQ(tail.value_at_risk[level], losses[count - 1]);
    EXPECT_EQ(tail.tail_sum[level].low, static_cast<std::uint64_t>(sum));
    EXPECT_EQ(tail.tail_sum[level].high, static_cast<std::int64_t>(sum >> 64));
  }
}

// 1,000 scenarios: the tail at 99 % is the 10 largest, at 99.5 % the 5 largest.
TEST(Tails, WorkedNumber) {
  std::vector<Ticks> losses;
  for (Ticks loss = 1; loss <= 1000; ++loss) losses.push_back(loss);
  TailTally const tail = tail_of(losses);
  EXPECT_EQ(kept_losses(1000), 10u);
  EXPECT_EQ(tail.value_at_risk[0], 991);
  EXPECT_EQ(tail.tail_sum[0], tick_sum(9955));
  EXPECT_EQ(tail.value_at_risk[1], 996);
  EXPECT_EQ(tail.tail_sum[1], tick_sum(4990));
}

TEST(Tails, DoNotDependOnTheOrder) {
  std::vector<Ticks> losses;
  for (Ticks i = 0; i < 3000; ++i) losses.push_back((i * 7919) % 3000);
  TailTally const shuffled = tail_of(losses);
  std::sort(losses.begin(), losses.end());
  TailTally const rising = tail_of(losses);
  std::reverse(losses.begin(), losses.end());
  TailTally const falling = tail_of(losses);
  for (std::uint32_t level = 0; level < tail_levels; ++level) {
    EXPECT_EQ(shuffled.value_at_risk[level], rising.value_at_risk[level]);
    EXPECT_EQ(shuffled.tail_sum[level], rising.tail_sum[level]);
    EXPECT_EQ(falling.value_at_risk[level], rising.value_at_risk[level]);
    EXPECT_EQ(falling.tail_sum[level], rising.tail_sum[level]);
  }
}

TEST(Tails, TiesCountEachTime) {
  expect_sorted_tail(std::vector<Ticks>(2000, 5));
  std::vector<Ticks> two_values(2000, 5);
  for (std::size_t i = 0; i < two_values.size(); i += 150) two_values[i] = 6;
  expect_sorted_tail(two_values);
}

TEST(Tails, GainsAndExtremesStay) {
  std::vector<Ticks> losses(500, -7);
  losses[499] = std::numeric_limits<Ticks>::max();
  losses[3] = std::numeric_limits<Ticks>::max();
  losses[4] = std::numeric_limits<Ticks>::max();
  losses[5] = std::numeric_limits<Ticks>::min();
  expect_sorted_tail(losses);  // the sum of three such losses needs more than 64 bits
}

TEST(Tails, AnyNumberOfScenarios) {
  std::mt19937_64 random(3);
  for (std::size_t const count : {1, 2, 99, 100, 101, 199, 200, 201, 1000, 1999, 12345}) {
    std::vector<Ticks> losses;
    for (std::size_t i = 0; i < count; ++i)
      losses.push_back(static_cast<Ticks>(random() % 4000) - 2000);
    SCOPED_TRACE(count);
    expect_sorted_tail(losses);
  }
}

TEST(Tails, ScratchStaysWithinTwiceTheTail) {
  EXPECT_EQ(kept_losses(1), 1u);
  EXPECT_EQ(kept_losses(10'000), 100u);
  EXPECT_EQ(kept_losses(10'001), 101u);
}

}  // namespace
}  // namespace plimsoll
