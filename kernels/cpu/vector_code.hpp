// What one instruction set does faster than plain code: the inner loops of the vector engine, as a
// table of functions, one table for each instruction set. Which one runs is the engine's choice
// (CPUID, or by name).
// Layouts: 64 columns to a tile, 16 tiles to a block, 16 blocks to a group; beyond the last column,
//   tile or block stand copies or zeros, which masks leave out.
// Bits: grow and decide are models/ over lanes; prune, filter and estimate decide nothing.
#pragma once

#include <cstdint>

#include "kernels/engine.hpp"
#include "models/minorant.hpp"

namespace plimsoll::cpu {

inline constexpr std::uint32_t tile_columns = 64;
inline constexpr std::uint32_t block_tiles = 16;
inline constexpr std::uint32_t group_blocks = 16;
inline constexpr std::uint32_t strip_columns = 8;             // decided together
inline constexpr std::uint32_t bound_lanes = 16;              // tiles of a block, blocks of a group
inline constexpr std::uint32_t row_bounds = 2 * bound_lanes;  // the least moves, then the largest

struct Term {
  std::uint32_t basis;
  float weight;  // [ccy]
};

inline constexpr std::uint32_t spare_terms = 8;

// Parts that pools with portfolio scans have beside their line: each adds the least of its lines.
struct PartsView {
  std::uint32_t const* pool_begin = nullptr;   // [pools + 1] parts; null: no pool has any
  std::uint32_t const* begin = nullptr;        // [parts + 1] lines
  float const* constant = nullptr;             // [lines]
  std::uint32_t const* terms_begin = nullptr;  // [lines + 1]
  Term const* terms = nullptr;                 // with spare_terms beyond the last
};

// The float lines of some pools; unsound ones have no terms and minus infinity as constant.
struct LinesView {
  std::uint32_t pools;
  float const* constant;       // [pools]
  std::uint32_t const* begin;  // [pools + 1]
  Term const* terms;  // and spare_terms beyond the last, which may be fetched and are not used
  PartsView parts{};
};

struct WindowView {
  std::uint64_t first;  // scenario
  std::uint32_t scenarios, steps;
  std::uint32_t columns, tiles, blocks;
  std::uint32_t basis, stored;
  double const* prices;           // [tiles][stored][64]
  float const* moves;             // [tiles][basis][64]
  float const* tile_bounds;       // [blocks][basis][2][16]
  float const* block_bounds;      // [groups][basis][2][16]
  std::uint32_t const* scenario;  // [tiles x 64] counted from first
  std::uint32_t const* step;      // [tiles x 64]

  double const* prices_of(std::uint32_t tile) const {
    return prices + static_cast<std::uint64_t>(tile) * stored * tile_columns;
  }
  float const* moves_of(std::uint32_t tile) const {
    return moves + static_cast<std::uint64_t>(tile) * basis * tile_columns;
  }
  // The columns of a tile that exist, as bits.
  std::uint64_t columns_of(std::uint32_t tile) const {
    std::uint32_t const left = columns - tile * tile_columns;
    return left >= tile_columns ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
  }
};

// Cells that may be in breach: bit i stands for column 64 tile + i.
struct Candidate {
  std::uint32_t pool;  // as in LinesView
  std::uint32_t tile;
  std::uint64_t columns;
};

// One pool of a book and the rules that it needs, perhaps cut out of larger ones.
struct PoolView {
  BookView const* book;
  RulesView const* rules;
  RowsView const* rows;
  std::uint32_t pool;
  std::uint32_t const* assets =
      nullptr;  // [asset_count] stored rows that it reads, to fetch them early
  std::uint32_t asset_count = 0;
};

struct VectorCode {
  char const* name;
  std::uint32_t grown_together;  // scenarios

  // Factors' growth exp(sum of log-moves) over the steps of scenarios [first, first + count):
  // growth[step][factor][i], i < grown_together, where i >= count repeats the last. Returns how
  // many moves the limiter bent. scratch: [2 x factors x grown_together] doubles.
  std::uint64_t (*grow)(MarketView const& market, RunShape const& shape, std::uint64_t first,
                        std::uint32_t count, double* scratch, double* growth);

  // An option in the 64 columns of a tile. prices: [stored][64], those of rows before `row` filled;
  // step: [64] from 1.
  void (*price_option)(RowsView const& rows, std::uint32_t row, std::uint32_t const* step,
                       double years_per_step, double* prices);

  // Moves of the basis rows in the 64 columns of a tile, and their bounds: least[b x 32] and
  // most[b x 32]; NaN where any move is none. growth: [factors][64], prices: [stored][64].
  void (*fill)(BasisView const& basis, double const* growth, double const* prices, float* moves,
               float* least, float* most);

  // Lists the pools that no bound clears, tile by tile: live[tile * stride + i], i < count[tile].
  void (*prune)(LinesView const& lines, WindowView const& window, std::uint32_t stride,
                std::uint32_t* live, std::uint32_t* count);

  // Of the listed pools, those with a column in which the line is not above zero; returns how many.
  std::uint32_t (*filter)(LinesView const& lines, WindowView const& window, std::uint32_t tile,
                          std::uint32_t const* pools, std::uint32_t count, Candidate* found);

  // Of one pool: a bound below its line in each tile (bounds: room for whole blocks of tiles); the
  // line in each column of one tile, and as bits the columns in which it is not above `most`.
  void (*bound)(LinesView const& lines, WindowView const& window, std::uint32_t pool,
                float* bounds);
  std::uint64_t (*estimate)(LinesView const& lines, WindowView const& window, std::uint32_t pool,
                            std::uint32_t tile, float most, float* line);

  // Excess [ccy] of one pool in strips of 8 columns: excess[i][8] in columns 8 strips[i] and on.
  // Bit c of eventful[i]: the column is in breach, or undefined.
  void (*decide)(PoolView const& pool, WindowView const& window, std::uint32_t const* strips,
                 std::uint32_t count, double* excess, std::uint8_t* eventful);
};

VectorCode const& avx2_code();
VectorCode const& avx512_code();

}  // namespace plimsoll::cpu
