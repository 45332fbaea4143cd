// A stretch of the past as a scenario: replay what happened to the factors, move by move.
// Units: log-moves per factor and step; returns of the basket are simple (-0.1 is -10 %).
// Method: docs/calibration.md, "Windows of the past". Moves lie between consecutive rows in which
//         every factor of the market has a price; such rows may be several days apart.
// Trusts: a PriceHistory with rising dates; prices are checked positive where they are used.
// Bits:   models/elementary.hpp, sums in the order of the market's factors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/market.hpp"
#include "host/price_history.hpp"

namespace plimsoll {

struct HistoryWindow {
  std::string base_date;           // of the prices before the first move
  std::vector<std::string> dates;  // [steps] the day on which each move ends
  MoveTable moves;                 // one scenario
  double basket_return = 0;        // of equal amounts in every factor, held over the whole window
};

// The window of `returns` consecutive moves with the least basket_return; of equals the earliest.
// Only windows whose moves each span at most `longest_closure` days count. InputError if the
// history lacks a factor or has no such window.
HistoryWindow worst_window(PriceHistory const& history, Market const& market,
                           std::uint32_t returns = 2);

// The moves that end on the days from `first` to `last` (ISO dates, both included). InputError if
// there is none.
HistoryWindow named_window(PriceHistory const& history, Market const& market,
                           std::string_view first, std::string_view last);

}  // namespace plimsoll
