// docs/models.md tells the truth: every line `worked: NAME = VALUE` is computed here by the
// functions of models/, and the page and this list name the same lines.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <string>

#include "host/import_book.hpp"
#include "host/import_market.hpp"
#include "host/mixing_table.hpp"
#include "host/resolve.hpp"
#include "host/rules_file.hpp"
#include "models/american.hpp"
#include "models/basis.hpp"
#include "models/curve.hpp"
#include "models/european.hpp"
#include "models/minorant.hpp"
#include "models/moves.hpp"
#include "models/passage.hpp"
#include "models/rows.hpp"
#include "models/sampling.hpp"
#include "tests/models/path_builder.hpp"

namespace plimsoll {
namespace {

constexpr double everywhere = -std::numeric_limits<double>::infinity();

// Credit with 10 % to 30,000 and 20 % above, b = 0.1; brackets 0.4 % to 50,000, then 0.5 % less 50.
CurvesView page_curves() {
  static std::uint32_t const begin[] = {0, 3, 5};
  static double const floor[] = {everywhere, 0, 30000, everywhere, 50000};
  static double const slope[] = {1.1, 0.9, 0.8, 0.004, 0.005};
  static double const intercept[] = {0, 0, 3000, 0, -50};
  return {begin, floor, slope, intercept};
}

double curve(std::uint32_t which, double amount) {
  return curve_value(page_curves(), which, amount, 1.0);
}

CurveLine credit_line() {
  return curve_line(page_curves(), 0, 20000.0, 40000.0, Side::below);
}

double page_move(BasisRow row) {
  double const growth[] = {1.25, 1.5, 1.2};
  return basis_move(row, [&](std::uint32_t f) { return growth[f]; });
}

double median_mixing() {
  MixingTable const table = mixing_table(4.0);
  MarketView market{};
  market.mixing_low = table.low.data();
  market.mixing_high = table.high.data();
  return mixing_factor(market, 0.5);
}

// Profit and loss through the exposure row, the weight and the settled constant of the page's
// table.
double position_pnl(RowKind kind, double units, double entry, double mark) {
  RowKind const kinds[] = {RowKind::price, RowKind::constant, kind};
  std::uint32_t const underlying[] = {no_index, no_index, 0};
  bool const inverse = kind == RowKind::inverse;
  std::uint32_t const settle[] = {no_index, no_index, inverse ? 0u : 1u};
  double const ratio[] = {mark, 1.0, 1.0};
  RowsView const rows{3, 2, 2, kinds, nullptr, underlying, settle, ratio};
  auto const price = [&](std::uint32_t r) { return ratio[r]; };
  double const weight = inverse ? -units : units;
  double const settled = inverse ? units / entry : -units * entry;
  return price(settle[2]) * settled + weight * exposure(rows, 2, price);
}

Passage page_path() {
  return PathBuilder{{50.0, -10.0, -80.0}, {100.0, largest_amount}}.walk();
}

OptionValue page_european(OptionSide side) {
  return european_linear(european_terms(option_life(side, 0.25, 0.99), 0.6), 63000.0, 60000.0);
}
OptionValue page_coin_call() {
  return european_coin_settled(european_terms(option_life(OptionSide::call, 0.25, 0.99), 0.6),
                               63000.0, 60000.0);
}
AmericanTerms page_american() {
  return american_terms(american_life(OptionSide::put, 0.5833, 0.0488, 0.0488), 0.4);
}
double page_american_european() {
  return european_linear(page_american().european, page_american().growth * 40.0, 40.0).value;
}
double page_future() {
  return american(american_terms(american_life(OptionSide::call, 1.0, 0.05, 0.0), 0.3), 100.0,
                  100.0)
      .value;
}
double page_certain() {
  return american(american_terms(american_life(OptionSide::put, 4.0, 0.02, -0.03), 0.0), 45.0,
                  100.0)
      .value;
}

std::string sample(char const* name) {
  return std::string(PLIMSOLL_SOURCE_DIR "/datasets/samples/") + name;
}

// alice, the first pool of the sample book.
void add_worked_account(std::map<std::string, double>& figures) {
  Book const book = import_book({sample("instruments.csv"), sample("accounts.csv"),
                                 sample("positions.csv"), sample("balances.csv"), "USD"});
  MarketFiles files;
  files.factors = sample("factors.csv");
  files.correlation = sample("correlation.csv");
  files.as_of = "2026-01-01";
  files.constants = {{"USDT"}, {1.0}};
  Market const market = import_market(files);
  ResolvedBook const resolved(book, market, read_rules(sample("rules.toml")));
  ASSERT_EQ(book.pools.name[0], "alice");
  BookView const view = resolved.book();
  RulesView const rules = resolved.rules();
  auto const row = [&](std::uint32_t r) { return resolved.rows_today()[r]; };
  for (std::uint32_t g = view.group_begin[0]; g < view.group_begin[1]; ++g) {
    double needed = 0.0;
    double const value = group_value<double>(view, rules, g, row, needed);
    std::uint32_t const asset = view.group_asset[g];
    figures["alice credit of " + book.assets[asset]] = collateral_credit<double>(
        rules, rules.asset_curve[asset], asset, value, view.group_share[g], row);
    for (std::uint64_t t = view.term_begin[g]; t < view.term_begin[g + 1]; ++t) {
      std::uint32_t const r = view.term_row[t];
      figures["alice requirement of " + book.instruments.name[resolved.instrument_of_row(r)]] =
          maintenance_requirement<double>(rules, rules.exposure_curve[r], r,
                                          view.term_weight[t] * row(r), row);
    }
  }
  Margin<double> const margin = resolved.margins_today()[0];
  Exposure const exposure = exposure_today(resolved, 0);
  figures["alice equity"] = margin.equity;
  figures["alice requirement"] = margin.requirement;
  figures["alice excess"] = margin.excess;
  figures["alice gross exposure"] = exposure.gross;
  figures["alice leverage"] = leverage(margin, exposure);
}

std::map<std::string, double> const of_functions = {
    {"ticks_up(1)", static_cast<double>(ticks_up(1.0))},
    {"ticks_up(0.00011)", static_cast<double>(ticks_up(0.00011))},
    {"ticks_up(-0.00011)", static_cast<double>(ticks_up(-0.00011))},
    {"uniform(0) * 2^53", uniform(0) * 0x1p53},
    {"uniform(2^63) - 0.5", uniform(std::uint64_t{1} << 63) - 0.5},
    {"mixing_node(8) * 2^32", mixing_node(8) * 0x1p32},
    {"mixing_factor(0.5; nu = 4)", median_mixing()},
    {"limited(0.3, 1)", limited(0.3, 1.0)},
    {"limited(1, 1)", limited(1.0, 1.0)},
    {"limited(-5, 1)", limited(-5.0, 1.0)},
    {"linear pnl, 2 contracts of 1, entry 60000, mark 65000",
     position_pnl(RowKind::linear, 2.0, 60000.0, 65000.0)},
    {"inverse pnl, 1000 contracts of 10, entry 62500, mark 65000",
     position_pnl(RowKind::inverse, 10000.0, 62500.0, 65000.0)},
    {"call on 63000 at 60000", page_european(OptionSide::call).value},
    {"its delta", page_european(OptionSide::call).delta},
    {"put on 63000 at 60000", page_european(OptionSide::put).value},
    {"call on 63000 at 60000, paid in coin", page_coin_call().value},
    {"its delta in coin, times 10^6", 1e6 * page_coin_call().delta},
    {"volatility 0.6 a quarter up", shocked_volatility(0.6, {0.25, 0.0})},
    {"volatility 0.6 half down and 0.1 added", shocked_volatility(0.6, {-0.5, 0.1})},
    {"boundary of the put", 40.0 * exp(page_american().boundary)},
    {"premium at the boundary", 40.0 * page_american().premium},
    {"European put", page_american_european()},
    {"American put", american(page_american(), 40.0, 40.0).value},
    {"its American delta", american(page_american(), 40.0, 40.0).delta},
    {"American call on a future at 100, 30 %, a year, 5 %", page_future()},
    {"certain put", page_certain()},
    {"credit(20000)", curve(0, 20000.0)},
    {"credit(32100)", curve(0, 32100.0)},
    {"credit(-5000)", curve(0, -5000.0)},
    {"line below credit(20000 .. 40000): slope", credit_line().slope},
    {"line below credit(20000 .. 40000): intercept", credit_line().intercept},
    {"line below credit(20000 .. 40000): gap", credit_line().gap},
    {"basis move of a price at growth 1.25", page_move({0, no_index})},
    {"basis move of settle 1.5 over underlying 1.2", page_move({1, 2})},
    {"requirement(40000)", curve(1, 40000.0)},
    {"requirement(-65000)", curve(1, magnitude(-65000.0))},
    {"passage step", static_cast<double>(page_path().step)},
    {"passage shortfall ticks", static_cast<double>(page_path().shortfall)},
    {"passage loss ticks", static_cast<double>(page_path().loss)},
    {"wilson low of 10 in 100", wilson_interval(10, 100).low},
    {"wilson high of 10 in 100", wilson_interval(10, 100).high},
    {"tail count of 10000 at 990", static_cast<double>(tail_count(10000, 990))},
    {"tail count of 10001 at 990", static_cast<double>(tail_count(10001, 990))},
};

// Half a unit of the last digit that the page prints.
double precision_of(std::string const& text) {
  if (text.find('e') != std::string::npos) return std::fabs(std::stod(text)) * 1e-15;
  auto const point = text.find('.');
  if (point == std::string::npos) return 1e-9;
  return 0.5000001 * std::pow(10.0, -static_cast<double>(text.size() - point - 1)) + 0.0;
}

TEST(ModelsPage, EveryWorkedNumberIsRecomputed) {
  std::ifstream page(PLIMSOLL_SOURCE_DIR "/docs/models.md");
  ASSERT_TRUE(page.is_open());
  std::map<std::string, double> computed = of_functions;
  add_worked_account(computed);
  std::map<std::string, int> seen;
  std::string line;
  while (std::getline(page, line)) {
    auto const mark = line.find("worked: ");
    if (mark != 4) continue;
    auto const equals = line.rfind(" = ");
    ASSERT_NE(equals, std::string::npos) << line;
    std::string const name = line.substr(mark + 8, equals - mark - 8);
    std::string const value = line.substr(equals + 3);
    auto const found = computed.find(name);
    ASSERT_NE(found, computed.end()) << "not recomputed: " << name;
    EXPECT_NEAR(std::stod(value), found->second, precision_of(value)) << name;
    ++seen[name];
  }
  for (auto const& [name, value] : computed) EXPECT_EQ(seen[name], 1) << name << " = " << value;
}

}  // namespace
}  // namespace plimsoll
