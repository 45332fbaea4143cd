// The loops of option_columns.hpp, included by one file for each instruction set. Everything is
// flattened into them: a call that is left would keep a loop from becoming vector code, and a copy
// of a header's function that is left could come to be used by others.
#pragma once

#include "tests/models/option_columns.hpp"

namespace plimsoll::tests {
namespace {

template <class Price>
inline void priced(OptionColumns const& columns, Price price) {
  double const* const from = columns.price;
  double const* const volatility = columns.volatility;
  double* const value = columns.value;
  double* const delta = columns.delta;
  for (int i = 0; i < option_columns; ++i) {
    OptionValue const found = price(from[i], volatility[i]);
    value[i] = found.value;
    delta[i] = found.delta;
  }
}

[[gnu::flatten]] void european(EuropeanTerms const& given, double strike,
                               OptionColumns const& columns) {
  EuropeanTerms const terms = given;
  priced(columns, [=](double forward, double) { return european_linear(terms, forward, strike); });
}
[[gnu::flatten]] void european_moved(OptionLife const& given, double strike,
                                     OptionColumns const& columns) {
  OptionLife const life = given;
  priced(columns, [=](double forward, double volatility) {
    return european_linear(european_terms(life, volatility), forward, strike);
  });
}
[[gnu::flatten]] void coin_settled(EuropeanTerms const& given, double strike,
                                   OptionColumns const& columns) {
  EuropeanTerms const terms = given;
  priced(columns,
         [=](double forward, double) { return european_coin_settled(terms, forward, strike); });
}
[[gnu::flatten]] void coin_settled_moved(OptionLife const& given, double strike,
                                         OptionColumns const& columns) {
  OptionLife const life = given;
  priced(columns, [=](double forward, double volatility) {
    return european_coin_settled(european_terms(life, volatility), forward, strike);
  });
}
[[gnu::flatten]] void american(AmericanTerms const& given, double strike,
                               OptionColumns const& columns) {
  AmericanTerms const terms = given;
  priced(columns, [=](double spot, double) { return plimsoll::american(terms, spot, strike); });
}
[[gnu::flatten]] void american_moved(AmericanLife const& given, double strike,
                                     OptionColumns const& columns) {
  AmericanLife const life = given;
  priced(columns, [=](double spot, double volatility) {
    return plimsoll::american(american_terms(life, volatility), spot, strike);
  });
}

constexpr OptionLoops loops_named(char const* name) {
  return {name,     european,      european_moved, coin_settled, coin_settled_moved,
          american, american_moved};
}

}  // namespace
}  // namespace plimsoll::tests
