// Why a pool's excess is what it is in a column, and why it changed since tonight: split by
// position, by factor and by component of the rules, in whole ticks that sum to the whole.
// Method: docs/models.md, "Attribution".
// Trusts: as models/evaluate.hpp. Every figure is computed from its functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/attribution_parts.hpp"
#include "host/book.hpp"
#include "host/replay.hpp"
#include "models/book.hpp"
#include "models/market.hpp"
#include "models/rows.hpp"

namespace plimsoll {

// What a line of a split stands for; further kinds of charge get further names.
enum class Cause : std::uint8_t {
  collateral,     // by position: a balance; by component: its value
  entries,        // what positions were entered at, where it is not known by position
  position,       // by position: value and requirement
  charge,         // a requirement beside those of positions: open orders, sold options
  scan,           // what a portfolio scan requires, of all its contracts together
  profit,         // profit and loss that settles in an asset
  gains_ignored,  // what gains count for less than they are
  haircut,        // credit less value
  requirement,    // of a position
  factor,         // a factor's moves
  time,           // options grow older
};

struct SplitLine {
  Cause cause;
  std::uint32_t of;     // asset, row of the exposure, row of the charge, or factor
  std::uint64_t index;  // group, term, charge or scan of the book; factor
  Ticks level = 0;      // in the column; factors: 0
  Ticks change = 0;     // since tonight

  friend bool operator==(SplitLine const&, SplitLine const&) = default;
};

// Levels of positions and of components sum to `then`, changes of all three to then - tonight.
struct Attribution {
  Ticks tonight = 0, then = 0;  // excess; a shortfall is its negative
  std::vector<SplitLine> positions, components, factors;
};

// One pool in one column. Price rows of the scenario are read by price(row, step), step from 1.
struct AttributionJob {
  BookView book;
  double const* held;  // [terms] weights as held, where rules take part of them away
  RulesView rules;
  RowsView rows;
  RunShape shape;
  double const* today;  // [rows]
  bool knows_entries = false;
  std::vector<double> entries_by_term{};  // [terms of the pool] settled part [unit], if known
};
using PriceAt = std::function<double(std::uint32_t row, std::uint32_t step)>;

// None where the column, or one on the way to it, lies outside the domain of the arithmetic.
std::optional<Attribution> attribution(AttributionJob const& job, std::uint32_t pool,
                                       PriceAt const& price, std::uint32_t step);

// The same for pools of a resolved book, with what each position was entered at.
AttributionJob attribution_job(Book const& book, ResolvedBook const& resolved,
                               RunShape const& shape, std::uint32_t pool);

// Means over all breaches of the pool, each at its first passage; none: no breach.
struct MeanAttribution {
  std::uint64_t breaches = 0;
  std::uint64_t left_out = 0;  // outside the domain on the way
  Attribution mean;            // of breaches - left_out columns
};
MeanAttribution mean_attribution(Book const& book, ResolvedBook const& resolved,
                                 MarketView const& market, RunShape const& shape,
                                 std::uint32_t pool);

}  // namespace plimsoll
