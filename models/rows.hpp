// Rows: every value that depends on the column alone, priced once per tile and read by all pools.
// Rows 0 .. assets - 1 are prices (of assets, or a level of volatility); rows assets .. stored - 1
// take work, and are priced from those before them once per column, like the prices; the others
// are the exposures of plain contracts, which whoever needs one finds from stored rows.
// Units: reporting currency per unit of the asset or contract.
// Method: docs/models.md, "Instruments".
#pragma once

#include <cstdint>
#include <type_traits>

#include "models/american.hpp"
#include "models/elementary.hpp"
#include "models/european.hpp"
#include "models/number.hpp"

namespace plimsoll {

enum class RowKind : std::uint8_t {
  constant,  // price does not move: the reporting currency, or an asset declared constant
  price,     // asset driven by a factor: price tonight x exp(sum of log-moves)
  linear,    // contract on an underlying: S_underlying x ratio
  inverse,   // coin-settled contract per unit of quote currency: S_settle / (S_underlying x ratio)
  stopped,   // a price row until a step, and what it was there from then on
  european,  // option on the forward S_underlying x ratio
  american,  // option on S_underlying x ratio
  written,   // what a sold option needs: the standard margin of the option in row `settle`
  beyond,    // by how much a price is beyond a level, as a fraction: max(0, offset + S x ratio)
  wilder,    // by how much the volatility of a price has risen, as a fraction of tonight's
  running,   // the stored row `settle` for less than so many years, and zero from then on
  aged,      // the stored row `settle` times the years since tonight
};

// The first of `steps` steps at or after a time from tonight, or 0 where all are before it.
inline std::uint32_t step_of_expiry(double years, double years_per_step, std::uint32_t steps) {
  constexpr double rounding = 1.0 - 0x1p-40;  // a time that is meant to be a step's is one
  for (std::uint32_t step = 1; step <= steps; ++step)
    if (step * years_per_step >= years * rounding) return step;
  return 0;
}

// What an option is beside the row that moves it; of a stopped row, when it stops.
// Once its time is over an option is worth what it settles at: its underlying stops there.
struct OptionRow {
  OptionSide side;
  bool in_coin;               // pays max(sign (F - K), 0) / F of its settlement asset
  std::uint32_t until;        // step, from 1, at which a stopped row stops
  std::uint32_t level;        // price row that the volatility is multiplied by, or no_index
  std::uint32_t strike_unit;  // price row of the strike's currency, or no_index: reporting
  double strike;              // [unit of the strike per underlying]
  double years;               // [year] from tonight to expiry; of a running row, to its end
  double volatility;          // [1/sqrt(year)] tonight
  double rate, carry;         // [1/year] continuous; European options: rate only
  double written_rate = 0.0;  // of a written row: a and b of written_margin()
  double written_least = 0.0;
  double offset = 0.0;       // of a `beyond` row
  double persistence = 0.0;  // of a `wilder` row, per step: variance is multiplied by this, and a
  double newness = 0.0;      // move r adds newness r^2, both in units of tonight's variance

  bool operator==(OptionRow const&) const = default;
};

struct RowsView {
  std::uint32_t rows;
  std::uint32_t assets;             // rows [0, assets) are prices
  std::uint32_t stored;             // rows [0, stored) are kept for every column
  RowKind const* kind;              // [rows]
  std::uint32_t const* factor;      // [assets] factor of the price, or no_index
  std::uint32_t const* underlying;  // [rows] price row, exposures only
  std::uint32_t const* settle;      // [rows] price row, exposures only
  double const* ratio;  // [rows] price rows: price tonight [ccy]; exposures: mark / spot; `beyond`
                        // rows: [1/ccy] with its sign
  OptionRow const* option = nullptr;  // [stored - assets]
};

// An asset's price once its factor has grown by exp(sum of log-moves); 1 where it has none.
PLIMSOLL_HD inline double grown_price(RowsView const& rows, std::uint32_t row, double growth) {
  return rows.kind[row] == RowKind::constant ? rows.ratio[row] : rows.ratio[row] * growth;
}

// An asset's price after log-moves that sum to `log_sum`.
PLIMSOLL_HD inline double asset_price(RowsView const& rows, std::uint32_t row, double log_sum) {
  return grown_price(rows, row, exp(log_sum));
}

// The exposure of one unit of an instrument; price(row) reads a price row of the same column, as a
// double or as lanes.
template <class Price>
PLIMSOLL_HD inline auto exposure(RowsView const& rows, std::uint32_t row, Price price) {
  using Real = std::decay_t<decltype(price(row))>;
  Real const mark = price(rows.underlying[row]) * Real(rows.ratio[row]);
  return rows.kind[row] == RowKind::inverse ? price(rows.settle[row]) / mark : mark;
}

// A European option with `left` years to go [ccy, or coin where it pays in coin].
template <bool in_coin>
PLIMSOLL_HD inline double european_price(double sign, double rate, double left, double volatility,
                                         double forward, double strike) {
  double const time = select(left > 0.0, left, 0.0);
  EuropeanTerms const terms =
      european_terms(option_life(sign, time, exp(-rate * time)), volatility);
  return in_coin ? european_coin_settled(terms, forward, strike).value
                 : european_linear(terms, forward, strike).value;
}

// What prices an option: the mark of its underlying and its strike [ccy], its volatility.
struct OptionInputs {
  double forward, strike, volatility;
};

// price(row) reads a stored row of the same column [ccy].
template <class Price>
PLIMSOLL_HD inline OptionInputs option_inputs(RowsView const& rows, std::uint32_t row,
                                              Price price) {
  OptionRow const& option = rows.option[row - rows.assets];
  return {
      price(rows.underlying[row]) * rows.ratio[row],
      option.strike_unit == no_index ? option.strike : option.strike * price(option.strike_unit),
      option.level == no_index ? option.volatility : option.volatility * price(option.level)};
}

// An option, years after tonight.
template <class Price>
PLIMSOLL_HD inline double option_price(RowsView const& rows, std::uint32_t row, double years,
                                       Price price) {
  OptionRow const& option = rows.option[row - rows.assets];
  auto const [forward, strike, volatility] = option_inputs(rows, row, price);
  double const left = option.years - years;
  if (rows.kind[row] == RowKind::american)
    return american(american_terms(american_life(option.side, left, option.rate, option.carry),
                                   volatility),
                    forward, strike)
        .value;
  double const sign = payoff_sign(option.side);
  if (!option.in_coin)
    return european_price<false>(sign, option.rate, left, volatility, forward, strike);
  return european_price<true>(sign, option.rate, left, volatility, forward, strike) *
         price(rows.settle[row]);
}

// What an option must be backed by that somebody has sold, beside its price: max(a F - OTM, b F)
// with OTM = max(sign (K - F), 0), by how much it is out of the money [ccy].
PLIMSOLL_HD inline double written_margin(double sign, double forward, double strike, double rate,
                                         double least) {
  double const out = sign * (strike - forward);
  double const full = rate * forward - select(out > 0.0, out, 0.0);
  double const floor = least * forward;
  return select(full > floor, full, floor);
}

template <class Price>
PLIMSOLL_HD inline double written_value(RowsView const& rows, std::uint32_t row, Price price) {
  OptionRow const& option = rows.option[row - rows.assets];
  OptionInputs const in = option_inputs(rows, row, price);
  return written_margin(payoff_sign(option.side), in.forward, in.strike, option.written_rate,
                        option.written_least) +
         price(rows.settle[row]);
}

// x below zero is zero; NaN stays NaN.
PLIMSOLL_HD inline double not_below_zero(double x) {
  return select(x < 0.0, 0.0, x);
}

// The volatility of a price after `step` steps over that of tonight, less one, where it is higher:
// v_k = persistence v_(k-1) + newness r_k^2, v_0 = 1.
template <class PriceUntil>
PLIMSOLL_HD inline double wilder_value(RowsView const& rows, std::uint32_t row, std::uint32_t step,
                                       PriceUntil price_until) {
  OptionRow const& figures = rows.option[row - rows.assets];
  std::uint32_t const of = rows.underlying[row];
  double variance = 1.0;
  double before = rows.ratio[of];
  for (std::uint32_t k = 1; k <= step; ++k) {
    double const after = price_until(of, k);
    double const move = log(after / before);
    variance = fused(figures.newness * move, move, figures.persistence * variance);
    before = after;
  }
  return not_below_zero(::sqrt(variance) - 1.0);
}

// A stored row that is no price, `step` steps and `years` after tonight: price(row) reads a row
// before it in the same column, price_until(row, step) a price row as it is no later than at
// `step`.
template <class Price, class PriceUntil>
PLIMSOLL_HD inline double stored_value(RowsView const& rows, std::uint32_t row, std::uint32_t step,
                                       double years, Price price, PriceUntil price_until) {
  switch (rows.kind[row]) {
    case RowKind::stopped:
      return price_until(rows.underlying[row], rows.option[row - rows.assets].until);
    case RowKind::european:
    case RowKind::american:
      return option_price(rows, row, years, price);
    case RowKind::written:
      return written_value(rows, row, price);
    case RowKind::beyond:
      return not_below_zero(fused(price(rows.underlying[row]), rows.ratio[row],
                                  rows.option[row - rows.assets].offset));
    case RowKind::wilder:
      return wilder_value(rows, row, step, price_until);
    case RowKind::running:
      return select(years < rows.option[row - rows.assets].years, price(rows.settle[row]), 0.0);
    case RowKind::aged:
      return price(rows.settle[row]) * years;
    default:
      return exposure(rows, row, price);
  }
}

// The price row that a row hangs on in the end.
PLIMSOLL_HD inline std::uint32_t root_price(RowsView const& rows, std::uint32_t row) {
  while (row >= rows.assets) row = rows.underlying[row];
  return row;
}

// Row `row` of a column of which only the stored rows are at hand.
template <class Price>
PLIMSOLL_HD inline auto row_of_prices(RowsView const& rows, std::uint32_t row, Price price) {
  using Real = std::decay_t<decltype(price(row))>;
  return row < rows.stored ? Real(price(row)) : exposure(rows, row, price);
}

// Row `row` tonight; today[] has all rows before it.
PLIMSOLL_HD inline double value_tonight(RowsView const& rows, std::uint32_t row,
                                        double const* today) {
  if (row < rows.assets) return rows.ratio[row];
  auto const price = [today](std::uint32_t r) { return today[r]; };
  if (row >= rows.stored) return exposure(rows, row, price);
  return stored_value(rows, row, 0, 0.0, price,
                      [today](std::uint32_t r, std::uint32_t) { return today[r]; });
}

// The price of row `row` < assets of a column: log_sums[factor] are the summed log-moves.
PLIMSOLL_HD inline double price_row(RowsView const& rows, std::uint32_t row,
                                    double const* log_sums) {
  std::uint32_t const factor = rows.factor[row];
  return asset_price(rows, row, factor == no_index ? 0.0 : log_sums[factor]);
}

}  // namespace plimsoll
