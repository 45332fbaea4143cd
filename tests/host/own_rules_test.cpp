// What is an account's or a day's own: requirements of what positions were entered at, a leverage
// that an account chose, weights that shift over time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "host/error.hpp"
#include "host/explain.hpp"
#include "host/run.hpp"
#include "kernels/engine.hpp"
#include "tests/host/column_after.hpp"
#include "tests/host/random_night.hpp"

namespace plimsoll {
namespace {

std::string const rest = "\n[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1 }\n";
std::string schedule(std::string const& keys) {
  return "[[schedules]]\nname = \"F\"\n" + keys +
         "[[instruments]]\nmatch = \"*\"\nschedule = \"F\"\n";
}
std::string const at_entry = "notional = \"entry\"\n";
std::string const stepped =
    "unit = \"currency\"\nbrackets = [{ floor = 0, rate = 0.01 }, { floor = 2000, rate = 0.1 }]\n";
std::string const whole =
    "kind = \"whole_notional\"\nunit = \"currency\"\n"
    "tiers = [{ floor = 0, rate = 0.01 }, { floor = 2000, rate = 0.1 }]\n";
std::string const slope = "kind = \"size_slope\"\nbase = 0.01\nslope = 0.001\n";

void expect_refused(std::string const& text, std::string const& problem) {
  try {
    (void)pack_of(text + rest);
    ADD_FAILURE() << "accepted: " << problem;
  } catch (InputError const& error) {
    EXPECT_NE(std::string(error.what()).find(problem), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("Hint: "), std::string::npos) << error.what();
  }
}

double required(std::string const& text, double price, double quantity, double entry,
                Threshold threshold = Threshold::maintenance) {
  Desk desk;
  desk.asset("COIN", price).contract("F", "COIN", "USD").position("F", quantity, entry);
  return desk.margin(pack_of(text + rest), threshold).requirement;
}

// ---- the notional at entry

TEST(NotionalAtEntry, StaysAsTheMarkMoves) {
  for (double const price : {10.0, 900.0, 5000.0}) {
    EXPECT_NEAR(required(schedule(at_entry + stepped), price, 3, 1000), 120.0, 1e-9);
    EXPECT_NEAR(required(schedule(at_entry + stepped), price, -3, 1000), 120.0, 1e-9);
    EXPECT_NEAR(required(schedule(at_entry + whole), price, 3, 1000), 300.0, 1e-9);
    EXPECT_NEAR(required(schedule(at_entry + slope), price, -3, 1000), 39.0, 1e-9);
  }
}

TEST(NotionalAtEntry, IsTheNotionalAtTheMarkOfWhatIsEnteredThere) {
  for (std::string const& keys : {stepped, whole, slope})
    for (double const quantity : {-5.0, 1.0, 2.5})
      EXPECT_NEAR(required(schedule(at_entry + keys), 1000, quantity, 1000),
                  required(schedule(keys), 1000, quantity, 1000), 1e-9);
}

// 3,000 USD of contracts of 10 at 1,000 are 3 coins, which are worth 6,000 at 2,000 a coin: with
// edges in the currency the tiers follow that, with edges in coins they do not.
TEST(NotionalAtEntry, OfInverseContractsIsCoins) {
  auto const found = [](std::string const& unit) {
    Desk desk;
    desk.asset("COIN", 2000).contract("F", "COIN", "COIN", InstrumentKind::inverse, 10);
    desk.position("F", 300, 1000);
    return desk
        .margin(pack_of(schedule(at_entry + "unit = \"" + unit +
                                 "\"\nbrackets = [{ floor = 0, rate = 0.01 }, "
                                 "{ floor = 2, rate = 0.1 }]\n") +
                        rest))
        .requirement;
  };
  EXPECT_NEAR(found("asset"), 2000 * (0.01 * 2 + 0.1 * 1), 1e-9);
  EXPECT_NEAR(found("currency"), 0.01 * 2 + 0.1 * 5998, 1e-9);
}

// Long 3 from 1,000. Buying 2 at 500 costs 1,000 more; selling 4 at 1,500 leaves a short of 1 at
// 1,500, selling 2 leaves 1 at 1,000.
TEST(NotionalAtEntry, OrdersAreEnteredAtTheirLimits) {
  auto const with = [](double bids, double bid, double asks, double ask) {
    Desk desk;
    desk.asset("COIN", 1).contract("F", "COIN", "USD").position("F", 3, 1000);
    if (bids > 0) desk.order("F", OrderSide::buy, bids, bid);
    if (asks > 0) desk.order("F", OrderSide::sell, asks, ask);
    return desk
        .margin(pack_of(
            schedule(at_entry + "unit = \"currency\"\nbrackets = [{ floor = 0, rate = 0.01 }]\n") +
            rest))
        .requirement;
  };
  EXPECT_NEAR(with(2, 500, 0, 0), 40.0, 1e-9);
  EXPECT_NEAR(with(0, 0, 4, 1500), 30.0, 1e-9);    // not filled: 30, filled: 15
  EXPECT_NEAR(with(0, 0, 10, 1500), 105.0, 1e-9);  // 7 short
  EXPECT_NEAR(with(2, 500, 10, 1500), 105.0, 1e-9);
  EXPECT_NEAR(with(20, 500, 10, 1500), 130.0, 1e-9);
}

TEST(NotionalAtEntry, IsRefusedWhereNothingStays) {
  expect_refused(schedule(at_entry + "until_expiry = true\n" + stepped), "until_expiry beside");
  expect_refused(schedule(at_entry + "kind = \"health\"\nlong = 1\nshort = 1\n"),
                 "health weights of the notional at entry");
  expect_refused(schedule(at_entry + "kind = \"option_standard\"\nrate = 0.1\nleast = 0.1\n"),
                 "standard option margin of the notional at entry");
  expect_refused("[[scans]]\nname = \"g\"\npoints = [{ spot = 0 }]\n" +
                     schedule(at_entry + "kind = \"scan\"\ngrid = \"g\"\n"),
                 "a portfolio scan of the notional at entry");
  expect_refused(schedule("notional = \"yesterday\"\n" + stepped), "'yesterday'");
}

TEST(NotionalAtEntry, IsExplained) {
  RulePack const pack = pack_of(schedule(at_entry + stepped) + rest);
  Desk desk;
  desk.asset("COIN", 1000).hold("USD", 500).contract("F", "COIN", "USD").position("F", 3, 1000);
  Book const book = desk.book();
  RunShape const shape{1, 1, 1, 1.0};
  ResolvedBook const resolved(book, test_market({"COIN"}, {1000}), pack, Threshold::maintenance,
                              shape);
  double const move = std::log(0.9);
  MarketView const view = {1, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, &move};
  std::string const text =
      explain_scenario(book, test_market({"COIN"}, {1000}), pack, resolved, view, shape, 0, 0).text;
  for (std::string const part :
       {"maintenance: at entry, below",
        "F at entry, 3000 USD at 1: 0.1 x 3000.0000 - 180.0000 = 120.0000"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

// ---- a leverage of the account's own

std::string setting(std::string const& keys) {
  return "[[settings]]\naccount = \"desk\"\n" + keys;
}

// Whichever requires more, at every size; beyond the crossing the venue's brackets.
TEST(OwnLeverage, IsTheLeastThatIsRequiredToOpen) {
  std::string const twenty = setting("match = \"F\"\nleverage = 20\n");
  for (std::string const& keys : {stepped, whole, slope})
    for (double coins = 0.25; coins < 60; coins *= 1.25) {
      double const venue = required(schedule(keys), 1000, coins, 1000, Threshold::initial);
      EXPECT_NEAR(required(schedule(keys) + twenty, 1000, coins, 1000, Threshold::initial),
                  std::max(venue, 50 * coins), 1e-9)
          << keys << coins;
      EXPECT_EQ(required(schedule(keys) + twenty, 1000, coins, 1000), venue);
    }
}

TEST(OwnLeverage, HoldsForOrdersForEntriesAndForHealth) {
  std::string const five = setting("match = \"*\"\nleverage = 5\n");
  EXPECT_NEAR(required(schedule(at_entry + stepped) + five, 10, -1, 1000, Threshold::initial), 200,
              1e-9);
  Desk desk;
  desk.asset("COIN", 1000).contract("F", "COIN", "USD").order("F", OrderSide::sell, 2, 1);
  EXPECT_NEAR(desk.margin(pack_of(schedule(stepped) + five + rest), Threshold::initial).requirement,
              400, 1e-9);
  std::string const health = "kind = \"health\"\nlong = 0.9\nshort = 1.3\n";
  EXPECT_NEAR(required(schedule(health) + five, 1000, 2, 1000, Threshold::initial), 400, 1e-9);
  EXPECT_NEAR(required(schedule(health) + five, 1000, -2, 1000, Threshold::initial), 600, 1e-9);
  Desk taken;
  taken.asset("COIN", 1000).contract("F", "COIN", "USD").position("F", 2, 1000);
  EXPECT_NEAR(taken
                  .margin(pack_of(schedule(health + "taken_from = \"profit\"\n") + five + rest),
                          Threshold::initial)
                  .excess,
              -400, 1e-9);
}

TEST(OwnLeverage, IsTheAccountsAlone) {
  std::string const others = "[[settings]]\naccount = \"someone*\"\nmatch = \"F\"\nleverage = 1\n";
  std::string const first = setting("match = \"G*\"\nleverage = 1\n") +
                            setting("match = \"F*\"\nleverage = 10\n") +
                            setting("match = \"*\"\nleverage = 1\n");
  EXPECT_NEAR(required(schedule(stepped) + others, 1000, 1, 1000, Threshold::initial), 10, 1e-9);
  EXPECT_NEAR(required(schedule(stepped) + first, 1000, 1, 1000, Threshold::initial), 100, 1e-9);
}

TEST(OwnLeverage, WeighsDebts) {
  auto const equity = [](std::string const& keys, double coins, Threshold threshold) {
    Desk desk;
    desk.asset("COIN", 1000).hold("COIN", coins);
    return desk.margin(pack_of(keys + rest), threshold).equity;
  };
  std::string const two = setting("leverage = 2\ndebts = [\"COIN\"]\n");
  for (std::string const keys :
       {"[[haircuts]]\nasset = \"COIN\"\nweights = { asset = 0.8, liability = 1.2 }\n",
        "[[haircuts]]\nasset = \"COIN\"\nunit = \"currency\"\nborrow_surcharge = 0.2\n"
        "tiers = [{ from = 0, haircut = 0.2 }]\n"}) {
    EXPECT_NEAR(equity(keys + two, -3, Threshold::initial), -4500, 1e-9);
    EXPECT_NEAR(equity(keys + two, -3, Threshold::maintenance), -3600, 1e-9);
    EXPECT_NEAR(equity(keys + two, 3, Threshold::initial), 2400, 1e-9);
    EXPECT_NEAR(equity(keys + setting("leverage = 10\ndebts = [\"*\"]\n"), -3, Threshold::initial),
                -3600, 1e-9);
    EXPECT_NEAR(
        equity(keys + setting("leverage = 2\ndebts = [\"ELSE\"]\n"), -3, Threshold::initial), -3600,
        1e-9);
  }
}

TEST(OwnLeverage, IsRefusedWithoutAMeaning) {
  expect_refused(setting("leverage = 2\n"), "neither match nor debts");
  expect_refused(setting("match = \"F\"\nleverage = 0\n"), "a leverage of 0");
  expect_refused(setting("match = \"F*G\"\nleverage = 2\n"), "a * before the end");
  expect_refused(
      setting("match = \"F\"\nleverage = 2\n") + setting("match = \"F\"\nleverage = 3\n"),
      "a second setting");
  expect_refused(setting("match = \"F\"\nleverage = 2\nfees = 1\n"), "unknown key");
}

// ---- weights that shift

std::string shifting(std::string const& start, std::string const& end) {
  return "[[haircuts]]\nasset = \"COIN\"\nweights = { asset = 0.9, liability = 1.1 }\nshift = { "
         "start = \"" +
         start + "\", end = \"" + end + "\", asset = 0.5, liability = 1.5 }\n";
}

TEST(ShiftingWeights, AreThoseOfTheDay) {
  auto const weights = [](std::string const& day) {
    auto const equity = [&](double coins) {
      Desk desk;
      desk.on(day).asset("COIN", 1000).hold("COIN", coins);
      return desk.margin(pack_of(shifting("2026-01-01", "2026-01-05") + rest)).equity / 1000;
    };
    return std::pair(equity(1), -equity(-1));
  };
  auto const expect = [&](std::string const& day, double asset, double liability) {
    EXPECT_NEAR(weights(day).first, asset, 1e-12) << day;
    EXPECT_NEAR(weights(day).second, liability, 1e-12) << day;
  };
  expect("2025-06-30", 0.9, 1.1);
  expect("2026-01-01", 0.9, 1.1);
  expect("2026-01-02", 0.8, 1.2);
  expect("2026-01-05", 0.5, 1.5);
  expect("2027-01-01", 0.5, 1.5);
}

TEST(ShiftingWeights, AreScaledLikeOthers) {
  Desk desk;
  desk.on("2026-01-03").asset("COIN", 10).hold("COIN", 100);
  EXPECT_NEAR(desk.margin(pack_of(shifting("2026-01-01", "2026-01-05") +
                                  "by_total = { deposit_start = 500, deposits = 100 }\n" + rest))
                  .equity,
              0.5 * 0.7 * 1000, 1e-9);
}

TEST(ShiftingWeights, AreRefusedWithoutDays) {
  expect_refused(shifting("2026-01-05", "2026-01-05"), "the end 2026-01-05 is not after");
  expect_refused(shifting("2026-13-05", "2026-01-05"), "'2026-13-05' is not a date");
  expect_refused(shifting("2026-01-01", "soon"), "'soon' is not a date");
  std::string beyond = shifting("2026-01-01", "2026-01-05");
  beyond.replace(beyond.find("asset = 0.5"), 11, "asset = 1.5");
  expect_refused(beyond, "a weight of 1.5 for what is owned");
  expect_refused(
      "[[haircuts]]\nasset = \"COIN\"\nunit = \"currency\"\ntiers = [{ from = 0, haircut = 0 }]\n"
      "shift = { start = \"2026-01-01\", end = \"2026-01-02\", asset = 1, liability = 1 }\n",
      "tiers that shift");
}

// What a file says is what it says when it is written.
TEST(OwnRules, ReadBackAsTheyWereWritten) {
  std::string const text = schedule(at_entry + stepped) + shifting("2026-01-01", "2026-01-05") +
                           "borrow_interest = 0.1\n" +
                           setting("match = \"F\"\nleverage = 3\ndebts = [\"COIN\", \"*\"]\n") +
                           rest;
  std::string const written = rules_text(pack_of(text));
  for (std::string const part :
       {"notional = \"entry\"\n", "shift = { start = \"2026-01-01\", end = \"2026-01-05\", asset",
        "borrow_interest = 0.1\n", "leverage = 3\ndebts = [\"COIN\", \"*\"]\n"})
    EXPECT_NE(written.find(part), std::string::npos) << part << written;
  std::string const ends = rules_text(pack_of(schedule("until_expiry = true\n" + stepped) + rest));
  EXPECT_NE(ends.find("until_expiry = true\n"), std::string::npos) << ends;
}

// ---- engines

// Random nights with requirements at entry, also of contracts that settle in coins and of orders.
TEST(OwnRules, EveryEngineDecidesTheSame) {
  std::string text = every_kind;
  auto const put = [&](std::string const& after, std::string const& more) {
    auto const found = text.find(after);
    ASSERT_NE(found, std::string::npos);
    text.insert(found + after.size(), more);
  };
  put("name = \"btc\"\n", at_entry);
  put("schedule = \"health\"\n",
      "\n[[instruments]]\nmatch = \"BTC/USD:*\"\nschedule = \"coins\"\n");
  put("spreads = \"maximum_loss\"\n",
      "\n[[schedules]]\nname = \"coins\"\n" + at_entry +
          "kind = \"whole_notional\"\nunit = \"currency\"\n"
          "tiers = [{ floor = 0, rate = 0.02 }, { floor = 9000, rate = 0.04 }]\n");
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Night const night = random_night(seed, false);
    RunInputs in;
    in.book = night.book;
    in.market = night.market;
    in.rules = {pack_of(text, "gain_weight = 0.9\norder_charge = 2")};
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
