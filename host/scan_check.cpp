#include "host/scan_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "host/error.hpp"
#include "host/name_check.hpp"
#include "host/rules_check.hpp"

namespace plimsoll {
namespace {

void check_point(ScanPoint const& point, std::string const& here) {
  if (!(point.spot > -1.0) || !std::isfinite(point.spot))
    throw InputError(here, fmt::format("spot {}", point.spot), "a price stays above 0",
                     "give the fraction by which it moves: -0.15 is 15 % down");
  if (!(point.volatility >= -1.0) || !std::isfinite(point.volatility))
    throw InputError(here, fmt::format("volatility {}", point.volatility),
                     "volatility cannot be negative",
                     "give the fraction by which it moves, -1 or more");
  if (!(point.part > 0.0 && point.part <= 1.0))
    throw InputError(here, fmt::format("part {}", point.part), "it must lie in (0, 1]",
                     "say which part of the loss at this point counts, or leave it out for all");
}

bool is_neutral(ScanPoint const& point) {
  return point.spot == 0.0 && point.volatility == 0.0 && point.part == 1.0;
}

void check_points(ScanGrid const& scan, std::string const& place) {
  std::size_t const count = scan.points.size();
  if (count == 0 || count > most_scan_points)
    throw InputError(place, fmt::format("{} points", count),
                     fmt::format("a scan has 1 to {}", most_scan_points),
                     "give points, or spots and volatilities whose products are the points");
  for (std::size_t i = 0; i < count; ++i)
    check_point(scan.points[i], fmt::format("{}, point {}", place, i + 1));
  if (std::none_of(scan.points.begin(), scan.points.end(), is_neutral))
    throw InputError(place, "no neutral point",
                     "a book that gains wherever the market goes would be given credit for it",
                     "add the point { spot = 0, volatility = 0 }");
}

void check_term(VolatilityTerm const& term, std::string const& place) {
  auto const is_power = [](double power) { return power >= 0.0 && power <= 2.0; };
  bool const fits = term.reference_days > 0.0 && term.floor_days > 0.0 && is_power(term.power) &&
                    is_power(term.long_power) && std::isfinite(term.reference_days) &&
                    std::isfinite(term.floor_days);
  if (fits) return;
  throw InputError(place + ", volatility_term",
                   fmt::format("reference_days {}, floor_days {}, power {}, long_power {}",
                               term.reference_days, term.floor_days, term.power, term.long_power),
                   "the shock (reference / max(days, floor))^power would not be defined",
                   "give days above 0 and powers from 0 to 2");
}

void check_groups(ScanGrid const& scan, std::string const& place) {
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < scan.groups.size(); ++i) {
    ScanGroup const& group = scan.groups[i];
    std::string const here = fmt::format("{}, group {}", place, i + 1);
    if (!(group.offset >= 0.0 && group.offset <= 1.0))
      throw InputError(here, fmt::format("offset {}", group.offset), "it must lie in [0, 1]",
                       "say which part of a gain counts against losses: 60 % is 0.6");
    if (group.assets.size() < 2)
      throw InputError(here, fmt::format("{} assets", group.assets.size()),
                       "there is nothing to offset", "name two or more, or leave the group out");
    for (std::string const& asset : group.assets) {
      check_name(here, asset);
      if (!seen.insert(asset).second)
        throw InputError(here, "asset '" + asset + "' a second time",
                         "its losses would count twice", "keep it in one group");
    }
  }
}

void check_least(double amount, std::string_view key, std::string const& place) {
  if (amount >= 0.0 && std::isfinite(amount)) return;
  throw InputError(place, fmt::format("{} {}", key, amount), "a requirement cannot be negative",
                   "give an amount of the reporting currency, 0 or more");
}

void check_least_tiers(ScanGrid const& scan, std::string const& place) {
  for (std::size_t i = 0; i < scan.least_tiers.size(); ++i) {
    LeastTier const& tier = scan.least_tiers[i];
    std::string const here = fmt::format("{}, least tier {}", place, i + 1);
    bool const from_fits = i == 0 ? tier.from == 0.0 : tier.from > scan.least_tiers[i - 1].from;
    if (!from_fits || !std::isfinite(tier.from))
      throw InputError(here, fmt::format("from {}", tier.from), "tiers begin at 0 and increase",
                       "correct its lower edge");
    double const below = i == 0 ? 0.0 : scan.least_tiers[i - 1].factor;
    if (!(tier.factor > 0.0 && tier.factor >= below) || !std::isfinite(tier.factor))
      throw InputError(here, fmt::format("factor {}", tier.factor),
                       "factors lie above 0 and do not fall",
                       "say how many times what lies above the edge counts");
  }
}

void check_add_ons(ScanGrid const& scan, std::string const& place) {
  for (std::size_t i = 0; i < scan.add_ons.size(); ++i) {
    std::string const here = fmt::format("{}, add-on {}", place, i + 1);
    check_least(scan.add_ons[i].per_unit, "per_unit", here);
    if (!scan.add_ons[i].figures) continue;
    if (auto const fault = bracket_fault(scan.add_ons[i].figures->brackets))
      throw InputError(here, fault->problem, fault->why, fault->hint);
  }
  if (scan.least_with_add_ons && scan.add_ons.empty())
    throw InputError(place, "least_of = \"sum\" without add-ons", "it would have no effect",
                     "add [[scans.add_ons]], or remove the key");
}

void check_arrays(ScanGrid const& scan, std::string const& place) {
  if (!scan.points.empty() || scan.term)
    throw InputError(place, "arrays beside points or a volatility_term",
                     "both say what a contract loses", "keep one of the two");
  std::unordered_set<std::string_view> seen;
  std::size_t const points = scan.arrays.front().profits.size();
  for (RiskArray const& array : scan.arrays) {
    std::string const here = fmt::format("{}, array of '{}'", place, array.instrument);
    check_name(here, array.instrument);
    if (!seen.insert(array.instrument).second)
      throw InputError(here, "a second array", "an instrument has one", "keep one of the two");
    if (array.profits.empty() || array.profits.size() > most_scan_points ||
        array.profits.size() != points)
      throw InputError(here, fmt::format("{} figures", array.profits.size()),
                       fmt::format("all arrays of a scan have equally many, 1 to {}; the first has "
                                   "{}",
                                   most_scan_points, points),
                       "give one figure for each point");
    for (double const profit : array.profits)
      if (!std::isfinite(profit))
        throw InputError(here, fmt::format("a figure of {}", profit), "it is not a number",
                         "give what one contract gains in the reporting currency");
    if (!std::isfinite(array.delta))
      throw InputError(here, fmt::format("delta {}", array.delta), "it is not a number",
                       "give units of the underlying per unit of the contract, or leave it out");
  }
}

}  // namespace

ScanGrid const* scan_named(RulePack const& pack, std::string const& name) {
  auto const found = std::find_if(pack.scans.begin(), pack.scans.end(),
                                  [&](ScanGrid const& scan) { return scan.name == name; });
  return found == pack.scans.end() ? nullptr : &*found;
}

void check_scans(RulePack const& pack, std::string const& place) {
  std::unordered_set<std::string_view> seen;
  for (ScanGrid const& scan : pack.scans) {
    std::string const here = fmt::format("{}, scan '{}'", place, scan.name);
    check_name(here, scan.name);
    if (!seen.insert(scan.name).second)
      throw InputError(here, "a second scan of this name", "schedules find it by its name",
                       "rename or remove one of them");
    if (scan.arrays.empty())
      check_points(scan, here);
    else
      check_arrays(scan, here);
    if (scan.term) check_term(*scan.term, here);
    check_groups(scan, here);
    check_least(scan.least_per_contract, "least_per_contract", here);
    check_least(scan.least_per_short_option, "least_per_short_option", here);
    check_least(scan.least_per_unit, "least_per_unit", here);
    check_least_tiers(scan, here);
    check_add_ons(scan, here);
  }
  for (MaintenanceSchedule const& schedule : pack.schedules)
    for (Threshold const threshold : thresholds) {
      auto const* const scan = std::get_if<Scan>(&schedule.figures.at(threshold));
      if (scan != nullptr && scan_named(pack, scan->grid) == nullptr)
        throw InputError(fmt::format("{}, schedule '{}'", place, schedule.name),
                         "unknown scan '" + scan->grid + "'", "the requirement is not defined",
                         "name one of the [[scans]]");
    }
}

}  // namespace plimsoll
