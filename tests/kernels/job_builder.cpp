#include "tests/kernels/job_builder.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/evaluate.hpp"

namespace plimsoll::testing {

JobBuilder::JobBuilder(JobConfig const& config) : config_(config), random_(config.seed) {
  draw_market();
  if (config_.table) draw_table();
  draw_rows();
  draw_curves();
  draw_grids();
  draw_book();
  value_today();
}

double JobBuilder::uniform(double low, double high) {
  return low + (high - low) * (static_cast<double>(random_() >> 11) * 0x1p-53);
}

std::uint32_t JobBuilder::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>(random_() % bound);
}

// A lower triangle with positive diagonal and rows of unit length, and a mixing table that grows
// from calm to wild; it need not be that of any distribution.
void JobBuilder::draw_market() {
  std::uint32_t const n = config_.factors;
  loading_.assign(static_cast<std::size_t>(n) * n, 0.0);
  for (std::uint32_t f = 0; f < n; ++f) {
    price_.push_back(std::exp(uniform(-3.0, 10.0)));
    volatility_.push_back(uniform(0.3, 1.5));
    limit_.push_back(uniform(0.15, 0.6));
    double square = 0.0;
    for (std::uint32_t j = 0; j <= f; ++j) {
      double const entry = j == f ? uniform(0.3, 1.0) : uniform(-0.2, 0.6);
      loading_[static_cast<std::size_t>(f) * n + j] = entry;
      square += entry * entry;
    }
    for (std::uint32_t j = 0; j <= f; ++j)
      loading_[static_cast<std::size_t>(f) * n + j] /= std::sqrt(square);
  }
  for (std::uint32_t i = 0; i < mixing_nodes; ++i) {
    double const towards_middle = static_cast<double>(i) / (mixing_nodes - 1);
    mixing_low_.push_back(0.3 + 0.6 * towards_middle);
    mixing_high_.push_back(0.9 + 8.0 * (1.0 - towards_middle) * (1.0 - towards_middle));
  }
}

void JobBuilder::draw_table() {
  std::uint64_t const moves = config_.scenarios * config_.steps * config_.factors;
  for (std::uint64_t i = 0; i < moves; ++i) table_.push_back(uniform(-0.12, 0.12));
}

void JobBuilder::draw_rows() {
  for (std::uint32_t asset = 0; asset < config_.assets; ++asset) {
    bool const constant = asset == 0 || asset % 5 == 4 || config_.factors == 0;
    std::uint32_t const factor = constant ? no_index : below(config_.factors);
    kind_.push_back(constant ? RowKind::constant : RowKind::price);
    factor_.push_back(factor);
    underlying_.push_back(no_index);
    settle_.push_back(no_index);
    ratio_.push_back(asset == 0 ? 1.0 : constant ? 0.998 : price_[factor]);
    price_today_.push_back(ratio_.back());
  }
  for (std::uint32_t i = 0; i < config_.derived; ++i) draw_derived(i);
  if (config_.shocked)
    for (std::uint32_t i = 0; i < config_.derived; ++i) add_shocked(config_.assets + i, true);
  for (std::uint32_t i = 0; i < config_.states; ++i) draw_state();
  for (std::uint32_t i = 0; i < config_.exposures; ++i) {
    bool const inverse = i % 3 == 2;
    std::uint32_t underlying = below(config_.assets);
    // Plain contracts on a price that stops.
    if (config_.derived > 0 && !inverse && i % 5 == 0)
      underlying = config_.assets + below((config_.derived + 7) / 8) * 8;
    add_row(inverse ? RowKind::inverse : RowKind::linear, underlying, below(config_.assets),
            uniform(0.98, 1.02));
  }
  if (config_.shocked)
    for (std::uint32_t i = 0; i < config_.exposures; ++i) add_shocked(first_exposure() + i, false);
}

std::uint32_t JobBuilder::first_state() const {
  return config_.assets + config_.derived * (config_.shocked ? 1 + shocks : 1);
}

std::uint32_t JobBuilder::first_exposure() const {
  return first_state() + config_.states;
}

// The same row under each shock.
void JobBuilder::add_shocked(std::uint32_t row, bool stored) {
  constexpr double spot[shocks] = {0.0, -0.2, 0.2, -0.1, 0.1};
  constexpr double volatility[shocks] = {0.0, 0.5, -0.3, 0.0, 0.0};
  for (std::uint32_t i = 0; i < shocks; ++i) {
    if (stored) {
      OptionRow option = option_[row - config_.assets];
      option.volatility *= 1.0 + volatility[i];
      option_.push_back(option);
    }
    add_row(kind_[row], underlying_[row], settle_[row], ratio_[row] * (1.0 + spot[i]));
  }
}

void JobBuilder::add_row(RowKind kind, std::uint32_t underlying, std::uint32_t settle,
                         double ratio) {
  kind_.push_back(kind);
  underlying_.push_back(underlying);
  settle_.push_back(settle);
  ratio_.push_back(ratio);
  auto const row = static_cast<std::uint32_t>(price_today_.size());
  price_today_.push_back(value_tonight(rows(), row, price_today_.data()));
}

// By turns a price that stops, options on a price or on what stopped, and an inverse contract on
// it.
void JobBuilder::draw_derived(std::uint32_t i) {
  constexpr std::uint32_t turns = 8;
  std::uint32_t const turn = i % turns;
  std::uint32_t const stopped = config_.assets + i - turn;
  std::uint32_t const asset = below(config_.assets);
  bool const ends = turn != 0 && below(3) == 0;  // within the horizon
  std::uint32_t const underlying = ends || turn == 4 ? stopped : asset;
  double const price = price_today_[underlying];
  OptionRow option{};
  option.side = below(2) == 0 ? OptionSide::call : OptionSide::put;
  option.in_coin = turn == 2;
  option.until = turn == 0 ? 1 + below(config_.steps) : 0;
  option.level = below(3) == 0 ? no_index : below(config_.assets);
  option.strike_unit = below(3) == 0 ? below(config_.assets) : no_index;
  option.strike = price * uniform(0.7, 1.3) /
                  (option.strike_unit == no_index ? 1.0 : price_today_[option.strike_unit]);
  option.years = ends ? config_.years_per_step * uniform(0.0, config_.steps) : uniform(0.01, 1.0);
  option.volatility =
      uniform(0.0, 1.2) / (option.level == no_index ? 1.0 : price_today_[option.level]);
  option.rate = below(3) == 0 ? 0.0 : uniform(-0.01, 0.08);
  option.carry = below(2) == 0 ? 0.0 : uniform(-0.02, 0.05);
  option.written_rate = uniform(0.1, 0.2);
  option.written_least = uniform(0.0, 0.1);
  option_.push_back(option);
  if (turn == 6) option.years = config_.years_per_step * (1 + below(config_.steps));
  constexpr RowKind kinds[turns] = {RowKind::stopped,  RowKind::european, RowKind::european,
                                    RowKind::american, RowKind::inverse,  RowKind::written,
                                    RowKind::running,  RowKind::aged};
  // The written option is the one before last; what runs or ages may be any row of this turn.
  std::uint32_t const settle = turn == 5        ? config_.assets + i - 2
                               : turn > 5       ? stopped + below(turn)
                               : option.in_coin ? underlying
                                                : below(config_.assets);
  add_row(kinds[turn], turn == 0 ? asset : underlying, settle, uniform(0.98, 1.02));
}

// By how much a price is below or above a level around that of tonight, or how much wilder it is.
void JobBuilder::draw_state() {
  std::uint32_t const asset = below(config_.assets);
  std::uint32_t const kind = below(3);
  OptionRow figures{};
  double ratio = 1.0;
  if (kind < 2) {
    double const sign = kind == 0 ? -1.0 : 1.0;
    ratio = sign * uniform(0.9, 1.1) / price_today_[asset];
    figures.offset = -sign * uniform(0.95, 1.05);
  } else {
    figures.persistence = uniform(0.7, 1.0);
    figures.newness = (1.0 - figures.persistence) / (0.6 * 0.6 * config_.years_per_step);
  }
  option_.push_back(figures);
  add_row(kind < 2 ? RowKind::beyond : RowKind::wilder, asset, no_index, ratio);
}

std::uint32_t JobBuilder::draw_state_of_credit() {
  return below(2) == 0 ? no_index : first_state() + below(config_.states);
}

std::uint32_t JobBuilder::draw_row(std::uint32_t first) {
  std::uint32_t const plain = first_state();
  std::uint32_t const row = first + below(plain + config_.exposures - first);
  return row < plain ? row : row + config_.states;
}

// A segment that continues the last curve from `floor` on.
void JobBuilder::add_segment(double floor, double slope) {
  bool const first = floor == -std::numeric_limits<double>::infinity();
  intercept_.push_back(first ? 0.0 : intercept_.back() + (slope_.back() - slope) * floor);
  floor_.push_back(floor);
  slope_.push_back(slope);
}

// Borrowed amounts at 1 + b, then marginal haircuts that grow.
std::uint32_t JobBuilder::add_haircut_curve() {
  add_segment(-std::numeric_limits<double>::infinity(), 1.0 + uniform(0.0, 0.1));
  add_segment(0.0, 1.0);
  double floor = 0.0;
  double haircut = 0.0;
  for (std::uint32_t tiers = below(4); tiers > 0; --tiers) {
    floor += uniform(1e3, 1e5);
    haircut += uniform(0.01, 0.2);
    add_segment(floor, 1.0 - haircut);
  }
  curve_begin_.push_back(static_cast<std::uint32_t>(floor_.size()));
  return static_cast<std::uint32_t>(curve_begin_.size()) - 2;
}

// Marginal maintenance rates that grow with the notional.
std::uint32_t JobBuilder::add_bracket_curve() {
  double rate = uniform(0.004, 0.02);
  add_segment(-std::numeric_limits<double>::infinity(), rate);
  double floor = 0.0;
  for (std::uint32_t tiers = below(6); tiers > 0; --tiers) {
    floor += uniform(1e4, 1e5);
    rate += uniform(0.005, 0.03);
    add_segment(floor, rate);
  }
  curve_begin_.push_back(static_cast<std::uint32_t>(floor_.size()));
  return static_cast<std::uint32_t>(curve_begin_.size()) - 2;
}

// One rate for the whole notional, looked up: it jumps where a tier begins.
std::uint32_t JobBuilder::add_lookup_curve() {
  double rate = uniform(0.004, 0.02);
  double floor = -std::numeric_limits<double>::infinity();
  for (std::uint32_t tiers = 1 + below(4); tiers > 0; --tiers) {
    floor_.push_back(floor);
    slope_.push_back(rate);
    intercept_.push_back(0.0);
    floor = std::max(floor, 0.0) + uniform(1e4, 1e5);
    rate += uniform(0.005, 0.03);
  }
  curve_begin_.push_back(static_cast<std::uint32_t>(floor_.size()));
  return static_cast<std::uint32_t>(curve_begin_.size()) - 2;
}

// What a spread requires: its short side's margin, up to what it may lose.
std::uint32_t JobBuilder::add_capped_curve() {
  add_segment(-std::numeric_limits<double>::infinity(), uniform(0.3, 1.0));
  add_segment(uniform(1e3, 1e5), 0.0);
  curve_begin_.push_back(static_cast<std::uint32_t>(floor_.size()));
  return static_cast<std::uint32_t>(curve_begin_.size()) - 2;
}

void JobBuilder::draw_curves() {
  for (std::uint32_t asset = 0; asset < config_.assets; ++asset) {
    asset_curve_.push_back(add_haircut_curve());
    asset_in_units_.push_back(static_cast<std::uint8_t>(asset % 3 == 1));
    exposure_curve_.push_back(no_index);
    exposure_unit_.push_back(no_index);
    if (config_.states == 0) continue;
    asset_state_.push_back({draw_state_of_credit(), draw_state_of_credit(),
                            below(3) == 0 ? 0.0 : uniform(0.0, 3.0),
                            below(3) == 0 ? 0.0 : uniform(0.0, 2.0)});
  }
  for (std::uint32_t i = 0; i < kind_.size() - config_.assets; ++i) {
    exposure_curve_.push_back(add_bracket_curve());
    exposure_unit_.push_back(i % 4 == 3 ? below(config_.assets) : no_index);
  }
}

void JobBuilder::draw_book() {
  for (std::uint32_t account = 0; account < config_.accounts; ++account) {
    account_class_.push_back(static_cast<std::uint8_t>(below(config_.classes)));
    double const scale =
        account < config_.largest_accounts ? uniform(1e14, 3e14) : std::exp(uniform(7.0, 14.0));
    std::uint32_t const pools = 1 + below(config_.most_pools);
    for (std::uint32_t pool = 0; pool < pools; ++pool) draw_pool(pool > 0, scale);
    pool_begin_.push_back(static_cast<std::uint32_t>(pool_kind_.size()));
  }
  if (config_.extreme_pool && !balance_.empty()) {
    // Beside the largest amount that a cell may reach, so that a move decides.
    std::size_t const last = balance_.size() - 1;
    balance_[last] = 1.02 * largest_amount / price_today_[group_asset_[last]];
  }
}

void JobBuilder::draw_pool(bool isolated, double scale) {
  pool_kind_.push_back(isolated ? PoolKind::isolated : PoolKind::cross);
  std::uint32_t const groups = isolated ? 1 : 1 + below(std::min(config_.assets, 3u));
  std::uint32_t const first = below(config_.assets);
  for (std::uint32_t g = 0; g < groups; ++g) {
    std::uint32_t const asset = (first + g) % config_.assets;
    if (!isolated && g == 1)
      draw_hedge(asset, scale);
    else
      draw_group(asset, scale);
    if (config_.own_curves)
      group_curve_.push_back(below(3) == 0 ? add_haircut_curve() : asset_curve_[asset]);
  }
  draw_charges(scale);
  draw_scans(scale);
  group_begin_.push_back(static_cast<std::uint32_t>(group_asset_.size()));
}

void JobBuilder::add_term(std::uint32_t row, double weight) {
  term_row_.push_back(row);
  weight_.push_back(weight);
  if (config_.own_curves) term_curve_.push_back(draw_term_curve(row));
}

std::uint32_t JobBuilder::draw_term_curve(std::uint32_t row) {
  switch (below(5)) {
    case 0:
      return no_index;
    case 1:
      return add_lookup_curve();
    case 2:
      return add_bracket_curve();
    default:
      return exposure_curve_[row];
  }
}

// Requirements beside those of positions, on whatever row.
void JobBuilder::draw_charges(double scale) {
  if (config_.most_charges == 0) return;
  for (std::uint32_t c = below(config_.most_charges + 1); c > 0; --c) {
    std::uint32_t const row = draw_row(0);
    charge_row_.push_back(row);
    charge_weight_.push_back(0.3 * uniform(-1.0, 1.0) * scale / std::max(price_today_[row], 1e-6));
    std::uint32_t const kind = below(3);
    charge_curve_.push_back(kind == 0   ? add_lookup_curve()
                            : kind == 1 ? add_capped_curve()
                                        : add_bracket_curve());
  }
  charge_begin_.push_back(charge_row_.size());
}

// Grids that are short enough for the rows that take work.
void JobBuilder::draw_grids() {
  if (config_.most_scans == 0) return;
  for (std::uint32_t points : {1u, 2u, 5u}) {
    for (; points > 0; --points) part_.push_back(below(3) == 0 ? uniform(0.2, 1.0) : 1.0);
    point_begin_.push_back(static_cast<std::uint32_t>(part_.size()));
  }
}

// Scans over stored rows: what a row is under a shock is some other row beside it, dear enough to
// matter.
void JobBuilder::draw_scans(double scale) {
  if (config_.most_scans == 0) return;
  for (std::uint32_t s = below(config_.most_scans + 1); s > 0; --s) {
    std::uint32_t const grid = below(static_cast<std::uint32_t>(point_begin_.size()) - 1);
    std::uint32_t const points = point_begin_[grid + 1] - point_begin_[grid];
    scan_grid_.push_back(grid);
    scan_least_.push_back(below(2) == 0 ? 0.0 : 0.02 * uniform(0.0, scale));
    for (std::uint32_t c = 1 + below(3); c > 0; --c) {
      scan_offset_.push_back(below(3) == 0 ? 1.0 : uniform(0.0, 1.0));
      for (std::uint32_t t = below(4); t > 0; --t) draw_scan_term(points, scale);
      scan_term_begin_.push_back(scan_row_.size());
    }
    scan_class_begin_.push_back(scan_offset_.size());
  }
  scan_begin_.push_back(scan_grid_.size());
}

void JobBuilder::draw_scan_term(std::uint32_t points, double scale) {
  std::uint32_t const plain = first_exposure();
  std::uint32_t row = 0;
  std::uint32_t shocked = 0;
  if (config_.shocked && below(4) != 0) {
    bool const derived = below(2) == 0;
    std::uint32_t const i = below(derived ? config_.derived : config_.exposures);
    row = derived ? config_.assets + i : plain + i;
    shocked = (derived ? config_.assets + config_.derived : plain + config_.exposures) + i * shocks;
  } else {
    row = below(first_state());
    shocked = below(first_state() - points + 1);
  }
  double dearest = price_today_[row];
  for (std::uint32_t p = 0; p < points; ++p) dearest = std::max(dearest, price_today_[shocked + p]);
  scan_row_.push_back(row);
  scan_shocked_.push_back(shocked);
  scan_weight_.push_back(0.1 * uniform(-1.0, 1.0) * scale / std::max(dearest, 1e-6));
}

// Positions both ways on any exposure, and a balance that is sometimes borrowed.
void JobBuilder::draw_group(std::uint32_t asset, double scale) {
  double const price = price_today_[asset];
  double const buffer = scale * config_.thin_buffer * uniform(0.2, 2.0);
  bool const borrowed = below(8) == 0;
  group_asset_.push_back(asset);
  balance_.push_back((borrowed ? -0.2 : 1.0) * buffer / price);
  settled_.push_back(uniform(-0.1, 0.1) * buffer / price);
  share_.push_back(uniform(0.2, 1.0));
  std::uint32_t const terms =
      config_.exposures == 0 ? 0 : below(std::min(config_.most_terms, config_.exposures) + 1);
  for (std::uint32_t t = 0; t < terms; ++t) {
    std::uint32_t const row = draw_row(config_.assets);
    double const value = uniform(-1.0, 1.0) * scale;
    // An option may be worth nothing tonight.
    double const unit = price_today_[row] > 1e-3 * price_today_[underlying_[row]]
                            ? price_today_[row]
                            : price_today_[underlying_[row]];
    add_term(row, value / unit);
    // Entered at tonight's value, so that profit and loss start near zero.
    settled_.back() -= value / price;
  }
  term_begin_.push_back(term_row_.size());
}

// An asset held and sold forward: a large balance whose moves cancel.
void JobBuilder::draw_hedge(std::uint32_t asset, double scale) {
  double const price = price_today_[asset];
  group_asset_.push_back(asset);
  balance_.push_back(scale / price);
  settled_.push_back(0.0);
  share_.push_back(1.0);
  for (std::uint32_t i = 0; i < config_.exposures; ++i) {
    std::uint32_t const row = first_exposure() + i;
    if (underlying_[row] != asset || kind_[row] != RowKind::linear) continue;
    add_term(row, -scale / price_today_[row]);
    settled_.back() += scale / price;
    break;
  }
  term_begin_.push_back(term_row_.size());
}

// Excess tonight; an isolated pool can lose what it is worth and no more.
void JobBuilder::value_today() {
  for (std::uint32_t pool = 0; pool < pool_kind_.size(); ++pool) {
    Margin<double> const margin = evaluate<double>(
        book(), rules(), pool, [&](std::uint32_t row) { return price_today_[row]; });
    bool const isolated = pool_kind_[pool] == PoolKind::isolated;
    today_.push_back({margin.excess, isolated ? std::fabs(margin.equity) : largest_amount});
  }
}

RowsView JobBuilder::rows() const {
  return {static_cast<std::uint32_t>(kind_.size()),
          config_.assets,
          first_exposure(),
          kind_.data(),
          factor_.data(),
          underlying_.data(),
          settle_.data(),
          ratio_.data(),
          option_.data()};
}

RulesView JobBuilder::rules() const {
  return {{curve_begin_.data(), floor_.data(), slope_.data(), intercept_.data()},
          asset_curve_.data(),
          asset_in_units_.data(),
          exposure_curve_.data(),
          exposure_unit_.data(),
          config_.gain_weight,
          config_.states == 0 ? nullptr : asset_state_.data()};
}

BookView JobBuilder::book() const {
  return {config_.accounts,
          static_cast<std::uint32_t>(pool_kind_.size()),
          config_.classes,
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
          config_.own_curves ? group_curve_.data() : nullptr,
          config_.own_curves ? term_curve_.data() : nullptr,
          config_.most_charges > 0 ? charge_begin_.data() : nullptr,
          charge_row_.data(),
          charge_weight_.data(),
          charge_curve_.data(),
          scans()};
}

ScanView JobBuilder::scans() const {
  if (config_.most_scans == 0) return {};
  return {scan_begin_.data(),  scan_grid_.data(),
          scan_least_.data(),  scan_class_begin_.data(),
          scan_offset_.data(), scan_term_begin_.data(),
          scan_row_.data(),    scan_shocked_.data(),
          scan_weight_.data(), static_cast<std::uint32_t>(point_begin_.size() - 1),
          point_begin_.data(), part_.data()};
}

Job JobBuilder::job() const {
  MarketView const market = {config_.factors,     price_.data(),
                             volatility_.data(),  limit_.data(),
                             loading_.data(),     mixing_low_.data(),
                             mixing_high_.data(), config_.table ? table_.data() : nullptr};
  RunShape const shape = {config_.seed, config_.scenarios, config_.steps, config_.years_per_step};
  return {market, rows(), rules(), book(), today_.data(), shape, config_.tails};
}

std::uint64_t JobBuilder::cells() const {
  return pool_kind_.size() * config_.scenarios * config_.steps;
}

}  // namespace plimsoll::testing
