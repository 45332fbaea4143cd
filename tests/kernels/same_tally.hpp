// Compares tallies field by field and says where they first differ.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/tally.hpp"

namespace plimsoll {

inline bool operator==(PoolTally const& a, PoolTally const& b) {
  return a.breaches == b.breaches && a.shortfall == b.shortfall &&
         a.worst_shortfall == b.worst_shortfall && a.worst_scenario == b.worst_scenario;
}
inline bool operator==(TailTally const& a, TailTally const& b) {
  bool same = a.known == b.known;
  for (std::uint32_t level = 0; level < tail_levels; ++level)
    same = same && a.value_at_risk[level] == b.value_at_risk[level] &&
           a.tail_sum[level] == b.tail_sum[level];
  return same;
}

namespace testing {

template <class T>
::testing::AssertionResult same_values(char const* name, std::vector<T> const& found,
                                       std::vector<T> const& expected) {
  if (found.size() != expected.size())
    return ::testing::AssertionFailure()
           << name << " has " << found.size() << " entries, not " << expected.size();
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!(found[i] == expected[i]))
      return ::testing::AssertionFailure() << name << " differs first at entry " << i;
  return ::testing::AssertionSuccess();
}

inline ::testing::AssertionResult same_tally(Tally const& found, Tally const& expected) {
  auto result = same_values("pools", found.pools, expected.pools);
  if (result) result = same_values("first_passages", found.first_passages, expected.first_passages);
  if (result) result = same_values("tails", found.tails, expected.tails);
  if (result)
    result = same_values("account_breaches", found.account_breaches, expected.account_breaches);
  if (result) result = same_values("scenario_pools", found.scenario_pools, expected.scenario_pools);
  if (result)
    result = same_values("scenario_accounts", found.scenario_accounts, expected.scenario_accounts);
  if (result)
    result =
        same_values("scenario_shortfall", found.scenario_shortfall, expected.scenario_shortfall);
  if (!result) return result;
  if (found.limited_draws != expected.limited_draws)
    return ::testing::AssertionFailure()
           << "limited_draws " << found.limited_draws << ", not " << expected.limited_draws;
  if (found.undefined_cells != expected.undefined_cells)
    return ::testing::AssertionFailure()
           << "undefined_cells " << found.undefined_cells << ", not " << expected.undefined_cells;
  return ::testing::AssertionSuccess();
}

}  // namespace testing
}  // namespace plimsoll
