// Portfolio scans: what a pool would lose at the worst point of a grid of shocks, all laid over the
// column's own prices. A scan holds classes (an underlying each) of terms; at point g of its grid
//   loss_c   = sum of w (X - X_g)                    X_g: the term's row under the point's shock
//   loss     = part_g x sum over classes of (loss_c where it is a loss, else offset_c loss_c)
// and the scan requires the largest loss over all points, at least `least`, at least zero.
// Units: reporting currency; weights in contracts x contract size.
// Method: docs/models.md, "Portfolio scans".
// Trusts: every row is a stored one; the rows under shocks lie side by side, in the grid's order.
// Bits: sums in list order from zero, explicit fma, selects.
#pragma once

#include <cstdint>

#include "models/number.hpp"

namespace plimsoll {

// CSR: pool -> scans -> classes -> terms. begin null: no pool has a scan.
struct ScanView {
  std::uint64_t const* begin = nullptr;         // [pools + 1]
  std::uint32_t const* grid = nullptr;          // [scans]
  double const* least = nullptr;                // [scans] [ccy]
  std::uint64_t const* class_begin = nullptr;   // [scans + 1]
  double const* class_offset = nullptr;         // [classes] in [0, 1]
  std::uint64_t const* term_begin = nullptr;    // [classes + 1]
  std::uint32_t const* term_row = nullptr;      // [terms]
  std::uint32_t const* term_shocked = nullptr;  // [terms] first of the rows under shocks
  double const* term_weight = nullptr;          // [terms] signed units of the row
  std::uint32_t grids = 0;
  std::uint32_t const* point_begin = nullptr;  // [grids + 1]
  double const* part = nullptr;                // [points of all grids] of the loss that counts
};

PLIMSOLL_HD inline bool has_scans(ScanView const& scans, std::uint32_t pool) {
  return scans.begin != nullptr && scans.begin[pool] < scans.begin[pool + 1];
}

// What a class loses at point `point` of its grid; negative where it gains.
template <class Real, class Row>
PLIMSOLL_HD inline Real class_loss(ScanView const& scans, std::uint64_t of_class,
                                   std::uint32_t point, Row row) {
  Real loss(0.0);
  for (std::uint64_t t = scans.term_begin[of_class]; t < scans.term_begin[of_class + 1]; ++t)
    loss = fused(Real(scans.term_weight[t]),
                 row(scans.term_row[t]) - row(scans.term_shocked[t] + point), loss);
  return loss;
}

// What a scan's classes lose together at point `point`, counted from the grid's first.
template <class Real, class Row>
PLIMSOLL_HD inline Real point_loss(ScanView const& scans, std::uint64_t scan, std::uint32_t point,
                                   Row row) {
  Real sum(0.0);
  for (std::uint64_t c = scans.class_begin[scan]; c < scans.class_begin[scan + 1]; ++c) {
    Real const loss = class_loss<Real>(scans, c, point, row);
    sum = sum + select(loss > Real(0.0), loss, Real(scans.class_offset[c]) * loss);
  }
  return Real(scans.part[scans.point_begin[scans.grid[scan]] + point]) * sum;
}

// What a scan requires [ccy].
template <class Real, class Row>
PLIMSOLL_HD inline Real scan_requirement(ScanView const& scans, std::uint64_t scan, Row row) {
  std::uint32_t const grid = scans.grid[scan];
  std::uint32_t const points = scans.point_begin[grid + 1] - scans.point_begin[grid];
  Real worst(scans.least[scan]);
  for (std::uint32_t point = 0; point < points; ++point) {
    Real const loss = point_loss<Real>(scans, scan, point, row);
    worst = select(loss > worst, loss, worst);
  }
  return worst;
}

}  // namespace plimsoll
