// Splits sum to the tick on random books of every kind; rounding and Shapley values by hand.
#include "host/attribution.hpp"

#include <gtest/gtest.h>

#include "kernels/cpu/tile.hpp"
#include "tests/kernels/job_builder.hpp"

namespace plimsoll {
namespace {

Ticks sum(std::vector<SplitLine> const& lines, Ticks SplitLine::*column) {
  Ticks total = 0;
  for (SplitLine const& line : lines) total += line.*column;
  return total;
}

TEST(Apportioned, LargestRemaindersFirstOfEquals) {
  EXPECT_EQ(apportioned({0.00005, 0.00005, 0.0001}, 2), (std::vector<Ticks>{1, 0, 1}));
  EXPECT_EQ(apportioned({-0.00015, 0.00005}, -1), (std::vector<Ticks>{-1, 0}));
  EXPECT_EQ(apportioned({0.0, 0.0}, -3), (std::vector<Ticks>{-1, -2}));
}

TEST(Shapley, SharesAnInteractionEqually) {
  auto const shares = shapley_values(
      3, [](std::vector<bool> const& in) { return 5.0 * in[0] + 12.0 * (in[1] && in[2]); });
  EXPECT_NEAR(shares[0], 5.0, 1e-12);
  EXPECT_NEAR(shares[1], 6.0, 1e-12);
  EXPECT_NEAR(shares[2], 6.0, 1e-12);
  auto const many = shapley_values(
      10, [](std::vector<bool> const& in) { return 5.0 * in[9] + 12.0 * (in[1] && in[2]); });
  EXPECT_NEAR(many[9], 5.0, 1e-12);
  EXPECT_NEAR(many[1], 6.0, 1e-12);
}

TEST(Attribution, SumsToTheTickOnRandomBooks) {
  int split_columns = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    testing::JobConfig config;
    config.seed = seed;
    config.derived = 12;
    config.gain_weight = seed % 2 == 0 ? 0.5 : 1.0;
    config.own_curves = true;
    config.most_charges = 3;
    config.accounts = 15;
    config.scenarios = 3;
    testing::JobBuilder const builder(config);
    Job const job = builder.job();
    cpu::Tile tile(job.market, job.rows, job.shape, 3);
    tile.price(0, 0, 3);
    std::vector<double> today(job.rows.rows);
    for (std::uint32_t r = 0; r < job.rows.rows; ++r)
      today[r] = value_tonight(job.rows, r, today.data());
    AttributionJob const of{job.book,  job.book.term_weight, job.rules, job.rows,
                            job.shape, today.data()};
    for (std::uint32_t pool = 0; pool < job.book.pools; ++pool)
      for (std::uint32_t scenario = 0; scenario < 3; ++scenario) {
        auto const split = attribution(
            of, pool,
            [&](std::uint32_t r, std::uint32_t at) { return tile.value(r, at, scenario); }, 2);
        if (!split) continue;
        double const excess = evaluate<double>(job.book, job.rules, pool, [&](std::uint32_t r) {
                                return tile.value(r, 2, scenario);
                              }).excess;
        EXPECT_EQ(split->then, excess_ticks(excess));
        Ticks const change = split->then - split->tonight;
        EXPECT_EQ(sum(split->positions, &SplitLine::change), change);
        EXPECT_EQ(sum(split->components, &SplitLine::change), change);
        EXPECT_EQ(sum(split->factors, &SplitLine::change), change);
        EXPECT_EQ(sum(split->positions, &SplitLine::level), split->then);
        EXPECT_EQ(sum(split->components, &SplitLine::level), split->then);
        ++split_columns;
      }
  }
  EXPECT_GT(split_columns, 100);
}

}  // namespace
}  // namespace plimsoll
