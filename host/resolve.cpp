#include "host/resolve.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "host/book_totals.hpp"
#include "host/column_check.hpp"
#include "host/error.hpp"
#include "host/name_check.hpp"
#include "host/option_spreads.hpp"
#include "host/resolve_parts.hpp"
#include "host/scan_check.hpp"
#include "host/spot_orders.hpp"

namespace plimsoll {

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

HaircutSchedule const& haircut_of(RulePack const& rules, std::string const& asset) {
  HaircutSchedule const* fallback = nullptr;
  for (HaircutSchedule const& schedule : rules.haircuts) {
    if (schedule.asset == asset) return schedule;
    if (schedule.asset == "*") fallback = &schedule;
  }
  if (fallback != nullptr) return *fallback;
  throw InputError(rules.place, "no haircut for asset '" + asset + "'",
                   "its collateral value is not defined",
                   "add a [[haircuts]] entry for it, or one for \"*\"");
}

std::optional<double> slow_price(RulePack const& rules, std::string const& asset) {
  for (SlowPrice const& slow : rules.slow_prices)
    if (slow.asset == asset) return slow.price;
  return std::nullopt;
}

namespace {

// [ccy] the most that a pool's gross value may be tonight: a thousandth of what ticks hold, so that
// bounded moves stay inside; what leaves it in a scenario is counted as undefined.
constexpr double largest_gross = largest_amount / 1000;

std::unordered_map<std::string_view, std::uint32_t> index_of(
    std::vector<std::string> const& names) {
  std::unordered_map<std::string_view, std::uint32_t> index;
  for (std::uint32_t i = 0; i < names.size(); ++i) index.emplace(names[i], i);
  return index;
}

double open_interest_of(RulePack const& rules, std::string const& instrument) {
  for (MarketInterest const& market : rules.open_interest)
    if (market.instrument == instrument) return market.notional;
  throw InputError(rules.place, "no open interest for instrument '" + instrument + "'",
                   "its rate rises with it", "add an [[open_interest]] entry for it");
}

}  // namespace

void refuse_debts(Book const& book, RulePack const& rules) {
  std::vector<HaircutSchedule const*> haircuts;
  for (std::string const& asset : book.assets) haircuts.push_back(&haircut_of(rules, asset));
  for (std::size_t i = 0; i < book.balances.amount.size(); ++i) {
    std::uint32_t const asset = book.balances.asset[i];
    if (book.balances.amount[i] >= 0.0 || haircuts[asset]->borrowing) continue;
    throw InputError(element(column_place(book.place, "/balances/amount"), i),
                     fmt::format("pool '{}' owes {} {}", book.pools.name[book.balances.pool[i]],
                                 -book.balances.amount[i], book.assets[asset]),
                     fmt::format("pack '{}' has borrowing = false for it", rules.name),
                     "correct the balance, or let the pack allow borrowing");
  }
}

std::uint32_t schedule_of(RulePack const& rules, std::string const& instrument) {
  for (InstrumentRule const& rule : rules.instruments)
    if (matches(rule.instrument, instrument)) return rule.schedule;
  throw InputError(rules.place, "no maintenance schedule for instrument '" + instrument + "'",
                   "its requirement is not defined",
                   "add an [[instruments]] entry that matches it");
}

std::string_view threshold_name(Threshold threshold) {
  return threshold == Threshold::initial       ? "initial"
         : threshold == Threshold::maintenance ? "maintenance"
                                               : "liquidation_end";
}

ResolvedBook::ResolvedBook(Book const& book, Market const& market, RulePack const& rules,
                           Threshold threshold, RunShape const& shape)
    : ResolvedBook(SpotFilled(book, market, rules, threshold, shape).book(), market, rules,
                   threshold, shape, AsFilled{}) {
  refuse_debts(book, rules);
  keep_owned(book);
}

ResolvedBook::ResolvedBook(Book const& book, Market const& market, RulePack const& rules,
                           Threshold threshold, RunShape const& shape, AsFilled)
    : threshold_(threshold),
      shape_(shape),
      classes_(static_cast<std::uint32_t>(book.classes.size())),
      gain_weight_(rules.gain_weight.at(threshold)) {
  if (book.reporting_currency != market.reporting_currency)
    throw InputError(column_place(book.place, "/reporting_currency"), book.reporting_currency,
                     "the market is in " + market.reporting_currency,
                     "use a market calibrated in the book's currency");
  price_assets(book, market);
  add_levels(book, market, rules);
  Rules laid{book, rules, threshold, market.as_of};
  find_requirements(laid);
  add_states(laid, market);
  find_timed(laid);
  add_exposures(laid);
  price_rows();
  add_credit(laid);
  add_requirements(laid);
  add_groups(laid);
  grids_.clear();  // they point into the pack
  share_tiers();
  add_own_credit(laid);
  if (laid.entries) at_entry_ = laid.at_entry;
  evaluate_today(book);
}

void ResolvedBook::price_assets(Book const& book, Market const& market) {
  auto const factors = index_of(market.factors);
  auto const constants = index_of(market.constants.name);
  for (std::size_t row = 0; row < book.assets.size(); ++row) {
    std::string const& asset = book.assets[row];
    auto const factor = factors.find(asset);
    auto const constant = constants.find(asset);
    bool const moves = factor != factors.end();
    if (!moves && constant == constants.end() && asset != book.reporting_currency)
      throw InputError(element(column_place(book.place, "/axes/asset"), row),
                       "asset '" + asset + "' is not in the market",
                       "it has neither a factor nor a declared constant price",
                       "calibrate with a history that is alive for it, or declare --constant " +
                           asset + "=PRICE");
    row_kind_.push_back(moves ? RowKind::price : RowKind::constant);
    row_factor_.push_back(moves ? factor->second : no_index);
    row_ratio_.push_back(moves                         ? market.price[factor->second]
                         : constant != constants.end() ? market.constants.price[constant->second]
                                                       : 1.0);
    row_underlying_.push_back(no_index);
    row_settle_.push_back(no_index);
    row_instrument_.push_back(no_index);
  }
}

// The level of volatility of an underlying moves by the factor ASSET.vol, where the market has one.
void ResolvedBook::add_levels(Book const& book, Market const& market, RulePack const& rules) {
  auto const factors = index_of(market.factors);
  level_row_.assign(book.assets.size(), no_index);
  auto const add = [&](std::uint32_t asset) {
    if (level_row_[asset] != no_index) return;
    auto const factor = factors.find(book.assets[asset] + ".vol");
    if (factor == factors.end()) return;
    level_row_[asset] = add_row(RowKind::price, no_index, no_index, 1.0);
    row_factor_.push_back(factor->second);
  };
  for (std::size_t i = 0; i < book.instruments.name.size(); ++i)
    if (is_option(book.instruments.kind[i])) add(book.instruments.underlying[i]);
  for (std::uint32_t asset = 0; asset < book.assets.size(); ++asset)
    if (haircut_of(rules, book.assets[asset]).figures.at(threshold_).by_volatility) add(asset);
  assets_ = static_cast<std::uint32_t>(row_kind_.size());
}

std::uint32_t ResolvedBook::add_row(RowKind kind, std::uint32_t underlying, std::uint32_t settle,
                                    double ratio) {
  row_kind_.push_back(kind);
  row_underlying_.push_back(underlying);
  row_settle_.push_back(settle);
  row_ratio_.push_back(ratio);
  row_instrument_.push_back(no_index);
  return static_cast<std::uint32_t>(row_kind_.size() - 1);
}

// The row of an asset's price until `days` from tonight: its own, unless that is within the run.
std::uint32_t ResolvedBook::last_price(std::uint32_t asset, double days) {
  std::uint32_t const step =
      days == 0.0 ? 0 : step_of_expiry(days / days_per_year, shape_.years_per_step, shape_.steps);
  if (step == 0 || row_kind_[asset] == RowKind::constant) return asset;
  auto const [found, fresh] = stopped_.emplace(std::pair(asset, step), no_index);
  if (fresh) {
    found->second = add_row(RowKind::stopped, asset, no_index, 1.0);
    OptionRow stop{};
    stop.until = step;
    option_.push_back(stop);
  }
  return found->second;
}

// Rows that take work first: last prices, options, coin-settled contracts on a last price, those of
// them that are scanned under every shock, what sold options need; then plain contracts, and those
// under shocks.
void ResolvedBook::add_exposures(Rules const& rules) {
  Book const& book = rules.book;
  std::vector<ScanGrid const*> const grids = grids_of(rules);
  Book::Instruments const& instruments = book.instruments;
  auto const count = static_cast<std::uint32_t>(instruments.name.size());
  instrument_row_.assign(count, no_index);
  written_row_.assign(count, no_index);
  std::vector<std::uint32_t> underlying(count), strike_unit(count, no_index);
  for (std::uint32_t i = 0; i < count; ++i) {
    underlying[i] = last_price(instruments.underlying[i], instruments.days_to_expiry[i]);
    if (is_option(instruments.kind[i]) && instruments.settle[i] != instruments.underlying[i])
      strike_unit[i] = last_price(instruments.settle[i], instruments.days_to_expiry[i]);
  }
  auto const add = [&](std::uint32_t i, RowKind kind) {
    instrument_row_[i] =
        add_row(kind, underlying[i], instruments.settle[i], 1.0 + instruments.basis[i]);
    row_instrument_.back() = i;
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    bool const inverse = instruments.kind[i] == InstrumentKind::inverse;
    if (is_option(instruments.kind[i])) {
      add(i, is_american(instruments.kind[i]) ? RowKind::american : RowKind::european);
      add_option(book, i, strike_unit[i]);
    } else if ((inverse && underlying[i] >= assets_) || is_timed(i)) {
      add(i, inverse ? RowKind::inverse : RowKind::linear);
      option_.emplace_back();
    }
  }
  add_shocked_rows(book, grids, true);
  for (std::uint32_t i = 0; i < count; ++i)
    if (option_standard(rules.requirements[i]) != nullptr) add_written(rules, i);
  if (rules.timed) add_timed(rules);
  stored_ = static_cast<std::uint32_t>(row_kind_.size());
  for (std::uint32_t i = 0; i < count; ++i)
    if (instrument_row_[i] == no_index)
      add(i, instruments.kind[i] == InstrumentKind::inverse ? RowKind::inverse : RowKind::linear);
  add_shocked_rows(book, grids, false);
}

// What an option settles at stays what it was worth then in the reporting currency.
void ResolvedBook::add_option(Book const& book, std::uint32_t instrument,
                              std::uint32_t strike_unit) {
  Book::Instruments const& t = book.instruments;
  std::uint32_t const underlying = t.underlying[instrument];
  double const days = t.days_to_expiry[instrument];
  std::uint32_t const row = instrument_row_[instrument];
  OptionRow option{};
  option.side = is_put(t.kind[instrument]) ? OptionSide::put : OptionSide::call;
  option.in_coin = t.settle[instrument] == underlying;
  option.level = level_row_[underlying];
  option.strike_unit = strike_unit;
  option.strike = t.strike[instrument];
  option.years = days / days_per_year;
  option.volatility = t.volatility[instrument];
  option.rate = t.rate[instrument];
  option.carry = t.carry[instrument];
  if (option.in_coin) row_settle_[row] = row_underlying_[row];
  option_.push_back(option);
}

// What a short option must be backed by, beside the option itself.
void ResolvedBook::add_written(Rules const& rules, std::uint32_t instrument) {
  OptionStandard const& figures = *option_standard(rules.requirements[instrument]);
  std::uint32_t const row = instrument_row_[instrument];
  written_row_[instrument] = add_row(RowKind::written, row_underlying_[row], row, row_ratio_[row]);
  row_instrument_.back() = instrument;
  OptionRow option = option_[row - assets_];
  option.written_rate = figures.rate;
  option.written_least = figures.least;
  option_.push_back(option);
}

void ResolvedBook::price_rows() {
  RowsView const rows_view = rows();
  rows_today_.resize(rows_view.rows);
  for (std::uint32_t r = 0; r < rows_view.rows; ++r)
    rows_today_[r] = value_tonight(rows_view, r, rows_today_.data());
}

void ResolvedBook::add_credit(Rules& rules) {
  bool const initial = rules.threshold == Threshold::initial;
  Book::Totals const totals = totals_of(rules.book);
  for (std::uint32_t asset = 0; asset < assets(); ++asset) {
    std::string const& name = rules.book.assets[asset];
    CollateralFigures const& given = haircut_of(rules.pack, name).figures.at(rules.threshold);
    CollateralFigures const& figures =
        given.shift ? rules.shifted.emplace_back(shifted(given, rules.as_of)) : given;
    TotalScaling const scaling = figures.by_total.value_or(TotalScaling{});
    double const price = rows_today_[asset];
    rules.collateral.push_back(&figures);
    rules.assets.push_back({price, initial ? slow_price(rules.pack, name) : std::nullopt,
                            price * scaling.deposits.value_or(totals.deposits[asset]),
                            price * scaling.borrows.value_or(totals.borrows[asset])});
    // Weights by size are those of nothing; groups that hold something get their own.
    asset_curve_.push_back(curves_.add(credit_segments(figures, rules.assets.back(), 0.0)));
    asset_in_units_.push_back(figures.unit == EdgeUnit::asset ? 1 : 0);
  }
  // Levels of volatility are nobody's collateral.
  asset_curve_.resize(assets_, no_index);
  asset_in_units_.resize(assets_, 0);
}

// Which figures each contract is held to.
void ResolvedBook::find_requirements(Rules& rules) {
  Book::Instruments const& instruments = rules.book.instruments;
  static RequirementFigures const nothing = OpenInterest{0.0};
  for (std::uint32_t i = 0; i < instruments.name.size(); ++i) {
    if (instruments.kind[i] == InstrumentKind::spot) {  // nobody has a position in it
      rules.requirements.push_back({&nothing, 1.0, false});
      rules.at_entry.push_back(0);
      continue;
    }
    MaintenanceSchedule const& schedule =
        rules.pack.schedules[schedule_of(rules.pack, instruments.name[i])];
    Requirement const requirement = requirement_at(schedule, rules.threshold);
    if (option_standard(requirement) != nullptr && !is_option(instruments.kind[i]))
      throw InputError(fmt::format("{}, schedule '{}'", rules.pack.place, schedule.name),
                       "instrument '" + instruments.name[i] + "' is no option",
                       "standard option margin needs a strike",
                       "give it another schedule by an [[instruments]] entry before this one");
    rules.requirements.push_back(requirement);
    rules.options = rules.options || option_standard(requirement) != nullptr;
    rules.at_entry.push_back(schedule.at_entry ? 1 : 0);
    rules.entries = rules.entries || schedule.at_entry;
    if (Scan const* const scan = scan_of(requirement))
      rules.add_ons = rules.add_ons || !scan_named(rules.pack, scan->grid)->add_ons.empty();
  }
}

void ResolvedBook::add_requirements(Rules& rules) {
  Book::Instruments const& instruments = rules.book.instruments;
  exposure_curve_.assign(row_kind_.size(), no_index);
  exposure_unit_.assign(row_kind_.size(), no_index);
  bool const settings = rules.threshold == Threshold::initial && !rules.pack.settings.empty();
  rules.own_terms = !rules.book.orders.pool.empty() || rules.timed || rules.entries || settings;
  for (std::uint32_t i = 0; i < instruments.name.size(); ++i) {
    Requirement const& requirement = rules.requirements[i];
    AssetTonight const& underlying = rules.assets[instruments.underlying[i]];
    rules.contracts.push_back({underlying.price, underlying.slow,
                               needs_open_interest(requirement)
                                   ? open_interest_of(rules.pack, instruments.name[i])
                                   : 0.0});
    rules.own_terms = rules.own_terms || is_by_position(requirement);
    rules.in_profit = rules.in_profit || is_in_profit(requirement);
    if (scan_of(requirement) != nullptr) continue;
    // Of a position of no size, where each has its own.
    exposure_curve_[instrument_row_[i]] =
        curves_.add(requirement_segments(requirement, rules.contracts.back(), 0.0));
    if (edge_unit(requirement) == EdgeUnit::asset)
      exposure_unit_[instrument_row_[i]] = instruments.settle[i];
    // What a spread may lose is a distance of strikes: in ccy of those that are paid in coin.
    if (written_row_[i] != no_index && instruments.settle[i] != instruments.underlying[i])
      exposure_unit_[written_row_[i]] = instruments.settle[i];
  }
  for (std::uint32_t i = 0; i < running_row_.size(); ++i)
    if (running_row_[i] != no_index)
      exposure_unit_[running_row_[i]] = exposure_unit_[row_settle_[running_row_[i]]];
}

ResolvedBook::Fill ResolvedBook::fill(Rules const& rules, std::uint32_t instrument,
                                      double quantity) const {
  double const units = quantity * rules.book.instruments.contract_size[instrument];
  if (rules.book.instruments.kind[instrument] != InstrumentKind::inverse) return {units, units};
  std::uint32_t const row = instrument_row_[instrument];
  return {-units, units / (rows_today_[row_underlying_[row]] * row_ratio_[row])};
}

// What a contract requires that an account may have chosen to be held to more for.
Segments ResolvedBook::own_segments(Rules const& rules, Contract const& contract,
                                    double size) const {
  Segments const segments = requirement_segments(rules.requirements[contract.instrument],
                                                 rules.contracts[contract.instrument], size);
  return contract.least_rate > 0.0 ? at_least(segments, contract.least_rate) : segments;
}

std::uint32_t ResolvedBook::own_curve(Rules const& rules, Contract const& contract, double size) {
  Requirement const& requirement = rules.requirements[contract.instrument];
  bool const scanned = scan_of(requirement) != nullptr;
  if (scanned || (contract.least_rate == 0.0 && !is_by_position(requirement)))
    return exposure_curve_[instrument_row_[contract.instrument]];
  return curves_.add(own_segments(rules, contract, size));
}

// Of rules that have one rate for the whole position.
double ResolvedBook::rate(Rules const& rules, Contract const& contract, Fill const& fill) const {
  return own_segments(rules, contract, fill.size).front().slope;
}

// Of all bids or all asks filled, what requires more: in every scenario, because both are amounts
// of one row, and no requirement falls with its amount.
ResolvedBook::Fill ResolvedBook::worst_fill(Rules const& rules, Contract const& contract) const {
  std::uint32_t const instrument = contract.instrument;
  Fill const bought = fill(rules, instrument, contract.quantity + contract.bids);
  Fill const sold = fill(rules, instrument, contract.quantity - contract.asks);
  auto const requires_tonight = [&](Fill const& f) {
    bool const own = is_by_position(rules.requirements[instrument]);
    return magnitude(f.weight) * (own ? rate(rules, contract, f) : 1.0);
  };
  return requires_tonight(sold) > requires_tonight(bought) ? sold : bought;
}

void ResolvedBook::add_term(Rules const& rules, Contract const& contract, double& settled) {
  std::uint32_t const instrument = contract.instrument;
  Requirement const& requirement = rules.requirements[instrument];
  Fill const own = fill(rules, instrument, contract.quantity);
  if (contract.quantity != 0.0) {
    bool const inverse = rules.book.instruments.kind[instrument] == InstrumentKind::inverse;
    settled += inverse ? -own.weight / contract.entry : -own.weight * contract.entry;
  }
  term_row_.push_back(instrument_row_[instrument]);
  term_weight_.push_back(own.weight);
  if (rules.in_profit) term_held_.push_back(own.weight);
  if (!rules.own_terms) return;
  std::uint32_t curve = exposure_curve_[instrument_row_[instrument]];
  if (is_in_profit(requirement)) {
    Fill const worst = worst_fill(rules, contract);
    term_weight_.back() -= rate(rules, contract, worst) * magnitude(worst.weight);
    curve = no_index;
  } else if (contract.has_orders() || option_standard(requirement) != nullptr ||
             ends_within_run(instrument) || rules.at_entry[instrument] != 0) {
    curve = no_index;  // a charge takes it: at the worst fill, until it settles, or at entry
  } else {
    curve = own_curve(rules, contract, own.size);
  }
  term_curve_.push_back(curve);
}

void ResolvedBook::add_charge(std::uint32_t row, double weight, std::uint32_t curve,
                              ChargeCause cause, std::uint32_t instrument) {
  charge_cause_.push_back(cause);
  charge_instrument_.push_back(instrument);
  charge_row_.push_back(row);
  charge_weight_.push_back(weight);
  charge_curve_.push_back(curve);
}

void ResolvedBook::add_order_charges(Rules const& rules, std::vector<Contract> const& contracts,
                                     std::size_t orders) {
  for (Contract const& contract : contracts) {
    Requirement const& requirement = rules.requirements[contract.instrument];
    if (!contract.has_orders() || is_in_profit(requirement) || scan_of(requirement) != nullptr ||
        option_standard(requirement) != nullptr || rules.at_entry[contract.instrument] != 0)
      continue;
    Fill const worst = worst_fill(rules, contract);
    std::uint32_t const row = instrument_row_[contract.instrument];
    add_charge(charged_row(contract.instrument, row), worst.weight,
               own_curve(rules, contract, worst.size), ChargeCause::worst_fill);
  }
  if (orders > 0 && rules.pack.order_charge > 0.0) {
    double const amount = rules.pack.order_charge * static_cast<double>(orders);
    add_charge(0, 1.0, curves_.add({{-std::numeric_limits<double>::infinity(), 0.0, amount}}),
               ChargeCause::orders);
  }
}

// Options at the fill that leaves least of them: all that are offered are sold, nothing is bought.
void ResolvedBook::add_option_charges(Rules const& rules, std::vector<Contract> const& contracts) {
  Book::Instruments const& t = rules.book.instruments;
  struct Series {
    std::vector<OptionLeg> shorts, longs;
  };
  using Key = std::tuple<std::uint32_t, std::uint32_t, InstrumentKind, double, double, bool>;
  std::map<Key, Series> series;
  for (Contract const& contract : contracts) {
    std::uint32_t const i = contract.instrument;
    OptionStandard const* const figures = option_standard(rules.requirements[i]);
    if (figures == nullptr) continue;
    double const units = fill(rules, i, contract.quantity - contract.asks).size;
    Series& own = series[{t.underlying[i], t.settle[i], t.kind[i], t.days_to_expiry[i], t.basis[i],
                          figures->by_spread}];
    if (units < 0.0) own.shorts.push_back({i, t.strike[i], -units});
    if (units > 0.0 && figures->by_spread) own.longs.push_back({i, t.strike[i], units});
  }
  for (auto const& [key, own] : series) {
    for (OptionPair const& pair :
         pair_options(own.shorts, own.longs, is_put(std::get<InstrumentKind>(key)))) {
      if (pair.covered && pair.loss == 0.0) continue;
      Requirement const& requirement = rules.requirements[pair.short_option];
      add_charge(
          charged_row(pair.short_option, written_row_[pair.short_option]), -pair.amount,
          curves_.add(pair.covered ? spread_segments(requirement, pair.amount * pair.loss)
                                   : requirement_segments(
                                         requirement, rules.contracts[pair.short_option], -1.0)),
          ChargeCause::short_option);
    }
  }
}

// Walks pools, balances, positions and orders together: all are ordered by pool.
void ResolvedBook::add_groups(Rules const& rules) {
  Book const& book = rules.book;
  account_class_ = book.accounts.segregation_class;
  pool_kind_ = book.pools.kind;
  auto const pools = static_cast<std::uint32_t>(book.pools.name.size());
  pool_begin_.assign(book.accounts.name.size() + 1, 0);
  for (std::uint32_t const account : book.pools.account) ++pool_begin_[account + 1];
  for (std::size_t a = 1; a < pool_begin_.size(); ++a) pool_begin_[a] += pool_begin_[a - 1];

  group_begin_.push_back(0);
  term_begin_.push_back(0);
  bool const has_orders = !book.orders.pool.empty();
  bool const has_charges =
      has_orders || rules.options || rules.timed || rules.add_ons || rules.entries;
  if (has_charges) charge_begin_.push_back(0);
  std::uint64_t balance = 0, position = 0, order = 0;
  std::vector<Contract> contracts;  // of one pool
  for (std::uint32_t pool = 0; pool < pools; ++pool) {
    contracts.clear();
    std::uint64_t const first_order = order;
    for (;;) {
      bool const has_position =
          position < book.positions.pool.size() && book.positions.pool[position] == pool;
      bool const has_order = order < book.orders.pool.size() && book.orders.pool[order] == pool;
      if (!has_position && !has_order) break;
      std::uint32_t const instrument =
          std::min(has_position ? book.positions.instrument[position] : no_index,
                   has_order ? book.orders.instrument[order] : no_index);
      Contract contract{book.instruments.settle[instrument], instrument, 0.0, 0.0};
      if (has_position && book.positions.instrument[position] == instrument) {
        contract.quantity = book.positions.quantity[position];
        contract.entry = book.positions.entry_price[position];
        ++position;
      }
      for (; order < book.orders.pool.size() && book.orders.pool[order] == pool &&
             book.orders.instrument[order] == instrument;
           ++order) {
        bool const buys = book.orders.side[order] == OrderSide::buy;
        (buys ? contract.bids : contract.asks) += book.orders.quantity[order];
        (buys ? contract.bids_cost : contract.asks_cost) +=
            book.orders.quantity[order] *
            cost_of(book.instruments.kind[instrument], book.orders.price[order]);
      }
      if (book.instruments.kind[instrument] == InstrumentKind::spot) continue;  // in balances
      contract.least_rate =
          least_rate(rules.pack, rules.threshold, book.accounts.name[book.pools.account[pool]],
                     book.instruments.name[instrument]);
      contracts.push_back(contract);
    }
    add_scans(rules, contracts);
    if (rules.options) add_option_charges(rules, contracts);
    if (has_orders) add_order_charges(rules, contracts, order - first_order);
    if (rules.entries) add_entry_charges(rules, contracts);
    if (rules.timed) add_timed_charges(rules, contracts, pool, balance);
    if (has_charges) charge_begin_.push_back(charge_row_.size());
    if (has_orders) {
      // Orders alone hold nothing; they enter a group where rules take them from profit and loss.
      std::erase_if(contracts, [&](Contract const& contract) {
        return contract.quantity == 0.0 && !is_in_profit(rules.requirements[contract.instrument]);
      });
    }
    std::sort(contracts.begin(), contracts.end(), [](Contract const& a, Contract const& b) {
      return std::pair(a.settle, a.instrument) < std::pair(b.settle, b.instrument);
    });
    std::size_t next = 0;
    auto const take = [&](std::uint32_t asset, double amount) {
      group_asset_.push_back(asset);
      group_balance_.push_back(amount);
      double settled = 0.0;
      for (; next < contracts.size() && contracts[next].settle == asset; ++next)
        add_term(rules, contracts[next], settled);
      group_settled_.push_back(settled);
      term_begin_.push_back(term_row_.size());
    };
    for (;;) {
      bool const has_balance =
          balance < book.balances.pool.size() && book.balances.pool[balance] == pool;
      bool const has_contract = next < contracts.size();
      if (!has_balance && !has_contract) break;
      bool const balance_first =
          has_balance && (!has_contract || book.balances.asset[balance] <= contracts[next].settle);
      if (balance_first) {
        take(book.balances.asset[balance], book.balances.amount[balance]);
        ++balance;
      } else {
        take(contracts[next].settle, 0.0);
      }
    }
    group_begin_.push_back(static_cast<std::uint32_t>(group_asset_.size()));
  }
  group_share_.assign(group_asset_.size(), 1.0);
}

// Haircut tiers belong to the account: its pools share their edges in proportion to what they hold
// tonight; a pool that holds nothing of worth gets an equal part.
void ResolvedBook::share_tiers() {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> held;  // (asset, group) of one account
  BookView const view = book_as_held();
  RulesView const rules_view = rules();
  auto const today = [this](std::uint32_t r) { return rows_today_[r]; };
  for (std::uint32_t account = 0; account < view.accounts; ++account) {
    if (view.pool_begin[account + 1] - view.pool_begin[account] < 2) continue;
    held.clear();
    for (std::uint32_t g = view.group_begin[view.pool_begin[account]];
         g < view.group_begin[view.pool_begin[account + 1]]; ++g)
      held.emplace_back(group_asset_[g], g);
    std::sort(held.begin(), held.end());
    for (std::size_t begin = 0; begin < held.size();) {
      std::size_t end = begin;
      double total = 0.0;
      std::size_t worthless = 0;
      std::vector<double> worth;
      for (; end < held.size() && held[end].first == held[begin].first; ++end) {
        double requirement = 0.0;
        double const value =
            group_value<double>(view, rules_view, held[end].second, today, requirement);
        worth.push_back(std::max(value, 0.0));
        total += worth.back();
        worthless += static_cast<std::size_t>(worth.back() == 0.0);
      }
      auto const holders = static_cast<double>(end - begin);
      double const proportional = (holders - static_cast<double>(worthless)) / holders;
      for (std::size_t i = begin; i < end; ++i) {
        double const w = worth[i - begin];
        group_share_[held[i].second] = w == 0.0 ? 1.0 / holders : proportional * (w / total);
      }
      begin = end;
    }
  }
}

void ResolvedBook::evaluate_today(Book const& book_names) {
  BookView const view = book();
  BookView const held = book_as_held();
  RulesView const rules_view = rules();
  auto const today = [this](std::uint32_t r) { return rows_today_[r]; };
  for (std::uint32_t pool = 0; pool < view.pools; ++pool) {
    double gross = 0.0, value = 0.0;
    for (std::uint32_t g = view.group_begin[pool]; g < view.group_begin[pool + 1]; ++g) {
      double unused = 0.0;
      double const price = rows_today_[group_asset_[g]];
      value += group_value<double>(held, rules_view, g, today, unused);
      gross += price * (magnitude(group_balance_[g]) + magnitude(group_settled_[g]));
      for (std::uint64_t t = term_begin_[g]; t < term_begin_[g + 1]; ++t)
        gross += magnitude(held.term_weight[t]) * rows_today_[term_row_[t]];
    }
    if (!charge_begin_.empty())
      for (std::uint64_t c = charge_begin_[pool]; c < charge_begin_[pool + 1]; ++c)
        gross += magnitude(charge_weight_[c]) * rows_today_[charge_row_[c]];
    gross += scan_gross(pool);
    if (!(gross <= largest_gross))
      throw InputError(
          element(column_place(book_names.place, "/pools/name"), pool),
          fmt::format("pool '{}' has a gross value of {:.3g} {}", book_names.pools.name[pool],
                      gross, book_names.reporting_currency),
          fmt::format("more than {:.3g} would overflow ticks", largest_gross),
          "check the amounts, or split the pool");
    margins_.push_back(evaluate<double>(view, rules_view, pool, today));
    bool const isolated = pool_kind_[pool] == PoolKind::isolated;
    today_.push_back({margins_.back().excess, isolated ? std::max(value, 0.0) : largest_amount});
  }
}

std::uint32_t ResolvedBook::asset_of_row(std::uint32_t row) const {
  while (row >= assets_) row = row_underlying_[row];
  return row;
}

BookView ResolvedBook::book() const {
  return {static_cast<std::uint32_t>(account_class_.size()),
          static_cast<std::uint32_t>(pool_kind_.size()),
          classes_,
          pool_begin_.data(),
          account_class_.data(),
          pool_kind_.data(),
          group_begin_.data(),
          group_asset_.data(),
          group_balance_.data(),
          group_settled_.data(),
          group_share_.data(),
          term_begin_.data(),
          term_row_.data(),
          term_weight_.data(),
          group_curve_.empty() ? nullptr : group_curve_.data(),
          term_curve_.empty() ? nullptr : term_curve_.data(),
          charge_row_.empty() ? nullptr : charge_begin_.data(),
          charge_row_.data(),
          charge_weight_.data(),
          charge_curve_.data(),
          scans()};
}

BookView ResolvedBook::book_as_held() const {
  BookView view = book();
  if (!term_held_.empty()) view.term_weight = term_held_.data();
  return view;
}

BookView ResolvedBook::book_as_owned() const {
  BookView view = book_as_held();
  if (!group_owned_.empty()) view.group_balance = group_owned_.data();
  return view;
}

RowsView ResolvedBook::rows() const {
  return {static_cast<std::uint32_t>(row_kind_.size()),
          assets_,
          stored_,
          row_kind_.data(),
          row_factor_.data(),
          row_underlying_.data(),
          row_settle_.data(),
          row_ratio_.data(),
          option_.data()};
}

RulesView ResolvedBook::rules() const {
  return {curves_.view(),
          asset_curve_.data(),
          asset_in_units_.data(),
          exposure_curve_.data(),
          exposure_unit_.data(),
          gain_weight_,
          asset_state_.empty() ? nullptr : asset_state_.data()};
}

Exposure exposure_today(ResolvedBook const& resolved, std::uint32_t pool) {
  BookView const book = resolved.book_as_held();
  Exposure exposure{0.0, 0.0};
  std::uint64_t const begin = book.term_begin[book.group_begin[pool]];
  std::uint64_t const end = book.term_begin[book.group_begin[pool + 1]];
  for (std::uint64_t t = begin; t < end; ++t) {
    double const value = book.term_weight[t] * resolved.rows_today()[book.term_row[t]];
    exposure.net += value;
    exposure.gross += magnitude(value);
  }
  return exposure;
}

namespace {

double ratio(double numerator, double denominator) {
  return denominator > 0.0 ? numerator / denominator : std::numeric_limits<double>::infinity();
}

}  // namespace

double margin_ratio(Margin<double> const& margin) {
  return ratio(margin.requirement, margin.equity);
}

double leverage(Margin<double> const& margin, Exposure const& exposure) {
  return ratio(exposure.gross, margin.equity);
}

}  // namespace plimsoll
