// A synthetic book shaped like real ones, for demonstrations, tests and benchmarks.
// Method: docs/synth.md gives every figure and its source: lognormal account equity with a heavy
//   tail, instruments by Zipf rank, a spread of leverage, shares of hedged, borrowing, isolated and
//   coin-collateralised accounts; no pool starts below its line.
// Bits: draws are functions of (seed, account, figure); arithmetic from models/ only, so that the
//   same arguments give the same book on every machine.
#pragma once

#include <cstdint>
#include <memory>

#include "host/book.hpp"
#include "host/market.hpp"
#include "host/rules.hpp"

namespace plimsoll {

struct SynthConfig {
  std::uint32_t pools = 0;  // exactly so many
  std::uint64_t seed = 1;
  double leverage = 1.0;           // scales every account's leverage
  double further_positions = 2.2;  // mean of those beside the first in a cross pool, before the cap
};

// The book a part after another: whole accounts, as books of their own.
class SyntheticParts {
 public:
  SyntheticParts(SynthConfig const& config, Market const& market, RulePack const& rules);
  ~SyntheticParts();

  // Whether all are made.
  bool done() const;
  // The next accounts: about `most_pools` pools, or all where weights hang on totals of the book.
  Book next(std::uint32_t most_pools);

 private:
  class Builder;
  std::unique_ptr<Builder> builder_;
};

Book synthetic_book(SynthConfig const& config, Market const& market, RulePack const& rules);

}  // namespace plimsoll
