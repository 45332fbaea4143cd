// Splits sum to the tick on random books of every kind; a linear pool's factors in closed form;
// rounding and Shapley values by hand.
#include "host/attribution.hpp"

#include <gtest/gtest.h>

#include "kernels/cpu/tile.hpp"
#include "tests/host/market_builder.hpp"
#include "tests/host/rule_desk.hpp"
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
    config.most_scans = 2;
    config.states = seed > 2 ? 5 : 0;
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

// Long 2 BTC and short 10 ETH, settled in USD that counts in full, 1 % and 2 % required: in the
// column BTC is at 50,000 and ETH at 3,300.
TEST(Attribution, FactorsOfALinearPoolAreItsClosedForm) {
  Desk desk;
  desk.asset("BTC", 60000).asset("ETH", 3000);
  desk.contract("B", "BTC", "USD").contract("E", "ETH", "USD");
  desk.hold("USD", 30000).position("B", 2, 58000).position("E", -10, 3100);
  RulePack const pack = pack_of(
      "[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1 }\n"
      "[[schedules]]\nname = \"b\"\nunit = \"currency\"\n"
      "brackets = [{ floor = 0, rate = 0.01 }]\n"
      "[[schedules]]\nname = \"e\"\nunit = \"currency\"\n"
      "brackets = [{ floor = 0, rate = 0.02 }]\n"
      "[[instruments]]\nmatch = \"B\"\nschedule = \"b\"\n"
      "[[instruments]]\nmatch = \"E\"\nschedule = \"e\"\n");
  Book const book = desk.book();
  ResolvedBook const resolved(book, test_market({"BTC", "ETH"}, {60000, 3000}), pack);
  RunShape const shape{1, 1, 1, 1.0 / days_per_year};
  auto const split = attribution(
      attribution_job(book, resolved, shape, 0), 0,
      [&](std::uint32_t row, std::uint32_t) {
        return book.assets[row] == "BTC"   ? 50000.0
               : book.assets[row] == "ETH" ? 3300.0
                                           : resolved.rows_today()[row];
      },
      1);
  ASSERT_TRUE(split.has_value());
  // 30,000 + 4,000 + 1,000 - 1,200 - 600 tonight; 30,000 - 16,000 - 2,000 - 1,000 - 660 then.
  EXPECT_EQ(split->tonight, 332000000);
  EXPECT_EQ(split->then, 103400000);
  ASSERT_EQ(split->factors.size(), 2u);
  EXPECT_EQ(split->factors[0].change, -198000000);  // 2 (50,000 - 60,000) + 200
  EXPECT_EQ(split->factors[1].change, -30600000);   // -10 (3,300 - 3,000) - 60
  ASSERT_EQ(split->positions.size(), 3u);           // USD, B, E
  EXPECT_EQ(split->positions[0].level, 300000000);
  EXPECT_EQ(split->positions[1].level, -170000000);
  EXPECT_EQ(split->positions[2].level, -26600000);
  EXPECT_EQ(split->positions[1].change, -198000000);
  EXPECT_EQ(split->positions[2].change, -30600000);
}

}  // namespace
}  // namespace plimsoll
