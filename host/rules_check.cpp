#include "host/rules_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "host/error.hpp"
#include "host/name_check.hpp"
#include "host/price_history.hpp"
#include "host/scan_check.hpp"

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

void refuse(std::string const& place, std::string_view entry,
            std::optional<TierFault> const& fault) {
  if (!fault) return;
  throw InputError(fmt::format("{}, {} {}", place, entry, fault->index + 1), fault->problem,
                   fault->why, fault->hint);
}

void refuse(std::string const& place, std::optional<FigureFault> const& fault) {
  if (!fault) return;
  throw InputError(fmt::format("{}, {}", place, fault->key), fault->problem, fault->why,
                   fault->hint);
}

std::optional<FigureFault> fraction_fault(std::string key, double value) {
  if (value >= 0.0 && value <= 1.0) return std::nullopt;
  return FigureFault{key, fmt::format("{} {}", key, value), "it must lie in [0, 1]",
                     "write 2.5 % as 0.025"};
}

std::optional<FigureFault> not_negative_fault(std::string key, double value, std::string why) {
  if (value >= 0.0 && std::isfinite(value)) return std::nullopt;
  return FigureFault{key, fmt::format("{} {}", key, value), std::move(why), "give 0 or more"};
}

// Keys as rules.toml spells them for collateral and for contracts.
std::optional<FigureFault> weights_fault(FlatWeights const& weights, std::string asset_key,
                                         std::string liability_key) {
  if (!(weights.asset >= 0.0 && weights.asset <= 1.0)) {
    return FigureFault{asset_key, fmt::format("a weight of {} for what is owned", weights.asset),
                       "it must lie in [0, 1]: nothing counts for more than it is worth",
                       "write 80 % as 0.8"};
  }
  if (!(weights.liability >= 1.0) || !std::isfinite(weights.liability)) {
    return FigureFault{liability_key,
                       fmt::format("a weight of {} for what is owed", weights.liability),
                       "debt may not count for less than it is", "give 1 or more"};
  }
  return std::nullopt;
}

std::optional<FigureFault> shift_fault(WeightShift const& shift) {
  if (auto fault = weights_fault(shift.to, "shift.asset", "shift.liability")) return fault;
  auto const start = day_number(shift.start), end = day_number(shift.end);
  if (!start || !end)
    return FigureFault{start ? "shift.end" : "shift.start",
                       fmt::format("'{}' is not a date", start ? shift.end : shift.start),
                       "dates are calendar days written YYYY-MM-DD",
                       "write for example 2025-08-31"};
  if (*end > *start) return std::nullopt;
  return FigureFault{"shift.end", fmt::format("the end {} is not after {}", shift.end, shift.start),
                     "weights go from the one to the other day by day",
                     "give a later day, or weights alone"};
}

std::optional<FigureFault> size_fault(SizeScaling const& scaling) {
  if (auto fault = not_negative_fault("by_size.factor", scaling.factor,
                                      "more of the same may not become safer"))
    return fault;
  if (!(scaling.asset_numerator > 0.0) || !std::isfinite(scaling.asset_numerator)) {
    return FigureFault{"by_size.asset_numerator",
                       fmt::format("by_size.asset_numerator {}", scaling.asset_numerator),
                       "no holding would count", "give a number above 0"};
  }
  return fraction_fault("by_size.liability_share", scaling.liability_share);
}

std::optional<FigureFault> move_fault(std::string const& key, HaircutMove const& move) {
  for (auto const& [name, figure] :
       {std::pair{"stretch", move.stretch}, std::pair{"surcharge", move.surcharge}})
    if (auto fault = not_negative_fault(fmt::format("{}.{}", key, name), figure,
                                        "a market in trouble may not lower a haircut"))
      return fault;
  if (move.stretch > 0.0 || move.surcharge > 0.0) return std::nullopt;
  return FigureFault{key, "neither stretch nor surcharge", "no haircut would move",
                     fmt::format("give one of them above 0, or leave {} out", key)};
}

std::optional<FigureFault> off_peg_fault(OffPeg const& figures) {
  if (!(figures.peg > 0.0) || !std::isfinite(figures.peg))
    return FigureFault{"off_peg.peg", fmt::format("a peg of {}", figures.peg),
                       "the distance from it is a fraction of it", "give a price above 0"};
  if (!(figures.tolerance >= 0.0 && figures.tolerance < 1.0))
    return FigureFault{
        "off_peg.tolerance", fmt::format("a tolerance of {}", figures.tolerance),
        "it must lie in [0, 1): a price is never further from its peg than all of it",
        "write 0.5 % as 0.005"};
  return move_fault("off_peg", figures.move);
}

std::optional<FigureFault> by_volatility_fault(ByVolatility const& figures) {
  if (!(figures.decay >= 0.0 && figures.decay < 1.0))
    return FigureFault{"by_volatility.decay", fmt::format("a decay of {}", figures.decay),
                       "it must lie in [0, 1): the rest is the weight of the latest move",
                       "write 0.94 where a step's move has a weight of 6 %"};
  return move_fault("by_volatility", figures.move);
}

std::optional<FigureFault> haircut_move_fault(CollateralFigures const& figures) {
  if (figures.off_peg && figures.by_volatility)
    return FigureFault{"by_volatility", "off_peg and by_volatility",
                       "haircuts move with one figure of the scenario", "keep one of the two"};
  if (figures.off_peg) return off_peg_fault(*figures.off_peg);
  if (figures.by_volatility) return by_volatility_fault(*figures.by_volatility);
  return std::nullopt;
}

std::optional<FigureFault> total_fault(TotalScaling const& scaling) {
  if (!scaling.deposit_start && !scaling.borrow_start) {
    return FigureFault{"by_total", "neither deposit_start nor borrow_start",
                       "nothing would be scaled", "give one of them, or leave by_total out"};
  }
  for (auto const& [start, total, name, total_name] :
       {std::tuple{scaling.deposit_start, scaling.deposits, "deposit_start", "deposits"},
        std::tuple{scaling.borrow_start, scaling.borrows, "borrow_start", "borrows"}}) {
    if (start && (!(*start > 0.0) || !std::isfinite(*start))) {
      return FigureFault{fmt::format("by_total.{}", name), fmt::format("{} {}", name, *start),
                         "weights are scaled by a quotient with it", "give a value above 0"};
    }
    if (total && !start) {
      return FigureFault{fmt::format("by_total.{}", total_name),
                         fmt::format("{} without {}", total_name, name), "it would have no effect",
                         fmt::format("give {}, or leave it out", name)};
    }
    if (!total) continue;
    if (auto fault = not_negative_fault(fmt::format("by_total.{}", total_name), *total,
                                        "a total cannot be negative"))
      return fault;
  }
  return std::nullopt;
}

// `initial_fraction` is a part of something else, at thresholds other than the initial one.
void check_fraction(MaintenanceSchedule const& schedule, std::string const& place) {
  auto const& [maintenance, initial, liquidation_end] = schedule.figures;
  auto const is_fraction = [](std::optional<RequirementFigures> const& figures) {
    return figures && std::holds_alternative<InitialFraction>(*figures);
  };
  if (is_fraction(initial)) {
    throw InputError(place + ", initial", "a part of itself", "the figures would not be defined",
                     "give the initial figures with another kind");
  }
  if (!initial && (is_fraction(maintenance) || is_fraction(liquidation_end))) {
    throw InputError(place, "a part of initial figures that are not there",
                     "the requirement is not defined", "give the schedule a table `initial`");
  }
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
  for (Threshold const threshold : thresholds) {
    double const weight = pack.gain_weight.at(threshold);
    if (!(weight >= 0.0 && weight <= 1.0)) {
      throw InputError(place + ", gain_weight", fmt::format("a gain weight of {}", weight),
                       "it must lie in [0, 1]: a gain counts for no more than it is",
                       "write 95 % as 0.95");
    }
  }
  refuse(place, not_negative_fault("order_charge", pack.order_charge,
                                   "an order cannot lower what is required"));
}

void check_markets(RulePack const& pack, std::string const& place) {
  std::unordered_set<std::string_view> assets, instruments;
  for (SlowPrice const& slow : pack.slow_prices) {
    std::string const here = fmt::format("{}, slow price of '{}'", place, slow.asset);
    check_name(here, slow.asset);
    if (!assets.insert(slow.asset).second) {
      throw InputError(here, "a second slow price", "only one can apply", "remove one of them");
    }
    if (!(slow.price > 0.0) || !std::isfinite(slow.price)) {
      throw InputError(here, fmt::format("a price of {}", slow.price),
                       "what is owned would count for nothing or less", "give a price above 0");
    }
  }
  for (MarketInterest const& market : pack.open_interest) {
    std::string const here = fmt::format("{}, open interest of '{}'", place, market.instrument);
    check_name(here, market.instrument);
    if (!instruments.insert(market.instrument).second) {
      throw InputError(here, "a second figure", "only one can apply", "remove one of them");
    }
    refuse(here, not_negative_fault("notional", market.notional, "contracts are counted"));
  }
}

void check_funding(RulePack const& pack, std::string const& place) {
  std::unordered_set<std::string_view> seen;
  for (FundingRate const& funding : pack.funding) {
    std::string const here = fmt::format("{}, funding of '{}'", place, funding.instrument);
    check_name(here, funding.instrument);
    if (funding.instrument.find('*') < funding.instrument.size() - 1)
      throw InputError(here, "a * before the end", "a pattern is the beginning of a name and a *",
                       "put the * at the end, or name the instruments one by one");
    if (!seen.insert(funding.instrument).second)
      throw InputError(here, "a second rate", "only one can apply", "remove one of them");
    if (!std::isfinite(funding.rate) || std::fabs(funding.rate) > 100.0)
      throw InputError(here, fmt::format("a rate of {} a year", funding.rate),
                       "more than a hundred times the notional is no rate",
                       "write 0.01 % of eight hours as per_8h = 0.0001");
  }
}

// What ends at expiry is required by a position itself.
void check_until_expiry(MaintenanceSchedule const& schedule, std::string const& place) {
  for (Threshold const threshold : thresholds) {
    RequirementFigures const& figures = schedule.figures.at(threshold);
    auto const* const health = std::get_if<HealthWeights>(&figures);
    bool const in_profit = health != nullptr && health->in_profit;
    if (!in_profit && !std::holds_alternative<Scan>(figures)) continue;
    throw InputError(place + ", until_expiry",
                     in_profit ? "a requirement taken from profit and loss" : "a portfolio scan",
                     "it is no requirement of one position, which could end",
                     "leave until_expiry out, or give the contracts another kind");
  }
}

// What is required of the notional at entry is an amount of money that stays.
void check_at_entry(MaintenanceSchedule const& schedule, std::string const& place) {
  if (schedule.until_expiry)
    throw InputError(place + ", notional", "until_expiry beside notional = \"entry\"",
                     "the one ends with the contract, the other hangs on no contract",
                     "keep one of the two");
  for (Threshold const threshold : thresholds) {
    RequirementFigures const& figures = schedule.figures.at(threshold);
    char const* const kind = std::holds_alternative<HealthWeights>(figures)    ? "health weights"
                             : std::holds_alternative<OptionStandard>(figures) ? "standard option "
                                                                                 "margin"
                             : std::holds_alternative<Scan>(figures)           ? "a portfolio scan"
                                                                               : nullptr;
    if (kind == nullptr) continue;
    throw InputError(place + ", notional", fmt::format("{} of the notional at entry", kind),
                     "it is a part of what a contract is worth now",
                     "leave notional out, or give the contracts another kind");
  }
}

void check_pattern(std::string const& place, std::string const& pattern) {
  check_name(place, pattern);
  if (pattern.find('*') < pattern.size() - 1)
    throw InputError(place, "a * before the end", "a pattern is the beginning of a name and a *",
                     "put the * at the end, or give an entry to each name");
}

void check_settings(RulePack const& pack, std::string const& place) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (AccountSetting const& setting : pack.settings) {
    std::string const here = fmt::format("{}, settings of '{}'", place, setting.account);
    check_pattern(here, setting.account);
    if (!setting.instrument.empty()) check_pattern(here + ", match", setting.instrument);
    for (std::string const& asset : setting.debts) check_name(here + ", debts", asset);
    if (setting.instrument.empty() && setting.debts.empty())
      throw InputError(here, "neither match nor debts", "it would have no effect",
                       "say which contracts it holds for, or debts in which assets");
    if (!(setting.leverage > 0.0) || !std::isfinite(setting.leverage))
      throw InputError(here, fmt::format("a leverage of {}", setting.leverage),
                       "1 / leverage of a notional is required at least", "give a number above 0");
    if (!seen.insert({setting.account, setting.instrument}).second)
      throw InputError(here, "a second setting", "only one can apply", "remove one of them");
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
    refuse(here, not_negative_fault("borrow_interest", schedule.borrow_interest,
                                    "what is owed does not shrink by itself"));
    for (Threshold const threshold : thresholds) {
      CollateralFigures const& figures = schedule.figures.at(threshold);
      refuse(here, collateral_fault(figures));
      if (figures.off_peg && !figures.off_peg->of.empty())
        check_name(here + ", off_peg.of", figures.off_peg->of);
      if (!figures.weights) refuse(here, "tier", haircut_fault(figures.tiers));
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
    for (Threshold const threshold : thresholds) {
      RequirementFigures const& figures = schedule.figures.at(threshold);
      refuse(here, requirement_fault(figures));
      if (auto const* const brackets = std::get_if<Brackets>(&figures))
        refuse(here, "bracket", bracket_fault(brackets->brackets));
      if (auto const* const whole = std::get_if<WholeNotional>(&figures))
        refuse(here, "tier", whole_notional_fault(whole->tiers));
    }
    check_fraction(schedule, here);
    if (schedule.until_expiry) check_until_expiry(schedule, here);
    if (schedule.at_entry) check_at_entry(schedule, here);
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

std::optional<TierFault> whole_notional_fault(std::vector<Bracket> const& tiers) {
  if (tiers.empty()) {
    return TierFault{0, Field::edge, "no tiers", "no notional would have a rate",
                     "give at least { floor = 0, rate = ... }"};
  }
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    Bracket const& below = tiers[i == 0 ? 0 : i - 1];
    if (auto fault =
            step_fault(i, tiers[i].floor, tiers[i].rate, below.floor, below.rate, "floor", "rate"))
      return fault;
    if (tiers[i].deduction != 0.0) {
      return TierFault{i, Field::deduction, fmt::format("deduction {}", tiers[i].deduction),
                       "the rate of a tier holds for the whole notional",
                       "leave it out, or use kind = \"brackets\""};
    }
  }
  return std::nullopt;
}

std::optional<FigureFault> collateral_fault(CollateralFigures const& figures) {
  if (auto fault = not_negative_fault("borrow_surcharge", figures.borrow_surcharge,
                                      "debt may not count for less than it is"))
    return fault;
  if (figures.limit && !(*figures.limit > 0.0 && std::isfinite(*figures.limit))) {
    return FigureFault{"limit", fmt::format("a limit of {}", *figures.limit), "nothing would count",
                       "give an amount above 0, or a weight of 0"};
  }
  if (auto fault = haircut_move_fault(figures)) return fault;
  if (!figures.weights) {
    if (figures.by_size || figures.by_total || figures.shift) {
      return FigureFault{
          figures.by_size    ? "by_size"
          : figures.by_total ? "by_total"
                             : "shift",
          figures.by_size || figures.by_total ? "tiers that are scaled" : "tiers that shift",
          "only flat weights are",
          "give weights = { asset = ..., liability = ... } in place of tiers"};
    }
    if (figures.limit && !figures.tiers.empty() && !(*figures.limit > figures.tiers.back().from)) {
      return FigureFault{
          "limit", fmt::format("a limit of {} below the last tier", *figures.limit),
          fmt::format("the tier from {} would have no effect", figures.tiers.back().from),
          "raise it, or leave the tier out"};
    }
    return std::nullopt;
  }
  if (!figures.tiers.empty() || figures.borrow_surcharge != 0.0) {
    return FigureFault{"weights",
                       figures.tiers.empty() ? "weights and a surcharge" : "weights and tiers",
                       "both say what an amount counts for", "keep one of the two"};
  }
  if (auto fault = weights_fault(*figures.weights, "weights.asset", "weights.liability"))
    return fault;
  if (figures.shift) {
    if (auto fault = shift_fault(*figures.shift)) return fault;
  }
  if (figures.by_size) {
    if (auto fault = size_fault(*figures.by_size)) return fault;
  }
  if (!figures.by_total) return std::nullopt;
  if (figures.by_total->deposit_start && figures.unit == EdgeUnit::asset)
    return FigureFault{"by_total.deposit_start", "deposit_start beside a limit in units",
                       "the one is an amount of money, the other is not",
                       "give the limit with unit = \"currency\", or leave one of the two out"};
  return total_fault(*figures.by_total);
}

namespace {

struct RequirementCheck {
  using Fault = std::optional<FigureFault>;
  // Lists are checked entry by entry elsewhere.
  Fault operator()(Brackets const&) const { return std::nullopt; }
  Fault operator()(WholeNotional const&) const { return std::nullopt; }
  Fault operator()(SizeSlope const& f) const {
    if (auto fault = fraction_fault("base", f.base)) return fault;
    return not_negative_fault("slope", f.slope, "more of the same may not become safer");
  }
  Fault operator()(RootSize const& f) const {
    if (auto fault = fraction_fault("base", f.base)) return fault;
    if (auto fault = fraction_fault("base_share", f.base_share)) return fault;
    return not_negative_fault("factor", f.factor, "more of the same may not become safer");
  }
  Fault operator()(OpenInterest const& f) const {
    if (auto fault = fraction_fault("base", f.base)) return fault;
    if (f.lower.has_value() != f.upper.has_value()) {
      return FigureFault{f.lower ? "lower" : "upper",
                         "one bound of open interest without the other",
                         "the rate between them is not defined", "give both, or none"};
    }
    if (!f.lower) return std::nullopt;
    if (auto fault = not_negative_fault("lower", *f.lower, "open interest is not negative"))
      return fault;
    if (*f.upper > *f.lower && std::isfinite(*f.upper)) return std::nullopt;
    return FigureFault{
        "upper", fmt::format("upper {} does not lie above lower {}", *f.upper, *f.lower),
        "the rate between them is not defined", "correct one of the two, or leave both out"};
  }
  Fault operator()(HealthWeights const& f) const {
    return weights_fault(f.weights, "long", "short");
  }
  Fault operator()(Scan const& f) const {
    if (f.factor > 0.0 && std::isfinite(f.factor)) return std::nullopt;
    return FigureFault{"factor", fmt::format("factor {}", f.factor), "nothing would be required",
                       "give a number above 0, or leave it out for 1"};
  }
  Fault operator()(InitialFraction const& f) const {
    return fraction_fault("fraction", f.fraction);
  }
  Fault operator()(OptionStandard const& f) const {
    if (auto fault = fraction_fault("rate", f.rate)) return fault;
    if (auto fault = fraction_fault("least", f.least)) return fault;
    if (f.least <= f.rate) return std::nullopt;
    return FigureFault{"least", fmt::format("least {} lies above rate {}", f.least, f.rate),
                       "the rate would have no effect", "exchange them, or correct one of the two"};
  }
};

}  // namespace

std::optional<FigureFault> requirement_fault(RequirementFigures const& figures) {
  return std::visit(RequirementCheck{}, figures);
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
  check_scans(pack, place);
  check_instruments(pack, place);
  check_markets(pack, place);
  check_funding(pack, place);
  check_settings(pack, place);
}

}  // namespace plimsoll
