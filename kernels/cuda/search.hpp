// Finds the cells of one batch in one window that must be decided, those in doubt or those that can
// be of a tail, and decides them: columns in order, pools as lines, bounds, filter, decisions; then
// adds up what is in breach. Everything stays on the device but one set of counters.
// Method: docs/kernels.md.
// Errors: OutOfMemory when it is made, MachineError.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/cuda/device.hpp"
#include "kernels/cuda/ordering.hpp"
#include "kernels/cuda/resident.hpp"
#include "kernels/cuda/tails.hpp"

namespace plimsoll::cuda {

// How much a group of lines holds.
struct LineSize {
  std::uint32_t pools, slices;
  std::uint32_t most;     // steps of one pool
  std::uint64_t records;  // steps of all, slices filled up
};

// How much of everything a search holds.
struct SearchSize {
  std::uint32_t rows;  // basis rows and the zero row
  std::uint64_t plane;
  std::uint32_t tiles, sheets, volumes;
  std::uint32_t pools, slices;   // slices: of the larger group
  std::uint32_t line_terms;      // the most of one pool, without scans
  std::uint32_t base_terms;      // the most of one pool beside its scans
  std::uint64_t drafts;          // the most steps of all pools
  LineSize plain, scanned;       // pools without scans, and with
  ScanSize scan;                 // room of one pool
  std::uint32_t scan_lines;      // of one scan
  std::uint32_t listed_pools;    // measured at once
  std::uint32_t listed_scanned;  // of those with scans
  std::uint64_t candidates;      // cells at once: those of one scenario at least
  std::uint32_t listed;          // pools that may want a tail

  SearchSize(Job const& job, std::uint32_t basis_rows, BatchSize const& batch,
             std::uint32_t stride);

  // Entries of lists.
  std::uint64_t list_entries() const;
  // Takes more where there is room.
  void grow(std::uint64_t free_bytes);
  // [byte] near enough.
  std::uint64_t bytes() const;
  // Whether every pair of a tile and a slice has a number.
  bool countable() const;
};

// Owns the lines of a group of pools.
struct LineGroup {
  DeviceBuffer<std::uint32_t> slice_begin, pool;
  DeviceBuffer<std::uint16_t> narrow_rows;
  DeviceBuffer<std::uint32_t> wide_rows;
  DeviceBuffer<float> weight, constant, gap;
  LinesView view{};

  // Of pools from `first` of `listed` on.
  void reserve(LineSize const& size, std::uint32_t zero_row, bool scanned, std::uint32_t first,
               std::uint32_t const* listed, Stream const& stream);
};

class Search {
 public:
  Search(Job const& job, ResidentWorld const& world, ResidentBatch const& batch,
         std::uint32_t stride, DeviceTraits const& device, Stream const& stream);

  // Counters become zero; the pricing of a window may add to bent().
  void begin() { counters_.zero(); }
  unsigned long long* bent() { return &counters_.data()->bent; }

  // Orders the search of a priced window for cells in doubt.
  void find(WindowView const& window, bool prune);
  // For cells that can be of the listed pools' tails, of whom the last `scanned` have scans.
  void find_tails(WindowView const& window, TailsView const& tails, std::uint32_t scanned,
                  bool prune);
  // What was counted by the time it is done. With more candidates than most_candidates() they
  // cannot be decided, and the window must be narrower.
  Counters const& counted();
  std::uint64_t most_candidates() const { return size_.candidates; }
  // Orders the deciding of the candidates that were counted last: in order of keys. `list` is that
  // of the tails they were marked for.
  CellsView decide(WindowView const& window) { return decide(window, shape_order_.data()); }
  CellsView decide(WindowView const& window, std::uint32_t const* list);
  // Orders the finding of cells in breach among those decided, which counted() then counts.
  // check_work: Counters::in_question as well.
  void pick_events(WindowView const& window, CellsView const& cells, bool check_work);
  // Orders the adding up of so many events to the batch and to the window's scenarios.
  void add_up(WindowView const& window, CellsView const& cells, std::uint64_t events,
              ScenarioTallyView const& scenarios);
  // The pools in breach, or all of them: how many; pools_listed() is their list.
  std::uint32_t list_pools(bool all);
  DeviceBuffer<std::uint32_t> const& pools_listed() const { return listed_; }

 private:
  void order_by_shape();
  ColumnsView columns_of(WindowView const& window) const;
  void order_columns(WindowView const& window, ColumnsView const& columns);
  void draw_lines(ColumnsView const& columns, LinesView const& lines);
  void filter(ColumnsView const& columns, LinesView const& lines, bool prune);
  PairList list_pairs(LinesView const& lines, std::uint32_t units, std::uint32_t const* live);
  UnitRows unit_rows(ColumnsView const& columns, LinesView const& lines, float const* rows,
                     std::uint64_t children) const;
  OrderRoom room() const { return {room_.data(), room_.size()}; }
  int bits_of_pools() const;

  ResidentWorld const& world_;
  ResidentBatch const& batch_;
  DeviceTraits const& device_;
  Stream const& stream_;
  PassageInput input_;
  SearchSize size_;
  DeviceBuffer<std::uint32_t> order_, weights_;
  DeviceBuffer<float> loose_, direction_, moves_, tile_ranges_, sheet_ranges_;
  DeviceBuffer<MoveRange> range_;
  DeviceBuffer<std::uint32_t> draft_terms_, draft_row_;
  DeviceBuffer<float> draft_constant_, draft_gap_, draft_weight_;
  DeviceBuffer<std::uint32_t> list_basis_;
  DeviceBuffer<double> list_value_, list_rest_;
  DeviceBuffer<std::uint32_t> scan_basis_, scan_part_;
  DeviceBuffer<double> scan_weight_;
  DeviceBuffer<ScanLine> scan_line_;
  LineGroup plain_, scanned_;  // pools in order of their shape: those without scans come first
  DeviceBuffer<std::uint32_t> live_sheets_, live_tiles_, pairs_, group_begin_, cursor_;
  DeviceBuffer<std::uint32_t> candidate_pool_, candidate_tile_, candidate_mask_;
  DeviceBuffer<double> excess_;
  DeviceBuffer<std::uint32_t> shape_order_;  // pools of one shape side by side
  DeviceBuffer<std::uint32_t> listed_;
  std::array<DeviceBuffer<std::uint64_t>, 2> keys_;
  std::array<DeviceBuffer<std::uint32_t>, 2> values_;
  DeviceBuffer<std::byte> room_;
  DeviceBuffer<Counters> counters_;
  PinnedBuffer<Counters> home_counters_;
  SortSpace sort_{};
  DraftsView drafts_{};
  ListSpace lists_{}, scanned_lists_{};  // of one memory
  ScanSpace scans_{};
  CandidatesView candidates_{};
};

}  // namespace plimsoll::cuda
