// What stays on the device while scenarios stream by: market, rows, their basis and rules for the
// whole run, the book and its tally for one batch of whole accounts.
// Trusts: the views of the Job were checked in host/.
// Errors: OutOfMemory, MachineError.
#pragma once

#include <cstdint>

#include "kernels/cuda/decide.hpp"
#include "kernels/cuda/transfer.hpp"
#include "kernels/engine.hpp"

namespace plimsoll::cuda {

class ResidentWorld {
 public:
  ResidentWorld(Job const& job, Transfer& transfer);

  MarketView const& market() const { return market_; }  // price and table are null
  RowsView const& rows() const { return rows_; }
  RulesView const& rules() const { return rules_; }
  BasisView const& basis() const { return basis_; }
  ScanView const& grids() const { return grids_; }  // those of portfolio scans, and nothing else

 private:
  void put_market(MarketView const& market, Transfer& transfer);
  void put_rows(RowsView const& rows, Transfer& transfer);
  void put_rules(Job const& job, Transfer& transfer);
  void put_basis(RowsView const& rows, Transfer& transfer);
  void put_grids(ScanView const& scans, Transfer& transfer);

  DeviceBuffer<double> volatility_, limit_, loading_, mixing_low_, mixing_high_;
  DeviceBuffer<RowKind> kind_;
  DeviceBuffer<OptionRow> option_;
  DeviceBuffer<std::uint32_t> factor_, underlying_, settle_;
  DeviceBuffer<double> ratio_;
  DeviceBuffer<std::uint32_t> curve_begin_, asset_curve_, exposure_curve_, exposure_unit_;
  DeviceBuffer<double> floor_, slope_, intercept_;
  DeviceBuffer<std::uint8_t> asset_in_units_;
  DeviceBuffer<CreditState> asset_state_;
  DeviceBuffer<BasisRow> basis_factors_;
  DeviceBuffer<std::uint32_t> row_basis_;
  DeviceBuffer<double> row_today_, row_scale_;
  DeviceBuffer<std::uint32_t> point_begin_;
  DeviceBuffer<double> part_;
  ScanView grids_{};
  MarketView market_{};
  RowsView rows_{};
  RulesView rules_{};
  BasisView basis_{};
};

// The accounts [begin, end) of a book.
struct BatchRange {
  std::uint32_t begin, end;
};

// What a batch holds.
struct BatchSize {
  std::uint32_t accounts, pools, groups;
  std::uint64_t terms, charges;
  std::uint64_t scans = 0, scan_classes = 0, scan_terms = 0;
  std::uint32_t scanned = 0;  // pools with scans
  ScanSize most_scanned{};    // what one of them takes, of those that most_scan_room holds
};
BatchSize batch_size(BookView const& book, BatchRange range);
// Lines that a scan may have: one for each point, and that of the least.
std::uint32_t most_scan_lines(ScanView const& scans);

// Pools and accounts are counted from the batch's first.
class ResidentBatch {
 public:
  ResidentBatch(Job const& job, ResidentWorld const& world, BatchRange range, Stream const& stream,
                Transfer& transfer);

  std::uint32_t first_account() const { return range_.begin; }
  std::uint32_t first_pool() const { return first_pool_; }
  std::uint32_t pools() const { return book_.pools; }
  BatchSize const& size() const { return size_; }
  BookView const& book() const { return book_; }
  PassageInput input(ResidentWorld const& world) const {
    return {book_, world.rules(), world.rows(), today_.data()};
  }
  BatchTallyView tally() const;
  // Device memory that a batch takes.
  static std::uint64_t bytes(BookView const& book, BatchSize const& size, std::uint32_t steps);
  // Adds what the batch counted to `tally`; all work on it has been ordered before.
  void add_to(Tally& tally, Transfer& transfer) const;

 private:
  void put_own(BookView const& book, std::uint32_t first_group, std::uint64_t first_term,
               Transfer& transfer);
  void put_scans(ScanView const& scans, Transfer& transfer);

  BatchRange range_;
  BatchSize size_;
  std::uint32_t first_pool_;
  std::uint32_t steps_;
  DeviceBuffer<std::uint32_t> pool_begin_, group_begin_, group_asset_, term_row_;
  DeviceBuffer<std::uint32_t> group_curve_, term_curve_, charge_row_, charge_curve_;
  DeviceBuffer<std::uint8_t> account_class_;
  DeviceBuffer<double> balance_, settled_, share_, weight_, charge_weight_;
  DeviceBuffer<std::uint64_t> term_begin_, charge_begin_;
  DeviceBuffer<std::uint64_t> scan_begin_, scan_class_begin_, scan_term_begin_;
  DeviceBuffer<std::uint32_t> scan_grid_, scan_row_, scan_shocked_;
  DeviceBuffer<double> scan_least_, scan_offset_, scan_weight_;
  DeviceBuffer<PoolToday> today_;
  DeviceBuffer<PoolTally> pool_tallies_;
  DeviceBuffer<unsigned long long> first_passages_, account_breaches_;
  DeviceBuffer<std::uint32_t> pool_account_;
  BookView book_{};
};

}  // namespace plimsoll::cuda
