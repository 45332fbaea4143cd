// Open orders in spot: which side counts, what they leave as it was, what is refused, and that all
// engines see the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "host/book_check.hpp"
#include "host/error.hpp"
#include "host/explain.hpp"
#include "host/exploded_book.hpp"
#include "host/run.hpp"
#include "host/segregation.hpp"
#include "kernels/engine.hpp"
#include "models/net_value.hpp"
#include "tests/host/random_night.hpp"

namespace plimsoll {
namespace {

std::string const pack_text =
    "[[haircuts]]\nasset = \"COIN\"\nweights = { asset = 0.8, liability = 1.2 }\n"
    "initial = { weights = { asset = 0.5, liability = 1.5 } }\n"
    "[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1.1 }\n";

Desk desk_of(double dollars, double coins) {
  Desk desk;
  desk.asset("USDT", 1).asset("COIN", 100).hold("USDT", dollars).hold("COIN", coins);
  return desk.spot("COIN/USDT", "COIN", "USDT");
}

double excess(Desk const& desk, Threshold threshold = Threshold::maintenance) {
  return desk.margin(pack_of(pack_text), threshold).excess;
}

// All bids, all asks or none, whatever they are and whatever is held.
TEST(SpotOrders, CountAsTheWorstOfThree) {
  for (double const dollars : {-500.0, 0.0, 900.0})
    for (double const coins : {-7.0, 0.0, 12.0})
      for (double const bid : {90.0, 130.0})
        for (double const ask : {80.0, 125.0}) {
          Desk open = desk_of(dollars, coins);
          open.order("COIN/USDT", OrderSide::buy, 2, bid).order("COIN/USDT", OrderSide::buy, 4, 50);
          open.order("COIN/USDT", OrderSide::sell, 5, ask);
          double const least = std::min({excess(desk_of(dollars, coins)),
                                         excess(desk_of(dollars - 2 * bid - 200, coins + 6)),
                                         excess(desk_of(dollars + 5 * ask, coins - 5))});
          EXPECT_NEAR(excess(open), least, 1e-9) << dollars << " " << coins;
        }
}

// Half of what is bought counts to open, four fifths to keep.
TEST(SpotOrders, AreThoseOfTheThreshold) {
  Desk const desk = Desk(desk_of(1000, 0)).order("COIN/USDT", OrderSide::buy, 10, 70);
  EXPECT_NEAR(excess(desk), 1000.0, 1e-9);
  EXPECT_NEAR(excess(desk, Threshold::initial), 800.0, 1e-9);
}

TEST(SpotOrders, OfSeveralMarketsAndPoolsEachCount) {
  Desk desk;
  desk.asset("USDT", 1).asset("COIN", 100).asset("EUR", 1).spot("A", "COIN", "USDT");
  desk.spot("B", "COIN", "EUR").hold("USDT", 1000).hold("EUR", 1000);
  desk.order("A", OrderSide::buy, 5, 100).order("B", OrderSide::buy, 5, 100);
  desk.isolated().hold("COIN", 10).order("A", OrderSide::sell, 10, 60);
  ResolvedBook const resolved = desk.resolve(pack_of(pack_text));
  EXPECT_NEAR(resolved.margins_today()[0].excess, 500 + 500 + 800, 1e-9);
  EXPECT_NEAR(resolved.margins_today()[1].excess, 600, 1e-9);
}

TEST(SpotOrders, CostTheOrderChargeAndNoSchedule) {
  Desk const desk = Desk(desk_of(1000, 0))
                        .order("COIN/USDT", OrderSide::buy, 1, 100)
                        .order("COIN/USDT", OrderSide::sell, 1, 500);
  EXPECT_EQ(desk.margin(pack_of("order_charge = 3\n" + pack_text)).requirement, 6.0);
}

TEST(SpotOrders, LeaveTotalsAndClassesAsTheyAre) {
  Desk const open = Desk(desk_of(1000, 4)).order("COIN/USDT", OrderSide::buy, 10, 130);
  RulePack const pack = pack_of(
      "[[haircuts]]\nasset = \"COIN\"\nweights = { asset = 0.8, liability = 1.2 }\n"
      "by_total = { deposit_start = 200 }\n[[haircuts]]\nasset = \"*\"\n"
      "weights = { asset = 1, liability = 1 }\n");
  // 4 coins are deposited, twice the start: 14 count at 0.4.
  EXPECT_NEAR(open.margin(pack).equity, 1000 - 1300 + 0.4 * 1400, 1e-9);
  ResolvedBook const resolved = open.resolve(pack);
  EXPECT_NEAR(net_value(resolved.book_as_owned(), 0, tonight(resolved)), 1400, 1e-9);
  EXPECT_TRUE(resolved.has_spot_orders(0));
}

// A bid that was far too high is worth something when the price has doubled: the pool does not
// breach, and yet it owes 100, which is nobody else's loss. Of the 500 that another pool of its
// class is owed 450 are there.
TEST(SpotOrders, OfAPoolThatOwesItsClassAreSeen) {
  Desk desk = Desk(desk_of(-100, 0)).order("COIN/USDT", OrderSide::buy, 10, 130);
  desk.isolated().hold("USDT", 500);
  RunInputs in;
  in.book = desk.book();
  in.book.custody.segregation_class = {0};
  in.book.custody.asset = {1};
  in.book.custody.units = {450.0};
  in.market = test_market({"COIN"}, {100});
  in.market.constants.name = {"USDT"};
  in.market.constants.price = {1.0};
  in.rules = {pack_of(pack_text)};
  MoveTable moves{1, 1, {std::log(2.0)}};
  in.moves = moves;
  RunConfig config;
  config.scenarios = 1;
  config.steps = 1;
  config.engine = "reference";
  Result const result = evaluate_run(config, in);
  EXPECT_EQ(result.pools.breaches[0], 0u);
  EXPECT_EQ(result.segregation.lack[0], TickSum{500'000});
}

TEST(SpotOrders, OfABookWithoutDebtsMayMakeOne) {
  std::string const none =
      "[[haircuts]]\nasset = \"*\"\nborrowing = false\nweights = { asset = 1, liability = 1 }\n";
  Desk const desk = Desk(desk_of(10, 4)).order("COIN/USDT", OrderSide::buy, 10, 130);
  EXPECT_NEAR(desk.margin(pack_of(none)).excess, 10 + 400 - 300, 1e-9);
  Desk const owes = Desk(desk_of(-10, 4)).order("COIN/USDT", OrderSide::buy, 10, 130);
  EXPECT_THROW((void)owes.margin(pack_of(none)), InputError);
}

TEST(SpotOrders, AreNoPositions) {
  auto const refused = [](Desk const& desk, std::string const& problem) {
    try {
      check_book(desk.book(), "b.h5");
      ADD_FAILURE() << "accepted: " << problem;
    } catch (InputError const& error) {
      EXPECT_NE(std::string(error.what()).find(problem), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("Hint: "), std::string::npos) << error.what();
    }
  };
  Desk itself;
  itself.asset("COIN", 1).hold("COIN", 1).spot("C", "COIN", "COIN");
  refused(itself, "an asset traded for itself");
  Desk ends = desk_of(1, 1);
  refused(ends.terms(3, 0, 0), "spot with an expiry");
  refused(desk_of(1, 1).position("COIN/USDT", 1, 1), "a position in COIN/USDT");
  Desk const plain = Desk(desk_of(1, 1)).order("COIN/USDT", OrderSide::buy, 1, 1);
  EXPECT_NO_THROW(check_book(plain.book(), "b.h5"));
  EXPECT_TRUE(holdings_of(plain.book(), 0).empty());
  EXPECT_EQ(all_holdings_of(plain.book(), 0).size(), 1u);
}

TEST(SpotOrders, AreExplained) {
  Desk const desk = Desk(desk_of(1000, 0)).order("COIN/USDT", OrderSide::buy, 10, 130);
  RulePack const pack = pack_of(pack_text);
  ResolvedBook const resolved = desk.resolve(pack);
  std::string const text = explain_today(desk.book(), pack, resolved, 0).text;
  for (std::string const part :
       {"open orders in COIN/USDT: buy 10 at 130; balances below are as they leave least tonight",
        "COIN at 100: balance 10", "USDT at 1: balance -300"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

// Random nights with a market of ETH in USDT in which most pools have orders.
TEST(SpotOrders, EveryEngineDecidesTheSame) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Night const night = random_night(seed, false);
    RunInputs in;
    in.book = night.book;
    Book::Instruments& t = in.book.instruments;
    t.name.push_back("ETH/USDT spot");
    t.kind.push_back(InstrumentKind::spot);
    t.underlying.push_back(3);
    t.settle.push_back(1);
    t.contract_size.push_back(1);
    for (auto* const column :
         {&t.basis, &t.days_to_expiry, &t.strike, &t.volatility, &t.rate, &t.carry})
      column->push_back(0.0);
    Book::Orders const before = in.book.orders;
    Book::Orders& orders = in.book.orders;
    orders = {};
    std::size_t next = 0;
    for (std::uint32_t pool = 0; pool < in.book.pools.name.size(); ++pool) {
      for (; next < before.pool.size() && before.pool[next] == pool; ++next) {
        orders.pool.push_back(pool);
        orders.instrument.push_back(before.instrument[next]);
        orders.side.push_back(before.side[next]);
        orders.quantity.push_back(before.quantity[next]);
        orders.price.push_back(before.price[next]);
      }
      if ((pool + seed) % 3 == 0) continue;
      orders.pool.push_back(pool);
      orders.instrument.push_back(6);
      orders.side.push_back(pool % 2 == 0 ? OrderSide::buy : OrderSide::sell);
      orders.quantity.push_back(0.5 + pool);
      orders.price.push_back(pool % 2 == 0 ? 2900.0 : 3100.0);
    }
    in.market = night.market;
    in.rules = {night.rules};
    RunConfig config;
    config.scenarios = 500;
    config.horizon_days = 8;
    config.steps = 2;
    config.seed = seed;
    config.tails = Tails::all;
    config.engine = "reference";
    Result const right = evaluate_run(config, in);
    EXPECT_GT(right.firm.breaching_cells[0], 0u);
    for (Engine const* const engine : engines()) {
      if (!engine->availability().usable) continue;
      config.engine = engine->name();
      Result const found = evaluate_run(config, in);
      EXPECT_EQ(found.pools.breaches, right.pools.breaches) << config.engine;
      EXPECT_EQ(found.pools.worst_shortfall, right.pools.worst_shortfall) << config.engine;
      EXPECT_EQ(found.pools.expected_shortfall, right.pools.expected_shortfall) << config.engine;
      EXPECT_EQ(found.scenarios.shortfall, right.scenarios.shortfall) << config.engine;
    }
  }
}

}  // namespace
}  // namespace plimsoll
