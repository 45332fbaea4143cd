// One factor's log-move over one step: correlated Student-t, bounded.
// Units: log-returns; time in years.
// Method: docs/models.md, "Moves". z = L n with independent normals n; t = m z with one mixing
//   factor m for all factors of a scenario and step; r = limited(volatility sqrt(dt) t).
//   m(u) = sqrt((nu - 2) / chi2_nu^-1(1 - u)) is a table in the market file, so that Var(t) = 1.
// Bits: sums run over j = 0, 1, ... with fma; the table is the model, read by integer arithmetic.
#pragma once

#include "models/elementary.hpp"
#include "models/market.hpp"
#include "models/number.hpp"
#include "models/random.hpp"

namespace plimsoll {

// The node p_i of the mixing table, i = 0 .. mixing_nodes - 1: 2^-32 up to 1/2.
PLIMSOLL_HD inline double mixing_node(std::uint32_t i) {
  return double_of((bits_of(0x1p-32) + (static_cast<std::uint64_t>(i) << 48)));
}

// m(u), linear between nodes; u is clipped to [2^-32, 1 - 2^-32].
PLIMSOLL_HD inline double mixing_factor(MarketView const& market, double u) {
  bool const lower = u < 0.5;
  double const tail = lower ? u : 1.0 - u;
  double const p = select(tail < 0x1p-32, 0x1p-32, tail);
  std::uint64_t const offset = bits_of(p) - bits_of(0x1p-32);
  auto const node = static_cast<std::uint32_t>(offset >> 48);
  double const* const table = lower ? market.mixing_low : market.mixing_high;
  if (node + 1 >= mixing_nodes) return table[mixing_nodes - 1];
  double const fraction = static_cast<double>(offset & 0xffffffffffffull) * 0x1p-48;
  return fused(fraction, table[node + 1] - table[node], table[node]);
}

// The smooth monotone limiter: the identity up to half the limit R, then R/2 + R/2 x/(1 + x) with
// x = (|r| - R/2) / (R/2); continuous with its first derivative, below R for every finite r.
template <class Real>
PLIMSOLL_HD inline Real limited(Real r, Real limit) {
  Real const zero(0.0);
  Real const half = Real(0.5) * limit;
  Real const size = magnitude(r);
  Real const x = (size - half) / half;
  Real const bent = fused(half, x / (Real(1.0) + x), half);
  Real const bounded = select(size > half, select(limit > bent, bent, limit), size);
  return select(zero > r, zero - bounded, bounded);
}
template <class Real>
PLIMSOLL_HD inline auto is_limited(Real r, Real limit) {
  return magnitude(r) > Real(0.5) * limit;
}

PLIMSOLL_HD inline double factor_normal(std::uint64_t seed, std::uint64_t scenario,
                                        std::uint32_t step, std::uint32_t factor) {
  Draws const pair = draws(seed, Purpose::factor_normal, scenario, step, factor / 2);
  return normal_quantile(uniform(factor % 2 == 0 ? pair.first : pair.second));
}

// All normals of one scenario and step, two a block: normals[factors].
PLIMSOLL_HD inline void factor_normals(std::uint64_t seed, std::uint64_t scenario,
                                       std::uint32_t step, std::uint32_t factors, double* normals) {
  for (std::uint32_t f = 0; f < factors; f += 2) {
    Draws const pair = draws(seed, Purpose::factor_normal, scenario, step, f / 2);
    normals[f] = normal_quantile(uniform(pair.first));
    if (f + 1 < factors) normals[f + 1] = normal_quantile(uniform(pair.second));
  }
}

PLIMSOLL_HD inline double scenario_mixing(MarketView const& market, std::uint64_t seed,
                                          std::uint64_t scenario, std::uint32_t step) {
  return mixing_factor(market, uniform(draws(seed, Purpose::mixing, scenario, step, 0).first));
}

// z_k = sum over j <= factor + k of L[factor + k][j] n_j for `count` factors side by side, which
// shares what is read and changes no sum. normal(j) = n_j.
template <std::uint32_t count, class Real, class Normal>
PLIMSOLL_HD inline void correlated_normals(MarketView const& market, std::uint32_t factor,
                                           Normal normal, Real (&z)[count]) {
  double const* const row = market.loading + static_cast<std::uint64_t>(factor) * market.factors;
  for (std::uint32_t k = 0; k < count; ++k) z[k] = Real(0.0);
  for (std::uint32_t j = 0; j <= factor; ++j) {
    Real const n = normal(j);
    for (std::uint32_t k = 0; k < count; ++k)
      z[k] = fused(Real(row[static_cast<std::uint64_t>(k) * market.factors + j]), n, z[k]);
  }
  for (std::uint32_t j = factor + 1; j < factor + count; ++j) {
    Real const n = normal(j);
    for (std::uint32_t k = j - factor; k < count; ++k)
      z[k] = fused(Real(row[static_cast<std::uint64_t>(k) * market.factors + j]), n, z[k]);
  }
}

// The unlimited log-move of `factor` from its correlated normal.
template <class Real>
PLIMSOLL_HD inline Real raw_move(MarketView const& market, std::uint32_t factor, Real z,
                                 Real mixing, double root_of_step) {
  return (z * mixing) * Real(market.volatility[factor] * root_of_step);
}

// A move that was drawn, and whether the limiter changed it; over doubles or lanes.
template <class Real>
struct LimitedMove {
  Real log_move;
  decltype(Real(0.0) > Real(0.0)) bent;
};
template <class Real>
PLIMSOLL_HD inline LimitedMove<Real> drawn_move(MarketView const& market, std::uint32_t factor,
                                                Real z, Real mixing, double root_of_step) {
  Real const raw = raw_move(market, factor, z, mixing, root_of_step);
  Real const limit(market.limit[factor]);
  return {limited(raw, limit), is_limited(raw, limit)};
}

// A move that a table gives.
PLIMSOLL_HD inline double given_move(MarketView const& market, RunShape const& shape,
                                     std::uint64_t scenario, std::uint32_t step,
                                     std::uint32_t factor) {
  std::uint64_t const column = scenario * shape.steps + (step - 1);
  return market.table[column * market.factors + factor];
}

struct FactorMove {
  double log_move;
  bool bent;  // the limiter changed it
};

// What factor `factor` does over `step` of `scenario`: given by a table, or drawn. normal(j) and
// mixing are the draws of that scenario and step (not read where a table gives the moves).
template <class Normal>
PLIMSOLL_HD inline FactorMove factor_move(MarketView const& market, RunShape const& shape,
                                          std::uint64_t scenario, std::uint32_t step,
                                          std::uint32_t factor, Normal normal, double mixing,
                                          double root_of_step) {
  if (market.table != nullptr) return {given_move(market, shape, scenario, step, factor), false};
  double z[1];
  correlated_normals(market, factor, normal, z);
  LimitedMove<double> const move = drawn_move(market, factor, z[0], mixing, root_of_step);
  return {move.log_move, move.bent};
}

}  // namespace plimsoll
