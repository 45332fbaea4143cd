// A rule pack from published leverage tiers (host/tier_table.hpp): one schedule for each different
// list of brackets, named after the first symbol that has it, and one instrument for each symbol,
// matched by its whole name.
// Units: edges in units of the asset in which the contract settles (EdgeUnit::asset).
// What the tiers do not say, the caller does: nothing is guessed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/rules.hpp"

namespace plimsoll {

struct TierImport {
  std::string tiers;                 // .csv or .json
  std::string name, date;            // of the pack
  std::vector<std::string> sources;  // of the figures
  bool counts_gains = true;
  std::string haircuts, venue, scheme;    // of host/haircut_table.hpp; empty: none
  std::optional<double> default_haircut;  // of assets without one of their own
  bool largest_first = false;  // order of instruments: see size_of_market(); else the file's
};

// A checked pack. InputError with file, row and column for gaps, overlaps, falling rates, rates
// outside [0, 1], tiers out of order and deductions that make the requirement jump; and where
// neither haircuts nor a default are given. The cap of the last tier, the largest position allowed,
// is no bracket: beyond it the last rate goes on.
RulePack import_tiers(TierImport const& import);

// What a venue lets a position grow to before it asks 5 %: the floor of the first bracket with at
// least that rate, +infinity without one. Venues set it by depth, so that it ranks markets.
// [settle asset] comparable between contracts that settle in assets of about equal price only.
double size_of_market(std::span<Bracket const> brackets);

}  // namespace plimsoll
