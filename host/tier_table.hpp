// Leverage tiers as venues publish them, read row by row before they become schedules.
// Two shapes: CSV with columns symbol, tier, notional_floor, notional_cap, maint_margin_rate, and
// if known maint_amount_cum (market, settle and max_leverage may stand there and are not used); and
// the unified JSON of exchange libraries: symbol -> array of {tier, minNotional, maxNotional,
// maintenanceMarginRate, info.cum if known}.
// Units: notionals and deductions in units of the asset in which the contract settles.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll {

enum class TierField { symbol, tier, floor, cap, rate, deduction };

struct PublishedTier {
  std::size_t row;    // for TierTable::place
  double number;      // 1, 2, ...
  double floor, cap;  // cap may be infinite
  double rate;
  std::optional<double> deduction;
};

struct SymbolTiers {
  std::string symbol;
  std::vector<PublishedTier> tiers;  // in the order of the file
};

struct TierTable {
  std::vector<SymbolTiers> symbols;
  std::function<std::string(std::size_t row, TierField field)> place;
};

// By the end of the name: .csv or .json. InputError for what is neither, missing columns or keys,
// cells that are no numbers, and symbols that stand twice in JSON.
TierTable read_tier_table(std::string const& path);

}  // namespace plimsoll
