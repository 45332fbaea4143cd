// A named shock: one column that a person describes, and what it does to every pool of a book.
// Units:  moves are simple returns (-0.3 is -30 %) over `days`; money in the reporting currency,
//         sums in ticks.
// Method: the column is a table of moves with one scenario of one step; each pool is evaluated
// there
//         by models/evaluate.hpp, as the reference engine does. Rows are priced once, pools are
//         shared out to threads by whole accounts.
// Bits:   rows are those of the CPU engines' tile; sums are integers, and the worst pools are
// ranked
//         by (excess, pool), a total order: no figure hangs on the number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/market.hpp"
#include "host/resolve.hpp"

namespace plimsoll {

// What moves: (factor of the market, simple return); factors that are not named stay.
using Shock = std::vector<std::pair<std::uint32_t, double>>;

// [factors] log-moves, as a table of moves holds them.
std::vector<double> log_moves_of(Market const& market, Shock const& shock);

// One step of one scenario, `days` long.
RunShape shape_of_shock(double days);

// The value of every row of `book` in the column.
std::vector<double> rows_under(ResolvedBook const& book, Market const& market,
                               std::span<double const> log_moves, RunShape const& shape);

struct ShockedPool {
  std::uint32_t pool;
  Margin<double> margin;
  double excess_tonight;

  bool is_worse_than(ShockedPool const& other) const {
    return std::pair(margin.excess, pool) < std::pair(other.margin.excess, other.pool);
  }
};

struct ShockFigures {
  std::uint64_t pools = 0, pools_in_breach = 0, accounts_in_breach = 0;
  std::uint64_t undefined = 0;     // pools outside the domain of the arithmetic: no breach
  std::vector<TickSum> shortfall;  // [classes]
  std::vector<ShockedPool> worst;  // least excess first
};

// A book to be looked at: its rows in the column, and which part of the whole it is.
struct ShockedBook {
  ResolvedBook const& book;
  std::vector<double> const& rows;
  std::uint32_t first_pool = 0;                         // number of its first pool in the whole
  std::vector<std::uint8_t> const* left_out = nullptr;  // [accounts] 1: not counted
};

// Adds up over all pools of `books`; `worst` of them are listed. 0 threads: all processors.
ShockFigures shock_figures(std::span<ShockedBook const> books, std::size_t worst, unsigned threads);

}  // namespace plimsoll
