#include "bench/peers/blocked_product.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "bench/peers/chunks.hpp"

namespace plimsoll::bench {

Floats floats(std::size_t count) {
  std::size_t const line = 64;
  std::size_t const bytes = (count * sizeof(float) + line - 1) / line * line;
  auto* const memory = static_cast<float*>(std::aligned_alloc(line, std::max(line, bytes)));
  if (memory == nullptr) throw std::bad_alloc();
  return Floats(memory);
}

BlockedProduct::BlockedProduct(Problem const& problem, std::uint32_t pools, std::uint32_t block,
                               unsigned threads)
    : problem_(problem), pools_(pools), block_(block), threads_(threads) {}

void BlockedProduct::arrange(std::uint32_t width) {
  width_ = std::min(width, problem_.columns);
  std::size_t const columns = problem_.columns;
  if (!tiles_) tiles_ = floats(problem_.rows * columns);
  float* to = tiles_.get();
  for (std::size_t first = 0; first < columns; first += width_) {
    std::size_t const count = std::min<std::size_t>(width_, columns - first);
    for (std::size_t row = 0; row < problem_.rows; ++row, to += count)
      std::copy_n(problem_.values.data() + row * columns + first, count, to);
  }
}

void BlockedProduct::prepare(std::vector<std::uint32_t> const& widths) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::uint32_t> breaches(pools_);
  std::uint32_t const some = std::max(1u, pools_ / 4);
  std::uint32_t best = widths.front();
  auto least = Clock::duration::max();
  for (std::uint32_t const width : widths) {
    arrange(width);
    for (int attempt = 0; attempt < 4; ++attempt) {
      auto const start = Clock::now();
      sweep(some, breaches.data(), nullptr);
      auto const taken = Clock::now() - start;
      if (taken < least) least = taken, best = width;
    }
  }
  arrange(best);
}

std::string BlockedProduct::settings() const {
  return std::to_string(threads_) + " threads, " + std::to_string(block_) + " pools x " +
         std::to_string(width_) + " columns at a time";
}

void BlockedProduct::sweep(std::uint32_t pools, std::uint32_t* breaches, CellFlags* flags) const {
  std::uint32_t const chunk = (large_chunk(threads_, pools) + block_ - 1) / block_ * block_;
  for (std::uint32_t column = 0; column < problem_.columns; column += width_)
    for_chunks(threads_, pools, chunk, [&](std::uint32_t begin, std::uint32_t end) {
      sweep_tile(column, begin, end, breaches, flags);
    });
}

void BlockedProduct::sweep_tile(std::uint32_t first_column, std::uint32_t first, std::uint32_t end,
                                std::uint32_t* breaches, CellFlags* flags) const {
  std::uint32_t const width = std::min(width_, problem_.columns - first_column);
  float const* const values = tiles_.get() + static_cast<std::size_t>(first_column) * problem_.rows;
  Floats const excess = floats(static_cast<std::size_t>(block_) * width);
  for (; first < end; first += block_) {
    std::uint32_t const pools = std::min(block_, end - first);
    for (std::uint32_t i = 0; i < pools; ++i)
      std::fill_n(excess.get() + static_cast<std::size_t>(i) * width, width,
                  problem_.cash[first + i]);
    multiply({first, pools, values, width, excess.get()});
    for (std::uint32_t i = 0; i < pools; ++i)
      breaches[first + i] += count_breaches(excess.get() + static_cast<std::size_t>(i) * width,
                                            width, first + i, first_column, flags);
  }
}

Answer BlockedProduct::answer() {
  Answer answer = {std::vector<std::uint32_t>(pools_), CellFlags(pools_, problem_.columns), true};
  sweep(pools_, answer.breaches.data(), &answer.flags);
  return answer;
}

std::uint64_t BlockedProduct::run() {
  std::vector<std::uint32_t> breaches(pools_);
  sweep(pools_, breaches.data(), nullptr);
  return std::accumulate(breaches.begin(), breaches.end(), std::uint64_t{0});
}

}  // namespace plimsoll::bench
