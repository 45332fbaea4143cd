#include "host/market_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_set>

#include "host/column_check.hpp"
#include "host/error.hpp"
#include "host/name_check.hpp"
#include "models/ticks.hpp"

namespace plimsoll {

namespace {

constexpr std::string_view hint = "calibrate the market again";
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();

std::string cell(std::string_view place, std::string_view column, std::size_t i, std::size_t j) {
  return fmt::format("{}:{}[{}, {}]", place, column, i, j);
}

void check_factors(Market const& market, std::string_view place) {
  std::size_t const factors = market.factors.size();
  Market::Calibration const& calibration = market.calibration;
  check_lengths(place, {{"/factors/name", factors},
                        {"/factors/price", market.price.size()},
                        {"/factors/volatility", market.volatility.size()},
                        {"/factors/limit", market.limit.size()},
                        {"/factors/observations", calibration.observations.size()},
                        {"/factors/day_count_mean", calibration.day_count_mean.size()}});
  check_lengths(place, {{"/factors/name squared", factors * factors},
                        {"/dependence/correlation", market.correlation.size()},
                        {"/dependence/loading", market.loading.size()}});
  check_names(column_place(place, "/factors/name"), market.factors);
  check_positive(column_place(place, "/factors/price"), market.price, largest_amount,
                 "prices are positive and fit the ticks of money");
  check_range(column_place(place, "/factors/volatility"), market.volatility, 0.0, 1e3,
              "volatility is a fraction per square root of a year");
  check_positive(column_place(place, "/factors/limit"), market.limit, largest_limit,
                 "moves are log-returns below their limit");
  check_range(column_place(place, "/factors/day_count_mean"), calibration.day_count_mean, 0.0,
              largest, "it is a mean number of days");
}

void check_correlation(Market const& market, std::string_view place) {
  std::size_t const n = market.factors.size();
  constexpr std::string_view column = "/dependence/correlation";
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double const value = market.correlation[i * n + j];
      if (!(std::fabs(value) <= 1.0))
        throw InputError(cell(place, column, i, j), fmt::format("is {}", value),
                         "correlations lie within -1 to 1", hint);
      if (value != market.correlation[j * n + i])
        throw InputError(cell(place, column, i, j),
                         fmt::format("{} differs from {} across the diagonal", value,
                                     market.correlation[j * n + i]),
                         "correlations are symmetric", hint);
      if (i == j && value != 1.0)
        throw InputError(cell(place, column, i, j), fmt::format("is {}", value),
                         "a factor's correlation with itself is 1", hint);
    }
}

// Cholesky's pivots are positive exactly for positive definite matrices.
void check_positive_definite(Market const& market, std::string_view place) {
  std::size_t const n = market.factors.size();
  std::vector<double> root = market.correlation;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = root[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= root[i * n + k] * root[j * n + k];
      if (i == j && !(sum > 0.0))
        throw InputError(column_place(place, "/dependence/correlation"),
                         fmt::format("is not positive definite at factor {}", market.factors[i]),
                         "no market could move like that", hint);
      root[i * n + j] = i == j ? std::sqrt(sum) : sum / root[j * n + j];
    }
  }
}

void check_loading_product(Market const& market, std::string_view place, std::size_t i,
                           std::size_t j) {
  std::size_t const n = market.factors.size();
  double sum = 0.0;
  for (std::size_t k = 0; k <= j; ++k) sum += market.loading[i * n + k] * market.loading[j * n + k];
  double const expected = market.correlation[i * n + j];
  if (std::fabs(sum - expected) <= loading_tolerance) return;
  throw InputError(
      cell(place, "/dependence/loading", i, j),
      i == j ? fmt::format("the squares of the row sum to {}", sum)
             : fmt::format("its rows multiply to {}, the correlation is {}", sum, expected),
      "the loading is the Cholesky factor of the correlation, with rows of unit length", hint);
}

void check_loading(Market const& market, std::string_view place) {
  std::size_t const n = market.factors.size();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double const value = market.loading[i * n + j];
      bool const fits = j > i ? value == 0.0 : j == i ? value > 0.0 : std::isfinite(value);
      if (!fits)
        throw InputError(cell(place, "/dependence/loading", i, j), fmt::format("is {}", value),
                         "it is lower triangular with a positive diagonal", hint);
    }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) check_loading_product(market, place, i, j);
}

[[noreturn]] void refuse_mixing(std::string_view place, std::string_view column, std::size_t row,
                                double value) {
  throw InputError(element(column_place(place, column), row), fmt::format("is {}", value),
                   "the mixing factor is positive and does not fall with u", hint);
}

// low[i] = m(p_i) rises up to u = 1/2, high[i] = m(1 - p_i) falls down to it.
void check_mixing(Market const& market, std::string_view place) {
  check_lengths(place, {{"the table of mixing nodes", mixing_nodes},
                        {"/mixing/low", market.mixing_low.size()},
                        {"/mixing/high", market.mixing_high.size()}});
  constexpr std::string_view why = "the mixing factor is a positive number";
  check_positive(column_place(place, "/mixing/low"), market.mixing_low, largest, why);
  check_positive(column_place(place, "/mixing/high"), market.mixing_high, largest, why);
  for (std::size_t i = 1; i < mixing_nodes; ++i) {
    if (market.mixing_low[i] < market.mixing_low[i - 1])
      refuse_mixing(place, "/mixing/low", i, market.mixing_low[i]);
    if (market.mixing_high[i] > market.mixing_high[i - 1])
      refuse_mixing(place, "/mixing/high", i, market.mixing_high[i]);
  }
  if (market.mixing_high.back() < market.mixing_low.back())
    refuse_mixing(place, "/mixing/high", mixing_nodes - 1, market.mixing_high.back());
  double const degrees = market.degrees_of_freedom;
  if (!(degrees > 2.0 && degrees <= infinity))
    throw InputError(column_place(place, "/mixing/degrees_of_freedom"),
                     fmt::format("is {}", degrees),
                     "below or at 2 the moves would have no variance", hint);
}

void check_constants(Market const& market, std::string_view place) {
  std::string const names = column_place(place, "/constants/name");
  check_lengths(place, {{"/constants/name", market.constants.name.size()},
                        {"/constants/price", market.constants.price.size()}});
  check_names(names, market.constants.name);
  check_positive(column_place(place, "/constants/price"), market.constants.price, largest_amount,
                 "prices are positive and fit the ticks of money");
  std::unordered_set<std::string_view> const moving(market.factors.begin(), market.factors.end());
  for (std::size_t row = 0; row < market.constants.name.size(); ++row) {
    std::string const& name = market.constants.name[row];
    if (moving.contains(name))
      throw InputError(element(names, row), fmt::format("{} is a factor, too", name),
                       "it cannot both move and stand still", "drop one of the two");
    if (name == market.reporting_currency && market.constants.price[row] != 1.0)
      throw InputError(
          element(column_place(place, "/constants/price"), row),
          fmt::format("the reporting currency {} costs {}", name, market.constants.price[row]),
          "it is the unit of prices", "give it the price 1");
  }
  if (moving.contains(market.reporting_currency))
    throw InputError(
        column_place(place, "/factors/name"),
        fmt::format("the reporting currency {} is a factor", market.reporting_currency),
        "it is the unit of prices and cannot move", "leave its column out");
}

void check_dropped(Market const& market, std::string_view place) {
  std::string const names = column_place(place, "/dropped/name");
  check_lengths(place, {{"/dropped/name", market.dropped.name.size()},
                        {"/dropped/reason", market.dropped.reason.size()}});
  check_names(names, market.dropped.name);
  for (std::size_t row = 0; row < market.dropped.name.size(); ++row)
    if (std::find(market.factors.begin(), market.factors.end(), market.dropped.name[row]) !=
        market.factors.end())
      throw InputError(element(names, row),
                       fmt::format("{} is a factor, too", market.dropped.name[row]),
                       "it cannot both be used and left out", hint);
}

void check_calibration(Market const& market, std::string_view place) {
  Market::Calibration const& found = market.calibration;
  if (!found.first_date.empty())
    check_iso_date(column_place(place, "/calibration/first_date"), found.first_date);
  if (!found.last_date.empty())
    check_iso_date(column_place(place, "/calibration/last_date"), found.last_date);
  if (found.last_date < found.first_date)
    throw InputError(column_place(place, "/calibration/last_date"),
                     fmt::format("{} is before {}", found.last_date, found.first_date),
                     "a history ends after it begins", hint);
  check_range(column_place(place, "/calibration/ewma_lambda"), {found.ewma_lambda}, 0.0, 1.0,
              "it is a weight");
  check_range(column_place(place, "/calibration/shrinkage"), {found.shrinkage}, 0.0, 1.0,
              "it is a weight");
  check_range(column_place(place, "/calibration/log_likelihood"), {found.log_likelihood}, -largest,
              largest, "it is a finite number");
}

}  // namespace

void check_market(Market const& market, std::string_view place) {
  check_name(column_place(place, "/reporting_currency"), market.reporting_currency);
  check_iso_date(column_place(place, "/as_of"), market.as_of);
  check_factors(market, place);
  check_correlation(market, place);
  check_positive_definite(market, place);
  check_loading(market, place);
  check_mixing(market, place);
  check_constants(market, place);
  check_dropped(market, place);
  check_calibration(market, place);
}

}  // namespace plimsoll
