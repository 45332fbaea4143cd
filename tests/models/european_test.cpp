// European options: worked numbers, laws, published values, market quotes, columns side by side.
#include "models/european.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "models/random.hpp"
#include "tests/models/option_columns.hpp"
#include "tests/models/published.hpp"

namespace plimsoll::tests {
namespace {

constexpr OptionSide sides[] = {OptionSide::call, OptionSide::put};

struct Case {
  double forward, strike, volatility, years, discount;
};

OptionValue linear(OptionSide side, Case const& c) {
  return european_linear(european_terms(option_life(side, c.years, c.discount), c.volatility),
                         c.forward, c.strike);
}
OptionValue coin(OptionSide side, Case const& c) {
  return european_coin_settled(european_terms(option_life(side, c.years, c.discount), c.volatility),
                               c.forward, c.strike);
}

/// What the option pays if it is settled at the forward, in the quote currency.
double payoff(OptionSide side, Case const& c) {
  double const above = c.forward - c.strike;
  return std::max(side == OptionSide::call ? above : -above, 0.0);
}

std::vector<Case> random_cases(int count) {
  std::mt19937_64 generator(20260103);
  std::uniform_real_distribution<> uniform;
  auto const between = [&](double low, double high) {
    return low * std::pow(high / low, uniform(generator));
  };
  std::vector<Case> cases;
  for (int i = 0; i < count; ++i) {
    double const forward = between(1e-3, 1e5);
    cases.push_back({forward, forward * between(0.2, 5.0), between(0.01, 4.0), between(1e-4, 10.0),
                     between(0.5, 1.0)});
  }
  return cases;
}

// The worked numbers of docs/models.md.

TEST(European, WorkedNumbers) {
  Case const c = {63000.0, 60000.0, 0.6, 0.25, 0.99};
  EXPECT_NEAR(linear(OptionSide::call, c).value, 8839.70, 0.005);
  EXPECT_NEAR(linear(OptionSide::call, c).delta, 0.6165, 5e-5);
  EXPECT_NEAR(linear(OptionSide::put, c).value, 5869.70, 0.005);
  EXPECT_NEAR(linear(OptionSide::put, c).delta, -0.3735, 5e-5);
  EXPECT_NEAR(coin(OptionSide::call, c).value, 0.140313, 5e-7);
}

// Laws.

TEST(European, PutAndCallDifferByTheForward) {
  for (Case const& c : random_cases(20'000)) {
    double const scale = c.discount * std::max(c.forward, c.strike);
    ASSERT_NEAR(linear(OptionSide::call, c).value - linear(OptionSide::put, c).value,
                c.discount * (c.forward - c.strike), 8 * 0x1p-53 * scale);
    ASSERT_NEAR(linear(OptionSide::call, c).delta - linear(OptionSide::put, c).delta, c.discount,
                4 * 0x1p-53);
    ASSERT_NEAR(coin(OptionSide::call, c).value - coin(OptionSide::put, c).value,
                c.discount * (1.0 - c.strike / c.forward), 10 * 0x1p-53 * scale / c.forward);
  }
}

TEST(European, SettlesAtExpiry) {
  for (OptionSide const side : sides)
    for (double const years : {0.0, -1.0})
      for (double const volatility : {0.0, 0.5, infinity})
        for (double const forward : {50.0, 99.99999999999999, 100.0, 100.00000000000001, 180.0}) {
          Case const c = {forward, 100.0, volatility, years, 1.0};
          EXPECT_EQ(linear(side, c).value, payoff(side, c));
          EXPECT_EQ(coin(side, c).value, payoff(side, c) / forward);
          double const in = payoff(side, c) > 0.0 ? 1.0 : (forward == 100.0 ? 0.5 : 0.0);
          EXPECT_EQ(linear(side, c).delta, side == OptionSide::call ? in : -in);
        }
}

TEST(European, WithoutVolatilityIsTheDiscountedPayoff) {
  for (OptionSide const side : sides)
    for (double const forward : {1e-300, 50.0, 100.0, 180.0, 1e300}) {
      Case const c = {forward, 100.0, 0.0, 2.0, 0.75};
      EXPECT_EQ(linear(side, c).value, 0.75 * payoff(side, c));
    }
}

TEST(European, VolatilityWithoutEndIsTheForwardOrTheStrike) {
  for (double const volatility : {1e3, 1e300, infinity})
    for (double const forward : {0.0, 1e-300, 50.0, 100.0, 1e300}) {
      Case const c = {forward, 100.0, volatility, 2.0, 0.75};
      EXPECT_EQ(linear(OptionSide::call, c).value, 0.75 * forward);
      EXPECT_EQ(linear(OptionSide::put, c).value, 75.0);
    }
}

TEST(European, ForwardsWithoutWorth) {
  for (double const volatility : {0.0, 0.3, 1e300}) {
    Case const c = {0.0, 100.0, volatility, 2.0, 0.75};
    EXPECT_EQ(linear(OptionSide::call, c).value, 0.0);
    EXPECT_EQ(linear(OptionSide::put, c).value, 75.0);
    EXPECT_EQ(coin(OptionSide::call, c).value, 0.0);
    EXPECT_EQ(coin(OptionSide::put, c).value, infinity);
    EXPECT_EQ(linear(OptionSide::call, c).delta, 0.0);
    EXPECT_EQ(linear(OptionSide::put, c).delta, -0.75);
  }
}

TEST(European, DeepInAndOutOfTheMoney) {
  Case const in = {1e6, 1.0, 0.5, 1.0, 0.9};
  EXPECT_EQ(linear(OptionSide::call, in).value, 0.9 * (1e6 - 1.0));
  EXPECT_EQ(linear(OptionSide::call, in).delta, 0.9);
  EXPECT_LT(linear(OptionSide::put, in).value, 1e-100);
  EXPECT_GE(linear(OptionSide::put, in).value, 0.0);
  Case const out = {1.0, 1e6, 0.5, 1.0, 0.9};
  EXPECT_EQ(linear(OptionSide::put, out).value, 0.9 * (1e6 - 1.0));
  EXPECT_LT(linear(OptionSide::call, out).value, 1e-100);
}

TEST(European, StaysBetweenItsBounds) {
  for (Case const& c : random_cases(20'000))
    for (OptionSide const side : sides) {
      double const most = side == OptionSide::call ? c.forward : c.strike;
      ASSERT_GE(linear(side, c).value, c.discount * payoff(side, c));
      ASSERT_LE(linear(side, c).value, c.discount * most * (1.0 + 0x1p-51));
    }
}

TEST(European, RisesWithVolatilityAndForwardAndBendsUpwards) {
  for (Case const& c : random_cases(5'000)) {
    double const noise = 8 * 0x1p-53 * std::max(c.forward, c.strike);
    for (OptionSide const side : sides) {
      Case more = c;
      more.volatility *= 1.01;
      ASSERT_GE(linear(side, more).value, linear(side, c).value - noise);
      Case up = c, down = c;
      up.forward *= 1.05;
      down.forward *= 0.95;
      double const sign = side == OptionSide::call ? 1.0 : -1.0;
      ASSERT_GE(sign * (linear(side, up).value - linear(side, c).value), -noise);
      ASSERT_GE(linear(side, up).value + linear(side, down).value - 2.0 * linear(side, c).value,
                -4.0 * noise);
    }
  }
}

TEST(European, ScalesWithForwardAndStrike) {
  for (Case const& c : random_cases(2'000))
    for (OptionSide const side : sides) {
      Case larger = c;
      larger.forward *= 1024.0;
      larger.strike *= 1024.0;
      if (linear(side, c).value < 1e-290) continue;  // subnormals have fewer digits
      ASSERT_EQ(linear(side, larger).value, 1024.0 * linear(side, c).value);
      ASSERT_EQ(linear(side, larger).delta, linear(side, c).delta);
      ASSERT_EQ(coin(side, larger).value, coin(side, c).value);
      ASSERT_EQ(coin(side, larger).delta, coin(side, c).delta / 1024.0);
    }
}

TEST(European, DeltaIsTheSlope) {
  for (Case const& c : random_cases(5'000)) {
    double const total = c.volatility * std::sqrt(c.years);
    if (total < 0.02) continue;  // too bent for a finite difference
    double const step = 1e-4 * total * c.forward;
    Case up = c, down = c;
    up.forward += step;
    down.forward -= step;
    double const span = up.forward - down.forward;
    for (OptionSide const side : sides) {
      ASSERT_NEAR((linear(side, up).value - linear(side, down).value) / span, linear(side, c).delta,
                  1e-7);
      ASSERT_NEAR((coin(side, up).value - coin(side, down).value) / span * c.forward,
                  coin(side, c).delta * c.forward, 1e-6 * (1.0 + c.strike / c.forward));
    }
  }
}

TEST(European, CoinIsTheLinearValueAtTheForward) {
  for (Case const& c : random_cases(2'000))
    for (OptionSide const side : sides)
      ASSERT_NEAR(coin(side, c).value * c.forward, linear(side, c).value,
                  4 * 0x1p-53 * linear(side, c).value + 1e-300);
}

TEST(VolatilityShock, IsRelativeThenAddedAndNeverBelowZero) {
  EXPECT_DOUBLE_EQ(shocked_volatility(0.6, {0.25, 0.0}), 0.75);
  EXPECT_DOUBLE_EQ(shocked_volatility(0.6, {-0.5, 0.1}), 0.4);
  EXPECT_EQ(shocked_volatility(0.6, {0.0, 0.0}), 0.6);
  EXPECT_EQ(shocked_volatility(0.6, {0.0, -0.7}), 0.0);
  EXPECT_EQ(shocked_volatility(0.6, {-1.0, 0.0}), 0.0);
  EXPECT_EQ(shocked_volatility(0.0, {3.0, 0.0}), 0.0);
}

// Published values.

OptionSide side_of(nlohmann::json const& inputs) {
  return inputs.at("type") == "call" ? OptionSide::call : OptionSide::put;
}

/// A forward under a spot's rate r and yield q.
Case from_spot(nlohmann::json const& in) {
  double const r = in.at("r"), q = in.at("q"), t = in.at("t"), spot = in.at("spot");
  return {spot * std::exp((r - q) * t), in.at("strike"), in.at("vol"), t, std::exp(-r * t)};
}

TEST(European, PublishedPrices) {
  auto const examples = published_examples("option_european");
  if (!examples) GTEST_SKIP() << no_examples;
  EXPECT_FALSE(examples->empty());
  for (auto const& example : *examples)
    EXPECT_NEAR(linear(side_of(example.at("inputs")), from_spot(example.at("inputs"))).value,
                example.at("expected").at("price").get<double>(),
                example.at("tolerance").at("abs").get<double>())
        << example.at("id");
}

TEST(European, PublishedForwardPrices) {
  auto const examples = published_examples("option_black76");
  if (!examples) GTEST_SKIP() << no_examples;
  EXPECT_FALSE(examples->empty());
  for (auto const& example : *examples) {
    auto const& in = example.at("inputs");
    double const price = example.at("expected").at("price");
    Case const c = {in.at("forward"), in.at("strike"), in.at("vol"), in.at("t"), 1.0};
    EXPECT_NEAR(linear(side_of(in), c).value, price,
                example.at("tolerance").at("rel").get<double>() * price)
        << example.at("id");
  }
}

TEST(European, PublishedDelta) {
  auto const examples = published_examples("option_greeks");
  if (!examples) GTEST_SKIP() << no_examples;
  int compared = 0;
  for (auto const& example : *examples) {
    if (!example.at("expected").contains("delta")) continue;
    auto const& in = example.at("inputs");
    Case const c = from_spot(in);
    double const growth = c.forward / in.at("spot").get<double>();
    EXPECT_NEAR(growth * linear(side_of(in), c).delta,
                example.at("expected").at("delta").get<double>(),
                example.at("tolerance").at("abs").get<double>());
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

// Market quotes. The marks of a venue that settles in coin, from its volatilities and the forwards
// that its own puts and calls imply.

std::vector<std::string> fields_of(std::string const& line) {
  std::vector<std::string> fields;
  std::stringstream in(line);
  for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
  return fields;
}

/// Rows of a CSV file as {column: text}; none where the file is absent.
std::vector<std::map<std::string, std::string>> rows_of(std::string const& name) {
  std::ifstream file(shared_data() + "/options/" + name);
  std::vector<std::map<std::string, std::string>> rows;
  std::string line;
  if (!std::getline(file, line)) return rows;
  auto const header = fields_of(line);
  while (std::getline(file, line)) {
    auto const fields = fields_of(line);
    for (std::size_t i = 0; i < header.size() && i < fields.size(); ++i) {
      if (i == 0) rows.emplace_back();
      rows.back()[header[i]] = fields[i];
    }
  }
  return rows;
}

/// Years from the snapshot, 2024-05-24 19:15Z, to a time written as 2024-06-28T08:00Z.
double years_to(std::string const& maturity) {
  constexpr int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  int const year = std::stoi(maturity.substr(0, 4));
  int const month = std::stoi(maturity.substr(5, 2));
  int const day = std::stoi(maturity.substr(8, 2));
  int const leap = year == 2024 && month > 2 ? 1 : 0;
  int const since_2024 = (year - 2024) * 366 + days_before[month - 1] + leap + day - 1;
  int const snapshot = days_before[4] + 1 + 24 - 1;
  double const hour = std::stod(maturity.substr(11, 2));
  return (since_2024 - snapshot + (hour - 19.25) / 24.0) / 365.0;
}

void expect_chain_repriced(std::string const& name, double bound) {
  auto const quotes = rows_of("deribit_" + name + "_chain_2024-05-24.csv");
  auto const forwards = rows_of("deribit_forwards_derived_2024-05-24.csv");
  if (quotes.empty() || forwards.empty())
    GTEST_SKIP() << "the option chains are absent (set PLIMSOLL_SHARED_DATA to their folder)";
  std::map<std::string, double> forward;  // by maturity
  for (auto const& row : forwards)
    if (row.at("underlying") == quotes.front().at("underlying"))
      forward[row.at("maturity")] = std::stod(row.at("forward_usd_derived"));
  struct Sum {
    double squares = 0.0;
    int count = 0;
  };
  std::map<std::string, Sum> off;
  for (auto const& quote : quotes) {
    auto const found = forward.find(quote.at("maturity"));
    if (found == forward.end()) continue;  // too few pairs to imply one
    OptionSide const side = quote.at("option_type") == "call" ? OptionSide::call : OptionSide::put;
    Case const c = {found->second, std::stod(quote.at("strike")),
                    std::stod(quote.at("mark_iv")) / 100.0, years_to(found->first), 1.0};
    double const missed = coin(side, c).value - std::stod(quote.at("mark_price"));
    off[found->first].squares += missed * missed;
    ++off[found->first].count;
  }
  EXPECT_GE(off.size(), 9u);
  for (auto const& [maturity, sum] : off) {
    double const rms = std::sqrt(sum.squares / sum.count);
    // The two longest chains of BTC were marked hours before the others.
    bool const stale = name == "btc" && maturity >= "2024-12";
    EXPECT_LE(rms, stale ? 2.5e-4 : bound) << name << " " << maturity << ", " << sum.count;
    std::printf("%s %s: %3d marks repriced to %.1e coin rms\n", name.c_str(), maturity.c_str(),
                sum.count, rms);
  }
}

TEST(European, RepricesTheMarksOfAVenueBtc) {
  expect_chain_repriced("btc", 7.5e-5);
}

TEST(European, RepricesTheMarksOfAVenueEth) {
  expect_chain_repriced("eth", 7.5e-5);
}

// Columns side by side: the vector code has the bits of one price at a time.

TEST(European, ColumnsAreThePricesOneByOne) {
  std::vector<double> forward(option_columns), volatility(option_columns), value(option_columns),
      delta(option_columns);
  std::mt19937_64 generator(11);
  std::uniform_real_distribution<> uniform;
  for (int i = 0; i < option_columns; ++i) {
    forward[i] = 100.0 * std::exp(4.0 * (uniform(generator) - 0.5));
    volatility[i] = 2.0 * uniform(generator);
  }
  forward[3] = 0.0;
  forward[4] = 100.0;
  forward[5] = 1e300;
  volatility[6] = 0.0;
  volatility[7] = infinity;
  OptionColumns const columns = {forward.data(), volatility.data(), value.data(), delta.data()};
  OptionLoops const& loops = option_loops_avx2;
  for (OptionSide const side : sides)
    for (double const years : {0.0, 0.25}) {
      OptionLife const life = option_life(side, years, 0.97);
      EuropeanTerms const terms = european_terms(life, 0.5);
      auto const expect_same = [&](char const* loop, auto one) {
        for (int i = 0; i < option_columns; ++i) {
          OptionValue const alone = one(i);
          ASSERT_EQ(bits_of(value[i]), bits_of(alone.value)) << loop << " " << i;
          ASSERT_EQ(bits_of(delta[i]), bits_of(alone.delta)) << loop << " " << i;
        }
      };
      loops.european(terms, 100.0, columns);
      expect_same("european", [&](int i) { return european_linear(terms, forward[i], 100.0); });
      loops.european_moved(life, 100.0, columns);
      expect_same("european, moved", [&](int i) {
        return european_linear(european_terms(life, volatility[i]), forward[i], 100.0);
      });
      loops.coin_settled(terms, 100.0, columns);
      expect_same("coin settled",
                  [&](int i) { return european_coin_settled(terms, forward[i], 100.0); });
      loops.coin_settled_moved(life, 100.0, columns);
      expect_same("coin settled, moved", [&](int i) {
        return european_coin_settled(european_terms(life, volatility[i]), forward[i], 100.0);
      });
    }
}

// Bits. A digest of 20,000 values and deltas: the same at every optimisation and with every
// compiler. Another digest means that the formula was changed on purpose, or that a compiler was
// let loose.

TEST(European, BitsAreTheSameEverywhere) {
  std::uint64_t digest = 0xcbf29ce484222325;  // FNV-1a over words
  auto const add = [&](double x) { digest = (digest ^ bits_of(x)) * 0x100000001b3; };
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    auto const drawn = [&](std::uint32_t what, double low, double high) {
      return low + (high - low) * uniform(draws(3, Purpose::mixing, i, what, 0).first);
    };
    Case const c = {drawn(1, 20.0, 300.0), 100.0, drawn(2, 0.0, 2.0), drawn(3, 0.0, 4.0), 0.97};
    OptionSide const side = sides[i % 2];
    for (OptionValue const found : {linear(side, c), coin(side, c)}) {
      add(found.value);
      add(found.delta);
    }
  }
  EXPECT_EQ(digest, 0x0ae6a85e65995882u);
}

// The edges of what is allowed.

TEST(European, IsANumberEverywhere) {
  for (OptionSide const side : sides)
    for (double const forward : {0.0, 5e-324, 1e-300, 1e-5, 0.9, 1.0, 1.1, 1e5, 1e300})
      for (double const strike : {1e-300, 1e-5, 1.0, 1e5, 1e300})
        for (double const volatility : {0.0, 5e-324, 1e-10, 0.01, 1.0, 100.0, 1e300, infinity})
          for (double const years : {-1.0, 0.0, 5e-324, 1e-9, 0.5, 100.0, 1e300}) {
            Case const c = {forward, strike, volatility, years, 1.0};
            ASSERT_TRUE(std::isfinite(linear(side, c).value) && linear(side, c).value >= 0.0)
                << forward << " " << strike << " " << volatility << " " << years;
            ASSERT_LE(std::fabs(linear(side, c).delta), 1.0);
            ASSERT_GE(coin(side, c).value, 0.0);
            ASSERT_FALSE(std::isnan(coin(side, c).delta));
          }
}

}  // namespace
}  // namespace plimsoll::tests
