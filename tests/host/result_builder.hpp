// A synthetic result, consistent with itself: every count is added up from one table of passages
// of pools through scenarios, made by a small deterministic generator. Not a market model: it only
// looks like a book in which some pools share a bad day.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "host/result.hpp"
#include "models/sampling.hpp"

namespace plimsoll {

struct ResultConfig {
  std::size_t accounts = 300, scenarios = 1000, steps = 10, packs = 1;
  std::vector<std::string> classes = {"House", "Client omnibus", "Individually segregated"};
  double severity = 1;  // 0: no breach at all
  bool tails = true;
};

class ResultBuilder {
 public:
  explicit ResultBuilder(ResultConfig config) : config_(std::move(config)) {}

  Result build() {
    describe();
    for (std::size_t pack = 0; pack < config_.packs; ++pack) append_pack(pack);
    return std::move(result_);
  }

 private:
  // SplitMix64 (Steele, Lea, Flood 2014).
  double uniform() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

  void describe() {
    Result& r = result_;
    r.shape = {42,   config_.scenarios, static_cast<std::uint32_t>(config_.steps),
               10.0, "model",           config_.tails ? "flagged" : "none"};
    r.reporting_currency = "USD";
    r.as_of = "2026-07-31";
    r.classes = config_.classes;
    std::size_t const classes = r.classes.size();
    r.segregation = {std::vector<std::uint8_t>(classes, 0),
                     std::vector<TickSum>(classes, tick_sum(10'000'000)),
                     std::vector<double>(classes, 0.0), std::vector<std::uint64_t>(classes, 0),
                     std::vector<TickSum>(config_.scenarios * classes)};
    for (std::size_t a = 0; a < config_.accounts; ++a) {
      r.accounts.name.push_back("account " + std::to_string(10001 + 7 * a));
      r.accounts.segregation_class.push_back(
          static_cast<std::uint8_t>(a % 5 % config_.classes.size()));
      add_pool(a, "cross");
      if (a % 6 == 5) add_pool(a, "isolated");
    }
    r.firm.asset = {"BTC", "ETH", "SOL",  "XRP",  "DOGE", "USDT", "LTC",
                    "ADA", "DOT", "AVAX", "LINK", "UNI",  "TRX",  "USD"};
    r.config = "book = \"out/demo/book.h5\"\nscenarios = 1000\nseed = 42\n";
    r.engine = "reference";
    r.engine_note = "plain doubles, every cell";
    r.seconds_total = 93.4;
    r.stage_name = {"read", "resolve", "evaluate", "drivers", "write"};
    r.stage_seconds = {0.31, 0.08, 88.9, 3.7, 0.41};
    r.peak_memory_bytes = 412u << 20;
    r.provenance = {"0.1.0",
                    "0123456789abcdef0123456789abcdef01234567",
                    "plimsoll run --book book.h5 --market market.h5 --rules venue.toml --seed 42",
                    {{"book", "out/demo/book.h5", std::string(64, 'a')},
                     {"market", "out/demo/market.h5", std::string(64, 'b')},
                     {"rules", "datasets/rules/venue.toml", std::string(64, 'c')}}};
  }

  void add_pool(std::size_t account, char const* kind) {
    result_.pools.name.push_back(result_.accounts.name[account].substr(8) + "/" + kind);
    result_.pools.account.push_back(static_cast<std::uint32_t>(account));
    result_.pools.isolated.push_back(kind[0] == 'i' ? 1 : 0);
  }

  struct Walk {
    std::uint32_t step = 0;
    Ticks shortfall = 0;
  };

  void append_pack(std::size_t pack) {
    Result& r = result_;
    r.packs.push_back("venue " + std::to_string(pack + 1));
    std::size_t const pools = r.pools.name.size();
    tonight(pools);
    std::vector<double> market(config_.scenarios);
    for (double& m : market) m = -std::log(1.0 - uniform());  // severity of the common move
    std::vector<Walk> walks(pools * config_.scenarios);
    for (std::size_t p = 0; p < pools; ++p) {
      std::size_t const at = pack * pools + p;
      double const cushion =
          40.0 * (1.0 - std::min(1.0, r.pools.margin_ratio[at])) * (0.5 + uniform());
      for (std::size_t s = 0; s < config_.scenarios; ++s) {
        double const force = config_.severity * (market[s] - 0.4 * std::log(1.0 - uniform()));
        if (force <= cushion) continue;
        double const when = static_cast<double>(config_.steps) * std::pow(cushion / force, 0.7);
        walks[p * config_.scenarios + s] = {
            1 + std::min(static_cast<std::uint32_t>(config_.steps - 1),
                         static_cast<std::uint32_t>(when)),
            ticks_up(0.01 * (force - cushion) * std::abs(r.pools.requirement[at]))};
      }
    }
    add_up(walks, pools);
  }

  void tonight(std::size_t pools) {
    Result::Pools& p = result_.pools;
    for (std::size_t i = 0; i < pools; ++i) {
      double const equity = std::floor(std::exp(8.0 + 9.0 * uniform()));
      double const requirement = equity * 0.98 * uniform();
      p.equity.push_back(equity);
      p.requirement.push_back(requirement);
      p.excess.push_back(equity - requirement);
      p.margin_ratio.push_back(requirement / equity);
      p.gross_exposure.push_back(requirement * 25.0);
      p.net_exposure.push_back(requirement * 25.0 * (2.0 * uniform() - 1.0));
      p.leverage.push_back(requirement * 25.0 / equity);
    }
  }

  void add_up(std::vector<Walk> const& walks, std::size_t pools) {
    Result& r = result_;
    std::size_t const n = config_.scenarios, accounts = config_.accounts;
    std::size_t const classes = config_.classes.size(), base = r.scenarios.shortfall.size();
    r.scenarios.shortfall.resize(base + n * classes);
    std::vector<std::uint32_t> pools_in(n), accounts_in(n);
    std::vector<std::vector<bool>> hit(accounts, std::vector<bool>(n));
    std::uint64_t cells = 0, flagged = 0;
    std::vector<std::uint64_t> breaches(pools);
    std::vector<TickSum> sums(pools);
    for (std::size_t p = 0; p < pools; ++p) {
      std::vector<std::uint64_t> steps(config_.steps);
      Ticks worst = 0;
      std::int64_t worst_scenario = -1;
      std::vector<double> losses;
      std::uint32_t const account = r.pools.account[p];
      for (std::size_t s = 0; s < n; ++s) {
        Walk const walk = walks[p * n + s];
        losses.push_back(currency(walk.shortfall));
        if (walk.step == 0) continue;
        ++breaches[p];
        ++steps[walk.step - 1];
        ++pools_in[s];
        sums[p] += walk.shortfall;
        hit[account][s] = true;
        r.scenarios.shortfall[base + s * classes + r.accounts.segregation_class[account]] +=
            walk.shortfall;
        if (walk.shortfall > worst) {
          worst = walk.shortfall;
          worst_scenario = static_cast<std::int64_t>(s);
        }
      }
      cells += breaches[p];
      flagged += breaches[p] > 0 ? 1 : 0;
      r.pools.breaches.push_back(breaches[p]);
      append_probability(breaches[p], r.pools.probability, r.pools.low, r.pools.high);
      r.pools.mean_shortfall.push_back(
          breaches[p] == 0 ? 0.0 : currency(sums[p]) / static_cast<double>(breaches[p]));
      r.pools.worst_shortfall.push_back(worst);
      r.pools.worst_scenario.push_back(worst_scenario);
      r.pools.first_passages.insert(r.pools.first_passages.end(), steps.begin(), steps.end());
      append_tails(losses, breaches[p] > 0);
    }
    append_accounts(hit, breaches, accounts_in);
    append_firm(cells, flagged, accounts_in, base);
    r.scenarios.pools_in_breach.insert(r.scenarios.pools_in_breach.end(), pools_in.begin(),
                                       pools_in.end());
    r.scenarios.accounts_in_breach.insert(r.scenarios.accounts_in_breach.end(), accounts_in.begin(),
                                          accounts_in.end());
  }

  void append_probability(std::uint64_t breaches, std::vector<double>& value,
                          std::vector<double>& low, std::vector<double>& high) {
    Interval const interval = wilson_interval(breaches, config_.scenarios);
    value.push_back(static_cast<double>(breaches) / static_cast<double>(config_.scenarios));
    low.push_back(interval.low);
    high.push_back(interval.high);
  }

  void append_tails(std::vector<double>& losses, bool flagged) {
    std::sort(losses.rbegin(), losses.rend());
    for (std::uint32_t const level : tail_level_per_mille) {
      constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
      auto const count = static_cast<std::size_t>(tail_count(config_.scenarios, level));
      double sum = 0.0;
      for (std::size_t i = 0; i < count; ++i) sum += losses[i];
      bool const known = flagged && config_.tails;
      result_.pools.value_at_risk.push_back(known ? losses[count - 1] : unknown);
      result_.pools.expected_shortfall.push_back(known ? sum / static_cast<double>(count)
                                                       : unknown);
    }
  }

  void append_accounts(std::vector<std::vector<bool>> const& hit,
                       std::vector<std::uint64_t> const& breaches,
                       std::vector<std::uint32_t>& accounts_in) {
    Result& r = result_;
    std::uint64_t flagged = 0;
    for (std::size_t a = 0; a < hit.size(); ++a) {
      std::uint64_t count = 0;
      for (std::size_t s = 0; s < hit[a].size(); ++s) {
        count += hit[a][s] ? 1 : 0;
        accounts_in[s] += hit[a][s] ? 1 : 0;
      }
      flagged += count > 0 ? 1 : 0;
      r.accounts.breaches.push_back(count);
      append_probability(count, r.accounts.probability, r.accounts.low, r.accounts.high);
      std::uint32_t worst = 0;
      bool found = false;
      for (std::uint32_t p = 0; p < breaches.size(); ++p) {
        if (r.pools.account[p] != a || (found && breaches[p] <= breaches[worst])) continue;
        worst = p;
        found = true;
      }
      r.accounts.worst_pool.push_back(worst);
    }
    r.firm.flagged_accounts.push_back(flagged);
  }

  void append_firm(std::uint64_t cells, std::uint64_t flagged_pools,
                   std::vector<std::uint32_t> const& accounts_in, std::size_t base) {
    Result::Firm& f = result_.firm;
    std::size_t const n = accounts_in.size(), classes = config_.classes.size();
    f.breaching_cells.push_back(cells);
    f.flagged_pools.push_back(flagged_pools);
    f.limited_draws.push_back(n / 250);
    f.undefined_cells.push_back(0);
    std::vector<TickSum> totals(n);
    for (std::size_t s = 0; s < n; ++s)
      for (std::size_t c = 0; c < classes; ++c)
        totals[s] += result_.scenarios.shortfall[base + s * classes + c];
    std::sort(totals.begin(), totals.end(), [](TickSum a, TickSum b) { return b < a; });
    f.exceedance_probability.clear();
    for (std::uint64_t const one_in : {2u, 10u, 100u, 1000u}) {
      if (n % one_in != 0) continue;
      f.exceedance_probability.push_back(1.0 / static_cast<double>(one_in));
      f.exceedance_shortfall.push_back(currency(totals[n / one_in - 1]));
    }
    double left = static_cast<double>(cells);
    for (std::size_t a = 0; a < f.asset.size(); ++a) {
      double const part = a + 1 == f.asset.size() ? left : std::floor(left * 0.4);
      f.asset_breaches.push_back(part);
      f.asset_fall.push_back(tick_sum(ticks_up(part * 5321.5 * (a == 5 ? -0.1 : 1.0))));
      left -= part;
    }
  }

  ResultConfig config_;
  Result result_;
  std::uint64_t state_ = 2026;
};

inline Result sample_result(ResultConfig config = {}) {
  return ResultBuilder(std::move(config)).build();
}

}  // namespace plimsoll
