// One pool along one scenario: first passage below its line, shortfall there, loss of the path.
// Units: ticks.
// Method: docs/models.md, "First passage". The shortfall is that of the first column with
//   excess < 0; the loss is excess tonight less the least excess of the unliquidated path, and for
//   an isolated pool no more than what was put in.
#pragma once

#include "models/evaluate.hpp"
#include "models/ticks.hpp"

namespace plimsoll {

// What is known of a pool before any scenario.
struct PoolToday {
  double excess;   // [ccy]
  double at_risk;  // [ccy] the most that can be lost; largest_amount where there is no limit
};

struct Passage {
  std::uint32_t step = 0;       // first step in breach, from 1; 0: none
  Ticks shortfall = 0;          // at that step; >= 1 in breach
  Ticks loss = 0;               // may be negative: a gain
  std::uint32_t undefined = 0;  // columns outside the domain of the arithmetic
};

// row(step, r) reads row r at step 1 .. steps of the scenario.
template <class Row>
PLIMSOLL_HD inline Passage passage(BookView const& book, RulesView const& rules, std::uint32_t pool,
                                   PoolToday today, std::uint32_t steps, Row row) {
  Passage result;
  double least = largest_amount;
  for (std::uint32_t step = 1; step <= steps; ++step) {
    double const excess =
        evaluate<double>(book, rules, pool, [&](std::uint32_t r) { return row(step, r); }).excess;
    if (!(magnitude(excess) <= largest_amount)) {
      ++result.undefined;
      continue;
    }
    if (excess < least) least = excess;
    if (excess < 0.0 && result.step == 0) {
      result.step = step;
      result.shortfall = ticks_up(-excess);
    }
  }
  double const loss = today.excess - least;
  result.loss = ticks_up(select(loss > today.at_risk, today.at_risk, loss));
  return result;
}

}  // namespace plimsoll
