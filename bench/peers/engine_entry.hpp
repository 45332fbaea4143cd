// Engines of ours as contestants. The whole of evaluate() is timed: draws, prices, cells and sums,
// where peers are given priced rows.
#pragma once

#include "bench/peers/contestant.hpp"
#include "kernels/engine.hpp"

namespace plimsoll::bench {

// The reference, and every usable engine that is neither a simulation nor a forced instruction set;
// without pruning as well, where a Tuning can say so.
void add_engines(Contestants& contestants, Job const& job, unsigned threads);

}  // namespace plimsoll::bench
