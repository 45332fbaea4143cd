// The page that everybody reads: what one pool is worth and needs in one column.
// Units: reporting currency.
// Method: docs/models.md, "Evaluate". Per collateral asset c of the pool, with price S,
//   pnl    = S settled + sum w X              over the positions that settle in c
//   value  = S balance + pnl                  (a gain counts g pnl, by the rules' gain weight g)
//   equity = sum of credit(value)             tiered haircut; borrowed values at 1 + b; where rules
//                                             say so, stretched by rows of the column
//   requirement = sum of brackets(|w X|)      over positions, then over the pool's charges,
//                 then of what its portfolio scans require
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

// Which curve gives the requirement of a term; no_index: it has none of its own.
PLIMSOLL_HD inline std::uint32_t curve_of_term(BookView const& book, RulesView const& rules,
                                               std::uint64_t term) {
  return book.term_curve == nullptr ? rules.exposure_curve[book.term_row[term]]
                                    : book.term_curve[term];
}

// Which curve gives the credit of a group.
PLIMSOLL_HD inline std::uint32_t curve_of_group(BookView const& book, RulesView const& rules,
                                                std::uint32_t group) {
  return book.group_curve == nullptr ? rules.asset_curve[book.group_asset[group]]
                                     : book.group_curve[group];
}

// The requirement of `value` [ccy] of row `exposure` by curve `curve`.
template <class Real, class Row>
PLIMSOLL_HD inline Real maintenance_requirement(RulesView const& rules, std::uint32_t curve,
                                                std::uint32_t exposure, Real value, Row row) {
  return curve_value(rules.curves, curve, magnitude(value),
                     bracket_scale<Real>(rules, exposure, row));
}

// What a profit or loss counts for as collateral [ccy].
template <class Real>
PLIMSOLL_HD inline Real counted_pnl(RulesView const& rules, Real pnl) {
  if (rules.gain_weight == 1.0) return pnl;
  Real const gain = rules.gain_weight == 0.0 ? Real(0.0) : Real(rules.gain_weight) * pnl;
  return select(pnl > Real(0.0), gain, pnl);
}

// Whether the credit of an asset moves with more than its price.
PLIMSOLL_HD inline bool has_state(RulesView const& rules, std::uint32_t asset) {
  if (rules.asset_state == nullptr) return false;
  CreditState const& state = rules.asset_state[asset];
  return state.owned != no_index || state.owed != no_index;
}

// How far the column stretches the credit of an asset that has a state.
template <class Real, class Row>
PLIMSOLL_HD inline CurveStretch<Real> credit_stretch(RulesView const& rules, std::uint32_t asset,
                                                     Row row) {
  CreditState const& state = rules.asset_state[asset];
  return {state.owned == no_index ? Real(0.0) : Real(row(state.owned)),
          state.owed == no_index ? Real(0.0) : Real(row(state.owed)), state.relative, state.added};
}

// What collateral worth `value` [ccy] in an asset counts for.
template <class Real, class Row>
PLIMSOLL_HD inline Real collateral_credit(RulesView const& rules, std::uint32_t curve,
                                          std::uint32_t asset, Real value, double share, Row row) {
  Real const scale = haircut_scale<Real>(rules, asset, row(asset), share);
  if (!has_state(rules, asset)) return curve_value(rules.curves, curve, value, scale);
  return stretched_value(rules.curves, curve, value, scale,
                         credit_stretch<Real>(rules, asset, row));
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
    std::uint32_t const curve = curve_of_term(book, rules, t);
    if (curve != no_index)
      requirement =
          requirement + maintenance_requirement<Real>(rules, curve, book.term_row[t], value, row);
  }
  return fused(price, Real(book.group_balance[group]), counted_pnl(rules, pnl));
}

// What the pool's charges add to its requirement [ccy].
template <class Real, class Row>
PLIMSOLL_HD inline Real add_charges(BookView const& book, RulesView const& rules,
                                    std::uint32_t pool, Row row, Real requirement) {
  if (book.charge_begin == nullptr) return requirement;
  for (std::uint64_t c = book.charge_begin[pool]; c < book.charge_begin[pool + 1]; ++c) {
    Real const amount = Real(book.charge_weight[c]) * row(book.charge_row[c]);
    requirement = requirement + maintenance_requirement<Real>(rules, book.charge_curve[c],
                                                              book.charge_row[c], amount, row);
  }
  return requirement;
}

// What the pool's portfolio scans add to its requirement [ccy].
template <class Real, class Row>
PLIMSOLL_HD inline Real add_scans(BookView const& book, std::uint32_t pool, Row row,
                                  Real requirement) {
  if (book.scans.begin == nullptr) return requirement;
  for (std::uint64_t s = book.scans.begin[pool]; s < book.scans.begin[pool + 1]; ++s)
    requirement = requirement + scan_requirement<Real>(book.scans, s, row);
  return requirement;
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
    equity = equity + collateral_credit<Real>(rules, curve_of_group(book, rules, g), asset, value,
                                              book.group_share[g], row);
  }
  requirement = add_charges<Real>(book, rules, pool, row, requirement);
  requirement = add_scans<Real>(book, pool, row, requirement);
  return {equity, requirement, equity - requirement};
}

}  // namespace plimsoll
