// Haircuts from a table of published collateral weights: CSV with the columns venue, scheme, asset,
// tier, floor, cap, unit, collateral_weight_maint, liability_weight_maint; others are not used.
// Method: haircut = 1 - weight, rounded to 12 decimals so that 0.95 gives 0.05; borrow surcharge =
//   liability weight - 1, 0 where the cell is blank. What lies above the cap of the last tier does
//   not count: its haircut is 1.
// Units: unit "coin" means edges in the asset; "USD", "USDT" and "USDC" mean the reporting
// currency;
//   it may be blank where there are no edges.
#pragma once

#include <string>
#include <vector>

#include "host/rules.hpp"

namespace plimsoll {

// One schedule for each asset of that venue and scheme, in the order of the file. InputError with
// row and column where tiers do not follow each other, edges are missing, or no row fits.
std::vector<HaircutSchedule> read_haircut_table(std::string const& path, std::string const& venue,
                                                std::string const& scheme);

}  // namespace plimsoll
