// What `plimsoll run` says on standard output when it is done.
// Units: reporting currency; percent in the table, fractions in the JSON.
// Bits: a function of the result alone.
#pragma once

#include <string>

#include "host/result.hpp"

namespace plimsoll {

// For people: headline figures and the ten likeliest accounts of each rule pack, aligned, less than
// 100 columns wide. Names cannot reach the terminal as commands.
std::string summary_table(Result const& result);

// For programs: the same figures in full precision as one JSON object, ended by a line feed.
// Figures that are not known are null.
std::string summary_json(Result const& result);

}  // namespace plimsoll
