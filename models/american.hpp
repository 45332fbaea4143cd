// American options on a spot with an interest rate and a cost of carry; on a future, carry 0.
//
// As in models/european.hpp, what is the same in many columns is found once: the life that an
// option has left, then the boundary beyond which exercise pays and what goes with it
// (AmericanTerms), which depend on the volatility but on no price, then values, little dearer than
// European ones.
//
// Units:  spot and strike in the reporting currency; rate and carry per year, continuously
//         compounded; volatility per square root of a year; time in years.
// Method: docs/models.md, "American options". N. Ju and R. Zhong, An approximate formula for
// pricing
//         American options, Journal of Derivatives 7 (1999), on the boundary of G. Barone-Adesi and
//         R. Whaley, Efficient analytic approximation of American option values, Journal of Finance
//         42 (1987), found by boundary_steps steps of Newton's method.
// Trusts: 0 < strike and 0 <= spot, both finite; 0 <= volatility; is_american_domain. Outside of
// that
//         the value is the European option's, or that of exercise where this is more. Errors were
//         measured by tests/models/quantlib_test.cpp: see docs/models.md.
// Bits:   as models/european.hpp.
#pragma once

#include <cmath>

#include "models/elementary.hpp"
#include "models/european.hpp"
#include "models/number.hpp"

namespace plimsoll {

/// False where exercise pays between two boundaries instead of beyond one: rate and yield (rate -
/// carry) both below zero, that of what is given away the lower. Asked at the door.
PLIMSOLL_HD inline bool is_american_domain(OptionSide side, double rate, double carry) {
  double const yield = rate - carry;
  double const gained = side == OptionSide::put ? rate : yield;
  double const lost = side == OptionSide::put ? yield : rate;
  return !(gained < 0.0 && lost < gained);
}

/// What is left of an American option: the same for every price and every volatility. Boundaries
/// are those of a unit strike, as distances sign x log(boundary).
struct AmericanLife {
  OptionLife option;
  double growth;  // forward / spot
  // Over the whole of its life; where exercise never pays, numbers that do no harm.
  double rate, yield;
  double discount, paid_out;  // exp of minus these
  double rate_per_h;          // rate / (1 - discount)
  double gained, lost;        // by exercise: on the strike and on the spot of a put
  double nearest;             // distance of the boundary just before expiry
  double paying;              // 1, or 0 where exercise never pays
  double far;                 // 0, or a distance that no spot has
  // Without volatility the spot arrives at the boundary, or does not, at a time that is known.
  double certain_power, certain_reach, certain_premium;
};

/// The same for every price; of a unit strike. x = log(spot / boundary).
struct AmericanTerms {
  EuropeanTerms european;
  double growth;
  double boundary;  // log(boundary): exercise pays beyond
  double reach;     // further than this from the boundary the option is European
  double share;     // of the European value within: 1, or 0 without volatility
  double premium;   // of exercise over the European option at the boundary; elsewhere
  double power;     //   premium x exp(power x) / (1 - linear x - square x^2)
  double linear;
  double square;
};

inline constexpr int boundary_steps = 6;

/// Below this total volatility the price is taken to be certain.
inline constexpr double least_american_deviation = 1e-6;

PLIMSOLL_HD inline AmericanLife american_life(OptionSide side, double years, double rate,
                                              double carry) {
  bool const put = side == OptionSide::put;
  double const time = select(years > 0.0, years, 0.0);
  double const given_rate = rate * time;
  double const given_yield = given_rate - carry * time;
  double const given_discount = exp(-given_rate);
  bool const pays = (put ? given_rate : given_yield) > 0.0;

  AmericanLife life;
  life.option = option_life(side, years, given_discount);
  life.growth = exp(carry * time);
  life.rate = pays ? given_rate : 1.0;
  life.yield = pays ? given_yield : 1.0;
  life.discount = exp(-life.rate);
  life.paid_out = exp(-life.yield);
  // r / (1 - exp(-r)) = 1 + r/2 + r^2/12 - r^4/720 + ...
  double const series = fused(life.rate, fused(life.rate, 1.0 / 12.0, 0.5), 1.0);
  bool const small = magnitude(life.rate) < 1e-3;
  life.rate_per_h = small ? series : life.rate / (1.0 - life.discount);
  life.gained = put ? life.rate : life.yield;
  life.lost = put ? life.yield : life.rate;
  bool const outweighed = life.lost > life.gained;
  life.nearest = log(outweighed ? life.lost / life.gained : 1.0);
  life.paying = pays ? 1.0 : 0.0;
  life.far = pays ? 0.0 : 4000.0;
  double const gap = life.rate - life.yield;
  life.certain_power = outweighed ? life.rate / gap : 0.0;
  life.certain_reach = outweighed ? magnitude(gap) : 0.0;
  life.certain_premium =
      pays ? life.option.sign * (exp(life.option.sign * life.nearest) - 1.0) : 0.0;
  return life;
}

/// The root below zero of x^2 + p x - 2 k for k > 0, and that of p^2 + 8 k.
struct NegativeRoot {
  double value;
  double discriminant_root;
};

PLIMSOLL_HD inline NegativeRoot negative_root(double p, double k) {
  double const root = std::sqrt(fused(p, p, 8.0 * k));
  // Neither form takes the difference of what is nearly equal.
  return {select(p > 0.0, -0.5 * (p + root), -4.0 * k / (root - p)), root};
}

/// What a unit strike's boundary is held to be: power x premium = sign x (spot - stock held).
struct BoundaryCandidate {
  double premium;  // exercise less the European option
  double decay;    // of that option over the whole of its life
  double miss;     // of the condition, grows with the distance
  double slope;    // of the miss in the distance
};

PLIMSOLL_HD inline BoundaryCandidate boundary_candidate(AmericanLife const& life, double deviation,
                                                        double per_deviation, double power,
                                                        double distance) {
  constexpr double bell_top = 0.3989422804014327;  // 1 / sqrt(2 pi)
  double const sign = life.option.sign;
  double const log_spot = sign * distance;
  double const spot = exp(log_spot);
  double const middle = (log_spot + (life.rate - life.yield)) * per_deviation;
  double const d1 = middle + 0.5 * deviation;
  double const d2 = middle - 0.5 * deviation;
  double const stock = spot * life.paid_out * normal_cdf(sign * d1);
  double const money = life.discount * normal_cdf(sign * d2);
  double const bell = life.discount * (bell_top * exp(-0.5 * d2 * d2));
  double const premium = sign * ((spot - 1.0) - (stock - money));
  double const kept = spot - stock;
  double const decay = sign * (life.yield * stock - life.rate * money) - 0.5 * deviation * bell;
  return {premium, decay, sign * (power * premium) - kept,
          sign * ((power - 1.0) * kept) + bell * per_deviation};
}

/// Newton's method, its steps written out by the compiler, so that a loop over columns stays one.
template <int steps>
PLIMSOLL_HD inline double boundary_distance(AmericanLife const& life, double deviation,
                                            double per_deviation, double power, double furthest,
                                            double distance) {
  if constexpr (steps == 0) {
    return distance;
  } else {
    BoundaryCandidate const here =
        boundary_candidate(life, deviation, per_deviation, power, distance);
    double const next = distance - here.miss / here.slope;
    double const above = select(next > life.nearest, next, life.nearest);
    double const within = select(above < furthest, above, furthest);
    return boundary_distance<steps - 1>(life, deviation, per_deviation, power, furthest, within);
  }
}

PLIMSOLL_HD inline AmericanTerms american_terms(AmericanLife const& life, double volatility) {
  double const sign = life.option.sign;
  double const total = total_volatility(volatility, life.option.root_years);
  bool const moves = total > least_american_deviation;
  double const above = select(moves, total, least_american_deviation);
  double const deviation = select(above < 100.0, above, 100.0);
  double const per_deviation = 1.0 / deviation;
  double const per_variance = per_deviation * per_deviation;

  double const drift = 2.0 * (life.rate - life.yield);
  double const k = life.rate_per_h * per_variance;
  NegativeRoot const root = negative_root(-sign * fused(drift, per_variance, -1.0), k);
  double const power = -sign * root.value;

  // The boundary of the option that never expires is the furthest.
  double const pull = 2.0 * (life.gained - life.lost);
  double const endless =
      negative_root(fused(pull, per_variance, -1.0), life.gained * per_variance).value;
  double const furthest = log((endless - 1.0) / endless);
  double const span = furthest - life.nearest;
  double const guess = fused(-span, exp(-2.0 * deviation / span), furthest);
  double const distance =
      boundary_distance<boundary_steps>(life, deviation, per_deviation, power, furthest, guess);
  BoundaryCandidate const found =
      boundary_candidate(life, deviation, per_deviation, power, distance);
  bool const gains = moves && found.premium > 0.0;
  double const premium = select(gains, found.premium, 1.0);

  // With h = 1 - discount: rate x d power / dh, and what both corrections are multiples of.
  double const turn = 2.0 * life.rate_per_h * k / root.discriminant_root;
  double const scale = 2.0 * per_variance / root.discriminant_root;
  double const fixed = life.discount * (life.rate_per_h - turn / root.discriminant_root);
  double const linear = sign * (scale * (found.decay / premium - fixed));
  double const square = -0.5 * scale * (life.discount * turn);

  double const waited = select(moves, 0.0, life.certain_premium);
  return {european_terms(life.option, volatility),
          life.growth,
          sign * (select(moves, distance, life.nearest) + life.far),
          select(moves, infinity, life.certain_reach),
          select(moves, 1.0, 0.0),
          life.paying * select(gains, premium, waited),
          select(moves, power, life.certain_power),
          select(gains, linear, 0.0),
          select(moves, square, 0.0)};
}

/// Value [ccy] and its derivative in the spot.
PLIMSOLL_HD inline OptionValue american(AmericanTerms const& terms, double spot, double strike) {
  double const sign = terms.european.sign;
  double const intrinsic = sign * (spot - strike);
  OptionValue const european = european_linear(terms.european, terms.growth * spot, strike);
  double const delta = terms.growth * european.delta;

  // A spot of 0 is as far away as any.
  double const ratio = log(spot / strike);
  double const above = select(ratio > -800.0, ratio, -800.0);
  double const x = select(above < 800.0, above, 800.0) - terms.boundary;
  double const bend = fused(-x, fused(x, terms.square, terms.linear), 1.0);
  // Where it would fall to 0 nothing is left of the premium but noise.
  bool const sound = bend > 0.25;
  double const bent = select(sound, bend, 0.25);
  double const bent_slope = select(sound, fused(2.0 * x, terms.square, terms.linear), 0.0);
  double const added = strike * (terms.premium * exp(terms.power * x) / bent);
  double const price = select(spot > 0x1p-1022, spot, 0x1p-1022);
  double const added_delta = added / price * (terms.power + bent_slope / bent);

  bool const near = -sign * x < terms.reach;
  double const held = select(near, fused(terms.share, european.value, added), european.value);
  double const held_delta = select(near, fused(terms.share, delta, added_delta), delta);
  bool const exercised = sign * x >= 0.0 || intrinsic > held;
  return {select(exercised, intrinsic, held), select(exercised, sign, held_delta)};
}

}  // namespace plimsoll
