#include "host/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/dependence.hpp"
#include "host/error.hpp"
#include "host/mixing_table.hpp"
#include "models/elementary.hpp"
#include "models/number.hpp"

namespace plimsoll {
namespace {

constexpr std::size_t start_returns = 50;
constexpr double least_limit = 0.5;
constexpr double most_limit = 3.0;

bool contains(std::vector<std::string> const& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void require_known(PriceHistory const& history, std::vector<std::string> const& names,
                   std::string_view argument) {
  for (std::string const& name : names) {
    if (history.find_asset(name)) continue;
    throw InputError(argument, fmt::format("no column '{}' in {}", name, history.path),
                     "a misspelt name would silently change the market",
                     fmt::format("the columns are {}", fmt::join(history.assets, ", ")));
  }
}

void check_constants(Market::Constants const& constants) {
  if (constants.name.size() != constants.price.size()) {
    throw std::logic_error("calibrate: constants need one price for each name");
  }
  for (std::size_t i = 0; i < constants.name.size(); ++i) {
    std::string const& name = constants.name[i];
    if (!(constants.price[i] > 0.0 && constants.price[i] < infinity)) {
      throw InputError("--constant", fmt::format("price {} of '{}'", constants.price[i], name),
                       "a price is positive and finite", "write for example --constant USDT=1");
    }
    if (std::find(constants.name.begin(), constants.name.begin() + static_cast<std::ptrdiff_t>(i),
                  name) != constants.name.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw InputError("--constant", fmt::format("'{}' is given twice", name),
                       "an asset has one price", "give it once");
    }
  }
}

void check_names(PriceHistory const& history, CalibrationConfig const& config) {
  require_known(history, config.exclude, "--exclude");
  require_known(history, config.include, "--include");
  check_constants(config.constants);
  for (std::string const& name : config.include) {
    if (contains(config.exclude, name) || contains(config.constants.name, name)) {
      throw InputError("--include", fmt::format("'{}' is also excluded or constant", name),
                       "it cannot be a factor and none", "name it once");
    }
  }
}

void check_figures(CalibrationConfig const& config) {
  if (!(config.ewma_lambda > 0.0 && config.ewma_lambda < 1.0)) {
    throw InputError("--lambda", fmt::format("{} is outside (0, 1)", config.ewma_lambda),
                     "it is the weight that yesterday's variance keeps", "0.97 is usual");
  }
  if (config.minimum_rows <= start_returns) {
    throw InputError("--minimum-rows", fmt::format("{} rows", config.minimum_rows),
                     fmt::format("the volatility alone starts from {} returns", start_returns),
                     "ask for a few hundred; 400 is usual");
  }
}

struct Window {
  std::size_t begin = 0;  // rows of the history, one behind the last
  std::size_t end = 0;
  std::int32_t tonight = 0;
  std::string tonight_date;
};

Window window_of(PriceHistory const& history, CalibrationConfig const& config) {
  Window window;
  window.tonight_date = config.to.empty() ? history.dates.back() : config.to;
  window.tonight = required_day("--to", window.tonight_date);
  std::int32_t const from =
      config.from.empty() ? history.days.front() : required_day("--from", config.from);
  auto const row_at = [&history](auto place) {
    return static_cast<std::size_t>(place - history.days.begin());
  };
  window.begin = row_at(std::lower_bound(history.days.begin(), history.days.end(), from));
  window.end = row_at(std::upper_bound(history.days.begin(), history.days.end(), window.tonight));
  if (window.begin >= window.end) {
    throw InputError(
        history.path,
        fmt::format("no row from {} to {}",
                    config.from.empty() ? history.dates.front() : config.from, window.tonight_date),
        fmt::format("the history runs from {} to {}", history.dates.front(), history.dates.back()),
        "choose --from and --to inside it");
  }
  return window;
}

// One column of the history that may become a factor.
struct Candidate {
  std::size_t asset = 0;
  std::size_t observations = 0;  // prices in the window
  std::size_t last_row = 0;
};

struct Choice {
  std::vector<Candidate> candidates;  // in the order of the file
  std::vector<std::size_t> rows;      // complete common rows
  Market::Dropped dropped;

  void drop(std::string const& name, std::string reason) {
    dropped.name.push_back(name);
    dropped.reason.push_back(std::move(reason));
  }
};

Candidate candidate_of(PriceHistory const& history, Window const& window, std::size_t asset) {
  Candidate candidate{asset, 0, 0};
  for (std::size_t row = window.begin; row < window.end; ++row) {
    if (history.missing(row, asset)) continue;
    require_positive(history, row, asset);
    ++candidate.observations;
    candidate.last_row = row;
  }
  return candidate;
}

void refuse_currency(PriceHistory const& history, std::string const& name,
                     CalibrationConfig const& config) {
  if (name != config.reporting_currency) return;
  throw InputError(fmt::format("{}:row 1, column '{}'", history.path, name),
                   "a price of the reporting currency", "it is 1 by definition",
                   fmt::format("leave the column out with --exclude {}", name));
}

Choice living_columns(PriceHistory const& history, CalibrationConfig const& config,
                      Window const& window) {
  Choice choice;
  for (std::size_t asset = 0; asset < history.assets.size(); ++asset) {
    std::string const& name = history.assets[asset];
    if (contains(config.constants.name, name)) continue;
    if (contains(config.exclude, name)) {
      choice.drop(name, "excluded by request");
      continue;
    }
    if (!config.include.empty() && !contains(config.include, name)) {
      choice.drop(name, "not among the columns asked for");
      continue;
    }
    refuse_currency(history, name, config);
    Candidate const candidate = candidate_of(history, window, asset);
    if (candidate.observations == 0) {
      choice.drop(name, "not alive: no observation in the window");
    } else if (window.tonight - history.days[candidate.last_row] > longest_closure) {
      choice.drop(name,
                  fmt::format("not alive: last observation {}", history.dates[candidate.last_row]));
    } else {
      choice.candidates.push_back(candidate);
    }
  }
  if (choice.candidates.empty()) {
    throw InputError(
        history.path, fmt::format("nothing is alive on {}", window.tonight_date),
        fmt::format("no column asked for has a price in the {} days before it", longest_closure),
        "choose an earlier --to, or other columns");
  }
  return choice;
}

std::vector<std::size_t> complete_rows(PriceHistory const& history, Window const& window,
                                       std::vector<Candidate> const& candidates) {
  std::vector<std::size_t> rows;
  for (std::size_t row = window.begin; row < window.end; ++row) {
    if (std::none_of(candidates.begin(), candidates.end(), [&](Candidate const& candidate) {
          return history.missing(row, candidate.asset);
        })) {
      rows.push_back(row);
    }
  }
  return rows;
}

// Drops the column with the fewest observations, of equals the one whose name comes last, until
// enough rows are complete.
void lengthen(PriceHistory const& history, CalibrationConfig const& config, Window const& window,
              Choice& choice) {
  choice.rows = complete_rows(history, window, choice.candidates);
  while (choice.rows.size() < config.minimum_rows && choice.candidates.size() > 1) {
    auto const shortest =
        std::min_element(choice.candidates.begin(), choice.candidates.end(),
                         [&history](Candidate const& a, Candidate const& b) {
                           if (a.observations != b.observations)
                             return a.observations < b.observations;
                           return history.assets[a.asset] > history.assets[b.asset];
                         });
    choice.drop(
        history.assets[shortest->asset],
        fmt::format("too short: {} observations; with it only {} complete common rows of {}",
                    shortest->observations, choice.rows.size(), config.minimum_rows));
    choice.candidates.erase(shortest);
    choice.rows = complete_rows(history, window, choice.candidates);
  }
  if (choice.rows.size() < config.minimum_rows) {
    throw InputError(history.path,
                     fmt::format("the longest living column, '{}', has {} observations up to {}",
                                 history.assets[choice.candidates.front().asset],
                                 choice.rows.size(), window.tonight_date),
                     fmt::format("volatility and correlation need {}", config.minimum_rows),
                     "give a longer history, an earlier --from, or fewer --minimum-rows");
  }
}

struct Returns {
  std::vector<double> years;                   // [returns]
  std::vector<std::vector<double>> by_factor;  // [factors][returns] log-returns
};

Returns common_returns(PriceHistory const& history, Choice const& choice) {
  Returns returns;
  for (std::size_t i = 1; i < choice.rows.size(); ++i) {
    std::int32_t const days = history.days[choice.rows[i]] - history.days[choice.rows[i - 1]];
    returns.years.push_back(static_cast<double>(days) / days_per_year);
  }
  for (Candidate const& candidate : choice.candidates) {
    std::vector<double>& series = returns.by_factor.emplace_back();
    for (std::size_t i = 1; i < choice.rows.size(); ++i) {
      series.push_back(log(history.price(choice.rows[i], candidate.asset) /
                           history.price(choice.rows[i - 1], candidate.asset)));
    }
  }
  return returns;
}

// Twice the largest move between neighbouring observations of the column's own, within bounds.
double limit_of(PriceHistory const& history, Window const& window, std::size_t asset) {
  double largest = 0.0;
  std::size_t before = history.rows();
  for (std::size_t row = window.begin; row < window.end; ++row) {
    if (history.missing(row, asset)) continue;
    if (before < row && history.days[row] - history.days[before] <= longest_closure) {
      double const move = log(history.price(row, asset) / history.price(before, asset));
      largest = std::max(largest, magnitude(move));
    }
    before = row;
  }
  return std::min(most_limit, std::max(least_limit, 2.0 * largest));
}

// Volatilities go into the market, what they leave unexplained is returned.
Residuals filter(PriceHistory const& history, Choice const& choice, double lambda, Market& market) {
  Returns const returns = common_returns(history, choice);
  Residuals residuals{returns.years.size(), choice.candidates.size(), {}};
  residuals.values.resize(residuals.rows * residuals.factors);
  for (std::size_t f = 0; f < residuals.factors; ++f) {
    FilteredReturns const filtered = ewma_filtered(returns.by_factor[f], returns.years, lambda);
    if (!(filtered.volatility > 0.0)) {
      std::string const& name = market.factors[f];
      throw InputError(fmt::format("{}:column '{}'", history.path, name),
                       fmt::format("no move in the first {} returns from {}", start_returns,
                                   history.dates[choice.rows.front()]),
                       "a volatility of zero leaves nothing to correlate",
                       fmt::format("declare it constant with --constant {}=PRICE, leave it out "
                                   "with --exclude {}, or begin later with --from",
                                   name, name));
    }
    market.volatility.push_back(filtered.volatility);
    for (std::size_t t = 0; t < residuals.rows; ++t) {
      residuals.values[t * residuals.factors + f] = filtered.residuals[t];
    }
  }
  standardise(residuals);
  return residuals;
}

void describe(PriceHistory const& history, CalibrationConfig const& config, Window const& window,
              Choice const& choice, Market& market) {
  market.reporting_currency = config.reporting_currency;
  market.as_of = window.tonight_date;
  market.constants = config.constants;
  market.dropped = choice.dropped;
  std::size_t const first = choice.rows.front();
  std::size_t const last = choice.rows.back();
  std::size_t const returns = choice.rows.size() - 1;
  double const mean_days =
      static_cast<double>(history.days[last] - history.days[first]) / static_cast<double>(returns);
  market.calibration.first_date = history.dates[first];
  market.calibration.last_date = history.dates[last];
  market.calibration.common_rows = choice.rows.size();
  market.calibration.ewma_lambda = config.ewma_lambda;
  for (Candidate const& candidate : choice.candidates) {
    market.factors.push_back(history.assets[candidate.asset]);
    market.price.push_back(history.price(candidate.last_row, candidate.asset));
    market.limit.push_back(limit_of(history, window, candidate.asset));
    market.calibration.observations.push_back(returns);
    market.calibration.day_count_mean.push_back(mean_days);
  }
}

}  // namespace

FilteredReturns ewma_filtered(std::span<double const> log_returns, std::span<double const> years,
                              double lambda) {
  std::size_t const start = std::min(start_returns, log_returns.size());
  double variance = 0.0;
  for (std::size_t i = 0; i < start; ++i) variance += log_returns[i] * log_returns[i] / years[i];
  variance /= static_cast<double>(start);
  FilteredReturns filtered;
  if (!(variance > 0.0)) return filtered;
  filtered.residuals.reserve(log_returns.size());
  for (std::size_t i = 0; i < log_returns.size(); ++i) {
    filtered.residuals.push_back(log_returns[i] / std::sqrt(variance * years[i]));
    double const rate = log_returns[i] * log_returns[i] / years[i];
    variance = fused(lambda, variance, (1.0 - lambda) * rate);
  }
  filtered.volatility = std::sqrt(variance);
  return filtered;
}

Market calibrate(PriceHistory const& history, CalibrationConfig const& config) {
  check_names(history, config);
  check_figures(config);
  Window const window = window_of(history, config);
  Choice choice = living_columns(history, config, window);
  lengthen(history, config, window, choice);

  Market market;
  describe(history, config, window, choice, market);
  Residuals const residuals = filter(history, choice, config.ewma_lambda, market);
  ShrunkCorrelation shrunk = shrunk_correlation(residuals);
  market.loading = loading_of(shrunk.values, market.factors, history.path);
  market.correlation = std::move(shrunk.values);
  market.calibration.shrinkage = shrunk.shrinkage;
  TailFit const tail = student_fit(residuals, market.loading);
  market.degrees_of_freedom = tail.degrees_of_freedom;
  market.calibration.log_likelihood = tail.log_likelihood;
  MixingTable table = mixing_table(tail.degrees_of_freedom);
  market.mixing_low = std::move(table.low);
  market.mixing_high = std::move(table.high);
  return market;
}

}  // namespace plimsoll
