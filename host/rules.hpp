// A rule pack: one venue's haircuts and maintenance schedules as data.
// Units: rates as fractions, edges in the unit named beside them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace plimsoll {

enum class EdgeUnit : std::uint8_t {
  currency,
  asset
};  // asset: units of the collateral / settle asset

struct HaircutTier {
  double from;     // lower edge of the value to which it applies
  double haircut;  // in [0, 1], not falling
};
struct HaircutSchedule {
  std::string asset;  // name, or "*" for those not named
  EdgeUnit unit = EdgeUnit::currency;
  std::vector<HaircutTier> tiers;  // the first from 0
  double borrow_surcharge = 0;     // b >= 0: borrowed value counts (1 + b)
};

struct Bracket {
  double floor;      // lower edge of the notional
  double rate;       // in [0, 1], not falling
  double deduction;  // requirement = rate |N| - deduction, continuous
};
struct MaintenanceSchedule {
  std::string name;
  EdgeUnit unit = EdgeUnit::currency;
  std::vector<Bracket> brackets;
};
struct InstrumentRule {
  std::string instrument;  // name, or pattern with * at its end
  std::uint32_t schedule;  // index into schedules
};

struct RulePack {
  std::string name, date;
  std::vector<std::string> sources;
  bool counts_gains = true;
  std::vector<HaircutSchedule> haircuts;
  std::vector<MaintenanceSchedule> schedules;
  std::vector<InstrumentRule> instruments;  // the first that matches applies
  std::string place = "rules";  // where messages say it is: the file that it was read from
};

}  // namespace plimsoll
