#include "host/gamma.hpp"

#include "models/elementary.hpp"
#include "models/number.hpp"

namespace plimsoll {
namespace {

constexpr double half_log_two_pi = 0.91893853320467274178;
constexpr double least_step = 0x1p-54;  // a term below this no longer changes the sum

// Below this the series of Stirling is not accurate to the last digits, so x is raised to it.
constexpr double stirling_from = 12.0;

// log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2): sum of B_2k / (2k (2k - 1) x^(2k - 1)).
double stirling_correction(double x) {
  double const inverse = 1.0 / x;
  return inverse * horner(inverse * inverse,   //
                          1.0 / 12.0,          //
                          -1.0 / 360.0,        //
                          1.0 / 1260.0,        //
                          -1.0 / 1680.0,       //
                          1.0 / 1188.0,        //
                          -691.0 / 360360.0,   //
                          1.0 / 156.0,         //
                          -3617.0 / 122400.0,  //
                          43867.0 / 244188.0);
}

// x^a e^-x / Gamma(a).
double gamma_weight(double a, double x) {
  return exp(fused(a, log(x), -x) - log_gamma(a));
}

// P(a, x) for 0 < x < a + 1.
double series_below(double a, double x) {
  double term = 1.0 / a;
  double sum = term;
  for (double next = a + 1.0; term > least_step * sum; next += 1.0) {
    term *= x / next;
    sum += term;
  }
  return sum * gamma_weight(a, x);
}

// Q(a, x) for x >= a + 1: the even part of the continued fraction, from the front.
double fraction_above(double a, double x) {
  double b = x + 1.0 - a;
  double d = 1.0 / b;
  double c = infinity;
  double product = d;
  double ratio = 0.0;
  for (double i = 1.0; magnitude(ratio - 1.0) > 0x1p-52; i += 1.0) {
    double const numerator = -i * (i - a);
    b += 2.0;
    d = 1.0 / fused(numerator, d, b);
    c = b + numerator / c;
    ratio = c * d;
    product *= ratio;
  }
  return product * gamma_weight(a, x);
}

enum class Side { below, above };

double probability(Side side, double a, double x) {
  return side == Side::below ? gamma_below(a, x) : gamma_above(a, x);
}

// Newton's iteration in log x for log probability, kept inside a bracket that bisection halves
// whenever a step would leave it.
double quantile(Side side, double a, double p, double low, double high) {
  double const direction = side == Side::below ? 1.0 : -1.0;
  double x = std::sqrt(low * high);
  for (int iteration = 0; iteration < 200; ++iteration) {
    double const found = probability(side, a, x);
    double const miss = log(found / p);
    if (miss * direction < 0.0) {
      low = x;
    } else {
      high = x;
    }
    double const slope = direction * gamma_weight(a, x) / found;
    double const step = -miss / slope;
    double next = x * exp(step);
    bool const inside = next >= low && next <= high;
    if (!inside) next = std::sqrt(low * high);
    // Convergence is quadratic: after a step this small the rest is below a unit of the last place.
    if (inside && magnitude(step) < 1e-9) return next;
    x = next;
  }
  return x;
}

}  // namespace

double log_gamma(double x) {
  double shift = 1.0;
  while (x < stirling_from) {
    shift *= x;
    x += 1.0;
  }
  double const large = fused(x - 0.5, log(x), -x) + (half_log_two_pi + stirling_correction(x));
  return shift == 1.0 ? large : large - log(shift);
}

double gamma_below(double a, double x) {
  if (x <= 0.0) return 0.0;
  return x < a + 1.0 ? series_below(a, x) : 1.0 - fraction_above(a, x);
}

double gamma_above(double a, double x) {
  if (x <= 0.0) return 1.0;
  return x < a + 1.0 ? 1.0 - series_below(a, x) : fraction_above(a, x);
}

double gamma_quantile_below(double a, double p) {
  double const high = a;  // the median is less than a
  double low = 0.5 * a;
  while (gamma_below(a, low) > p) low *= 0.25;
  return quantile(Side::below, a, p, low, high);
}

double gamma_quantile_above(double a, double p) {
  double const low = a - 1.0 / 3.0;  // the median is more than that
  double high = 2.0 * a + 2.0;
  while (gamma_above(a, high) > p) high *= 2.0;
  return quantile(Side::above, a, p, low, high);
}

}  // namespace plimsoll
