#include "host/drivers.hpp"

#include <algorithm>
#include <utility>

namespace plimsoll {
// A group's credit is one curve of one value: value = collateral + positions. The positions' part
// of the change goes to their underlyings at the average weight of the change, the rest to the
// collateral itself, so that the parts sum to the change.
std::vector<double> falls_by_asset(ResolvedBook const& resolved, Replay const& replay,
                                   std::uint32_t pool, std::uint32_t step) {
  BookView const book = resolved.book();
  RulesView const rules = resolved.rules();
  std::vector<double> const& today = resolved.rows_today();
  auto const now = [&](std::uint32_t r) { return today[r]; };
  auto const then = [&](std::uint32_t r) { return replay.row(step, r); };
  std::vector<double> falls(resolved.assets(), 0.0);
  for (std::uint32_t g = book.group_begin[pool]; g < book.group_begin[pool + 1]; ++g) {
    std::uint32_t const asset = book.group_asset[g];
    double ignored = 0.0;
    double const value_now = group_value<double>(book, rules, g, now, ignored);
    double const value_then = group_value<double>(book, rules, g, then, ignored);
    std::uint32_t const credit = curve_of_group(book, rules, g);
    double const credit_now =
        collateral_credit<double>(rules, credit, asset, value_now, book.group_share[g], now);
    double const credit_then =
        collateral_credit<double>(rules, credit, asset, value_then, book.group_share[g], then);
    double const change = value_then - value_now;
    double const weight = change == 0.0 ? 0.0 : (credit_then - credit_now) / change;
    double collateral_fall = credit_now - credit_then;
    for (std::uint64_t t = book.term_begin[g]; t < book.term_begin[g + 1]; ++t) {
      std::uint32_t const row = book.term_row[t];
      double const before = book.term_weight[t] * now(row);
      double const after = book.term_weight[t] * then(row);
      double const position_fall = weight * (before - after);
      std::uint32_t const curve = curve_of_term(book, rules, t);
      double const requirement_rise =
          curve == no_index ? 0.0
                            : maintenance_requirement<double>(rules, curve, row, after, then) -
                                  maintenance_requirement<double>(rules, curve, row, before, now);
      falls[resolved.asset_of_row(row)] += position_fall + requirement_rise;
      collateral_fall -= position_fall;
    }
    falls[asset] += collateral_fall;
  }
  if (book.charge_begin != nullptr)
    for (std::uint64_t c = book.charge_begin[pool]; c < book.charge_begin[pool + 1]; ++c) {
      std::uint32_t const row = book.charge_row[c];
      auto const charge = [&](auto const& value) {
        return maintenance_requirement<double>(rules, book.charge_curve[c], row,
                                               book.charge_weight[c] * value(row), value);
      };
      falls[resolved.asset_of_row(row)] += charge(then) - charge(now);
    }
  ScanView const& scans = book.scans;
  if (has_scans(scans, pool))
    for (std::uint64_t s = scans.begin[pool]; s < scans.begin[pool + 1]; ++s) {
      // To the first underlying of the scan; most have one.
      std::uint32_t const row = scans.term_row[scans.term_begin[scans.class_begin[s]]];
      falls[resolved.asset_of_row(row)] +=
          scan_requirement<double>(scans, s, then) - scan_requirement<double>(scans, s, now);
    }
  return falls;
}

Drivers breach_drivers(ResolvedBook const& resolved, MarketView const& market,
                       RunShape const& shape, Tally const& tally) {
  std::uint32_t const assets = resolved.assets();
  Drivers drivers{std::vector<double>(assets, 0.0), std::vector<TickSum>(assets)};
  std::vector<std::pair<std::uint64_t, std::uint32_t>> by_scenario;
  for (std::uint32_t pool = 0; pool < tally.pools.size(); ++pool)
    if (tally.pools[pool].breaches > 0)
      by_scenario.emplace_back(tally.pools[pool].worst_scenario, pool);
  std::sort(by_scenario.begin(), by_scenario.end());
  Replay replay(resolved, market, shape);
  for (auto const& [scenario, pool] : by_scenario) {
    replay.load(scenario);
    std::vector<double> const falls =
        falls_by_asset(resolved, replay, pool, replay.walk(pool).step);
    for (std::uint32_t a = 0; a < assets; ++a) drivers.fall[a] += ticks_up(falls[a]);
    auto const most = std::max_element(falls.begin(), falls.end()) - falls.begin();
    drivers.breaches[static_cast<std::size_t>(most)] +=
        static_cast<double>(tally.pools[pool].breaches);
  }
  return drivers;
}

}  // namespace plimsoll
