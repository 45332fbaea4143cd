#include "tests/kernels/plain_tally.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "models/moves.hpp"

namespace plimsoll::testing {
namespace {

__extension__ typedef __int128 Wide;

struct PlainPool {
  std::vector<Ticks> losses;  // [scenarios]
  Wide shortfall = 0;
};

TickSum narrow(Wide sum) {
  return {static_cast<std::uint64_t>(sum), static_cast<std::int64_t>(sum >> 64)};
}

// rows[step - 1][row] of one scenario; adds bent moves.
std::vector<std::vector<double>> priced(Job const& job, std::uint64_t scenario,
                                        std::uint64_t& bent) {
  MarketView const& market = job.market;
  std::vector<double> log_sums(market.factors, 0.0);
  std::vector<std::vector<double>> rows;
  for (std::uint32_t step = 1; step <= job.shape.steps; ++step) {
    for (std::uint32_t f = 0; f < market.factors; ++f) {
      double move = 0.0;
      if (market.table != nullptr) {
        move = market.table[(scenario * job.shape.steps + step - 1) * market.factors + f];
      } else {
        double z = 0.0;
        for (std::uint32_t j = 0; j <= f; ++j)
          z = std::fma(market.loading[std::uint64_t{f} * market.factors + j],
                       factor_normal(job.shape.seed, scenario, step, j), z);
        double const mixing = scenario_mixing(market, job.shape.seed, scenario, step);
        double const raw =
            (z * mixing) * (market.volatility[f] * std::sqrt(job.shape.years_per_step));
        move = limited(raw, market.limit[f]);
        if (std::fabs(raw) > 0.5 * market.limit[f]) ++bent;
      }
      log_sums[f] += move;
    }
    std::vector<double> values(job.rows.rows);
    auto const price = [&](std::uint32_t r) { return values[r]; };
    auto const until = [&](std::uint32_t r, std::uint32_t last) {
      return step <= last ? values[r] : rows[last - 1][r];
    };
    for (std::uint32_t row = 0; row < job.rows.rows; ++row)
      values[row] =
          row < job.rows.assets ? price_row(job.rows, row, log_sums.data())
          : row < job.rows.stored
              ? stored_value(job.rows, row, step, step * job.shape.years_per_step, price, until)
              : exposure(job.rows, row, price);
    rows.push_back(values);
  }
  return rows;
}

Ticks rounded_up(double amount) {
  double const most = 9e14 * 1e4;
  return static_cast<Ticks>(std::ceil(std::clamp(amount * 1e4, -most, most)));
}

// One pool in one scenario; returns the shortfall at first passage, 0 without a breach.
Ticks walk(Job const& job, std::vector<std::vector<double>> const& rows, std::uint32_t pool,
           PlainPool& plain, Tally& tally, std::uint32_t& first_step) {
  double least = 9e14;
  Ticks shortfall = 0;
  first_step = 0;
  for (std::uint32_t step = 1; step <= job.shape.steps; ++step) {
    double const excess = evaluate<double>(job.book, job.rules, pool, [&](std::uint32_t row) {
                            return rows[step - 1][row];
                          }).excess;
    if (std::isnan(excess) || std::fabs(excess) > 9e14) {
      ++tally.undefined_cells;
      continue;
    }
    least = std::min(least, excess);
    if (excess < 0.0 && first_step == 0) {
      first_step = step;
      shortfall = rounded_up(-excess);
    }
  }
  plain.losses.push_back(
      rounded_up(std::min(job.today[pool].excess - least, job.today[pool].at_risk)));
  return shortfall;
}

void count_scenario(Job const& job, std::uint64_t scenario, std::vector<PlainPool>& plain,
                    Tally& tally) {
  auto const rows = priced(job, scenario, tally.limited_draws);
  std::vector<Wide> by_class(job.book.classes, 0);
  for (std::uint32_t account = 0; account < job.book.accounts; ++account) {
    bool account_breach = false;
    for (std::uint32_t pool = job.book.pool_begin[account]; pool < job.book.pool_begin[account + 1];
         ++pool) {
      std::uint32_t step = 0;
      Ticks const shortfall = walk(job, rows, pool, plain[pool], tally, step);
      if (step == 0) continue;
      account_breach = true;
      plain[pool].shortfall += shortfall;
      by_class[job.book.account_class[account]] += shortfall;
      PoolTally& counted = tally.pools[pool];
      ++counted.breaches;
      if (shortfall > counted.worst_shortfall) {
        counted.worst_shortfall = shortfall;
        counted.worst_scenario = scenario;
      }
      ++tally.first_passages[std::uint64_t{pool} * job.shape.steps + step - 1];
      ++tally.scenario_pools[scenario];
    }
    if (!account_breach) continue;
    ++tally.account_breaches[account];
    ++tally.scenario_accounts[scenario];
  }
  for (std::uint32_t c = 0; c < job.book.classes; ++c)
    tally.scenario_shortfall[scenario * job.book.classes + c] = narrow(by_class[c]);
}

TailTally plain_tail(std::vector<Ticks> losses) {
  std::sort(losses.begin(), losses.end(), std::greater<>());
  TailTally tail;
  tail.known = true;
  for (std::uint32_t level = 0; level < tail_levels; ++level) {
    std::size_t const count = (losses.size() * (1000 - tail_level_per_mille[level]) + 999) / 1000;
    Wide sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += losses[i];
    tail.tail_sum[level] = narrow(sum);
    tail.value_at_risk[level] = losses[count - 1];
  }
  return tail;
}

}  // namespace

Tally plain_tally(Job const& job) {
  Tally tally;
  tally.pools.resize(job.book.pools);
  tally.first_passages.resize(std::uint64_t{job.book.pools} * job.shape.steps);
  tally.account_breaches.resize(job.book.accounts);
  tally.scenario_pools.resize(job.shape.scenarios);
  tally.scenario_accounts.resize(job.shape.scenarios);
  tally.scenario_shortfall.resize(job.shape.scenarios * job.book.classes);
  std::vector<PlainPool> plain(job.book.pools);
  for (std::uint64_t s = 0; s < job.shape.scenarios; ++s) count_scenario(job, s, plain, tally);
  for (std::uint32_t pool = 0; pool < job.book.pools; ++pool)
    tally.pools[pool].shortfall = narrow(plain[pool].shortfall);
  if (job.tails == Tails::none) return tally;
  tally.tails.resize(job.book.pools);
  for (std::uint32_t pool = 0; pool < job.book.pools; ++pool)
    if (job.tails == Tails::all || tally.pools[pool].breaches > 0)
      tally.tails[pool] = plain_tail(plain[pool].losses);
  return tally;
}

}  // namespace plimsoll::testing
