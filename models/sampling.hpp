// What N equally weighted scenarios say about a probability and a tail, and how well.
// Method: docs/models.md, "Precision". Wilson score interval (Wilson 1927) at 95 %; the tail at
//   level a is the ceil(N (1 - a)) largest losses, VaR its least member, ES its mean.
// Bits: + - x / sqrt and integers.
#pragma once

#include <cmath>
#include <cstdint>

#include "models/platform.hpp"

namespace plimsoll {

struct Interval {
  double low, high;
};

inline constexpr double normal_975 = 1.959963984540054;  // normal quantile of 0.975

PLIMSOLL_HD inline Interval wilson_interval(std::uint64_t hits, std::uint64_t trials) {
  double const n = static_cast<double>(trials);
  double const p = static_cast<double>(hits) / n;
  double const z2 = normal_975 * normal_975;
  double const center = p + z2 / (2.0 * n);
  double const half = normal_975 * ::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n));
  double const scale = 1.0 + z2 / n;
  double const low = hits == 0 ? 0.0 : (center - half) / scale;
  double const high = hits == trials ? 1.0 : (center + half) / scale;
  return {low < 0.0 ? 0.0 : low, high > 1.0 ? 1.0 : high};
}

// Levels at which tails are reported, in thousandths.
inline constexpr std::uint32_t tail_levels = 2;
inline constexpr std::uint32_t tail_level_per_mille[tail_levels] = {990, 995};

// How many of the largest losses make the tail at `per_mille`; at least one.
PLIMSOLL_HD inline std::uint64_t tail_count(std::uint64_t scenarios, std::uint32_t per_mille) {
  std::uint64_t const share = 1000 - per_mille;
  std::uint64_t const whole = (scenarios / 1000) * share;
  std::uint64_t const rest = ((scenarios % 1000) * share + 999) / 1000;
  return whole + rest == 0 ? 1 : whole + rest;
}

}  // namespace plimsoll
