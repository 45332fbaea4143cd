// One pool in one scenario, line by line: debugger, audit trail and appendix of the report in one.
// Every figure printed is computed by the functions of models/ that the engines use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/book.hpp"
#include "host/market.hpp"
#include "host/replay.hpp"
#include "host/rules.hpp"

namespace plimsoll {

struct Explanation {
  std::string text;
  Passage passage;  // as replayed; of no meaning for tonight alone
};

// Tonight alone: balances, positions, haircuts, brackets, equity, requirement, excess.
Explanation explain_today(Book const& book, RulePack const& rules, ResolvedBook const& resolved,
                          std::uint32_t pool);

// Tonight and every step of a scenario, then first passage, shortfall and loss.
Explanation explain_scenario(Book const& book, Market const& market, RulePack const& rules,
                             ResolvedBook const& resolved, MarketView const& view,
                             RunShape const& shape, std::uint32_t pool, std::uint64_t scenario);

}  // namespace plimsoll
