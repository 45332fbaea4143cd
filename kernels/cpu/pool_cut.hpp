// One pool cut out of the book, with the rows and the segments of rules that it can meet in a
// window, side by side: evaluate() then reads a few neighbouring lines of memory and asks about no
// segment that cannot be reached. What it computes is the same, bit for bit.
// Trusts: the segments are those that MinorantBuilder saw for the pool in the window.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/vector_code.hpp"
#include "models/minorant.hpp"

namespace plimsoll::cpu {

class PoolCut {
 public:
  explicit PoolCut(Job const& job);

  void make(std::uint32_t pool, CurveSegments const* segments);

  // Of the last pool made.
  PoolView view() const {
    return {&book_, &rules_, &rows_, 0, held_.data(), static_cast<std::uint32_t>(held_.size())};
  }

 private:
  void make_room(std::uint64_t items, std::uint64_t groups);
  void add_item(std::uint64_t item, std::uint32_t row, double weight, CurveSegments segments);
  std::uint32_t add_curve(CurveSegments segments);
  void hold(std::uint32_t asset);
  void hold_state(std::uint32_t asset);
  void point(bool charged);

  Job const& job_;
  std::uint32_t stored_;
  BookView book_{};
  RulesView rules_{};
  RowsView rows_{};
  // Rows: the stored ones as they are, then one for each item: a term or a charge.
  std::vector<RowKind> kind_;
  std::vector<std::uint32_t> underlying_, settle_, unit_;
  std::vector<double> ratio_;
  std::vector<std::uint32_t> item_row_, item_curve_;  // [items]
  std::vector<double> weight_;                        // [items]
  std::vector<std::uint32_t> curve_begin_;
  std::vector<double> floor_, slope_, intercept_;
  std::vector<std::uint32_t> group_begin_, group_asset_, group_curve_;
  std::vector<double> balance_, settled_, share_;
  std::vector<std::uint64_t> term_begin_, charge_begin_;
  std::vector<std::uint32_t> held_;    // stored rows that are read, each once
  std::vector<std::uint8_t> is_held_;  // [stored]
};

}  // namespace plimsoll::cpu
