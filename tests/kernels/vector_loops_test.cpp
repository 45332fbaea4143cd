// The inner loops of each instruction set, one by one, on windows written down by hand. Engines are
// compared elsewhere; there a loop that trusts what is no number is covered by lines that are not
// made where a range is none.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/cpu/processor.hpp"
#include "kernels/cpu/vector_code.hpp"

namespace plimsoll::cpu {
namespace {

constexpr auto nan = std::numeric_limits<float>::quiet_NaN();
constexpr auto inf = std::numeric_limits<float>::infinity();

std::vector<VectorCode const*> codes() {
  std::vector<VectorCode const*> found = {&avx2_code()};
  if (has_avx512()) found.push_back(&avx512_code());
  return found;
}

// One pool's line.
struct Line {
  float constant = 0.0f;
  std::vector<Term> terms;
  std::uint32_t begin[2] = {};

  LinesView view() {
    begin[1] = static_cast<std::uint32_t>(terms.size());
    terms.resize(terms.size() + spare_terms);
    return {1, &constant, begin, terms.data()};
  }
};

// Columns in tiles; moves and bounds to be written down.
struct Columns {
  Columns(std::uint32_t columns_given, std::uint32_t basis_given)
      : columns(columns_given),
        basis(basis_given),
        tiles((columns + tile_columns - 1) / tile_columns),
        blocks((tiles + block_tiles - 1) / block_tiles),
        moves(std::size_t{tiles} * basis * tile_columns),
        tile_bounds(std::size_t{blocks} * basis * row_bounds),
        block_bounds(std::size_t{(blocks + group_blocks - 1) / group_blocks} * basis * row_bounds) {
  }

  WindowView view() const {
    return {0,       columns,      1,       columns, tiles,   blocks, basis, 0,
            nullptr, moves.data(), nullptr, nullptr, nullptr, nullptr};
  }
  WindowView bounded() const {
    WindowView found = view();
    found.tile_bounds = tile_bounds.data();
    found.block_bounds = block_bounds.data();
    return found;
  }
  float& move(std::uint32_t b, std::uint32_t column) {
    return moves[(std::size_t{column / tile_columns} * basis + b) * tile_columns +
                 column % tile_columns];
  }

  std::uint32_t columns, basis, tiles, blocks;
  std::vector<float> moves, tile_bounds, block_bounds;
};

std::uint64_t filtered(VectorCode const& code, LinesView const& line, WindowView const& window,
                       std::uint32_t tile) {
  std::uint32_t const pool = 0;
  Candidate found = {7, 7, 0};
  std::uint32_t const count = code.filter(line, window, tile, &pool, 1, &found);
  EXPECT_LE(count, 1u);
  if (count == 0) return 0;
  EXPECT_EQ(found.pool, 0u);
  EXPECT_EQ(found.tile, tile);
  return found.columns;
}

TEST(VectorLoops, FilterClearsOnlyWhatIsAboveZero) {
  for (VectorCode const* const code : codes()) {
    SCOPED_TRACE(code->name);
    Columns columns(tile_columns, 1);
    Line line = {-1.0f, {{0, 2.0f}}};
    LinesView const lines = line.view();
    for (std::uint32_t c = 0; c < tile_columns; ++c) columns.move(0, c) = 1.0f;
    EXPECT_EQ(filtered(*code, lines, columns.view(), 0), 0u);
    // On the line, below it, and what is no number or no finite one.
    for (float const move : {0.5f, 0.25f, -inf, nan})
      for (std::uint32_t c = 0; c < tile_columns; ++c) {
        columns.move(0, c) = move;
        EXPECT_EQ(filtered(*code, lines, columns.view(), 0), std::uint64_t{1} << c) << move;
        columns.move(0, c) = 1.0f;
      }
  }
}

TEST(VectorLoops, FilterLeavesOutColumnsThatDoNotExist) {
  for (VectorCode const* const code : codes()) {
    SCOPED_TRACE(code->name);
    Line line = {-1.0f, {}};
    LinesView const lines = line.view();
    for (std::uint32_t count = 1; count <= tile_columns; ++count) {
      Columns const columns(tile_columns + count, 1);
      EXPECT_EQ(filtered(*code, lines, columns.view(), 0), ~std::uint64_t{0});
      EXPECT_EQ(filtered(*code, lines, columns.view(), 1),
                ~std::uint64_t{0} >> (tile_columns - count));
    }
  }
}

// Near and far windows have loops of their own; more than 1,024 rows are far.
TEST(VectorLoops, LinesAddUpEveryTermInEveryColumn) {
  for (VectorCode const* const code : codes())
    for (std::uint32_t const basis : {3u, 1200u}) {
      SCOPED_TRACE(std::string(code->name) + ", rows " + std::to_string(basis));
      Columns columns(2 * tile_columns, basis);
      Line line = {-512.0f, {{0, 1.0f}, {basis - 1, 4.0f}, {1, -2.0f}}};
      LinesView const lines = line.view();
      auto const expected = [&](std::uint32_t c) {
        return -512.0f + columns.move(0, c) + 4.0f * columns.move(basis - 1, c) -
               2.0f * columns.move(1, c);
      };
      for (std::uint32_t c = 0; c < 2 * tile_columns; ++c) {
        columns.move(0, c) = static_cast<float>(3 * c);
        columns.move(1, c) = static_cast<float>(c % 5);
        columns.move(basis - 1, c) = static_cast<float>(c % 7) * 32.0f;
      }
      for (std::uint32_t tile = 0; tile < 2; ++tile) {
        float found[tile_columns];
        std::uint64_t const low = code->estimate(lines, columns.view(), 0, tile, 64.0f, found);
        std::uint64_t const kept = filtered(*code, lines, columns.view(), tile);
        for (std::uint32_t c = 0; c < tile_columns; ++c) {
          float const value = expected(tile * tile_columns + c);
          EXPECT_EQ(found[c], value) << c;
          EXPECT_EQ(low >> c & 1, static_cast<std::uint64_t>(value <= 64.0f)) << c;
          EXPECT_EQ(kept >> c & 1, static_cast<std::uint64_t>(value <= 0.0f)) << c;
        }
      }
    }
}

// One row, whose moves are from 1 to 2 in every tile: 18 blocks in two groups, the last not full.
struct Bounded {
  static constexpr std::uint32_t tiles = 274;
  static constexpr std::uint32_t blocks = 18;
  Columns columns{tiles * tile_columns - 3, 1};

  Bounded() {
    for (std::uint32_t tile = 0; tile < tiles; ++tile) set(tile, 1.0f, 2.0f);
    for (std::uint32_t block = 0; block < blocks; ++block) set_block(block, 1.0f, 2.0f);
  }
  void set(std::uint32_t tile, float least, float most) {
    float* const row =
        columns.tile_bounds.data() + tile / block_tiles * row_bounds + tile % block_tiles;
    row[0] = least;
    row[bound_lanes] = most;
  }
  void set_block(std::uint32_t block, float least, float most) {
    float* const row =
        columns.block_bounds.data() + block / group_blocks * row_bounds + block % group_blocks;
    row[0] = least;
    row[bound_lanes] = most;
  }
  // Tiles of which the line is not known to be above zero.
  std::vector<std::uint32_t> live(VectorCode const& code, float constant, float weight) const {
    Line line = {constant, {{0, weight}}};
    std::vector<std::uint32_t> pools(columns.tiles, 9), count(columns.tiles, 0), found;
    code.prune(line.view(), columns.bounded(), 1, pools.data(), count.data());
    for (std::uint32_t tile = 0; tile < columns.tiles; ++tile)
      if (count[tile] == 1 && pools[tile] == 0) found.push_back(tile);
    return found;
  }
};

TEST(VectorLoops, PruneKeepsTilesWhoseBoundIsNotAboveZero) {
  using Tiles = std::vector<std::uint32_t>;
  for (VectorCode const* const code : codes()) {
    SCOPED_TRACE(code->name);
    Bounded bounded;
    // A gain from rises is least at 1, one from falls at 2.
    EXPECT_EQ(bounded.live(*code, -0.5f, 1.0f), Tiles());
    EXPECT_EQ(bounded.live(*code, -1.0f, 1.0f).size(), std::size_t{Bounded::tiles});
    EXPECT_EQ(bounded.live(*code, 2.5f, -1.0f), Tiles());
    EXPECT_EQ(bounded.live(*code, 2.0f, -1.0f).size(), std::size_t{Bounded::tiles});
    for (float const least : {0.5f, nan, -inf})
      for (std::uint32_t tile = 0; tile < Bounded::tiles; ++tile) {
        bounded.set(tile, least, 2.0f);
        bounded.set_block(tile / block_tiles, least, 2.0f);
        EXPECT_EQ(bounded.live(*code, -0.5f, 1.0f), Tiles{tile}) << least;
        bounded.set(tile, 1.0f, 2.0f);
        bounded.set_block(tile / block_tiles, 1.0f, 2.0f);
      }
  }
}

TEST(VectorLoops, BoundIsTheLeastOfTheLineInEachTile) {
  for (VectorCode const* const code : codes()) {
    SCOPED_TRACE(code->name);
    Bounded bounded;
    for (std::uint32_t tile = 0; tile < Bounded::tiles; ++tile)
      bounded.set(tile, static_cast<float>(tile), static_cast<float>(2 * tile));
    float found[Bounded::blocks * block_tiles];
    Line up = {1.0f, {{0, 2.0f}}};
    code->bound(up.view(), bounded.columns.bounded(), 0, found);
    for (std::uint32_t tile = 0; tile < Bounded::tiles; ++tile)
      EXPECT_EQ(found[tile], 1.0f + 2.0f * static_cast<float>(tile));
    Line down = {1.0f, {{0, -2.0f}}};
    code->bound(down.view(), bounded.columns.bounded(), 0, found);
    for (std::uint32_t tile = 0; tile < Bounded::tiles; ++tile)
      EXPECT_EQ(found[tile], 1.0f - 4.0f * static_cast<float>(tile));
  }
}

TEST(VectorLoops, FillBoundsEveryColumnAndSaysWhatIsNoNumber) {
  for (VectorCode const* const code : codes()) {
    SCOPED_TRACE(code->name);
    BasisRow const rows[2] = {{0, no_index}, {0, 1}};
    BasisView const basis = {2, rows, nullptr, nullptr, nullptr};
    std::vector<double> growth(2 * tile_columns, 1.5);
    float moves[2 * tile_columns];
    float bounds[2 * row_bounds];
    auto const fill = [&] {
      code->fill(basis, growth.data(), nullptr, moves, bounds, bounds + bound_lanes);
    };
    for (std::uint32_t c = 0; c < tile_columns; ++c) {
      growth[c] = 1.25;
      growth[(c + 1) % tile_columns] = 1.75;
      fill();
      EXPECT_EQ(moves[c], 0.25f);
      EXPECT_EQ(moves[tile_columns + c], static_cast<float>(1.25 / 1.5 - 1.0));
      EXPECT_EQ(bounds[0], 0.25f) << c;
      EXPECT_EQ(bounds[bound_lanes], 0.75f) << c;
      EXPECT_EQ(bounds[row_bounds], static_cast<float>(1.25 / 1.5 - 1.0)) << c;
      growth[c] = std::nan("");
      fill();
      EXPECT_TRUE(std::isnan(bounds[0]) && std::isnan(bounds[bound_lanes])) << c;
      growth[c] = std::numeric_limits<double>::infinity();
      fill();
      EXPECT_FALSE(bounds[bound_lanes] < inf) << c;
      growth[c] = growth[(c + 1) % tile_columns] = 1.5;
    }
  }
}

}  // namespace
}  // namespace plimsoll::cpu
