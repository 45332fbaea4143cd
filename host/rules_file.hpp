// Rule packs as TOML: one file per venue, keys as in docs/inputs.md, "rules.toml".
// Units: rates and haircuts as fractions; edges in the unit that the schedule names: "currency"
// (the
//   reporting currency) or "asset" (units of the collateral, or of the asset that settles).
#pragma once

#include <string>

#include "host/output_file.hpp"
#include "host/rules.hpp"
#include "host/rules_check.hpp"

namespace plimsoll {

// A checked pack. Deductions that the file leaves out are computed; those given are kept as given.
RulePack read_rules(std::string const& path);

// The pack as TOML that reads back as the same pack, bit for bit.
std::string rules_text(RulePack const& pack);

// Checks, then writes the file complete or not at all.
void write_rules(RulePack const& pack, std::string const& path,
                 Overwrite overwrite = Overwrite::no);

}  // namespace plimsoll
