#include "host/import_tiers.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "host/error.hpp"
#include "host/haircut_table.hpp"
#include "host/rules_check.hpp"
#include "host/tier_table.hpp"
#include "models/elementary.hpp"

namespace plimsoll {

namespace {

// Each tier begins where the one below ends.
void check_edges(TierTable const& table, SymbolTiers const& symbol) {
  std::vector<PublishedTier> const& tiers = symbol.tiers;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    PublishedTier const& tier = tiers[i];
    if (tier.number != static_cast<double>(i + 1)) {
      throw InputError(
          table.place(tier.row, TierField::tier),
          fmt::format("tier {} of {} stands where {} is due", tier.number, symbol.symbol, i + 1),
          "tiers of a symbol follow each other from 1",
          "sort them, and look for one that is missing or stands twice");
    }
    if (i > 0 && tier.floor != tiers[i - 1].cap) {
      throw InputError(table.place(tier.row, TierField::floor),
                       fmt::format("{} between {} and {}",
                                   tier.floor > tiers[i - 1].cap ? "a gap" : "an overlap",
                                   tiers[i - 1].cap, tier.floor),
                       "each notional belongs to one tier",
                       "correct this floor or the cap of the tier below");
    }
    if (!(tier.cap > tier.floor)) {
      throw InputError(table.place(tier.row, TierField::cap),
                       fmt::format("cap {} does not lie above the floor {}", tier.cap, tier.floor),
                       "the tier would hold no notional", "correct one of the two");
    }
  }
}

TierField field_of(TierFault::Field field) {
  switch (field) {
    case TierFault::Field::edge:
      return TierField::floor;
    case TierFault::Field::rate:
      return TierField::rate;
    case TierFault::Field::deduction:
      break;
  }
  return TierField::deduction;
}

std::vector<Bracket> brackets_of(TierTable const& table, SymbolTiers const& symbol) {
  check_edges(table, symbol);
  std::vector<Bracket> brackets;
  for (PublishedTier const& tier : symbol.tiers) {
    double const computed =
        brackets.empty() ? 0.0 : continuous_deduction(brackets.back(), tier.floor, tier.rate);
    brackets.push_back({tier.floor, tier.rate, tier.deduction.value_or(computed)});
  }
  if (auto const fault = bracket_fault(brackets)) {
    throw InputError(table.place(symbol.tiers[fault->index].row, field_of(fault->field)),
                     fault->problem, fault->why, fault->hint);
  }
  return brackets;
}

void add_schedules(TierTable const& table, RulePack& pack) {
  std::map<std::vector<double>, std::uint32_t> known;
  for (SymbolTiers const& symbol : table.symbols) {
    std::vector<Bracket> brackets = brackets_of(table, symbol);
    std::vector<double> key;
    for (Bracket const& b : brackets) key.insert(key.end(), {b.floor, b.rate, b.deduction});
    auto const [found, fresh] =
        known.emplace(std::move(key), static_cast<std::uint32_t>(pack.schedules.size()));
    if (fresh)
      pack.schedules.push_back(
          {symbol.symbol, {Brackets{EdgeUnit::asset, std::move(brackets)}, {}, {}}});
    pack.instruments.push_back({symbol.symbol, found->second});
  }
}

void add_haircuts(TierImport const& import, RulePack& pack) {
  if (!import.haircuts.empty()) {
    pack.haircuts = read_haircut_table(import.haircuts, import.venue, import.scheme);
  }
  if (import.default_haircut) {
    double const haircut = *import.default_haircut;
    if (!(haircut >= 0.0 && haircut <= 1.0)) {
      throw InputError("--default-haircut", fmt::format("{}", haircut), "it must lie in [0, 1]",
                       "write 5 % as 0.05");
    }
    CollateralFigures figures;
    figures.tiers = {{0.0, haircut}};
    pack.haircuts.push_back({"*", {std::move(figures), {}, {}}});
  }
  if (pack.haircuts.empty()) {
    throw InputError("--default-haircut", "is missing, and so is a table of haircuts",
                     "tiers do not say what collateral counts for",
                     "give a table of haircuts, or the default (0 counts all collateral in full)");
  }
}

}  // namespace

double size_of_market(std::span<Bracket const> brackets) {
  constexpr double noticeable_rate = 0.05;
  for (Bracket const& bracket : brackets)
    if (bracket.rate >= noticeable_rate) return bracket.floor;
  return infinity;
}

RulePack import_tiers(TierImport const& import) {
  RulePack pack;
  pack.name = import.name;
  pack.date = import.date;
  pack.sources = import.sources;
  pack.gain_weight.maintenance = import.counts_gains ? 1.0 : 0.0;
  add_haircuts(import, pack);
  TierTable const table = read_tier_table(import.tiers);
  if (table.symbols.empty()) {
    throw InputError(import.tiers, "no tiers", "the pack would have no maintenance schedule",
                     "check that the file is complete");
  }
  add_schedules(table, pack);
  if (import.largest_first) {
    auto const size = [&pack](InstrumentRule const& rule) {
      return size_of_market(brackets_of(pack.schedules[rule.schedule]));
    };
    std::stable_sort(
        pack.instruments.begin(), pack.instruments.end(),
        [&](InstrumentRule const& a, InstrumentRule const& b) { return size(a) > size(b); });
  }
  check_rules(pack, import.tiers);
  return pack;
}

}  // namespace plimsoll
