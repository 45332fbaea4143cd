#include "kernels/cpu/tile.hpp"

#include <algorithm>
#include <cmath>

#include "models/moves.hpp"

namespace plimsoll::cpu {

Tile::Tile(MarketView const& market, RowsView const& rows, RunShape const& shape,
           std::uint32_t width)
    : market_(market),
      rows_(rows),
      shape_(shape),
      width_(width),
      steps_(shape.steps),
      values_(static_cast<std::uint64_t>(rows.rows) * shape.steps * width) {}

// log_sums[step][factor]: sums of log-moves up to each step.
std::uint64_t Tile::log_prices(std::uint64_t scenario, std::vector<double>& log_sums) const {
  std::uint32_t const factors = market_.factors;
  double const root_of_step = std::sqrt(shape_.years_per_step);
  std::vector<double> normals(factors);
  log_sums.assign(static_cast<std::uint64_t>(steps_) * factors, 0.0);
  std::uint64_t bent = 0;
  for (std::uint32_t step = 1; step <= steps_; ++step) {
    double* const sums = log_sums.data() + static_cast<std::uint64_t>(step - 1) * factors;
    double const mixing =
        market_.table != nullptr ? 1.0 : scenario_mixing(market_, shape_.seed, scenario, step);
    if (market_.table == nullptr)
      factor_normals(shape_.seed, scenario, step, factors, normals.data());
    for (std::uint32_t f = 0; f < factors; ++f) {
      FactorMove const move = factor_move(
          market_, shape_, scenario, step, f, [&](std::uint32_t j) { return normals[j]; }, mixing,
          root_of_step);
      bent += static_cast<std::uint64_t>(move.bent);
      sums[f] = (step == 1 ? 0.0 : sums[static_cast<std::ptrdiff_t>(f) - factors]) + move.log_move;
    }
  }
  return bent;
}

std::uint64_t Tile::price(std::uint64_t first, std::uint32_t begin, std::uint32_t end) {
  std::uint64_t bent = 0;
  std::vector<double> log_sums;
  for (std::uint32_t place = begin; place < end; ++place) {
    bent += log_prices(first + place, log_sums);
    for (std::uint32_t step = 1; step <= steps_; ++step) {
      double const* const sums =
          log_sums.data() + static_cast<std::uint64_t>(step - 1) * market_.factors;
      auto const at = [&](std::uint32_t row) -> double& {
        return values_[(static_cast<std::uint64_t>(row) * steps_ + (step - 1)) * width_ + place];
      };
      auto const until = [&](std::uint32_t row, std::uint32_t last) {
        return value(row, std::min(step, last), place);
      };
      double const years = step * shape_.years_per_step;
      std::uint32_t row = 0;
      for (; row < rows_.assets; ++row) at(row) = price_row(rows_, row, sums);
      for (; row < rows_.stored; ++row) at(row) = stored_value(rows_, row, step, years, at, until);
      for (; row < rows_.rows; ++row) at(row) = exposure(rows_, row, at);
    }
  }
  return bent;
}

}  // namespace plimsoll::cpu
