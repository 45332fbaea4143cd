// Which cells of a book are in breach according to the source in models/, and which lie so close to
// their line that floats may differ.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/peers/contestant.hpp"
#include "kernels/engine.hpp"

namespace plimsoll::bench {

// [fraction of gross] closer to the line than that, a float may say otherwise.
inline constexpr double near_the_line = 1e-5;

struct Truth {
  CellFlags breach, near;
  std::vector<std::uint32_t> breaches;  // [pools]
  std::uint64_t near_cells = 0;
};

Truth truth_of(Job const& job, std::vector<double> const& columns, unsigned threads);

struct Comparison {
  std::uint64_t cells = 0;      // compared; 0: only counts per pool were
  std::uint64_t differing = 0;  // all of them near the line
};

// Throws where an answer is wrong: a flag that differs farther from the line, or, without flags, a
// count that differs at all.
Comparison compare(Truth const& truth, Contestant const& contestant, Answer const& answer,
                   std::uint64_t columns);

}  // namespace plimsoll::bench
