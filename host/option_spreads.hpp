// Short options beside long ones of the same expiry: how many of them, and what a pair may lose.
// Units: amounts in units of the underlying, strikes and losses in the unit of the strike.
// Method: docs/rules.md, "Standard option margin". At expiry a pair is worth no less than minus the
//   distance of its strikes where the long one is further out of the money, else nothing is lost.
#pragma once

#include <cstdint>
#include <vector>

namespace plimsoll {

struct OptionLeg {
  std::uint32_t option;  // whatever the caller counts by
  double strike;
  double amount;  // > 0
};

// What part of a short option stands beside one long one, or beside none.
struct OptionPair {
  std::uint32_t short_option;
  double amount;
  bool covered;
  double loss;  // per unit, where covered
};

// Legs of one series: puts or calls of one underlying, expiry and settlement. Both sides are taken
// from the deepest in the money on, each short one with the next long one; what is left over stays
// uncovered.
std::vector<OptionPair> pair_options(std::vector<OptionLeg> shorts, std::vector<OptionLeg> longs,
                                     bool puts);

}  // namespace plimsoll
