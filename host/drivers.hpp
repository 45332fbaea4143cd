// Where the breaches come from: for each pool in breach, its worst scenario is replayed, and the
// fall of its excess until the first passage is split over assets: positions, their requirement
// and charges to their underlying, collateral to itself. The whole of it, in ticks.
#pragma once

#include <cstdint>
#include <vector>

#include "host/replay.hpp"
#include "kernels/tally.hpp"

namespace plimsoll {

struct Drivers {
  std::vector<double> breaches;  // [asset] breaching cells of the pools that the asset drove most
  std::vector<TickSum> fall;     // [asset] fall in excess that it caused
};

// Falls of one pool's excess between tonight and `step`, by asset [ccy]. They sum to the fall of
// the excess up to rounding.
std::vector<double> falls_by_asset(ResolvedBook const& resolved, Replay const& replay,
                                   std::uint32_t pool, std::uint32_t step);

Drivers breach_drivers(ResolvedBook const& resolved, MarketView const& market,
                       RunShape const& shape, Tally const& tally);

}  // namespace plimsoll
