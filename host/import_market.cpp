#include "host/import_market.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "host/csv.hpp"
#include "host/dependence.hpp"
#include "host/error.hpp"
#include "host/mixing_table.hpp"
#include "host/price_history.hpp"

namespace plimsoll {
namespace {

constexpr double largest_limit = 3.0;
constexpr double symmetry_tolerance = 1e-12;

double positive(CsvTable const& table, std::size_t row, std::size_t column, double largest) {
  double const value = table.number(row, column);
  if (!(value > 0.0 && value <= largest))
    throw table.error(row, column, "value " + std::string(table.text(row, column)),
                      fmt::format("it must be above 0 and at most {:g}", largest),
                      "correct the figure");
  return value;
}

void read_factors(CsvTable const& table, Market& market) {
  std::size_t const name = table.column("name");
  std::size_t const price = table.column("price");
  std::size_t const volatility = table.column("volatility");
  std::size_t const limit = table.column("limit");
  std::unordered_set<std::string> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    std::string const factor(table.text(row, name));
    if (factor.empty() || !seen.insert(factor).second)
      throw table.error(row, name,
                        factor.empty() ? "no name" : "factor " + shown(factor) + " again",
                        "each factor stands once, under its name", "remove or rename the row");
    market.factors.push_back(factor);
    market.price.push_back(positive(table, row, price, 1e12));
    market.volatility.push_back(positive(table, row, volatility, 100.0));
    market.limit.push_back(positive(table, row, limit, largest_limit));
  }
  if (market.factors.empty())
    throw InputError(table.path(), "no factors", "a market needs at least one", "add rows");
}

void read_correlation(CsvTable const& table, Market& market) {
  std::size_t const n = market.factors.size();
  if (table.rows() != n)
    throw InputError(table.path(), fmt::format("{} rows", table.rows()),
                     fmt::format("the market has {} factors", n), "give one row per factor");
  std::size_t const name = table.column("name");
  std::vector<std::size_t> columns;
  for (std::string const& factor : market.factors) columns.push_back(table.column(factor));
  market.correlation.resize(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    if (table.text(i, name) != market.factors[i])
      throw table.error(i, name, "factor " + shown(table.text(i, name)),
                        "expected " + shown(market.factors[i]) + ", the order of the factors",
                        "order the rows as in the file of factors");
    for (std::size_t j = 0; j < n; ++j) {
      double const rho = table.number(i, columns[j]);
      bool const fits = i == j ? rho == 1.0 : std::fabs(rho) < 1.0;
      if (!fits)
        throw table.error(i, columns[j], fmt::format("correlation {}", rho),
                          i == j ? "the diagonal is 1" : "it must lie inside (-1, 1)",
                          "correct the figure");
      if (j < i && std::fabs(rho - market.correlation[j * n + i]) > symmetry_tolerance)
        throw table.error(i, columns[j], fmt::format("correlation {}", rho),
                          fmt::format("its mirror image is {}", market.correlation[j * n + i]),
                          "make the matrix symmetric");
      market.correlation[i * n + j] = j < i ? market.correlation[j * n + i] : rho;
    }
  }
}

void check_constants(Market::Constants const& constants, Market const& market) {
  for (std::string const& name : constants.name)
    if (std::find(market.factors.begin(), market.factors.end(), name) != market.factors.end())
      throw InputError("--constant " + name, "is a factor, too",
                       "it cannot both move and stand still", "drop one of the two");
}

void check_currency(Market const& market, std::string const& path) {
  if (market.reporting_currency.empty())
    throw InputError("--currency", "an empty text", "it names nothing", "write for example USD");
  for (std::size_t row = 0; row < market.factors.size(); ++row)
    if (market.factors[row] == market.reporting_currency)
      throw InputError(path, "the reporting currency " + market.factors[row] + " is a factor",
                       "it is the unit of prices and cannot move",
                       "remove its row, or give another --currency");
}

}  // namespace

Market import_market(MarketFiles const& files) {
  Market market;
  market.reporting_currency = files.reporting_currency;
  required_day("--as-of", files.as_of);
  market.as_of = files.as_of;
  if (!(files.degrees_of_freedom > 2.0 && files.degrees_of_freedom <= 1000.0))
    throw InputError("--degrees-of-freedom", fmt::format("{}", files.degrees_of_freedom),
                     "it must lie in (2, 1000]", "4 is a common value for daily returns");
  market.degrees_of_freedom = files.degrees_of_freedom;
  read_factors(CsvTable::read(files.factors), market);
  check_currency(market, files.factors);
  check_constants(files.constants, market);
  read_correlation(CsvTable::read(files.correlation), market);
  market.loading = loading_of(market.correlation, market.factors, files.correlation);
  MixingTable const table = mixing_table(files.degrees_of_freedom);
  market.mixing_low = table.low;
  market.mixing_high = table.high;
  market.constants = files.constants;
  market.calibration.first_date = market.calibration.last_date = files.as_of;
  market.calibration.observations.assign(market.factors.size(), 0);
  market.calibration.day_count_mean.assign(market.factors.size(), 0.0);
  return market;
}

}  // namespace plimsoll
