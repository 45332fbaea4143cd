#include "host/rules_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "host/error.hpp"
#include "host/name_check.hpp"

namespace plimsoll {

namespace {

using Field = TierFault::Field;

// Edges begin at 0 and increase; rates lie in [0, 1] and do not fall.
std::optional<TierFault> step_fault(std::size_t i, double edge, double rate, double edge_below,
                                    double rate_below, std::string_view edge_name,
                                    std::string_view rate_name) {
  if (i == 0 && edge != 0.0) {
    return TierFault{i, Field::edge, fmt::format("the first {} is {}", edge_name, edge),
                     "amounts below it would have no rate", "begin at 0"};
  }
  if (!std::isfinite(edge) || (i > 0 && !(edge > edge_below))) {
    return TierFault{i, Field::edge,
                     fmt::format("{} {} does not lie above {}", edge_name, edge, edge_below),
                     "tiers must follow each other", "sort them, and remove the one that repeats"};
  }
  if (!(rate >= 0.0 && rate <= 1.0)) {
    return TierFault{i, Field::rate, fmt::format("{} {}", rate_name, rate), "it must lie in [0, 1]",
                     "write 2.5 % as 0.025"};
  }
  if (i > 0 && rate < rate_below) {
    return TierFault{i, Field::rate,
                     fmt::format("{} falls from {} to {}", rate_name, rate_below, rate),
                     "more of the same may not become safer", "check the order and the figures"};
  }
  return std::nullopt;
}

std::optional<TierFault> deduction_fault(std::vector<Bracket> const& brackets, std::size_t i) {
  Bracket const& b = brackets[i];
  double const right = i == 0 ? 0.0 : continuous_deduction(brackets[i - 1], b.floor, b.rate);
  double const scale = std::max(std::fabs(right), std::fabs(b.deduction));
  if (std::fabs(b.deduction - right) <= deduction_tolerance * scale) return std::nullopt;
  return TierFault{
      i, Field::deduction, fmt::format("deduction {}", b.deduction),
      fmt::format("the requirement would jump at {}; {:.12g} makes it continuous", b.floor, right),
      fmt::format("write {:.12g}, or leave deductions out to have them computed", right)};
}

void check_header(RulePack const& pack, std::string const& place) {
  check_name(place + ", name", pack.name);
  check_iso_date(place + ", date", pack.date);
  bool const blank = std::any_of(pack.sources.begin(), pack.sources.end(), [](auto const& source) {
    return source.find_first_not_of(" \t") == std::string::npos;
  });
  if (pack.sources.empty() || blank) {
    throw InputError(place + ", sources", pack.sources.empty() ? "no source" : "a blank source",
                     "figures without origin cannot be checked",
                     "say where each figure comes from, or that it was made by hand");
  }
}

void check_haircuts(RulePack const& pack, std::string const& place) {
  if (pack.haircuts.empty()) {
    throw InputError(place + ", haircuts", "no haircut schedule",
                     "no collateral would have a value",
                     "add one for each asset, or one for \"*\"");
  }
  std::unordered_set<std::string_view> seen;
  for (HaircutSchedule const& schedule : pack.haircuts) {
    std::string const here = fmt::format("{}, haircuts of '{}'", place, schedule.asset);
    check_name(here, schedule.asset);
    if (schedule.asset != "*" && schedule.asset.find('*') != std::string::npos) {
      throw InputError(here, "a * inside the name", "haircuts are found by the asset's whole name",
                       "name the asset in full, or use \"*\" for all that are not named");
    }
    if (!seen.insert(schedule.asset).second) {
      throw InputError(here, "a second schedule for this asset", "only one can apply",
                       "remove one of them");
    }
    if (!(schedule.borrow_surcharge >= 0.0) || !std::isfinite(schedule.borrow_surcharge)) {
      throw InputError(here, fmt::format("borrow surcharge {}", schedule.borrow_surcharge),
                       "debt may not count for less than it is", "give a fraction of 0 or more");
    }
    if (auto const fault = haircut_fault(schedule.tiers)) {
      throw InputError(fmt::format("{}, tier {}", here, fault->index + 1), fault->problem,
                       fault->why, fault->hint);
    }
  }
}

void check_schedules(RulePack const& pack, std::string const& place) {
  std::unordered_set<std::string_view> seen;
  for (MaintenanceSchedule const& schedule : pack.schedules) {
    std::string const here = fmt::format("{}, schedule '{}'", place, schedule.name);
    check_name(here, schedule.name);
    if (!seen.insert(schedule.name).second) {
      throw InputError(here, "a second schedule of this name", "instruments find it by its name",
                       "rename or remove one of them");
    }
    if (auto const fault = bracket_fault(schedule.brackets)) {
      throw InputError(fmt::format("{}, bracket {}", here, fault->index + 1), fault->problem,
                       fault->why, fault->hint);
    }
  }
}

// Patterns seen so far, so that each further one is tested in the length of its text.
class SeenPatterns {
 public:
  // The earlier pattern that matches all that `pattern` does, or null; remembers `pattern`.
  std::string const* cover_of(std::string const& pattern) {
    bool const prefix = pattern.ends_with('*');
    std::string_view const stem(pattern.data(), pattern.size() - (prefix ? 1 : 0));
    for (std::size_t length = 0; length <= stem.size() && !prefixes_.empty(); ++length) {
      auto const found = prefixes_.find(stem.substr(0, length));
      if (found != prefixes_.end()) return found->second;
    }
    auto const [place, fresh] = (prefix ? prefixes_ : names_).emplace(stem, &pattern);
    return fresh ? nullptr : place->second;
  }

 private:
  std::unordered_map<std::string_view, std::string const*> prefixes_, names_;
};

void check_instruments(RulePack const& pack, std::string const& place) {
  SeenPatterns seen;
  for (InstrumentRule const& rule : pack.instruments) {
    std::string const here = fmt::format("{}, instruments '{}'", place, rule.instrument);
    check_name(here, rule.instrument);
    if (rule.instrument.find('*') < rule.instrument.size() - 1) {
      throw InputError(here, "a * before the end", "a pattern is the beginning of a name and a *",
                       "put the * at the end, or name the instruments one by one");
    }
    if (rule.schedule >= pack.schedules.size()) {
      throw InputError(here, "unknown schedule", "its requirement is not defined",
                       "name one of the [[schedules]]");
    }
    if (std::string const* const cover = seen.cover_of(rule.instrument)) {
      throw InputError(here, fmt::format("'{}' above it matches all that it does", *cover),
                       "the first match applies, so this entry never would",
                       "put the more particular entry first, or remove it");
    }
  }
}

}  // namespace

std::optional<TierFault> bracket_fault(std::vector<Bracket> const& brackets) {
  if (brackets.empty()) {
    return TierFault{0, Field::edge, "no brackets", "no notional would have a rate",
                     "give at least { floor = 0, rate = ... }"};
  }
  for (std::size_t i = 0; i < brackets.size(); ++i) {
    Bracket const& below = brackets[i == 0 ? 0 : i - 1];
    if (auto fault = step_fault(i, brackets[i].floor, brackets[i].rate, below.floor, below.rate,
                                "floor", "rate")) {
      return fault;
    }
    if (auto fault = deduction_fault(brackets, i)) return fault;
  }
  return std::nullopt;
}

std::optional<TierFault> haircut_fault(std::vector<HaircutTier> const& tiers) {
  if (tiers.empty()) {
    return TierFault{0, Field::edge, "no tiers", "no amount would have a haircut",
                     "give at least { from = 0, haircut = ... }"};
  }
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    HaircutTier const& below = tiers[i == 0 ? 0 : i - 1];
    if (auto fault = step_fault(i, tiers[i].from, tiers[i].haircut, below.from, below.haircut,
                                "edge", "haircut")) {
      return fault;
    }
  }
  return std::nullopt;
}

void check_rules(RulePack const& pack, std::string const& place) {
  check_header(pack, place);
  check_haircuts(pack, place);
  check_schedules(pack, place);
  check_instruments(pack, place);
}

}  // namespace plimsoll
