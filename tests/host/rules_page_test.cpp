// docs/rules.md tells the truth: every line `worked: NAME = VALUE` is computed here from the pack
// above it, read as a file and resolved; and primitives that the page describes are held to laws.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "host/error.hpp"
#include "host/text_file.hpp"
#include "tests/host/column_after.hpp"
#include "tests/host/market_builder.hpp"
#include "tests/host/rule_desk.hpp"

namespace plimsoll {
namespace {

struct Worked {
  std::string name, value, pack;
};

std::vector<Worked> worked_lines() {
  std::istringstream page(
      read_text_file(std::string(PLIMSOLL_SOURCE_DIR) + "/docs/rules.md", 1 << 20));
  std::vector<Worked> found;
  std::string line, pack;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line == "```toml") pack.clear();
    if (line.starts_with("```")) {
      inside = line == "```toml";
      continue;
    }
    if (inside) pack += line + '\n';
    auto const equals = line.rfind(" = ");
    if (line.starts_with("    worked: "))
      found.push_back({line.substr(12, equals - 12), line.substr(equals + 3), pack});
  }
  return found;
}

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

std::string const rest = "\n[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1 }\n";
std::string const for_contract =
    "\n[[instruments]]\nmatch = \"contract*\"\nschedule = \"contract\"\n";

RulePack page_pack(std::string text) {
  bool const gains = has(text, "gain_weight");
  if (has(text, "[[schedules]]")) text += for_contract;
  return pack_of(text + rest, gains ? "" : "gain_weight = 1");
}

Desk desk_with(double price, double coins) {
  Desk desk;
  desk.asset("COIN", price).contract("contract", "COIN", "USD").position("contract", coins, 900);
  return desk;
}

bool is_of_options(std::string const& what) {
  return has(what, "calls") || has(what, "puts") || has(what, "spread");
}

Desk desk_with_options(std::string const& what, double price, double coins) {
  bool const puts = has(what, "put");
  InstrumentKind const kind = puts ? InstrumentKind::put : InstrumentKind::call;
  Desk desk;
  desk.asset("COIN", price).option("contract", kind, 1000).position("contract", coins, 0);
  if (has(what, "spread"))
    desk.option("contract2", kind, puts ? 900 : 1100).position("contract2", -coins, 0);
  return desk;
}

// Coins at the second of two steps of a year, tonight at 1,000 with a volatility of 5 % a step:
// held, or of a contract, which may expire at the first step.
double moved(RulePack const& pack, std::string const& what, double coins, double first,
             double second) {
  Market const market = test_market({"COIN"}, {1000}, 0.05);
  Desk desk;
  desk.asset("COIN", 1000);
  if (has(what, "requirement"))
    desk.contract("contract", "COIN", "USD").position("contract", coins, 900);
  else
    desk.hold("COIN", coins);
  if (has(what, "expiring")) desk.terms(days_per_year, 0, 0);
  Book const book = desk.book();
  ResolvedBook const resolved(book, market, pack, Threshold::maintenance, {1, 1, 2, 1.0});
  std::vector<double> const column = column_after(resolved, {{"COIN", {first, second}}}, book);
  Margin<double> const margin = evaluate<double>(resolved.book(), resolved.rules(), 0,
                                                 [&](std::uint32_t r) { return column[r]; });
  return has(what, "credit") ? margin.equity : margin.requirement;
}

// "WHAT of N coins at P[, initial][, from profit][ and orders][ after Q]"
double computed(Worked const& line) {
  auto const of = line.name.find(" of ");
  double coins = 0.0, price = 0.0;
  if (std::sscanf(line.name.c_str() + of, " of %lf coins at %lf", &coins, &price) != 2)
    ADD_FAILURE() << "not understood: " << line.name;
  std::string const what = line.name.substr(0, of);
  Threshold const threshold =
      has(line.name, ", initial") ? Threshold::initial : Threshold::maintenance;
  std::string text = line.pack;
  if (has(line.name, "from profit")) text += "taken_from = \"profit\"\n";
  RulePack const pack = page_pack(text);
  double first = 0.0;
  if (std::sscanf(line.name.c_str() + of, " of %*f coins at %*f after %lf", &first) == 1)
    return moved(pack, what, coins, first, price);
  if (has(what, "credit")) {
    Desk desk;
    desk.asset("COIN", price).hold("COIN", coins);
    return desk.margin(pack, threshold).equity;
  }
  if (has(what, "spot")) {
    bool const bid = has(what, "bid");
    Desk spot;
    spot.asset("COIN", price).spot("market", "COIN", "USD");
    spot.hold(bid ? "USD" : "COIN", bid ? 1000 : coins);
    spot.order("market", bid ? OrderSide::buy : OrderSide::sell, coins, bid ? 120 : 110);
    return spot.margin(pack, threshold).excess;
  }
  Desk desk = is_of_options(what) ? desk_with_options(what, price, coins) : desk_with(price, coins);
  if (has(line.name, "and orders"))
    desk.order("contract", OrderSide::buy, 5, 1.0).order("contract", OrderSide::sell, 40, 1.0);
  Margin<double> const margin = desk.margin(pack, threshold);
  return has(what, "excess") ? margin.excess : margin.requirement;
}

TEST(RulesPage, EveryWorkedNumberIsRecomputed) {
  std::vector<Worked> const lines = worked_lines();
  ASSERT_GE(lines.size(), 25u);
  for (Worked const& line : lines)
    EXPECT_NEAR(computed(line), std::stod(line.value),
                1e-9 * std::max(1.0, std::fabs(std::stod(line.value))))
        << line.name;
}

TEST(RulesPage, EveryBlockReadsBackAsItWasWritten) {
  for (Worked const& line : worked_lines()) {
    RulePack const pack = page_pack(line.pack);
    std::string const path = testing::TempDir() + "plimsoll_rules_page_again.toml";
    std::filesystem::remove(path);
    write_rules(pack, path);
    EXPECT_EQ(rules_text(read_rules(path)), rules_text(pack));
  }
}

std::string refusal(std::string const& text) {
  try {
    (void)page_pack(text);
  } catch (InputError const& error) {
    return error.what();
  }
  return "accepted";
}

std::string with(std::string text, std::string const& from, std::string const& to) {
  auto const at = text.find(from);
  if (at == std::string::npos) ADD_FAILURE() << from;
  return text.replace(at, from.size(), to);
}

std::string const weights =
    "[[haircuts]]\nasset = \"COIN\"\nweights = { asset = 0.9, liability = 1.1 }\n"
    "by_size = { factor = 0.01, asset_numerator = 1.1, liability_share = 0.8 }\n"
    "by_total = { deposit_start = 5, borrow_start = 6, deposits = 7, borrows = 8 }\n"
    "[[slow_prices]]\nasset = \"COIN\"\nprice = 2\n";

void expect_refused(std::string const& from, std::string const& to, std::string const& place,
                    std::string const& problem) {
  std::string const message = refusal(with(weights, from, to));
  EXPECT_TRUE(has(message, place)) << message;
  EXPECT_TRUE(has(message, problem)) << message;
  EXPECT_TRUE(has(message, "Hint: ")) << message;
}

TEST(RulePrimitives, RefusesBrokenWeights) {
  ASSERT_EQ(refusal(weights), "accepted");
  expect_refused("0.9", "1.05", ".toml:8:", "a weight of 1.05 for what is owned");
  expect_refused("0.9", "-0.1", ".toml:8:", "a weight of -0.1 for what is owned");
  expect_refused("1.1 }", "0.95 }", ".toml:8:", "a weight of 0.95 for what is owed");
  expect_refused("liability = 1.1 }", "liability = 1.1, fee = 1 }", ".toml:8:", "unknown key");
  expect_refused("factor = 0.01", "factor = -1", ".toml:9:", "by_size.factor -1");
  expect_refused("numerator = 1.1", "numerator = 0", ".toml:9:", "no holding would count");
  expect_refused("share = 0.8", "share = 1.8", ".toml:9:", "must lie in [0, 1]");
  expect_refused("deposit_start = 5, ", "", ".toml:10:", "deposits without deposit_start");
  expect_refused("deposit_start = 5", "deposit_start = 0", ".toml:10:", "deposit_start 0");
  expect_refused("borrows = 8", "borrows = -8", ".toml:10:", "by_total.borrows -8");
  expect_refused("deposit_start = 5, borrow_start = 6, deposits = 7, borrows = 8", "",
                 ".toml:10:", "neither deposit_start nor borrow_start");
  expect_refused("[[slow", "limit = 3\nunit = \"asset\"\n[[slow",
                 ".toml:10:", "deposit_start beside a limit in units");
  expect_refused("price = 2", "price = 0", "slow price of 'COIN'", "a price of 0");
  expect_refused("[[slow", "limit = 0\nunit = \"asset\"\n[[slow", ".toml:11:", "a limit of 0");
  expect_refused("[[slow", "borrow_surcharge = 0.1\n[[slow", ".toml:8:", "weights and a surcharge");
  expect_refused("[[slow", "tiers = [{ from = 0, haircut = 0 }]\n[[slow",
                 ".toml:8:", "weights and tiers");
  expect_refused("weights = { asset = 0.9, liability = 1.1 }",
                 "unit = \"asset\"\ntiers = [{ from = 0, haircut = 0 }]",
                 ".toml:10:", "tiers that are scaled");
  EXPECT_TRUE(has(refusal(with(weights, "price = 2\n",
                               "price = 2\n[[slow_prices]]\nasset = \"COIN\"\nprice = 3\n")),
                  "a second slow price"));
  EXPECT_TRUE(has(refusal("gain_weight = 1.5\n" + weights), "a gain weight of 1.5"));
  EXPECT_TRUE(has(refusal("gain_weight = { maintenance = 1, initial = -1 }\n" + weights),
                  "a gain weight of -1"));
  EXPECT_TRUE(has(refusal("gain_weight = 1\ncounts_gains = true\n" + weights),
                  "counts_gains and gain_weight"));
  EXPECT_TRUE(has(refusal("order_charge = -1\n" + weights), "order_charge -1"));
  EXPECT_TRUE(has(refusal("[[haircuts]]\nasset = \"COIN\"\nunit = \"asset\"\nlimit = 3\n"
                          "tiers = [{ from = 0, haircut = 0 }, { from = 4, haircut = 0.5 }]\n"),
                  "a limit of 3 below the last tier"));
}

TEST(RulePrimitives, RefusesBrokenSchedules) {
  auto const message = [](std::string const& keys) {
    return refusal("[[schedules]]\nname = \"contract\"\n" + keys);
  };
  auto const refused = [&](std::string const& keys, std::string const& problem) {
    std::string const text = message(keys);
    EXPECT_TRUE(has(text, problem)) << text;
    EXPECT_TRUE(has(text, ".toml")) << text;
    EXPECT_TRUE(has(text, "Hint: ")) << text;
  };
  refused("kind = \"flat\"\n", "unknown kind 'flat'");
  refused("kind = \"size_slope\"\nbase = 0.01\n", "no key 'slope'");
  refused("kind = \"size_slope\"\nbase = 0.01\nslope = -1\n", "slope -1");
  refused("kind = \"size_slope\"\nbase = 1.5\nslope = 0\n", "base 1.5");
  refused("kind = \"size_slope\"\nbase = 0.01\nslope = 0\nfactor = 1\n", "unknown key");
  refused("kind = \"root_size\"\nbase = 0.01\nfactor = -0.1\n", "factor -0.1");
  refused("kind = \"root_size\"\nbase = 0.01\nfactor = 0.1\nbase_share = 2\n", "base_share 2");
  refused("kind = \"open_interest\"\nbase = 0.1\nlower = 3\n", "without the other");
  refused("kind = \"open_interest\"\nbase = 0.1\nlower = 3\nupper = 3\n", "does not lie above");
  refused("kind = \"health\"\nlong = 1.2\nshort = 1.2\n", "a weight of 1.2 for what is owned");
  refused("kind = \"health\"\nlong = 0.8\nshort = 0.9\n", "a weight of 0.9 for what is owed");
  refused("kind = \"health\"\nlong = 0.8\nshort = 1.2\ntaken_from = \"cash\"\n", "'cash'");
  refused("kind = \"initial_fraction\"\nfraction = 0.6\n", "initial figures that are not there");
  refused(
      "kind = \"initial_fraction\"\nfraction = 0.6\n"
      "initial = { kind = \"initial_fraction\", fraction = 0.5 }\n",
      "a part of itself");
  refused(
      "kind = \"initial_fraction\"\nfraction = 1.6\n"
      "initial = { kind = \"size_slope\", base = 0.1, slope = 0 }\n",
      "fraction 1.6");
  refused("kind = \"option_standard\"\nrate = 0.15\n", "no key 'least'");
  refused("kind = \"option_standard\"\nrate = 1.5\nleast = 0.1\n", "rate 1.5");
  refused("kind = \"option_standard\"\nrate = 0.15\nleast = -0.1\n", "least -0.1");
  refused("kind = \"option_standard\"\nrate = 0.15\nleast = 0.2\n",
          "least 0.2 lies above rate 0.15");
  refused("kind = \"option_standard\"\nrate = 0.15\nleast = 0.1\nspreads = \"wide\"\n", "'wide'");
  std::string const whole = "kind = \"whole_notional\"\nunit = \"currency\"\n";
  refused(whole + "tiers = [{ floor = 0, rate = 0.2 }, { floor = 9, rate = 0.1 }]\n",
          "rate falls from 0.2 to 0.1");
  refused(whole + "tiers = [{ floor = 1, rate = 0.2 }]\n", "the first floor is 1");
  refused(whole + "tiers = [{ floor = 0, rate = 0.2, deduction = 0 }]\n", "unknown key");
  refused(
      "unit = \"currency\"\nbrackets = [{ floor = 0, rate = 0.01 }, { floor = 1000, rate = "
      "0.03, deduction = 15 }]\n",
      "the requirement would jump at 1000; 20 makes it continuous");
}

std::string const standard =
    "[[schedules]]\nname = \"contract\"\nkind = \"option_standard\"\nrate = 0.15\nleast = 0.1\n";
std::string const by_spread = standard + "spreads = \"maximum_loss\"\n";

TEST(RulePrimitives, StandardOptionMarginIsForOptions) {
  RulePack const pack = page_pack(standard);
  try {
    (void)desk_with(1000, 1).margin(pack);
    ADD_FAILURE() << "accepted";
  } catch (InputError const& error) {
    EXPECT_TRUE(has(error.what(), "instrument 'contract' is no option")) << error.what();
    EXPECT_TRUE(has(error.what(), "schedule 'contract'")) << error.what();
    EXPECT_TRUE(has(error.what(), "Hint: ")) << error.what();
  }
}

// Paid in coin or in money, before its expiry: margin and price, the price being what the long
// side of the same option adds to equity.
TEST(RulePrimitives, StandardOptionMarginHoldsThePrice) {
  RulePack const pack = page_pack(standard);
  for (std::string const settle : {"USD", "COIN"}) {
    auto const desk = [&](double coins) {
      Desk made;
      made.asset("COIN", 1000).option("contract", InstrumentKind::put, 900, 30, settle);
      return made.position("contract", coins, 0.0);
    };
    double const price = desk(1).margin(pack).equity;
    EXPECT_GT(price, 5.0);
    EXPECT_NEAR(desk(-3).margin(pack).requirement, 3 * (100 + price), 1e-9);
    EXPECT_EQ(desk(3).margin(pack).requirement, 0.0);
  }
}

TEST(RulePrimitives, StandardOptionMarginAtThresholdsOfItsOwn) {
  RulePack const pack = page_pack(
      "[[schedules]]\nname = \"contract\"\nkind = \"initial_fraction\"\nfraction = 0.5\n"
      "initial = { kind = \"option_standard\", rate = 0.2, least = 0.1, "
      "spreads = \"maximum_loss\" }\n");
  Desk desk = desk_with_options("calls", 1000, -10);
  EXPECT_EQ(desk.margin(pack, Threshold::initial).requirement, 2000.0);
  EXPECT_EQ(desk.margin(pack).requirement, 1000.0);
  desk.option("contract2", InstrumentKind::call, 1050).position("contract2", 10, 0);
  EXPECT_EQ(desk.margin(pack, Threshold::initial).requirement, 500.0);
  EXPECT_EQ(desk.margin(pack).requirement, 250.0);
}

// Short at the money and 200 out of it; long 20 (less than the first needs) and 100 out of it.
TEST(RulePrimitives, SpreadsPairFromTheDeepestOn) {
  RulePack const pack = page_pack(by_spread);
  for (InstrumentKind const kind : {InstrumentKind::call, InstrumentKind::put}) {
    Desk desk;
    desk.asset("COIN", 1000);
    double const out[] = {0, 200, 20, 100};
    double const coins[] = {-10, -5, 4, 8};
    for (int i = 0; i < 4; ++i) {
      std::string const name = "contract" + std::to_string(i);
      desk.option(name, kind, 1000 + (is_put(kind) ? -out[i] : out[i])).position(name, coins[i], 0);
    }
    // 4 lose 20 each, 6 lose 100 each, 2 of the second are covered by what is left of the last,
    // and 3 stand alone: far out of the money, at the least.
    EXPECT_NEAR(desk.margin(pack).requirement, 4 * 20 + 6 * 100 + 3 * 100, 1e-9);
  }
}

TEST(RulePrimitives, SpreadsStayWithinOneSeries) {
  RulePack const pack = page_pack(by_spread);
  auto const beside = [&](InstrumentKind kind, double days, std::string const& settle) {
    Desk desk;
    desk.asset("COIN", 1000).option("contract", InstrumentKind::call, 1000, 30);
    desk.position("contract", -10, 0).option("contract2", kind, 1001, days, settle);
    return desk.position("contract2", 10, 0).margin(pack).requirement;
  };
  EXPECT_NEAR(beside(InstrumentKind::call, 30, "USD"), 10.0, 1e-9);
  EXPECT_GT(beside(InstrumentKind::call, 60, "USD"), 1500.0);
  EXPECT_GT(beside(InstrumentKind::put, 30, "USD"), 1500.0);
  EXPECT_GT(beside(InstrumentKind::american_call, 30, "USD"), 1500.0);
  EXPECT_GT(beside(InstrumentKind::call, 30, "COIN"), 1500.0);
}

// Strikes in coins of another price: what a spread loses is in those coins.
TEST(RulePrimitives, SpreadsLoseInTheCurrencyOfTheirStrikes) {
  RulePack const pack = page_pack(by_spread);
  Desk desk;
  desk.asset("COIN", 1000).asset("EUR", 1.25);
  desk.option("contract", InstrumentKind::call, 800, 30, "EUR").position("contract", -10, 0);
  desk.option("contract2", InstrumentKind::call, 804, 30, "EUR").position("contract2", 10, 0);
  EXPECT_NEAR(desk.margin(pack).requirement, 10 * 4 * 1.25, 1e-9);
}

TEST(RulePrimitives, OffersOfOptionsCountAsSold) {
  RulePack const pack = page_pack(by_spread);
  auto const desk = [](double first, double second) {
    Desk made = desk_with_options("calls", 1000, first);
    return made.option("contract2", InstrumentKind::call, 1100).position("contract2", second, 0);
  };
  Desk offered = desk(-2, 10);
  offered.order("contract", OrderSide::sell, 3, 1).order("contract2", OrderSide::sell, 6, 1);
  offered.order("contract2", OrderSide::buy, 100, 1);
  EXPECT_NEAR(offered.margin(pack).requirement, desk(-5, 4).margin(pack).requirement, 1e-12);
  EXPECT_NEAR(desk(-5, 4).margin(pack).requirement, 4 * 100 + 150, 1e-9);
  Desk none;
  none.asset("COIN", 1000).option("contract", InstrumentKind::call, 1000).hold("USD", 1);
  none.order("contract", OrderSide::sell, 2, 1);
  EXPECT_NEAR(none.margin(pack).requirement, 300.0, 1e-9);
}

TEST(RulePrimitives, ARateThatNeedsOpenInterestAsksForIt) {
  std::string const text =
      "[[schedules]]\nname = \"contract\"\nkind = \"open_interest\"\nbase = 0.2\nlower = 1\n"
      "upper = 2\n";
  RulePack const pack = page_pack(text);
  try {
    (void)desk_with(1000, 1).margin(pack);
    ADD_FAILURE() << "accepted";
  } catch (InputError const& error) {
    EXPECT_TRUE(has(error.what(), "no open interest for instrument 'contract'")) << error.what();
    EXPECT_TRUE(has(error.what(), pack.place)) << error.what();
  }
}

// Filled or not, the other way round or not at all: an order that cannot make things worse does
// not count, and one that does counts as the position that it would make.
TEST(RulePrimitives, OrdersCountAsThePositionThatTheyWouldMake) {
  std::string const packs[] = {
      "[[schedules]]\nname = \"contract\"\nunit = \"currency\"\n"
      "brackets = [{ floor = 0, rate = 0.01 }, { floor = 20000, rate = 0.05 }]\n",
      "[[schedules]]\nname = \"contract\"\nkind = \"size_slope\"\nbase = 0.01\nslope = 0.001\n",
      "[[schedules]]\nname = \"contract\"\nkind = \"root_size\"\nbase = 0.01\nfactor = 0.01\n",
      "[[schedules]]\nname = \"contract\"\nkind = \"health\"\nlong = 0.7\nshort = 1.2\n"};
  for (std::string const& text : packs) {
    RulePack const pack = page_pack(text);
    auto const alone = [&](double q) { return desk_with(1000, q).margin(pack).requirement; };
    Desk desk = desk_with(1000, 10);
    EXPECT_EQ(Desk(desk).order("contract", OrderSide::sell, 9, 1).margin(pack).requirement,
              alone(10));
    EXPECT_EQ(Desk(desk).order("contract", OrderSide::buy, 20, 1).margin(pack).requirement,
              alone(30));
    Desk both = desk;
    both.order("contract", OrderSide::buy, 5, 1).order("contract", OrderSide::sell, 60, 1);
    EXPECT_EQ(both.margin(pack).requirement, std::max(alone(15), alone(-50)));
    Desk none;
    none.asset("COIN", 1000).contract("contract", "COIN", "USD");
    none.order("contract", OrderSide::buy, 3, 1).hold("USD", 1);
    EXPECT_EQ(none.margin(pack).requirement, alone(3));
    EXPECT_EQ(none.margin(pack).equity, 1.0);
  }
}

// Taken from profit and loss or from equity: where neither gains nor haircuts weigh, the excess is
// the same, and so are exposures.
TEST(RulePrimitives, HealthInProfitIsTheSameWhereNothingElseWeighs) {
  std::string const text =
      "[[schedules]]\nname = \"contract\"\nkind = \"health\"\nlong = 0.7\nshort = 1.2\n";
  RulePack const required = page_pack(text);
  RulePack const taken = page_pack(text + "taken_from = \"profit\"\n");
  for (InstrumentKind const kind : {InstrumentKind::linear, InstrumentKind::inverse})
    for (double const quantity : {10.0, -10.0, 250.0}) {
      Desk desk;
      desk.asset("COIN", 1000)
          .contract("contract", "COIN", kind == InstrumentKind::linear ? "USD" : "COIN", kind, 10);
      desk.position("contract", quantity, 900).order("contract", OrderSide::sell, 30, 1100);
      EXPECT_NEAR(desk.margin(required).excess, desk.margin(taken).excess, 1e-7);
      EXPECT_EQ(desk.margin(taken).requirement, 0.0);
      ResolvedBook const resolved = desk.resolve(taken);
      EXPECT_EQ(exposure_today(resolved, 0).gross, exposure_today(desk.resolve(required), 0).gross);
    }
}

TEST(RulePrimitives, AnIsolatedPoolRisksWhatItHoldsAlsoWhereHealthIsTakenFromProfit) {
  RulePack const pack = page_pack(
      "[[schedules]]\nname = \"contract\"\nkind = \"health\"\nlong = 0.7\nshort = 1.2\n"
      "taken_from = \"profit\"\n");
  Desk desk;
  desk.asset("COIN", 1000).contract("contract", "COIN", "USD");
  desk.hold("USD", 1).isolated().hold("USD", 50).position("contract", 2, 990);
  EXPECT_EQ(desk.resolve(pack).pools_today()[1].at_risk, 50.0 + 20.0);
}

// Without own curves and charges the views say so, and engines take the shorter way.
TEST(RulePrimitives, PlainPacksHaveNoCurvesOfTheirOwn) {
  RulePack const plain = page_pack(
      "[[schedules]]\nname = \"contract\"\nunit = \"currency\"\nbrackets = [{ floor = 0, rate = "
      "0.01 }]\n");
  BookView const view = desk_with(1000, 1).resolve(plain).book();
  EXPECT_EQ(view.group_curve, nullptr);
  EXPECT_EQ(view.term_curve, nullptr);
  EXPECT_EQ(view.charge_begin, nullptr);
}

// The size of an inverse contract is counted in coins at tonight's mark.
TEST(RulePrimitives, SizesOfInverseContractsAreCoins) {
  RulePack const pack = page_pack(
      "[[schedules]]\nname = \"contract\"\nkind = \"size_slope\"\nbase = 0.01\nslope = 0.001\n");
  Desk desk;
  desk.asset("COIN", 1000);
  desk.contract("contract", "COIN", "COIN", InstrumentKind::inverse, 10.0, 0.25);
  desk.position("contract", -2500, 1000).hold("COIN", 30);  // 25,000 at 1,250: 20 coins
  EXPECT_NEAR(desk.margin(pack).requirement, 0.03 * 20 * 1000, 1e-9);
}

TEST(RulePrimitives, LimitsInCurrencyFollowTheSlowPrice) {
  RulePack const pack = page_pack(
      "[[haircuts]]\nasset = \"COIN\"\nunit = \"currency\"\nlimit = 1000\n"
      "weights = { asset = 0.5, liability = 1 }\n[[slow_prices]]\nasset = \"COIN\"\nprice = 50\n");
  Desk desk;
  desk.asset("COIN", 100).hold("COIN", 30);  // 3,000, or 1,500 at the slow price
  EXPECT_NEAR(desk.margin(pack).equity, 500.0, 1e-9);
  EXPECT_NEAR(desk.margin(pack, Threshold::initial).equity, 500.0, 1e-9);
  Desk less;
  less.asset("COIN", 100).hold("COIN", 12);  // 1,200, or 600
  EXPECT_NEAR(less.margin(pack, Threshold::initial).equity, 300.0, 1e-9);
}

// 30 coins, of which 10 count at 90 % and the others at 50 %, at half the price.
TEST(RulePrimitives, TiersInUnitsStayUnderTheSlowPrice) {
  RulePack const pack = page_pack(
      "[[haircuts]]\nasset = \"COIN\"\nunit = \"asset\"\ntiers = [{ from = 0, haircut = 0.1 }, "
      "{ from = 10, haircut = 0.5 }]\n[[slow_prices]]\nasset = \"COIN\"\nprice = 50\n");
  Desk desk;
  desk.asset("COIN", 100).hold("COIN", 30);
  EXPECT_NEAR(desk.margin(pack).equity, 1900.0, 1e-9);
  EXPECT_NEAR(desk.margin(pack, Threshold::initial).equity, 950.0, 1e-9);
}

TEST(RulePrimitives, WhereNobodyBorrowsADebtIsRefused) {
  std::string const text =
      "[[haircuts]]\nasset = \"COIN\"\nborrowing = false\n"
      "weights = { asset = 0.5, liability = 1 }\n";
  RulePack const pack = page_pack(text);
  EXPECT_TRUE(has(rules_text(pack), "borrowing = false\n"));
  Desk owed;
  owed.asset("COIN", 1000).hold("USD", 1).isolated().hold("COIN", -2);
  try {
    (void)owed.margin(pack);
    ADD_FAILURE() << "accepted";
  } catch (InputError const& error) {
    EXPECT_TRUE(has(error.what(), "/balances/amount[1]")) << error.what();
    EXPECT_TRUE(has(error.what(), "pool 'desk/isolated' owes 2 COIN")) << error.what();
    EXPECT_TRUE(has(error.what(), "Hint: ")) << error.what();
  }
  EXPECT_EQ(owed.margin(page_pack(with(text, "borrowing = false", "borrowing = true"))).equity,
            1.0);
  Desk held;
  EXPECT_EQ(held.asset("COIN", 1000).hold("COIN", 2).margin(pack).equity, 1000.0);
  Desk lost;  // 3 coins of loss against 2 of balance
  lost.asset("COIN", 1000).hold("COIN", 2);
  lost.contract("contract", "COIN", "COIN", InstrumentKind::inverse, 1000)
      .position("contract", 3, 500);
  EXPECT_NO_THROW((void)lost.margin(page_pack(
      text + "[[schedules]]\nname = \"contract\"\nkind = \"size_slope\"\nbase = 0\nslope = 0\n")));
}

// The weight follows the total at every price, also beside a slow price, a size and a second pool.
TEST(RulePrimitives, DepositsAreScaledAtThePriceOfTheScenario) {
  double const start = 400'000, deposits = 4000;
  std::string const head =
      "[[haircuts]]\nasset = \"COIN\"\nweights = { asset = 0.8, liability = 1.2 }\n"
      "by_total = { deposit_start = 400000, deposits = 4000 }\n";
  std::string const sized =
      "by_size = { factor = 0.1, asset_numerator = 1, liability_share = 1 }\n";  // 0.5 of 100 coins
  std::string const slow = "[[slow_prices]]\nasset = \"COIN\"\nprice = 50\n";
  Desk desk;
  desk.asset("COIN", 200).hold("COIN", 100).isolated().hold("COIN", 300);
  for (std::string const& more : {std::string(), sized, slow, sized + slow}) {
    bool const initial = more.ends_with(slow);
    ResolvedBook const resolved =
        desk.resolve(page_pack(head + more), initial ? Threshold::initial : Threshold::maintenance);
    double const cap = has(more, "by_size") ? 0.5 : 1.0;
    double const part = initial ? 0.25 : 1.0;  // of tonight's price
    for (double const price : {20.0, 99.0, 101.0, 200.0, 5000.0}) {
      double const weight = std::min(0.8 * std::min(1.0, start / (deposits * price)), cap);
      auto const row = [&](std::uint32_t r) { return r == 1 ? price : resolved.rows_today()[r]; };
      EXPECT_NEAR(evaluate<double>(resolved.book(), resolved.rules(), 0, row).equity,
                  part * weight * 100 * price, 1e-9)
          << more << price;
    }
  }
}

TEST(RulePrimitives, LimitsAndScaledDepositsBothHold) {
  auto const equity = [](double coins, double limit) {
    Desk desk;
    return desk.asset("COIN", 200)
        .hold("COIN", coins)
        .margin(page_pack("[[haircuts]]\nasset = \"COIN\"\nunit = \"currency\"\n"
                          "weights = { asset = 0.8, liability = 1.2 }\nlimit = " +
                          std::to_string(limit) +
                          "\nby_total = { deposit_start = 400000, deposits = 4000 }\n"))
        .equity;
  };
  EXPECT_NEAR(equity(10, 1500), 800.0, 1e-9);
  EXPECT_NEAR(equity(10, 500), 400.0, 1e-9);
}

TEST(RulePrimitives, TotalsOfTheBookStandInForThoseOfThePack) {
  RulePack const pack = page_pack(
      "[[haircuts]]\nasset = \"COIN\"\nweights = { asset = 0.8, liability = 1.2 }\n"
      "by_total = { deposit_start = 100 }\n");
  Desk desk;
  desk.asset("COIN", 10).hold("COIN", 5).isolated().hold("COIN", 35);
  EXPECT_NEAR(desk.margin(pack).equity, 0.8 * 0.25 * 50, 1e-12);
}

}  // namespace
}  // namespace plimsoll
