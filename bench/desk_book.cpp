#include "bench/desk_book.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "models/evaluate.hpp"
#include "models/moves.hpp"

namespace plimsoll::bench {
namespace {

constexpr double correlation = 0.5;
constexpr double degrees_of_freedom = 4.0;
constexpr double popularity_exponent = 1.0;
constexpr std::uint32_t coin = 1;          // the constant asset that is collateral and settles
constexpr std::uint32_t first_moving = 2;  // assets before it are constant
constexpr double first_edge = 5e6;         // [ccy] of brackets; small pools stay well below it
constexpr double largest_small_position = first_edge / 8.0;
constexpr std::uint32_t scan_points = 31;
constexpr std::uint32_t optioned_assets = 4;  // the most popular ones
constexpr double infinity = std::numeric_limits<double>::infinity();

// Zipf's law, cumulated: the k-th of n has weight 1 / k^exponent.
std::vector<double> zipf(std::uint32_t n) {
  std::vector<double> cumulated(n);
  double sum = 0.0;
  for (std::uint32_t k = 0; k < n; ++k)
    cumulated[k] = sum += std::pow(k + 1.0, -popularity_exponent);
  return cumulated;
}

std::uint32_t pick(std::vector<double> const& cumulated, double u) {
  auto const found = std::upper_bound(cumulated.begin(), cumulated.end() - 1, u * cumulated.back());
  return static_cast<std::uint32_t>(found - cumulated.begin());
}

// Spot from 15 % down to 15 % up, volatility down, as it is and up by turns.
double spot_shock(std::uint32_t point) {
  return -0.15 + 0.01 * point;
}
double volatility_shock(std::uint32_t point) {
  return point % 3 == 0 ? 0.0 : point % 3 == 1 ? 0.35 : -0.25;
}

void demand(bool holds, char const* what) {
  if (!holds) throw std::invalid_argument(std::string("DeskConfig: ") + what);
}

}  // namespace

// The stream of one pool, or of the market where the pool is `no_index`.
class DeskBook::PoolDraws {
 public:
  PoolDraws(std::uint64_t seed, std::uint32_t pool) : seed_(seed), pool_(pool) {}

  double uniform() {
    Draws const pair = draws(seed_, Purpose::synthetic_book, pool_, 0, count_ / 2);
    return plimsoll::uniform(count_++ % 2 == 0 ? pair.first : pair.second);
  }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal() { return normal_quantile(uniform()); }
  double lognormal(double median, double deviation) {
    return median * std::exp(deviation * normal());
  }
  bool chance(double p) { return uniform() < p; }

 private:
  std::uint64_t seed_;
  std::uint32_t pool_;
  std::uint32_t count_ = 0;
};

DeskBook::DeskBook(DeskConfig const& config) : config_(config) {
  demand(config.factors >= 2, "two factors at least");
  demand(config.instruments > 0 && config.positions > 0, "no instruments or positions");
  bool const own = config.sharing == RowSharing::own_rows;
  demand(!own || config.instruments <= config.factors * (config.factors - 1),
         "more own rows than pairs of assets");
  demand(!own || config.hedged == 0.0, "nothing hedges a contract that has a row of its own");
  if (config_.buffer_scale == 0.0) config_ = calibrated(config_);
  make_market();
  make_rows();
  make_curves();
  make_popularity();
  make_pools();
}

void DeskBook::make_market() {
  PoolDraws random(config_.seed, no_index);
  for (std::uint32_t f = 0; f < config_.factors; ++f) {
    price_.push_back(std::exp(random.uniform(-3.0, 10.0)));
    volatility_.push_back(random.uniform(0.5, 1.2));
    limit_.push_back(1.0);
  }
  make_loading();
  boost::math::chi_squared const chi2(degrees_of_freedom);
  for (std::uint32_t i = 0; i < mixing_nodes; ++i) {
    double const p = mixing_node(i);
    double const above = boost::math::quantile(boost::math::complement(chi2, p));
    double const below = boost::math::quantile(chi2, p);
    mixing_low_.push_back(std::sqrt((degrees_of_freedom - 2.0) / above));
    mixing_high_.push_back(std::sqrt((degrees_of_freedom - 2.0) / below));
  }
  mixing_high_.back() = mixing_low_.back();
}

// Cholesky's triangle of the matrix with one correlation everywhere: below the diagonal all entries
// of a column are the same.
void DeskBook::make_loading() {
  std::uint32_t const n = config_.factors;
  loading_.assign(static_cast<std::size_t>(n) * n, 0.0);
  double squares = 0.0;  // of the entries before the diagonal
  for (std::uint32_t j = 0; j < n; ++j) {
    double const diagonal = std::sqrt(1.0 - squares);
    double const below = (correlation - squares) / diagonal;
    loading_[static_cast<std::size_t>(j) * n + j] = diagonal;
    for (std::uint32_t i = j + 1; i < n; ++i) loading_[static_cast<std::size_t>(i) * n + j] = below;
    squares += below * below;
  }
}

void DeskBook::add_asset(RowKind kind, std::uint32_t factor, double price) {
  kind_.push_back(kind);
  factor_.push_back(factor);
  underlying_.push_back(no_index);
  settle_.push_back(no_index);
  ratio_.push_back(price);
  price_today_.push_back(price);
}

// Linear: contract `number` is the (number / factors)-th on its asset. Own rows: every pair of
// assets once.
void DeskBook::add_instrument(std::uint32_t number) {
  std::uint32_t const n = config_.factors;
  bool const own = config_.sharing == RowSharing::own_rows;
  std::uint32_t const asset = number % n;
  kind_.push_back(own ? RowKind::inverse : RowKind::linear);
  factor_.push_back(no_index);
  underlying_.push_back(first_moving + asset);
  settle_.push_back(own ? first_moving + (asset + 1 + number / n) % n : coin);
  ratio_.push_back(0.98 + 0.04 * ((number * 7919u) % 1000u) / 1000.0);
  auto const row = static_cast<std::uint32_t>(price_today_.size());
  price_today_.push_back(exposure(rows(), row, [&](std::uint32_t r) { return price_today_[r]; }));
}

void DeskBook::make_rows() {
  add_asset(RowKind::constant, no_index, 1.0);
  add_asset(RowKind::constant, no_index, 0.998);
  for (std::uint32_t f = 0; f < config_.factors; ++f) add_asset(RowKind::price, f, price_[f]);
  if (config_.scan_options > 0) add_options();
  first_contract_ = static_cast<std::uint32_t>(kind_.size());
  for (std::uint32_t i = 0; i < config_.instruments; ++i) add_instrument(i);
  if (config_.scanned > 0.0) add_scanned_instruments();
}

// Calls and puts at six strikes, a month from expiry, each followed by itself under the shocks.
void DeskBook::add_options() {
  for (std::uint32_t asset = 0; asset < std::min(optioned_assets, config_.factors); ++asset)
    for (double const moneyness : {0.8, 0.9, 1.0, 1.1, 1.25, 1.5})
      add_option(first_moving + asset, moneyness * price_[asset],
                 moneyness < 1.0 ? OptionSide::put : OptionSide::call);
}

void DeskBook::add_option(std::uint32_t asset, double strike, OptionSide side) {
  OptionRow option{};
  option.side = side;
  option.level = option.strike_unit = no_index;
  option.strike = strike;
  option.years = 30.0 / days_per_year;
  option.volatility = volatility_[asset - first_moving];
  option_row_.push_back(static_cast<std::uint32_t>(kind_.size()));
  for (std::uint32_t i = 0; i <= scan_points; ++i) {
    bool const shocked = i > 0;
    kind_.push_back(RowKind::european);
    factor_.push_back(no_index);
    underlying_.push_back(asset);
    settle_.push_back(coin);
    ratio_.push_back(1.0 + (shocked ? spot_shock(i - 1) : 0.0));
    option_.push_back(option);
    option_.back().volatility *= 1.0 + (shocked ? volatility_shock(i - 1) : 0.0);
    auto const row = static_cast<std::uint32_t>(price_today_.size());
    price_today_.push_back(
        option_price(rows(), row, 0.0, [&](std::uint32_t r) { return price_today_[r]; }));
  }
}

// Every contract once more, for pools that are scanned: without brackets; then all under shocks.
void DeskBook::add_scanned_instruments() {
  scanned_contracts_ = static_cast<std::uint32_t>(kind_.size());
  for (std::uint32_t i = 0; i < config_.instruments; ++i) add_instrument(i);
  for (std::uint32_t i = 0; i < config_.instruments; ++i)
    for (std::uint32_t point = 0; point < scan_points; ++point) {
      add_instrument(i);
      ratio_.back() *= 1.0 + spot_shock(point);
      price_today_.pop_back();
      auto const row = static_cast<std::uint32_t>(price_today_.size());
      price_today_.push_back(
          exposure(rows(), row, [&](std::uint32_t r) { return price_today_[r]; }));
    }
  point_begin_ = {0, scan_points};
  part_.assign(scan_points, 1.0);
}

// Slopes from each floor on, continuous, through (0, 0); `scale` divides the floors.
std::uint32_t DeskBook::add_curve(std::vector<double> const& floors,
                                  std::vector<double> const& slopes, double scale) {
  double intercept = 0.0;
  for (std::size_t i = 0; i < floors.size(); ++i) {
    double const floor = floors[i] / scale;
    if (i > 0) intercept += (slopes[i - 1] - slopes[i]) * floor;
    floor_.push_back(floor);
    slope_.push_back(slopes[i]);
    intercept_.push_back(intercept);
  }
  curve_begin_.push_back(static_cast<std::uint32_t>(floor_.size()));
  return static_cast<std::uint32_t>(curve_begin_.size()) - 2;
}

// Rates that grow with the notional; of every fourth contract with the units of its underlying.
std::uint32_t DeskBook::add_bracket_curve(std::uint32_t row) {
  double const rate = 0.004 + 0.016 * ((row * 104729u) % 1000u) / 1000.0;
  if (!config_.tiers) return add_curve({-infinity}, {rate}, 1.0);
  std::uint32_t const unit = exposure_unit_[row];
  return add_curve({-infinity, first_edge, 4.0 * first_edge, 20.0 * first_edge},
                   {rate, 2.0 * rate, 4.0 * rate, 10.0 * rate},
                   unit == no_index ? 1.0 : price_today_[unit]);
}

void DeskBook::make_curves() {
  std::vector<double> floors = {-infinity, 0.0}, slopes = {1.02, 0.98}, spot = {1.05, 0.95};
  if (config_.tiers) {
    floors.insert(floors.end(), {4.0 * first_edge, 40.0 * first_edge});
    slopes.insert(slopes.end(), {0.95, 0.85});
    spot.insert(spot.end(), {0.90, 0.70});
  }
  std::uint32_t const assets = first_moving + config_.factors;
  std::uint32_t const coin_curve = add_curve(floors, slopes, 1.0);
  std::uint32_t const spot_curve = add_curve(floors, spot, 1.0);
  for (std::uint32_t row = 0; row < kind_.size(); ++row) {
    bool const asset = row < assets;
    if (asset) asset_curve_.push_back(row < first_moving ? coin_curve : spot_curve);
    exposure_unit_.push_back(!asset && row % 4 == 3 ? underlying_[row] : no_index);
    bool const bracketed = row >= first_contract_ && row < first_contract_ + config_.instruments;
    exposure_curve_.push_back(bracketed ? add_bracket_curve(row) : no_index);
  }
  asset_in_units_.assign(assets, 0);
}

void DeskBook::make_popularity() {
  bool const own = config_.sharing == RowSharing::own_rows;
  std::uint32_t const assets = std::min(config_.factors, config_.instruments);
  asset_popularity_ = zipf(own ? config_.instruments : assets);
  contract_popularity_ = zipf(std::max(1u, config_.instruments / assets));
}

// Contract `number` on a moving asset (numbered from 0); the 0-th is its perpetual.
std::uint32_t DeskBook::contract_on(std::uint32_t asset, std::uint32_t number) const {
  return first_contract_ + number * config_.factors + asset;
}

std::uint32_t DeskBook::draw_row(PoolDraws& random) const {
  std::uint32_t const first = pick(asset_popularity_, random.uniform());
  if (config_.sharing == RowSharing::own_rows) return contract_on(first, 0);
  return contract_on(first, pick(contract_popularity_, random.uniform()));
}

bool DeskBook::is_held(std::uint32_t row) const {
  return std::any_of(terms_.begin(), terms_.end(),
                     [row](Holding const& held) { return held.row == row; });
}

// Mostly long, or mostly short, and four of five positions agree.
void DeskBook::draw_directional(PoolDraws& random, std::uint32_t count, double size) {
  double const side = random.chance(0.7) ? 1.0 : -1.0;
  for (std::uint32_t attempts = 8 * count; terms_.size() < count && attempts > 0; --attempts) {
    std::uint32_t const row = draw_row(random);
    if (is_held(row)) continue;
    double const sign = random.chance(0.8) ? side : -side;
    double const value = random.lognormal(size, 0.8);
    terms_.push_back(
        {row, sign * (size > first_edge ? value : std::min(value, largest_small_position))});
  }
}

// One contract bought, another on the same asset sold, or one contract alone if there is no other.
void DeskBook::draw_spread(PoolDraws& random, double size) {
  std::uint32_t const asset = pick(asset_popularity_, random.uniform());
  std::uint32_t const bought = contract_on(asset, pick(contract_popularity_, random.uniform()));
  std::uint32_t const sold = contract_on(asset, pick(contract_popularity_, random.uniform()));
  if (bought == sold || is_held(bought) || is_held(sold)) return;
  double const value = std::min(random.lognormal(size, 0.8), 4.0 * size);
  terms_.push_back({bought, value});
  terms_.push_back({sold, -value * random.uniform(0.95, 1.05)});
}

// Up to three spot assets, each sold forward by its perpetual; then calendar spreads.
void DeskBook::draw_hedged(PoolDraws& random, std::uint32_t count, double size) {
  std::uint32_t const spots = std::min(3u, count);
  for (std::uint32_t attempts = 8 * spots; spots_.size() < spots && attempts > 0; --attempts) {
    std::uint32_t const asset = pick(asset_popularity_, random.uniform());
    std::uint32_t const perpetual = contract_on(asset, 0);
    if (is_held(perpetual)) continue;
    double const value = std::min(random.lognormal(size, 0.8), 4.0 * size);
    spots_.push_back({first_moving + asset, value});
    terms_.push_back({perpetual, -value * random.uniform(0.95, 1.05)});
  }
  for (std::uint32_t attempts = 4 * count; terms_.size() + 1 < count && attempts > 0; --attempts)
    draw_spread(random, size);
}

double DeskBook::gross() const {
  double sum = 0.0;
  for (Holding const& held : terms_) sum += std::fabs(held.value);
  return sum;
}

double DeskBook::tonight_requirement() const {
  auto const row = [&](std::uint32_t r) { return price_today_[r]; };
  double sum = 0.0;
  for (Holding const& held : terms_)
    if (rules().exposure_curve[held.row] != no_index)
      sum += maintenance_requirement<double>(rules(), rules().exposure_curve[held.row], held.row,
                                             held.value, row);
  return sum + tonight_scans();
}

double DeskBook::tonight_scans() const {
  double sum = 0.0;
  for (std::uint64_t s = scan_begin_[scan_begin_.size() - 2]; s < scan_begin_.back(); ++s)
    sum += scan_requirement<double>(scans(), s, [&](std::uint32_t r) { return price_today_[r]; });
  return sum;
}

// Spread evenly over the book, and the same pools in every cut of it.
bool DeskBook::is_scanned(std::uint32_t pool) const {
  return static_cast<double>(pool * 2654435769u) * 0x1p-32 < config_.scanned;
}

// Bought and sold on the same few assets, by what they are written on.
void DeskBook::draw_options(PoolDraws& random, double size) {
  for (std::uint32_t i = 0; i < config_.scan_options; ++i) {
    auto const drawn =
        static_cast<std::size_t>(random.uniform(0.0, static_cast<double>(option_row_.size())));
    std::uint32_t const row = option_row_[drawn];
    if (is_held(row)) continue;
    double const written_on = std::min(random.lognormal(size, 0.8), largest_small_position);
    terms_.push_back({row, (random.chance(0.5) ? 1.0 : -1.0) * written_on * price_today_[row] /
                               price_today_[underlying_[row]]});
  }
}

// Moves the pool's contracts to those that are scanned, one scan an underlying.
void DeskBook::make_scanned(PoolDraws& random, double size) {
  for (Holding& held : terms_) held.row += scanned_contracts_ - first_contract_;
  if (config_.scan_options > 0) draw_options(random, size);
  std::stable_sort(terms_.begin(), terms_.end(), [this](Holding const& a, Holding const& b) {
    return underlying_[a.row] < underlying_[b.row];
  });
}

// The scans of terms_, if these are scanned.
void DeskBook::add_scans() {
  std::uint32_t underlying = no_index;
  for (Holding const& held : terms_) {
    bool const option = held.row < first_contract_;
    if (!option && (config_.scanned == 0.0 || held.row < scanned_contracts_)) continue;
    if (underlying_[held.row] != underlying && underlying != no_index) {
      scan_term_begin_.push_back(scan_row_.size());
      class_begin_.push_back(scan_term_begin_.size() - 1);
    }
    if (underlying_[held.row] != underlying) {
      underlying = underlying_[held.row];
      scan_grid_.push_back(0);
      scan_least_.push_back(0.0);
      class_offset_.push_back(0.0);
    }
    scan_row_.push_back(held.row);
    scan_shocked_.push_back(option ? held.row + 1
                                   : scanned_contracts_ + config_.instruments +
                                         (held.row - scanned_contracts_) * scan_points);
    scan_weight_.push_back(held.value / price_today_[held.row]);
  }
  if (underlying != no_index) {
    scan_term_begin_.push_back(scan_row_.size());
    class_begin_.push_back(scan_term_begin_.size() - 1);
  }
  scan_begin_.push_back(scan_grid_.size());
}

double DeskBook::tonight_spot_credit() const {
  double sum = 0.0;
  for (Holding const& held : spots_)
    sum += collateral_credit(rules(), rules().asset_curve[held.row], held.row, held.value, 1.0,
                             [this](std::uint32_t r) { return price_today_[r]; });
  return sum;
}

// The collateral whose credit after haircuts is `credit`: the inverse of the coin's curve.
double DeskBook::collateral_for(double credit) const {
  std::uint32_t const curve = asset_curve_[coin];
  for (std::uint32_t i = curve_begin_[curve + 1]; i-- > curve_begin_[curve];) {
    double const amount = (credit - intercept_[i]) / slope_[i];
    if (amount > floor_[i]) return amount;
  }
  return credit / slope_[curve_begin_[curve]];
}

// The coin's group with all positions, then spot.
void DeskBook::add_groups(double buffer) {
  double const price = price_today_[coin];
  double const credit = tonight_requirement() + buffer - tonight_spot_credit();
  double settled = 0.0;
  for (Holding const& held : terms_) {
    term_row_.push_back(held.row);
    weight_.push_back(held.value / price_today_[held.row]);
    settled -= held.value / price;
  }
  group_asset_.push_back(coin);
  balance_.push_back(collateral_for(credit) / price);
  settled_.push_back(settled);
  term_begin_.push_back(term_row_.size());
  for (Holding const& held : spots_) {
    group_asset_.push_back(held.row);
    balance_.push_back(held.value / price_today_[held.row]);
    settled_.push_back(0.0);
    term_begin_.push_back(term_row_.size());
  }
  group_begin_.push_back(static_cast<std::uint32_t>(group_asset_.size()));
  share_.resize(group_asset_.size(), 1.0);
}

// A hedged pool borrows more against its gross, because less of it is at risk.
void DeskBook::make_pool(std::uint32_t pool) {
  PoolDraws random(config_.seed, pool);
  terms_.clear();
  spots_.clear();
  bool const hedged = random.chance(config_.hedged);
  bool const large = random.chance(config_.tiered);
  bool const isolated = pool > 0 && pool_kind_.back() == PoolKind::cross && random.chance(0.05);
  std::uint32_t const least = (config_.positions + 1) / 2;
  auto const count = static_cast<std::uint32_t>(
      random.uniform(least, config_.positions + (config_.positions - least) + 1));
  double const size = random.lognormal(large ? 3.0 * first_edge : 2e4, large ? 0.5 : 1.0);
  if (hedged)
    draw_hedged(random, count, large ? size : std::min(size, largest_small_position / 4.0));
  else
    draw_directional(random, count, large ? std::max(size, 1.01 * first_edge) : size);
  if (is_scanned(pool)) make_scanned(random, size);
  add_scans();
  add_groups(random.lognormal(config_.buffer_scale, 0.6) * gross() * (hedged ? 0.06 : 1.0));
  pool_kind_.push_back(isolated ? PoolKind::isolated : PoolKind::cross);
  if (!isolated) {
    pool_begin_.push_back(pool);
    account_class_.push_back(static_cast<std::uint8_t>(pool % 2));
  }
}

void DeskBook::make_pools() {
  std::size_t const terms = static_cast<std::size_t>(config_.pools) * (config_.positions + 1);
  term_row_.reserve(terms);
  weight_.reserve(terms);
  for (std::uint32_t pool = 0; pool < config_.pools; ++pool) make_pool(pool);
  pool_begin_.push_back(config_.pools);
  today_.reserve(config_.pools);
  auto const row = [&](std::uint32_t r) { return price_today_[r]; };
  for (std::uint32_t pool = 0; pool < config_.pools; ++pool) {
    Margin<double> const margin = evaluate<double>(book(), rules(), pool, row);
    bool const isolated = pool_kind_[pool] == PoolKind::isolated;
    today_.push_back({margin.excess, isolated ? std::fabs(margin.equity) : largest_amount});
  }
}

RowsView DeskBook::rows() const {
  return {static_cast<std::uint32_t>(kind_.size()),
          first_moving + config_.factors,
          first_moving + config_.factors + static_cast<std::uint32_t>(option_.size()),
          kind_.data(),
          factor_.data(),
          underlying_.data(),
          settle_.data(),
          ratio_.data(),
          option_.data()};
}

RulesView DeskBook::rules() const {
  return {{curve_begin_.data(), floor_.data(), slope_.data(), intercept_.data()},
          asset_curve_.data(),
          asset_in_units_.data(),
          exposure_curve_.data(),
          exposure_unit_.data(),
          1.0};
}

BookView DeskBook::book() const {
  return {static_cast<std::uint32_t>(account_class_.size()),
          static_cast<std::uint32_t>(pool_kind_.size()),
          2,
          pool_begin_.data(),
          account_class_.data(),
          pool_kind_.data(),
          group_begin_.data(),
          group_asset_.data(),
          balance_.data(),
          settled_.data(),
          share_.data(),
          term_begin_.data(),
          term_row_.data(),
          weight_.data(),
          nullptr,
          nullptr,
          nullptr,
          nullptr,
          nullptr,
          nullptr,
          scans()};
}

ScanView DeskBook::scans() const {
  if (scan_grid_.empty()) return {};
  return {scan_begin_.data(),   scan_grid_.data(),
          scan_least_.data(),   class_begin_.data(),
          class_offset_.data(), scan_term_begin_.data(),
          scan_row_.data(),     scan_shocked_.data(),
          scan_weight_.data(),  1,
          point_begin_.data(),  part_.data()};
}

Job DeskBook::job() const {
  MarketView const market = {config_.factors,     price_.data(),   volatility_.data(),
                             limit_.data(),       loading_.data(), mixing_low_.data(),
                             mixing_high_.data(), nullptr};
  RunShape const shape = {config_.seed, config_.scenarios, config_.steps, 1.0 / days_per_year};
  return {market, rows(), rules(), book(), today_.data(), shape, config_.tails};
}

}  // namespace plimsoll::bench
