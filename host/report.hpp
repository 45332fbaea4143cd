// The page that a risk committee reads: one HTML file, complete in itself. It asks no network for
// anything (its Content-Security-Policy forbids it), says every figure of its charts in tables, and
// reads without scripts and on paper.
// Units: reporting currency, percent, days; stated beside each figure.
// Method: host/result_figures.hpp.
// Bits: the page is a function of the result alone: no clock, no host name.
#pragma once

#include <string>

#include "host/result.hpp"

namespace plimsoll {

// InputError where the result does not add up (host/result_check.hpp).
std::string report_html(Result const& result);

}  // namespace plimsoll
