// From past prices to a market: which assets become factors, how much each moves, how they move
// together, how fat the tails are.
// Units:  prices in the reporting currency; volatility per square root of a year of 365 days;
//         residuals are pure numbers.
// Method: docs/calibration.md: EWMA volatility, Ledoit-Wolf correlation of its residuals on
// complete
//         common rows, multivariate Student-t by maximum likelihood, and the choices stated there.
// Trusts: a PriceHistory with rising dates; every price used is checked positive here.
// Bits:   own exp, log and gamma functions and sums in a fixed order: the same market everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/market.hpp"
#include "host/price_history.hpp"

namespace plimsoll {

struct CalibrationConfig {
  std::string from;  // ISO date of the first row used; empty: the first there is
  std::string to;    // ISO date of tonight; empty: the last row
  std::vector<std::string> exclude;
  std::vector<std::string> include;  // empty: every column
  Market::Constants constants;       // assets declared not to move
  double ewma_lambda = 0.97;         // weight kept from one common row to the next
  std::uint64_t minimum_rows = 400;  // complete common rows asked for
  std::string reporting_currency = "USD";
};

// Days between two observations beyond which they are no neighbours: a factor whose last price is
// older is not alive, and a move across a longer gap is not a one-day move.
inline constexpr std::int32_t longest_closure = 5;

// The market of the history as of the evening of `to`. InputError with place and remedy for unknown
// or contradictory names, an empty window, prices that are not positive, too short a history,
// assets that never move, dependent factors.
Market calibrate(PriceHistory const& history, CalibrationConfig const& config);

// Volatility by exponentially weighted moving average, and what it leaves of each return.
struct FilteredReturns {
  std::vector<double> residuals;  // [returns] r / (sigma_before sqrt(dt))
  double volatility = 0;          // [1/sqrt(year)] after the last return
};

// The variance rate starts from the mean of r^2 / dt over the first 50 returns (all, if fewer). A
// series without any move among them gives a volatility of 0 and no residuals.
FilteredReturns ewma_filtered(std::span<double const> log_returns, std::span<double const> years,
                              double lambda);

}  // namespace plimsoll
