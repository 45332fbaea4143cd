// The book as arithmetic reads it: account -> pools -> collateral groups -> terms, CSR throughout.
// A collateral group is what one pool holds in one asset: the balance, the profit and loss settled
// in that asset, and the positions that settle in it.
// A charge is a requirement that hangs on no position's own size: a pool's amount of a row, by a
// curve. Units: balances and settled amounts in units of the asset; weights in contracts x contract
// size. Trusts: host/resolve builds it from a checked book; every asset and row exists.
#pragma once

#include <cstdint>

#include "models/curve.hpp"
#include "models/scan.hpp"

namespace plimsoll {

enum class PoolKind : std::uint8_t { cross, isolated };

struct BookView {
  std::uint32_t accounts;
  std::uint32_t pools;
  std::uint32_t classes;              // segregation classes
  std::uint32_t const* pool_begin;    // [accounts + 1]
  std::uint8_t const* account_class;  // [accounts]
  PoolKind const* pool_kind;          // [pools]
  std::uint32_t const* group_begin;   // [pools + 1]
  std::uint32_t const* group_asset;   // [groups] price row
  double const* group_balance;        // [groups] [units] deposited (+) or borrowed (-)
  double const* group_settled;        // [groups] [units] constant part of profit and loss
  double const* group_share;          // [groups] share of the account's haircut tiers, in (0, 1]
  std::uint64_t const* term_begin;    // [groups + 1]
  std::uint32_t const* term_row;      // [terms] exposure row
  double const* term_weight;          // [terms] signed units of the row
  // What differs from pool to pool; null where nothing does.
  std::uint32_t const* group_curve = nullptr;   // [groups] credit, instead of the asset's
  std::uint32_t const* term_curve = nullptr;    // [terms] maintenance, instead of the row's;
                                                // no_index: none
  std::uint64_t const* charge_begin = nullptr;  // [pools + 1]
  std::uint32_t const* charge_row = nullptr;    // [charges]
  double const* charge_weight = nullptr;        // [charges] units of the row
  std::uint32_t const* charge_curve = nullptr;  // [charges]
  ScanView scans{};
};

// What moves the credit of an asset with the scenario, beside its own price: rows that are at or
// above zero, or no_index. Figures as in CurveStretch.
struct CreditState {
  std::uint32_t owned;     // stored row x
  std::uint32_t owed;      // stored row y
  double relative, added;  // of x
};

struct RulesView {
  CurvesView curves;
  std::uint32_t const* asset_curve;     // [assets] credit of collateral
  std::uint8_t const* asset_in_units;   // [assets] 1: tier edges in asset units, 0: in ccy
  std::uint32_t const* exposure_curve;  // [rows] maintenance by notional; price rows unused
  std::uint32_t const* exposure_unit;   // [rows] price row of the brackets' unit, no_index = ccy
  double gain_weight;                   // in [0, 1]: what a gain counts for as collateral
  CreditState const* asset_state = nullptr;  // [assets] null where no credit moves
};

}  // namespace plimsoll
