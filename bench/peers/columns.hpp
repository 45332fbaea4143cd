// All columns of a job, priced once by the source in models/: what peers are given for nothing.
// Layout: [rows][columns], so that columns lie side by side.
// Units: reporting currency.
#pragma once

#include <vector>

#include "kernels/engine.hpp"

namespace plimsoll::bench {

// For jobs of one step, whose moves are drawn.
std::vector<double> priced_columns(Job const& job, unsigned threads);

}  // namespace plimsoll::bench
