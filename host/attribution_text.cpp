#include "host/attribution_text.hpp"

#include <fmt/format.h>

#include "host/markup.hpp"

namespace plimsoll {
namespace {

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::collateral:
      return "collateral";
    case Cause::entries:
      return "entries";
    case Cause::position:
      return "position";
    case Cause::charge:
      return "charge";
    case Cause::scan:
      return "portfolio scan";
    case Cause::profit:
      return "profit and loss";
    case Cause::gains_ignored:
      return "gains not counted";
    case Cause::haircut:
      return "haircut";
    case Cause::requirement:
      return "requirement";
    case Cause::factor:
      return "factor";
    case Cause::time:
      return "time";
  }
  return "";
}

std::string table(std::vector<SplitLine> const& lines, AttributionNames const& names,
                  bool has_level, std::string_view heading) {
  std::string text = has_level ? fmt::format("  {:<48} {:>18} {:>18}\n", heading, "change", "level")
                               : fmt::format("  {:<48} {:>18}\n", heading, "change");
  Ticks change = 0, level = 0;
  auto const add = [&](std::string const& what, Ticks changed, Ticks stands) {
    text += fmt::format("    {:<46} {:>18.4f}", what, currency(changed));
    if (has_level) text += fmt::format(" {:>18.4f}", currency(stands));
    text += '\n';
  };
  for (SplitLine const& line : lines) {
    change += line.change;
    level += line.level;
    if (line.change == 0 && line.level == 0) continue;
    add(fmt::format("{} {}", names.cause(line), plain_name(names.item(line), 28)), line.change,
        line.level);
  }
  add("sum", change, level);
  return text;
}

std::string array(std::vector<SplitLine> const& lines, AttributionNames const& names,
                  bool has_level) {
  std::string text = "[";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += fmt::format("{}\n    {{\"cause\": {}, \"of\": {}, \"change\": {}", i == 0 ? "" : ",",
                        json_string(names.cause(lines[i])), json_string(names.item(lines[i])),
                        lines[i].change);
    if (has_level) text += fmt::format(", \"level\": {}", lines[i].level);
    text += "}";
  }
  return text + (lines.empty() ? "]" : "\n  ]");
}

}  // namespace

std::string AttributionNames::cause(SplitLine const& line) const {
  return std::string(name_of(line.cause));
}

std::string AttributionNames::item(SplitLine const& line) const {
  switch (line.cause) {
    case Cause::time:
      return "gone by";
    case Cause::factor:
      return market.factors[line.of];
    case Cause::position:
    case Cause::requirement:
      return book.instruments.name[resolved.instrument_of_row(line.of)];
    case Cause::charge:
      return charge(line);
    case Cause::scan:
      return book.assets[resolved.asset_of_row(line.of)];
    default:
      return book.assets[line.of];
  }
}

std::string AttributionNames::charge(SplitLine const& line) const {
  auto const instrument = [&] {
    return book.instruments.name[resolved.instrument_of_row(line.of)];
  };
  switch (resolved.charge_cause(line.index)) {
    case ChargeCause::orders:
      return "open orders as such";
    case ChargeCause::add_on:
      return "add-on for " + book.assets[line.of];
    case ChargeCause::short_option:
      return "sold " + instrument();
    case ChargeCause::until_settled:
      return "until it settles: " + instrument();
    case ChargeCause::funding:
      return "funding of " + instrument();
    case ChargeCause::interest:
      return "interest on " + book.assets[resolved.rows().settle[line.of]];
    case ChargeCause::at_entry:
      return "at entry: " + book.instruments.name[resolved.charge_instrument(line.index)];
    case ChargeCause::worst_fill:
      break;
  }
  return "open orders in " + instrument();
}

std::string attribution_text(Attribution const& split, AttributionPlace const& place,
                             AttributionNames const& names) {
  std::string const& currency_name = names.book.reporting_currency;
  std::string text =
      place.scenario
          ? fmt::format("attribution of the excess in scenario {}, step {} [{}]\n", *place.scenario,
                        place.step, currency_name)
          : fmt::format(
                "attribution of the excess, mean over {} breaches at their first passage [{}]\n",
                place.breaches, currency_name);
  if (place.left_out > 0)
    text += fmt::format("  {} breaches lie outside the domain of the arithmetic and are left out\n",
                        place.left_out);
  text += fmt::format("  tonight {:.4f}, there {:.4f}, change {:.4f}\n", currency(split.tonight),
                      currency(split.then), currency(split.then - split.tonight));
  text += table(split.positions, names, true, "by position");
  text += table(split.factors, names, false, "by factor");
  text += table(split.components, names, true, "by component of the rules");
  return text;
}

std::string attribution_json(Attribution const& split, AttributionPlace const& place,
                             AttributionNames const& names) {
  Book const& book = names.book;
  std::string const where =
      place.scenario
          ? fmt::format("\"scenario\": {}, \"step\": {}", *place.scenario, place.step)
          : fmt::format("\"breaches\": {}, \"left_out\": {}", place.breaches, place.left_out);
  return fmt::format(
      "{{\n  \"pool\": {}, \"account\": {}, \"rules\": {}, \"currency\": {},\n  {},\n"
      "  \"ticks_per_unit\": {}, \"tonight\": {}, \"then\": {}, \"change\": {},\n"
      "  \"by_position\": {},\n  \"by_factor\": {},\n  \"by_component\": {}\n}}\n",
      json_string(book.pools.name[place.pool]),
      json_string(book.accounts.name[book.pools.account[place.pool]]), json_string(place.rules),
      json_string(book.reporting_currency), where, json_number(ticks_per_unit), split.tonight,
      split.then, split.then - split.tonight, array(split.positions, names, true),
      array(split.factors, names, false), array(split.components, names, true));
}

}  // namespace plimsoll
