#include "host/condense.hpp"

#include <gtest/gtest.h>

#include "host/report.hpp"
#include "host/result_check.hpp"
#include "host/result_figures.hpp"
#include "host/summary.hpp"
#include "tests/host/result_builder.hpp"

namespace plimsoll {
namespace {

// The rows `first` to `end` of `all` in each pack.
template <class T>
std::vector<T> rows(std::vector<T> const& column, std::size_t packs, std::size_t all,
                    std::size_t first, std::size_t end) {
  std::size_t const each = column.size() / (packs * all);
  std::vector<T> found;
  for (std::size_t pack = 0; pack < packs; ++pack)
    for (std::size_t i = (pack * all + first) * each; i < (pack * all + end) * each; ++i)
      found.push_back(column[i]);
  return found;
}

// Accounts `first` to `end` of a result as a result of their own. Sums over scenarios and the firm
// do not say whose they are: all of them go with the part that has the first account.
Result part_of(Result const& whole, std::size_t first, std::size_t end) {
  Result part = whole;
  std::size_t const packs = whole.packs.size();
  std::size_t const accounts = whole.accounts.name.size();
  std::size_t const pools = whole.pools.name.size();
  auto const pool_of = [&](std::size_t account) {
    return static_cast<std::size_t>(
        std::lower_bound(whole.pools.account.begin(), whole.pools.account.end(), account) -
        whole.pools.account.begin());
  };
  std::size_t const first_pool = pool_of(first), end_pool = pool_of(end);
  auto& a = part.accounts;
  a.name = rows(a.name, 1, accounts, first, end);
  a.segregation_class = rows(a.segregation_class, 1, accounts, first, end);
  auto const cut_accounts = [&](auto&... columns) {
    ((columns = rows(columns, packs, accounts, first, end)), ...);
  };
  cut_accounts(a.breaches, a.probability, a.low, a.high, a.worst_pool);
  for (std::uint32_t& pool : a.worst_pool) pool -= static_cast<std::uint32_t>(first_pool);
  // What is owed tonight is that of the first part.
  if (first > 0) part.segregation.owed_tonight.assign(whole.classes.size(), TickSum{});
  auto& p = part.pools;
  p.name = rows(p.name, 1, pools, first_pool, end_pool);
  p.account = rows(p.account, 1, pools, first_pool, end_pool);
  p.isolated = rows(p.isolated, 1, pools, first_pool, end_pool);
  for (std::uint32_t& account : p.account) account -= static_cast<std::uint32_t>(first);
  auto const cut_pools = [&](auto&... columns) {
    ((columns = rows(columns, packs, pools, first_pool, end_pool)), ...);
  };
  cut_pools(p.equity, p.requirement, p.excess, p.margin_ratio, p.net_exposure, p.gross_exposure,
            p.leverage, p.breaches, p.probability, p.low, p.high, p.first_passages,
            p.mean_shortfall, p.worst_shortfall, p.worst_scenario, p.value_at_risk,
            p.expected_shortfall);
  if (first == 0) return part;
  auto const clear = [](auto&... columns) { ((columns.assign(columns.size(), {})), ...); };
  clear(part.scenarios.accounts_in_breach, part.scenarios.pools_in_breach, part.scenarios.shortfall,
        part.firm.breaching_cells, part.firm.flagged_accounts, part.firm.flagged_pools,
        part.firm.undefined_cells, part.firm.asset_breaches, part.firm.asset_fall);
  return part;
}

std::vector<ResultConfig> configs() {
  return {{.accounts = 300, .scenarios = 500, .steps = 4, .packs = 1},
          {.accounts = 200, .scenarios = 200, .steps = 30, .packs = 3, .classes = {"House", "B"}},
          {.accounts = 90, .scenarios = 100, .steps = 2, .packs = 2, .severity = 0},
          {.accounts = 7, .scenarios = 100, .steps = 2, .packs = 1, .tails = false}};
}

TEST(Condense, PagesSayTheSameOfFewerRows) {
  for (ResultConfig const& config : configs()) {
    Result const whole = ResultBuilder(config).build();
    Result condensed = whole;
    condense(condensed);
    EXPECT_NO_THROW(check_result(condensed, "condensed"));
    if (config.accounts > 100) {
      EXPECT_LT(condensed.pools.name.size(), whole.pools.name.size() / 2);
    }
    EXPECT_EQ(summary_table(condensed), summary_table(whole));
    EXPECT_EQ(summary_json(condensed), summary_json(whole));
    EXPECT_EQ(report_html(condensed), report_html(whole));
    Result twice = condensed;
    condense(twice);
    EXPECT_EQ(twice.accounts.name, condensed.accounts.name);
    EXPECT_EQ(report_html(twice), report_html(whole));
  }
}

TEST(Condense, PartsMakeTheWhole) {
  for (ResultConfig const& config : configs()) {
    Result const whole = ResultBuilder(config).build();
    std::size_t const accounts = whole.accounts.name.size();
    for (std::size_t const parts : {std::size_t{1}, std::size_t{2}, std::size_t{5}, accounts}) {
      Result joined, shown;
      for (std::size_t i = 0; i < parts; ++i) {
        Result part = part_of(whole, i * accounts / parts, (i + 1) * accounts / parts);
        if (i == 0) joined = part;
        if (i > 0) append(joined, part);
        condense(part, most_shown);
        if (i == 0) shown = part;
        if (i > 0) append(shown, part);
        condense(shown);
      }
      find_exceedance(joined);
      find_exceedance(shown);
      EXPECT_NO_THROW(check_result(joined, "joined"));
      EXPECT_EQ(joined.pools.name, whole.pools.name);
      EXPECT_EQ(joined.pools.equity, whole.pools.equity);
      EXPECT_EQ(joined.pools.first_passages, whole.pools.first_passages);
      EXPECT_EQ(joined.accounts.worst_pool, whole.accounts.worst_pool);
      Result curve = whole;
      find_exceedance(curve);
      EXPECT_EQ(report_html(joined), report_html(curve)) << parts;
      EXPECT_EQ(report_html(shown), report_html(curve)) << parts;
      EXPECT_EQ(summary_json(shown), summary_json(curve)) << parts;
    }
  }
}

TEST(Condense, PartsOfOtherScenariosAreRefused) {
  Result whole = ResultBuilder({.accounts = 10}).build();
  Result part = whole;
  ++part.firm.limited_draws[0];
  EXPECT_THROW(append(whole, part), std::logic_error);
}

}  // namespace
}  // namespace plimsoll
