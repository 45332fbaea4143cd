// Shocks with names, from a table that people write: CSV with a column `name` and one for each
// factor that moves; a blank cell, or a factor without a column, does not move.
// Units: simple returns (-0.3 is -30 %).
// Trusts: nothing; names and every number are checked.
#pragma once

#include <map>
#include <string>

#include "host/shock.hpp"

namespace plimsoll {

using NamedShocks = std::map<std::string, Shock>;

// InputError with file, row and column.
NamedShocks read_shocks(std::string const& path, Market const& market);

}  // namespace plimsoll
