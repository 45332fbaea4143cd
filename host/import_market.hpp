// A market given by hand: factors and their correlation as CSV, for those who calibrate elsewhere
// and for markets that are kept as text. Units: prices in the reporting currency, volatility per
// square root of a year, limit as log-return.
#pragma once

#include <string>

#include "host/market.hpp"

namespace plimsoll {

struct MarketFiles {
  std::string factors;      // CSV: name, price, volatility, limit
  std::string correlation;  // CSV: name, then one column per factor in the same order
  double degrees_of_freedom = 4.0;
  std::string as_of;  // ISO date
  std::string reporting_currency = "USD";
  Market::Constants constants;
};

// InputError with file, row and column for duplicate or unknown names, prices, volatilities or
// limits that are not positive, correlations that are not symmetric, outside [-1, 1], without unit
// diagonal or not positive definite.
Market import_market(MarketFiles const& files);

}  // namespace plimsoll
