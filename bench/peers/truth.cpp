#include "bench/peers/truth.hpp"

#include <atomic>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "bench/peers/chunks.hpp"
#include "models/evaluate.hpp"

namespace plimsoll::bench {
namespace {

// What moves through a pool's sums: where the sum is small, rounding of these is what is left.
double gross(Job const& job, std::uint32_t pool, std::vector<double> const& columns) {
  BookView const& book = job.book;
  double sum = 0.0;
  for (std::uint32_t g = book.group_begin[pool]; g < book.group_begin[pool + 1]; ++g)
    for (std::uint64_t t = book.term_begin[g]; t < book.term_begin[g + 1]; ++t)
      sum += std::fabs(book.term_weight[t] * columns[book.term_row[t] * job.shape.scenarios]);
  return sum;
}

[[noreturn]] void wrong(Contestant const& contestant, std::uint32_t pool, char const* what) {
  throw std::runtime_error(contestant.name() + " is wrong about pool " + std::to_string(pool) +
                           ": " + what);
}

}  // namespace

Truth truth_of(Job const& job, std::vector<double> const& columns, unsigned threads) {
  std::uint64_t const width = job.shape.scenarios;
  Truth truth = {CellFlags(job.book.pools, width), CellFlags(job.book.pools, width),
                 std::vector<std::uint32_t>(job.book.pools), 0};
  std::atomic<std::uint64_t> near_cells{0};
  for_chunks(threads, job.book.pools, 64, [&](std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t pool = begin; pool < end; ++pool) {
      double const close = near_the_line * gross(job, pool, columns);
      for (std::uint64_t column = 0; column < width; ++column) {
        double const excess = evaluate<double>(job.book, job.rules, pool, [&](std::uint32_t row) {
                                return columns[row * width + column];
                              }).excess;
        if (excess < 0.0) truth.breach.set(pool, column), ++truth.breaches[pool];
        if (std::fabs(excess) < close) truth.near.set(pool, column), ++near_cells;
      }
    }
  });
  truth.near_cells = near_cells;
  return truth;
}

Comparison compare(Truth const& truth, Contestant const& contestant, Answer const& answer,
                   std::uint64_t columns) {
  Comparison result;
  for (std::uint32_t pool = 0; pool < contestant.pools(); ++pool) {
    if (!answer.has_flags) {
      if (answer.breaches.at(pool) != truth.breaches[pool]) wrong(contestant, pool, "its count");
      continue;
    }
    std::uint64_t counted = 0;
    for (std::uint64_t i = 0; i < truth.breach.words(); ++i) {
      std::uint64_t const differing = answer.flags.word(pool, i) ^ truth.breach.word(pool, i);
      if ((differing & ~truth.near.word(pool, i)) != 0) wrong(contestant, pool, "a flag");
      result.differing += static_cast<std::uint64_t>(std::popcount(differing));
      counted += static_cast<std::uint64_t>(std::popcount(answer.flags.word(pool, i)));
    }
    if (answer.breaches.at(pool) != counted) wrong(contestant, pool, "count and flags");
    result.cells += columns;
  }
  return result;
}

}  // namespace plimsoll::bench
