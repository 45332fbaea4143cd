// How far a double is from the truth, in units of its last place, the truth being MPFR's at 160
// bits; and the functions of models/elementary.hpp beside their true values, with the domains on
// which the tests and the sweep measure them.
//
// Method: an ulp is the spacing of doubles at the exact value, 2^-1074 among the subnormals; a
//         correctly rounded result is therefore off by half at most.
// Trusts: MPFR's exp, log, erfc.
#pragma once

#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "models/elementary.hpp"

namespace plimsoll::tests {

/// Three doubles' worth: the difference of two numbers that agree in 53 bits keeps 107. With 300
/// bits the figures are the same and erfc takes thirteen times as long.
inline constexpr mpfr_prec_t exact_bits = 160;

/// Owner of one MPFR number.
class Exact {
 public:
  Exact() { mpfr_init2(number_, exact_bits); }
  explicit Exact(double value) : Exact() { mpfr_set_d(number_, value, MPFR_RNDN); }
  ~Exact() { mpfr_clear(number_); }
  Exact(const Exact&) = delete;
  Exact& operator=(const Exact&) = delete;
  operator mpfr_ptr() { return number_; }

 private:
  mpfr_t number_;
};

/// |got - exact| in ulps of exact. An infinity is right where exact is beyond the largest double.
inline double ulps_off(double got, Exact& exact) {
  const double nearest = mpfr_get_d(exact, MPFR_RNDN);
  if (got == nearest && std::isinf(got)) return 0.0;
  if (!std::isfinite(got)) return infinity;
  long place = -1074;
  if (mpfr_zero_p(static_cast<mpfr_ptr>(exact)) == 0) {
    // MPFR's exponent is that of a fraction in [1/2, 1).
    place = std::max<long>(mpfr_get_exp(static_cast<mpfr_ptr>(exact)) - 53, -1074);
  }
  Exact difference;
  mpfr_sub_d(difference, exact, got, MPFR_RNDN);
  mpfr_mul_2si(difference, difference, -place, MPFR_RNDN);
  return std::fabs(mpfr_get_d(difference, MPFR_RNDN));
}

inline double exp_ulps_off(double x, double got) {
  Exact y(x);
  mpfr_exp(y, y, MPFR_RNDN);
  return ulps_off(got, y);
}

inline double log_ulps_off(double x, double got) {
  Exact y(x);
  mpfr_log(y, y, MPFR_RNDN);
  return ulps_off(got, y);
}

/// out = Phi(x) = erfc(-x / sqrt 2) / 2.
inline void set_normal_cdf(Exact& out, Exact& x) {
  Exact root;
  mpfr_sqrt_ui(root, 2, MPFR_RNDN);
  mpfr_div(out, x, root, MPFR_RNDN);
  mpfr_neg(out, out, MPFR_RNDN);
  mpfr_erfc(out, out, MPFR_RNDN);
  mpfr_div_2ui(out, out, 1, MPFR_RNDN);
}

inline double normal_cdf_ulps_off(double x, double got) {
  Exact point(x), y;
  set_normal_cdf(y, point);
  return ulps_off(got, y);
}

/// The step Newton's method takes from x towards Phi(x) = p.
inline void set_newton_step(Exact& step, Exact& x, double p) {
  Exact density, pi;
  set_normal_cdf(step, x);
  mpfr_d_sub(step, p, step, MPFR_RNDN);
  mpfr_sqr(density, x, MPFR_RNDN);
  mpfr_div_2ui(density, density, 1, MPFR_RNDN);
  mpfr_exp(density, density, MPFR_RNDN);
  mpfr_const_pi(pi, MPFR_RNDN);
  mpfr_mul_2ui(pi, pi, 1, MPFR_RNDN);
  mpfr_sqrt(pi, pi, MPFR_RNDN);
  mpfr_mul(step, step, density, MPFR_RNDN);
  mpfr_mul(step, step, pi, MPFR_RNDN);
}

/// Newton from the tested value itself: it converges to the root from any start that is near, and
/// a start that is not near is off by more than any bound (infinity is returned).
inline double normal_quantile_ulps_off(double p, double got) {
  if (!std::isfinite(got)) return infinity;
  if (p == 0.5) return got == 0.0 ? 0.0 : infinity;
  Exact x(got), step;
  for (int round = 0; round < 8; ++round) {
    set_newton_step(step, x, p);
    mpfr_add(x, x, step, MPFR_RNDN);
    // The next step would be about x * step^2 / 2: nothing, beside an ulp.
    const double change = std::fabs(mpfr_get_d(step, MPFR_RNDN));
    if (change <= 0x1p-40 * std::fabs(got)) return ulps_off(got, x);
  }
  return infinity;
}

/// Errors met so far.
struct Errors {
  std::size_t points = 0;
  double sum = 0.0;    // [ulp]
  double worst = 0.0;  // [ulp]
  double where = 0.0;  // argument of the worst

  void add(double x, double error) {
    ++points;
    sum += error;
    if (!(error <= worst)) {
      worst = error;
      where = x;
    }
  }
  double mean() const { return points == 0 ? 0.0 : sum / static_cast<double>(points); }
};

/// 52 random bits as a number in [0, 1).
inline double fraction_of(std::uint64_t bits) {
  return static_cast<double>(bits >> 12) * 0x1p-52;
}

inline double between(double low, double high, std::uint64_t bits) {
  return low + (high - low) * fraction_of(bits);
}

/// One function on one domain: how to draw an argument and how to judge an answer.
struct Measured {
  const char* function;
  const char* domain;
  double bound;  // [ulp] what is promised
  double (*value)(double);
  double (*ulps_off)(double, double);
  double (*draw)(std::uint64_t);
};

inline std::vector<Measured> measured_functions() {
  return {
      {"exp", "-745.2 to 709.8", 2.0, exp, exp_ulps_off,
       [](std::uint64_t b) { return between(-745.2, 709.8, b); }},
      {"exp", "-1 to 1", 2.0, exp, exp_ulps_off,
       [](std::uint64_t b) { return between(-1.0, 1.0, b); }},
      {"log", "every exponent, subnormals too", 2.0, log, log_ulps_off,
       [](std::uint64_t b) { return double_of(1 + b % 0x7fefffffffffffff); }},
      {"log", "0.5 to 2", 2.0, log, log_ulps_off,
       [](std::uint64_t b) { return between(0.5, 2.0, b); }},
      {"normal_cdf", "-38.6 to 9", 2.0, normal_cdf, normal_cdf_ulps_off,
       [](std::uint64_t b) { return between(-38.6, 9.0, b); }},
      {"normal_cdf", "-2 to 2", 2.0, normal_cdf, normal_cdf_ulps_off,
       [](std::uint64_t b) { return between(-2.0, 2.0, b); }},
      {"normal_quantile", "0 to 1, (k + 1/2) 2^-52", 4.0, normal_quantile, normal_quantile_ulps_off,
       [](std::uint64_t b) { return fraction_of(b) + 0x1p-53; }},
      {"normal_quantile", "0 to 1/2, every exponent", 4.0, normal_quantile,
       normal_quantile_ulps_off,
       [](std::uint64_t b) { return double_of(1 + b % 0x3fe0000000000000); }},
  };
}

inline Errors measured_errors(const Measured& measured, std::size_t points, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  Errors errors;
  for (std::size_t i = 0; i < points; ++i) {
    const double x = measured.draw(generator());
    errors.add(x, measured.ulps_off(x, measured.value(x)));
  }
  return errors;
}

}  // namespace plimsoll::tests
