#include "host/rules_file.hpp"

#include <fmt/format.h>

#include <iterator>
#include <unordered_map>

#include "host/error.hpp"
#include "host/toml_table.hpp"

namespace plimsoll {

namespace {

EdgeUnit read_unit(TomlTable const& table) {
  std::string const unit = table.text("unit");
  if (unit == "currency") return EdgeUnit::currency;
  if (unit == "asset") return EdgeUnit::asset;
  throw table.error("unit", fmt::format("'{}'", unit), "edges need a unit that is known",
                    "write \"currency\" for the reporting currency or \"asset\" for units of the "
                    "asset itself");
}

void refuse_fault(std::optional<TierFault> const& fault, std::vector<TomlTable> const& entries,
                  std::string const& empty_place, std::string_view edge, std::string_view rate) {
  if (!fault) return;
  std::string_view const key = fault->field == TierFault::Field::edge   ? edge
                               : fault->field == TierFault::Field::rate ? rate
                                                                        : "deduction";
  std::string const place = entries.empty() ? empty_place : entries[fault->index].place(key);
  throw InputError(place, fault->problem, fault->why, fault->hint);
}

HaircutSchedule read_haircuts(TomlTable const& table) {
  HaircutSchedule schedule;
  schedule.asset = table.text("asset");
  schedule.unit = read_unit(table);
  if (table.has("borrow_surcharge")) schedule.borrow_surcharge = table.number("borrow_surcharge");
  std::vector<TomlTable> const entries = table.tables("tiers");
  for (TomlTable const& entry : entries) {
    schedule.tiers.push_back({entry.number("from"), entry.number("haircut")});
    entry.refuse_others();
  }
  table.refuse_others();
  refuse_fault(haircut_fault(schedule.tiers), entries, table.place("tiers"), "from", "haircut");
  return schedule;
}

MaintenanceSchedule read_schedule(TomlTable const& table) {
  MaintenanceSchedule schedule;
  schedule.name = table.text("name");
  schedule.unit = read_unit(table);
  std::vector<TomlTable> const entries = table.tables("brackets");
  for (TomlTable const& entry : entries) {
    Bracket bracket{entry.number("floor"), entry.number("rate"), 0.0};
    if (entry.has("deduction")) {
      bracket.deduction = entry.number("deduction");
    } else if (!schedule.brackets.empty()) {
      bracket.deduction =
          continuous_deduction(schedule.brackets.back(), bracket.floor, bracket.rate);
    }
    entry.refuse_others();
    schedule.brackets.push_back(bracket);
  }
  table.refuse_others();
  refuse_fault(bracket_fault(schedule.brackets), entries, table.place("brackets"), "floor", "rate");
  return schedule;
}

std::vector<InstrumentRule> read_instruments(std::vector<TomlTable> const& entries,
                                             RulePack const& pack) {
  std::unordered_map<std::string_view, std::uint32_t> index;
  for (MaintenanceSchedule const& schedule : pack.schedules) {
    index.emplace(schedule.name, static_cast<std::uint32_t>(index.size()));
  }
  std::vector<InstrumentRule> rules;
  for (TomlTable const& entry : entries) {
    std::string match = entry.text("match");
    std::string const schedule = entry.text("schedule");
    entry.refuse_others();
    auto const found = index.find(schedule);
    if (found == index.end()) {
      throw entry.error("schedule", fmt::format("unknown schedule '{}'", schedule),
                        "the requirement is not defined", "name one of the [[schedules]]");
    }
    rules.push_back({std::move(match), found->second});
  }
  return rules;
}

std::string_view unit_name(EdgeUnit unit) {
  return unit == EdgeUnit::asset ? "asset" : "currency";
}

}  // namespace

RulePack read_rules(std::string const& path) {
  TomlTable const file = TomlTable::read(path);
  RulePack pack;
  pack.place = path;
  pack.name = file.text("name");
  pack.date = file.text("date");
  pack.sources = file.texts("sources");
  pack.counts_gains = file.flag("counts_gains");
  for (TomlTable const& table : file.tables("haircuts")) {
    pack.haircuts.push_back(read_haircuts(table));
  }
  for (TomlTable const& table : file.tables("schedules")) {
    pack.schedules.push_back(read_schedule(table));
  }
  std::vector<TomlTable> const instruments = file.tables("instruments");
  file.refuse_others();
  // Duplicate names are refused before instruments look them up.
  check_rules(pack, path);
  pack.instruments = read_instruments(instruments, pack);
  check_rules(pack, path);
  return pack;
}

std::string rules_text(RulePack const& pack) {
  std::string text;
  auto const out = std::back_inserter(text);
  fmt::format_to(out, "name = {}\ndate = {}\nsources = [\n", toml_text(pack.name),
                 toml_text(pack.date));
  for (std::string const& source : pack.sources) fmt::format_to(out, "  {},\n", toml_text(source));
  fmt::format_to(out, "]\ncounts_gains = {}\n", pack.counts_gains);
  for (HaircutSchedule const& schedule : pack.haircuts) {
    fmt::format_to(out,
                   "\n[[haircuts]]\nasset = {}\nunit = \"{}\"\nborrow_surcharge = {}\ntiers = [\n",
                   toml_text(schedule.asset), unit_name(schedule.unit),
                   toml_number(schedule.borrow_surcharge));
    for (HaircutTier const& tier : schedule.tiers) {
      fmt::format_to(out, "  {{ from = {}, haircut = {} }},\n", toml_number(tier.from),
                     toml_number(tier.haircut));
    }
    fmt::format_to(out, "]\n");
  }
  for (MaintenanceSchedule const& schedule : pack.schedules) {
    fmt::format_to(out, "\n[[schedules]]\nname = {}\nunit = \"{}\"\nbrackets = [\n",
                   toml_text(schedule.name), unit_name(schedule.unit));
    for (Bracket const& b : schedule.brackets) {
      fmt::format_to(out, "  {{ floor = {}, rate = {}, deduction = {} }},\n", toml_number(b.floor),
                     toml_number(b.rate), toml_number(b.deduction));
    }
    fmt::format_to(out, "]\n");
  }
  for (InstrumentRule const& rule : pack.instruments) {
    fmt::format_to(out, "\n[[instruments]]\nmatch = {}\nschedule = {}\n",
                   toml_text(rule.instrument), toml_text(pack.schedules[rule.schedule].name));
  }
  return text;
}

void write_rules(RulePack const& pack, std::string const& path, Overwrite overwrite) {
  check_rules(pack, "rule pack '" + pack.name + "'");
  write_text_file(path, rules_text(pack), overwrite);
}

}  // namespace plimsoll
