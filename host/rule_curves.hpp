// Figures of a rule pack become curves, at tonight's prices and sizes.
// Units: as in models/curve.hpp; sizes in units of the asset or of the contract's underlying.
// Method: docs/rules.md; rates and weights that hang on sizes come from models/margin_rates.hpp.
// Trusts: the pack passed check_rules.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "host/rules.hpp"
#include "models/curve.hpp"

namespace plimsoll {

struct Segment {
  double floor, slope, intercept;
};
using Segments = std::vector<Segment>;

// Owns curves; equal ones are kept once.
class CurveTable {
 public:
  std::uint32_t add(Segments const& segments);
  CurvesView view() const {
    return {begin_.data(), floor_.data(), slope_.data(), intercept_.data()};
  }

 private:
  std::vector<std::uint32_t> begin_{0};
  std::vector<double> floor_, slope_, intercept_;
  std::map<std::vector<double>, std::uint32_t> known_;
};

// What credit figures look at tonight.
struct AssetTonight {
  double price;                // [ccy]
  std::optional<double> slow;  // [ccy] second price of initial checks
  double deposits, borrows;    // [ccy] at the venue
};

// The credit of a pool that holds `size` units, or owes them where it is negative, which only
// figures scaled by size or by deposits ask for. `share` is the pool's part of edges in ccy.
Segments credit_segments(CollateralFigures const& figures, AssetTonight const& asset, double size,
                         double share = 1.0);

// Whether what counts is capped by what the pool holds tonight.
bool is_capped_by_deposits(CollateralFigures const& figures);

// What a schedule requires at a threshold: figures, and which part of them.
struct Requirement {
  RequirementFigures const* figures;
  double fraction;        // of the figures
  bool by_open_interest;  // else rates that rise with it stay at their base
};
Requirement requirement_at(MaintenanceSchedule const& schedule, Threshold threshold);

// Whether every position has a curve of its own: by its side or size.
bool is_by_position(Requirement const& requirement);
// Taken from profit and loss before that counts as collateral.
bool is_in_profit(Requirement const& requirement);
// The standard margin of options, or null: short ones are charged for rows of their own.
OptionStandard const* option_standard(Requirement const& requirement);
// Of a spread that may lose `loss`, by the standard margin of its short side.
Segments spread_segments(Requirement const& requirement, double loss);
// Whether the rate needs the open interest of the market.
bool needs_open_interest(Requirement const& requirement);
// What a portfolio scan goes by, or null; a scan has no curve.
Scan const* scan_of(Requirement const& requirement);
// The same requirement, where at least `rate` of the amount is required.
Segments at_least(Segments const& segments, double rate);
// What a curve without a scale gives for an amount not below 0.
double value_of(Segments const& segments, double amount);
EdgeUnit edge_unit(Requirement const& requirement);

struct ContractTonight {
  double price;                // [ccy] of the underlying
  std::optional<double> slow;  // [ccy]
  double open_interest;        // [ccy]
};

// Requirement by notional of `size` units of the underlying, negative where short.
Segments requirement_segments(Requirement const& requirement, ContractTonight const& contract,
                              double size);

}  // namespace plimsoll
