// An attribution for people and for programs.
#pragma once

#include <optional>
#include <string>

#include "host/attribution.hpp"

namespace plimsoll {

// What it is an attribution of.
struct AttributionPlace {
  std::uint32_t pool;
  std::string rules;
  std::optional<std::uint64_t> scenario{};   // none: the mean over the pool's breaches
  std::uint32_t step = 0;                    // of the scenario
  std::uint64_t breaches = 0, left_out = 0;  // of the mean
};

// The names that lines of a split are known by.
struct AttributionNames {
  Book const& book;
  Market const& market;
  ResolvedBook const& resolved;

  std::string cause(SplitLine const& line) const;  // "position", "haircut", ...
  std::string item(SplitLine const& line) const;   // of an asset, an instrument or a factor
  std::string charge(SplitLine const& line) const;
};

// Three tables in the order of the book; lines of nothing are left out.
std::string attribution_text(Attribution const& split, AttributionPlace const& place,
                             AttributionNames const& names);

// One JSON document with every line; amounts in ticks.
std::string attribution_json(Attribution const& split, AttributionPlace const& place,
                             AttributionNames const& names);

}  // namespace plimsoll
