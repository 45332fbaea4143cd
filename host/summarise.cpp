#include "host/summarise.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "models/sampling.hpp"

namespace plimsoll {
namespace {

void append_today(ResolvedBook const& resolved, Result::Pools& pools) {
  for (std::uint32_t pool = 0; pool < resolved.book().pools; ++pool) {
    Exposure const exposure = exposure_today(resolved, pool);
    Margin<double> const margin = resolved.margins_today()[pool];
    pools.equity.push_back(margin.equity);
    pools.requirement.push_back(margin.requirement);
    pools.excess.push_back(margin.excess);
    pools.margin_ratio.push_back(margin_ratio(margin));
    pools.net_exposure.push_back(exposure.net);
    pools.gross_exposure.push_back(exposure.gross);
    pools.leverage.push_back(leverage(margin, exposure));
  }
}

void append_pools(Tally const& tally, RunShape const& shape, Result::Pools& pools) {
  for (PoolTally const& found : tally.pools) {
    Interval const interval = wilson_interval(found.breaches, shape.scenarios);
    pools.breaches.push_back(found.breaches);
    pools.probability.push_back(static_cast<double>(found.breaches) /
                                static_cast<double>(shape.scenarios));
    pools.low.push_back(interval.low);
    pools.high.push_back(interval.high);
    pools.mean_shortfall.push_back(found.breaches == 0 ? 0.0
                                                       : currency(found.shortfall) /
                                                             static_cast<double>(found.breaches));
    pools.worst_shortfall.push_back(found.worst_shortfall);
    pools.worst_scenario.push_back(
        found.breaches == 0 ? -1 : static_cast<std::int64_t>(found.worst_scenario));
  }
  pools.first_passages.insert(pools.first_passages.end(), tally.first_passages.begin(),
                              tally.first_passages.end());
  for (std::size_t pool = 0; pool < tally.pools.size(); ++pool) {
    TailTally const tail = tally.tails.empty() ? TailTally{} : tally.tails[pool];
    for (std::uint32_t level = 0; level < tail_levels; ++level) {
      auto const count =
          static_cast<double>(tail_count(shape.scenarios, tail_level_per_mille[level]));
      constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
      pools.value_at_risk.push_back(tail.known ? currency(tail.value_at_risk[level]) : unknown);
      pools.expected_shortfall.push_back(tail.known ? currency(tail.tail_sum[level]) / count
                                                    : unknown);
    }
  }
}

// The pool of the account with most breaches; ties: the larger summed shortfall, then the first.
std::uint32_t worst_pool(Tally const& tally, BookView const& book, std::uint32_t account) {
  std::uint32_t worst = book.pool_begin[account];
  for (std::uint32_t pool = worst + 1; pool < book.pool_begin[account + 1]; ++pool) {
    PoolTally const& best = tally.pools[worst];
    PoolTally const& next = tally.pools[pool];
    if (next.breaches > best.breaches ||
        (next.breaches == best.breaches && best.shortfall < next.shortfall))
      worst = pool;
  }
  return worst;
}

void append_accounts(Tally const& tally, BookView const& book, RunShape const& shape,
                     Result::Accounts& accounts) {
  for (std::uint32_t account = 0; account < book.accounts; ++account) {
    std::uint64_t const breaches = tally.account_breaches[account];
    Interval const interval = wilson_interval(breaches, shape.scenarios);
    accounts.breaches.push_back(breaches);
    accounts.probability.push_back(static_cast<double>(breaches) /
                                   static_cast<double>(shape.scenarios));
    accounts.low.push_back(interval.low);
    accounts.high.push_back(interval.high);
    accounts.worst_pool.push_back(worst_pool(tally, book, account));
  }
}

// Counts k of scenarios at which the exceedance curve is told: 1, 2, 3, 5, 7, 10, ... up to all.
std::vector<std::uint64_t> exceedance_counts(std::uint64_t scenarios) {
  std::vector<std::uint64_t> counts;
  for (std::uint64_t decade = 1; decade <= scenarios; decade *= 10)
    for (std::uint64_t const step : {1u, 2u, 3u, 5u, 7u})
      if (step * decade <= scenarios) counts.push_back(step * decade);
  if (counts.back() != scenarios) counts.push_back(scenarios);
  std::reverse(counts.begin(), counts.end());
  return counts;
}

void append_firm(Tally const& tally, BookView const& book, RunShape const& shape,
                 Drivers const& drivers, Result::Firm& firm) {
  std::uint64_t breaching = 0, accounts = 0, pools = 0;
  for (PoolTally const& pool : tally.pools) {
    breaching += pool.breaches;
    pools += static_cast<std::uint64_t>(pool.breaches > 0);
  }
  for (std::uint64_t const breaches : tally.account_breaches)
    accounts += static_cast<std::uint64_t>(breaches > 0);
  firm.breaching_cells.push_back(breaching);
  firm.flagged_accounts.push_back(accounts);
  firm.flagged_pools.push_back(pools);
  firm.limited_draws.push_back(tally.limited_draws);
  firm.undefined_cells.push_back(tally.undefined_cells);

  std::vector<TickSum> totals(shape.scenarios);
  for (std::uint64_t s = 0; s < shape.scenarios; ++s)
    for (std::uint32_t c = 0; c < book.classes; ++c)
      totals[s] += tally.scenario_shortfall[s * book.classes + c];
  append_exceedance(std::move(totals), firm);
  firm.asset_breaches.insert(firm.asset_breaches.end(), drivers.breaches.begin(),
                             drivers.breaches.end());
  firm.asset_fall.insert(firm.asset_fall.end(), drivers.fall.begin(), drivers.fall.end());
}

}  // namespace

void append_exceedance(std::vector<TickSum> totals, Result::Firm& firm) {
  std::sort(totals.begin(), totals.end(), [](TickSum a, TickSum b) { return b < a; });
  std::uint64_t const scenarios = totals.size();
  firm.exceedance_probability.clear();
  for (std::uint64_t const count : exceedance_counts(scenarios)) {
    firm.exceedance_probability.push_back(static_cast<double>(count) /
                                          static_cast<double>(scenarios));
    firm.exceedance_shortfall.push_back(currency(totals[count - 1]));
  }
}

void describe_book(Book const& book, Result& result) {
  result.classes = book.classes;
  result.accounts.name = book.accounts.name;
  result.accounts.segregation_class = book.accounts.segregation_class;
  result.pools.name = book.pools.name;
  result.pools.account = book.pools.account;
  for (PoolKind const kind : book.pools.kind)
    result.pools.isolated.push_back(kind == PoolKind::isolated ? 1 : 0);
  result.firm.asset = book.assets;
}

void append_pack(ResolvedBook const& resolved, RunShape const& shape, Tally const& tally,
                 Drivers const& drivers, Result& result) {
  append_today(resolved, result.pools);
  append_pools(tally, shape, result.pools);
  append_accounts(tally, resolved.book(), shape, result.accounts);
  append_firm(tally, resolved.book(), shape, drivers, result.firm);
  Result::Scenarios& scenarios = result.scenarios;
  scenarios.accounts_in_breach.insert(scenarios.accounts_in_breach.end(),
                                      tally.scenario_accounts.begin(),
                                      tally.scenario_accounts.end());
  scenarios.pools_in_breach.insert(scenarios.pools_in_breach.end(), tally.scenario_pools.begin(),
                                   tally.scenario_pools.end());
  scenarios.shortfall.insert(scenarios.shortfall.end(), tally.scenario_shortfall.begin(),
                             tally.scenario_shortfall.end());
}

}  // namespace plimsoll
