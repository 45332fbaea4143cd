// Small markets, books and rules for tests, built in memory.
#pragma once

#include <string>
#include <vector>

#include "host/book.hpp"
#include "host/dependence.hpp"
#include "host/market.hpp"
#include "host/mixing_table.hpp"
#include "host/rules.hpp"

namespace plimsoll {

// Factors with one common correlation.
inline Market test_market(std::vector<std::string> factors, std::vector<double> prices,
                          double volatility = 0.8, double correlation = 0.5, double dof = 4.0) {
  Market market;
  market.reporting_currency = "USD";
  market.as_of = "2025-08-31";
  std::size_t const n = factors.size();
  market.factors = std::move(factors);
  market.price = std::move(prices);
  market.volatility.assign(n, volatility);
  market.limit.assign(n, 1.5);
  market.correlation.assign(n * n, correlation);
  for (std::size_t i = 0; i < n; ++i) market.correlation[i * n + i] = 1.0;
  market.loading = loading_of(market.correlation, market.factors, "test market");
  market.degrees_of_freedom = dof;
  MixingTable const table = mixing_table(dof);
  market.mixing_low = table.low;
  market.mixing_high = table.high;
  market.constants.name = {"USDT"};
  market.constants.price = {1.0};
  market.calibration.first_date = market.calibration.last_date = market.as_of;
  market.calibration.observations.assign(n, 0);
  market.calibration.day_count_mean.assign(n, 1.0);
  return market;
}

// Two brackets for every contract; 10 % haircut then 20 % from 100,000 on coins, none on USDT.
inline RulePack test_rules(std::vector<std::string> const& instruments) {
  RulePack rules;
  rules.name = "test rules";
  rules.date = "2025-08-31";
  rules.sources = {"made for tests"};
  auto const tiers = [](std::vector<HaircutTier> of, double surcharge) {
    return ByThreshold<CollateralFigures>{{EdgeUnit::currency, std::move(of), surcharge}, {}, {}};
  };
  rules.haircuts = {{"USD", tiers({{0.0, 0.0}}, 0.0)},
                    {"USDT", tiers({{0.0, 0.0}}, 0.02)},
                    {"*", tiers({{0.0, 0.1}, {100000.0, 0.2}}, 0.1)}};
  Brackets const brackets{EdgeUnit::asset, {{0.0, 0.01, 0.0}, {50000.0, 0.025, 750.0}}};
  rules.schedules = {{"contracts", {brackets, {}, {}}}};
  for (std::string const& instrument : instruments) rules.instruments.push_back({instrument, 0});
  return rules;
}

}  // namespace plimsoll
