// Lays a market and a rule pack over a book: names become indices, schedules become curves and
// charges at tonight's prices and sizes, and every pool is evaluated once.
// Method: docs/rules.md. What hangs on a position's own side or size is a curve of its own; open
//   orders are a charge at their worst fill in place of the position's own requirement.
// Trusts: book, market and rules passed their own checks; what is checked here is that they fit.
// Errors: InputError where an asset has no price, an instrument no rule or no open interest that
//   its rule needs, or a pool is too large for ticks.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/book.hpp"
#include "host/market.hpp"
#include "host/rule_curves.hpp"
#include "host/rules.hpp"
#include "models/evaluate.hpp"
#include "models/market.hpp"
#include "models/passage.hpp"
#include "models/rows.hpp"

namespace plimsoll {

// Why a pool has a requirement beside those of its positions.
enum class ChargeCause : std::uint8_t {
  worst_fill,
  at_entry,
  orders,
  short_option,
  add_on,
  until_settled,
  funding,
  interest,
};

class ResolvedBook {
 public:
  // `shape` says when the steps of a run are: contracts that expire until the last settle at the
  // first step at or after their expiry. Without one nothing expires.
  ResolvedBook(Book const& book, Market const& market, RulePack const& rules,
               Threshold threshold = Threshold::maintenance, RunShape const& shape = {});

  // The same of a book of which the orders in spot are filled already: they count as orders only.
  struct AsFilled {};
  ResolvedBook(Book const& book, Market const& market, RulePack const& rules, Threshold threshold,
               RunShape const& shape, AsFilled);

  // Gives books of one book, market and shape under several rule packs one table of rows: those
  // that any of them needs, each once. Nothing else changes, and no figure does.
  static void share_rows(std::span<ResolvedBook> books);

  BookView book() const;
  // The same with positions at their full value, also where rules take a part of it away from
  // profit and loss.
  BookView book_as_held() const;
  // And with balances as they are before open orders in spot are filled.
  BookView book_as_owned() const;
  // Whether open orders in spot change what a pool holds.
  bool has_spot_orders(std::uint32_t pool) const {
    return !spot_pool_.empty() && spot_pool_[pool] != 0;
  }
  RowsView rows() const;
  RulesView rules() const;

  Threshold threshold() const { return threshold_; }
  std::vector<double> const& rows_today() const { return rows_today_; }          // [rows]
  std::vector<Margin<double>> const& margins_today() const { return margins_; }  // [pools]
  std::vector<PoolToday> const& pools_today() const { return today_; }           // [pools]

  // How many of the price rows are assets of the book: the first.
  std::uint32_t assets() const { return static_cast<std::uint32_t>(level_row_.size()); }
  // The underlying of an exposure row, the asset itself of a price row.
  std::uint32_t asset_of_row(std::uint32_t row) const;
  // Whether what an instrument requires ends within the run, when it settles.
  bool ends_within_run(std::uint32_t instrument) const;
  // Whether what an instrument requires hangs on its entry price.
  bool requires_at_entry(std::uint32_t instrument) const {
    return !at_entry_.empty() && at_entry_[instrument] != 0;
  }
  // The instrument that a row is the exposure of, or no_index.
  std::uint32_t instrument_of_row(std::uint32_t row) const { return row_instrument_[row]; }
  // The row of what an instrument is worth, which terms hold.
  std::uint32_t row_of_instrument(std::uint32_t instrument) const {
    return instrument_row_[instrument];
  }
  ChargeCause charge_cause(std::uint64_t charge) const { return charge_cause_[charge]; }
  // The instrument that a charge is for, where its row does not say it, or no_index.
  std::uint32_t charge_instrument(std::uint64_t charge) const { return charge_instrument_[charge]; }

 private:
  struct Rules;     // what laying the pack over the book needs
  struct Contract;  // a position of one pool, and the orders that would change it
  struct Fill;      // a position as it is or would be
  void price_assets(Book const& book, Market const& market);
  void add_levels(Book const& book, Market const& market, RulePack const& rules);
  void add_states(Rules const& rules, Market const& market);
  void find_timed(Rules& rules);
  bool is_timed(std::uint32_t instrument) const;
  void add_timed(Rules const& rules);
  std::uint32_t charged_row(std::uint32_t instrument, std::uint32_t row) const;
  void add_timed_charges(Rules const& rules, std::vector<Contract> const& contracts,
                         std::uint32_t pool, std::uint64_t first_balance);
  std::uint32_t add_beyond(std::uint32_t of, double ratio, double offset);
  std::uint32_t owned_state(Rules const& rules, Market const& market, std::uint32_t asset,
                            CollateralFigures const& figures);
  void add_exposures(Rules const& rules);
  std::vector<ScanGrid const*> grids_of(Rules const& rules) const;
  void add_shocked_rows(Book const& book, std::vector<ScanGrid const*> const& grids, bool stored);
  void add_written(Rules const& rules, std::uint32_t instrument);
  void add_option(Book const& book, std::uint32_t instrument, std::uint32_t strike_unit);
  std::uint32_t last_price(std::uint32_t asset, double days);
  std::uint32_t add_row(RowKind kind, std::uint32_t underlying, std::uint32_t settle, double ratio);
  void price_rows();
  class RowUnion;
  std::map<std::uint32_t, std::uint32_t> shocked_blocks() const;
  void renumber_rows(RowUnion const& rows, std::vector<std::uint32_t> const& place);
  void add_credit(Rules& rules);
  void find_requirements(Rules& rules);
  void add_requirements(Rules& rules);
  Fill fill(Rules const& rules, std::uint32_t instrument, double quantity) const;
  double rate(Rules const& rules, Contract const& contract, Fill const& fill) const;
  Segments own_segments(Rules const& rules, Contract const& contract, double size) const;
  std::uint32_t own_curve(Rules const& rules, Contract const& contract, double size);
  Fill worst_fill(Rules const& rules, Contract const& contract) const;
  void add_groups(Rules const& rules);
  void add_scans(Rules const& rules, std::vector<Contract> const& contracts);
  struct Scanned;
  void add_scan(std::vector<Scanned>::const_iterator first,
                std::vector<Scanned>::const_iterator last, double least);
  struct Sides;
  using Held = std::array<Sides, 2>;  // of one underlying, in contracts that are no options and are
  double add_add_ons(std::pair<ScanGrid const*, double> const& grid, std::uint32_t asset,
                     Held const& held);
  void add_array_rows(Book const& book, std::uint32_t instrument, ScanGrid const& grid);
  std::uint32_t grid_index(ScanGrid const& grid, double factor);
  double scan_gross(std::uint32_t pool) const;
  ScanView scans() const;
  void add_term(Rules const& rules, Contract const& contract, double& settled);
  void add_option_charges(Rules const& rules, std::vector<Contract> const& contracts);
  void add_charge(std::uint32_t row, double weight, std::uint32_t curve, ChargeCause cause,
                  std::uint32_t instrument = no_index);
  void add_entry_charges(Rules const& rules, std::vector<Contract> const& contracts);
  void add_order_charges(Rules const& rules, std::vector<Contract> const& contracts,
                         std::size_t orders);
  void share_tiers();
  void add_own_credit(Rules const& rules);
  void keep_owned(Book const& book);
  void evaluate_today(Book const& book);

  // A member that holds numbers of rows is renumbered in resolve_rows.cpp.
  Threshold threshold_;
  RunShape shape_;
  std::uint32_t assets_ = 0;  // price rows: the book's assets, then levels of volatility
  std::uint32_t stored_ = 0, classes_ = 0;
  std::vector<RowKind> row_kind_;
  std::vector<std::uint32_t> row_factor_, row_underlying_, row_settle_;
  std::vector<double> row_ratio_;
  std::vector<OptionRow> option_;                               // [stored - assets]
  std::vector<std::uint32_t> level_row_;                        // [assets of the book] or no_index
  std::vector<std::uint32_t> row_instrument_, instrument_row_;  // [rows], [instruments]
  std::vector<std::uint32_t>
      written_row_;  // [instruments] standard margin of an option, or no_index
  // What comes or goes with time; empty where nothing does.
  std::vector<std::uint32_t> last_step_;               // [instruments] of the requirement; 0: none
  std::vector<std::uint8_t> at_entry_;                 // [instruments] empty where none is
  std::vector<double> funding_;                        // [instruments] [1/year]
  std::vector<std::uint32_t> running_row_, aged_row_;  // [instruments] or no_index
  std::vector<std::uint32_t> interest_row_;            // [assets of the book] or no_index
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t>
      stopped_;  // (asset, step) -> row
  CurveTable curves_;
  std::vector<std::uint32_t> asset_curve_, exposure_curve_, exposure_unit_;
  std::vector<std::uint8_t> asset_in_units_;
  std::vector<CreditState> asset_state_;  // [assets] empty where no credit moves
  double gain_weight_ = 1.0;
  std::vector<std::uint32_t> pool_begin_, group_begin_, group_asset_, term_row_;
  std::vector<std::uint8_t> account_class_;
  std::vector<PoolKind> pool_kind_;
  std::vector<std::uint64_t> term_begin_;
  std::vector<double> group_owned_;      // [groups] balances before orders in spot; empty: the same
  std::vector<std::uint8_t> spot_pool_;  // [pools] 1: has orders in spot; empty: none has
  std::vector<double> group_balance_, group_settled_, group_share_, term_weight_;
  // What differs from pool to pool; empty where nothing does.
  std::vector<double> term_held_;  // weights as held, where term_weight_ has less
  std::vector<std::uint32_t> group_curve_, term_curve_, charge_row_, charge_curve_;
  std::vector<std::uint64_t> charge_begin_;
  std::vector<double> charge_weight_;
  std::vector<ChargeCause> charge_cause_;
  std::vector<std::uint32_t> charge_instrument_;
  // Portfolio scans; empty where there are none.
  std::vector<std::uint32_t> instrument_scanned_;          // [instruments] row that scans take
  std::vector<std::uint32_t> instrument_shocked_;          // [instruments] first row under shocks
  std::vector<std::pair<ScanGrid const*, double>> grids_;  // and the factor of what it requires
  std::vector<std::uint64_t> scan_begin_, scan_class_begin_, scan_term_begin_;
  std::vector<std::uint32_t> scan_grid_, scan_row_, scan_shocked_, point_begin_;
  std::vector<double> scan_least_, scan_offset_, scan_weight_, part_;
  std::vector<double> rows_today_;
  std::vector<Margin<double>> margins_;
  std::vector<PoolToday> today_;
};

// "initial", "maintenance", "liquidation_end"
std::string_view threshold_name(Threshold threshold);

// Signed and absolute value of a pool's positions tonight [ccy].
struct Exposure {
  double net, gross;
};
Exposure exposure_today(ResolvedBook const& resolved, std::uint32_t pool);

// requirement / equity and gross exposure / equity; infinite where there is no equity.
double margin_ratio(Margin<double> const& margin);
double leverage(Margin<double> const& margin, Exposure const& exposure);

}  // namespace plimsoll
