#include "host/synth.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "host/error.hpp"
#include "host/resolve.hpp"
#include "models/elementary.hpp"
#include "models/random.hpp"

namespace plimsoll {
namespace {

// Figures of the book; docs/synth.md gives their origin.
constexpr double log_equity_mean = 7.07, log_equity_deviation = 2.72;
constexpr double least_equity = 25.0, largest_equity = 2.5e8;
constexpr double log_leverage_mean = -0.15, log_leverage_deviation = 1.0, largest_leverage = 40.0;
constexpr double isolated_leverage = 1.5;  // relative to the account's
constexpr double house_share = 0.02, segregated_share = 0.15;
constexpr double hedged_share = 0.12, borrower_share = 0.08, isolated_share = 0.20;
constexpr double coin_collateral_share = 0.15, second_stablecoin_share = 0.15;
constexpr double long_share = 0.6;       // of accounts' main direction
constexpr double side_agreement = 0.75;  // of positions with that direction
constexpr std::uint32_t most_positions = 24;
constexpr double entry_deviation = 0.05, basis_deviation = 0.0005;
constexpr double fullest_margin = 0.6;      // requirement / equity tonight, at most
constexpr double least_loan_margin = 0.15;  // equity after haircuts / value borrowed, at least
constexpr int top_up_rounds = 20;

enum class Figure : std::uint32_t {
  equity,
  segregation,
  shape,
  leverage,
  direction,
  collateral,
  pool_count,
  hedge_ratio,
  pool_share,
  position_count,
  instrument,
  side,
  weight,
  entry,
  basis
};

// Draws of one account; `item` tells positions and pools apart.
struct AccountDraws {
  std::uint64_t seed;
  std::uint64_t account;
  double uniform(Figure figure, std::uint32_t item = 0) const {
    return plimsoll::uniform(
        draws(seed, Purpose::synthetic_book, account, static_cast<std::uint32_t>(figure), item)
            .first);
  }
  double normal(Figure figure, std::uint32_t item = 0) const {
    return normal_quantile(uniform(figure, item));
  }
  bool chance(double share, Figure figure, std::uint32_t item = 0) const {
    return uniform(figure, item) < share;
  }
};

struct Symbol {
  std::string_view base, quote, settle;  // "BTC/USDT:USDT"
};

bool split_symbol(std::string_view name, Symbol& symbol) {
  auto const slash = name.find('/');
  auto const colon = name.find(':');
  if (slash == std::string_view::npos || colon == std::string_view::npos || colon < slash)
    return false;
  symbol = {name.substr(0, slash), name.substr(slash + 1, colon - slash - 1),
            name.substr(colon + 1)};
  return !symbol.base.empty() && !symbol.settle.empty();
}

// Quantities come in lots of a millionth, as venues take them.
double in_lots(double quantity) {
  double const scaled = quantity * 1e6;
  if (magnitude(scaled) > 9e15) return quantity;
  return std::floor(scaled + 0.5) / 1e6;
}

}  // namespace

class SyntheticParts::Builder {
 public:
  Builder(SynthConfig const& config, Market const& market, RulePack const& rules)
      : config_(config), market_(market), rules_(rules) {
    list_assets();
    list_instruments();
    book_.classes = {"house", "client omnibus", "client segregated"};
  }
  bool done() const { return made_ == config_.pools; }
  Book next(std::uint32_t most_pools);

 private:
  void list_assets();
  void list_instruments();
  std::uint32_t asset_named(std::string_view name) const;
  double price(std::uint32_t asset) const;
  void add_account(std::uint32_t number);
  std::uint32_t add_pool(std::uint32_t account, PoolKind kind, std::string name);
  void fill_hedged(AccountDraws const& d, std::uint32_t pool, double equity, double leverage);
  void fill_borrower(AccountDraws const& d, std::uint32_t pool, double equity, double leverage);
  void fill_directional(AccountDraws const& d, std::uint32_t pool, std::uint32_t stream,
                        double equity, double leverage);
  double add_position(AccountDraws const& d, std::uint32_t item, std::uint32_t pool,
                      std::uint32_t instrument, double notional);
  void add_balance(std::uint32_t pool, std::uint32_t asset, double amount) {
    balances_.emplace_back(std::pair{pool, asset}, amount);
  }
  void store_balances();
  void top_up();
  bool by_total() const;

  SynthConfig config_;
  std::uint32_t account_ = 0, made_ = 0;  // the next account; pools of the parts before
  Market const& market_;
  RulePack const& rules_;
  Book book_;
  std::vector<double> prices_;
  std::vector<std::uint32_t> ranked_;  // instruments by rank
  std::vector<std::pair<std::pair<std::uint32_t, std::uint32_t>, double>> balances_;
  std::uint32_t stable_ = no_index, second_stable_ = no_index;
};

std::uint32_t SyntheticParts::Builder::asset_named(std::string_view name) const {
  auto const found = std::find(book_.assets.begin(), book_.assets.end(), name);
  return found == book_.assets.end() ? no_index
                                     : static_cast<std::uint32_t>(found - book_.assets.begin());
}

double SyntheticParts::Builder::price(std::uint32_t asset) const {
  return prices_[asset];
}

void SyntheticParts::Builder::list_assets() {
  book_.reporting_currency = market_.reporting_currency;
  book_.assets.push_back(market_.reporting_currency);
  prices_.push_back(1.0);
  for (std::size_t i = 0; i < market_.constants.name.size(); ++i) {
    if (market_.constants.name[i] == market_.reporting_currency) continue;
    book_.assets.push_back(market_.constants.name[i]);
    prices_.push_back(market_.constants.price[i]);
  }
  for (std::size_t i = 0; i < market_.factors.size(); ++i) {
    book_.assets.push_back(market_.factors[i]);
    prices_.push_back(market_.price[i]);
  }
}

// The instruments that the rule pack names in full and whose assets the market knows, in the order
// of the pack, which is taken as their rank.
void SyntheticParts::Builder::list_instruments() {
  Book::Instruments& instruments = book_.instruments;
  for (InstrumentRule const& rule : rules_.instruments) {
    Symbol symbol;
    if (rule.instrument.ends_with('*') || !split_symbol(rule.instrument, symbol)) continue;
    std::uint32_t const underlying = asset_named(symbol.base);
    std::uint32_t const settle = asset_named(symbol.settle);
    bool const inverse = symbol.settle == symbol.base;
    bool const linear = symbol.settle == symbol.quote;
    if (underlying == no_index || settle == no_index || inverse == linear) continue;
    auto const index = static_cast<std::uint32_t>(instruments.name.size());
    instruments.name.push_back(rule.instrument);
    instruments.kind.push_back(inverse ? InstrumentKind::inverse : InstrumentKind::linear);
    instruments.underlying.push_back(underlying);
    instruments.settle.push_back(settle);
    instruments.contract_size.push_back(inverse ? 10.0 : 1.0);
    AccountDraws const draw{config_.seed, (std::uint64_t{1} << 40) + index};
    instruments.basis.push_back(basis_deviation * draw.normal(Figure::basis));
    for (auto* const column : {&instruments.days_to_expiry, &instruments.strike,
                               &instruments.volatility, &instruments.rate, &instruments.carry})
      column->push_back(0.0);
    ranked_.push_back(index);
    if (linear && stable_ == no_index) stable_ = settle;
  }
  if (ranked_.empty() || stable_ == no_index)
    throw InputError(
        "rule pack '" + rules_.name + "'",
        "no instrument named BASE/QUOTE:SETTLE whose assets are in the market",
        "a synthetic book needs something to trade",
        "name linear instruments in full, and declare the settle asset with --constant");
  second_stable_ = asset_named("USDC");
  if (second_stable_ == no_index) second_stable_ = stable_;
}

std::uint32_t SyntheticParts::Builder::add_pool(std::uint32_t account, PoolKind kind,
                                                std::string name) {
  book_.pools.account.push_back(account);
  book_.pools.kind.push_back(kind);
  book_.pools.name.push_back(std::move(name));
  return static_cast<std::uint32_t>(book_.pools.name.size() - 1);
}

// Returns the position's profit and loss tonight [ccy].
double SyntheticParts::Builder::add_position(AccountDraws const& d, std::uint32_t item,
                                             std::uint32_t pool, std::uint32_t instrument,
                                             double notional) {
  Book::Instruments const& list = book_.instruments;
  bool const inverse = list.kind[instrument] == InstrumentKind::inverse;
  double const mark = price(list.underlying[instrument]) * (1.0 + list.basis[instrument]);
  double const settle = price(list.settle[instrument]);
  double const per_contract = list.contract_size[instrument] * (inverse ? settle / mark : mark);
  double quantity =
      inverse ? std::floor(notional / per_contract + 0.5) : in_lots(notional / per_contract);
  if (quantity == 0.0) quantity = notional < 0.0 ? -1e-6 : 1e-6;
  if (inverse && magnitude(quantity) < 1.0) quantity = notional < 0.0 ? -1.0 : 1.0;
  double const mark_in_quote = inverse ? mark : mark / settle;
  double const entry = mark_in_quote * exp(entry_deviation * d.normal(Figure::entry, item));
  book_.positions.pool.push_back(pool);
  book_.positions.instrument.push_back(instrument);
  book_.positions.quantity.push_back(quantity);
  book_.positions.entry_price.push_back(entry);
  double const units = quantity * list.contract_size[instrument];
  return inverse ? units * (1.0 / entry - 1.0 / mark) * settle : units * (mark - entry * settle);
}

// Spot held against a short contract on it: cash and carry.
void SyntheticParts::Builder::fill_hedged(AccountDraws const& d, std::uint32_t pool, double equity,
                                          double leverage) {
  auto const rank =
      static_cast<std::uint32_t>(d.uniform(Figure::instrument) *
                                 static_cast<double>(std::min<std::size_t>(3, ranked_.size())));
  std::uint32_t const instrument = ranked_[rank];
  std::uint32_t const underlying = book_.instruments.underlying[instrument];
  double const notional = equity * std::min(leverage, 3.0);
  double const ratio = 0.95 + 0.1 * d.uniform(Figure::hedge_ratio);
  double const pnl = add_position(d, 0, pool, instrument, -ratio * notional);
  add_balance(pool, underlying, in_lots(notional / price(underlying)));
  add_balance(pool, stable_, in_lots((equity - notional - pnl) / price(stable_)));
}

// Spot bought with borrowed stablecoin.
void SyntheticParts::Builder::fill_borrower(AccountDraws const& d, std::uint32_t pool,
                                            double equity, double leverage) {
  auto const rank =
      static_cast<std::uint32_t>(d.uniform(Figure::instrument) *
                                 static_cast<double>(std::min<std::size_t>(12, ranked_.size())));
  std::uint32_t const underlying = book_.instruments.underlying[ranked_[rank]];
  double const bought = equity * (1.0 + std::min(leverage, 2.0));
  add_balance(pool, underlying, in_lots(bought / price(underlying)));
  add_balance(pool, stable_, in_lots((equity - bought) / price(stable_)));
}

void SyntheticParts::Builder::fill_directional(AccountDraws const& d, std::uint32_t pool,
                                               std::uint32_t stream, double equity,
                                               double leverage) {
  std::uint32_t const base = stream * (most_positions + 1);
  double const more = -log(d.uniform(Figure::position_count, stream)) * config_.further_positions;
  std::uint32_t const wanted = std::min({1 + static_cast<std::uint32_t>(more), most_positions,
                                         static_cast<std::uint32_t>(ranked_.size())});
  std::uint32_t const count = stream == 0 ? wanted : 1;
  bool const mainly_long = d.chance(long_share, Figure::direction, stream);
  std::set<std::uint32_t> ranks;
  std::vector<double> weights;
  double total = 0.0;
  for (std::uint32_t i = 0; i < count; ++i) {
    double const u = d.uniform(Figure::instrument, base + i);
    auto rank =
        static_cast<std::uint32_t>(exp(u * log(static_cast<double>(ranked_.size()) + 1.0)) - 1.0);
    rank = std::min(rank, static_cast<std::uint32_t>(ranked_.size() - 1));
    while (!ranks.insert(rank).second)
      rank = (rank + 1) % static_cast<std::uint32_t>(ranked_.size());
    weights.push_back(-log(d.uniform(Figure::weight, base + i)));
    total += weights.back();
  }
  double pnl = 0.0;
  std::size_t next = 0;
  for (std::uint32_t const rank : ranks) {
    auto const item = base + static_cast<std::uint32_t>(next);
    bool const agrees = d.chance(side_agreement, Figure::side, item);
    double const side = agrees == mainly_long ? 1.0 : -1.0;
    pnl += add_position(d, item, pool, ranked_[rank],
                        side * equity * leverage * weights[next] / total);
    ++next;
  }
  double const u = d.uniform(Figure::collateral, stream);
  std::uint32_t collateral = stable_;
  if (u < coin_collateral_share)
    collateral = book_.instruments.underlying[ranked_[u < 0.6 * coin_collateral_share ? 0
                                                      : ranked_.size() > 1            ? 1
                                                                                      : 0]];
  else if (u < coin_collateral_share + second_stablecoin_share)
    collateral = second_stable_;
  double const deposit = std::max(equity - pnl, 0.05 * equity);
  add_balance(pool, collateral, std::max(in_lots(deposit / price(collateral)), 1e-6));
}

void SyntheticParts::Builder::add_account(std::uint32_t number) {
  AccountDraws const d{config_.seed, number};
  auto const account = static_cast<std::uint32_t>(book_.accounts.name.size());
  double const drawn = exp(log_equity_mean + log_equity_deviation * d.normal(Figure::equity));
  double const equity = std::clamp(drawn, least_equity, largest_equity);
  double const leverage =
      std::min(config_.leverage *
                   exp(log_leverage_mean + log_leverage_deviation * d.normal(Figure::leverage)),
               largest_leverage);
  double const u = d.uniform(Figure::segregation);
  book_.accounts.segregation_class.push_back(u < house_share                      ? 0
                                             : u < house_share + segregated_share ? 2
                                                                                  : 1);
  std::string const name = fmt::format("A{:07d}", number);
  book_.accounts.name.push_back(name);

  double const shape = d.uniform(Figure::shape);
  bool const isolates = shape >= 1.0 - isolated_share;
  std::uint32_t isolated =
      isolates ? 1 + static_cast<std::uint32_t>(3.0 * d.uniform(Figure::pool_count)) : 0;
  auto const room = config_.pools - made_ - static_cast<std::uint32_t>(book_.pools.name.size());
  isolated = std::min(isolated, room - 1);
  double const put_in = isolated == 0 ? 0.0 : 0.5 * equity * d.uniform(Figure::pool_share);
  std::uint32_t const cross = add_pool(account, PoolKind::cross, name);
  if (shape < hedged_share)
    fill_hedged(d, cross, equity, leverage);
  else if (shape < hedged_share + borrower_share)
    fill_borrower(d, cross, equity, leverage);
  else
    fill_directional(d, cross, 0, equity - put_in, leverage);
  for (std::uint32_t i = 1; i <= isolated; ++i) {
    std::uint32_t const pool =
        add_pool(account, PoolKind::isolated, fmt::format("{}/isolated{}", name, i));
    double const part = std::max(put_in / isolated, 1.0);
    fill_directional(d, pool, i, part, std::min(isolated_leverage * leverage, largest_leverage));
  }
}

void SyntheticParts::Builder::store_balances() {
  std::sort(balances_.begin(), balances_.end());
  book_.balances = {};
  for (std::size_t i = 0; i < balances_.size(); ++i) {
    auto const& [key, amount] = balances_[i];
    bool const same = i > 0 && balances_[i - 1].first == key;
    if (same) {
      book_.balances.amount.back() += amount;
    } else {
      book_.balances.pool.push_back(key.first);
      book_.balances.asset.push_back(key.second);
      book_.balances.amount.push_back(amount);
    }
  }
}

// Pools whose requirement is too near their equity get more of the first settle asset, which every
// rule pack takes at a small haircut.
void SyntheticParts::Builder::top_up() {
  for (int round = 0; round < top_up_rounds; ++round) {
    ResolvedBook const resolved(book_, market_, rules_);
    std::size_t const before = balances_.size();
    std::vector<double> borrowed(book_.pools.name.size(), 0.0);  // [ccy]
    for (std::size_t i = 0; i < book_.balances.pool.size(); ++i)
      borrowed[book_.balances.pool[i]] -=
          std::min(book_.balances.amount[i], 0.0) * price(book_.balances.asset[i]);
    for (std::uint32_t pool = 0; pool < book_.pools.name.size(); ++pool) {
      Margin<double> const margin = resolved.margins_today()[pool];
      double const needed =
          margin.requirement / fullest_margin + least_loan_margin * borrowed[pool];
      if (margin.equity <= needed)
        add_balance(pool, stable_, in_lots(1.25 * (needed - margin.equity) / price(stable_)) + 1.0);
    }
    if (balances_.size() == before) return;
    store_balances();
  }
  throw InputError("rule pack '" + rules_.name + "'",
                   "collateral cannot carry the synthetic positions", "topping up did not end",
                   "lower --leverage or the haircut of the first settle asset");
}

// Whether what a pool needs tonight hangs on the other pools of the book.
bool SyntheticParts::Builder::by_total() const {
  return std::any_of(rules_.haircuts.begin(), rules_.haircuts.end(),
                     [](HaircutSchedule const& haircut) {
                       return haircut.figures.at(Threshold::maintenance).by_total.has_value();
                     });
}

Book SyntheticParts::Builder::next(std::uint32_t most_pools) {
  book_.accounts = {};
  book_.pools = {};
  book_.positions = {};
  balances_.clear();
  std::uint32_t const left = config_.pools - made_;
  std::uint32_t const wanted = by_total() ? left : std::min(left, most_pools);
  while (book_.pools.name.size() < wanted) add_account(account_++);
  store_balances();
  top_up();
  made_ += static_cast<std::uint32_t>(book_.pools.name.size());
  return book_;
}

namespace {

SynthConfig const& checked(SynthConfig const& config) {
  if (config.pools == 0 || config.pools > 1'000'000'000)
    throw InputError("--pools", std::to_string(config.pools), "a book has 1 to 10^9 pools",
                     "give a count in that range");
  if (!(config.leverage > 0.0 && config.leverage <= 100.0))
    throw InputError("--leverage", std::to_string(config.leverage), "it must lie in (0, 100]",
                     "1 is the default book");
  if (!(config.further_positions >= 0.0 && config.further_positions <= 1000.0))
    throw InputError("--further-positions", std::to_string(config.further_positions),
                     "it must lie in [0, 1000]", "2.2 is the default book");
  return config;
}

}  // namespace

SyntheticParts::SyntheticParts(SynthConfig const& config, Market const& market,
                               RulePack const& rules)
    : builder_(std::make_unique<Builder>(checked(config), market, rules)) {}

SyntheticParts::~SyntheticParts() = default;

bool SyntheticParts::done() const {
  return builder_->done();
}

Book SyntheticParts::next(std::uint32_t most_pools) {
  return builder_->next(most_pools);
}

Book synthetic_book(SynthConfig const& config, Market const& market, RulePack const& rules) {
  return SyntheticParts(config, market, rules).next(config.pools);
}

}  // namespace plimsoll
