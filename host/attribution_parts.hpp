// Splits of a change over what caused it: mean slopes, Shapley values, whole ticks.
// Units: those of the amounts given; ticks where said.
// Method: docs/models.md, "Attribution". L. S. Shapley, A value for n-person games (1953); R. J.
//   Aumann and L. S. Shapley, Values of Non-Atomic Games (1974); ticks by largest remainder.
// Bits: sums in list order; used on the host alone, where explain and reports look.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "models/curve.hpp"
#include "models/ticks.hpp"

namespace plimsoll {

// [tick] an excess as a breach counts it: downwards, so that a shortfall is its negative.
inline Ticks excess_ticks(double excess) {
  return -ticks_up(-excess);
}

// The slope of the segment that `amount` falls into.
inline double curve_slope(CurvesView const& curves, std::uint32_t curve, double amount,
                          double scale) {
  std::uint32_t i = curves.begin[curve];
  while (i + 1 < curves.begin[curve + 1] && amount > curves.floor[i + 1] * scale) ++i;
  return curves.slope[i];
}

// The same of a stretched curve.
inline double stretched_slope_at(CurvesView const& curves, std::uint32_t curve, double amount,
                                 double scale, CurveStretch<double> const& by) {
  StretchedSegment<double> at = StretchedSegment<double>::first(curves, curve, by);
  for (std::uint32_t i = curves.begin[curve] + 1;
       i < curves.begin[curve + 1] && amount > curves.floor[i] * scale; ++i)
    at.move_to(curves, i, by);
  return at.slope;
}

// What a function of an amount changes by per unit of the amount, along the straight path from one
// amount to the other; `slope` where the amount hardly moves beside `size`.
inline double mean_slope(double rise, double run, double size, double slope) {
  return magnitude(run) > 0x1p-30 * size ? rise / run : slope;
}

// [tick] `parts` [ccy] as whole ticks that sum to `total`: each rounded down, and what is left to
// those with the largest remainders, the first of equals.
inline std::vector<Ticks> apportioned(std::vector<double> const& parts, Ticks total) {
  double const bound = largest_amount * ticks_per_unit;
  std::vector<Ticks> ticks;
  std::vector<double> remainder;
  std::uint64_t left = static_cast<std::uint64_t>(total);  // wraps around, and back
  for (double const part : parts) {
    double const scaled = std::clamp(part * ticks_per_unit, -bound, bound);
    double const whole = std::floor(scaled);
    ticks.push_back(static_cast<Ticks>(whole));
    remainder.push_back(scaled - whole);
    left -= static_cast<std::uint64_t>(ticks.back());
  }
  auto const count = static_cast<std::int64_t>(parts.size());
  if (count == 0) return ticks;
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  // Roundings of the parts themselves may leave more than one tick each, or less than none.
  auto const rest = static_cast<std::int64_t>(left);
  std::int64_t each = rest / count;
  std::int64_t more = rest % count;
  if (more < 0) {
    --each;
    more += count;
  }
  for (std::int64_t i = 0; i < count; ++i)
    ticks[order[static_cast<std::size_t>(i)]] += each + (i < more ? 1 : 0);
  return ticks;
}

// The most players of whom every coalition is looked at.
inline constexpr std::uint32_t most_coalition_players = 8;

// Shapley values of `players` players: value(in) is what the coalition is worth of those with
// in[player] true. With more than `most_coalition_players`, the mean over the order of their
// numbers and its reverse, which is the same wherever no three players interact.
template <class Value>
inline std::vector<double> shapley_values(std::uint32_t players, Value value) {
  std::vector<double> shares(players, 0.0);
  std::vector<bool> in(players, false);
  if (players > most_coalition_players) {
    for (bool const reverse : {false, true}) {
      in.assign(players, false);
      double before = value(in);
      for (std::uint32_t i = 0; i < players; ++i) {
        std::uint32_t const player = reverse ? players - 1 - i : i;
        in[player] = true;
        double const after = value(in);
        shares[player] += 0.5 * (after - before);
        before = after;
      }
    }
    return shares;
  }
  std::uint32_t const coalitions = 1u << players;
  std::vector<double> worth(coalitions);
  std::vector<double> weight(players);  // [members before] (s! (n - s - 1)! / n!)
  for (std::uint32_t c = 0; c < coalitions; ++c) {
    for (std::uint32_t p = 0; p < players; ++p) in[p] = (c >> p & 1u) != 0;
    worth[c] = value(in);
  }
  for (std::uint32_t s = 0; s < players; ++s) {
    double ways = players;  // n x (n - 1 choose s)
    for (std::uint32_t i = 0; i < s; ++i) ways = ways * (players - 1 - i) / (i + 1);
    weight[s] = 1.0 / ways;
  }
  for (std::uint32_t p = 0; p < players; ++p)
    for (std::uint32_t c = 0; c < coalitions; ++c) {
      if ((c >> p & 1u) != 0) continue;
      auto const members = static_cast<std::uint32_t>(std::popcount(c));
      shares[p] += weight[members] * (worth[c | 1u << p] - worth[c]);
    }
  return shares;
}

}  // namespace plimsoll
