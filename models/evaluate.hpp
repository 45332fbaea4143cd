// The page that everybody reads: what one pool is worth and needs in one column.
// Units: reporting currency.
// Method: docs/models.md, "Evaluate". Per collateral asset c of the pool, with price S,
//   pnl    = S settled + sum w X              over the positions that settle in c
//   value  = S balance + pnl                  (only min(pnl, 0) where the rules ignore gains)
//   equity = sum of credit(value)             tiered haircut; borrowed values at 1 + b
//   requirement = sum of brackets(|w X|)
//   excess = equity - requirement; the pool is in breach where excess < 0.
// Trusts: rows are finite and positive; curves and indices were checked at the door.
// Bits: sums in list order from zero, explicit fma, selects. The signs that this page computes are
//   the truth that every other engine must reproduce.
#pragma once

#include "models/book.hpp"
#include "models/curve.hpp"
#include "models/number.hpp"

namespace plimsoll {

template <class Real>
struct Margin {
  Real equity;       // [ccy] collateral after haircuts
  Real requirement;  // [ccy] maintenance
  Real excess;       // [ccy] equity - requirement
};

// What turns the edges of an exposure's brackets into the reporting currency.
template <class Real, class Row>
PLIMSOLL_HD inline Real bracket_scale(RulesView const& rules, std::uint32_t exposure, Row row) {
  std::uint32_t const unit = rules.exposure_unit[exposure];
  return unit == no_index ? Real(1.0) : row(unit);
}

// What turns the edges of an asset's haircut tiers into the pool's share of them [ccy].
template <class Real>
PLIMSOLL_HD inline Real haircut_scale(RulesView const& rules, std::uint32_t asset, Real price,
                                      double share) {
  return rules.asset_in_units[asset] != 0 ? price * Real(share) : Real(share);
}

// The maintenance requirement of a position worth `value` [ccy].
template <class Real, class Row>
PLIMSOLL_HD inline Real maintenance_requirement(RulesView const& rules, std::uint32_t exposure,
                                                Real value, Row row) {
  return curve_value(rules.curves, rules.exposure_curve[exposure], magnitude(value),
                     bracket_scale<Real>(rules, exposure, row));
}

// What collateral worth `value` [ccy] in an asset counts for.
template <class Real>
PLIMSOLL_HD inline Real collateral_credit(RulesView const& rules, std::uint32_t asset, Real value,
                                          Real price, double share) {
  return curve_value(rules.curves, rules.asset_curve[asset], value,
                     haircut_scale<Real>(rules, asset, price, share));
}

// A collateral group's value before haircuts; adds the requirement of its positions.
template <class Real, class Row>
PLIMSOLL_HD inline Real group_value(BookView const& book, RulesView const& rules,
                                    std::uint32_t group, Row row, Real& requirement) {
  Real const price = row(book.group_asset[group]);
  Real pnl = price * Real(book.group_settled[group]);
  for (std::uint64_t t = book.term_begin[group]; t < book.term_begin[group + 1]; ++t) {
    Real const value = Real(book.term_weight[t]) * row(book.term_row[t]);
    pnl = pnl + value;
    requirement = requirement + maintenance_requirement<Real>(rules, book.term_row[t], value, row);
  }
  if (!rules.counts_gains) pnl = select(pnl > Real(0.0), Real(0.0), pnl);
  return fused(price, Real(book.group_balance[group]), pnl);
}

// row(r) reads row r in the column.
template <class Real, class Row>
PLIMSOLL_HD inline Margin<Real> evaluate(BookView const& book, RulesView const& rules,
                                         std::uint32_t pool, Row row) {
  Real equity(0.0);
  Real requirement(0.0);
  for (std::uint32_t g = book.group_begin[pool]; g < book.group_begin[pool + 1]; ++g) {
    Real const value = group_value<Real>(book, rules, g, row, requirement);
    std::uint32_t const asset = book.group_asset[g];
    equity = equity + collateral_credit<Real>(rules, asset, value, row(asset), book.group_share[g]);
  }
  return {equity, requirement, equity - requirement};
}

}  // namespace plimsoll
