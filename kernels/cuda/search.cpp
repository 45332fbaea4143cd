#include "kernels/cuda/search.hpp"

#include <algorithm>
#include <bit>

namespace plimsoll::cuda {
namespace {

constexpr std::uint64_t record_bytes = sizeof(std::uint32_t) + sizeof(float);
constexpr std::uint64_t list_entry_bytes = sizeof(std::uint32_t) + 2 * sizeof(double);
constexpr std::uint64_t slot_bytes = sizeof(std::uint32_t) + 2 * sizeof(float);
constexpr std::uint64_t candidate_bytes =
    3 * sizeof(std::uint32_t) + sizeof(double) + 2 * sizeof(std::uint64_t);
constexpr std::uint64_t most_candidates_wanted = 1ull << 27;
constexpr std::uint64_t list_bytes_wanted = 128u << 20;
constexpr std::uint32_t decide_blocks = 7;  // per multiprocessor
constexpr std::uint32_t most_rows_in_16_bits = 1u << 16;

// Columns or pools.
std::uint64_t sorted_pairs(SearchSize const& size) {
  return std::max({size.plane, static_cast<std::uint64_t>(size.slices) * warp_width,
                   std::uint64_t{size.pools}});
}
std::uint64_t sorted_keys(SearchSize const& size) {
  return std::max(sorted_pairs(size), size.candidates);
}

std::uint32_t multiple_of_warp(std::uint64_t count, std::uint32_t most) {
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(
      std::min<std::uint64_t>(count / warp_width * warp_width, most), warp_width));
}

LineSize line_size(std::uint32_t pools, std::uint32_t most, std::uint64_t drafts) {
  std::uint32_t const slices = parents(pools);
  // Lines lie in descending order, so that filling up a slice takes no more than the slice before
  // it had.
  std::uint64_t const slots = static_cast<std::uint64_t>(slices) * warp_width;
  return {pools, slices, most,
          std::min<std::uint64_t>(slots * most, drafts + (most + 1ull) * warp_width)};
}

std::uint64_t bytes_of_lines(LineSize const& size) {
  return size.records * record_bytes +
         size.slices * (sizeof(std::uint32_t) + warp_width * slot_bytes);
}

// [byte] where the scans of a pool are in work.
std::uint64_t bytes_of_room(ScanSize const& scan) {
  return scan.terms * (sizeof(std::uint32_t) + sizeof(double)) + scan.lines * sizeof(ScanLine) +
         (scan.parts + 1) * sizeof(std::uint32_t);
}

}  // namespace

SearchSize::SearchSize(Job const& job, std::uint32_t basis_rows, BatchSize const& batch,
                       std::uint32_t stride)
    : rows(basis_rows + 1),
      plane(static_cast<std::uint64_t>(stride) * job.shape.steps),
      tiles(parents(plane)),
      sheets(parents(tiles)),
      volumes(parents(sheets)),
      pools(batch.pools),
      slices(parents(batch.pools)),
      line_terms(std::min(basis_rows, most_line_terms)),
      base_terms(std::min(basis_rows, most_scanned_line_terms)),
      scan(batch.most_scanned),
      scan_lines(most_scan_lines(job.book.scans)) {
  drafts = draft_terms(batch.groups, batch.terms, batch.charges) +
           draft_scan_steps(batch.scans, batch.scan_terms, scan_lines);
  plain = line_size(pools - batch.scanned, line_terms, drafts);
  std::uint64_t const steps = base_terms + head_stride * (scan.lines + 1) + scan.terms;
  auto const most = static_cast<std::uint32_t>(std::min<std::uint64_t>(steps, most_scanned_steps));
  scanned = line_size(batch.scanned, rounded_steps(most), drafts + drafts / 4);
  slices = std::max(plain.slices, scanned.slices);
  std::uint32_t const slots = slices * warp_width;
  listed_pools = multiple_of_warp(1024, slots);
  listed_scanned = scanned.pools == 0 ? 0 : warp_width;
  candidates = static_cast<std::uint64_t>(pools) * job.shape.steps;
  listed = job.tails == Tails::none ? 0 : batch.pools;
}

std::uint64_t SearchSize::list_entries() const {
  return std::max(listed_pools * (line_terms + 1ull), listed_scanned * (base_terms + 1ull));
}

void SearchSize::grow(std::uint64_t free_bytes) {
  std::uint64_t const taken = bytes();
  std::uint64_t const spare = free_bytes > taken ? free_bytes - taken : 0;
  std::uint64_t const cells = pools * plane;
  candidates =
      std::max(candidates, std::min({cells, most_candidates_wanted, spare / 2 / candidate_bytes}));
  std::uint64_t const for_lists = std::min(list_bytes_wanted, spare / 8);
  listed_pools = std::max(
      listed_pools,
      multiple_of_warp(for_lists / ((line_terms + 1) * list_entry_bytes), slices * warp_width));
  if (scanned.pools != 0)
    listed_scanned =
        multiple_of_warp(for_lists / (bytes_of_room(scan) + (base_terms + 1) * list_entry_bytes),
                         scanned.slices * warp_width);
}

std::uint64_t SearchSize::bytes() const {
  std::uint64_t const row = children * sizeof(float);
  std::uint64_t const columns = plane * (rows * sizeof(float) + 2 * sizeof(std::uint32_t)) +
                                rows * (row * (tiles + 2ull * sheets + 2ull * volumes) +
                                        sizeof(MoveRange) + sizeof(std::uint32_t));
  std::uint64_t const lines = drafts * record_bytes + pools * slot_bytes + bytes_of_lines(plain) +
                              bytes_of_lines(scanned) + list_entries() * list_entry_bytes +
                              listed_scanned * bytes_of_room(scan);
  std::uint64_t const pairs =
      static_cast<std::uint64_t>(slices) * (tiles + sheets + volumes) * sizeof(std::uint32_t);
  std::uint64_t const sorting = 2 * (sorted_keys(*this) * sizeof(std::uint64_t) +
                                     sorted_pairs(*this) * sizeof(std::uint32_t));
  return columns + lines + pairs + sorting +
         candidates * (3 * sizeof(std::uint32_t) + sizeof(double)) +
         (pools + std::uint64_t{listed}) * sizeof(std::uint32_t);
}

bool SearchSize::countable() const {
  return PairSpace{tiles, slices}.size() < 1ull << 31;
}

void LineGroup::reserve(LineSize const& size, std::uint32_t zero_row, bool has_parts,
                        std::uint32_t first, std::uint32_t const* listed, Stream const& stream) {
  // Heads are numbered after the rows.
  bool const wide = zero_row + (has_parts ? 3ull : 1ull) > most_rows_in_16_bits;
  std::uint64_t const slots = static_cast<std::uint64_t>(size.slices) * warp_width;
  slice_begin = DeviceBuffer<std::uint32_t>(size.slices + 1ull, stream);
  pool = DeviceBuffer<std::uint32_t>(slots, stream);
  constant = DeviceBuffer<float>(slots, stream);
  gap = DeviceBuffer<float>(slots, stream);
  weight = DeviceBuffer<float>(size.records, stream);
  if (wide)
    wide_rows = DeviceBuffer<std::uint32_t>(size.records, stream);
  else
    narrow_rows = DeviceBuffer<std::uint16_t>(size.records, stream);
  view = {.first = first,
          .pools = size.pools,
          .slices = size.slices,
          .most = size.most,
          .scanned = has_parts,
          .zero_row = zero_row,
          .wide = wide,
          .slice_begin = slice_begin.data(),
          .row = wide ? static_cast<void*>(wide_rows.data()) : narrow_rows.data(),
          .weight = weight.data(),
          .constant = constant.data(),
          .gap = gap.data(),
          .pool = pool.data(),
          .listed = listed};
}

Search::Search(Job const& job, ResidentWorld const& world, ResidentBatch const& batch,
               std::uint32_t stride, DeviceTraits const& device, Stream const& stream)
    : world_(world),
      batch_(batch),
      device_(device),
      stream_(stream),
      input_(batch.input(world)),
      size_(job, world.basis().count, batch.size(), stride) {
  if (!size_.countable()) check(cudaErrorMemoryAllocation, "numbering tiles and slices");
  size_.grow(device_traits().free_bytes);
  std::uint64_t const row = children;
  std::uint64_t const basis_rows = size_.rows - 1;

  order_ = DeviceBuffer<std::uint32_t>(size_.plane, stream);
  weights_ = DeviceBuffer<std::uint32_t>(basis_rows, stream);
  loose_ = DeviceBuffer<float>(basis_rows * size_.plane, stream);
  direction_ = DeviceBuffer<float>(size_.plane, stream);
  moves_ = DeviceBuffer<float>(row * size_.rows * size_.tiles, stream);
  tile_ranges_ = DeviceBuffer<float>(2 * row * size_.rows * size_.sheets, stream);
  sheet_ranges_ = DeviceBuffer<float>(2 * row * size_.rows * size_.volumes, stream);
  range_ = DeviceBuffer<MoveRange>(basis_rows, stream);

  draft_terms_ = DeviceBuffer<std::uint32_t>(size_.pools, stream);
  draft_constant_ = DeviceBuffer<float>(size_.pools, stream);
  draft_gap_ = DeviceBuffer<float>(size_.pools, stream);
  draft_row_ = DeviceBuffer<std::uint32_t>(size_.drafts, stream);
  draft_weight_ = DeviceBuffer<float>(size_.drafts, stream);
  drafts_ = {draft_terms_.data(), draft_constant_.data(), draft_gap_.data(),
             draft_row_.data(),   draft_weight_.data(),   size_.scan_lines};

  std::uint64_t const entries = size_.list_entries();
  list_basis_ = DeviceBuffer<std::uint32_t>(entries, stream);
  list_value_ = DeviceBuffer<double>(entries, stream);
  list_rest_ = DeviceBuffer<double>(entries, stream);
  lists_ = {size_.listed_pools, size_.line_terms, list_basis_.data(), list_value_.data(),
            list_rest_.data()};
  scanned_lists_ = {size_.listed_scanned, size_.base_terms, list_basis_.data(), list_value_.data(),
                    list_rest_.data()};

  std::uint64_t const in_work = size_.listed_scanned;
  ScanSize const& scan = size_.scan;
  scan_basis_ = DeviceBuffer<std::uint32_t>(in_work * scan.terms, stream);
  scan_weight_ = DeviceBuffer<double>(in_work * scan.terms, stream);
  scan_line_ = DeviceBuffer<ScanLine>(in_work * scan.lines, stream);
  scan_part_ = DeviceBuffer<std::uint32_t>(in_work * (scan.parts + 1), stream);
  scans_ = {size_.listed_scanned, scan, scan_basis_.data(), scan_weight_.data(), scan_line_.data(),
            scan_part_.data()};

  shape_order_ = DeviceBuffer<std::uint32_t>(size_.pools, stream);
  plain_.reserve(size_.plain, size_.rows - 1, false, 0, shape_order_.data(), stream);
  scanned_.reserve(size_.scanned, size_.rows - 1, true, size_.plain.pools, shape_order_.data(),
                   stream);

  live_sheets_ = DeviceBuffer<std::uint32_t>(std::uint64_t{size_.volumes} * size_.slices, stream);
  live_tiles_ = DeviceBuffer<std::uint32_t>(std::uint64_t{size_.sheets} * size_.slices, stream);
  pairs_ = DeviceBuffer<std::uint32_t>(std::uint64_t{size_.tiles} * size_.slices, stream);
  std::uint64_t const groups = PairSpace{size_.tiles, size_.slices}.groups();
  group_begin_ = DeviceBuffer<std::uint32_t>(groups + 1, stream);
  cursor_ = DeviceBuffer<std::uint32_t>(1, stream);

  candidate_pool_ = DeviceBuffer<std::uint32_t>(size_.candidates, stream);
  candidate_tile_ = DeviceBuffer<std::uint32_t>(size_.candidates, stream);
  candidate_mask_ = DeviceBuffer<std::uint32_t>(size_.candidates + 1, stream);
  excess_ = DeviceBuffer<double>(size_.candidates, stream);
  listed_ = DeviceBuffer<std::uint32_t>(size_.listed, stream);
  counters_ = DeviceBuffer<Counters>(1, stream);
  home_counters_ = PinnedBuffer<Counters>(1);
  candidates_ = {candidate_pool_.data(), candidate_tile_.data(), candidate_mask_.data(),
                 size_.candidates, counters_.data()};

  std::uint64_t const pairs = sorted_pairs(size_);
  std::uint64_t const keys = sorted_keys(size_);
  for (std::size_t i = 0; i < 2; ++i) {
    keys_[i] = DeviceBuffer<std::uint64_t>(keys, stream);
    values_[i] = DeviceBuffer<std::uint32_t>(pairs, stream);
    sort_.keys[i] = keys_[i].data();
    sort_.values[i] = values_[i].data();
  }
  room_ = DeviceBuffer<std::byte>(
      std::max({sort_bytes(pairs), sort_keys_bytes(keys), select_bytes(size_.listed),
                sum_bytes(std::max({std::uint64_t{size_.slices}, groups,
                                    size_.candidates / group_cells + 1}) +
                          1)}),
      stream);

  weights_.zero();
  BatchSize const& items = batch.size();
  launch_count_uses(batch.book(), {items.groups, items.terms, items.charges}, world.rows(),
                    world.basis(), columns_of({}), stream.get());
  order_by_shape();
}

void Search::order_by_shape() {
  if (size_.pools == 0) return;
  launch_measure_shapes(batch_.book(), sort_.keys[0], sort_.values[0], stream_.get());
  int const bits = size_.scanned.pools != 0                ? scanned_shape_key_bits
                   : batch_.book().charge_begin != nullptr ? charged_shape_key_bits
                                                           : shape_key_bits;
  Sorted const shapes = sort_pairs(sort_, 0, size_.pools, bits, room(), stream_.get());
  copy_on_device(shape_order_.data(), static_cast<std::uint32_t const*>(shapes.values), size_.pools,
                 stream_);
}

ColumnsView Search::columns_of(WindowView const& window) const {
  return {static_cast<std::uint32_t>(window.columns()),
          size_.rows,
          order_.data(),
          loose_.data(),
          direction_.data(),
          moves_.data(),
          tile_ranges_.data(),
          sheet_ranges_.data(),
          range_.data(),
          weights_.data()};
}

void Search::find(WindowView const& window, bool prune) {
  if (size_.pools != 0) {
    ColumnsView const columns = columns_of(window);
    order_columns(window, columns);
    for (LinesView const& lines : {plain_.view, scanned_.view}) {
      if (lines.pools == 0) continue;
      draw_lines(columns, lines);
      filter(columns, lines, prune);
    }
  }
  copy_to_host(home_counters_.data(), counters_, stream_);
}

void Search::find_tails(WindowView const& window, TailsView const& tails, std::uint32_t scanned,
                        bool prune) {
  ColumnsView const columns = columns_of(window);
  order_columns(window, columns);
  for (LinesView lines : {plain_.view, scanned_.view}) {
    lines.first = lines.scanned ? tails.pools - scanned : 0;
    lines.pools = lines.scanned ? scanned : tails.pools - scanned;
    lines.slices = parents(lines.pools);
    lines.listed = tails.list;
    if (lines.pools == 0) continue;
    draw_lines(columns, lines);
    launch_mark_tails(input_, lines, columns, tails, window.steps, prune, candidates_,
                      stream_.get());
  }
  copy_to_host(home_counters_.data(), counters_, stream_);
}

Counters const& Search::counted() {
  stream_.wait();
  return *home_counters_.data();
}

// By severity, and in sheets of so many columns by the way the market went.
void Search::order_columns(WindowView const& window, ColumnsView const& columns) {
  cudaStream_t const stream = stream_.get();
  launch_basis_moves(world_.basis(), window, columns, stream);
  launch_severity(window, columns, sort_.keys[0], sort_.values[0], stream);
  Sorted const severe = sort_pairs(sort_, 0, columns.columns, 31, room(), stream);
  int const other = severe.free_keys == sort_.keys[0] ? 0 : 1;
  launch_direction(columns, severe.values, severe.free_keys, severe.free_values, stream);
  Sorted const ordered =
      sort_pairs(sort_, other, columns.columns,
                 32 + std::bit_width(columns.columns / sheet_columns), room(), stream);
  launch_lay_tiles(window, columns, ordered.values, stream);
  launch_ranges(columns, stream);
}

void Search::draw_lines(ColumnsView const& columns, LinesView const& lines) {
  cudaStream_t const stream = stream_.get();
  MinorantInput const input = {input_.book, input_.rules, world_.basis(), columns.range};
  if (lines.scanned)
    launch_measure_scanned_lines(input, lines, drafts_, scanned_lists_, scans_, sort_.keys[0],
                                 sort_.values[0], stream);
  else
    launch_measure_lines(input, lines, drafts_, lists_, sort_.keys[0], sort_.values[0], stream);
  Sorted const sorted = sort_pairs(sort_, 0, static_cast<std::uint64_t>(lines.slices) * warp_width,
                                   lines.key_bits(), room(), stream);
  launch_measure_slices(lines, sorted.keys, sorted.values, stream);
  exclusive_sum(lines.slice_begin, lines.slices + 1ull, room(), stream);
  launch_write_lines(input_.book, lines, drafts_, stream);
}

PairList Search::list_pairs(LinesView const& lines, std::uint32_t units,
                            std::uint32_t const* live) {
  PairList const list = {{units, lines.slices}, pairs_.data(), group_begin_.data(), cursor_.data()};
  cursor_.zero();
  launch_count_pairs(list, live, stream_.get());
  exclusive_sum(list.group_begin, list.space.groups() + 1, room(), stream_.get());
  launch_list_pairs(list, live, stream_.get());
  return list;
}

UnitRows Search::unit_rows(ColumnsView const& columns, LinesView const& lines, float const* rows,
                           std::uint64_t children_of_all) const {
  std::uint64_t const pairs = static_cast<std::uint64_t>(parents(children_of_all)) * lines.slices;
  constexpr std::uint64_t pairs_of_a_block = 64;
  auto const blocks = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      device_.multiprocessors, (pairs + pairs_of_a_block - 1) / pairs_of_a_block));
  return {rows, columns.rows, children_of_all, device_.shared_bytes, blocks};
}

// From the largest units to the smallest, each among the live children of the one before.
void Search::filter(ColumnsView const& columns, LinesView const& lines, bool prune) {
  cudaStream_t const stream = stream_.get();
  std::uint32_t const* live = nullptr;
  if (prune && columns.sheets() > 1) {
    PairList const list = list_pairs(lines, columns.volumes(), live);
    live_sheets_.zero();
    launch_bound(lines, unit_rows(columns, lines, columns.sheet_ranges, columns.sheets()), list,
                 {live_sheets_.data()}, stream);
    live = live_sheets_.data();
  }
  if (prune && columns.tiles() > 1) {
    PairList const list = list_pairs(lines, columns.sheets(), live);
    live_tiles_.zero();
    launch_bound(lines, unit_rows(columns, lines, columns.tile_ranges, columns.tiles()), list,
                 {live_tiles_.data()}, stream);
    live = live_tiles_.data();
  }
  PairList const list = list_pairs(lines, columns.tiles(), live);
  launch_filter(lines, unit_rows(columns, lines, columns.moves, columns.columns), list, candidates_,
                stream);
}

int Search::bits_of_pools() const {
  return std::bit_width(size_.pools);
}

CellsView Search::decide(WindowView const& window, std::uint32_t const* list) {
  std::uint64_t const count = home_counters_.data()->candidates;
  if (count == 0) return {sort_.keys[0], excess_.data(), 0};
  cudaStream_t const stream = stream_.get();
  launch_list_cells(window, columns_of(window), candidates_, count, sort_.keys[0], stream);
  SortedKeys const sorted =
      sort_keys(sort_, 0, count, place_bits + step_bits + bits_of_pools(), room(), stream);
  CellsView const cells = {sorted.keys, excess_.data(), count};
  launch_decide(input_, window, cells, list, counters_.data(), stream);
  return cells;
}

// The masks of the candidates are listed by now, and their room is free.
void Search::pick_events(WindowView const& window, CellsView const& cells, bool check_work) {
  if (cells.count != 0) {
    std::uint32_t* const group_begin = candidate_mask_.data();
    launch_count_breaches(cells, group_begin, stream_.get());
    exclusive_sum(group_begin, (cells.count + group_cells - 1) / group_cells + 1, room(),
                  stream_.get());
    launch_list_breaches(cells, group_begin, candidate_tile_.data(), counters_.data(),
                         stream_.get());
  }
  if (check_work) launch_question_all(input_, window, counters_.data(), stream_.get());
  copy_to_host(home_counters_.data(), counters_, stream_);
}

void Search::add_up(WindowView const& window, CellsView const& cells, std::uint64_t count,
                    ScenarioTallyView const& scenarios) {
  if (count == 0) return;
  cudaStream_t const stream = stream_.get();
  EventsView const events = {cells, candidate_tile_.data(), count};
  int const other = cells.key == sort_.keys[0] ? 1 : 0;
  launch_tally_events(input_, window, events, shape_order_.data(), batch_.tally(), scenarios,
                      candidate_pool_.data(), counters_.data(), sort_.keys[other], stream);
  SortedKeys const accounts = sort_keys(
      sort_, other, count, place_bits + std::bit_width(input_.book.accounts), room(), stream);
  launch_tally_accounts(accounts.keys, count, batch_.tally(), scenarios, stream);
}

std::uint32_t Search::list_pools(bool all) {
  counters_.zero();
  if (size_.listed != 0)
    select_pools(batch_.tally().pools, shape_order_.data(), size_.listed, all, listed_.data(),
                 &counters_.data()->listed, room(), stream_.get());
  copy_to_host(home_counters_.data(), counters_, stream_);
  return static_cast<std::uint32_t>(counted().listed);
}

}  // namespace plimsoll::cuda
