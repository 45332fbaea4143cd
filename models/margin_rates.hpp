// Rates and weights that hang on a size, on totals or on a second price: what they are tonight,
// before any scenario, when rules become curves.
// Units: weights and rates as fractions; sizes in units of the asset or of the contract's
//   underlying; values in the reporting currency or any one unit that both sides share.
// Method: docs/rules.md, which has the sources. Formulas, not figures: every constant is data.
// Trusts: sizes and totals are not negative, prices and starts are positive (checked in host/).
#pragma once

#include "models/number.hpp"

namespace plimsoll {

PLIMSOLL_HD inline double lesser(double a, double b) {
  return select(b < a, b, a);
}
PLIMSOLL_HD inline double greater(double a, double b) {
  return select(b > a, b, a);
}

// What a holding of `size` units counts for: the weight, or less where selling it would move the
// market: min(weight, numerator / (1 + factor sqrt(size))). factor [1/sqrt(unit)].
PLIMSOLL_HD inline double discounted_by_size(double weight, double numerator, double factor,
                                             double size) {
  return lesser(weight, numerator / (1.0 + factor * ::sqrt(size)));
}

// What a debt or a contract of `size` units counts for: the weight (a liability's, or a rate), or
// more: max(weight, share x weight + factor sqrt(size)).
PLIMSOLL_HD inline double raised_by_size(double weight, double share, double factor, double size) {
  return greater(weight, share * weight + factor * ::sqrt(size));
}

// A weight on its way `from` one `to` another, `days` after the first of `length` days; it begins
// at day 0 and stays where it arrives.
PLIMSOLL_HD inline double shifted_weight(double from, double to, double days, double length) {
  return from + (to - from) * lesser(1.0, greater(0.0, days / length));
}

// The weight of an asset of which `deposits` [ccy] lie with the venue: full up to `start` [ccy].
PLIMSOLL_HD inline double discounted_by_deposits(double weight, double start, double deposits) {
  return weight * (start / greater(deposits, start));
}

// The weight of a liability of which the venue has lent `borrows` [ccy].
PLIMSOLL_HD inline double raised_by_borrows(double weight, double start, double borrows) {
  return weight * greater(1.0, borrows / start);
}

// A rate that rises by `slope` [1/unit] with every unit of the position.
PLIMSOLL_HD inline double rate_by_slope(double base, double slope, double size) {
  return base + slope * size;
}

// A rate that goes from `base` to 1 while the open interest of the market goes from `lower` to
// `upper`.
PLIMSOLL_HD inline double rate_by_open_interest(double base, double lower, double upper,
                                                double open_interest) {
  double const share = (open_interest - lower) / (upper - lower);
  return base + (1.0 - base) * lesser(1.0, greater(0.0, share));
}

// The requirement per notional of a contract that counts at `weight` of its value: of a long one,
// weight <= 1, what does not count; of a short one, weight >= 1, what counts beyond.
PLIMSOLL_HD inline double rate_of_long(double weight) {
  return 1.0 - weight;
}
PLIMSOLL_HD inline double rate_of_short(double weight) {
  return weight - 1.0;
}

// Parts of the price at which assets and liabilities count where a slow price is looked at too: the
// lower of the two for what is owned, the higher for what is owed.
PLIMSOLL_HD inline double price_part_of_asset(double price, double slow) {
  return lesser(1.0, slow / price);
}
PLIMSOLL_HD inline double price_part_of_liability(double price, double slow) {
  return greater(1.0, slow / price);
}

}  // namespace plimsoll
