// Options against QuantLib's: European values and deltas to rounding, American ones to the error of
// their approximation, which is measured here. The rows that it prints are those of docs/models.md.
#include <gtest/gtest.h>

#ifndef PLIMSOLL_WITH_QUANTLIB

TEST(QuantLib, IsThere) {
  GTEST_SKIP() << "QuantLib 1.29 or later was not found when this was built (Debian: "
                  "libquantlib0-dev)";
}

#else

#include <cmath>
#include <cstdio>
#include <memory>
#include <ql/exercise.hpp>
#include <ql/instruments/vanillaoption.hpp>
#include <ql/pricingengines/blackformula.hpp>
#include <ql/pricingengines/vanilla/baroneadesiwhaleyengine.hpp>
#include <ql/pricingengines/vanilla/bjerksundstenslandengine.hpp>
#include <ql/pricingengines/vanilla/juquadraticengine.hpp>
#include <ql/pricingengines/vanilla/qdfpamericanengine.hpp>
#include <ql/processes/blackscholesprocess.hpp>
#include <ql/quotes/simplequote.hpp>
#include <ql/termstructures/volatility/equityfx/blackconstantvol.hpp>
#include <ql/termstructures/yield/flatforward.hpp>
#include <ql/time/calendars/nullcalendar.hpp>
#include <ql/time/daycounters/actual365fixed.hpp>
#include <random>
#include <string>

#include "models/american.hpp"
#include "models/european.hpp"

namespace plimsoll::tests {
namespace {

constexpr int cases = 100'000;

QuantLib::Option::Type type_of(OptionSide side) {
  return side == OptionSide::call ? QuantLib::Option::Call : QuantLib::Option::Put;
}

/// Random cases, the same in every run.
class Draw {
 public:
  double uniform() { return uniform_(generator_); }
  double between(double low, double high) { return low + (high - low) * uniform(); }
  double spread(double low, double high) { return low * std::pow(high / low, uniform()); }
  OptionSide side() { return uniform() < 0.5 ? OptionSide::call : OptionSide::put; }

 private:
  std::mt19937_64 generator_{20260105};
  std::uniform_real_distribution<> uniform_;
};

/// Differences met so far.
class Differences {
 public:
  void add(double difference) {
    double const size = std::fabs(difference);
    squares_ += size * size;
    worst_ = size <= worst_ ? worst_ : size;  // a NaN is the worst
    ++count_;
  }
  double rms() const { return count_ == 0 ? 0.0 : std::sqrt(squares_ / count_); }
  double worst() const { return worst_; }
  int count() const { return count_; }

 private:
  double squares_ = 0.0, worst_ = 0.0;
  int count_ = 0;
};

void print_row(std::string const& what, Differences const& found) {
  std::printf("| %s | %d | %.1e | %.1e |\n", what.c_str(), found.count(), found.rms(),
              found.worst());
}

// European options, both settlements; of the larger of forward and strike.

TEST(QuantLib, EuropeanValuesAndDeltas) {
  Draw draw;
  Differences value, delta, coin_value, coin_delta;
  for (int i = 0; i < cases; ++i) {
    OptionSide const side = draw.side();
    double const forward = draw.spread(1e-3, 1e6), strike = forward * draw.spread(0.1, 10.0);
    double const volatility = draw.spread(0.005, 4.0), years = draw.spread(1e-4, 10.0);
    double const discount = draw.between(0.5, 1.05);
    EuropeanTerms const terms = european_terms(option_life(side, years, discount), volatility);
    double const total = volatility * std::sqrt(years);
    double const theirs = QuantLib::blackFormula(type_of(side), strike, forward, total, discount);
    double const their_delta =
        QuantLib::blackFormulaForwardDerivative(type_of(side), strike, forward, total, discount);
    OptionValue const ours = european_linear(terms, forward, strike);
    double const scale = forward > strike ? forward : strike;
    value.add((ours.value - theirs) / scale);
    delta.add(ours.delta - their_delta);
    OptionValue const coin = european_coin_settled(terms, forward, strike);
    coin_value.add((coin.value - theirs / forward) * (forward / scale));
    // The quotient's derivative, whose two parts may cancel.
    coin_delta.add((coin.delta - (their_delta - theirs / forward) / forward) *
                   (forward * forward / scale));
  }
  print_row("European, value", value);
  print_row("European, delta", delta);
  print_row("coin settled, value", coin_value);
  print_row("coin settled, delta", coin_delta);
  // Where the total volatility is 5e-5 an ulp of log(F/K) is 4e-12 of a standard deviation.
  EXPECT_LE(value.worst(), 2e-15);
  EXPECT_LE(delta.worst(), 4e-12);
  EXPECT_LE(coin_value.worst(), 2e-15);
  EXPECT_LE(coin_delta.worst(), 4e-12);
}

TEST(QuantLib, EuropeanLimits) {
  for (OptionSide const side : {OptionSide::call, OptionSide::put})
    for (double const forward : {1e-6, 60.0, 100.0, 150.0, 1e6})
      for (auto const& [volatility, years] : {std::pair{0.0, 1.0}, {0.4, 0.0}, {1e6, 1.0}}) {
        EuropeanTerms const terms = european_terms(option_life(side, years, 0.9), volatility);
        EXPECT_DOUBLE_EQ(european_linear(terms, forward, 100.0).value,
                         QuantLib::blackFormula(type_of(side), 100.0, forward,
                                                volatility * std::sqrt(years), 0.9));
      }
}

// American options.

struct American {
  OptionSide side;
  double spot, strike, volatility, rate, yield;
  int days;
};

/// From a week to three years; one in five without dividends, one in five on a future.
American drawn_american(Draw& draw) {
  American c;
  c.side = draw.side();
  c.strike = 100.0;
  c.spot = 100.0 * draw.spread(0.55, 1.8);
  c.days = static_cast<int>(draw.spread(7.0, 3.0 * 365.0));
  c.volatility = draw.spread(0.08, 1.2);
  c.rate = draw.between(0.0, 0.12);
  c.yield = draw.between(0.0, 0.12);
  double const kind = draw.uniform();
  if (kind < 0.2) c.yield = 0.0;
  if (kind > 0.8) c.yield = c.rate;
  return c;
}

OptionValue ours_of(American const& c) {
  AmericanLife const life = american_life(c.side, c.days / 365.0, c.rate, c.rate - c.yield);
  return american(american_terms(life, c.volatility), c.spot, c.strike);
}

/// One of QuantLib's engines, and quotes for it to read.
class Market {
 public:
  Market() {
    using namespace QuantLib;
    Settings::instance().evaluationDate() = today_;
    auto const flat = [&](ext::shared_ptr<SimpleQuote> const& quote) {
      return Handle<YieldTermStructure>(
          ext::make_shared<FlatForward>(today_, Handle<Quote>(quote), Actual365Fixed()));
    };
    process_ = ext::make_shared<BlackScholesMertonProcess>(
        Handle<Quote>(spot_), flat(yield_), flat(rate_),
        Handle<BlackVolTermStructure>(ext::make_shared<BlackConstantVol>(
            today_, NullCalendar(), Handle<Quote>(volatility_), Actual365Fixed())));
  }
  QuantLib::ext::shared_ptr<QuantLib::BlackScholesMertonProcess> const& process() const {
    return process_;
  }
  double value(American const& c,
               QuantLib::ext::shared_ptr<QuantLib::PricingEngine> const& engine) {
    using namespace QuantLib;
    spot_->setValue(c.spot);
    rate_->setValue(c.rate);
    yield_->setValue(c.yield);
    volatility_->setValue(c.volatility);
    VanillaOption option(ext::make_shared<PlainVanillaPayoff>(type_of(c.side), c.strike),
                         ext::make_shared<AmericanExercise>(today_, today_ + c.days));
    option.setPricingEngine(engine);
    return option.NPV();
  }

 private:
  static QuantLib::ext::shared_ptr<QuantLib::SimpleQuote> quote() {
    return QuantLib::ext::make_shared<QuantLib::SimpleQuote>(1.0);
  }
  QuantLib::Date today_{2, QuantLib::January, 2026};
  QuantLib::ext::shared_ptr<QuantLib::SimpleQuote> spot_ = quote(), rate_ = quote(),
                                                   yield_ = quote(), volatility_ = quote();
  QuantLib::ext::shared_ptr<QuantLib::BlackScholesMertonProcess> process_;
};

// Errors in fractions of the strike, against an engine that its own scheme of high precision moves
// by 2e-6 at most; and those of other approximations on the same cases: why this one.
TEST(QuantLib, AmericanValuesToTheErrorOfTheApproximation) {
  using namespace QuantLib;
  Market market;
  auto const process = market.process();
  auto const exact =
      ext::make_shared<QdFpAmericanEngine>(process, QdFpAmericanEngine::accurateScheme());
  auto const whaley = ext::make_shared<BaroneAdesiWhaleyApproximationEngine>(process);
  auto const stensland = ext::make_shared<BjerksundStenslandApproximationEngine>(process);
  auto const ju = ext::make_shared<JuQuadraticApproximationEngine>(process);
  Draw draw;
  Differences all, quarter, year, longer, future, whaleys, stenslands, jus, apart_ours, apart_jus;
  for (int i = 0; i < cases; ++i) {
    American const c = drawn_american(draw);
    double const truth = market.value(c, exact);
    double const off = (ours_of(c).value - truth) / c.strike;
    all.add(off);
    (c.days <= 91 ? quarter : c.days <= 365 ? year : longer).add(off);
    if (c.yield == c.rate) future.add(off);

    whaleys.add((market.value(c, whaley) - truth) / c.strike);
    try {
      stenslands.add((market.value(c, stensland) - truth) / c.strike);
    } catch (Error const&) {  // it has no value for some
    }
    double const off_ju = (market.value(c, ju) - truth) / c.strike;
    jus.add(off_ju);
    if (std::fabs(off - off_ju) > 1e-6) {
      apart_ours.add(off);
      apart_jus.add(off_ju);
    }
  }
  print_row("American, value", all);
  print_row("to a quarter", quarter);
  print_row("to a year", year);
  print_row("to three years", longer);
  print_row("on futures", future);
  print_row("Barone-Adesi and Whaley, QuantLib's", whaleys);
  print_row("Bjerksund and Stensland 1993, QuantLib's", stenslands);
  print_row("Ju and Zhong, QuantLib's", jus);
  print_row("where ours is not QuantLib's: ours", apart_ours);
  print_row("where ours is not QuantLib's: QuantLib's", apart_jus);
  EXPECT_LE(all.rms(), 2.4e-4);
  EXPECT_LE(all.worst(), 3.3e-3);
  EXPECT_LE(quarter.worst(), 7e-4);
  EXPECT_GE(all.rms(), 1e-5) << "an approximation cannot be that good: what was compared?";
  EXPECT_LE(5.0 * all.rms(), whaleys.rms());
  // The formula is the same. The boundary need not be: theirs ends its search early, ours does not
  // go beyond that of the option without expiry.
  EXPECT_LE(apart_ours.count(), cases / 200);
  EXPECT_LE(apart_ours.rms(), apart_jus.rms());
}

TEST(QuantLib, AmericanDeltasToTheErrorOfTheApproximation) {
  using namespace QuantLib;
  Market market;
  auto const exact =
      ext::make_shared<QdFpAmericanEngine>(market.process(), QdFpAmericanEngine::accurateScheme());
  Draw draw;
  Differences delta;
  for (int i = 0; i < cases / 10; ++i) {
    American const c = drawn_american(draw);
    American up = c, down = c;
    up.spot *= 1.0001;
    down.spot *= 0.9999;
    double const slope =
        (market.value(up, exact) - market.value(down, exact)) / (up.spot - down.spot);
    delta.add(ours_of(c).delta - slope);
  }
  print_row("American, delta", delta);
  EXPECT_LE(delta.rms(), 1.2e-3);
  EXPECT_LE(delta.worst(), 0.04);
}

TEST(QuantLib, AmericanLimits) {
  using namespace QuantLib;
  Market market;
  auto const exact =
      ext::make_shared<QdFpAmericanEngine>(market.process(), QdFpAmericanEngine::accurateScheme());
  for (OptionSide const side : {OptionSide::call, OptionSide::put})
    for (double const spot : {20.0, 60.0, 95.0, 105.0, 170.0, 500.0})
      for (auto const& [rate, yield] : {std::pair{0.05, 0.0}, {0.05, 0.05}, {0.02, 0.06}}) {
        American c = {side, spot, 100.0, 0.3, rate, yield, 1};
        EXPECT_NEAR(ours_of(c).value, market.value(c, exact), 2e-5 * c.strike) << spot;
        c.days = 365;
        c.volatility = 0.0;
        EXPECT_NEAR(ours_of(c).value, market.value(c, exact), 1e-7 * c.strike) << spot;
      }
}

}  // namespace
}  // namespace plimsoll::tests

#endif
