// The market as it is stored: tonight's prices, volatilities, dependence, and what was left out.
// Units: prices in the reporting currency, volatility per square root of a year (365 days), moves
// as
//   log-returns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/provenance.hpp"
#include "models/market.hpp"

namespace plimsoll {

struct Market {
  std::string reporting_currency;
  std::string as_of;  // ISO date of tonight's prices
  std::vector<std::string> factors;
  std::vector<double> price, volatility, limit;  // [factors]
  std::vector<double> correlation;               // [factors][factors], shrunk
  std::vector<double> loading;                   // [factors][factors], lower triangular
  double degrees_of_freedom = 0;
  std::vector<double> mixing_low, mixing_high;  // [mixing_nodes]
  struct Constants {                            // assets declared not to move
    std::vector<std::string> name;
    std::vector<double> price;
  } constants;
  struct Dropped {  // columns of the history that did not become factors
    std::vector<std::string> name, reason;
  } dropped;
  struct Calibration {                  // how the estimates came about
    std::string first_date, last_date;  // of the complete common rows
    std::uint64_t common_rows = 0;
    double ewma_lambda = 0;
    double shrinkage = 0;                     // weight of the identity target
    double log_likelihood = 0;                // of the t copula residuals at degrees_of_freedom
    std::vector<std::uint64_t> observations;  // [factors] returns used
    std::vector<double> day_count_mean;       // [factors] mean days between them
  } calibration;
  Provenance provenance;
};

// Moves given by a table instead of drawn: [scenarios][steps][factors of the market].
struct MoveTable {
  std::uint64_t scenarios = 0;
  std::uint32_t steps = 0;
  std::vector<double> log_moves;
};

MarketView view_of(Market const& market, MoveTable const* table);

}  // namespace plimsoll
