#include "host/scan_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "host/error.hpp"
#include "host/name_check.hpp"

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
    check_points(scan, here);
    if (scan.term) check_term(*scan.term, here);
    check_groups(scan, here);
    check_least(scan.least_per_contract, "least_per_contract", here);
    check_least(scan.least_per_short_option, "least_per_short_option", here);
    check_least(scan.least_per_unit, "least_per_unit", here);
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
