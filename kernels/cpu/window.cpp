#include "kernels/cpu/window.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace plimsoll::cpu {
namespace {

// Columns of like severity that are then put in order of the market's direction.
constexpr std::uint32_t severity_run = 512;

std::uint32_t up(std::uint32_t count, std::uint32_t each) {
  return (count + each - 1) / each;
}

// NaN wins over every number, so that a bound over it clears nothing.
float lesser(float a, float b) {
  return a < b || a != a ? a : b;
}
float larger(float a, float b) {
  return a > b || a != a ? a : b;
}

struct Bounds {
  float least, most;
};

Bounds bounds_of(float const* values, std::uint32_t count) {
  Bounds found = {values[0], values[0]};
  for (std::uint32_t i = 1; i < count; ++i) {
    found.least = lesser(found.least, values[i]);
    found.most = larger(found.most, values[i]);
  }
  return found;
}

}  // namespace

Window::Window(Job const& job, BasisTable const& basis, std::vector<double> direction,
               std::uint32_t most, VectorCode const& code)
    : job_(job),
      basis_(basis.view()),
      direction_(std::move(direction)),
      code_(code),
      strip_(code.grown_together),
      range_(basis_.count) {
  std::uint64_t const steps = job.shape.steps;
  std::uint64_t const columns = most * steps;
  auto const tiles = up(static_cast<std::uint32_t>(columns), tile_columns);
  std::uint64_t const blocks = up(tiles, block_tiles);
  std::uint64_t const groups = up(static_cast<std::uint32_t>(blocks), group_blocks);
  std::uint64_t const places = static_cast<std::uint64_t>(tiles) * tile_columns;
  growth_ = LargeArray<double>(static_cast<std::uint64_t>(up(most, strip_)) * strip_ * steps *
                               job.market.factors);
  prices_ = LargeArray<double>(places * job.rows.stored);
  moves_ = LargeArray<float>(places * basis_.count);
  tile_bounds_ = LargeArray<float>(blocks * basis_.count * row_bounds);
  block_bounds_ = LargeArray<float>(groups * basis_.count * row_bounds);
  size_.resize(columns);
  lean_.resize(columns);
  order_.resize(places);
  scenario_.resize(places);
  step_.resize(places);
}

std::uint64_t Window::bytes(Job const& job, std::uint64_t scenarios) {
  std::uint64_t const columns = scenarios * job.shape.steps;
  std::uint64_t const basis = BasisTable::most(job.rows);
  std::uint64_t const bounds = basis * (2 * row_bounds * sizeof(float) + sizeof(MoveRange)) +
                               job.rows.rows * sizeof(RowBrief);
  return columns * (sizeof(double) * (job.market.factors + job.rows.stored) +
                    sizeof(float) * (basis + basis / 8) + 24) +
         bounds + tile_columns * (sizeof(double) * job.rows.stored + sizeof(float) * basis);
}

WindowView Window::view() const {
  return {first_,           scenarios_,    job_.shape.steps,    columns_,
          tiles_,           blocks_,       basis_.count,        job_.rows.stored,
          prices_.data(),   moves_.data(), tile_bounds_.data(), block_bounds_.data(),
          scenario_.data(), step_.data()};
}

void JobWindow::brief_rows() {
  if (std::exchange(pricings_, window_.pricings()) == window_.pricings()) return;
  brief_.resize(job_.rows.rows);
  MinorantInput const input = {job_.book, job_.rules, window_.basis(), window_.ranges()};
  for (std::uint32_t row = job_.rows.assets; row < job_.rows.rows; ++row)
    brief_[row] = row_brief(input, row);
}

std::uint64_t Window::price(std::uint64_t first, std::uint32_t scenarios, WorkerPool& workers) {
  if (first == first_ && scenarios == scenarios_) return 0;
  first_ = first;
  scenarios_ = scenarios;
  columns_ = scenarios * job_.shape.steps;
  tiles_ = up(columns_, tile_columns);
  blocks_ = up(tiles_, block_tiles);
  std::uint64_t const bent = grow(workers);
  order_columns();
  std::fill(tile_bounds_.begin(), tile_bounds_.end(), 0.0f);
  workers.for_chunks(tiles_, 4, [this](unsigned, std::uint64_t begin, std::uint64_t end) {
    std::vector<double> grown(std::uint64_t{job_.market.factors} * tile_columns);
    for (std::uint64_t tile = begin; tile < end; ++tile)
      fill_tile(static_cast<std::uint32_t>(tile), grown.data());
  });
  bound_blocks();
  ++pricings_;
  return bent;
}

// Growths of all columns, and the two numbers by which columns are put in order.
std::uint64_t Window::grow(WorkerPool& workers) {
  std::uint64_t const factors = job_.market.factors;
  std::uint64_t const per_strip = factors * job_.shape.steps * strip_;
  std::atomic<std::uint64_t> bent{0};
  workers.for_chunks(
      up(scenarios_, strip_), 1, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
        std::vector<double> scratch(2 * factors * strip_);
        for (std::uint64_t strip = begin; strip < end; ++strip) {
          std::uint64_t const start = strip * strip_;
          auto const count =
              static_cast<std::uint32_t>(std::min<std::uint64_t>(strip_, scenarios_ - start));
          double* const growth = growth_.data() + strip * per_strip;
          bent +=
              code_.grow(job_.market, job_.shape, first_ + start, count, scratch.data(), growth);
          for (std::uint32_t step = 0; step < job_.shape.steps; ++step)
            measure(growth + step * factors * strip_, start, count, step);
        }
      });
  return bent;
}

// The severity of `count` columns, and which way the market went.
void Window::measure(double const* growth, std::uint64_t first, std::uint32_t count,
                     std::uint32_t step) {
  constexpr std::uint32_t most_strip = 16;
  float size[most_strip] = {};
  float lean[most_strip] = {};
  for (std::uint32_t f = 0; f < job_.market.factors; ++f)
    for (std::uint32_t i = 0; i < strip_; ++i) {
      auto const move = static_cast<float>(direction_[f] * (growth[f * strip_ + i] - 1.0));
      lean[i] += move;
      size[i] += move * move;
    }
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint64_t const column = (first + i) * job_.shape.steps + step;
    // What is no number sorts too.
    size_[column] = size[i] == size[i] ? size[i] : std::numeric_limits<float>::infinity();
    lean_[column] = lean[i] == lean[i] ? lean[i] : std::numeric_limits<float>::infinity();
  }
}

void Window::order_columns() {
  auto const begin = order_.begin();
  auto const end = begin + columns_;
  std::iota(begin, end, 0u);
  std::sort(begin, end, [this](std::uint32_t a, std::uint32_t b) {
    return size_[a] != size_[b] ? size_[a] > size_[b] : a < b;
  });
  for (std::uint32_t first = 0; first < columns_; first += severity_run) {
    auto const last = std::min(first + severity_run, columns_);
    std::sort(begin + first, begin + last, [this](std::uint32_t a, std::uint32_t b) {
      return lean_[a] != lean_[b] ? lean_[a] < lean_[b] : a < b;
    });
  }
  // Beyond the last column stand copies of it.
  std::fill(end, begin + static_cast<std::ptrdiff_t>(tiles_) * tile_columns, *(end - 1));
}

// grown: [factors][64] scratch.
void Window::fill_tile(std::uint32_t tile, double* grown) {
  std::uint32_t const steps = job_.shape.steps;
  std::uint64_t const factors = job_.market.factors;
  for (std::uint32_t i = 0; i < tile_columns; ++i) {
    std::uint32_t const place = tile * tile_columns + i;
    std::uint32_t const column = order_[place];
    std::uint32_t const scenario = column / steps;
    std::uint32_t const step = column % steps;
    scenario_[place] = scenario;
    step_[place] = step + 1;
    double const* const growth =
        growth_.data() + (scenario / strip_ * steps + step) * factors * strip_ + scenario % strip_;
    for (std::uint64_t f = 0; f < factors; ++f) grown[f * tile_columns + i] = growth[f * strip_];
  }
  double* const prices =
      prices_.data() + static_cast<std::uint64_t>(tile) * job_.rows.stored * tile_columns;
  for (std::uint32_t asset = 0; asset < job_.rows.assets; ++asset) {
    std::uint32_t const factor = factor_of_price(job_.rows, asset);
    double* const row = prices + static_cast<std::uint64_t>(asset) * tile_columns;
    double const* const of_factor = grown + static_cast<std::uint64_t>(factor) * tile_columns;
    for (std::uint32_t i = 0; i < tile_columns; ++i)
      row[i] = grown_price(job_.rows, asset, factor == no_index ? exp(0.0) : of_factor[i]);
  }
  for (std::uint32_t row = job_.rows.assets; row < job_.rows.stored; ++row)
    fill_stored(row, tile, prices);
  float* const moves =
      moves_.data() + static_cast<std::uint64_t>(tile) * basis_.count * tile_columns;
  float* const bounds = tile_bounds_.data() +
                        static_cast<std::uint64_t>(tile / block_tiles) * basis_.count * row_bounds +
                        tile % block_tiles;
  code_.fill(basis_, grown, prices, moves, bounds, bounds + bound_lanes);
}

// The growth of a factor in a place of the window, as it was at `step`.
double Window::growth_at(std::uint32_t factor, std::uint32_t scenario, std::uint32_t step) const {
  std::uint64_t const strip = scenario / strip_;
  return growth_[((strip * job_.shape.steps + (step - 1)) * job_.market.factors + factor) * strip_ +
                 scenario % strip_];
}

// A row that takes work, in a tile whose rows before it are filled.
void Window::fill_stored(std::uint32_t row, std::uint32_t tile, double* prices) const {
  RowsView const& rows = job_.rows;
  std::uint32_t const* const step = step_.data() + std::uint64_t{tile} * tile_columns;
  std::uint32_t const* const scenario = scenario_.data() + std::uint64_t{tile} * tile_columns;
  if (rows.kind[row] == RowKind::european || rows.kind[row] == RowKind::american) {
    code_.price_option(rows, row, step, job_.shape.years_per_step, prices);
    return;
  }
  double* const out = prices + static_cast<std::uint64_t>(row) * tile_columns;
  for (std::uint32_t i = 0; i < tile_columns; ++i) {
    auto const price = [prices, i](std::uint32_t r) {
      return prices[static_cast<std::uint64_t>(r) * tile_columns + i];
    };
    auto const until = [&, i](std::uint32_t r, std::uint32_t last) {
      std::uint32_t const factor = factor_of_price(rows, r);
      return grown_price(
          rows, r,
          factor == no_index ? exp(0.0) : growth_at(factor, scenario[i], std::min(step[i], last)));
    };
    out[i] = stored_value(rows, row, step[i], step[i] * job_.shape.years_per_step, price, until);
  }
}

void Window::bound_blocks() {
  std::uint64_t const size = static_cast<std::uint64_t>(basis_.count) * row_bounds;
  std::fill(block_bounds_.begin(), block_bounds_.end(), 0.0f);
  for (std::uint64_t b = 0; b < basis_.count; ++b) {
    Bounds whole = {};
    for (std::uint32_t block = 0; block < blocks_; ++block) {
      std::uint32_t const tiles = std::min(block_tiles, tiles_ - block * block_tiles);
      float const* const from = tile_bounds_.data() + block * size + b * row_bounds;
      Bounds const found = {bounds_of(from, tiles).least,
                            bounds_of(from + bound_lanes, tiles).most};
      float* const to = block_bounds_.data() + block / group_blocks * size + b * row_bounds +
                        block % group_blocks;
      to[0] = found.least;
      to[bound_lanes] = found.most;
      whole = block == 0 ? found
                         : Bounds{lesser(whole.least, found.least), larger(whole.most, found.most)};
    }
    range_[b] = move_range(whole.least, whole.most);
  }
}

}  // namespace plimsoll::cpu
