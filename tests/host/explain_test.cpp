// What explain prints adds up to what evaluate says, and what drivers tell apart adds up to the
// fall of the excess, under rules of every kind.
#include "host/explain.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>

#include "host/drivers.hpp"
#include "tests/host/market_builder.hpp"
#include "tests/host/rule_desk.hpp"

namespace plimsoll {
namespace {

// Every kind of schedule and of haircut, a gain weight and a charge for orders.
std::string const rules =
    "order_charge = 2.5\n"
    "[[haircuts]]\nasset = \"BTC\"\nunit = \"asset\"\nlimit = 5\nborrow_surcharge = 0.1\n"
    "tiers = [{ from = 0, haircut = 0.05 }, { from = 2, haircut = 0.2 }]\n"
    "[[haircuts]]\nasset = \"ETH\"\nweights = { asset = 0.9, liability = 1.1 }\n"
    "by_size = { factor = 0.1, asset_numerator = 1.1, liability_share = 0.8 }\n"
    "[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1 }\n"
    "[[schedules]]\nname = \"brackets\"\nunit = \"asset\"\n"
    "brackets = [{ floor = 0, rate = 0.01 }, { floor = 50000, rate = 0.03 }]\n"
    "[[schedules]]\nname = \"whole\"\nkind = \"whole_notional\"\nunit = \"currency\"\n"
    "tiers = [{ floor = 0, rate = 0.01 }, { floor = 30000, rate = 0.02 }]\n"
    "[[schedules]]\nname = \"slope\"\nkind = \"size_slope\"\nbase = 0.01\nslope = 0.001\n"
    "[[schedules]]\nname = \"root\"\nkind = \"root_size\"\nbase = 0.01\nfactor = 0.01\n"
    "[[schedules]]\nname = \"health\"\nkind = \"health\"\nlong = 0.8\nshort = 1.2\n"
    "taken_from = \"profit\"\n"
    "[[schedules]]\nname = \"options\"\nkind = \"option_standard\"\nrate = 0.15\nleast = 0.1\n"
    "spreads = \"maximum_loss\"\n"
    "[[instruments]]\nmatch = \"F*\"\nschedule = \"options\"\n"
    "[[instruments]]\nmatch = \"A\"\nschedule = \"brackets\"\n"
    "[[instruments]]\nmatch = \"B\"\nschedule = \"whole\"\n"
    "[[instruments]]\nmatch = \"C\"\nschedule = \"slope\"\n"
    "[[instruments]]\nmatch = \"D\"\nschedule = \"root\"\n"
    "[[instruments]]\nmatch = \"E\"\nschedule = \"health\"\n";

Book desk_book() {
  Desk desk;
  desk.asset("USDT", 1).asset("BTC", 60000).asset("ETH", 3000);
  desk.contract("A", "BTC", "USDT").contract("B", "ETH", "USDT").contract("C", "ETH", "USDT");
  desk.contract("D", "BTC", "BTC", InstrumentKind::inverse, 100.0, 0.01);
  desk.contract("E", "ETH", "USD");
  desk.hold("USDT", 20000).hold("BTC", 6).hold("ETH", -30).hold("USD", 100);
  desk.position("A", 2, 58000).position("B", -12, 2900).position("C", 20, 3100);
  desk.position("D", -700, 61000).position("E", 9, 2800);
  desk.order("A", OrderSide::buy, 1, 55000).order("C", OrderSide::sell, 90, 3300);
  desk.order("C", OrderSide::buy, 1, 2000).order("E", OrderSide::sell, 40, 3500);
  desk.option("F1", InstrumentKind::call, 3100, 30, "USD", "ETH").position("F1", -8, 90);
  desk.option("F2", InstrumentKind::call, 3300, 30, "USD", "ETH").position("F2", 3, 40);
  desk.option("F3", InstrumentKind::put, 50000, 60, "BTC", "BTC").position("F3", -1, 0.02);
  desk.order("F3", OrderSide::sell, 1, 0.03);
  return desk.book();
}

Market desk_market() {
  return test_market({"BTC", "ETH"}, {60000.0, 3000.0});
}

// The sum of what stands behind the last " = " or ": " of lines that begin with one of `names`.
double sum_of(std::string const& text, std::initializer_list<std::string_view> names) {
  std::istringstream lines(text);
  std::string line;
  double sum = 0.0;
  while (std::getline(lines, line)) {
    auto const begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    for (std::string_view const name : names) {
      if (std::string_view(line).substr(begin, name.size()) != name) continue;
      auto const at = line.find_last_of("=:");
      if (at != std::string::npos && line.find(": see ") == std::string::npos)
        sum += std::stod(line.substr(at + 1));
    }
  }
  return sum;
}

TEST(Explain, WhatItPrintsAddsUpToWhatEvaluateSays) {
  Book const book = desk_book();
  RulePack const pack = pack_of(rules, "gain_weight = 0.75");
  for (Threshold const threshold : thresholds) {
    ResolvedBook const resolved(book, desk_market(), pack, threshold);
    std::string const text = explain_today(book, pack, resolved, 0).text;
    Margin<double> const margin = resolved.margins_today()[0];
    EXPECT_NEAR(sum_of(text, {"credit"}), margin.equity, 1e-3) << text;
    EXPECT_NEAR(sum_of(text, {"maintenance", "for open orders"}), margin.requirement, 1e-3) << text;
    EXPECT_EQ(text.find("threshold ") == std::string::npos, threshold == Threshold::maintenance);
  }
}

TEST(Explain, ShowsOrdersAndWhatTheyCost) {
  Book const book = desk_book();
  RulePack const pack = pack_of(rules, "gain_weight = 0.75");
  ResolvedBook const resolved(book, desk_market(), pack);
  std::string const text = explain_today(book, pack, resolved, 0).text;
  for (char const* const part :
       {"open orders in A: buy 1 at 55000", "open orders in C: sell 90 at 3300, buy 1 at 2000",
        "worst fill                3 x            60000 =        180000.0000",
        "worst fill              -70 x             3000 =       -210000.0000",
        "for open orders as such: 12.5000", "maintenance: see open orders",
        "maintenance: see short options", "short options F3, by standard margin",
        "+ 600.0000 = 600.0000", "(a gain, counted at 0.75 by these rules)",
        "open orders, at their worst fill: sell 40 at 3500",
        "counts 2.8 x 3000 = 8400.0000 in profit and loss, in place of maintenance"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(Drivers, FallsAddUpToTheFallOfTheExcess) {
  Book const book = desk_book();
  RulePack const pack = pack_of(rules, "gain_weight = 0.75");
  Market const market = desk_market();
  ResolvedBook const resolved(book, market, pack);
  RunShape const shape{7, 50, 2, 1.0 / days_per_year};
  Replay replay(resolved, view_of(market, nullptr), shape);
  double largest = 0.0;
  for (std::uint64_t scenario = 0; scenario < shape.scenarios; ++scenario) {
    replay.load(scenario);
    double sum = 0.0;
    for (double const fall : falls_by_asset(resolved, replay, 0, 2)) sum += fall;
    Margin<double> const then = evaluate<double>(resolved.book(), resolved.rules(), 0,
                                                 [&](std::uint32_t r) { return replay.row(2, r); });
    double const fall = resolved.margins_today()[0].excess - then.excess;
    EXPECT_NEAR(sum, fall, 1e-9 * 1e6) << scenario;
    largest = std::fmax(largest, std::fabs(fall));
  }
  EXPECT_GT(largest, 1000.0);  // else nothing was split
}

}  // namespace
}  // namespace plimsoll
