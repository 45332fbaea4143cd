#include "host/condense.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "host/result_figures.hpp"
#include "host/segregation.hpp"
#include "host/summarise.hpp"

namespace plimsoll {
namespace {

using Rows = std::vector<std::uint32_t>;  // rising

// visit(column of one, same of the other, values of one row and pack) for each column that has an
// axis of rule packs.
template <class Visit>
void for_columns(Result::Accounts& one, Result::Accounts& other, Visit visit) {
  visit(one.breaches, other.breaches, 1);
  visit(one.probability, other.probability, 1);
  visit(one.low, other.low, 1);
  visit(one.high, other.high, 1);
  visit(one.worst_pool, other.worst_pool, 1);
}

template <class Visit>
void for_columns(Result::Pools& one, Result::Pools& other, std::size_t steps, Visit visit) {
  visit(one.equity, other.equity, 1);
  visit(one.requirement, other.requirement, 1);
  visit(one.excess, other.excess, 1);
  visit(one.margin_ratio, other.margin_ratio, 1);
  visit(one.net_exposure, other.net_exposure, 1);
  visit(one.gross_exposure, other.gross_exposure, 1);
  visit(one.leverage, other.leverage, 1);
  visit(one.breaches, other.breaches, 1);
  visit(one.probability, other.probability, 1);
  visit(one.low, other.low, 1);
  visit(one.high, other.high, 1);
  visit(one.first_passages, other.first_passages, steps);
  visit(one.mean_shortfall, other.mean_shortfall, 1);
  visit(one.worst_shortfall, other.worst_shortfall, 1);
  visit(one.worst_scenario, other.worst_scenario, 1);
  visit(one.value_at_risk, other.value_at_risk, tail_levels);
  visit(one.expected_shortfall, other.expected_shortfall, tail_levels);
}

// Keeps `rows` of `all` in each of `packs` packs.
template <class T>
void keep(std::vector<T>& column, std::size_t packs, std::size_t all, std::size_t each,
          Rows const& rows) {
  std::vector<T> kept;
  kept.reserve(packs * rows.size() * each);
  for (std::size_t pack = 0; pack < packs; ++pack)
    for (std::uint32_t const row : rows)
      for (std::size_t i = 0; i < each; ++i)
        kept.push_back(std::move(column[(pack * all + row) * each + i]));
  column = std::move(kept);
}

// Puts the rows of `part` behind those of `whole` in each of `packs` packs.
template <class T>
void join(std::vector<T>& whole, std::vector<T> const& part, std::size_t packs) {
  std::size_t const before = whole.size() / packs;
  std::size_t const more = part.size() / packs;
  std::vector<T> joined;
  joined.reserve(whole.size() + part.size());
  for (std::size_t pack = 0; pack < packs; ++pack) {
    for (std::size_t i = 0; i < before; ++i) joined.push_back(whole[pack * before + i]);
    for (std::size_t i = 0; i < more; ++i) joined.push_back(part[pack * more + i]);
  }
  whole = std::move(joined);
}

template <class T>
void add(std::vector<T>& to, std::vector<T> const& from) {
  if (to.size() < from.size()) to.resize(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) to[i] += from[i];
}

// The accounts that a page may show of this result.
Rows shown_accounts(Result const& result, std::size_t limit) {
  std::vector<bool> shown(result.accounts.name.size(), false);
  for (std::size_t pack = 0; pack < result.packs.size(); ++pack) {
    for (std::uint32_t const account : worst_accounts(result, pack, limit)) shown[account] = true;
    for (Rows const& ranking :
         {worst_pools(result, pack, limit), costliest_pools(result, pack, limit),
          tightest_pools(result, pack, limit)})
      for (std::uint32_t const pool : ranking) shown[result.pools.account[pool]] = true;
  }
  Rows rows;
  for (std::uint32_t account = 0; account < shown.size(); ++account)
    if (shown[account]) rows.push_back(account);
  return rows;
}

// Adds accounts and pools that are not kept to the rest.
void count_rest(Result& result, std::vector<bool> const& kept) {
  Result::Rest& rest = result.rest;
  std::size_t const packs = result.packs.size();
  std::size_t const steps = result.shape.steps;
  std::size_t const accounts = result.accounts.name.size();
  std::size_t const pools = result.pools.name.size();
  rest.of_class.resize(result.classes.size());
  for (auto* const counts :
       {&rest.accounts_below_tonight, &rest.pools_below_tonight, &rest.breaches,
        &rest.account_breaches, &rest.flagged_accounts, &rest.flagged_pools})
    counts->resize(packs);
  rest.accounts_by_band.resize(packs * breach_bands);
  rest.first_passages.resize(packs * steps);
  for (std::size_t a = 0; a < accounts; ++a) {
    if (kept[a]) continue;
    ++rest.accounts;
    ++rest.of_class[result.accounts.segregation_class[a]];
    for (std::size_t pack = 0; pack < packs; ++pack) {
      std::uint64_t const breaches = result.accounts.breaches[pack * accounts + a];
      rest.account_breaches[pack] += breaches;
      rest.flagged_accounts[pack] += breaches > 0 ? 1 : 0;
      ++rest.accounts_by_band[pack * breach_bands +
                              breach_band(result.accounts.probability[pack * accounts + a])];
    }
  }
  for (std::size_t pack = 0; pack < packs; ++pack) {
    std::vector<bool> below(accounts, false);
    for (std::size_t p = 0; p < pools; ++p) {
      std::uint32_t const account = result.pools.account[p];
      if (kept[account]) continue;
      std::size_t const at = pack * pools + p;
      if (pack == 0) ++rest.pools;
      rest.breaches[pack] += result.pools.breaches[at];
      rest.flagged_pools[pack] += result.pools.breaches[at] > 0 ? 1 : 0;
      for (std::size_t k = 0; k < steps; ++k)
        rest.first_passages[pack * steps + k] += result.pools.first_passages[at * steps + k];
      if (!(result.pools.excess[at] < 0.0)) continue;
      ++rest.pools_below_tonight[pack];
      if (!below[account]) ++rest.accounts_below_tonight[pack];
      below[account] = true;
    }
  }
}

}  // namespace

void condense(Result& result, std::size_t limit) {
  std::size_t const packs = result.packs.size();
  std::size_t const accounts = result.accounts.name.size();
  std::size_t const pools = result.pools.name.size();
  Rows const kept = shown_accounts(result, limit);
  std::vector<bool> keeps(accounts, false);
  std::vector<std::uint32_t> new_account(accounts), new_pool(pools);
  for (std::uint32_t i = 0; i < kept.size(); ++i) {
    keeps[kept[i]] = true;
    new_account[kept[i]] = i;
  }
  count_rest(result, keeps);
  Rows kept_pools;
  for (std::uint32_t p = 0; p < pools; ++p) {
    if (!keeps[result.pools.account[p]]) continue;
    new_pool[p] = static_cast<std::uint32_t>(kept_pools.size());
    kept_pools.push_back(p);
  }
  for (std::uint32_t& account : result.pools.account) account = new_account[account];
  for (std::uint32_t& pool : result.accounts.worst_pool) pool = new_pool[pool];
  keep(result.accounts.name, 1, accounts, 1, kept);
  keep(result.accounts.segregation_class, 1, accounts, 1, kept);
  for_columns(result.accounts, result.accounts, [&](auto& column, auto&, std::size_t each) {
    keep(column, packs, accounts, each, kept);
  });
  keep(result.pools.name, 1, pools, 1, kept_pools);
  keep(result.pools.account, 1, pools, 1, kept_pools);
  keep(result.pools.isolated, 1, pools, 1, kept_pools);
  for_columns(
      result.pools, result.pools, result.shape.steps,
      [&](auto& column, auto&, std::size_t each) { keep(column, packs, pools, each, kept_pools); });
}

void append(Result& whole, Result const& given) {
  Result part = given;
  std::size_t const packs = whole.packs.size();
  auto const accounts = static_cast<std::uint32_t>(whole.accounts.name.size());
  auto const pools = static_cast<std::uint32_t>(whole.pools.name.size());
  for (std::uint32_t& account : part.pools.account) account += accounts;
  for (std::uint32_t& pool : part.accounts.worst_pool) pool += pools;
  join(whole.accounts.name, part.accounts.name, 1);
  join(whole.accounts.segregation_class, part.accounts.segregation_class, 1);
  auto const join_all = [packs](auto& column, auto& more, std::size_t) {
    join(column, more, packs);
  };
  for_columns(whole.accounts, part.accounts, join_all);
  join(whole.pools.name, part.pools.name, 1);
  join(whole.pools.account, part.pools.account, 1);
  join(whole.pools.isolated, part.pools.isolated, 1);
  for_columns(whole.pools, part.pools, whole.shape.steps, join_all);
  add(whole.scenarios.accounts_in_breach, part.scenarios.accounts_in_breach);
  add(whole.scenarios.pools_in_breach, part.scenarios.pools_in_breach);
  add(whole.scenarios.shortfall, part.scenarios.shortfall);
  add(whole.firm.breaching_cells, part.firm.breaching_cells);
  add(whole.firm.flagged_accounts, part.firm.flagged_accounts);
  add(whole.firm.flagged_pools, part.firm.flagged_pools);
  add(whole.firm.undefined_cells, part.firm.undefined_cells);
  add(whole.firm.asset_breaches, part.firm.asset_breaches);
  add(whole.firm.asset_fall, part.firm.asset_fall);
  add(whole.segregation.owed_tonight, part.segregation.owed_tonight);
  add_class_sums(part.class_sums, whole.class_sums);
  // Draws are those of the scenarios: every part has the same.
  if (whole.firm.limited_draws != part.firm.limited_draws)
    throw std::logic_error("parts of one run drew different scenarios");
  Result::Rest& rest = whole.rest;
  rest.accounts += part.rest.accounts;
  rest.pools += part.rest.pools;
  add(rest.of_class, part.rest.of_class);
  add(rest.accounts_below_tonight, part.rest.accounts_below_tonight);
  add(rest.pools_below_tonight, part.rest.pools_below_tonight);
  add(rest.breaches, part.rest.breaches);
  add(rest.account_breaches, part.rest.account_breaches);
  add(rest.flagged_accounts, part.rest.flagged_accounts);
  add(rest.flagged_pools, part.rest.flagged_pools);
  add(rest.accounts_by_band, part.rest.accounts_by_band);
  add(rest.first_passages, part.rest.first_passages);
}

void find_exceedance(Result& result) {
  result.firm.exceedance_probability.clear();
  result.firm.exceedance_shortfall.clear();
  for (std::size_t pack = 0; pack < result.packs.size(); ++pack)
    append_exceedance(total_shortfall(result, pack), result.firm);
}

}  // namespace plimsoll
