// Published examples of rules, through the real thing: a pack as TOML is read, laid over a book and
// evaluated. docs/worked-examples.md lists every example and what came of it; a test holds the page
// to this file.
// Upstream integers keep upstream rounding, which stands beside each figure below.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "host/exploded_book.hpp"
#include "host/text_file.hpp"
#include "models/elementary.hpp"
#include "models/net_value.hpp"
#include "tests/host/rule_desk.hpp"
#include "tests/models/published.hpp"

namespace plimsoll {
namespace {

using Json = nlohmann::json;

struct Figure {
  std::string name;  // key of `expected`
  double found;
};
using Figures = std::vector<Figure>;

double number(Json const& value) {
  if (value.is_number()) return value.get<double>();
  std::string const text = value.get<std::string>();  // a quotient: "15873/5"
  auto const bar = text.find('/');
  return std::stod(text) / (bar == std::string::npos ? 1.0 : std::stod(text.substr(bar + 1)));
}

double in(Json const& example, char const* key) {
  return number(example.at("inputs").at(key));
}

std::string weights(double asset, double liability) {
  return fmt::format("weights = {{ asset = {}, liability = {} }}\n", asset, liability);
}
std::string haircuts(std::string const& asset, std::string const& keys) {
  return fmt::format("[[haircuts]]\nasset = \"{}\"\n{}", asset, keys);
}
std::string schedule(std::string const& keys, std::string const& name = "contract") {
  return fmt::format(
      "[[schedules]]\nname = \"{0}\"\n{1}[[instruments]]\nmatch = \"{0}\"\nschedule = \"{0}\"\n",
      name, keys);
}
std::string gains(double weight) {
  return fmt::format("gain_weight = {}", weight);
}
std::string const all_counts = haircuts("*", weights(1, 1));

// Integers of upstream. The double may miss the exact figure by its own rounding.
double floored(double exact) {
  return std::floor(exact + 1e-6);
}
double ceiled(double exact) {
  return std::ceil(exact - 1e-4) + 0.0;  // and no -0
}

// ---- weights of what is owned and owed

// Weights of `size` coins under a pack, as the group's curve has them.
FlatWeights resolved_weights(std::string const& keys, double size, double price = 1.0) {
  Desk desk;
  desk.asset("COIN", price).hold("COIN", size);
  ResolvedBook const resolved = desk.resolve(pack_of(haircuts("COIN", keys) + all_counts));
  std::uint32_t const curve = curve_of_group(resolved.book(), resolved.rules(), 0);
  CurvesView const curves = resolved.rules().curves;
  double const value = price * size;
  return {curve_value(curves, curve, value, 1.0) / value, curves.slope[curves.begin[curve]]};
}

std::string by_size(double factor) {
  return fmt::format("by_size = {{ factor = {}, asset_numerator = 1.1, liability_share = 0.8 }}\n",
                     factor);
}

// Weights in 1e-4, factors in 1e-6, sizes in 1e-6 of a token; upstream rounds down.
Figures size_scaled_weight(Json const& e) {
  Json const& inputs = e.at("inputs");
  if (inputs.contains("unrealized_pnl"))
    return {{"asset_weight", floored(1e4 * resolved_weights(weights(in(e, "base_weight") / 1e4, 1) +
                                                                by_size(in(e, "imf_factor") / 1e6),
                                                            in(e, "unrealized_pnl") / 1e6)
                                               .asset)}};
  double const size = in(e, "size") / 1e6;
  if (inputs.at("imf_factor").is_array()) {
    Figures figures;
    for (auto const& [name, at] : {std::pair{"imf0", 0}, std::pair{"imf1e5", 1}})
      figures.push_back(
          {name,
           floored(
               1e4 *
               resolved_weights(
                   weights(in(e, "maintenance_asset_weight") / 1e4, 1) +
                       by_size(number(inputs.at("imf_factor").at(static_cast<std::size_t>(at))) /
                               1e6),
                   size)
                   .asset)});
    return figures;
  }
  FlatWeights const found = resolved_weights(
      weights(in(e, "initial_asset_weight") / 1e4, in(e, "initial_liability_weight") / 1e4) +
          by_size(in(e, "imf_factor") / 1e6),
      size);
  return {{"asset_weight", floored(1e4 * found.asset)},
          {"liability_weight", floored(1e4 * found.liability)}};
}

Figures concentration(Json const& e) {
  std::string const keys = weights(in(e, "initial_asset_weight") / 1e4, 1) +
                           fmt::format("by_total = {{ deposit_start = {}, deposits = {} }}\n",
                                       in(e, "scale_start_usd"), in(e, "deposits"));
  return {{"asset_weight", floored(1e4 * resolved_weights(keys, 1.0, in(e, "price")).asset)}};
}

Figures tiered_haircut(Json const& e) {
  std::string pack;
  Desk desk;
  for (char const* const coin : {"btc", "apt"}) {
    Json const& of = e.at("inputs").at(coin);
    std::string tiers;
    for (Json const& tier : of.at("tiers"))
      tiers += fmt::format("{{ from = {}, haircut = {} }},", number(tier[0]), 1 - number(tier[2]));
    pack += haircuts(coin, "unit = \"currency\"\ntiers = [" + tiers + "]\n");
    desk.asset(coin, number(of.at("price"))).hold(coin, number(of.at("qty")));
  }
  return {{"margin_value", desk.margin(pack_of(pack + all_counts)).equity}};
}

Figures flat_haircut(Json const& e) {
  Desk desk;
  desk.asset("COIN", in(e, "price")).hold("COIN", in(e, "qty"));
  std::string const tier = fmt::format(
      "unit = \"currency\"\ntiers = [{{ from = 0, haircut = {} }}]\n", in(e, "haircut"));
  return {{"collateral", desk.margin(pack_of(haircuts("COIN", tier) + all_counts)).equity}};
}

// ---- whole accounts

// What orders of token `base` in token 0 or `quote` hold apart: a book has it in the balances, and
// orders for as much at tonight's prices.
void add_reserved(Desk& desk, Json const& inputs, Json const& open) {
  int const base = open.at("base").get<int>(), quote = open.at("quote").get<int>();
  auto const price = [&](int token) {
    return number(inputs.at("tokens").at(static_cast<std::size_t>(token)).at("price"));
  };
  std::string const market = fmt::format("T{}/T{}", base, quote);
  double const limit = price(base) / price(quote);
  double const asks = number(open.at("reserved_base")), paid = number(open.at("reserved_quote"));
  desk.spot(market, fmt::format("T{}", base), fmt::format("T{}", quote));
  desk.add(fmt::format("T{}", base), asks).add(fmt::format("T{}", quote), paid);
  if (asks > 0) desk.order(market, OrderSide::sell, asks, limit);
  if (paid > 0) desk.order(market, OrderSide::buy, paid / limit, limit);
}

// Tokens at their initial weights; a contract on the second at weights by side, taken from profit.
// Its quote is what it was entered at, with the sign turned: a gain that is realised but not
// settled is an entry below zero, which files could not say.
Figures account_health(Json const& e) {
  Json const& inputs = e.at("inputs");
  Json const& perp = inputs.at("perp");
  double const base = number(perp.at("base_lots")) * number(perp.at("base_lot"));
  Desk desk;
  std::string pack;
  int i = 0;
  for (Json const& token : inputs.at("tokens")) {
    std::string const name = fmt::format("T{}", i++);
    desk.asset(name, number(token.at("price")));
    desk.hold(name, number(token.at("balance")));
    pack +=
        haircuts(name, weights(number(token.at("init_asset_w")), number(token.at("init_liab_w"))));
  }
  for (Json const& open : inputs.at("spot_open_orders")) add_reserved(desk, inputs, open);
  desk.contract("contract", "T1", "T0");
  if (base != 0.0)
    desk.position("contract", base, -number(perp.at("quote")) / base);
  else
    EXPECT_EQ(number(perp.at("quote")), 0.0);
  for (auto const& [side, lots] :
       {std::pair{OrderSide::buy, "bids_lots"}, std::pair{OrderSide::sell, "asks_lots"}})
    if (number(perp.at(lots)) > 0)
      desk.order("contract", side, number(perp.at(lots)) * number(perp.at("base_lot")),
                 number(perp.at("price")));
  pack += schedule(
      fmt::format("kind = \"health\"\nlong = {}\nshort = {}\ntaken_from = \"profit\"\n",
                  number(perp.at("init_base_asset_w")), number(perp.at("init_base_liab_w"))));
  RulePack const rules = pack_of(pack + all_counts, gains(number(perp.at("init_overall_asset_w"))));
  return {{"health", desk.margin(rules).excess}};
}

// Tokens of which the price is known; upstream counts no others, which may not be debts.
Figures missing_prices(Json const& e) {
  Json const& inputs = e.at("inputs");
  std::set<std::string> known;
  for (Json const& token : inputs.at("available_tokens"))
    known.insert(std::to_string(token.get<int>()));
  Desk desk;
  std::string pack;
  for (auto const& [token, of] : inputs.at("tokens").items()) {
    if (!known.contains(token)) continue;
    desk.asset("T" + token, number(of.at("price"))).hold("T" + token, number(of.at("balance")));
    pack +=
        haircuts("T" + token, weights(number(of.at("init_asset_w")), number(of.at("init_liab_w"))));
  }
  if (known.contains("0") && known.contains("1")) {
    Json const& open = inputs.at("open_orders_0_1");
    double const limit = number(inputs.at("tokens").at("1").at("price")) /
                         number(inputs.at("tokens").at("0").at("price"));
    double const asks = number(open.at("reserved_base")), paid = number(open.at("reserved_quote"));
    desk.spot("T1/T0", "T1", "T0").add("T1", asks).add("T0", paid);
    if (asks > 0) desk.order("T1/T0", OrderSide::sell, asks, limit);
    if (paid > 0) desk.order("T1/T0", OrderSide::buy, paid / limit, limit);
  }
  return {{"health", desk.margin(pack_of(pack + all_counts)).excess}};
}

// The contract's underlying has the same two prices as the token.
Figures stable_price_health(Json const& e) {
  Json const& inputs = e.at("inputs");
  auto const pair = [](Json const& w) { return weights(number(w[0]), number(w[1])); };
  std::string pack = haircuts(
      "T", pair(inputs.at("maint_w")) + "[haircuts.initial]\n" + pair(inputs.at("init_w")));
  Desk desk;
  desk.asset("T", in(e, "oracle_price")).hold("T", in(e, "token_balance"));
  std::string gain = gains(1);
  if (Json const& perp = inputs.at("perp"); !perp.is_null()) {
    double const base = number(perp.at("base_lots")) * number(perp.at("base_lot"));
    desk.contract("contract", "T", "T");
    desk.position("contract", base, -number(perp.at("quote")) / base);
    auto const sides = [](Json const& w) {
      return fmt::format("kind = \"health\"\nlong = {}\nshort = {}\ntaken_from = \"profit\"\n",
                         number(w[0]), number(w[1]));
    };
    pack += schedule(sides(perp.at("maint_base_w")) + "[schedules.initial]\n" +
                     sides(perp.at("init_base_w")));
    gain = fmt::format("gain_weight = {{ initial = {}, maintenance = {} }}",
                       number(perp.at("overall_w")[0]), number(perp.at("overall_w")[1]));
  }
  pack += fmt::format("[[slow_prices]]\nasset = \"T\"\nprice = {}\n", in(e, "stable_price"));
  return {{"health", desk.margin(pack_of(pack + all_counts, gain), Threshold::initial).excess}};
}

std::string flat_rate(double rate) {
  return schedule(
      fmt::format("unit = \"currency\"\nbrackets = [{{ floor = 0, rate = {} }}]\n", rate));
}

// Quotes of 1e-6. The price of the contract is in the quote coin, which is not worth 1.
Figures depeg(Json const& e) {
  double const coin = in(e, "usdc_oracle");
  Desk desk;
  desk.asset("USDC", coin).asset("SOL", in(e, "price") * coin).hold("USDC", in(e, "usdc"));
  desk.contract("contract", "SOL", "USDC").position("contract", in(e, "perp_base"), in(e, "price"));
  std::string const slow =
      fmt::format("[[slow_prices]]\nasset = \"USDC\"\nprice = {}\n", in(e, "usdc_twap_5min"));
  Margin<double> const margin =
      desk.margin(pack_of(flat_rate(in(e, "ratio_init")) + slow + all_counts), Threshold::initial);
  return {{"margin_requirement", std::round(1e6 * margin.requirement)},
          {"total_collateral", std::round(1e6 * margin.equity)}};
}

// Debt is a requirement elsewhere and less equity here: the two are told apart by the sign of each
// group's credit.
struct TwoSides {
  double owned = 0.0, owed = 0.0;
};
TwoSides sides_of(ResolvedBook const& resolved, std::uint32_t pool) {
  BookView const view = resolved.book();
  TwoSides sides;
  double unused = 0.0;
  for (std::uint32_t g = view.group_begin[pool]; g < view.group_begin[pool + 1]; ++g) {
    std::uint32_t const asset = view.group_asset[g];
    double const value = group_value<double>(view, resolved.rules(), g, tonight(resolved), unused);
    double const credit =
        collateral_credit(resolved.rules(), curve_of_group(view, resolved.rules(), g), asset, value,
                          view.group_share[g], tonight(resolved));
    (credit < 0 ? sides.owed : sides.owned) += std::fabs(credit);
  }
  return sides;
}

Figures isolated(Json const& e) {
  Json const& perp = e.at("inputs").at("isolated_perp");
  double const base = number(perp.at("base"));
  Desk desk;
  desk.asset("USDC", 1).asset("SOL", in(e, "price")).contract("contract", "SOL", "USDC");
  desk.hold("USDC", in(e, "usdc")).hold("SOL", -in(e, "sol_borrow"));
  desk.isolated().hold("USDC", number(perp.at("collateral_usdc")));
  desk.position("contract", base, -number(perp.at("quote")) / base);
  ResolvedBook const resolved =
      desk.resolve(pack_of(haircuts("SOL", weights(1, in(e, "liab_w_init"))) +
                           flat_rate(number(perp.at("ratio_init"))) + all_counts));
  auto const [owned, owed] = sides_of(resolved, 0);
  Margin<double> const cross = resolved.margins_today()[0];
  EXPECT_EQ(cross.excess, owned - owed);
  Margin<double> const alone = resolved.margins_today()[1];
  return {{"cross_requirement", std::round(1e6 * owed)},
          {"cross_collateral", std::round(1e6 * owned)},
          {"iso_requirement", std::round(1e6 * alone.requirement)},
          {"iso_collateral", std::round(1e6 * alone.equity)}};
}

Figures account_equity(Json const& e) {
  Desk desk;
  desk.asset("USDC", 1).asset("SOL", in(e, "price")).hold("USDC", in(e, "usdc"));
  desk.contract("contract", "SOL", "USDC");
  desk.position("contract", in(e, "perp_base"), -in(e, "perp_quote") / in(e, "perp_base"));
  return {{"net_usd_value",
           std::round(1e6 * desk.margin(pack_of(flat_rate(0.1) + all_counts)).equity)}};
}

// What the positions cost is in the balance, as if each had been entered at 1.
Figures account_by_fractions(Json const& e) {
  Json const& inputs = e.at("inputs");
  double cash = in(e, "usdc") / 1e6;
  Desk desk;
  desk.asset("BTC", 50000).asset("ETH", 3000);
  std::string pack;
  for (auto const& [name, unit] : {std::pair{"BTC", 1e-8}, std::pair{"ETH", 1e-9}}) {
    double const units = number(inputs.at("positions").at(name)) * unit;
    Json const& tier = inputs.at("tiers_imf_mfrac").at(name);
    desk.contract(std::string(name) + "-USD", name, "USD");
    desk.position(std::string(name) + "-USD", units, 1.0);
    cash += units;
    pack += schedule(fmt::format("kind = \"initial_fraction\"\nfraction = {}\n"
                                 "initial = {{ kind = \"open_interest\", base = {} }}\n",
                                 number(tier[1]) / 1e6, number(tier[0]) / 1e6),
                     std::string(name) + "-USD");
  }
  desk.hold("USD", cash);
  RulePack const rules = pack_of(pack + all_counts);
  return {{"net_collateral", std::round(1e6 * desk.margin(rules).equity)},
          {"imr", ceiled(1e6 * desk.margin(rules, Threshold::initial).requirement)},
          {"mmr", ceiled(1e6 * desk.margin(rules).requirement)}};
}

// An account that holds itself to a ratio of its own.
Figures account_by_choice(Json const& e) {
  Desk desk;
  desk.asset("USDC", 1).asset("SOL", in(e, "price")).contract("contract", "SOL", "USDC");
  desk.hold("USDC", in(e, "usdc")).hold("SOL", -in(e, "sol_borrow"));
  desk.position("contract", in(e, "perp_base"), in(e, "price"));
  std::string const chosen = fmt::format(
      "[[settings]]\naccount = \"desk\"\nmatch = \"*\"\nleverage = {:.17g}\ndebts = [\"SOL\"]\n",
      1 / in(e, "user_max_margin_ratio"));
  ResolvedBook const resolved =
      desk.resolve(pack_of(haircuts("SOL", weights(1, in(e, "liab_w_init"))) +
                           flat_rate(in(e, "initial_ratio")) + chosen + all_counts),
                   Threshold::initial);
  return {{"margin_requirement", std::round(1e6 * (resolved.margins_today()[0].requirement +
                                                   sides_of(resolved, 0).owed))}};
}

// What is owed over what is left, which is at least a thousandth.
Figures leverage(Json const& e) {
  Desk desk;
  int i = 0;
  for (Json const& token : e.at("inputs").at("tokens")) {
    std::string const name = fmt::format("T{}", i++);
    desk.asset(name, number(token[1])).hold(name, number(token[0]));
  }
  ResolvedBook const resolved = desk.resolve(pack_of(all_counts));
  return {{"leverage",
           sides_of(resolved, 0).owed / std::max(resolved.margins_today()[0].equity, 0.001)}};
}

// Weights of a coin and of a debt on a day. Those of a pack lie in [0, 1] and above 1; published
// ones may not, and are moved there and back: a straight line stays one.
Figures parameter_schedule(Json const& e) {
  double const most = std::max({in(e, "asset_from"), in(e, "asset_to"), 1.0});
  double const lift = std::max(0.0, 1.0 - std::min(in(e, "liab_from"), in(e, "liab_to")));
  auto const day = [&](char const* key) {
    std::chrono::year_month_day const date{
        std::chrono::sys_days{std::chrono::days{20'000 + static_cast<int>(in(e, key))}}};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  };
  std::string const keys =
      weights(in(e, "asset_from") / most, in(e, "liab_from") + lift) +
      fmt::format("shift = {{ start = \"{}\", end = \"{}\", asset = {}, liability = {} }}\n",
                  day("start"), day("end"), in(e, "asset_to") / most, in(e, "liab_to") + lift);
  auto const credit = [&](double coins) {
    Desk desk;
    desk.on(day("now")).asset("COIN", 1).hold("COIN", coins);
    return desk.margin(pack_of(haircuts("COIN", keys) + all_counts)).equity;
  };
  return {{"asset_weight", most * credit(1)}, {"liab_weight", -credit(-1) - lift}};
}

// Upstream counts what bids would pay as owed beside what is held, which a book nets.
Figures account_with_bids(Json const& e) {
  Desk desk;
  desk.asset("USDC", 1).asset("SOL", in(e, "price")).hold("USDC", in(e, "usdc"));
  desk.hold("SOL", in(e, "sol"));
  RulePack const pack =
      pack_of("order_charge = 0.01\n" +
              haircuts("SOL", weights(in(e, "w_asset_init"), in(e, "w_liab_init"))) + all_counts);
  TwoSides const before = sides_of(desk.resolve(pack, Threshold::initial), 0);
  desk.spot("SOL/USDC", "SOL", "USDC");
  desk.order("SOL/USDC", OrderSide::buy, in(e, "open_bids"), in(e, "price"));
  ResolvedBook const resolved = desk.resolve(pack, Threshold::initial);
  auto const [owned, owed] = sides_of(resolved, 0);
  double const netted = before.owned;
  return {{"margin_requirement",
           std::round(1e6 * (owed + netted + resolved.margins_today()[0].requirement))},
          {"total_collateral", std::round(1e6 * (owned + netted))}};
}

Figures account_margin(Json const& e) {
  if (e.at("inputs").contains("open_bids")) return account_with_bids(e);
  if (e.at("inputs").contains("user_max_margin_ratio")) return account_by_choice(e);
  if (e.at("inputs").contains("tiers_imf_mfrac")) return account_by_fractions(e);
  return account_equity(e);
}

Figures mark_to_market(Json const& e) {
  double const base = in(e, "base") / 1e9;
  Desk desk;
  desk.asset("BTC", in(e, "price")).contract("contract", "BTC", "USD");
  desk.position("contract", base, -in(e, "quote_entry") / 1e6 / base);
  return {{"pnl", std::round(1e6 * desk.margin(pack_of(flat_rate(0.1) + all_counts)).equity)}};
}

// ---- requirements

double requirement(std::string const& pack, double notional, Threshold threshold) {
  Desk desk;
  desk.asset("COIN", 1).contract("contract", "COIN", "USD").position("contract", notional, 1);
  return desk.margin(pack_of(pack + all_counts), threshold).requirement;
}

// Upstream rounds the rate down to 1e-6, then the amount up, in 1e-6 too.
double initial_amount(std::string const& pack, double notional) {
  double const rate = requirement(pack, notional, Threshold::initial) / notional;
  return ceiled(notional * floored(1e6 * rate));
}

// Rates in ppm, amounts in 1e-6. An upper bound of 0 means none.
std::string by_interest(double base, double fraction, double lower, double upper, double interest) {
  std::string const bounds =
      upper > 0 ? fmt::format(", lower = {}, upper = {}", lower / 1e6, upper / 1e6) : "";
  return schedule(fmt::format("kind = \"initial_fraction\"\nfraction = {}\n"
                              "initial = {{ kind = \"open_interest\", base = {}{} }}\n",
                              fraction / 1e6, base / 1e6, bounds)) +
         fmt::format("[[open_interest]]\ninstrument = \"contract\"\nnotional = {}\n",
                     interest / 1e6);
}

Figures maintenance_fraction(Json const& e) {
  std::string const pack =
      by_interest(in(e, "initial_margin"), in(e, "maintenance_fraction"), 0, 0, 0);
  return {{"mmf", floored(1e6 * requirement(pack, 1.0, Threshold::maintenance))}};
}

Figures interest_rate(Json const& e) {
  std::string const pack = by_interest(in(e, "base_imf"), 1e6, in(e, "lower_cap"),
                                       in(e, "upper_cap"), in(e, "open_notional"));
  return {{"imf", floored(1e6 * requirement(pack, 1.0, Threshold::initial))}};
}

Figures initial_margin(Json const& e) {
  std::string const pack = by_interest(in(e, "base_imf"), 1e6, in(e, "lower_cap"),
                                       in(e, "upper_cap"), in(e, "open_notional"));
  return {{"imr", initial_amount(pack, in(e, "notional") / 1e6)}};
}

Figures margin_requirement(Json const& e) {
  double const price = in(e, "price") * std::pow(10.0, in(e, "exponent"));
  double const unit = std::pow(10.0, in(e, "atomic_resolution"));
  std::string const pack = by_interest(
      in(e, "initial_margin_ppm"), in(e, "maintenance_fraction_ppm"), in(e, "oi_lower_cap"),
      in(e, "oi_upper_cap"), 1e6 * in(e, "open_interest_base") * unit * price);
  double const notional = in(e, "base_quantums") * unit * price;
  return {{"imr", initial_amount(pack, notional)},
          {"mmr", ceiled(1e6 * requirement(pack, notional, Threshold::maintenance))}};
}

// Base of 1e-9, rates in 1e-4, factor in 1e-6. Whichever is larger: the base or 0.8 of it and the
// root.
Figures root_size(Json const& e) {
  std::string const pack =
      schedule(fmt::format("kind = \"root_size\"\nbase = {}\nfactor = {}\nbase_share = 0.8\n",
                           in(e, "margin_ratio_initial") / 1e4, in(e, "imf_factor") / 1e6));
  Desk desk;
  desk.asset("BTC", in(e, "price")).contract("contract", "BTC", "USD");
  desk.position("contract", in(e, "base") / 1e9, 1);
  return {{"margin_requirement",
           std::round(1e6 * desk.margin(pack_of(pack + all_counts)).requirement)}};
}

Figures maintenance_margin(Json const& e) {
  if (e.at("inputs").contains("imf_factor")) return root_size(e);
  return maintenance_fraction(e);
}

// The requirement is that of the published rate and amount, and the pack keeps both.
Figures tiered_maintenance(Json const& e) {
  std::string brackets;
  for (Json const& tier : e.at("inputs").at("tiers"))
    brackets += fmt::format("{{ floor = {}, rate = {}, deduction = {} }},", number(tier[0]),
                            number(tier[2]), number(tier[4]));
  std::string const text = schedule("unit = \"currency\"\nbrackets = [" + brackets + "]\n");
  double const notional = in(e, "notional");
  Json const& expected = e.at("expected");
  double const rate = number(expected.at("mmr"));
  double const amount = number(expected.at("maintenance_amount"));
  EXPECT_NEAR(requirement(text, notional, Threshold::maintenance), notional * rate - amount, 1e-6);
  RulePack const pack = pack_of(text + all_counts);
  std::vector<Bracket> const& read = brackets_of(pack.schedules[0]);
  std::size_t i = read.size() - 1;
  while (read[i].floor > notional) --i;
  return {{"mmr", read[i].rate}, {"maintenance_amount", read[i].deduction}};
}

Figures size_slope(Json const& e) {
  Json const& inputs = e.at("inputs");
  double const size = in(e, "position");
  bool const inverse = inputs.contains("per_100btc");
  std::string const pack = schedule(fmt::format(
      "kind = \"size_slope\"\nbase = {}\nslope = {}\n", in(e, inverse ? "base" : "base_rate"),
      inverse ? in(e, "per_100btc") / 100 : in(e, "rate_per_coin")));
  double const price = inverse ? 40000.0 : in(e, "index_price");
  Desk desk;
  desk.asset("BTC", price);
  if (inverse)  // contracts of 10 USD
    desk.contract("contract", "BTC", "BTC", InstrumentKind::inverse, 10.0)
        .position("contract", size * price / 10.0, price);
  else
    desk.contract("contract", "BTC", "USD").position("contract", size, price);
  double const found = desk.margin(pack_of(pack + all_counts)).requirement;
  if (inverse) return {{"im_btc", found / price}};
  return {{e.at("expected").contains("im") ? "im" : "mm", found}};
}

// ---- portfolio scans

double least_of_scan(ResolvedBook const& resolved) {
  return resolved.book().scans.least[0];
}

// A contract that loses the scenarios' amount, and requires the least amount beside it.
Figures liquidity_addon(Json const& e) {
  std::string tiers;
  for (Json const& tier : e.at("inputs").at("tiers"))
    tiers += fmt::format("{{ from = {}, factor = {} }},", number(tier[0]), number(tier[2]));
  Desk desk;
  desk.asset("COIN", 4 * in(e, "MR_scenarios")).contract("contract", "COIN", "USD");
  desk.position("contract", 1, 1);
  auto const resolved = [&](std::string const& more) {
    return desk.resolve(
        pack_of("[[scans]]\nname = \"g\"\npoints = [{ spot = 0 }, { spot = -0.25 }]\n" +
                fmt::format("least_per_contract = {}\n", in(e, "MR7_raw")) + more +
                schedule("kind = \"scan\"\ngrid = \"g\"\n") + all_counts));
  };
  ResolvedBook const before = resolved("");
  ResolvedBook const after = resolved("least_tiers = [" + tiers + "]\n");
  return {{"mmr_before", before.margins_today()[0].requirement},
          {"MR7_adj", least_of_scan(after)},
          {"mmr_after", after.margins_today()[0].requirement}};
}

// Long one future, short one call; points count from 0 there.
Figures risk_arrays(Json const& e) {
  std::string pack = "[[scans]]\nname = \"g\"\n";
  for (auto const& [name, key] :
       {std::pair{"future", "future_pnl"}, std::pair{"call", "long_call_pnl"}})
    pack += fmt::format("[[scans.arrays]]\ninstrument = \"{}\"\nprofits = {}\n", name,
                        e.at("inputs").at(key).dump());
  pack +=
      "[[schedules]]\nname = \"all\"\nkind = \"scan\"\ngrid = \"g\"\n"
      "[[instruments]]\nmatch = \"*\"\nschedule = \"all\"\n";
  Desk desk;
  desk.asset("COIN", 410).contract("future", "COIN", "USD").position("future", 1, 410);
  desk.option("call", InstrumentKind::call, 410, 90).position("call", -1, 10);
  ResolvedBook const resolved = desk.resolve(pack_of(pack + all_counts));
  ScanView const scans = resolved.book().scans;
  Figures figures{{"scan_risk", resolved.margins_today()[0].requirement}, {"worst_index", 0}};
  for (std::uint32_t p = 0; p < scans.point_begin[1]; ++p) {
    double const loss = class_loss<double>(scans, 0, p, tonight(resolved));
    if (std::fabs(loss - figures[0].found) < 1e-6) figures[1].found = p;
    figures.push_back({fmt::format("pnl_{}", p), std::round(-loss) + 0.0});
    EXPECT_NEAR(figures.back().found, -loss, 1e-6);
  }
  figures[0].found = std::round(figures[0].found);
  return figures;
}

// The most leverage at which a stake meets what is required to open: each tier requires one over
// the leverage that it allows.
Figures leverage_cap(Json const& e) {
  std::string const pair = e.at("inputs").at("pair");
  std::string const of = "binance-tier-" + pair.substr(0, pair.find('/')) + "-";
  std::vector<Json> const examples = *tests::published_examples();
  auto const published = std::find_if(examples.begin(), examples.end(), [&](Json const& other) {
    return other.at("id").get<std::string>().starts_with(of);
  });
  if (published == examples.end()) return {{"max_leverage", std::nan("")}};
  Json const tiers = published->at("inputs").at("tiers");
  std::string text;
  for (Json const& tier : tiers)
    text += fmt::format("{{ floor = {}, rate = {:.17g} }},", number(tier[0]), 1 / number(tier[3]));
  std::string const pack =
      schedule("kind = \"whole_notional\"\nunit = \"currency\"\ntiers = [" + text + "]\n");
  double const stake = in(e, "stake");
  double allowed = 0.0, refused = 1000.0;
  for (int i = 0; i < 60; ++i) {
    double const middle = 0.5 * (allowed + refused);
    bool const opens = requirement(pack, stake * middle, Threshold::initial) <= stake;
    (opens ? allowed : refused) = middle;
  }
  return {{"max_leverage", allowed}};
}

// ---- the price at which an account is at its line

struct Held {
  double quantity, entry, cash;
  std::string pack;
};

double excess_at(Held const& held, double price, RulePack const& pack) {
  Desk desk;
  desk.asset("COIN", price).contract("contract", "COIN", "USD");
  desk.position("contract", held.quantity, held.entry).hold("USD", held.cash);
  return desk.margin(pack).excess;
}

double price_at_the_line(Held const& held) {
  RulePack const pack = pack_of(held.pack + all_counts);
  double healthy = held.entry;
  double broken = held.entry * (held.quantity > 0 ? 0.01 : 10.0);
  EXPECT_GT(excess_at(held, healthy, pack), 0.0);
  EXPECT_LT(excess_at(held, broken, pack), 0.0);
  for (int i = 0; i < 60; ++i) {
    double const middle = 0.5 * (healthy + broken);
    (excess_at(held, middle, pack) < 0.0 ? broken : healthy) = middle;
  }
  return broken;
}

// The bracket that is published is the upper of two: where it begins makes it continuous.
std::string upper_bracket(double rate, double amount) {
  double const lower = 0.5 * rate;
  return schedule(fmt::format(
      "unit = \"currency\"\nbrackets = [{{ floor = 0, rate = {} }}, {{ floor = {}, rate = {}, "
      "deduction = {} }}]\n",
      lower, amount / (rate - lower), rate, amount));
}

Figures liquidation_price(Json const& e) {
  Json const& inputs = e.at("inputs");
  std::string const id = e.at("id");
  if (inputs.contains("equity")) {
    Held const held{in(e, "size"), in(e, "price"), in(e, "equity"), flat_rate(in(e, "mmf"))};
    double const price = price_at_the_line(held);
    double const equity = in(e, "equity") + in(e, "size") * (price - in(e, "price"));
    return {{"liq_price", price}, {"equity_at_liq", equity}};
  }
  if (inputs.contains("wallet_balance"))
    return {{"liq_price",
             price_at_the_line({in(e, "qty"), in(e, "entry"), in(e, "wallet_balance"),
                                upper_bracket(in(e, "mmr"), in(e, "maintenance_amount"))})}};
  double const quantity = in(e, "qty") * (inputs.at("side") == "short" ? -1.0 : 1.0);
  // Two of the venues add their taker fee to the rate and have no amount.
  bool const fee = id.starts_with("gate") || id.starts_with("okx");
  // One requires by what the position was entered at.
  if (id.starts_with("bybit"))
    return {{"liq_price",
             price_at_the_line({quantity, in(e, "entry"), in(e, "margin"),
                                schedule(fmt::format("unit = \"currency\"\nnotional = \"entry\"\n"
                                                     "brackets = [{{ floor = 0, rate = {} }}]\n",
                                                     in(e, "mmr")))})}};
  std::string const pack = fee ? flat_rate(in(e, "mmr") + in(e, "taker_fee"))
                               : upper_bracket(in(e, "mmr"), in(e, "maintenance_amount"));
  return {{"liq_price", price_at_the_line({quantity, in(e, "entry"), in(e, "margin"), pack})}};
}

// ---- options: what a position of one adds to equity

struct Option {
  Json inputs;
  bool american;
  double spot, r, q, t, vol;
};

Option option_of(Json const& e) {
  Json const& in_ = e.at("inputs");
  auto const given = [&](char const* key) { return in_.contains(key) ? number(in_.at(key)) : 0.0; };
  bool const forward = in_.contains("forward");
  return {in_,
          e.at("category") == "option_american",
          forward ? given("forward") : given("spot"),
          given("r"),
          given("q"),
          given("t"),
          given("vol")};
}

double option_value(Option const& o) {
  bool const put = o.inputs.at("type") == "put";
  InstrumentKind const kind =
      o.american ? (put ? InstrumentKind::american_put : InstrumentKind::american_call)
                 : (put ? InstrumentKind::put : InstrumentKind::call);
  Desk desk;
  desk.asset("COIN", o.spot).option("contract", kind, number(o.inputs.at("strike")));
  desk.terms(o.t * days_per_year, number(o.inputs.at("strike")), o.vol);
  if (o.american)
    desk.rates(o.r, o.r - o.q);
  else
    desk.rates(o.r, 0, std::exp((o.r - o.q) * o.t) - 1);
  return desk.position("contract", 1, 0).margin(pack_of(flat_rate(0) + all_counts)).equity;
}

Figures option_price_of(Json const& e) {
  return {{"price", option_value(option_of(e))}};
}

// How an option's value changes, by central differences.
double slope_of(Option const& at, double Option::*in_what, double step) {
  Option up = at, down = at;
  up.*in_what += step;
  down.*in_what -= step;
  return (option_value(up) - option_value(down)) / (2 * step);
}

std::map<std::string, std::function<double(Option const&)>> const greeks = {
    {"delta", [](Option const& o) { return slope_of(o, &Option::spot, 1e-4 * o.spot); }},
    {"gamma",
     [](Option const& o) {
       double const step = 1e-3 * o.spot;
       Option up = o, down = o;
       up.spot += step, down.spot -= step;
       return (option_value(up) - 2 * option_value(o) + option_value(down)) / (step * step);
     }},
    {"elasticity",
     [](Option const& o) {
       return slope_of(o, &Option::spot, 1e-4 * o.spot) * o.spot / option_value(o);
     }},
    {"vega", [](Option const& o) { return slope_of(o, &Option::vol, 1e-4); }},
    {"rho", [](Option const& o) { return slope_of(o, &Option::r, 1e-4); }},
    {"dividend_rho", [](Option const& o) { return slope_of(o, &Option::q, 1e-4); }},
    {"theta", [](Option const& o) { return -slope_of(o, &Option::t, 1e-4); }},
    {"theta_per_day",
     [](Option const& o) { return -slope_of(o, &Option::t, 1e-4) / days_per_year; }},
};

Figures option_greeks(Json const& e) {
  Figures figures;
  for (auto const& [name, published] : e.at("expected").items())
    figures.push_back({name, greeks.at(name)(option_of(e))});
  return figures;
}

Figures normal_distribution(Json const& e) {
  if (e.at("category") == "normal_cdf") return {{"p", normal_cdf(in(e, "x"))}};
  return {{"x", normal_quantile(in(e, "p"))}};
}

// ---- what is left when all is closed

// The price of a contract's underlying at which a pool is worth nothing: its equity without
// haircuts is a straight line in it.
double price_of_nothing(Desk const& desk, Book const& book, std::uint32_t pool,
                        std::string const& asset, RulePack const& pack) {
  auto const equity = [&](double price) {
    Market market = desk.market();
    auto const found = std::find(market.constants.name.begin(), market.constants.name.end(), asset);
    market.constants.price[static_cast<std::size_t>(found - market.constants.name.begin())] = price;
    return ResolvedBook(book, market, pack).margins_today()[pool].equity;
  };
  double const low = 1.0, high = 100'000.0;
  double const at_low = equity(low);
  return low - at_low * ((high - low) / (equity(high) - at_low));
}

// Upstream closes a part of a position at the price at which it would be worth nothing with its
// part of the pool's equity, by what it requires: what `plimsoll exposure` isolates it with.
Figures bankruptcy_price(Json const& e) {
  Json const& inputs = e.at("inputs");
  double cash = in(e, "usdc") / 1e6;
  Desk desk;
  desk.asset("BTC", 50000).asset("ETH", 3000);
  for (auto const& [name, unit] : {std::pair{"BTC", 1e-8}, std::pair{"ETH", 1e-9}}) {
    desk.contract(name, name, "USD");
    if (!inputs.at("positions").contains(name)) continue;
    double const units = number(inputs.at("positions").at(name)) * unit;
    desk.position(name, units, 1.0);
    cash += units;
  }
  desk.hold("USD", cash);
  RulePack const pack = pack_of(
      "[[schedules]]\nname = \"all\"\nkind = \"initial_fraction\"\nfraction = 0.5\n"
      "initial = { kind = \"open_interest\", base = 0.2 }\n"
      "[[instruments]]\nmatch = \"*\"\nschedule = \"all\"\n" +
      all_counts);
  Book const book = desk.book();
  std::uint32_t const pool = 0;
  Partition const partition = partitions(book, desk.market(), pack, {}, {&pool, 1}).front();
  std::string const asset = inputs.at("asset");
  std::size_t holding = 0;
  while (book.instruments.name[partition.holdings[holding].holding.instrument] != asset) ++holding;
  DerivedBook alone(book);
  alone.add_account(0);
  add_isolated(alone, book, partition, holding);
  double const price = price_of_nothing(desk, alone.book(), 0, asset, pack);
  bool const btc = asset == "BTC";
  double const quantums = in(e, "delta_quantums");
  double const sold_for = -1e6 * quantums * (btc ? 1e-8 : 1e-9) * price;
  double const at_mark = -quantums * (btc ? 500.0 : 3.0);
  return {{"quote_quantums", at_mark - std::floor(at_mark - sold_for + 1e-3)}};
}

Figures deleveraging(Json const& e) {
  Json const& inputs = e.at("inputs");
  RulePack const pack = pack_of(flat_rate(0) + all_counts);
  auto const held = [&](char const* account, double price) {
    Json const& of = inputs.at(account);
    Desk desk;
    desk.asset("COIN", price).contract("contract", "COIN", "USD");
    desk.position("contract", number(of.at("size")), number(of.at("entry")));
    return desk.hold("USD", number(of.at("deposit")));
  };
  Desk const b = held("B", in(e, "price_after"));
  double const price = price_of_nothing(b, b.book(), 0, "COIN", pack);
  return {{"bankruptcy_price_B", price},
          {"A_profit", held("A", price).margin(pack).equity - number(inputs.at("A").at("deposit"))},
          {"B_value", held("B", price).margin(pack).equity}};
}

// What a fund pays is what the closed account is worth below nothing.
Figures insurance_fund(Json const& e) {
  auto const at = [&](double price) {
    Desk desk;
    desk.asset("COIN", price).contract("contract", "COIN", "USD");
    return desk.position("contract", in(e, "size"), in(e, "entry")).hold("USD", in(e, "deposit"));
  };
  RulePack const pack = pack_of(flat_rate(in(e, "mmf")) + all_counts);
  ResolvedBook const filled = at(in(e, "fill")).resolve(pack);
  double const left = net_value(filled.book_as_held(), 0, tonight(filled));
  return {{"mmr_at_entry", at(in(e, "entry")).margin(pack).requirement},
          {"equity_at_oracle", at(in(e, "oracle")).margin(pack).equity},
          {"pnl_at_fill", left - in(e, "deposit")},
          {"insurance_paid", std::max(0.0, -left)}};
}

// ---- which examples, and which not

std::map<std::string, std::function<Figures(Json const&)>> const rules = {
    {"size_scaled_weight", size_scaled_weight},
    {"collateral_concentration_scaling", concentration},
    {"tiered_collateral_haircut", tiered_haircut},
    {"collateral_haircut", flat_haircut},
    {"account_health", account_health},
    {"account_health_missing_oracle", missing_prices},
    {"stable_price_health", stable_price_health},
    {"stablecoin_depeg_margin", depeg},
    {"isolated_vs_cross", isolated},
    {"account_margin", account_margin},
    {"mark_to_market", mark_to_market},
    {"maintenance_margin", maintenance_margin},
    {"open_interest_scaled_margin", interest_rate},
    {"initial_margin", initial_margin},
    {"margin_requirement", margin_requirement},
    {"tiered_maintenance_margin", tiered_maintenance},
    {"size_scaled_margin", size_slope},
    {"liquidation_price", liquidation_price},
    {"portfolio_margin_liquidity_addon", liquidity_addon},
    {"scenario_scan_risk", risk_arrays},
    {"leverage_cap", leverage_cap},
    {"leverage", leverage},
    {"normal_cdf", normal_distribution},
    {"normal_inverse_cdf", normal_distribution},
    {"option_american", option_price_of},
    {"option_black76", option_price_of},
    {"option_european", option_price_of},
    {"option_greeks", option_greeks},
    {"parameter_schedule", parameter_schedule},
    {"bankruptcy_price", bankruptcy_price},
    {"auto_deleveraging", deleveraging},
    {"insurance_fund", insurance_fund},
};

// Single examples of categories above that are left out.
std::string left_out_alone(std::string const& id) {
  if (id.starts_with("dydx-fillable"))
    return "the price that a liquidation asks for: liquidations are a later step";
  if (id.starts_with("dydx-ifdelta")) return "liquidations are a later step";
  return "";
}

std::map<std::string, std::string> const left_out = {
    {"correlation_psd_repair",
     "another repair than ours: calibration shrinks the correlation (docs/calibration.md)"},
    {"insurance_and_socialised_loss", "liquidations are a later step"},
    {"insurance_fund_fee", "liquidations are a later step"},
    {"liquidation_fee_schedule", "liquidations are a later step"},
    {"liquidation_partial", "liquidations are a later step"},
    {"rng_counter_based",
     "other generators than ours, Philox4x32-10, which tests/models/random_test.cpp checks"},
    {"socialised_loss", "liquidations are a later step"},
    {"stable_price_model", "how a venue makes its slow price: a pack is given the price"},
};

std::string reason_of(Json const& example) {
  std::string const id = example.at("id");
  std::string const alone = left_out_alone(id);
  if (!alone.empty()) return alone;
  // Where there is next to no premium for exercise, all approximations are one.
  bool const coarse =
      id.starts_with("ql-haug-american-baw") && in(example, "t") >= 0.5 && in(example, "r") > 0.0;
  if (coarse || id.starts_with("ql-haug-american-bjs"))
    return "values of coarser approximations than ours (docs/models.md#american-options)";
  auto const found = left_out.find(example.at("category"));
  return found == left_out.end() ? "" : found->second;
}

double tolerance_of(Json const& example, double expected) {
  Json const& tolerance = example.at("tolerance");
  if (tolerance.contains("rel")) return number(tolerance.at("rel")) * std::fabs(expected);
  return number(tolerance.at("abs"));
}

// The page as it should be.
std::string page_of(std::vector<Json> const& examples) {
  std::string reproduced;
  std::size_t count = 0, left = 0;
  std::map<std::string, std::pair<int, std::set<std::string>>> others;
  for (Json const& example : examples) {
    std::string const id = example.at("id"), category = example.at("category");
    std::string const reason = reason_of(example);
    if (!reason.empty()) {
      auto& [n, of] = others[reason];
      ++n, ++left;
      of.insert(left_out.contains(category) ? category : id);
      continue;
    }
    ++count;
    for (Figure const& figure : rules.at(category)(example))
      reproduced += fmt::format("| {} | {} | {} | {:.13g} | {:.13g} |\n", id, category, figure.name,
                                number(example.at("expected").at(figure.name)), figure.found);
  }
  auto const rows = [](auto const& listed) {
    std::string text;
    for (auto const& [reason, of] : listed)
      text += fmt::format("| {} | {} | {} |\n", reason, of.first, fmt::join(of.second, ", "));
    return text;
  };
  return fmt::format(
      "# Worked examples\n\n"
      "Published examples of venues' rules and of formulas, and what comes of them here: {0} of "
      "{1} are "
      "reproduced\nby reading a rule pack, laying it over a book and evaluating it "
      "(`tests/host/worked_examples_test.cpp`, which\nholds this page to what it finds); {2} are "
      "left out, for the reasons below. The examples themselves are not\npart of the project: each "
      "has its source, its tolerance and its units there, and upstream integers are\nrounded as "
      "upstream rounds.\n\n"
      "## Reproduced\n\n"
      "| example | category | figure | published | found |\n| --- | --- | --- | ---: | ---: "
      "|\n{3}\n"
      "Prices at which an account is at its line (`liq_price`) are found by bisection of the "
      "excess. "
      "The weight\nof `drift-upnl-weight-x1000` is published for a gain; here it is the weight of "
      "a "
      "holding of that size, since\nwhat gains count for does not hang on their size. "
      "A `bankruptcy_price` is where\na position is worth nothing that is isolated as `plimsoll "
      "exposure` does it; `parameter_schedule` has a day for a\nsecond.\n\n"
      "## Left out\n\n"
      "| why | examples | which |\n| --- | ---: | --- |\n{4}",
      count, examples.size(), left, reproduced, rows(others));
}

TEST(WorkedExamples, EveryExampleIsReproducedOrLeftOutForAReason) {
  auto const examples = tests::published_examples();
  if (!examples) GTEST_SKIP() << tests::no_examples;
  std::map<std::string, int> reasons;
  int reproduced = 0;
  for (Json const& example : *examples) {
    std::string const id = example.at("id"), category = example.at("category");
    if (std::string const reason = reason_of(example); !reason.empty()) {
      ++reasons[reason];
      continue;
    }
    ASSERT_TRUE(rules.contains(category)) << id << " is neither reproduced nor left out";
    Figures const figures = rules.at(category)(example);
    Json const& expected = example.at("expected");
    EXPECT_EQ(figures.size(), expected.size()) << id;
    for (Figure const& figure : figures) {
      double const published = number(expected.at(figure.name));
      EXPECT_NEAR(figure.found, published, tolerance_of(example, published))
          << id << ", " << figure.name;
    }
    ++reproduced;
  }
  fmt::print("{} of {} examples reproduced\n", reproduced, examples->size());
  for (auto const& [reason, n] : reasons) fmt::print("{:>4} left out: {}\n", n, reason);
}

TEST(WorkedExamples, ThePageIsUpToDate) {
  auto const examples = tests::published_examples();
  if (!examples) GTEST_SKIP() << tests::no_examples;
  std::string const expected = page_of(*examples);
  std::string const path = PLIMSOLL_SOURCE_DIR "/docs/worked-examples.md";
  std::string const found = std::ifstream(path) ? read_text_file(path, 1 << 20) : "";
  if (found == expected) return;
  std::string const made = testing::TempDir() + "plimsoll-worked-examples.md";
  std::ofstream(made, std::ios::trunc) << expected;
  ADD_FAILURE() << "docs/worked-examples.md is not what the examples give; " << made << " is";
}

}  // namespace
}  // namespace plimsoll
