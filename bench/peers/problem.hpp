// A linear book as sparse and dense algebra take it: excess = cash + W V, W one line a pool, V one
// line a row and one column a scenario.
// Units: reporting currency.
// Method: a position of w contracts whose row X is positive earns w X and needs r |w| X, so that it
//   counts (h w - r |w|) X, with h the credit of the collateral. The haircut has a corner at zero,
//   where the signs agree all the same: what is worth less than nothing is in breach on either
//   side.
// Trusts: one maintenance rate a row; all positions settle in constant collateral, which is all
//   that a pool holds; problem_of() refuses everything else.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/engine.hpp"

namespace plimsoll::bench {

struct Problem {
  std::uint32_t pools = 0;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::vector<int> begin;     // [pools + 1] compressed sparse rows, as Eigen and scipy have them
  std::vector<int> index;     // [begin[pools]] row of V
  std::vector<float> weight;  // [begin[pools]]
  std::vector<float> cash;    // [pools]
  std::vector<float> values;  // [rows][columns] V
};

// V's rows are those that some pool holds.
Problem problem_of(Job const& job, std::vector<double> const& columns);

// The same excess with linear contracts added up per underlying, as a desk may do when its rules
// are linear: fewer terms a pool, and only as many rows as there are assets.
Problem netted_problem_of(Job const& job, std::vector<double> const& columns);

// Whether netting joins rows at all.
bool can_be_netted(Job const& job);

}  // namespace plimsoll::bench
