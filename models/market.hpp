// The market as arithmetic reads it: factors with price and volatility, their dependence, and where
// moves come from.
// Units: prices in the reporting currency, volatility as fraction per square root of a year,
//   moves as log-returns.
// Trusts: host/market checks positive prices, ordered tables, a loading with unit rows.
#pragma once

#include <cstdint>

namespace plimsoll {

// Nodes of the mixing table on each side of 1/2: 31 octaves of 16 intervals each.
inline constexpr std::uint32_t mixing_octaves = 31;
inline constexpr std::uint32_t mixing_nodes = 16 * mixing_octaves + 1;

struct MarketView {
  std::uint32_t factors;
  double const* price;        // [factors] [ccy] tonight
  double const* volatility;   // [factors] [1/sqrt(year)]
  double const* limit;        // [factors] [log-return] no move of one step is larger
  double const* loading;      // [factors][factors] lower triangular, rows of unit length
  double const* mixing_low;   // [mixing_nodes] m(u) at u = p_i
  double const* mixing_high;  // [mixing_nodes] m(u) at u = 1 - p_i
  double const* table;        // [scenarios][steps][factors] given log-moves, or null: draw them
};

// The most steps a scenario can have.
inline constexpr std::uint32_t most_steps = 64;

// What is evaluated: `scenarios` x `steps` columns.
inline constexpr double days_per_year = 365.0;

struct RunShape {
  std::uint64_t seed;
  std::uint64_t scenarios;
  std::uint32_t steps;
  double years_per_step;  // [year]
};

}  // namespace plimsoll
