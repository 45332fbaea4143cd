// Requirements that end when a contract settles, funding and interest: what is charged, what is
// refused, what explain and attribution say.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "host/attribution.hpp"
#include "host/error.hpp"
#include "host/explain.hpp"
#include "tests/host/column_after.hpp"
#include "tests/host/market_builder.hpp"
#include "tests/host/rule_desk.hpp"

namespace plimsoll {
namespace {

std::string const rest = "\n[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1 }\n";
std::string schedule(std::string const& name, std::string const& keys) {
  return "[[schedules]]\nname = \"" + name + "\"\n" + keys + "[[instruments]]\nmatch = \"" + name +
         "*\"\nschedule = \"" + name + "\"\n";
}
std::string const brackets = "unit = \"currency\"\nbrackets = [{ floor = 0, rate = 0.01 }]\n";
RunShape const two_years{1, 1, 2, 1.0};

Margin<double> margin_after(Book const& book, RulePack const& pack, std::vector<double> path) {
  ResolvedBook const resolved(book, test_market({"COIN"}, {1000}), pack, Threshold::maintenance,
                              two_years);
  std::vector<double> const column = column_after(resolved, {{"COIN", std::move(path)}}, book);
  return evaluate<double>(resolved.book(), resolved.rules(), 0,
                          [&](std::uint32_t r) { return column[r]; });
}

// A future, an inverse one, orders and a sold option, all settled after the first step.
TEST(TimedCharges, EndWithTheirContracts) {
  std::string const option = "kind = \"option_standard\"\nrate = 0.15\nleast = 0.1\n";
  auto const pack = [&](std::string const& ends) {
    return pack_of(schedule("F", ends + brackets) +
                   schedule("S", ends + "kind = \"size_slope\"\nbase = 0.01\nslope = 0.001\n") +
                   schedule("O", ends + option) + rest);
  };
  Desk desk;
  desk.asset("COIN", 1000).hold("USD", 10000);
  desk.contract("F1", "COIN", "USD").terms(days_per_year, 0, 0).position("F1", 3, 1000);
  desk.contract("F2", "COIN", "USD").terms(days_per_year, 0, 0);
  desk.order("F2", OrderSide::buy, 5, 1000);
  desk.contract("F3", "COIN", "USD").position("F3", -1, 1000);  // for ever
  desk.contract("S1", "COIN", "COIN", InstrumentKind::inverse, 100).terms(days_per_year, 0, 0);
  desk.position("S1", 20, 1000);
  desk.option("O1", InstrumentKind::call, 1000, days_per_year).position("O1", -2, 0);
  Book const book = desk.book();
  std::string const ends = "until_expiry = true\n";
  double const both = 0.01 * 3000 + 0.01 * 5000 + 0.01 * 1000;
  double const coins = 2000 * (0.01 + 0.002);
  for (std::string const& each : {std::string(), ends}) {
    ResolvedBook const resolved(book, test_market({"COIN"}, {1000}), pack(each),
                                Threshold::maintenance, two_years);
    EXPECT_GT(resolved.margins_today()[0].requirement, both + coins + 2 * 150 - 1e-9) << each;
  }
  EXPECT_NEAR(margin_after(book, pack(ends), {800, 900}).requirement, 0.01 * 900, 1e-9);
  EXPECT_NEAR(margin_after(book, pack(ends), {800}).requirement, 0.01 * 800, 1e-9);
  EXPECT_GT(margin_after(book, pack(""), {800, 900}).requirement, 100.0);
  // What has settled stays in equity.
  EXPECT_EQ(margin_after(book, pack(ends), {800, 900}).equity,
            margin_after(book, pack(""), {800, 900}).equity);
  // A contract that outlives the run requires what it does tonight.
  Desk longer;
  longer.asset("COIN", 1000).contract("F1", "COIN", "USD").terms(3 * days_per_year, 0, 0);
  longer.position("F1", 3, 1000);
  EXPECT_NEAR(margin_after(longer.book(), pack(ends), {1000, 1000}).requirement, 30, 1e-9);
}

TEST(TimedCharges, AreRefusedWhereNothingCouldEnd) {
  auto const refused = [](std::string const& text, std::string const& problem) {
    try {
      (void)pack_of(text + rest);
      ADD_FAILURE() << "accepted: " << text;
    } catch (InputError const& error) {
      std::string const found = error.what();
      EXPECT_NE(found.find(problem), std::string::npos) << found;
      EXPECT_NE(found.find("Hint: "), std::string::npos) << found;
    }
  };
  std::string const health = "kind = \"health\"\nlong = 0.9\nshort = 1.1\n";
  EXPECT_NO_THROW((void)pack_of(schedule("F", "until_expiry = true\n" + health) + rest));
  refused(schedule("F", "until_expiry = true\n" + health + "taken_from = \"profit\"\n"),
          "taken from profit and loss");
  refused("[[scans]]\nname = \"g\"\npoints = [{ spot = 0 }]\n" +
              schedule("F", "until_expiry = true\nkind = \"scan\"\ngrid = \"g\"\n"),
          "a portfolio scan");
  refused("[[funding]]\nmatch = \"F\"\n", "no rate");
  refused("[[funding]]\nmatch = \"F\"\nper_8h = 0.1\nper_year = 1\n", "per_year and per_8h");
  refused("[[funding]]\nmatch = \"F\"\nper_8h = 1\n", "a rate of 1095 a year");
  refused("[[funding]]\nmatch = \"F*F\"\nper_8h = 0\n", "a * before the end");
  refused("[[funding]]\nmatch = \"F\"\nper_8h = 0\n[[funding]]\nmatch = \"F\"\nper_8h = 0\n",
          "a second rate");
  refused(
      "[[haircuts]]\nasset = \"COIN\"\nweights = { asset = 1, liability = 1 }\n"
      "borrow_interest = -0.1\n",
      "borrow_interest -0.1");
}

// Short 100 contracts of 100 USD: paid 10,000 x 0.2 a year; the notional of an inverse contract is
// in USD whatever the price.
TEST(TimedCharges, FundingIsPaidByOneSide) {
  auto const required = [](double contracts, std::string const& rate) {
    RulePack const pack = pack_of(schedule("F", "kind = \"health\"\nlong = 1\nshort = 1\n") + rest +
                                  "[[funding]]\nmatch = \"F*\"\nper_year = " + rate + "\n");
    Desk desk;
    desk.asset("COIN", 1000).contract("F", "COIN", "COIN", InstrumentKind::inverse, 100, 0.0);
    desk.position("F", contracts, 1000);
    return margin_after(desk.book(), pack, {900, 500}).requirement;
  };
  EXPECT_NEAR(required(-100, "-0.2"), 4000, 1e-9);
  EXPECT_NEAR(required(100, "0.2"), 4000, 1e-9);
  EXPECT_EQ(required(100, "-0.2"), 0);
  EXPECT_EQ(required(-100, "0.2"), 0);
}

TEST(TimedCharges, AreExplainedAndSplit) {
  RulePack const pack =
      pack_of(schedule("F", "until_expiry = true\n" + brackets) + schedule("P", brackets) +
              "[[haircuts]]\nasset = \"COIN\"\nweights = { asset = 1, liability = 1 }\n"
              "borrow_interest = 0.1\n" +
              rest + "[[funding]]\nmatch = \"P\"\nper_year = 0.05\n");
  Desk desk;
  desk.asset("COIN", 1000).hold("COIN", -2).hold("USD", 9000);
  desk.contract("F", "COIN", "USD").terms(1.5 * days_per_year, 0, 0).position("F", 3, 1000);
  desk.contract("P", "COIN", "USD").position("P", 4, 1000);
  Book const book = desk.book();
  Market const market = test_market({"COIN"}, {1000});
  ResolvedBook const resolved(book, market, pack, Threshold::maintenance, two_years);
  std::vector<double> const moves = {std::log(0.8), std::log(0.5)};
  MarketView const view = {1, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, moves.data()};
  std::string const text =
      explain_scenario(book, market, pack, resolved, view, two_years, 0, 0).text;
  for (std::string const part : {"interest on what is owed of COIN: 0.2 x 800 = 160.0000",
                                 "funding of P: 0.2 x 800 = 160.0000", "until F settles",
                                 "maintenance: until it settles, below"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  Replay replay(resolved, view, two_years);
  replay.load(0);
  // F requires 24 at the first step and has settled at the second; P 32 and 16; years times prices
  // are 800 at both.
  double const excess[] = {9000 - 1600 - 600 - 800 - (24 + 32 + 160 + 160),
                           9000 - 800 - 1800 - 2400 - (16 + 160 + 160)};
  for (std::uint32_t const step : {1u, 2u}) {
    auto const split = attribution(
        attribution_job(book, resolved, two_years, 0), 0,
        [&](std::uint32_t row, std::uint32_t at) { return replay.row(at, row); }, step);
    ASSERT_TRUE(split.has_value());
    EXPECT_NEAR(static_cast<double>(split->then), 1e4 * excess[step - 1], 2.0) << step;
    Ticks sum = 0;
    for (SplitLine const& line : split->factors) sum += line.change;
    EXPECT_EQ(sum, split->then - split->tonight);
    EXPECT_EQ(split->factors.back().cause, Cause::time);
  }
}

}  // namespace
}  // namespace plimsoll
