#include "host/resolve.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_map>

#include "host/column_check.hpp"
#include "host/error.hpp"
#include "host/name_check.hpp"

namespace plimsoll {
namespace {

// [ccy] the most that a pool's gross value may be tonight: a thousandth of what ticks hold, so that
// bounded moves stay inside; what leaves it in a scenario is counted as undefined.
constexpr double largest_gross = largest_amount / 1000;

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

std::unordered_map<std::string_view, std::uint32_t> index_of(
    std::vector<std::string> const& names) {
  std::unordered_map<std::string_view, std::uint32_t> index;
  for (std::uint32_t i = 0; i < names.size(); ++i) index.emplace(names[i], i);
  return index;
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

std::uint32_t schedule_of(RulePack const& rules, std::string const& instrument) {
  for (InstrumentRule const& rule : rules.instruments)
    if (matches(rule.instrument, instrument)) return rule.schedule;
  throw InputError(rules.place, "no maintenance schedule for instrument '" + instrument + "'",
                   "its requirement is not defined",
                   "add an [[instruments]] entry that matches it");
}

}  // namespace

ResolvedBook::ResolvedBook(Book const& book, Market const& market, RulePack const& rules,
                           RunShape const& shape)
    : shape_(shape),
      classes_(static_cast<std::uint32_t>(book.classes.size())),
      gain_weight_(rules.counts_gains ? 1.0 : 0.0) {
  if (book.reporting_currency != market.reporting_currency)
    throw InputError(column_place(book.place, "/reporting_currency"), book.reporting_currency,
                     "the market is in " + market.reporting_currency,
                     "use a market calibrated in the book's currency");
  price_assets(book, market);
  add_levels(book, market);
  add_exposures(book);
  add_curves(book, rules);
  add_groups(book);
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
void ResolvedBook::add_levels(Book const& book, Market const& market) {
  auto const factors = index_of(market.factors);
  level_row_.assign(book.assets.size(), no_index);
  for (std::size_t i = 0; i < book.instruments.name.size(); ++i) {
    std::uint32_t const asset = book.instruments.underlying[i];
    if (!is_option(book.instruments.kind[i]) || level_row_[asset] != no_index) continue;
    std::string const name = book.assets[asset] + ".vol";
    auto const factor = factors.find(name);
    if (factor == factors.end()) continue;
    level_row_[asset] = add_row(RowKind::price, no_index, no_index, 1.0);
    row_factor_.push_back(factor->second);
  }
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

// Rows that take work first: last prices, options, and coin-settled contracts on a last price.
void ResolvedBook::add_exposures(Book const& book) {
  Book::Instruments const& instruments = book.instruments;
  auto const count = static_cast<std::uint32_t>(instruments.name.size());
  instrument_row_.assign(count, no_index);
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
    } else if (inverse && underlying[i] >= assets_) {
      add(i, RowKind::inverse);
      option_.emplace_back();
    }
  }
  stored_ = static_cast<std::uint32_t>(row_kind_.size());
  for (std::uint32_t i = 0; i < count; ++i)
    if (instrument_row_[i] == no_index)
      add(i, instruments.kind[i] == InstrumentKind::inverse ? RowKind::inverse : RowKind::linear);
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

std::uint32_t ResolvedBook::add_curve() {
  if (curve_begin_.empty()) curve_begin_.push_back(0);
  curve_begin_.push_back(curve_begin_.back());
  return static_cast<std::uint32_t>(curve_begin_.size() - 2);
}

void ResolvedBook::add_segment(double floor, double slope, double intercept) {
  curve_floor_.push_back(floor);
  curve_slope_.push_back(slope);
  curve_intercept_.push_back(intercept);
  ++curve_begin_.back();
}

void ResolvedBook::add_curves(Book const& book, RulePack const& rules) {
  constexpr double everywhere = -std::numeric_limits<double>::infinity();
  asset_curve_.reserve(assets_);
  for (std::string const& asset : book.assets) {
    HaircutSchedule const& schedule = haircut_of(rules, asset);
    asset_curve_.push_back(add_curve());
    asset_in_units_.push_back(schedule.unit == EdgeUnit::asset ? 1 : 0);
    add_segment(everywhere, 1.0 + schedule.borrow_surcharge, 0.0);
    double slope = 1.0;
    double intercept = 0.0;
    for (HaircutTier const& tier : schedule.tiers) {
      double const weight = 1.0 - tier.haircut;
      if (tier.from > 0.0) intercept += (slope - weight) * tier.from;
      slope = weight;
      add_segment(tier.from, slope, intercept);
    }
  }
  std::vector<std::uint32_t> schedule_curve;
  for (MaintenanceSchedule const& schedule : rules.schedules) {
    schedule_curve.push_back(add_curve());
    for (std::size_t i = 0; i < schedule.brackets.size(); ++i) {
      Bracket const& bracket = schedule.brackets[i];
      add_segment(i == 0 ? everywhere : bracket.floor, bracket.rate, -bracket.deduction);
    }
  }
  // Levels of volatility are nobody's collateral.
  asset_curve_.resize(assets_, no_index);
  asset_in_units_.resize(assets_, 0);
  exposure_curve_.assign(row_kind_.size(), no_index);
  exposure_unit_.assign(row_kind_.size(), no_index);
  for (std::uint32_t i = 0; i < book.instruments.name.size(); ++i) {
    std::uint32_t const schedule = schedule_of(rules, book.instruments.name[i]);
    exposure_curve_[row_of(i)] = schedule_curve[schedule];
    if (rules.schedules[schedule].unit == EdgeUnit::asset)
      exposure_unit_[row_of(i)] = book.instruments.settle[i];
  }
}

// Walks pools, balances and positions together: all are ordered by pool.
void ResolvedBook::add_groups(Book const& book) {
  account_class_ = book.accounts.segregation_class;
  pool_kind_ = book.pools.kind;
  auto const pools = static_cast<std::uint32_t>(book.pools.name.size());
  pool_begin_.assign(book.accounts.name.size() + 1, 0);
  for (std::uint32_t const account : book.pools.account) ++pool_begin_[account + 1];
  for (std::size_t a = 1; a < pool_begin_.size(); ++a) pool_begin_[a] += pool_begin_[a - 1];

  group_begin_.push_back(0);
  term_begin_.push_back(0);
  std::uint64_t balance = 0, position = 0;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> by_settle;  // (asset, position) of one pool
  for (std::uint32_t pool = 0; pool < pools; ++pool) {
    by_settle.clear();
    for (; position < book.positions.pool.size() && book.positions.pool[position] == pool;
         ++position)
      by_settle.emplace_back(book.instruments.settle[book.positions.instrument[position]],
                             position);
    std::sort(by_settle.begin(), by_settle.end());
    std::size_t next = 0;
    auto const take = [&](std::uint32_t asset, double amount) {
      group_asset_.push_back(asset);
      group_balance_.push_back(amount);
      double settled = 0.0;
      for (; next < by_settle.size() && by_settle[next].first == asset; ++next) {
        std::uint64_t const p = by_settle[next].second;
        std::uint32_t const instrument = book.positions.instrument[p];
        double const units =
            book.positions.quantity[p] * book.instruments.contract_size[instrument];
        double const entry = book.positions.entry_price[p];
        bool const inverse = book.instruments.kind[instrument] == InstrumentKind::inverse;
        settled += inverse ? units / entry : -units * entry;
        term_row_.push_back(row_of(instrument));
        term_weight_.push_back(inverse ? -units : units);
      }
      group_settled_.push_back(settled);
      term_begin_.push_back(term_row_.size());
    };
    for (;;) {
      bool const has_balance =
          balance < book.balances.pool.size() && book.balances.pool[balance] == pool;
      bool const has_position = next < by_settle.size();
      if (!has_balance && !has_position) break;
      bool const balance_first =
          has_balance && (!has_position || book.balances.asset[balance] <= by_settle[next].first);
      if (balance_first) {
        take(book.balances.asset[balance], book.balances.amount[balance]);
        ++balance;
      } else {
        take(by_settle[next].first, 0.0);
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
  BookView const view = book();
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
  RowsView const rows_view = rows();
  rows_today_.resize(rows_view.rows);
  for (std::uint32_t r = 0; r < rows_view.rows; ++r)
    rows_today_[r] = value_tonight(rows_view, r, rows_today_.data());
  share_tiers();
  BookView const view = book();
  RulesView const rules_view = rules();
  auto const today = [this](std::uint32_t r) { return rows_today_[r]; };
  for (std::uint32_t pool = 0; pool < view.pools; ++pool) {
    double gross = 0.0, value = 0.0;
    for (std::uint32_t g = view.group_begin[pool]; g < view.group_begin[pool + 1]; ++g) {
      double unused = 0.0;
      double const price = rows_today_[group_asset_[g]];
      value += group_value<double>(view, rules_view, g, today, unused);
      gross += price * (magnitude(group_balance_[g]) + magnitude(group_settled_[g]));
      for (std::uint64_t t = term_begin_[g]; t < term_begin_[g + 1]; ++t)
        gross += magnitude(term_weight_[t]) * rows_today_[term_row_[t]];
    }
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
          term_weight_.data()};
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
  return {{curve_begin_.data(), curve_floor_.data(), curve_slope_.data(), curve_intercept_.data()},
          asset_curve_.data(),
          asset_in_units_.data(),
          exposure_curve_.data(),
          exposure_unit_.data(),
          gain_weight_};
}

Exposure exposure_today(ResolvedBook const& resolved, std::uint32_t pool) {
  BookView const book = resolved.book();
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
