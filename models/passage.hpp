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

// [tick] what the path lost whose least excess was `least` [ccy].
PLIMSOLL_HD inline Ticks path_loss(PoolToday today, double least) {
  double const loss = today.excess - least;
  return ticks_up(select(loss > today.at_risk, today.at_risk, loss));
}

// [ccy] The loss of a path whose least excess lies above it is `loss` at most. Two ticks and a
// share of the amounts are left for rounding.
PLIMSOLL_HD inline double excess_of_loss(PoolToday today, Ticks loss) {
  double const amount = static_cast<double>(loss) / ticks_per_unit;
  double const slack =
      2.0 / ticks_per_unit + 0x1p-40 * (magnitude(today.excess) + magnitude(amount));
  return today.excess - amount + slack;
}

// False outside the domain of the arithmetic: too large, or not a number.
PLIMSOLL_HD inline bool is_defined(double excess) {
  return magnitude(excess) <= largest_amount;
}

// Gathers a path's excesses, step by step from 1.
class PassageFold {
 public:
  PLIMSOLL_HD void add(std::uint32_t step, double excess) {
    if (!is_defined(excess)) {
      ++found_.undefined;
      return;
    }
    if (excess < least_) least_ = excess;
    if (excess < 0.0 && found_.step == 0) {
      found_.step = step;
      found_.shortfall = ticks_up(-excess);
    }
  }

  PLIMSOLL_HD Passage finish(PoolToday today) {
    found_.loss = path_loss(today, least_);
    return found_;
  }

 private:
  Passage found_;
  double least_ = largest_amount;
};

// row(step, r) reads row r at step 1 .. steps of the scenario.
template <class Row>
PLIMSOLL_HD inline Passage passage(BookView const& book, RulesView const& rules, std::uint32_t pool,
                                   PoolToday today, std::uint32_t steps, Row row) {
  PassageFold fold;
  for (std::uint32_t step = 1; step <= steps; ++step)
    fold.add(step, evaluate<double>(book, rules, pool, [&](std::uint32_t r) {
                     return row(step, r);
                   }).excess);
  return fold.finish(today);
}

}  // namespace plimsoll
