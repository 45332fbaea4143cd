// The tails of pools: tiles in order of their bounds, columns by their estimates, and only those
// that can be among the largest losses decided.
// Method: docs/models.md, "Tails".
#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "kernels/cpu/pool_walk.hpp"

namespace plimsoll::cpu {

void PoolWalk::lose(JobWindow const& window, std::uint32_t const* pools, std::uint32_t count,
                    TailScratch* scratch) {
  WindowView const view = window.view();
  lines_.build(window.minorants(), pools, count);
  work_.covered += std::uint64_t{count} * view.columns;
  for (std::uint32_t i = 0; i < count; ++i) {
    estimate_pool(view, i, pools[i], scratch[i].least_that_counts());
    decide_losses(view, i, pools[i]);
    fold_losses(view, pools[i], !lines_.sound(i), scratch[i]);
  }
}

// Marks the cells of a pool that can be of its tail.
void PoolWalk::estimate_pool(WindowView const& window, std::uint32_t i, std::uint32_t pool,
                             Ticks least_that_counts) {
  strips_.clear();
  if (!lines_.sound(i)) {
    for (std::uint32_t column = 0; column < window.columns; ++column) mark(column);
    return;
  }
  std::uint64_t const keep = kept_losses(job_.shape.scenarios) * window.steps;
  estimates_.clear();
  full_ = 4 * keep + tile_columns;
  most_line_ = least_that_counts == std::numeric_limits<Ticks>::min()
                   ? std::numeric_limits<float>::infinity()
                   : float_above(excess_of_loss(job_.today[pool], least_that_counts));
  bounds_.resize(std::uint64_t{window.blocks} * block_tiles);
  code_.bound(lines_.view(), window, i, bounds_.data());
  // The worst tiles first, so that the cut is low when the others are looked at.
  tile_order_.resize(window.tiles);
  std::iota(tile_order_.begin(), tile_order_.end(), 0u);
  std::uint64_t const first = std::min<std::uint64_t>(window.tiles, 2 * keep / tile_columns + 2);
  if (first < window.tiles)
    std::nth_element(tile_order_.begin(), tile_order_.begin() + static_cast<std::ptrdiff_t>(first),
                     tile_order_.end(),
                     [this](std::uint32_t a, std::uint32_t b) { return bounds_[a] < bounds_[b]; });
  for (std::uint32_t const tile : tile_order_) {
    if (bounds_[tile] > most_line_) continue;
    estimate_tile(window, i, tile);
    if (estimates_.size() >= full_) keep_worst(keep, lines_.gap(i));
  }
  keep_worst(keep, lines_.gap(i));
  for (Estimate const& estimate : estimates_) mark(estimate.column);
}

void PoolWalk::estimate_tile(WindowView const& window, std::uint32_t i, std::uint32_t tile) {
  float line[tile_columns];
  std::uint64_t low = code_.estimate(lines_.view(), window, i, tile, most_line_, line);
  work_.filtered += tile_columns;
  for (; low != 0; low &= low - 1) {
    auto const c = static_cast<std::uint32_t>(std::countr_zero(low));
    estimates_.push_back({line[c], tile * tile_columns + c});
  }
}

// `keep` columns lie at or below the keep-th estimate plus the gap, hence as many scenarios as a
// tail needs: what is estimated higher is of no tail.
void PoolWalk::keep_worst(std::uint64_t keep, float gap) {
  if (estimates_.size() > keep) {
    auto const last = estimates_.begin() + static_cast<std::ptrdiff_t>(keep) - 1;
    std::nth_element(estimates_.begin(), last, estimates_.end(),
                     [](Estimate a, Estimate b) { return a.line < b.line; });
    most_line_ = std::min(most_line_,
                          float_above(static_cast<double>(last->line) + static_cast<double>(gap)));
    std::erase_if(estimates_, [this](Estimate estimate) { return estimate.line > most_line_; });
  }
  full_ = std::max(full_, 2 * estimates_.size());
}

void PoolWalk::mark(std::uint32_t column) {
  std::uint32_t const strip = column / strip_columns;
  if (strip_cells_[strip] == 0) strips_.push_back(strip);
  strip_cells_[strip] |= static_cast<std::uint8_t>(1u << column % strip_columns);
}

// Decides the marked cells: least_[scenario] over them.
void PoolWalk::decide_losses(WindowView const& window, std::uint32_t i, std::uint32_t pool) {
  evaluate_strips(window, i, pool);
  for (std::size_t k = 0; k < strips_.size(); ++k) {
    std::uint32_t cells = std::exchange(strip_cells_[strips_[k]], std::uint8_t{0});
    for (; cells != 0; cells &= cells - 1) {
      auto const c = static_cast<std::uint32_t>(std::countr_zero(cells));
      double const excess = excess_[k * strip_columns + c];
      double& least = least_[window.scenario[strips_[k] * strip_columns + c]];
      if (!is_defined(excess)) continue;
      if (least == largest_amount)
        touched_.push_back(window.scenario[strips_[k] * strip_columns + c]);
      if (excess < least) least = excess;
    }
  }
}

void PoolWalk::fold_losses(WindowView const& window, std::uint32_t pool, bool every,
                           TailScratch& scratch) {
  if (every) {
    touched_.resize(window.scenarios);
    std::iota(touched_.begin(), touched_.end(), 0u);
  }
  for (std::uint32_t const scenario : touched_)
    scratch.add(path_loss(job_.today[pool], std::exchange(least_[scenario], largest_amount)));
  touched_.clear();
}

}  // namespace plimsoll::cpu
