// What a run found, as it is stored in results.h5 and read by every page.
// Axes: pack (rule packs), account, pool, scenario, step, class, level (of tails). Arrays are row
// major in the order of the axes named beside them. Nothing here has both an account (or pool) and
// a scenario axis. Units: reporting currency, fractions, counts of scenarios; ticks where named so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/provenance.hpp"
#include "kernels/tally.hpp"
#include "models/ticks.hpp"

namespace plimsoll {

// Echo of what decided the answer.
struct RunShapeEcho {
  std::uint64_t seed = 0, scenarios = 0;
  std::uint32_t steps = 0;
  double horizon_days = 0;
  std::string source;  // "model" or "table"
  std::string tails;   // "none", "flagged", "all"
};

struct Result {
  RunShapeEcho shape;
  std::string reporting_currency, as_of;
  std::vector<std::string> packs;    // names of the rule packs
  std::vector<std::string> classes;  // segregation classes

  struct Accounts {
    std::vector<std::string> name;                // [account]
    std::vector<std::uint8_t> segregation_class;  // [account]
    std::vector<std::uint64_t> breaches;  // [pack][account] scenarios with any pool in breach
    std::vector<double> probability, low, high;  // [pack][account] with its 95 % Wilson interval
    std::vector<std::uint32_t> worst_pool;       // [pack][account] pool with most breaches
  } accounts;

  struct Pools {
    std::vector<std::string> name;       // [pool]
    std::vector<std::uint32_t> account;  // [pool]
    std::vector<std::uint8_t> isolated;  // [pool]
    // tonight, [pack][pool]
    std::vector<double> equity, requirement, excess;   // [ccy]
    std::vector<double> margin_ratio;                  // requirement / equity; inf without equity
    std::vector<double> net_exposure, gross_exposure;  // [ccy] signed and absolute position values
    std::vector<double> leverage;  // gross exposure / equity; inf without equity
    // over scenarios, [pack][pool]
    std::vector<std::uint64_t> breaches;
    std::vector<double> probability, low, high;
    std::vector<std::uint64_t> first_passages;  // [pack][pool][step]
    std::vector<double> mean_shortfall;         // [ccy] given breach; 0 without
    std::vector<Ticks> worst_shortfall;         // [tick] 0 without breach
    std::vector<std::int64_t> worst_scenario;   // -1 without breach
    // tails, [pack][pool][level]; NaN where not asked for
    std::vector<double> value_at_risk, expected_shortfall;  // [ccy] of the loss
  } pools;

  struct Scenarios {
    std::vector<std::uint32_t> accounts_in_breach, pools_in_breach;  // [pack][scenario]
    std::vector<TickSum> shortfall;  // [pack][scenario][class] stored as two columns, high and low
  } scenarios;

  // What is held for each class against what it owes. It hangs on no rule.
  struct Segregation {
    std::vector<std::uint8_t> custody_given;       // [class] 0: the book says nothing of custody
    std::vector<TickSum> owed_tonight;             // [class]
    std::vector<double> held_tonight;              // [class] [ccy]
    std::vector<std::uint64_t> undefined_columns;  // [class] outside the domain of the arithmetic
    std::vector<TickSum> lack;  // [scenario][class] at its worst step; 0 without custody
  } segregation;

  // What is added up over the parts of a run to find what custody lacks of the whole
  // (host/segregation.hpp). Kept in the shards of a run in parts, not in its result.
  struct ClassSums {
    std::vector<std::uint8_t> unit_class;  // [unit] whose
    std::vector<std::uint32_t> unit_of;    // [unit] asset, or assets + instrument; rising by class
    std::vector<double> units;             // [unit] those of a class and asset sum exactly to its
    std::vector<TickSum> deficit;          // [scenario][step][class] of pools below zero
    std::vector<std::uint8_t> undefined;   // [scenario][step][class] 1: outside the domain
  } class_sums;

  struct Firm {
    std::vector<std::uint64_t> breaching_cells;   // [pack] pool x scenario pairs in breach
    std::vector<std::uint64_t> flagged_accounts;  // [pack]
    std::vector<std::uint64_t> flagged_pools;     // [pack]
    std::vector<std::uint64_t> limited_draws;     // [pack]
    std::vector<std::uint64_t> undefined_cells;   // [pack]
    std::vector<double> exceedance_probability;   // [point] 1/2 ... 1/scenarios, falling
    std::vector<double> exceedance_shortfall;     // [pack][point] [ccy] total, exceeded with it
    // where the breaches come from, [pack][asset]
    std::vector<std::string> asset;
    std::vector<double>
        asset_breaches;  // breaching cells whose pool's worst scenario this asset drove most
    std::vector<TickSum> asset_fall;  // fall in excess it caused in the pools' worst scenarios
  } firm;

  // Accounts and pools that figures count though no row above is theirs: a result that was
  // condensed (host/condense.hpp) keeps the rows that a page shows. Empty otherwise; never stored.
  struct Rest {
    std::uint64_t accounts = 0, pools = 0;
    std::vector<std::uint64_t> of_class;                                     // [class] accounts
    std::vector<std::uint64_t> accounts_below_tonight, pools_below_tonight;  // [pack]
    std::vector<std::uint64_t> breaches, account_breaches;                   // [pack] summed
    std::vector<std::uint64_t> flagged_accounts, flagged_pools;              // [pack]
    std::vector<std::uint64_t> accounts_by_band;                             // [pack][band]
    std::vector<std::uint64_t> first_passages;                               // [pack][step]
  } rest;
  std::uint64_t all_accounts() const { return accounts.name.size() + rest.accounts; }
  std::uint64_t all_pools() const { return pools.name.size() + rest.pools; }

  // Attributes, left out of the digest.
  std::string config;  // run.toml that says the whole run (host/run_config.hpp)
  std::string engine, engine_note;
  std::vector<WorkDone> work;  // [packs] how the engine came to it; told in the log, not stored
  double seconds_total = 0;
  std::vector<std::string> stage_name;
  std::vector<double> stage_seconds;
  std::uint64_t peak_memory_bytes = 0;
  Provenance provenance;
};

}  // namespace plimsoll
