// exp, log and the normal distribution in arithmetic of our own, because no two libraries and no
// two machines round theirs alike, and a run must give the same bits wherever it is replayed.
//
// Units:  none; normal_quantile takes a probability as a fraction of one.
// Method: docs/elementary.md; the coefficients come from scripts/derive-elementary.
// Trusts: + - * / sqrt and fma are correctly rounded, to nearest, and subnormals are kept. Errors
//         were measured against MPFR by tests/sweeps/elementary_sweep.cpp: see docs/elementary.md.
// Bits:   the same on host (-ffp-contract=off) and device (--fmad=false) for every argument; only
//         the payload of a NaN is the machine's own.
//
// Plain double with selects, because a loop over lanes then becomes vector code as it stands: a
// lane type needs no second spelling, only that loop (g++ 12: inlined, -O3 -fno-trapping-math).
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "models/platform.hpp"

namespace plimsoll {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Adding and subtracting 1.5 * 2^52 rounds to an integer, which the sum's low bits then hold.
inline constexpr double round_shift = 0x1.8p52;

// log 2 in two parts; the first has 42 bits, so that its product with an exponent is exact.
inline constexpr double log2_high = 0x1.62e42fefa38p-1;
inline constexpr double log2_low = 0x1.ef35793c7673p-45;

PLIMSOLL_HD inline double horner(double, double c0) {
  return c0;
}

/// c0 + x (c1 + x (c2 + ...)).
template <class... Rest>
PLIMSOLL_HD inline double horner(double x, double c0, Rest... rest) {
  return fused(x, horner(x, rest...), c0);
}

/// A number carried as a sum, so that what one rounding drops is still there for the next step.
struct Pair {
  double high;
  double low;  // at most a few percent of high
};

/// (high + low) * 2^exponent; exponent is an integer.
struct Scaled {
  Pair value;
  double exponent;
};

/// 2^k for an integer k from -1022 to 1023.
PLIMSOLL_HD inline double power_of_two(double k) {
  return double_of(bits_of(k + (round_shift + 1023.0)) << 52);
}

/// value * 2^k for |value| around one and |k| <= 1200: rounded once, to a subnormal too.
PLIMSOLL_HD inline double scaled(double value, double k) {
  const double half = fused(k, 0.5, round_shift) - round_shift;
  return value * power_of_two(half) * power_of_two(k - half);
}

/// exp(x + dx) for |x| < 800 and a dx far below one, within about 2^-56.
PLIMSOLL_HD inline Scaled exp_scaled(double x, double dx) {
  const double k = fused(x, 0x1.71547652b82fep0, round_shift) - round_shift;
  const double high = fused(-k, log2_high, x);
  const double low = fused(-k, log2_low, dx);
  const double r = high + low;
  const double cubic = horner(r,                       //
                              0.1666666666666645,      //
                              0.04166666666660395,     //
                              0.008333333333495386,    //
                              0.001388888892690485,    //
                              0.00019841269470257088,  //
                              2.48015084606136e-05,    //
                              2.7557640325750747e-06,  //
                              2.762529902600995e-07,   //
                              2.4977915673299578e-08);
  const double curved = fused(r * r, fused(r, cubic, 0.5), low);
  const double sum = 1.0 + high;
  return {{sum, ((1.0 - sum) + high) + curved}, k};
}

/// e^x; 0 below the least subnormal, infinity above the largest double.
PLIMSOLL_HD inline double exp(double x) {
  const double above = x < -746.0 ? -746.0 : x;
  const double inside = above > 710.0 ? 710.0 : above;
  const Scaled e = exp_scaled(inside, 0.0);
  return scaled(e.value.high + e.value.low, e.exponent);
}

/// log x for a finite x > 0, within about 2^-56.
PLIMSOLL_HD inline Pair log_pair(double x) {
  constexpr std::uint64_t root_half = 0x3fe6a09e667f3bcd;  // the bits of sqrt(1/2)
  constexpr std::uint64_t one = 0x3ff0000000000000;
  constexpr std::uint64_t fraction = 0x000fffffffffffff;
  const bool subnormal = x < 0x1p-1022;
  const double normal = subnormal ? x * 0x1p54 : x;
  // x = 2^k m with m from sqrt(1/2) to sqrt(2).
  const std::uint64_t moved = bits_of(normal) + (one - root_half);
  const double biased = double_of((moved >> 52) | 0x4330000000000000);  // 2^52 + 1023 + k
  const double k = biased - (0x1p52 + (subnormal ? 1077.0 : 1023.0));
  const double f = double_of((moved & fraction) + root_half) - 1.0;

  const double s = f / (2.0 + f);
  const double z = s * s;
  const double series = horner(z,                    //
                               0.6666666666666732,   //
                               0.39999999999423863,  //
                               0.2857142874089587,   //
                               0.22222198692339934,  //
                               0.1818355929951484,   //
                               0.15314158330256583,  //
                               0.1479502170808471);
  const double square = 0.5 * f * f;
  const double curved = fused(s, fused(z, series, square), -square);
  const double whole = k * log2_high;
  const double high = whole + f;
  const double dropped = (whole - high) + f;
  return {high, fused(k, log2_low, dropped) + curved};
}

/// Natural logarithm; -infinity at 0, NaN below.
PLIMSOLL_HD inline double log(double x) {
  const Pair pair = log_pair(x);
  const double inside = pair.high + pair.low;
  const double outside = x == 0.0 ? -infinity : (x == infinity ? infinity : not_a_number);
  return x > 0.0 && x < infinity ? inside : outside;
}

/// (1 + t) exp(t^2/2) Phi(-t) for t from 0 to 39, given u = (t - 4) / (t + 4).
PLIMSOLL_HD inline Pair scaled_mills_ratio(double u) {
  constexpr double middle = 0.47205320650984467;
  constexpr double middle_low = 1.3305885134904358e-17;
  // Two chains, half as long each, because they run side by side.
  const double odd = horner(u * u,                    //
                            -0.09670347732652576,     //
                            0.02860036405354452,      //
                            0.017936097479896086,     //
                            -0.0002856231016586982,   //
                            -9.443021945535821e-05,   //
                            2.124984983032946e-05,    //
                            -3.431446476092986e-06,   //
                            4.0260202609944157e-07,   //
                            4.5641906097387356e-09,   //
                            -2.3131914409427302e-08,  //
                            8.166067790416797e-09,    //
                            -1.29001613058697e-09);
  const double even = horner(u * u,                    //
                             0.013999634724424729,     //
                             -0.03219783742804663,     //
                             -0.005002378591904624,    //
                             0.0006948971140803975,    //
                             -8.785324364331841e-05,   //
                             1.3627097076723733e-05,   //
                             -2.6134277971722333e-06,  //
                             5.526509896237291e-07,    //
                             -1.1123146377619841e-07,  //
                             1.7185991970725327e-08,   //
                             -9.302578713261783e-10,   //
                             -2.2978573526828907e-10);
  const double sloped = u * fused(u, even, odd);
  const double sum = middle + sloped;
  return {sum, ((middle - sum) + sloped) + middle_low};
}

/// Phi(x), the probability that a standard normal variable is at most x.
PLIMSOLL_HD inline double normal_cdf(double x) {
  const double size = std::fabs(x);
  const double t = size > 39.0 ? 39.0 : size;

  // exp(-t^2/2), with the part of t^2/2 that one double cannot hold.
  const double square = 0.5 * t * t;
  const Scaled e = exp_scaled(-square, -fused(0.5 * t, t, -square));
  const double bell = e.value.high + e.value.low;
  const double bell_low = (e.value.high - bell) + e.value.low;

  // Both quotients, u = 1 - 8 / (t + 4) and 1 / (1 + t), from one division.
  const double four = t + 4.0;
  const double four_low = t - (four - 4.0);
  const double one = t + 1.0;
  const double one_low = t - (one - 1.0);
  const double inverse = 1.0 / (four * one);
  const double per_four = one * inverse;
  const double missed = fused(-per_four, four, 1.0) - per_four * four_low;
  const double u = fused(-8.0, per_four * missed, fused(-8.0, per_four, 1.0));
  const Pair mills = scaled_mills_ratio(u);

  const double product = bell * mills.high;
  const double product_low =
      fused(bell, mills.high, -product) + fused(bell, mills.low, bell_low * mills.high);
  const double per_one = four * inverse;
  const double quotient = product * per_one;
  const double left = fused(-quotient, one, product) + fused(-quotient, one_low, product_low);
  const double tail = scaled(fused(left, per_one, quotient), e.exponent);
  return x > 0.0 ? 1.0 - tail : tail;
}

/// x with Phi(x) = p; -infinity at 0, infinity at 1, NaN outside. normal_quantile(1 - p) is exactly
/// -normal_quantile(p) wherever 1 - p is exact.
PLIMSOLL_HD inline double normal_quantile(double p) {
  constexpr double root_two_pi = 2.5066282746310007;
  constexpr double root_two_pi_low = -1.8328579980459167e-16;
  const double r = p > 0.5 ? 1.0 - p : p;
  const bool central = r >= 0.075;

  const double q = 0.5 - r;
  const double q_low = (0.5 - q) - r;
  const double w = q * q;
  const double v = 0.180625 - w;
  const double central_above = horner(v,                   //
                                      4.874765941399952,   //
                                      190.17214876097165,  //
                                      2787.24983686205,    //
                                      19112.674995977315,  //
                                      62220.56995676964,   //
                                      86219.6950025717,    //
                                      36709.83368849341,   //
                                      572.3502259172802);
  const double central_below = horner(v,                   //
                                      1.0,                 //
                                      45.03586238650858,   //
                                      791.5811188975185,   //
                                      6886.257819147199,   //
                                      31081.116349002325,  //
                                      69800.79771931886,   //
                                      67884.46282941994,   //
                                      19940.705668033337);

  const Pair log_r = log_pair(r);
  const double level = -(log_r.high + log_r.low);
  const double level_low = -((log_r.high + level) + log_r.low);
  const double s = std::sqrt(level);
  const double missed = fused(-s, s, level) + level_low;
  const double tail_slope = horner(s,                     //
                                   18.348866200719154,    //
                                   67.90299472635867,     //
                                   88.6923863037592,      //
                                   56.229308965374,       //
                                   21.053857293133866,    //
                                   4.382600318050474,     //
                                   0.4496056176655883,    //
                                   0.02058563407237599,   //
                                   0.000366934002157162,  //
                                   1.8405670394354768e-06);
  const double tail_below = fused(s, tail_slope, 1.0);
  const double tail_series = horner(s,                       //
                                    -3.589491534392052,      //
                                    -41.723671492133946,     //
                                    -92.01393766476025,      //
                                    -55.00481933810998,      //
                                    -1.4726365784338533,     //
                                    13.410595241902145,      //
                                    7.470143679556219,       //
                                    1.74558920862301,        //
                                    0.18471713363414144,     //
                                    0.008517154940216733,    //
                                    0.00015198568928470333,  //
                                    7.623912257997773e-07);
  // dx / d(s^2) is 0.75 / s to a fifth, and tail_below / s is tail_slope to a hundredth: enough for
  // what the square root and the logarithm dropped.
  const double tail_above = fused(0.75 * missed, tail_slope, tail_series);

  const double ratio =
      (central ? central_above : tail_above) / (central ? central_below : tail_below);
  // What 0.5 - r dropped is below 2^-55: one digit of the slope, which is 3 to 7 there, will do.
  const double curved = fused(q * w, ratio, fused(q, root_two_pi_low, 5.0 * q_low));
  const double size = central ? fused(q, root_two_pi, curved) : s + ratio;
  const double inside = p < 0.5 ? -size : size;
  const double outside = p == 0.0 ? -infinity : (p == 1.0 ? infinity : not_a_number);
  return p > 0.0 && p < 1.0 ? inside : outside;
}

}  // namespace plimsoll
