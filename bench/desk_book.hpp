// Jobs as a desk has them, for benchmarks: correlated fat-tailed assets, contracts of which a few
// are held by everybody, pools that are mostly long, and buffers that make a wanted share of cells
// breach. Units:  as in models/: currency, fractions per year, log-returns. Method: one-factor
// correlation, Student-t with 4 degrees of freedom; popularity by Zipf's law;
//   positions entered at tonight's value, so that collateral = requirement + buffer.
// Trusts: draws are functions of (seed, pool): the first pools of a larger book are those of a
//   smaller one, so that a cut of a job is checked where the whole would take too long.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/engine.hpp"

namespace plimsoll::bench {

enum class RowSharing : std::uint8_t {
  linear,    // contracts on few assets: many rows, one price moves them; can be netted
  own_rows,  // inverse contracts, each with its own pair of assets: no row follows from others
};

struct DeskConfig {
  std::uint64_t seed = 1;
  std::uint32_t pools = 20000;
  std::uint64_t scenarios = 10000;
  std::uint32_t steps = 1;
  std::uint32_t factors = 200;       // assets that move
  std::uint32_t instruments = 2000;  // own_rows: at most factors (factors - 1)
  std::uint32_t positions = 20;  // mean of a pool, which holds half to one and a half times that
  double breach_share = 0.002;   // wanted share of pool-scenarios in breach
  double tiered = 0.0;           // share of pools so large that tiers and brackets matter
  double hedged = 0.0;           // share of pools with spot sold forward and calendar spreads
  RowSharing sharing = RowSharing::linear;
  double scanned = 0.0;            // share of pools under portfolio scans of 31 points
  std::uint32_t scan_options = 0;  // positions in options that such a pool has beside its others
  bool tiers = true;               // false: one haircut and one maintenance rate, whatever the size
  double buffer_scale = 0.0;  // [fraction of gross] typical buffer; 0: calibrated to breach_share
  Tails tails = Tails::none;
};

// The share of pool-scenarios in breach.
double share_in_breach(Tally const& tally, RunShape const& shape);

// The config with the buffer_scale at which the first pools breach as often as wanted.
DeskConfig calibrated(DeskConfig config);

// Owns what the views of job() point to; not to be moved.
class DeskBook {
 public:
  explicit DeskBook(DeskConfig const& config);
  DeskBook(DeskBook const&) = delete;
  DeskBook& operator=(DeskBook const&) = delete;

  Job job() const;
  DeskConfig const& config() const { return config_; }  // with the buffer_scale that was used
  std::uint64_t terms() const { return term_row_.size(); }

 private:
  class PoolDraws;
  struct Holding {
    std::uint32_t row;
    double value;  // [ccy] tonight, signed
  };

  void make_market();
  void make_loading();
  void make_rows();
  void add_asset(RowKind kind, std::uint32_t factor, double price);
  void add_instrument(std::uint32_t number);
  void add_options();
  void add_option(std::uint32_t asset, double strike, OptionSide side);
  void add_scanned_instruments();
  void make_curves();
  std::uint32_t add_curve(std::vector<double> const& floors, std::vector<double> const& slopes,
                          double scale);
  std::uint32_t add_bracket_curve(std::uint32_t row);
  void make_popularity();
  void make_pools();
  void make_pool(std::uint32_t pool);
  std::uint32_t draw_row(PoolDraws& random) const;
  std::uint32_t contract_on(std::uint32_t asset, std::uint32_t number) const;
  bool is_held(std::uint32_t row) const;
  void draw_directional(PoolDraws& random, std::uint32_t count, double size);
  void draw_hedged(PoolDraws& random, std::uint32_t count, double size);
  void draw_spread(PoolDraws& random, double size);
  bool is_scanned(std::uint32_t pool) const;
  void draw_options(PoolDraws& random, double size);
  void make_scanned(PoolDraws& random, double size);
  void add_scans();
  double tonight_scans() const;
  ScanView scans() const;
  void add_groups(double buffer);
  double tonight_spot_credit() const;
  double tonight_requirement() const;
  double collateral_for(double credit) const;
  double gross() const;
  RowsView rows() const;
  RulesView rules() const;
  BookView book() const;

  DeskConfig config_;
  std::vector<double> price_, volatility_, limit_, loading_, mixing_low_, mixing_high_;
  std::vector<RowKind> kind_;
  std::vector<std::uint32_t> factor_, underlying_, settle_;
  std::vector<double> ratio_, price_today_;
  std::vector<std::uint32_t> curve_begin_{0}, asset_curve_, exposure_curve_, exposure_unit_;
  std::vector<double> floor_, slope_, intercept_;
  std::vector<std::uint8_t> asset_in_units_;
  std::vector<double> asset_popularity_, contract_popularity_;  // cumulated
  std::vector<std::uint32_t> pool_begin_, group_begin_{0}, group_asset_, term_row_;
  std::vector<std::uint8_t> account_class_;
  std::vector<PoolKind> pool_kind_;
  std::vector<double> balance_, settled_, share_, weight_;
  std::vector<std::uint64_t> term_begin_{0};
  // Scans: one grid; of a pool one scan an underlying.
  std::vector<OptionRow> option_;                             // [options and those under shocks]
  std::vector<std::uint32_t> option_row_;                     // [options]
  std::uint32_t first_contract_ = 0, scanned_contracts_ = 0;  // rows
  std::vector<double> part_, scan_least_, class_offset_, scan_weight_;
  std::vector<std::uint32_t> point_begin_, scan_grid_, scan_row_, scan_shocked_;
  std::vector<std::uint64_t> scan_begin_{0}, class_begin_{0}, scan_term_begin_{0};
  std::vector<PoolToday> today_;
  std::vector<Holding> terms_, spots_;  // of the pool being made
};

}  // namespace plimsoll::bench
