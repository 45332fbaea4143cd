// The rows of a tile, priced by the models/ source: used by every CPU engine.
// Layout: rows[row][step][scenario], so that scenarios lie side by side.
// Units: reporting currency.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/engine.hpp"

namespace plimsoll::cpu {

class Tile {
 public:
  Tile(MarketView const& market, RowsView const& rows, RunShape const& shape, std::uint32_t width);

  // [byte]
  static std::uint64_t bytes(RowsView const& rows, RunShape const& shape, std::uint64_t width) {
    return sizeof(double) * width * shape.steps * rows.rows;
  }

  std::uint32_t width() const { return width_; }

  // Prices scenarios [first + begin, first + end) into places begin .. end - 1. Different ranges
  // may be priced by different threads. Returns how many moves the limiter bent.
  std::uint64_t price(std::uint64_t first, std::uint32_t begin, std::uint32_t end);

  // Reads row r at `step` (from 1) of the scenario in place `place`.
  double value(std::uint32_t row, std::uint32_t step, std::uint32_t place) const {
    return *this->place(row, step, place);
  }
  // Where it stands; the row's next scenarios follow.
  double const* place(std::uint32_t row, std::uint32_t step, std::uint32_t place) const {
    return &values_[(static_cast<std::uint64_t>(row) * steps_ + (step - 1)) * width_ + place];
  }

 private:
  std::uint64_t log_prices(std::uint64_t scenario, std::vector<double>& log_sums) const;

  MarketView market_;
  RowsView rows_;
  RunShape shape_;
  std::uint32_t width_;
  std::uint32_t steps_;
  std::vector<double> values_;  // [rows][steps][width]
};

}  // namespace plimsoll::cpu
