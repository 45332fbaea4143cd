// What the parts of ResolvedBook's construction share.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/resolve.hpp"

namespace plimsoll {

// The schedule of an instrument, by the first pattern that matches. InputError where none does.
std::uint32_t schedule_of(RulePack const& rules, std::string const& instrument);

// Whether a name is the pattern, or begins as it does before its *.
bool matches(std::string_view pattern, std::string_view name);

// The haircuts of an asset, by its name or those of "*". InputError where there are none.
HaircutSchedule const& haircut_of(RulePack const& rules, std::string const& asset);

// [ccy] the slower price of an asset that initial checks look at too.
std::optional<double> slow_price(RulePack const& rules, std::string const& asset);

// A pack may say of an asset that nobody owes it: InputError where a pool does.
void refuse_debts(Book const& book, RulePack const& rules);

// What a contract entered at a price is worth in its settlement asset, per unit of its size.
double cost_of(InstrumentKind kind, double price);

// What an account's contract requires at least of its notional, by a leverage that it chose.
double least_rate(RulePack const& rules, Threshold threshold, std::string const& account,
                  std::string const& instrument);

// Figures that shift, as they are on the day `as_of`.
CollateralFigures shifted(CollateralFigures figures, std::string const& as_of);

struct ResolvedBook::Rules {
  Book const& book;
  RulePack const& pack;
  Threshold threshold;
  std::string as_of;                                   // tonight
  std::vector<CollateralFigures const*> collateral{};  // [assets]
  std::deque<CollateralFigures> shifted{};             // those of tonight that shift
  std::vector<AssetTonight> assets{};                  // [assets]
  std::vector<Requirement> requirements{};             // [instruments]
  std::vector<ContractTonight> contracts{};            // [instruments]
  bool own_terms = false;                              // terms have curves of their own
  bool options = false;                                // some have standard option margin
  bool add_ons = false;                                // some scans have add-ons
  bool in_profit = false;                              // some weights are less than what is held
  bool timed = false;                                  // some charges come or go with time
  std::vector<std::uint8_t> at_entry{};                // [instruments] 1: of the notional at entry
  bool entries = false;                                // some are
};

struct ResolvedBook::Contract {
  std::uint32_t settle, instrument;
  double quantity, entry;                   // quantity 0: there are only orders
  double bids = 0.0, asks = 0.0;            // [contract]
  double bids_cost = 0.0, asks_cost = 0.0;  // bids, asks at their limits, as cost_of()
  double least_rate = 0.0;                  // of the notional, by a setting of the account
  bool has_orders() const { return bids > 0.0 || asks > 0.0; }
};

struct ResolvedBook::Fill {
  double weight;  // [units of the row], signed
  double size;    // [units of the underlying], negative where short
};

}  // namespace plimsoll
