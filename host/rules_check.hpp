// What makes a rule pack one that the arithmetic may trust: refused at the door otherwise.
// Method: docs/rules.md, "What is refused": credit of collateral is increasing and concave, the
//   requirement is increasing, and continuous where it is not looked up by the whole notional.
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

// The tiers of a requirement by the whole notional, which may jump.
std::optional<TierFault> whole_notional_fault(std::vector<Bracket> const& tiers);

// The first thing wrong with figures that are no list; `key` is the key as in rules.toml, with a
// point before the key of a table inside.
struct FigureFault {
  std::string key, problem, why, hint;
};

std::optional<FigureFault> collateral_fault(CollateralFigures const& figures);
std::optional<FigureFault> requirement_fault(RequirementFigures const& figures);

// InputError if the pack breaks a rule; `place` is the file, or what else the pack came from.
void check_rules(RulePack const& pack, std::string const& place);

}  // namespace plimsoll
