// American options: worked numbers, laws, published values, columns side by side. Errors against
// another's engine: quantlib_test.cpp.
#include "models/american.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "models/random.hpp"
#include "tests/models/option_columns.hpp"
#include "tests/models/published.hpp"

namespace plimsoll::tests {
namespace {

constexpr OptionSide sides[] = {OptionSide::call, OptionSide::put};

struct Case {
  double spot, strike, volatility, years, rate, yield;
};

AmericanTerms terms_of(OptionSide side, Case const& c) {
  return american_terms(american_life(side, c.years, c.rate, c.rate - c.yield), c.volatility);
}
OptionValue price(OptionSide side, Case const& c) {
  return american(terms_of(side, c), c.spot, c.strike);
}
OptionValue european(OptionSide side, Case const& c) {
  double const growth = std::exp((c.rate - c.yield) * c.years);
  OptionValue const found = european_linear(
      european_terms(option_life(side, c.years, std::exp(-c.rate * c.years)), c.volatility),
      growth * c.spot, c.strike);
  return {found.value, growth * found.delta};
}
double payoff(OptionSide side, Case const& c) {
  double const above = c.spot - c.strike;
  return std::max(side == OptionSide::call ? above : -above, 0.0);
}

/// Weeks to three years, rates and yields to 12 %, futures (yield = rate) among them.
std::vector<Case> random_cases(int count) {
  std::mt19937_64 generator(20260104);
  std::uniform_real_distribution<> uniform;
  auto const between = [&](double low, double high) {
    return low * std::pow(high / low, uniform(generator));
  };
  std::vector<Case> cases;
  for (int i = 0; i < count; ++i) {
    Case c = {100.0 * between(0.5, 2.0),
              100.0,
              between(0.08, 1.2),
              between(0.02, 3.0),
              0.001 + 0.12 * uniform(generator),
              0.12 * uniform(generator)};
    if (i % 4 == 0) c.yield = 0.0;
    if (i % 4 == 1) c.yield = c.rate;
    cases.push_back(c);
  }
  return cases;
}

// The worked numbers of docs/models.md.

TEST(American, WorkedNumbers) {
  Case const put = {40.0, 40.0, 0.4, 0.5833, 0.0488, 0.0};
  EXPECT_NEAR(price(OptionSide::put, put).value, 4.3415, 5e-5);
}

// Laws.

TEST(American, IsWorthWhatTheEuropeanIsAndWhatExerciseIs) {
  for (Case const& c : random_cases(20'000))
    for (OptionSide const side : sides) {
      OptionValue const found = price(side, c);
      ASSERT_GE(found.value, payoff(side, c));
      ASSERT_GE(found.value, european(side, c).value - 1e-11);
      ASSERT_LE(found.value, side == OptionSide::call ? c.spot : c.strike);
      double const sign = side == OptionSide::call ? 1.0 : -1.0;
      ASSERT_GE(sign * found.delta, 0.0);
      ASSERT_LE(sign * found.delta, 1.0 + 2e-3);
    }
}

TEST(American, IsEuropeanWhereExerciseNeverPays) {
  for (Case c : random_cases(4'000)) {
    c.yield = 0.0;
    ASSERT_NEAR(price(OptionSide::call, c).value, european(OptionSide::call, c).value, 1e-11);
    ASSERT_NEAR(price(OptionSide::call, c).delta, european(OptionSide::call, c).delta, 1e-13);
    std::swap(c.rate, c.yield);
    ASSERT_NEAR(price(OptionSide::put, c).value, european(OptionSide::put, c).value, 1e-11);
    ASSERT_NEAR(price(OptionSide::put, c).delta, european(OptionSide::put, c).delta, 1e-13);
    c.rate = -0.01;
    ASSERT_NEAR(price(OptionSide::put, c).value, european(OptionSide::put, c).value, 1e-11);
  }
}

TEST(American, RisesAndFallsWithTheSpotAndIsContinuous) {
  for (Case c : random_cases(1'000))
    for (OptionSide const side : sides) {
      AmericanTerms const terms = terms_of(side, c);
      double const sign = side == OptionSide::call ? 1.0 : -1.0;
      double last = american(terms, 40.0, c.strike).value;
      for (double spot = 40.25; spot < 260.0; spot += 0.25) {
        double const next = american(terms, spot, c.strike).value;
        ASSERT_GE(sign * (next - last), -1e-12) << spot;
        ASSERT_LE(sign * (next - last), 0.25 * (1.0 + 2e-3)) << spot;
        last = next;
      }
    }
}

TEST(American, IsContinuousWhereExerciseBegins) {
  for (Case c : random_cases(4'000))
    for (OptionSide const side : sides) {
      if (side == OptionSide::call && c.yield == 0.0) continue;
      AmericanTerms const terms = terms_of(side, c);
      double const boundary = c.strike * std::exp(terms.boundary);
      double const waiting = boundary * (side == OptionSide::call ? 1.0 - 1e-9 : 1.0 + 1e-9);
      double const exercise = boundary * (side == OptionSide::call ? 1.0 + 1e-9 : 1.0 - 1e-9);
      ASSERT_NEAR(american(terms, waiting, c.strike).value,
                  american(terms, exercise, c.strike).value, 1e-8 * std::max(c.strike, boundary));
      EXPECT_EQ(american(terms, exercise, c.strike).delta, side == OptionSide::call ? 1.0 : -1.0);
      // The correction of Ju and Zhong gives up a little of the smooth fit.
      EXPECT_NEAR(american(terms, waiting, c.strike).delta,
                  american(terms, exercise, c.strike).delta, 0.08);
    }
}

TEST(American, DeltaIsTheSlope) {
  for (Case const& c : random_cases(4'000))
    for (OptionSide const side : sides) {
      AmericanTerms const terms = terms_of(side, c);
      if (std::fabs(std::log(c.spot / c.strike) - terms.boundary) < 1e-3) continue;
      double const step = 1e-5 * c.spot;
      double const up = american(terms, c.spot + step, c.strike).value;
      double const down = american(terms, c.spot - step, c.strike).value;
      ASSERT_NEAR((up - down) / ((c.spot + step) - (c.spot - step)),
                  american(terms, c.spot, c.strike).delta, 2e-7);
    }
}

TEST(American, BendsUpwards) {
  for (Case const& c : random_cases(4'000))
    for (OptionSide const side : sides) {
      AmericanTerms const terms = terms_of(side, c);
      double const step = 0.05 * c.spot;
      double const bend = american(terms, c.spot + step, c.strike).value +
                          american(terms, c.spot - step, c.strike).value -
                          2.0 * american(terms, c.spot, c.strike).value;
      ASSERT_GE(bend, -1e-4 * c.strike);
    }
}

TEST(American, RisesWithVolatilityAndTime) {
  for (Case const& c : random_cases(4'000))
    for (OptionSide const side : sides) {
      Case more = c, longer = c;
      more.volatility *= 1.02;
      longer.years *= 1.02;
      // The approximation's own error changes with them.
      ASSERT_GE(price(side, more).value, price(side, c).value - 2e-5 * c.strike);
      ASSERT_GE(price(side, longer).value, price(side, c).value - 2e-5 * c.strike);
    }
}

TEST(American, ScalesWithSpotAndStrike) {
  for (Case const& c : random_cases(2'000))
    for (OptionSide const side : sides) {
      Case larger = c;
      larger.spot *= 1024.0;
      larger.strike *= 1024.0;
      if (price(side, c).value < 1e-290) continue;  // subnormals have fewer digits
      ASSERT_EQ(price(side, larger).value, 1024.0 * price(side, c).value);
      ASSERT_EQ(price(side, larger).delta, price(side, c).delta);
    }
}

TEST(American, SettlesAtExpiry) {
  for (OptionSide const side : sides)
    for (double const years : {0.0, -1.0})
      for (double const volatility : {0.0, 0.5, infinity})
        for (double const spot : {0.0, 50.0, 100.0, 180.0}) {
          Case const c = {spot, 100.0, volatility, years, 0.05, 0.03};
          EXPECT_EQ(price(side, c).value, payoff(side, c));
        }
}

/// The best of exercising at any time when the spot moves as it is known to.
double certain_value(OptionSide side, Case const& c) {
  double best = 0.0;
  for (int i = 0; i <= 200'000; ++i) {
    double const t = c.years * i / 200'000;
    double const above = c.spot * std::exp(-c.yield * t) - c.strike * std::exp(-c.rate * t);
    best = std::max(best, side == OptionSide::call ? above : -above);
  }
  return best;
}

TEST(American, WithoutVolatilityTheBestTimeIsKnown) {
  for (OptionSide const side : sides)
    for (auto const& [rate, yield] :
         {std::pair{0.05, 0.0}, {0.05, 0.02}, {0.02, 0.05}, {0.0, 0.05}, {0.04, 0.04}, {0.3, 0.1}})
      for (double const spot : {20.0, 45.0, 99.0, 101.0, 130.0, 260.0, 400.0}) {
        Case const c = {spot, 100.0, 0.0, 4.0, rate, yield};
        EXPECT_NEAR(price(side, c).value, certain_value(side, c), 1e-9)
            << rate << " " << yield << " " << spot;
      }
}

TEST(American, VolatilityWithoutEndIsTheSpotOrTheStrike) {
  for (double const volatility : {1e2, 1e300, infinity}) {
    Case const c = {50.0, 100.0, volatility, 2.0, 0.05, 0.03};
    EXPECT_NEAR(price(OptionSide::call, c).value, 50.0, 5e-4 * 50.0);
    EXPECT_NEAR(price(OptionSide::put, c).value, 100.0, 5e-4 * 100.0);
  }
}

TEST(American, SpotsWithoutWorth) {
  Case const c = {0.0, 100.0, 0.3, 2.0, 0.05, 0.03};
  EXPECT_EQ(price(OptionSide::call, c).value, 0.0);
  EXPECT_EQ(price(OptionSide::call, c).delta, 0.0);
  EXPECT_EQ(price(OptionSide::put, c).value, 100.0);
  EXPECT_EQ(price(OptionSide::put, c).delta, -1.0);
}

// Six steps of Newton's method find the boundary that a hundred bisections find. Only where
// interest hardly matters, and the premium neither, is it still on its way.
TEST(American, TheBoundaryIsFound) {
  for (Case const& c : random_cases(10'000))
    for (OptionSide const side : sides) {
      if (side == OptionSide::call && c.yield == 0.0) continue;
      AmericanLife const life = american_life(side, c.years, c.rate, c.rate - c.yield);
      double const deviation = c.volatility * life.option.root_years;
      AmericanTerms const terms = american_terms(life, c.volatility);
      double const variance = deviation * deviation;
      double const endless =
          negative_root(2.0 * (life.gained - life.lost) / variance - 1.0, life.gained / variance)
              .value;
      double low = life.nearest, high = std::log((endless - 1.0) / endless);
      for (int i = 0; i < 100; ++i) {
        double const middle = 0.5 * (low + high);
        bool const beyond =
            boundary_candidate(life, deviation, 1.0 / deviation, terms.power, middle).miss > 0.0;
        (beyond ? high : low) = middle;
      }
      double const off = life.gained > 2e-3 ? 1e-4 : 0.1;
      ASSERT_NEAR(life.option.sign * terms.boundary, low, off * deviation)
          << c.volatility << " " << c.years << " " << c.rate << " " << c.yield;
    }
}

TEST(American, DomainIsOneBoundary) {
  EXPECT_TRUE(is_american_domain(OptionSide::put, 0.05, 0.02));
  EXPECT_TRUE(is_american_domain(OptionSide::put, -0.01, -0.03));
  EXPECT_TRUE(is_american_domain(OptionSide::put, -0.01, 0.0));
  EXPECT_FALSE(is_american_domain(OptionSide::put, -0.01, 0.01));    // yield -2 %
  EXPECT_FALSE(is_american_domain(OptionSide::call, -0.02, -0.01));  // yield -1 %
  EXPECT_TRUE(is_american_domain(OptionSide::call, -0.02, -0.03));
  EXPECT_TRUE(is_american_domain(OptionSide::call, -0.02, 0.0));
}

// Published values: those of Ju and Zhong to their last digit, and where there is no volatility.

void expect_published(char const* prefix, int least, double tolerance) {
  auto const examples = published_examples("option_american");
  if (!examples) GTEST_SKIP() << no_examples;
  int compared = 0;
  for (auto const& example : *examples) {
    if (!example.at("id").get<std::string>().starts_with(prefix)) continue;
    auto const& in = example.at("inputs");
    OptionSide const side = in.at("type") == "call" ? OptionSide::call : OptionSide::put;
    Case const c = {in.at("spot"), in.at("strike"), in.at("vol"),
                    in.at("t"),    in.at("r"),      in.at("q")};
    double const most =
        tolerance > 0.0 ? tolerance : example.at("tolerance").at("abs").get<double>();
    EXPECT_NEAR(price(side, c).value, example.at("expected").at("price").get<double>(), most)
        << example.at("id");
    ++compared;
  }
  EXPECT_GE(compared, least);
}

TEST(American, PublishedByJuAndZhong) {
  expect_published("ql-ju-american-", 11, 1e-3);
}
TEST(American, PublishedWithoutVolatility) {
  expect_published("ql-american-edge-", 2, 0.0);
}
// Columns side by side: the vector code has the bits of one price at a time.

TEST(American, ColumnsAreThePricesOneByOne) {
  std::vector<double> spot(option_columns), volatility(option_columns), value(option_columns),
      delta(option_columns);
  std::mt19937_64 generator(12);
  std::uniform_real_distribution<> uniform;
  for (int i = 0; i < option_columns; ++i) {
    spot[i] = 100.0 * std::exp(4.0 * (uniform(generator) - 0.5));
    volatility[i] = 2.0 * uniform(generator);
  }
  spot[3] = 0.0;
  spot[4] = 100.0;
  spot[5] = 1e250;
  volatility[6] = 0.0;
  volatility[7] = infinity;
  OptionColumns const columns = {spot.data(), volatility.data(), value.data(), delta.data()};
  OptionLoops const& loops = option_loops_avx2;
  for (OptionSide const side : sides)
    for (double const yield : {0.0, 0.02, 0.09}) {
      AmericanLife const life = american_life(side, 0.75, 0.04, 0.04 - yield);
      AmericanTerms const terms = american_terms(life, 0.35);
      loops.american(terms, 100.0, columns);
      for (int i = 0; i < option_columns; ++i) {
        OptionValue const alone = american(terms, spot[i], 100.0);
        ASSERT_EQ(bits_of(value[i]), bits_of(alone.value)) << i;
        ASSERT_EQ(bits_of(delta[i]), bits_of(alone.delta)) << i;
      }
      loops.american_moved(life, 100.0, columns);
      for (int i = 0; i < option_columns; ++i) {
        OptionValue const alone = american(american_terms(life, volatility[i]), spot[i], 100.0);
        ASSERT_EQ(bits_of(value[i]), bits_of(alone.value)) << i;
        ASSERT_EQ(bits_of(delta[i]), bits_of(alone.delta)) << i;
      }
    }
}

// Bits, as in european_test.cpp.

TEST(American, BitsAreTheSameEverywhere) {
  std::uint64_t digest = 0xcbf29ce484222325;  // FNV-1a over words
  auto const add = [&](double x) { digest = (digest ^ bits_of(x)) * 0x100000001b3; };
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    auto const drawn = [&](std::uint32_t what, double low, double high) {
      return low + (high - low) * uniform(draws(4, Purpose::mixing, i, what, 0).first);
    };
    Case const c = {drawn(1, 40.0, 200.0), 100.0,
                    drawn(2, 0.0, 1.5),    drawn(3, 0.0, 4.0),
                    drawn(4, -0.02, 0.1),  drawn(5, -0.02, 0.1)};
    OptionValue const found = price(sides[i % 2], c);
    add(found.value);
    add(found.delta);
  }
  EXPECT_EQ(digest, 0x31db02de35e30583u);
}

// The edges of what is allowed, and beyond the domain.

TEST(American, IsANumberEverywhere) {
  double const spots[] = {0.0, 5e-324, 1e-300, 1e-5, 0.3, 1.0, 1.0000001, 30.0, 1e5, 1e250};
  double const volatilities[] = {0.0, 1e-300, 1e-6, 1.1e-6, 1e-4, 0.01, 1.0, 100.0, infinity};
  double const rates[] = {-0.2, -0.01, -1e-300, 0.0, 1e-300, 1e-9, 1e-4, 0.03, 0.3, 3.0};
  for (OptionSide const side : sides)
    for (double const rate : rates)
      for (double const yield : rates)
        for (double const years : {-1.0, 0.0, 1e-300, 1e-9, 0.01, 1.0, 30.0}) {
          AmericanLife const life = american_life(side, years, rate, rate - yield);
          for (double const volatility : volatilities) {
            AmericanTerms const terms = american_terms(life, volatility);
            for (double const strike : {1e-250, 1.0, 1e250})
              for (double const spot : spots) {
                OptionValue const found = american(terms, spot, strike);
                ASSERT_TRUE(std::isfinite(found.value) && found.value >= 0.0 &&
                            std::isfinite(found.delta))
                    << spot << " " << strike << " " << volatility << " " << years << " " << rate
                    << " " << yield;
              }
          }
        }
}

}  // namespace
}  // namespace plimsoll::tests
