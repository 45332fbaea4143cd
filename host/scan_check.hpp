// What is wrong with the portfolio scans of a rule pack.
// Errors: InputError naming the scan, the point, what is wrong and the remedy.
#pragma once

#include <string>

#include "host/rules.hpp"

namespace plimsoll {

inline constexpr std::size_t most_scan_points = 1024;

// Every scan, and that schedules name scans that there are. `place` says where the pack is.
void check_scans(RulePack const& pack, std::string const& place);

// The scan of that name, or null.
ScanGrid const* scan_named(RulePack const& pack, std::string const& name);

}  // namespace plimsoll
