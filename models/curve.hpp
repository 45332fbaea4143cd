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

// How far a column moves a credit curve: docs/models.md, "Haircuts that move".
template <class Real>
struct CurveStretch {
  Real owned;  // x >= 0: a marginal haircut h becomes min(1, h (1 + relative x) + added x)
  Real owed;   // y >= 0: what is owed counts (1 + y) times as much
  double relative, added;  // not negative
};

// What a unit of x takes off a slope 1 - h.
PLIMSOLL_HD inline double haircut_pull(double slope, double relative, double added) {
  return fused(relative, 1.0 - slope, added);
}

// The slope of a segment above the first, stretched. NaN stays NaN.
template <class Real>
PLIMSOLL_HD inline Real stretched_slope(double slope, CurveStretch<Real> const& by) {
  Real const left = fused(Real(-haircut_pull(slope, by.relative, by.added)), by.owned, Real(slope));
  return select(Real(0.0) > left, Real(0.0), left);
}

// One segment after the other of a stretched curve, which is continuous: where slopes change, the
// intercept makes up for it. The first segment is what is owed.
template <class Real>
struct StretchedSegment {
  Real slope, intercept;

  PLIMSOLL_HD static StretchedSegment first(CurvesView const& curves, std::uint32_t curve,
                                            CurveStretch<Real> const& by) {
    Real const slope(curves.slope[curves.begin[curve]]);
    return {fused(slope, by.owed, slope), Real(curves.intercept[curves.begin[curve]])};
  }
  // To segment `i`, from the one before it.
  PLIMSOLL_HD void move_to(CurvesView const& curves, std::uint32_t i,
                           CurveStretch<Real> const& by) {
    Real const next = stretched_slope(curves.slope[i], by);
    intercept = fused(slope - next, Real(curves.floor[i]), intercept);
    slope = next;
  }
};

// The value of a credit curve, stretched. Trusts: the second floor, if any, is 0.
template <class Real>
PLIMSOLL_HD inline Real stretched_value(CurvesView const& curves, std::uint32_t curve, Real amount,
                                        Real scale, CurveStretch<Real> const& by) {
  StretchedSegment<Real> at = StretchedSegment<Real>::first(curves, curve, by);
  StretchedSegment<Real> found = at;
  for (std::uint32_t i = curves.begin[curve] + 1; i < curves.begin[curve + 1]; ++i) {
    auto const inside = amount > Real(curves.floor[i]) * scale;
    if (!any(inside)) break;
    at.move_to(curves, i, by);
    found.slope = select(inside, at.slope, found.slope);
    found.intercept = select(inside, at.intercept, found.intercept);
  }
  return fused(found.slope, amount, found.intercept * scale);
}

}  // namespace plimsoll
