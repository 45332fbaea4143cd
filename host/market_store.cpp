#include "host/market_store.hpp"

#include <stdexcept>

#include "host/error.hpp"
#include "host/market_check.hpp"

namespace plimsoll {

namespace {

template <class Fields, class MarketOrConst>
void visit(Fields& file, MarketOrConst& market) {
  file.value("/reporting_currency", "text", market.reporting_currency);
  file.value("/as_of", "date", market.as_of);
  file.column("/factors/name", "text", {"factor"}, market.factors);
  file.column("/factors/price", "ccy", {"factor"}, market.price);
  file.column("/factors/volatility", "1/sqrt(year)", {"factor"}, market.volatility);
  file.column("/factors/limit", "log-return", {"factor"}, market.limit);
  file.column("/factors/observations", "return", {"factor"}, market.calibration.observations);
  file.column("/factors/day_count_mean", "day", {"factor"}, market.calibration.day_count_mean);
  file.column("/dependence/correlation", "fraction", {"factor", "factor"}, market.correlation);
  file.column("/dependence/loading", "fraction", {"factor", "factor"}, market.loading);
  file.axis("mixing_node", mixing_nodes);
  file.value("/mixing/degrees_of_freedom", "1", market.degrees_of_freedom);
  file.column("/mixing/low", "1", {"mixing_node"}, market.mixing_low);
  file.column("/mixing/high", "1", {"mixing_node"}, market.mixing_high);
  file.column("/constants/name", "text", {"constant"}, market.constants.name);
  file.column("/constants/price", "ccy", {"constant"}, market.constants.price);
  file.column("/dropped/name", "text", {"dropped"}, market.dropped.name);
  file.column("/dropped/reason", "text", {"dropped"}, market.dropped.reason);
  auto& calibration = market.calibration;
  file.value("/calibration/first_date", "date", calibration.first_date);
  file.value("/calibration/last_date", "date", calibration.last_date);
  file.value("/calibration/common_rows", "row", calibration.common_rows);
  file.value("/calibration/ewma_lambda", "fraction", calibration.ewma_lambda);
  file.value("/calibration/shrinkage", "fraction", calibration.shrinkage);
  file.value("/calibration/log_likelihood", "1", calibration.log_likelihood);
  file.provenance(market.provenance);
}

}  // namespace

void write_market(Market const& market, std::string const& path, Overwrite overwrite) {
  try {
    check_market(market, path);
  } catch (InputError const& error) {
    throw std::logic_error(error.what());
  }
  SchemaWriter file(path, market_schema, overwrite);
  visit(file, market);
  file.finish();
}

Market read_market(std::string const& path) {
  SchemaReader file(path, market_schema);
  Market market;
  visit(file, market);
  file.finish();
  check_market(market, path);
  return market;
}

}  // namespace plimsoll
