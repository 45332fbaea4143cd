#include "host/result_figures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/sampling.hpp"

namespace plimsoll {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double unbounded = std::numeric_limits<double>::infinity();

std::uint64_t count_nonzero(std::vector<std::uint32_t> const& counts, std::size_t begin,
                            std::size_t end) {
  std::uint64_t found = 0;
  for (std::size_t i = begin; i < end; ++i) found += counts[i] > 0 ? 1 : 0;
  return found;
}

std::vector<double> accounts_in_breach(Result const& result, std::size_t pack) {
  std::size_t const n = result.shape.scenarios;
  auto const begin =
      result.scenarios.accounts_in_breach.begin() + static_cast<std::ptrdiff_t>(pack * n);
  return {begin, begin + static_cast<std::ptrdiff_t>(n)};
}

// The first `limit` of the members that `keep` accepts, in the total order `before`.
template <class Keep, class Before>
std::vector<std::uint32_t> ranked(std::size_t members, std::size_t limit, Keep keep,
                                  Before before) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < members; ++i)
    if (keep(i)) order.push_back(i);
  std::size_t const kept = std::min(limit, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    before);
  order.resize(kept);
  return order;
}

// Whether `a` comes before `b`: by the larger key, key after key, then the lower number.
template <class... Keys>
bool larger_first(std::uint32_t a, std::uint32_t b, Keys... key) {
  int order = 0;
  ((order = order != 0 ? order : key(b) < key(a) ? -1 : key(a) < key(b) ? 1 : 0), ...);
  return order != 0 ? order < 0 : a < b;
}

}  // namespace

Estimate share_estimate(std::uint64_t hits, std::uint64_t trials) {
  Interval const interval = wilson_interval(hits, trials);
  return {static_cast<double>(hits) / static_cast<double>(trials), interval.low, interval.high};
}

Estimate mean_estimate(std::vector<double> const& values, std::size_t count) {
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) sum += values[i];
  double const n = static_cast<double>(count);
  double const mean = sum / n;
  double squares = 0.0;
  for (std::size_t i = 0; i < count; ++i) squares += (values[i] - mean) * (values[i] - mean);
  if (!(squares > 0.0)) return {mean, unknown, unknown};
  double const half = normal_975 * std::sqrt(squares / (n - 1.0) / n);
  // No count and no shortfall is negative; the normal approximation does not know that.
  return {mean, std::max(0.0, mean - half), mean + half};
}

TailRanks tail_ranks(std::uint64_t scenarios, std::uint64_t one_in) {
  double const n = static_cast<double>(scenarios);
  double const q = 1.0 / static_cast<double>(one_in);
  double const half = normal_975 * std::sqrt(n * q * (1.0 - q));
  double const high = std::floor(n * q - half + 0.5);
  double const low = std::ceil(n * q + half + 0.5);
  TailRanks ranks;
  ranks.value = std::max<std::uint64_t>(1, (scenarios + one_in - 1) / one_in);
  ranks.high = high < 1.0 ? 0 : std::min(static_cast<std::uint64_t>(high), ranks.value);
  ranks.low = std::min(scenarios, std::max(static_cast<std::uint64_t>(low), ranks.value));
  return ranks;
}

Estimate tail_estimate(std::vector<TickSum> const& falling, std::uint64_t one_in) {
  TailRanks const ranks = tail_ranks(falling.size(), one_in);
  return {currency(falling[ranks.value - 1]), currency(falling[ranks.low - 1]),
          ranks.high == 0 ? unbounded : currency(falling[ranks.high - 1])};
}

std::vector<TickSum> class_shortfall(Result const& result, std::size_t pack, std::size_t which) {
  std::size_t const n = result.shape.scenarios, classes = result.classes.size();
  std::vector<TickSum> sums(n);
  for (std::size_t s = 0; s < n; ++s)
    sums[s] = result.scenarios.shortfall[(pack * n + s) * classes + which];
  return sums;
}

std::vector<TickSum> custody_lack(Result const& result, std::size_t which) {
  std::size_t const classes = result.classes.size();
  std::vector<TickSum> sums(result.shape.scenarios);
  for (std::size_t s = 0; s < sums.size(); ++s)
    sums[s] = result.segregation.lack[s * classes + which];
  return sums;
}

std::vector<TickSum> total_shortfall(Result const& result, std::size_t pack) {
  std::size_t const n = result.shape.scenarios, classes = result.classes.size();
  std::vector<TickSum> sums(n);
  for (std::size_t s = 0; s < n; ++s)
    for (std::size_t c = 0; c < classes; ++c)
      sums[s] += result.scenarios.shortfall[(pack * n + s) * classes + c];
  return sums;
}

std::vector<TickSum> falling(std::vector<TickSum> sums) {
  std::sort(sums.begin(), sums.end(), [](TickSum a, TickSum b) { return b < a; });
  return sums;
}

ShortfallFigures shortfall_figures(std::vector<TickSum> const& by_scenario) {
  ShortfallFigures figures;
  std::vector<double> amounts;
  amounts.reserve(by_scenario.size());
  TickSum sum, worst;
  for (std::size_t s = 0; s < by_scenario.size(); ++s) {
    TickSum const shortfall = by_scenario[s];
    amounts.push_back(currency(shortfall));
    sum += shortfall;
    figures.scenarios_with += TickSum{} < shortfall ? 1 : 0;
    if (worst < shortfall) {
      worst = shortfall;
      figures.worst_scenario = static_cast<std::int64_t>(s);
    }
  }
  figures.worst = currency(worst);
  figures.mean = mean_estimate(amounts, amounts.size());
  figures.mean.value = currency(sum) / static_cast<double>(by_scenario.size());
  std::vector<TickSum> const sorted = falling(by_scenario);
  figures.one_in_100 = tail_estimate(sorted, 100);
  figures.one_in_200 = tail_estimate(sorted, 200);
  return figures;
}

PackFigures pack_figures(Result const& result, std::size_t pack) {
  PackFigures figures;
  std::size_t const n = result.shape.scenarios, pools = result.pools.name.size();
  Result::Rest const& rest = result.rest;
  if (rest.accounts > 0) {
    figures.accounts_below_tonight = rest.accounts_below_tonight[pack];
    figures.pools_below_tonight = rest.pools_below_tonight[pack];
  }
  std::vector<bool> below(result.accounts.name.size());
  for (std::size_t p = 0; p < pools; ++p) {
    if (!(result.pools.excess[pack * pools + p] < 0.0)) continue;
    ++figures.pools_below_tonight;
    if (!below[result.pools.account[p]]) ++figures.accounts_below_tonight;
    below[result.pools.account[p]] = true;
  }
  figures.flagged_accounts = result.firm.flagged_accounts[pack];
  figures.flagged_pools = result.firm.flagged_pools[pack];
  figures.scenarios_with_breach =
      count_nonzero(result.scenarios.accounts_in_breach, pack * n, (pack + 1) * n);
  figures.any_breach = share_estimate(figures.scenarios_with_breach, n);
  figures.accounts_in_breach = mean_estimate(accounts_in_breach(result, pack), n);
  figures.total = shortfall_figures(total_shortfall(result, pack));
  for (std::size_t c = 0; c < result.classes.size(); ++c)
    figures.by_class.push_back(shortfall_figures(class_shortfall(result, pack, c)));
  return figures;
}

std::vector<std::uint32_t> worst_accounts(Result const& result, std::size_t pack,
                                          std::size_t limit) {
  Result::Accounts const& accounts = result.accounts;
  Result::Pools const& pools = result.pools;
  std::size_t const first = pack * accounts.name.size();
  auto const pool = [&](std::uint32_t a) {
    return pack * pools.name.size() + accounts.worst_pool[first + a];
  };
  return ranked(
      accounts.name.size(), limit,
      [&](std::uint32_t a) { return accounts.breaches[first + a] > 0; },
      [&](std::uint32_t a, std::uint32_t b) {
        return larger_first(
            a, b, [&](std::uint32_t i) { return accounts.probability[first + i]; },
            [&](std::uint32_t i) { return pools.mean_shortfall[pool(i)]; },
            [&](std::uint32_t i) { return pools.margin_ratio[pool(i)]; });
      });
}

std::vector<std::uint32_t> worst_pools(Result const& result, std::size_t pack, std::size_t limit) {
  Result::Pools const& pools = result.pools;
  std::size_t const first = pack * pools.name.size();
  return ranked(
      pools.name.size(), limit, [&](std::uint32_t p) { return pools.breaches[first + p] > 0; },
      [&](std::uint32_t a, std::uint32_t b) {
        return larger_first(
            a, b, [&](std::uint32_t i) { return pools.probability[first + i]; },
            [&](std::uint32_t i) { return pools.mean_shortfall[first + i]; },
            [&](std::uint32_t i) { return pools.margin_ratio[first + i]; });
      });
}

double mean_per_scenario(Result const& result, std::size_t pack, std::uint32_t pool) {
  std::size_t const at = pack * result.pools.name.size() + pool;
  return result.pools.mean_shortfall[at] * static_cast<double>(result.pools.breaches[at]) /
         static_cast<double>(result.shape.scenarios);
}

std::vector<std::uint32_t> costliest_pools(Result const& result, std::size_t pack,
                                           std::size_t limit) {
  std::size_t const pools = result.pools.name.size();
  return ranked(
      pools, limit, [&](std::uint32_t p) { return result.pools.breaches[pack * pools + p] > 0; },
      [&](std::uint32_t a, std::uint32_t b) {
        return larger_first(a, b,
                            [&](std::uint32_t i) { return mean_per_scenario(result, pack, i); });
      });
}

std::vector<std::uint32_t> tightest_pools(Result const& result, std::size_t pack,
                                          std::size_t limit) {
  Result::Pools const& pools = result.pools;
  std::size_t const first = pack * pools.name.size();
  return ranked(
      pools.name.size(), limit, [](std::uint32_t) { return true; },
      [&](std::uint32_t a, std::uint32_t b) {
        return larger_first(a, b, [&](std::uint32_t i) { return pools.margin_ratio[first + i]; });
      });
}

std::size_t breach_band(double probability) {
  double const p = probability;
  return p <= 0.0 ? 0 : p < 0.001 ? 1 : p < 0.01 ? 2 : p < 0.1 ? 3 : 4;
}

std::vector<std::uint64_t> accounts_by_band(Result const& result, std::size_t pack) {
  std::vector<std::uint64_t> counts(breach_bands);
  std::size_t const accounts = result.accounts.name.size();
  for (std::size_t a = 0; a < accounts; ++a)
    ++counts[breach_band(result.accounts.probability[pack * accounts + a])];
  if (result.rest.accounts > 0)
    for (std::size_t band = 0; band < breach_bands; ++band)
      counts[band] += result.rest.accounts_by_band[pack * breach_bands + band];
  return counts;
}

std::vector<PassageBin> passages_by_step(Result const& result, std::size_t pack, std::size_t bins) {
  std::size_t const steps = result.shape.steps, pools = result.pools.name.size();
  std::size_t const width = (steps + bins - 1) / bins;
  std::vector<PassageBin> found;
  for (std::size_t first = 0; first < steps; first += width) {
    std::size_t const end = std::min(steps, first + width);
    PassageBin bin{static_cast<std::uint32_t>(first + 1), static_cast<std::uint32_t>(end), 0};
    for (std::size_t p = pack * pools; p < (pack + 1) * pools; ++p)
      for (std::size_t k = first; k < end; ++k)
        bin.breaches += result.pools.first_passages[p * steps + k];
    if (result.rest.accounts > 0)
      for (std::size_t k = first; k < end; ++k)
        bin.breaches += result.rest.first_passages[pack * steps + k];
    found.push_back(bin);
  }
  return found;
}

std::vector<std::uint32_t> driving_assets(Result const& result, std::size_t pack) {
  Result::Firm const& firm = result.firm;
  std::size_t const assets = firm.asset.size(), first = pack * assets;
  return ranked(
      assets, assets,
      [&](std::uint32_t a) {
        return firm.asset_breaches[first + a] > 0.0 || !(firm.asset_fall[first + a] == TickSum{});
      },
      [&](std::uint32_t a, std::uint32_t b) {
        return larger_first(
            a, b, [&](std::uint32_t i) { return firm.asset_breaches[first + i]; },
            [&](std::uint32_t i) { return firm.asset_fall[first + i]; });
      });
}

std::vector<ExceedancePoint> exceedance_curve(Result const& result, std::size_t pack) {
  std::uint64_t const n = result.shape.scenarios;
  std::vector<TickSum> const total = falling(total_shortfall(result, pack));
  std::vector<std::vector<TickSum>> classes;
  for (std::size_t c = 0; c < result.classes.size(); ++c)
    classes.push_back(falling(class_shortfall(result, pack, c)));
  std::vector<ExceedancePoint> curve;
  for (std::uint64_t decade = 1; decade <= n; decade *= 10) {
    for (std::uint64_t const step : {1u, 2u, 5u}) {
      std::uint64_t const one_in = step * decade;
      if (one_in < 2 || one_in > n) continue;
      ExceedancePoint point{one_in, tail_estimate(total, one_in), {}};
      for (auto const& column : classes)
        point.by_class.push_back(tail_estimate(column, one_in).value);
      curve.push_back(point);
    }
  }
  return curve;
}

std::vector<RunningPoint> running_figures(Result const& result, std::size_t pack,
                                          std::size_t points) {
  std::size_t const n = result.shape.scenarios;
  std::vector<double> const accounts = accounts_in_breach(result, pack);
  std::vector<TickSum> const total = total_shortfall(result, pack);
  std::vector<RunningPoint> running;
  for (std::size_t i = 0; i < points; ++i) {
    double const all = static_cast<double>(n) * (i % 2 == 0 ? 1.0 : std::sqrt(0.5));
    auto const first =
        static_cast<std::size_t>(std::llround(std::ldexp(all, -static_cast<int>(i / 2))));
    if (i > 0 && first < 10) break;
    RunningPoint point{first, mean_estimate(accounts, first), {unknown, unknown, unknown}};
    if (first >= 100) {
      auto const end = total.begin() + static_cast<std::ptrdiff_t>(first);
      point.one_in_100 = tail_estimate(falling({total.begin(), end}), 100);
    }
    running.push_back(point);
  }
  std::reverse(running.begin(), running.end());
  return running;
}

}  // namespace plimsoll
