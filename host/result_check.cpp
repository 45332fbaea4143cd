#include "host/result_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "host/column_check.hpp"
#include "host/error.hpp"
#include "host/name_check.hpp"
#include "models/sampling.hpp"

namespace plimsoll {

namespace {

constexpr std::string_view hint = "run again; if it stays, report it as an error of the program";
constexpr double largest = std::numeric_limits<double>::max();

[[noreturn]] void refuse(std::string_view place, std::string_view column, std::size_t row,
                         std::string_view problem, std::string_view why) {
  throw InputError(element(column_place(place, column), row), problem, why, hint);
}

void check_shape_echo(Result const& result, std::string_view place) {
  RunShapeEcho const& shape = result.shape;
  auto const refuse_value = [&](std::string_view column, std::string const& problem,
                                std::string_view why) {
    throw InputError(column_place(place, column), problem, why, hint);
  };
  if (shape.scenarios == 0 || shape.steps == 0)
    refuse_value("/run/scenarios", "is a run without scenarios or steps", "nothing was evaluated");
  if (!(shape.horizon_days > 0.0 && std::isfinite(shape.horizon_days)))
    refuse_value("/run/horizon_days", fmt::format("is {}", shape.horizon_days),
                 "a horizon is a positive number of days");
  if (shape.source != "model" && shape.source != "table")
    refuse_value("/run/source", fmt::format("is \"{}\"", shape.source),
                 "moves come from a model or a table");
  if (shape.tails != "none" && shape.tails != "flagged" && shape.tails != "all")
    refuse_value("/run/tails", fmt::format("is \"{}\"", shape.tails),
                 "tails are asked for as none, flagged or all");
  check_name(column_place(place, "/reporting_currency"), result.reporting_currency);
  check_iso_date(column_place(place, "/as_of"), result.as_of);
}

void check_axes(Result const& result, std::string_view place) {
  check_names(column_place(place, "/axes/pack"), result.packs);
  check_names(column_place(place, "/axes/class"), result.classes);
  check_names(column_place(place, "/axes/asset"), result.firm.asset);
  check_names(column_place(place, "/accounts/name"), result.accounts.name);
  check_names(column_place(place, "/pools/name"), result.pools.name);
  check_indices(column_place(place, "/accounts/segregation_class"),
                result.accounts.segregation_class, result.classes.size(), "/axes/class");
  check_indices(column_place(place, "/pools/account"), result.pools.account,
                result.accounts.name.size(), "/accounts");
  check_indices(column_place(place, "/accounts/worst_pool"), result.accounts.worst_pool,
                result.pools.name.size(), "/pools");
  for (std::size_t pool = 0; pool < result.pools.isolated.size(); ++pool) {
    if (result.pools.isolated[pool] > 1)
      refuse(place, "/pools/isolated", pool, fmt::format("is {}", result.pools.isolated[pool]),
             "a pool is isolated (1) or not (0)");
    if (pool > 0 && result.pools.account[pool] < result.pools.account[pool - 1])
      refuse(place, "/pools/account", pool, "the pools are not ordered by account",
             "all pools of an account stand together");
  }
}

// Counts of scenarios and the probabilities made of them.
struct Frequencies {
  std::string_view table;
  std::vector<std::uint64_t> const& breaches;
  std::vector<double> const& probability;
  std::vector<double> const& low;
  std::vector<double> const& high;
};

void check_frequencies(Frequencies const& found, std::uint64_t scenarios, std::string_view place) {
  for (std::size_t row = 0; row < found.breaches.size(); ++row) {
    std::uint64_t const breaches = found.breaches[row];
    if (breaches > scenarios)
      refuse(place, fmt::format("{}/breaches", found.table), row, fmt::format("is {}", breaches),
             fmt::format("there are {} scenarios", scenarios));
    double const expected = static_cast<double>(breaches) / static_cast<double>(scenarios);
    bool const ordered = found.low[row] >= 0.0 && found.low[row] <= expected &&
                         expected <= found.high[row] && found.high[row] <= 1.0;
    if (found.probability[row] != expected || !ordered)
      refuse(place, fmt::format("{}/probability", found.table), row,
             fmt::format("is {} within {} to {}", found.probability[row], found.low[row],
                         found.high[row]),
             fmt::format("{} of {} scenarios breach", breaches, scenarios));
  }
}

void check_pool_money(Result const& result, std::string_view place) {
  Result::Pools const& pools = result.pools;
  constexpr std::string_view why = "it is a finite amount of money";
  check_range(column_place(place, "/pools/equity"), pools.equity, -largest, largest, why);
  check_range(column_place(place, "/pools/requirement"), pools.requirement, -largest, largest, why);
  check_range(column_place(place, "/pools/excess"), pools.excess, -largest, largest, why);
  check_range(column_place(place, "/pools/net_exposure"), pools.net_exposure, -largest, largest,
              why);
  check_range(column_place(place, "/pools/gross_exposure"), pools.gross_exposure, 0.0, largest,
              why);
  check_range(column_place(place, "/pools/mean_shortfall"), pools.mean_shortfall, 0.0, largest,
              why);
  for (std::size_t row = 0; row < pools.equity.size(); ++row)
    if (std::isnan(pools.margin_ratio[row]) || std::isnan(pools.leverage[row]))
      refuse(place, "/pools/margin_ratio", row, "it or the leverage is no number",
             "without equity both are infinite");
}

void check_tails(Result const& result, std::string_view place) {
  Result::Pools const& pools = result.pools;
  for (std::size_t row = 0; row < pools.value_at_risk.size(); ++row) {
    double const var = pools.value_at_risk[row], mean = pools.expected_shortfall[row];
    bool const unknown = std::isnan(var) && std::isnan(mean);
    // A mean of equal losses may round to the double below them.
    double const slack = 1e-9 * std::max(1.0, std::fabs(var));
    bool const known = std::isfinite(var) && std::isfinite(mean) && mean >= var - slack;
    if (!unknown && !known)
      refuse(place, "/pools/expected_shortfall", row,
             fmt::format("is {} beyond a value at risk of {}", mean, var),
             "it is the mean of the losses from the value at risk on");
    if (!unknown && result.shape.tails == "none")
      refuse(place, "/pools/value_at_risk", row, "is known", "the run was asked for no tails");
  }
}

void check_pool_breaches(Result const& result, std::string_view place) {
  Result::Pools const& pools = result.pools;
  std::size_t const steps = result.shape.steps;
  for (std::size_t row = 0; row < pools.breaches.size(); ++row) {
    std::uint64_t const breaches = pools.breaches[row];
    std::uint64_t passages = 0;
    for (std::uint64_t const count : std::span(pools.first_passages).subspan(row * steps, steps))
      passages += count;
    if (passages != breaches)
      refuse(place, "/pools/first_passages", row * steps,
             fmt::format("the steps sum to {}", passages),
             fmt::format("the pool breaches in {} scenarios", breaches));
    std::int64_t const worst = pools.worst_scenario[row];
    bool const named = worst >= 0 && static_cast<std::uint64_t>(worst) < result.shape.scenarios;
    bool const fits = breaches > 0 ? named && pools.worst_shortfall[row] > 0
                                   : worst == -1 && pools.worst_shortfall[row] == 0 &&
                                         pools.mean_shortfall[row] == 0.0;
    if (!fits)
      refuse(place, "/pools/worst_scenario", row,
             fmt::format("is {} with a shortfall of {} ticks", worst, pools.worst_shortfall[row]),
             fmt::format("the pool breaches in {} scenarios", breaches));
  }
}

std::uint64_t sum(std::span<std::uint64_t const> values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}
std::uint64_t sum(std::span<std::uint32_t const> values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}
template <class T>
std::span<T const> of_pack(std::vector<T> const& values, std::size_t pack, std::size_t packs) {
  std::size_t const each = values.size() / packs;
  return std::span(values).subspan(pack * each, each);
}
std::uint64_t flagged(std::span<std::uint64_t const> breaches) {
  return static_cast<std::uint64_t>(
      std::count_if(breaches.begin(), breaches.end(), [](std::uint64_t n) { return n > 0; }));
}

void check_account_breaches(Result const& result, std::string_view place) {
  std::size_t const accounts = result.accounts.name.size(), pools = result.pools.name.size();
  for (std::size_t pack = 0; pack < result.packs.size(); ++pack) {
    std::vector<std::uint64_t> most(accounts), all(accounts);
    for (std::size_t pool = 0; pool < pools; ++pool) {
      std::uint64_t const breaches = result.pools.breaches[pack * pools + pool];
      std::uint32_t const account = result.pools.account[pool];
      most[account] = std::max(most[account], breaches);
      all[account] += breaches;
    }
    for (std::size_t account = 0; account < accounts; ++account) {
      std::size_t const row = pack * accounts + account;
      std::uint64_t const found = result.accounts.breaches[row];
      std::uint32_t const worst = result.accounts.worst_pool[row];
      if (found < most[account] || found > all[account])
        refuse(place, "/accounts/breaches", row, fmt::format("is {}", found),
               fmt::format("its pools breach {} times at most, {} together", most[account],
                           all[account]));
      if (result.pools.account[worst] != account ||
          result.pools.breaches[pack * pools + worst] != most[account])
        refuse(place, "/accounts/worst_pool", row, fmt::format("names pool {}", worst),
               "it is the account's pool with most breaches");
    }
  }
}

void check_totals(Result const& result, std::string_view place) {
  std::size_t const packs = result.packs.size();
  for (std::size_t pack = 0; pack < packs; ++pack) {
    auto const pools = of_pack(result.pools.breaches, pack, packs);
    auto const accounts = of_pack(result.accounts.breaches, pack, packs);
    Result::Firm const& firm = result.firm;
    auto const rest = [pack](std::vector<std::uint64_t> const& counts) {
      return counts.empty() ? 0 : counts[pack];
    };
    auto const expect = [&](std::string_view column, std::uint64_t found, std::uint64_t expected,
                            std::string_view what) {
      if (found != expected)
        refuse(place, column, pack, fmt::format("makes {}", found),
               fmt::format("{} {}", what, expected));
    };
    expect("/firm/breaching_cells", firm.breaching_cells[pack],
           sum(pools) + rest(result.rest.breaches), "the breaches of the pools sum to");
    expect("/firm/flagged_pools", firm.flagged_pools[pack],
           flagged(pools) + rest(result.rest.flagged_pools), "pools that breach at all:");
    expect("/firm/flagged_accounts", firm.flagged_accounts[pack],
           flagged(accounts) + rest(result.rest.flagged_accounts), "accounts that breach at all:");
    expect("/scenarios/pools_in_breach",
           sum(of_pack(result.scenarios.pools_in_breach, pack, packs)),
           sum(pools) + rest(result.rest.breaches), "the breaches of the pools sum to");
    expect("/scenarios/accounts_in_breach",
           sum(of_pack(result.scenarios.accounts_in_breach, pack, packs)),
           sum(accounts) + rest(result.rest.account_breaches),
           "the breaches of the accounts sum to");
  }
}

// A scenario has a shortfall exactly if it has a pool in breach: at least a tick for each.
void check_scenarios(Result const& result, std::string_view place) {
  std::size_t const classes = result.classes.size();
  Result::Scenarios const& scenarios = result.scenarios;
  for (std::size_t row = 0; row < scenarios.pools_in_breach.size(); ++row) {
    TickSum total;
    for (std::size_t c = 0; c < classes; ++c) {
      TickSum const part = scenarios.shortfall[row * classes + c];
      if (part.high < 0)
        refuse(place, "/scenarios/shortfall", row * classes + c, "is negative",
               "a shortfall is what lacks");
      total += part;
    }
    std::uint32_t const pools = scenarios.pools_in_breach[row];
    bool const fits = pools == 0 ? total == TickSum{} : !(total < tick_sum(Ticks{pools}));
    if (!fits || scenarios.accounts_in_breach[row] > pools ||
        (scenarios.accounts_in_breach[row] == 0) != (pools == 0))
      refuse(place, "/scenarios/pools_in_breach", row, fmt::format("is {}", pools),
             fmt::format("{} accounts are in breach with a shortfall of {}",
                         scenarios.accounts_in_breach[row], currency(total)));
  }
}

// Only a class with custody can lack some.
void check_segregation(Result const& result, std::string_view place) {
  std::size_t const classes = result.classes.size();
  Result::Segregation const& s = result.segregation;
  check_range(column_place(place, "/classes/held_tonight"), s.held_tonight, 0.0, largest,
              "nobody holds less than nothing");
  for (std::size_t c = 0; c < classes; ++c) {
    if (s.owed_tonight[c].high < 0)
      refuse(place, "/classes/owed_tonight", c, "is negative", "nobody is owed less than nothing");
    if (s.custody_given[c] > 1)
      refuse(place, "/classes/custody_given", c, fmt::format("is {}", s.custody_given[c]),
             "it is 0 or 1");
    if (s.custody_given[c] == 0 && s.held_tonight[c] != 0.0)
      refuse(place, "/classes/held_tonight", c, "is not 0", "the class has no custody");
    if (s.undefined_columns[c] > result.shape.scenarios * result.shape.steps)
      refuse(place, "/classes/undefined_columns", c, fmt::format("is {}", s.undefined_columns[c]),
             "the run has fewer columns");
  }
  for (std::size_t row = 0; row < s.lack.size(); ++row) {
    if (s.lack[row].high < 0)
      refuse(place, "/scenarios/custody_lack", row, "is negative", "it is what lacks");
    if (s.custody_given[row % classes] == 0 && !(s.lack[row] == TickSum{}))
      refuse(place, "/scenarios/custody_lack", row, "is not 0", "the class has no custody");
  }
}

void check_firm(Result const& result, std::string_view place) {
  Result::Firm const& firm = result.firm;
  check_positive(column_place(place, "/firm/exceedance_probability"), firm.exceedance_probability,
                 1.0, "it is a probability");
  std::size_t const points = firm.exceedance_probability.size();
  for (std::size_t i = 1; i < points; ++i)
    if (firm.exceedance_probability[i] >= firm.exceedance_probability[i - 1])
      refuse(place, "/firm/exceedance_probability", i, "does not fall",
             "the curve is told from likely to rare");
  check_range(column_place(place, "/firm/exceedance_shortfall"), firm.exceedance_shortfall, 0.0,
              largest, "a shortfall is what lacks");
  for (std::size_t row = 0; row < firm.exceedance_shortfall.size(); ++row)
    if (row % points != 0 && firm.exceedance_shortfall[row] < firm.exceedance_shortfall[row - 1])
      refuse(place, "/firm/exceedance_shortfall", row, "falls", "rarer is not smaller");
  check_range(column_place(place, "/firm/asset_breaches"), firm.asset_breaches, 0.0, largest,
              "it is a count");
}

void check_axis_lengths(Result const& result, std::string_view place) {
  std::size_t const packs = result.packs.size(), n = result.shape.scenarios;
  std::size_t const accounts = packs * result.accounts.name.size();
  std::size_t const pools = packs * result.pools.name.size();
  auto const& a = result.accounts;
  auto const& p = result.pools;
  auto const& f = result.firm;
  check_lengths(place, {{"/accounts/name", a.name.size()},
                        {"/accounts/segregation_class", a.segregation_class.size()}});
  check_lengths(place, {{"/pools/name", p.name.size()},
                        {"/pools/account", p.account.size()},
                        {"/pools/isolated", p.isolated.size()}});
  check_lengths(place, {{"pack x /accounts/name", accounts},
                        {"/accounts/breaches", a.breaches.size()},
                        {"/accounts/probability", a.probability.size()},
                        {"/accounts/low", a.low.size()},
                        {"/accounts/high", a.high.size()},
                        {"/accounts/worst_pool", a.worst_pool.size()}});
  check_lengths(place, {{"pack x /pools/name", pools},
                        {"/pools/equity", p.equity.size()},
                        {"/pools/requirement", p.requirement.size()},
                        {"/pools/excess", p.excess.size()},
                        {"/pools/margin_ratio", p.margin_ratio.size()},
                        {"/pools/net_exposure", p.net_exposure.size()},
                        {"/pools/gross_exposure", p.gross_exposure.size()},
                        {"/pools/leverage", p.leverage.size()},
                        {"/pools/breaches", p.breaches.size()},
                        {"/pools/probability", p.probability.size()},
                        {"/pools/low", p.low.size()},
                        {"/pools/high", p.high.size()},
                        {"/pools/mean_shortfall", p.mean_shortfall.size()},
                        {"/pools/worst_shortfall_ticks", p.worst_shortfall.size()},
                        {"/pools/worst_scenario", p.worst_scenario.size()}});
  check_lengths(place, {{"pack x pool x step", pools * result.shape.steps},
                        {"/pools/first_passages", p.first_passages.size()}});
  check_lengths(place, {{"pack x pool x level", pools * tail_levels},
                        {"/pools/value_at_risk", p.value_at_risk.size()},
                        {"/pools/expected_shortfall", p.expected_shortfall.size()}});
  check_lengths(place,
                {{"pack x scenario", packs * n},
                 {"/scenarios/accounts_in_breach", result.scenarios.accounts_in_breach.size()},
                 {"/scenarios/pools_in_breach", result.scenarios.pools_in_breach.size()}});
  check_lengths(place, {{"pack x scenario x class", packs * n * result.classes.size()},
                        {"/scenarios/shortfall", result.scenarios.shortfall.size()}});
  Result::Segregation const& s = result.segregation;
  check_lengths(place, {{"/axes/class", result.classes.size()},
                        {"/classes/custody_given", s.custody_given.size()},
                        {"/classes/owed_tonight", s.owed_tonight.size()},
                        {"/classes/held_tonight", s.held_tonight.size()},
                        {"/classes/undefined_columns", s.undefined_columns.size()}});
  check_lengths(place, {{"scenario x class", n * result.classes.size()},
                        {"/scenarios/custody_lack", s.lack.size()}});
  check_lengths(place, {{"/axes/pack", packs},
                        {"/firm/breaching_cells", f.breaching_cells.size()},
                        {"/firm/flagged_accounts", f.flagged_accounts.size()},
                        {"/firm/flagged_pools", f.flagged_pools.size()},
                        {"/firm/limited_draws", f.limited_draws.size()},
                        {"/firm/undefined_cells", f.undefined_cells.size()}});
  check_lengths(place, {{"pack x point", packs * f.exceedance_probability.size()},
                        {"/firm/exceedance_shortfall", f.exceedance_shortfall.size()}});
  check_lengths(place, {{"pack x asset", packs * f.asset.size()},
                        {"/firm/asset_breaches", f.asset_breaches.size()},
                        {"/firm/asset_fall", f.asset_fall.size()}});
}

}  // namespace

void check_result(Result const& result, std::string_view place) {
  check_shape_echo(result, place);
  check_axis_lengths(result, place);
  check_axes(result, place);
  check_frequencies({"/accounts", result.accounts.breaches, result.accounts.probability,
                     result.accounts.low, result.accounts.high},
                    result.shape.scenarios, place);
  check_frequencies({"/pools", result.pools.breaches, result.pools.probability, result.pools.low,
                     result.pools.high},
                    result.shape.scenarios, place);
  check_pool_money(result, place);
  check_pool_breaches(result, place);
  check_tails(result, place);
  check_account_breaches(result, place);
  check_totals(result, place);
  check_scenarios(result, place);
  check_segregation(result, place);
  check_firm(result, place);
}

}  // namespace plimsoll
