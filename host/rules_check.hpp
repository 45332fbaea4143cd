// What makes a rule pack one that the arithmetic may trust: refused at the door otherwise.
// Method: docs/models.md, "Curves": credit of collateral is increasing and
// concave,
//   the requirement is increasing and continuous.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "host/rules.hpp"

namespace plimsoll {

// Published deductions are rounded: they may miss continuity by this share of themselves.
inline constexpr double deduction_tolerance = 1e-6;

// The deduction that makes `rate |N| - deduction` meet the bracket below at `floor`.
inline double continuous_deduction(Bracket const& below, double floor, double rate) {
  return below.deduction + floor * (rate - below.rate);
}

// The first thing wrong with a list of tiers or brackets; the reader knows the place of the entry.
struct TierFault {
  enum class Field { edge, rate, deduction };
  std::size_t index;
  Field field;
  std::string problem, why, hint;
};

std::optional<TierFault> bracket_fault(std::vector<Bracket> const& brackets);
std::optional<TierFault> haircut_fault(std::vector<HaircutTier> const& tiers);

// InputError if the pack breaks a rule; `place` is the file, or what else the pack came from.
void check_rules(RulePack const& pack, std::string const& place);

}  // namespace plimsoll
