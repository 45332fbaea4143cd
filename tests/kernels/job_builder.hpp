// Random jobs for tests: a whole market, rules and book, drawn from a seed, small enough to be
// recomputed by hand-written loops, and of every kind that the engines must agree on.
//
// Units:  as in models/: currency, fractions per year, log-returns.
// Trusts: std::mt19937_64 is the same on every platform; distributions are our own, because those
//         of the library are not.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/engine.hpp"

namespace plimsoll::testing {

struct JobConfig {
  std::uint64_t seed = 1;
  std::uint32_t factors = 5;
  std::uint32_t assets = 7;      // the first is the reporting currency; some others are constant
  std::uint32_t derived = 0;     // rows that take work: options, prices that stop, and on those
  std::uint32_t states = 0;      // rows that credits move with; half of the assets name some
  std::uint32_t exposures = 12;  // linear and inverse by turns
  std::uint32_t accounts = 40;
  std::uint32_t most_pools = 4;   // of an account: one cross pool, then isolated ones
  std::uint32_t most_terms = 6;   // of a collateral group
  std::uint32_t classes = 3;      // segregation classes
  std::uint64_t scenarios = 200;  // numbered from 0
  std::uint32_t steps = 2;
  double gain_weight = 1.0;
  bool own_curves = false;             // groups and terms have curves of their own, some terms none
  std::uint32_t most_charges = 0;      // of a pool
  std::uint32_t most_scans = 0;        // of a pool, where rows take work
  bool shocked = false;                // scans are of contracts under shocks, and seldom any rows
  bool table = false;                  // log-moves given, not drawn
  bool extreme_pool = false;           // one pool so large that most of its cells are undefined
  std::uint32_t largest_accounts = 0;  // so many first accounts hold about 10^14 of currency
  double thin_buffer = 0.15;  // collateral as a fraction of notional: smaller means more breaches
  double years_per_step = 1.0 / 365.0;
  Tails tails = Tails::none;
};

// Owns what the views of job() point to; not to be moved.
class JobBuilder {
 public:
  explicit JobBuilder(JobConfig const& config);
  JobBuilder(JobBuilder const&) = delete;
  JobBuilder& operator=(JobBuilder const&) = delete;

  Job job() const;
  std::uint64_t cells() const;  // pools x scenarios x steps

 private:
  double uniform(double low, double high);
  std::uint32_t below(std::uint32_t bound);

  void draw_market();
  void draw_table();
  void draw_rows();
  void draw_derived(std::uint32_t i);
  void draw_state();
  std::uint32_t draw_state_of_credit();
  void add_shocked(std::uint32_t row, bool stored);
  // Rows that take work come before plain exposures, the states last of them.
  std::uint32_t first_state() const;
  std::uint32_t first_exposure() const;
  // A row that is none of the states.
  std::uint32_t draw_row(std::uint32_t first);
  void add_row(RowKind kind, std::uint32_t underlying, std::uint32_t settle, double ratio);
  void draw_curves();
  std::uint32_t add_haircut_curve();
  std::uint32_t add_bracket_curve();
  std::uint32_t add_lookup_curve();
  std::uint32_t add_capped_curve();
  void add_segment(double floor, double slope);
  void draw_book();
  void draw_pool(bool isolated, double scale);
  void draw_group(std::uint32_t asset, double scale);
  void draw_hedge(std::uint32_t asset, double scale);
  void add_term(std::uint32_t row, double weight);
  std::uint32_t draw_term_curve(std::uint32_t row);
  void draw_charges(double scale);
  void draw_grids();
  void draw_scans(double scale);
  void draw_scan_term(std::uint32_t points, double scale);
  void value_today();
  RowsView rows() const;
  RulesView rules() const;
  BookView book() const;
  ScanView scans() const;

  static constexpr std::uint32_t shocks = 5;  // rows of a contract that is scanned

  JobConfig config_;
  std::mt19937_64 random_;
  std::vector<double> price_, volatility_, limit_, loading_, mixing_low_, mixing_high_, table_;
  std::vector<RowKind> kind_;
  std::vector<OptionRow> option_;
  std::vector<std::uint32_t> factor_, underlying_, settle_;
  std::vector<double> ratio_;
  std::vector<double> price_today_;  // [rows] every row tonight
  std::vector<std::uint32_t> curve_begin_{0}, asset_curve_, exposure_curve_, exposure_unit_;
  std::vector<double> floor_, slope_, intercept_;
  std::vector<std::uint8_t> asset_in_units_;
  std::vector<CreditState> asset_state_;
  std::vector<std::uint32_t> pool_begin_{0}, group_begin_{0}, group_asset_, term_row_;
  std::vector<std::uint8_t> account_class_;
  std::vector<PoolKind> pool_kind_;
  std::vector<double> balance_, settled_, share_, weight_;
  std::vector<std::uint64_t> term_begin_{0}, charge_begin_{0};
  std::vector<std::uint32_t> group_curve_, term_curve_, charge_row_, charge_curve_;
  std::vector<double> charge_weight_;
  std::vector<std::uint64_t> scan_begin_{0}, scan_class_begin_{0}, scan_term_begin_{0};
  std::vector<std::uint32_t> scan_grid_, scan_row_, scan_shocked_, point_begin_{0};
  std::vector<double> scan_least_, scan_offset_, scan_weight_, part_;
  std::vector<PoolToday> today_;
};

}  // namespace plimsoll::testing
