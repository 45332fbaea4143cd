// European options on a forward: calls and puts, paid in the quote currency or in coin.
//
// What is the same in many columns is found once: the life that an option has left (OptionLife),
// then what its volatility makes of it (EuropeanTerms), then values, column by column.
//
// Units:  forward, strike and linear values in the reporting currency per unit of the underlying;
//         coin-settled values in units of the underlying; volatility per square root of a year;
//         time in years; discount factors and shocks as fractions.
// Method: docs/models.md, "European options". F. Black, The pricing of commodity contracts, Journal
//         of Financial Economics 3 (1976).
// Trusts: 0 < strike and 0 <= forward, both finite; 0 <= volatility, infinity too; 0 <= discount;
//         time is a number, below zero once the option is over. All of these give numbers.
// Bits:   + - * / sqrt, fma and models/elementary.hpp; plain double with selects, so that a loop
// over
//         columns becomes vector code as it stands (g++ 12: inlined, -O3 -fno-trapping-math). No
//         select here hangs on what is the same in all columns: such a loop g++ would not take.
#pragma once

#include <cmath>
#include <cstdint>

#include "models/elementary.hpp"
#include "models/number.hpp"

namespace plimsoll {

enum class OptionSide : std::uint8_t { call, put };

struct OptionValue {
  double value;
  double delta;  // derivative of value in the price that the option was given: forward or spot
};

/// How quoted volatilities move: by a fraction of themselves, and by a number added to them.
struct VolatilityShock {
  double relative;  // 0.25: a quarter more
  double added;     // [per square root of a year]
};

/// What a quoted volatility becomes, never below 0.
PLIMSOLL_HD inline double shocked_volatility(double quoted, VolatilityShock shock) {
  double const moved = fused(quoted, shock.relative, quoted) + shock.added;
  return select(moved > 0.0, moved, 0.0);
}

/// What is left of an option: the same for every price and every volatility.
struct OptionLife {
  double sign;        // what pays is sign x (underlying - strike): +1 for calls, -1 for puts
  double root_years;  // 0 at expiry and after it
  double discount;    // of what is paid at expiry: of money, or of coin where that is paid
};

PLIMSOLL_HD inline double payoff_sign(OptionSide side) {
  return side == OptionSide::call ? 1.0 : -1.0;
}

PLIMSOLL_HD inline OptionLife option_life(double sign, double years, double discount) {
  return {sign, std::sqrt(select(years > 0.0, years, 0.0)), discount};
}
PLIMSOLL_HD inline OptionLife option_life(OptionSide side, double years, double discount) {
  return option_life(payoff_sign(side), years, discount);
}

/// The same for every price.
struct EuropeanTerms {
  double sign;
  double discount;
  double deviation;  // standard deviation of log(what the forward becomes), above 0
  double per_deviation;
};

/// Volatility times the root of time: 0 at expiry, and a number even where the first is infinity.
PLIMSOLL_HD inline double total_volatility(double volatility, double root_years) {
  return select(volatility < 0x1p500, volatility, 0x1p500) * root_years;
}

PLIMSOLL_HD inline EuropeanTerms european_terms(OptionLife life, double volatility) {
  double const total = total_volatility(volatility, life.root_years);
  // Above zero nothing is 0 / 0: at the money and without volatility an option is worth nothing and
  // has half a delta.
  double const deviation = select(total > 0x1p-500, total, 0x1p-500);
  return {life.sign, life.discount, deviation, 1.0 / deviation};
}

/// Of an option on a forward, nothing discounted: sign x (forward held - strike paid).
struct BlackOption {
  double value;  // [ccy]
  double held;   // Phi(sign d1)
  double paid;   // Phi(sign d2), the probability that it is exercised
};

PLIMSOLL_HD inline BlackOption black_option(EuropeanTerms const& terms, double forward,
                                            double strike) {
  double const middle = log(forward / strike) * terms.per_deviation;
  double const half = 0.5 * terms.deviation;
  double const held = normal_cdf(terms.sign * (middle + half));
  double const paid = normal_cdf(terms.sign * (middle - half));
  double const difference = terms.sign * (forward * held - strike * paid);
  // Rounding could leave it an ulp below what it cannot be less than.
  double const intrinsic = terms.sign * (forward - strike);
  double const least = select(intrinsic > 0.0, intrinsic, 0.0);
  return {select(difference > least, difference, least), held, paid};
}

/// Paid in the quote currency: value [ccy] and its derivative in the forward. At expiry and after
/// it the value is discount x what the option settles at.
PLIMSOLL_HD inline OptionValue european_linear(EuropeanTerms const& terms, double forward,
                                               double strike) {
  BlackOption const option = black_option(terms, forward, strike);
  return {terms.discount * option.value, terms.discount * (terms.sign * option.held)};
}

/// Paid in coin, max(sign (forward - strike), 0) / forward: value [coin] and its derivative in the
/// forward [coin per ccy]. As the forward goes to 0 a put's value grows beyond all bounds.
PLIMSOLL_HD inline OptionValue european_coin_settled(EuropeanTerms const& terms, double forward,
                                                     double strike) {
  BlackOption const option = black_option(terms, forward, strike);
  double const price = select(forward > 0x1p-1022, forward, 0x1p-1022);
  double const slope = terms.sign * ((strike * option.paid) / price / price);
  return {terms.discount * (option.value / price), terms.discount * slope};
}

}  // namespace plimsoll
