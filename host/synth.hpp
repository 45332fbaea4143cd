// A synthetic book shaped like real ones, for demonstrations, tests and benchmarks.
// Method: docs/synth.md gives every figure and its source: lognormal account equity with a heavy
//   tail, instruments by Zipf rank, a spread of leverage, shares of hedged, borrowing, isolated and
//   coin-collateralised accounts; no pool starts below its line.
// Bits: draws are functions of (seed, account, figure); arithmetic from models/ only, so that the
//   same arguments give the same book on every machine.
#pragma once

#include <cstdint>

#include "host/book.hpp"
#include "host/market.hpp"
#include "host/rules.hpp"

namespace plimsoll {

struct SynthConfig {
  std::uint32_t pools = 0;  // exactly so many
  std::uint64_t seed = 1;
  double leverage = 1.0;  // scales every account's leverage
};

Book synthetic_book(SynthConfig const& config, Market const& market, RulePack const& rules);

}  // namespace plimsoll
