// A piecewise linear function of an amount: the one shape of haircut tiers and margin brackets.
// Segment i holds where amount > floor_i x scale; value = slope_i amount + intercept_i scale.
// The scale converts edges: 1 for edges in the reporting currency, the price of the unit otherwise,
// times the pool's share of them.
// Trusts: floors increase, floor_0 = -infinity, the function is continuous (checked in host/rules).
// Bits: segments are chosen by comparison, never by a maximum of lines, so that rounding near an
//   edge cannot pick another segment on another machine.
#pragma once

#include <cstdint>

#include "models/number.hpp"

namespace plimsoll {

struct CurvesView {
  std::uint32_t const* begin;  // [curves + 1]
  double const* floor;         // [begin[curves]]
  double const* slope;
  double const* intercept;
};

template <class Real>
PLIMSOLL_HD inline Real curve_value(CurvesView const& curves, std::uint32_t curve, Real amount,
                                    Real scale) {
  std::uint32_t const first = curves.begin[curve];
  std::uint32_t const last = curves.begin[curve + 1];
  Real slope(curves.slope[first]);
  Real intercept(curves.intercept[first]);
  for (std::uint32_t i = first + 1; i < last; ++i) {
    auto const inside = amount > Real(curves.floor[i]) * scale;
    if (!any(inside)) break;
    slope = select(inside, Real(curves.slope[i]), slope);
    intercept = select(inside, Real(curves.intercept[i]), intercept);
  }
  return fused(slope, amount, intercept * scale);
}

}  // namespace plimsoll
