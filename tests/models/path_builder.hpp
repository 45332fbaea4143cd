// A path of excesses as a pool that evaluates to them.
#pragma once

#include <limits>
#include <vector>

#include "models/passage.hpp"

namespace plimsoll {

// A pool whose excess is its one asset's price row: balance 1, no haircut; negative "prices" are
// allowed here because only the path logic is looked at.
struct PathBuilder {
  std::vector<double> excess;  // by step, from 1
  PoolToday today{100.0, largest_amount};

  Passage walk() const {
    static std::uint32_t const begin[2] = {0, 1};
    static double const floor[1] = {-std::numeric_limits<double>::infinity()};
    static double const slope[1] = {1.0}, intercept[1] = {0.0};
    static std::uint32_t const zero[2] = {0, 0}, one[2] = {0, 1};
    static std::uint8_t const classes[1] = {0}, in_units[1] = {0};
    static PoolKind const kind[1] = {PoolKind::cross};
    static double const balance[1] = {1.0}, settled[1] = {0.0}, share[1] = {1.0};
    static std::uint64_t const terms[2] = {0, 0};
    BookView const book{1,    1,       1,       one,   classes, kind,    one,
                        zero, balance, settled, share, terms,   nullptr, nullptr};
    RulesView const rules{{begin, floor, slope, intercept}, zero, in_units, nullptr, nullptr, true};
    return passage(book, rules, 0, today, static_cast<std::uint32_t>(excess.size()),
                   [this](std::uint32_t step, std::uint32_t) { return excess[step - 1]; });
  }
};

}  // namespace plimsoll
