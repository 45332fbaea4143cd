// The inner loops of the vector engine, over whichever lanes the file that includes this has:
//   Machine::Lanes   doubles, as kernels/cpu/lanes.hpp has them
//   Machine::Floats  sixteen floats
// Method: docs/performance.md. Trusts: layouts of vector_code.hpp.
// Bits: every value that leaves grow and decide comes from models/ over lanes; loops over single
//   doubles are there for the compiler to turn into lanes, which changes no bit.
#pragma once

#include <cmath>

#include "kernels/cpu/vector_code.hpp"
#include "models/evaluate.hpp"
#include "models/moves.hpp"

namespace plimsoll::cpu {

template <class Machine>
struct VectorLoops {
  using Lanes = typename Machine::Lanes;
  using Floats = typename Machine::Floats;
  static constexpr std::uint32_t together = Lanes::count;

  // --- grow

  static void draw_normals(MarketView const& market, RunShape const& shape, std::uint64_t first,
                           std::uint32_t last, std::uint32_t step, double* normals) {
    for (std::uint32_t f = 0; f < market.factors; f += 2) {
      double* const row = normals + static_cast<std::uint64_t>(f) * together;
      bool const both = f + 1 < market.factors;
      for (std::uint32_t i = 0; i < together; ++i) {
        Draws const pair =
            draws(shape.seed, Purpose::factor_normal, first + (i < last ? i : last), step, f / 2);
        row[i] = uniform(pair.first);
        if (both) row[together + i] = uniform(pair.second);
      }
    }
    std::uint64_t const count = static_cast<std::uint64_t>(market.factors) * together;
    for (std::uint64_t i = 0; i < count; ++i) normals[i] = normal_quantile(normals[i]);
  }

  static Lanes mixing_of(MarketView const& market, RunShape const& shape, std::uint64_t first,
                         std::uint32_t last, std::uint32_t step) {
    double mixing[together];
    for (std::uint32_t i = 0; i < together; ++i)
      mixing[i] = scenario_mixing(market, shape.seed, first + (i < last ? i : last), step);
    return Lanes::load(mixing);
  }

  static Lanes given_moves(MarketView const& market, RunShape const& shape, std::uint64_t first,
                           std::uint32_t last, std::uint32_t step, std::uint32_t factor) {
    double moves[together];
    for (std::uint32_t i = 0; i < together; ++i)
      moves[i] = given_move(market, shape, first + (i < last ? i : last), step, factor);
    return Lanes::load(moves);
  }

  static void add_move(double* sums, std::uint32_t factor, Lanes move) {
    double* const sum = sums + static_cast<std::uint64_t>(factor) * together;
    (Lanes::load(sum) + move).store(sum);
  }

  // Adds the moves of `count` factors from `factor` on; returns how many were bent.
  template <std::uint32_t count>
  static std::uint64_t add_drawn(MarketView const& market, std::uint32_t factor,
                                 double const* normals, Lanes mixing, double root,
                                 std::uint32_t counted, double* sums) {
    Lanes z[count];
    correlated_normals(
        market, factor,
        [normals](std::uint32_t j) {
          return Lanes::load(normals + static_cast<std::uint64_t>(j) * together);
        },
        z);
    std::uint64_t bent = 0;
    for (std::uint32_t k = 0; k < count; ++k) {
      LimitedMove<Lanes> const move = drawn_move(market, factor + k, z[k], mixing, root);
      bent += static_cast<std::uint64_t>(__builtin_popcount(bits(move.bent) & counted));
      add_move(sums, factor + k, move.log_move);
    }
    return bent;
  }

  static std::uint64_t add_drawn_moves(MarketView const& market, double const* normals,
                                       Lanes mixing, double root, std::uint32_t counted,
                                       double* sums) {
    constexpr std::uint32_t side_by_side = 4;
    std::uint64_t bent = 0;
    std::uint32_t f = 0;
    for (; f + side_by_side <= market.factors; f += side_by_side)
      bent += add_drawn<side_by_side>(market, f, normals, mixing, root, counted, sums);
    for (; f < market.factors; ++f)
      bent += add_drawn<1>(market, f, normals, mixing, root, counted, sums);
    return bent;
  }

  // Everything is inlined, so that loops over doubles become lanes and nothing is left behind that
  // other files could share.
  [[gnu::flatten]] static std::uint64_t grow(MarketView const& market, RunShape const& shape,
                                             std::uint64_t first, std::uint32_t count,
                                             double* scratch, double* growth) {
    std::uint32_t const last = count - 1;
    std::uint64_t const size = static_cast<std::uint64_t>(market.factors) * together;
    double const root = std::sqrt(shape.years_per_step);
    double* const normals = scratch;
    double* const sums = scratch + size;
    for (std::uint64_t i = 0; i < size; ++i) sums[i] = 0.0;
    std::uint32_t const counted = (1u << count) - 1;
    std::uint64_t bent = 0;
    for (std::uint32_t step = 1; step <= shape.steps; ++step) {
      Lanes mixing(1.0);
      if (market.table == nullptr) {
        draw_normals(market, shape, first, last, step, normals);
        mixing = mixing_of(market, shape, first, last, step);
      }
      if (market.table != nullptr)
        for (std::uint32_t f = 0; f < market.factors; ++f)
          add_move(sums, f, given_moves(market, shape, first, last, step, f));
      else
        bent += add_drawn_moves(market, normals, mixing, root, counted, sums);
      double* const out = growth + (step - 1) * size;
      for (std::uint64_t i = 0; i < size; ++i) out[i] = exp(sums[i]);
    }
    return bent;
  }

  // --- options

  struct OptionColumns {
    double forward[tile_columns], strike[tile_columns], volatility[tile_columns];
  };

  template <bool in_coin>
  static void price_european(OptionRow const& option, OptionColumns const& in, double const* left,
                             double* out) {
    double const sign = payoff_sign(option.side);
    double const rate = option.rate;
    for (std::uint32_t i = 0; i < tile_columns; ++i)
      out[i] = european_price<in_coin>(sign, rate, left[i], in.volatility[i], in.forward[i],
                                       in.strike[i]);
  }

  // Columns of one step share the life that the option has left; a tile has few steps.
  static void price_american(OptionRow const& option, OptionColumns const& in,
                             std::uint32_t const* step, double years_per_step, double* out) {
    std::uint64_t left = ~std::uint64_t{0};
    while (left != 0) {
      std::uint32_t const now = step[__builtin_ctzll(left)];
      AmericanLife const life = american_life(option.side, option.years - now * years_per_step,
                                              option.rate, option.carry);
      double found[tile_columns];
      for (std::uint32_t i = 0; i < tile_columns; ++i)
        found[i] =
            american(american_terms(life, in.volatility[i]), in.forward[i], in.strike[i]).value;
      for (std::uint32_t i = 0; i < tile_columns; ++i)
        if (step[i] == now) {
          out[i] = found[i];
          left &= ~(std::uint64_t{1} << i);
        }
    }
  }

  [[gnu::flatten]] static void price_option(RowsView const& rows, std::uint32_t row,
                                            std::uint32_t const* step, double years_per_step,
                                            double* prices) {
    OptionRow const& option = rows.option[row - rows.assets];
    auto const at = [prices](std::uint32_t r) {
      return prices + static_cast<std::uint64_t>(r) * tile_columns;
    };
    OptionColumns in;
    for (std::uint32_t i = 0; i < tile_columns; ++i) {
      OptionInputs const each =
          option_inputs(rows, row, [at, i](std::uint32_t r) { return at(r)[i]; });
      in.forward[i] = each.forward;
      in.strike[i] = each.strike;
      in.volatility[i] = each.volatility;
    }
    double* const out = at(row);
    if (rows.kind[row] == RowKind::american) {
      price_american(option, in, step, years_per_step, out);
      return;
    }
    double left[tile_columns];
    for (std::uint32_t i = 0; i < tile_columns; ++i)
      left[i] = option.years - step[i] * years_per_step;
    if (!option.in_coin) {
      price_european<false>(option, in, left, out);
      return;
    }
    price_european<true>(option, in, left, out);
    double const* const coin = at(rows.settle[row]);
    for (std::uint32_t i = 0; i < tile_columns; ++i) out[i] *= coin[i];
  }

  // --- fill

  // A sum with a NaN or with infinities of both signs is NaN; one infinity alone bounds itself.
  static float not_a_number_in(float const* values) {
    float sum = 0.0f;
    for (std::uint32_t i = 0; i < tile_columns; ++i) sum += values[i];
    return sum;
  }

  static void fill_own(double today, double scale, double const* values, float* moves) {
    for (std::uint32_t i = 0; i < tile_columns; ++i)
      moves[i] = static_cast<float>(own_move(values[i], today, scale));
  }

  static void fill_row(BasisRow row, double const* growth, float* moves) {
    for (std::uint32_t i = 0; i < tile_columns; ++i)
      moves[i] = static_cast<float>(basis_move(row, [growth, i](std::uint32_t f) {
        return growth[static_cast<std::uint64_t>(f) * tile_columns + i];
      }));
  }

  [[gnu::flatten]] static void fill(BasisView const& basis, double const* growth,
                                    double const* prices, float* moves, float* least, float* most) {
    for (std::uint64_t b = 0; b < basis.count; ++b) {
      float* const row = moves + b * tile_columns;
      std::uint32_t const own = basis.factors[b].over;
      if (is_own(basis.factors[b]))
        fill_own(basis.row_today[own], basis.row_scale[own],
                 prices + static_cast<std::uint64_t>(own) * tile_columns, row);
      else
        fill_row(basis.factors[b], growth, row);
      Floats low = Floats::load(row);
      Floats high = low;
      for (std::uint32_t i = 16; i < tile_columns; i += 16) {
        low = low.least(Floats::load(row + i));
        high = high.most(Floats::load(row + i));
      }
      float lows[16];
      float highs[16];
      low.store(lows);
      high.store(highs);
      for (std::uint32_t i = 1; i < 16; ++i) {
        lows[0] = lows[i] < lows[0] ? lows[i] : lows[0];
        highs[0] = highs[i] > highs[0] ? highs[i] : highs[0];
      }
      float const sum = not_a_number_in(row);
      bool const number = sum == sum;
      least[b * row_bounds] = number ? lows[0] : sum;
      most[b * row_bounds] = number ? highs[0] : sum;
    }
  }

  // --- prune

  // Bit i: the line may not be above zero everywhere in the i-th tile of a block (or block of a
  // group).
  template <bool parts>
  static std::uint32_t not_cleared(LinesView const& lines, std::uint32_t pool,
                                   float const* bounds) {
    return bound_of<parts>(lines, pool, bounds).not_above(0.0f);
  }

  static Floats bound_of(float constant, Term const* begin, Term const* end, float const* bounds) {
    Floats sum(constant);
    for (Term const* term = begin; term < end; ++term)
      sum = sum.plus(Floats(term->weight), Floats::load(bounds_of(*term, bounds)));
    return sum;
  }

  template <bool parts>
  static Floats bound_of(LinesView const& lines, std::uint32_t pool, float const* bounds) {
    Floats sum = bound_of(lines.constant[pool], lines.terms + lines.begin[pool],
                          lines.terms + lines.begin[pool + 1], bounds);
    if constexpr (parts) {
      for (std::uint32_t p = lines.parts.pool_begin[pool]; p < lines.parts.pool_begin[pool + 1];
           ++p)
        sum = sum.plus(Floats(1.0f), least_bound_of(lines.parts, p, bounds));
    }
    return sum;
  }

  static Floats least_bound_of(PartsView const& parts, std::uint32_t part, float const* bounds) {
    auto const bound = [&](std::uint32_t line) {
      return bound_of(parts.constant[line], parts.terms + parts.terms_begin[line],
                      parts.terms + parts.terms_begin[line + 1], bounds);
    };
    Floats least = bound(parts.begin[part]);
    for (std::uint32_t i = parts.begin[part] + 1; i < parts.begin[part + 1]; ++i)
      least = least.least(bound(i));
    return least;
  }

  // The least moves of the term's basis row where it gains from rises, else the largest.
  static float const* bounds_of(Term term, float const* bounds) {
    return bounds + static_cast<std::uint64_t>(term.basis) * row_bounds +
           (term.weight > 0.0f ? 0 : bound_lanes);
  }

  static std::uint32_t first_of(std::uint32_t count) {
    return count >= 16 ? 0xffffu : (1u << count) - 1;
  }

  template <bool parts>
  static void list_block(LinesView const& lines, WindowView const& window, std::uint32_t pool,
                         std::uint32_t block, std::uint32_t stride, std::uint32_t* live,
                         std::uint32_t* count) {
    std::uint64_t const size = static_cast<std::uint64_t>(window.basis) * row_bounds;
    std::uint32_t const first = block * block_tiles;
    std::uint32_t left = not_cleared<parts>(lines, pool, window.tile_bounds + block * size) &
                         first_of(window.tiles - first);
    for (; left != 0; left &= left - 1) {
      std::uint32_t const tile = first + static_cast<std::uint32_t>(__builtin_ctz(left));
      live[static_cast<std::uint64_t>(tile) * stride + count[tile]++] = pool;
    }
  }

  static void prune(LinesView const& lines, WindowView const& window, std::uint32_t stride,
                    std::uint32_t* live, std::uint32_t* count) {
    lines.parts.pool_begin == nullptr ? prune<false>(lines, window, stride, live, count)
                                      : prune<true>(lines, window, stride, live, count);
  }

  template <bool parts>
  static void prune(LinesView const& lines, WindowView const& window, std::uint32_t stride,
                    std::uint32_t* live, std::uint32_t* count) {
    std::uint64_t const size = static_cast<std::uint64_t>(window.basis) * row_bounds;
    for (std::uint32_t pool = 0; pool < lines.pools; ++pool)
      for (std::uint32_t first = 0; first < window.blocks; first += group_blocks) {
        float const* const bounds = window.block_bounds + first / group_blocks * size;
        std::uint32_t left =
            not_cleared<parts>(lines, pool, bounds) & first_of(window.blocks - first);
        for (; left != 0; left &= left - 1)
          list_block<parts>(lines, window, pool,
                            first + static_cast<std::uint32_t>(__builtin_ctz(left)), stride, live,
                            count);
      }
  }

  // --- filter

  struct Columns {
    Floats part[4];
  };

  // Rows of a tile that do not stay in the level-2 cache are asked for some terms ahead. (Past the
  // last term stand those of the next pools, or the spare ones that LinesView promises.)
  static constexpr std::uint32_t terms_ahead = 8;
  static constexpr std::uint32_t near_rows = 1024;

  static void ask_for(Term term, float const* moves) {
    float const* const row = moves + static_cast<std::uint64_t>(term.basis) * tile_columns;
    for (std::uint32_t i = 0; i < tile_columns; i += 16) __builtin_prefetch(row + i);
  }

  template <bool far>
  static Columns line_of(float constant, Term const* begin, Term const* end, float const* moves) {
    Floats const start(constant);
    Columns sum = {{start, start, start, start}};
    for (Term const* term = begin; term < end; ++term) {
      float const* const row = moves + static_cast<std::uint64_t>(term->basis) * tile_columns;
      Floats const weight(term->weight);
      if constexpr (far) ask_for(term[terms_ahead], moves);
      sum.part[0] = sum.part[0].plus(weight, Floats::load(row));
      sum.part[1] = sum.part[1].plus(weight, Floats::load(row + 16));
      sum.part[2] = sum.part[2].plus(weight, Floats::load(row + 32));
      sum.part[3] = sum.part[3].plus(weight, Floats::load(row + 48));
    }
    return sum;
  }

  template <bool far, bool parts>
  static Columns line_of(LinesView const& lines, std::uint32_t pool, float const* moves) {
    Columns sum = line_of<far>(lines.constant[pool], lines.terms + lines.begin[pool],
                               lines.terms + lines.begin[pool + 1], moves);
    if constexpr (parts) {
      for (std::uint32_t p = lines.parts.pool_begin[pool]; p < lines.parts.pool_begin[pool + 1];
           ++p) {
        Columns const least = least_line_of<far>(lines.parts, p, moves);
        for (std::uint32_t i = 0; i < 4; ++i)
          sum.part[i] = sum.part[i].plus(Floats(1.0f), least.part[i]);
      }
    }
    return sum;
  }

  template <bool far>
  static Columns least_line_of(PartsView const& parts, std::uint32_t part, float const* moves) {
    auto const line = [&](std::uint32_t number) {
      return line_of<far>(parts.constant[number], parts.terms + parts.terms_begin[number],
                          parts.terms + parts.terms_begin[number + 1], moves);
    };
    Columns least = line(parts.begin[part]);
    for (std::uint32_t k = parts.begin[part] + 1; k < parts.begin[part + 1]; ++k) {
      Columns const other = line(k);
      for (std::uint32_t i = 0; i < 4; ++i) least.part[i] = least.part[i].least(other.part[i]);
    }
    return least;
  }

  static std::uint32_t filter(LinesView const& lines, WindowView const& window, std::uint32_t tile,
                              std::uint32_t const* pools, std::uint32_t count, Candidate* found) {
    bool const far = window.basis > near_rows;
    if (lines.parts.pool_begin != nullptr)
      return far ? filter<true, true>(lines, window, tile, pools, count, found)
                 : filter<false, true>(lines, window, tile, pools, count, found);
    return far ? filter<true, false>(lines, window, tile, pools, count, found)
               : filter<false, false>(lines, window, tile, pools, count, found);
  }

  template <bool far, bool parts>
  static std::uint32_t filter(LinesView const& lines, WindowView const& window, std::uint32_t tile,
                              std::uint32_t const* pools, std::uint32_t count, Candidate* found) {
    float const* const moves = window.moves_of(tile);
    std::uint64_t const columns = window.columns_of(tile);
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      Columns const sum = line_of<far, parts>(lines, pools[i], moves);
      std::uint64_t mask = 0;
      for (std::uint32_t part = 0; part < 4; ++part)
        mask |= static_cast<std::uint64_t>(sum.part[part].not_above(0.0f)) << (16 * part);
      mask &= columns;
      if (mask != 0) found[kept++] = {pools[i], tile, mask};
    }
    return kept;
  }

  // --- tails

  static void bound(LinesView const& lines, WindowView const& window, std::uint32_t pool,
                    float* bounds) {
    lines.parts.pool_begin == nullptr ? bound<false>(lines, window, pool, bounds)
                                      : bound<true>(lines, window, pool, bounds);
  }

  template <bool parts>
  static void bound(LinesView const& lines, WindowView const& window, std::uint32_t pool,
                    float* bounds) {
    std::uint64_t const size = static_cast<std::uint64_t>(window.basis) * row_bounds;
    for (std::uint32_t block = 0; block < window.blocks; ++block)
      bound_of<parts>(lines, pool, window.tile_bounds + block * size)
          .store(bounds + block * block_tiles);
  }

  static std::uint64_t estimate(LinesView const& lines, WindowView const& window,
                                std::uint32_t pool, std::uint32_t tile, float most, float* line) {
    return lines.parts.pool_begin == nullptr
               ? estimate<false>(lines, window, pool, tile, most, line)
               : estimate<true>(lines, window, pool, tile, most, line);
  }

  template <bool parts>
  static std::uint64_t estimate(LinesView const& lines, WindowView const& window,
                                std::uint32_t pool, std::uint32_t tile, float most, float* line) {
    Columns const sum = line_of<true, parts>(lines, pool, window.moves_of(tile));
    std::uint64_t low = 0;
    for (std::uint32_t part = 0; part < 4; ++part) {
      sum.part[part].store(line + 16 * part);
      low |= static_cast<std::uint64_t>(sum.part[part].not_above(most)) << (16 * part);
    }
    return low & window.columns_of(tile);
  }

  // --- decide

  static double const* prices_of(WindowView const& window, std::uint32_t strip) {
    constexpr std::uint32_t per_tile = tile_columns / strip_columns;
    return window.prices_of(strip / per_tile) +
           static_cast<std::uint64_t>(strip % per_tile) * strip_columns;
  }

  // The next strip's prices are on their way while one is in work: they lie too far apart for the
  // processor to guess.
  static void fetch(PoolView const& pool, double const* strip) {
    for (std::uint32_t i = 0; i < pool.asset_count; ++i)
      __builtin_prefetch(strip + static_cast<std::uint64_t>(pool.assets[i]) * tile_columns);
  }

  static void decide(PoolView const& pool, WindowView const& window, std::uint32_t const* strips,
                     std::uint32_t count, double* excess, std::uint8_t* eventful) {
    for (std::uint32_t i = 0; i < count; i += Lanes::strips) {
      double const* first[Lanes::strips];
      for (std::uint32_t k = 0; k < Lanes::strips; ++k)
        first[k] = prices_of(window, strips[i + k < count ? i + k : count - 1]);
      for (std::uint32_t k = i + Lanes::strips; k < i + 2 * Lanes::strips && k < count; ++k)
        fetch(pool, prices_of(window, strips[k]));
      auto const price = [&first](std::uint32_t row) {
        return Lanes::load(first, static_cast<std::uint64_t>(row) * tile_columns);
      };
      Lanes const found =
          evaluate<Lanes>(*pool.book, *pool.rules, pool.pool, [&](std::uint32_t row) {
            return row_of_prices(*pool.rows, row, price);
          }).excess;
      double values[Lanes::count];
      found.store(values);
      std::uint32_t const events = not_within(found, 0.0, largest_amount);
      for (std::uint32_t k = 0; k < Lanes::strips && i + k < count; ++k) {
        eventful[i + k] = static_cast<std::uint8_t>(events >> (k * strip_columns));
        double* const out = excess + static_cast<std::uint64_t>(i + k) * strip_columns;
        for (std::uint32_t c = 0; c < strip_columns; ++c) out[c] = values[k * strip_columns + c];
      }
    }
  }

  static constexpr VectorCode table(char const* name) {
    return {name, together, grow, price_option, fill, prune, filter, bound, estimate, decide};
  }
};

}  // namespace plimsoll::cpu
