// Money as integers: a cell's outcome is rounded once to ticks, and ticks are only ever added.
// Units: 1 tick = 10^-4 of the reporting currency.
// Method: docs/models.md, "Ticks". Rounding is upwards (towards the larger loss), so that an
//   excess below zero, however small, is a shortfall of at least one tick.
// Bits: clamp before the conversion: x86 and CUDA differ on doubles outside int64.
#pragma once

#include <cstdint>

#include "models/number.hpp"

namespace plimsoll {

using Ticks = std::int64_t;

inline constexpr double ticks_per_unit = 1e4;  // [tick / ccy]

// [ccy] the largest amount that a cell may reach; beyond it the cell is undefined and counted so.
inline constexpr double largest_amount = 9e14;

// [tick] the least whole number of ticks not below `amount` [ccy]; |amount| <= largest_amount.
PLIMSOLL_HD inline Ticks ticks_up(double amount) {
  double const scaled = amount * ticks_per_unit;
  double const bound = largest_amount * ticks_per_unit;
  double const clamped = select(scaled > bound, bound, select(scaled < -bound, -bound, scaled));
  Ticks const whole = static_cast<Ticks>(clamped);
  return whole + static_cast<Ticks>(static_cast<double>(whole) < clamped);
}

// A sum of ticks in 128 bits, two's complement. Integer sums have no order, hence no result
// depends on who added first. 2^63 addends of any size fit.
struct TickSum {
  std::uint64_t low = 0;
  std::int64_t high = 0;

  friend PLIMSOLL_HD bool operator==(TickSum a, TickSum b) {
    return a.low == b.low && a.high == b.high;
  }
  friend PLIMSOLL_HD bool operator<(TickSum a, TickSum b) {
    return a.high != b.high ? a.high < b.high : a.low < b.low;
  }
};

PLIMSOLL_HD inline TickSum operator+(TickSum a, TickSum b) {
  std::uint64_t const low = a.low + b.low;
  auto const carry = static_cast<std::uint64_t>(low < a.low);
  auto const high = static_cast<std::uint64_t>(a.high) + static_cast<std::uint64_t>(b.high) + carry;
  return {low, static_cast<std::int64_t>(high)};
}

PLIMSOLL_HD inline TickSum tick_sum(Ticks ticks) {
  return {static_cast<std::uint64_t>(ticks), ticks < 0 ? -1 : 0};
}

PLIMSOLL_HD inline TickSum& operator+=(TickSum& sum, Ticks ticks) {
  return sum = sum + tick_sum(ticks);
}

PLIMSOLL_HD inline TickSum& operator+=(TickSum& sum, TickSum other) {
  return sum = sum + other;
}

// [ccy] for display only. The magnitude is converted, not the two's complement, so that small
// negative sums keep their digits.
PLIMSOLL_HD inline double currency(TickSum sum) {
  bool const negative = sum.high < 0;
  std::uint64_t const low = negative ? ~sum.low + 1 : sum.low;
  std::uint64_t const high =
      negative ? ~static_cast<std::uint64_t>(sum.high) + static_cast<std::uint64_t>(sum.low == 0)
               : static_cast<std::uint64_t>(sum.high);
  double const size =
      (static_cast<double>(high) * 18446744073709551616.0 + static_cast<double>(low)) /
      ticks_per_unit;
  return negative ? -size : size;
}
PLIMSOLL_HD inline double currency(Ticks ticks) {
  return static_cast<double>(ticks) / ticks_per_unit;
}

}  // namespace plimsoll
