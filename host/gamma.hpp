// The gamma function and the gamma distribution, in arithmetic of our own.
// The mixing table and the likelihood of the t distribution are read from files by others later, so
// they must not depend on the library of the machine that calibrated.
// Units:  none.
// Method: docs/calibration.md, "Gamma". Stirling's series after shifting the argument to 12 or
// more;
//         the incomplete gamma function by its power series below a + 1 and by the continued
//         fraction above (Abramowitz & Stegun 6.1.41, 6.5.29, 6.5.31; modified Lentz).
// Trusts: a from 1 to 100 (log_gamma: from 1/2), checked there against Boost.Math.
// Bits:   models/elementary.hpp and + - * / only, in a fixed order.
#pragma once

namespace plimsoll {

// log of the gamma function, x > 0.
double log_gamma(double x);

// P(a, x) and Q(a, x) = 1 - P(a, x), regularised, a > 0 and x >= 0: the probability that a gamma
// variable of shape a and scale 1 lies below or above x.
double gamma_below(double a, double x);
double gamma_above(double a, double x);

// The x with gamma_below(a, x) = p, or with gamma_above(a, x) = p, for a >= 1 and 0 < p <= 1/2:
// both tails are asked for by their own small probability, so that none loses digits.
double gamma_quantile_below(double a, double p);
double gamma_quantile_above(double a, double p);

}  // namespace plimsoll
