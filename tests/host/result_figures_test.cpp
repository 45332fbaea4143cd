// The figures that pages and summaries say of a result.
#include "host/result_figures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "host/result_check.hpp"
#include "models/sampling.hpp"
#include "tests/host/result_builder.hpp"

namespace plimsoll {
namespace {

std::vector<TickSum> sums(std::vector<Ticks> const& ticks) {
  std::vector<TickSum> out;
  for (Ticks const t : ticks) out.push_back(tick_sum(t));
  return out;
}

// P(least <= K <= most) for K ~ Bin(n, q), by the recurrence of its terms.
double binomial_mass(std::uint64_t n, double q, std::uint64_t least, std::uint64_t most) {
  double const size = static_cast<double>(n);
  double log_term = size * std::log1p(-q), mass = 0.0;
  for (std::uint64_t k = 0; k <= most; ++k) {
    if (k >= least) mass += std::exp(log_term);
    double const at = static_cast<double>(k);
    log_term += std::log((size - at) / (at + 1.0)) + std::log(q / (1.0 - q));
  }
  return mass;
}

TEST(ResultFigures, FourScenariosByHand) {
  // 0, 2, 6 and 2 of the currency: mean 2.5, s^2 = (6.25 + 0.25 + 12.25 + 0.25) / 3 = 19 / 3.
  ShortfallFigures const figures = shortfall_figures(sums({0, 20000, 60000, 20000}));
  EXPECT_EQ(figures.scenarios_with, 3u);
  EXPECT_DOUBLE_EQ(figures.mean.value, 2.5);
  EXPECT_NEAR(figures.mean.high, 2.5 + 1.959963984540054 * std::sqrt(19.0 / 3.0 / 4.0), 1e-12);
  EXPECT_NEAR(figures.mean.low, 2.5 - 1.959963984540054 * std::sqrt(19.0 / 3.0 / 4.0), 1e-12);
  EXPECT_EQ(figures.worst, 6.0);
  EXPECT_EQ(figures.worst_scenario, 2);
  EXPECT_EQ(figures.one_in_100.value, 6.0);  // fewer than 100 scenarios: the worst seen
  EXPECT_TRUE(std::isinf(figures.one_in_100.high));
}

TEST(ResultFigures, WorstScenarioTiesGoToTheLowerNumber) {
  EXPECT_EQ(shortfall_figures(sums({1, 7, 3, 7})).worst_scenario, 1);
  EXPECT_EQ(shortfall_figures(sums({0, 0})).worst_scenario, -1);
}

TEST(ResultFigures, EqualValuesGiveNoInterval) {
  EXPECT_TRUE(std::isnan(mean_estimate({3.0}, 1).low));
  EXPECT_TRUE(std::isnan(mean_estimate({3.0, 3.0, 3.0}, 3).high));
  EXPECT_EQ(mean_estimate({3.0, 3.0, 3.0}, 3).value, 3.0);
}

TEST(ResultFigures, TailRanksAreThoseOfTheTails) {
  for (std::uint64_t n = 1; n < 5000; ++n) {
    ASSERT_EQ(tail_ranks(n, 100).value, tail_count(n, 990)) << n;
    ASSERT_EQ(tail_ranks(n, 200).value, tail_count(n, 995)) << n;
  }
}

TEST(ResultFigures, TailIntervalsCoverAsOftenAsTheyClaim) {
  for (std::uint64_t const n : {100u, 400u, 1000u, 2500u, 10000u, 100000u}) {
    for (std::uint64_t const one_in : {2u, 10u, 100u, 200u, 1000u}) {
      TailRanks const ranks = tail_ranks(n, one_in);
      ASSERT_LE(ranks.high, ranks.value);
      ASSERT_LE(ranks.value, ranks.low);
      ASSERT_LE(ranks.low, n);
      // The interval holds the true figure where `high` or more, but fewer than `low`, exceed it.
      double const q = 1.0 / static_cast<double>(one_in);
      double const covered = binomial_mass(n, q, ranks.high, ranks.low - 1);
      EXPECT_GT(covered, 0.945) << n << " scenarios, 1 in " << one_in;
      if (ranks.high > 5) {
        EXPECT_LT(covered, 0.97) << n << " scenarios, 1 in " << one_in;
      }
    }
  }
}

TEST(ResultFigures, TotalIsTheSumOfTheClasses) {
  Result const result = sample_result();
  auto const total = total_shortfall(result, 0);
  std::vector<TickSum> sum(total.size());
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    auto const part = class_shortfall(result, 0, c);
    for (std::size_t s = 0; s < sum.size(); ++s) sum[s] += part[s];
  }
  EXPECT_EQ(total, sum);
}

TEST(ResultFigures, ExpectedAccountsInBreachIsTheSumOfTheirProbabilities) {
  Result const result = sample_result();
  double const sum =
      std::accumulate(result.accounts.probability.begin(), result.accounts.probability.end(), 0.0);
  EXPECT_NEAR(pack_figures(result, 0).accounts_in_breach.value, sum, 1e-9);
}

TEST(ResultFigures, HeadlineCountsAreThoseOfTheColumns) {
  ResultConfig config;
  config.packs = 2;
  Result result = sample_result(config);
  std::size_t const pools = result.pools.name.size(), n = result.shape.scenarios;
  result.pools.excess[pools + 4] = -1.0;  // of account 4
  result.pools.excess[pools + 5] = -2.0;  // of account 5
  result.pools.excess[pools + 6] = -3.0;  // isolated, of account 5 too
  ASSERT_EQ(result.pools.account[5], result.pools.account[6]);
  EXPECT_EQ(pack_figures(result, 0).pools_below_tonight, 0u);
  PackFigures const figures = pack_figures(result, 1);
  EXPECT_EQ(figures.pools_below_tonight, 3u);
  EXPECT_EQ(figures.accounts_below_tonight, 2u);
  std::uint64_t with = 0;
  for (std::size_t s = n; s < 2 * n; ++s)
    with += result.scenarios.accounts_in_breach[s] > 0 ? 1 : 0;
  EXPECT_EQ(figures.scenarios_with_breach, with);
  EXPECT_EQ(figures.any_breach.value, static_cast<double>(with) / static_cast<double>(n));
  EXPECT_EQ(figures.any_breach.high, wilson_interval(with, n).high);
}

TEST(ResultFigures, ExceedanceMeetsTheStoredCurve) {
  Result const result = sample_result();
  auto const curve = exceedance_curve(result, 0);
  std::size_t met = 0;
  for (ExceedancePoint const& point : curve)
    for (std::size_t i = 0; i < result.firm.exceedance_probability.size(); ++i)
      if (1.0 / static_cast<double>(point.one_in) == result.firm.exceedance_probability[i]) {
        EXPECT_EQ(point.total.value, result.firm.exceedance_shortfall[i]);
        ++met;
      }
  EXPECT_EQ(met, 4u);
  EXPECT_EQ(curve.back().total.value, pack_figures(result, 0).total.worst);
  for (std::size_t i = 1; i < curve.size(); ++i)
    EXPECT_GE(curve[i].total.value, curve[i - 1].total.value);
}

TEST(ResultFigures, AccountsAreRankedByProbabilityThenMeanShortfall) {
  Result const result = sample_result();
  auto const all = worst_accounts(result, 0, result.accounts.name.size());
  EXPECT_EQ(all.size(), result.firm.flagged_accounts[0]);
  for (std::size_t i = 1; i < all.size(); ++i) {
    auto const key = [&](std::uint32_t a) {
      return std::pair(result.accounts.probability[a],
                       result.pools.mean_shortfall[result.accounts.worst_pool[a]]);
    };
    EXPECT_GE(key(all[i - 1]), key(all[i]));
  }
  auto const ten = worst_accounts(result, 0, 10);
  EXPECT_EQ(ten, std::vector<std::uint32_t>(all.begin(), all.begin() + 10));
}

TEST(ResultFigures, PoolsAreRankedWithinTheirPack) {
  ResultConfig config;
  config.packs = 2;
  Result const result = sample_result(config);
  std::size_t const first = result.pools.name.size();
  auto const all = worst_pools(result, 1, first);
  EXPECT_EQ(all.size(), result.firm.flagged_pools[1]);
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_GE(result.pools.probability[first + all[i - 1]],
              result.pools.probability[first + all[i]]);
  auto const tight = tightest_pools(result, 1, 3);
  ASSERT_EQ(tight.size(), 3u);
  for (std::size_t p = 0; p < first; ++p)
    EXPECT_LE(result.pools.margin_ratio[first + p], result.pools.margin_ratio[first + tight[0]]);
}

TEST(ResultFigures, PoolsShareOutTheMeanTotalShortfall) {
  Result const result = sample_result();
  auto const all = costliest_pools(result, 0, result.pools.name.size());
  EXPECT_EQ(all.size(), result.firm.flagged_pools[0]);
  double sum = 0.0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    double const mean = mean_per_scenario(result, 0, all[i]);
    if (i > 0) {
      EXPECT_LE(mean, mean_per_scenario(result, 0, all[i - 1]));
    }
    sum += mean;
  }
  double const total = pack_figures(result, 0).total.mean.value;
  EXPECT_NEAR(sum, total, 1e-9 * total);
}

TEST(ResultFigures, BandsHoldEveryAccountOnce) {
  Result result = sample_result();
  auto const bands = accounts_by_band(result, 0);
  EXPECT_EQ(std::accumulate(bands.begin(), bands.end(), std::uint64_t{0}),
            result.accounts.name.size());
  EXPECT_EQ(bands[0], result.accounts.name.size() - result.firm.flagged_accounts[0]);
  for (double const edge : {0.0, 0.0009, 0.001, 0.01, 0.1, 1.0}) {
    std::fill(result.accounts.probability.begin(), result.accounts.probability.end(), edge);
    std::size_t const band = edge == 0.0    ? 0
                             : edge < 0.001 ? 1
                             : edge < 0.01  ? 2
                             : edge < 0.1   ? 3
                                            : 4;
    EXPECT_EQ(accounts_by_band(result, 0)[band], result.accounts.name.size()) << edge;
  }
}

TEST(ResultFigures, PassagesCoverEveryStepOnce) {
  for (std::size_t const steps : {1u, 7u, 20u, 21u, 240u}) {
    ResultConfig config;
    config.steps = steps;
    Result const result = sample_result(config);
    auto const bins = passages_by_step(result, 0, 20);
    EXPECT_LE(bins.size(), 20u);
    std::uint32_t next = 1;
    std::uint64_t breaches = 0;
    for (PassageBin const& bin : bins) {
      EXPECT_EQ(bin.first_step, next);
      next = bin.last_step + 1;
      breaches += bin.breaches;
    }
    EXPECT_EQ(next, steps + 1);
    EXPECT_EQ(breaches, result.firm.breaching_cells[0]);
  }
}

TEST(ResultFigures, RunningFiguresEndInTheHeadline) {
  Result const result = sample_result();
  auto const running = running_figures(result, 0, 12);
  PackFigures const figures = pack_figures(result, 0);
  ASSERT_EQ(running.size(), 12u);
  EXPECT_EQ(running.back().scenarios, result.shape.scenarios);
  EXPECT_EQ(running.back().accounts_in_breach.value, figures.accounts_in_breach.value);
  EXPECT_EQ(running.back().one_in_100.low, figures.total.one_in_100.low);
  EXPECT_EQ(running.back().one_in_100.value, figures.total.one_in_100.value);
  for (RunningPoint const& point : running)
    EXPECT_EQ(std::isnan(point.one_in_100.value), point.scenarios < 100);
}

TEST(ResultFigures, RunningFiguresKnowOnlyTheFirstScenarios) {
  Result result = sample_result();
  auto const before = running_figures(result, 0, 12);
  std::size_t const known = before[before.size() - 2].scenarios;
  for (std::size_t s = known; s < result.shape.scenarios; ++s) {
    result.scenarios.accounts_in_breach[s] = 0;
    for (std::size_t c = 0; c < result.classes.size(); ++c)
      result.scenarios.shortfall[s * result.classes.size() + c] = {};
  }
  auto const after = running_figures(result, 0, 12);
  for (std::size_t i = 0; i + 1 < before.size(); ++i) {
    EXPECT_EQ(before[i].accounts_in_breach.value, after[i].accounts_in_breach.value);
    if (before[i].scenarios >= 100) {
      EXPECT_EQ(before[i].one_in_100.value, after[i].one_in_100.value);
    }
  }
  EXPECT_NE(before.back().accounts_in_breach.value, after.back().accounts_in_breach.value);
}

TEST(ResultFigures, AssetsAreRankedAndTheIdleLeftOut) {
  Result result = sample_result();
  result.firm.asset_breaches.assign(result.firm.asset.size(), 0.0);
  result.firm.asset_fall.assign(result.firm.asset.size(), {});
  result.firm.asset_breaches[3] = 5.0;
  result.firm.asset_fall[1] = tick_sum(-2);
  result.firm.asset_fall[7] = tick_sum(2);
  EXPECT_EQ(driving_assets(result, 0), (std::vector<std::uint32_t>{3, 7, 1}));
}

TEST(ResultFigures, TheBuilderMakesResultsThatAddUp) {
  for (double const severity : {0.0, 1.0, 3.0}) {
    ResultConfig config;
    config.severity = severity;
    config.packs = 2;
    EXPECT_NO_THROW(check_result(sample_result(config), "sample")) << severity;
  }
}

}  // namespace
}  // namespace plimsoll
