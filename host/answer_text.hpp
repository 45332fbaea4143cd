// Answers as they are written: JSON on one line, or text for people.
// Units: reporting currency; moves are simple returns, in percent in text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/loaded_book.hpp"
#include "host/shock_table.hpp"

namespace plimsoll {

// "BTC":-0.3,"ETH":-0.2
std::string moves_json(Market const& market, Shock const& shock);
// BTC -30 %, ETH -20 %
std::string moves_text(Market const& market, Shock const& shock);

// {"rules":...,"pools":...,...}
std::string shock_json(Book const& book, std::string_view rules, ShockFigures const& figures);
std::string shock_text(Book const& book, std::string_view rules, ShockFigures const& figures);

// {"equity":...,"requirement":...,"excess":...,"margin_ratio":...,"leverage":...,"breach":...}
std::string margin_json(ResolvedBook const& resolved, std::uint32_t pool);
std::string margin_text(ResolvedBook const& resolved, std::uint32_t pool);

// What scenarios say beside the summary: {"rules":...,"breaches":...,"expected_shortfall":...,
// "tail_shortfall":...}; text has a line for each.
std::string breaches_json(Result const& result, std::size_t pack);
std::string breaches_text(Result const& result, std::size_t pack);

}  // namespace plimsoll
