// Kernels of tails. A block holds one listed pool's line against the tiles of a window: in order of
// severity, so that what a column must be below to matter is known early, and once more to mark
// the columns that are.
// Method: docs/models.md, "Tails"; docs/kernels.md, "Tails".
// Bits: marking decides nothing: more may be marked than needed, never less. Estimates and bounds
//   of a tile add the same terms in the same order, so that no estimate lies below its bound.
#include "kernels/cuda/candidates.cuh"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/tails.hpp"

namespace plimsoll::cuda {
namespace {

constexpr std::uint32_t bucket_rows = warp_width;
constexpr std::uint32_t bucket_pitch = warp_width + 1;  // no bank is met twice, along or across
constexpr std::uint32_t buckets = bucket_rows * warp_width;
// Blocks of mark_tails() that a multiprocessor should hold, and of that for scans: registers
// enough (48, 64) to spill nothing.
constexpr std::uint32_t marking_blocks = 10;
constexpr std::uint32_t marking_scanned_blocks = 8;

// The terms of one pool, for the whole block.
struct BlockLine {
  float constant;
  std::uint32_t terms;
  std::uint32_t at[most_line_terms];  // where its row begins among moves [float]
  float weight[most_line_terms];
};

// Those of a pool that may have scans: read where they are, the same step by every lane.
struct StepLine {
  LinesView lines;
  std::uint64_t at;  // first step
  std::uint32_t steps;
  float base;
  float constant;  // where nothing moves

  __device__ StepLine(LinesView const& of, std::uint32_t slot)
      : lines(of),
        at(std::uint64_t{of.slice_begin[slot / warp_width]} * warp_width + slot % warp_width),
        steps(of.slice_begin[slot / warp_width + 1] - of.slice_begin[slot / warp_width]),
        base(of.constant[slot]) {
    constant = sum([](std::uint32_t, float) { return 0.0f; });
  }

  // The base, and of each part its least line; move(row, weight) for each term.
  template <class Move>
  __device__ float sum(Move move) const {
    float line = base;
    float least = static_cast<float>(infinity);
    float complete = 0.0f;
    for (std::uint32_t k = 0; k < steps; ++k) {
      std::uint64_t const step = at + std::uint64_t{k} * warp_width;
      std::uint32_t const row = lines.wide ? static_cast<std::uint32_t const*>(lines.row)[step]
                                           : static_cast<std::uint16_t const*>(lines.row)[step];
      float const weight = lines.weight[step];
      if (row <= lines.zero_row) {
        line = fmaf(weight, move(row, weight), line);
        continue;
      }
      least = fminf(least, line);
      if (row == lines.first_head()) {
        complete += least;
        least = static_cast<float>(infinity);
      }
      line = weight;
    }
    return complete + fminf(least, line);
  }
};

// Columns seen so far by the size of their estimates: how many, and the largest estimate. Bucket b
// lies at (b % 32) * pitch + b / 32.
struct Buckets {
  std::uint32_t count[bucket_rows * bucket_pitch];
  std::uint32_t most[bucket_rows * bucket_pitch];  // in_order()
  float reached;                                   // estimate_of_rank() of all of them
};

struct Ranked {
  std::uint32_t count;
  std::uint32_t most;
};

__device__ Ranked together(Ranked a, Ranked b) {
  return {a.count + b.count, a.most > b.most ? a.most : b.most};
}

// Of the lanes up to this one.
__device__ Ranked scan(Ranked mine) {
  std::uint32_t const lane = lane_of_thread();
  for (std::uint32_t step = 1; step < warp_width; step *= 2) {
    Ranked const other{__shfl_up_sync(every_lane, mine.count, step),
                       __shfl_up_sync(every_lane, mine.most, step)};
    if (lane >= step) mine = together(mine, other);
  }
  return mine;
}

// At or below it lie `wanted` of the columns seen, by whole buckets; infinity where fewer were
// seen. By one warp.
__device__ float estimate_of_rank(Buckets const& seen, std::uint32_t wanted) {
  std::uint32_t const lane = lane_of_thread();
  Ranked mine{0, 0};
  for (std::uint32_t i = 0; i < bucket_rows; ++i)
    mine =
        together(mine, {seen.count[i * bucket_pitch + lane], seen.most[i * bucket_pitch + lane]});
  Ranked const upto = scan(mine);
  std::uint32_t const reached = __ballot_sync(every_lane, upto.count >= wanted);
  if (reached == 0) return static_cast<float>(infinity);
  auto const owner = static_cast<std::uint32_t>(__ffs(static_cast<int>(reached)) - 1);
  std::uint32_t const below = owner == 0 ? 0 : owner - 1;
  Ranked before{__shfl_sync(every_lane, upto.count, below),
                __shfl_sync(every_lane, upto.most, below)};
  if (owner == 0) before = {0, 0};
  Ranked const fine = together(before, scan({seen.count[lane * bucket_pitch + owner],
                                             seen.most[lane * bucket_pitch + owner]}));
  std::uint32_t const there = __ballot_sync(every_lane, fine.count >= wanted);
  return from_order(__shfl_sync(every_lane, fine.most, __ffs(static_cast<int>(there)) - 1));
}

// The line at 32 children of a unit, one a lane: at their moves, or as low as their ranges allow.
template <bool ranges>
__device__ float line_at(BlockLine const& line, float const* unit) {
  float const* const child = unit + lane_of_thread();
  float sum = line.constant;
#pragma unroll 4
  for (std::uint32_t k = 0; k < line.terms; ++k) {
    float const weight = line.weight[k];
    std::uint32_t const at = ranges ? 2 * line.at[k] + (weight < 0.0f ? children : 0) : line.at[k];
    sum = fmaf(weight, child[at], sum);
  }
  return sum;
}

template <bool ranges>
__device__ float line_at(StepLine const& line, float const* unit) {
  float const* const child = unit + lane_of_thread();
  return line.sum([child](std::uint32_t row, float weight) {
    std::uint32_t const at = ranges ? 2 * row + (weight < 0.0f ? 1u : 0u) : row;
    return child[at * children];
  });
}

template <class Line>
__device__ float bounds_of_sheets(Line const& line, ColumnsView const& columns,
                                  std::uint32_t volume) {
  return line_at<true>(line, columns.sheet_ranges +
                                 static_cast<std::uint64_t>(volume) * columns.rows * 2 * children);
}

// Calls column(tile, estimate, whether the lane's column is real) for the tiles that are not above
// `cut`, dealt to the block's warps, and sheet() after each sheet, for the block as a whole. `cut`
// changes inside sheet() at most.
template <class Line, class Column, class Sheet>
__device__ void walk(Line const& line, ColumnsView const& columns, float const& cut, bool prune,
                     Column column, Sheet sheet) {
  std::uint32_t const lane = lane_of_thread();
  std::uint32_t const sheets = columns.sheets();
  std::uint32_t const tiles = columns.tiles();
  for (std::uint32_t first = 0; first < sheets; first += children) {
    float const sheet_bound = bounds_of_sheets(line, columns, first / children);
    for (std::uint32_t s = first; s < sheets && s < first + children; ++s) {
      if (prune && __shfl_sync(every_lane, sheet_bound, s - first) > cut) continue;
      float const tile_bound = line_at<true>(
          line, columns.tile_ranges + static_cast<std::uint64_t>(s) * columns.rows * 2 * children);
      for (std::uint32_t t = threadIdx.x / warp_width; t < children; t += block_warps) {
        std::uint32_t const tile = s * children + t;
        if (tile >= tiles) break;
        if (prune && __shfl_sync(every_lane, tile_bound, t) > cut) continue;
        float const estimate = line_at<false>(
            line, columns.moves + static_cast<std::uint64_t>(tile) * columns.rows * children);
        column(tile, estimate, tile * children + lane < columns.columns);
      }
      sheet(s);
    }
  }
}

// What a column's estimate must not be above, by what is kept already.
__device__ float cut_of_kept(PassageInput const& input, TailsView const& tails, std::uint32_t i) {
  std::uint64_t const least = tails.kept[i * tails.keep];
  if (least == 0) return static_cast<float>(infinity);
  return float_above(excess_of_loss(input.today[tails.list[i]], loss_of_key(least)));
}

// Lowers `cut`, the same in every thread, to what the estimates of the window itself allow; returns
// how many cells this lane estimated.
template <class Line>
__device__ std::uint64_t find_cut(Line const& line, ColumnsView const& columns, float gap,
                                  std::uint32_t wanted, bool prune, Buckets& seen, float& cut) {
  for (std::uint32_t i = threadIdx.x; i < bucket_rows * bucket_pitch; i += block_threads)
    seen.count[i] = seen.most[i] = 0;
  float low = static_cast<float>(infinity);
  for (std::uint32_t first = 0; first < columns.sheets(); first += children) {
    float const bound = bounds_of_sheets(line, columns, first / children);
    if (first + lane_of_thread() < columns.sheets() && bound < low) low = bound;
  }
  for (std::uint32_t step = warp_width / 2; step > 0; step /= 2)
    low = fminf(low, __shfl_xor_sync(every_lane, low, step));
  // Buckets are even between the worst bound and where nothing moves, or the cut if that is lower;
  // what lies outside goes to the buckets at the ends, which hold their largest as well.
  float const width = fminf(line.constant, cut) - low;
  float const scale = width > 0.0f ? static_cast<float>(buckets) / width : 0.0f;
  std::uint64_t cells = 0;
  __syncthreads();
  walk(
      line, columns, cut, prune,
      [&](std::uint32_t, float estimate, bool real) {
        if (!real) return;
        ++cells;
        if (estimate > cut) return;
        constexpr auto last = static_cast<float>(buckets - 1);
        auto const b =
            static_cast<std::uint32_t>(fminf(fmaxf((estimate - low) * scale, 0.0f), last));
        std::uint32_t const at = b % bucket_rows * bucket_pitch + b / bucket_rows;
        atomicAdd(&seen.count[at], 1u);
        atomicMax(&seen.most[at], in_order(estimate));
      },
      [&](std::uint32_t) {
        __syncthreads();
        if (threadIdx.x < warp_width) {
          float const estimate = estimate_of_rank(seen, wanted);
          if (threadIdx.x == 0) seen.reached = estimate;
        }
        __syncthreads();
        float const lower =
            float_above(static_cast<double>(seen.reached) + static_cast<double>(gap));
        cut = fminf(cut, lower);
      });
  return cells;
}

__device__ void count_filtered(CandidatesView const& candidates, unsigned long long cells) {
  cells = warp_sum(cells);
  if (lane_of_thread() == 0 && cells != 0) atomicAdd(&candidates.counters->filtered, cells);
}

// What all items of mark_tails() read.
struct MarkInput {
  PassageInput passage;
  LinesView lines;
  ColumnsView columns;
  TailsView tails;
  std::uint32_t wanted;
  bool prune;
};

// Marks the columns of the pool in `slot` that can be of its tail; returns how many cells this lane
// estimated.
template <class Line>
__device__ std::uint64_t mark_pool(MarkInput const& in, std::uint32_t slot, Line const& line,
                                   Buckets& seen, CandidatesView const& candidates) {
  std::uint32_t const lane = lane_of_thread();
  std::uint32_t const pool = in.lines.pool[slot];
  float const gap = in.lines.gap[slot];
  float cut = cut_of_kept(in.passage, in.tails, pool);
  std::uint64_t cells = 0;
  // Where nothing is known every column is marked: its estimate is minus infinity.
  if (gap < static_cast<float>(infinity))
    cells = find_cut(line, in.columns, gap, in.wanted, in.prune, seen, cut);
  std::uint32_t mask = 0;
  walk(
      line, in.columns, cut, in.prune,
      [&](std::uint32_t tile, float estimate, bool real) {
        std::uint32_t const marked = __ballot_sync(every_lane, real && !(estimate > cut));
        if (lane == tile % children) mask = marked;
      },
      [&](std::uint32_t sheet) {
        append(candidates, pool, sheet * children + lane, mask);
        mask = 0;
      });
  return cells;
}

// By the whole block.
__device__ void load_line(LinesView const& lines, std::uint32_t slot, BlockLine& line) {
  std::uint32_t const slice = slot / warp_width;
  std::uint64_t const begin = lines.slice_begin[slice];
  std::uint32_t const terms = lines.slice_begin[slice + 1] - static_cast<std::uint32_t>(begin);
  for (std::uint32_t k = threadIdx.x; k < terms; k += block_threads) {
    std::uint64_t const at = (begin + k) * warp_width + slot % warp_width;
    line.at[k] = children * (lines.wide ? static_cast<std::uint32_t const*>(lines.row)[at]
                                        : static_cast<std::uint16_t const*>(lines.row)[at]);
    line.weight[k] = lines.weight[at];
  }
  if (threadIdx.x != 0) return;
  line.constant = lines.constant[slot];
  line.terms = terms;
}

// Items: places of the slices.
__global__ void __launch_bounds__(block_threads, marking_blocks)
    mark_tails(MarkInput in, CandidatesView candidates) {
  __shared__ BlockLine line;
  __shared__ Buckets seen;
  unsigned long long cells = 0;
  for (std::uint32_t slot = blockIdx.x; slot < in.lines.slices * warp_width; slot += gridDim.x) {
    if (in.lines.pool[slot] == no_index) continue;
    __syncthreads();
    load_line(in.lines, slot, line);
    __syncthreads();
    cells += mark_pool(in, slot, line, seen, candidates);
  }
  count_filtered(candidates, cells);
}

// The same of pools that may have scans.
__global__ void __launch_bounds__(block_threads, marking_scanned_blocks)
    mark_scanned_tails(MarkInput in, CandidatesView candidates) {
  __shared__ Buckets seen;
  unsigned long long cells = 0;
  for (std::uint32_t slot = blockIdx.x; slot < in.lines.slices * warp_width; slot += gridDim.x) {
    if (in.lines.pool[slot] == no_index) continue;
    __syncthreads();
    cells += mark_pool(in, slot, StepLine(in.lines, slot), seen, candidates);
  }
  count_filtered(candidates, cells);
}

__device__ bool opens_path(CellsView const& cells, std::uint64_t i) {
  return i == 0 || CellKey{cells.key[i - 1]}.path() != CellKey{cells.key[i]}.path();
}

// Kept losses first, then cells: a path's loss stands where its first cell does.
__global__ void __launch_bounds__(block_threads)
    list_losses(PassageInput input, TailsView tails, CellsView cells, LossEntries entries) {
  std::uint64_t const kept = tails.pools * tails.keep;
  for (std::uint64_t i = thread_of_grid(); i < entries.count; i += threads_of_grid()) {
    if (i < kept) {
      entries.key[i] = tails.kept[i];
      entries.pool[i] = static_cast<std::uint32_t>(i / tails.keep);
      continue;
    }
    std::uint64_t const first = i - kept;
    CellKey const cell{cells.key[first]};
    entries.pool[i] = cell.pool();
    entries.key[i] = 0;
    if (!opens_path(cells, first)) continue;
    PassageFold fold;
    std::uint64_t k = first;
    do {
      fold.add(CellKey{cells.key[k]}.step() + 1, cells.excess[k]);
      ++k;
    } while (k < cells.count && !opens_path(cells, k));
    entries.key[i] = loss_key(fold.finish(input.today[tails.list[cell.pool()]]).loss);
  }
}

__global__ void __launch_bounds__(block_threads)
    name_losses(LossEntries entries, std::uint64_t* keys, std::uint32_t* values) {
  for (std::uint64_t i = thread_of_grid(); i < entries.count; i += threads_of_grid()) {
    keys[i] = entries.pool[i];
    values[i] = static_cast<std::uint32_t>(i);
  }
}

// The first of `count` ascending values that is above `value`.
__device__ std::uint64_t first_above(std::uint64_t const* values, std::uint64_t count,
                                     std::uint64_t value) {
  std::uint64_t low = 0;
  while (low < count) {
    std::uint64_t const middle = low + (count - low) / 2;
    if (values[middle] > value)
      count = middle;
    else
      low = middle + 1;
  }
  return low;
}

// Items: pools. Every pool has `keep` entries at least.
__global__ void __launch_bounds__(block_threads)
    keep_losses(TailsView tails, LossEntries entries, std::uint64_t const* pools,
                std::uint32_t const* number) {
  for (std::uint64_t pool = warp_of_thread(); pool < tails.pools; pool += warps_of_grid()) {
    std::uint64_t const begin = first_above(pools, entries.count, pool) - tails.keep;
    for (std::uint64_t i = lane_of_thread(); i < tails.keep; i += warp_width)
      tails.kept[pool * tails.keep + i] = entries.key[number[begin + i]];
  }
}

// Of all lanes, in every lane.
__device__ TickSum warp_sum_sums(TickSum sum) {
  for (std::uint32_t step = warp_width / 2; step > 0; step /= 2) {
    auto const low = static_cast<unsigned long long>(sum.low);
    auto const high = static_cast<long long>(sum.high);
    sum += TickSum{__shfl_xor_sync(every_lane, low, step), __shfl_xor_sync(every_lane, high, step)};
  }
  return sum;
}

// How many losses each level's tail holds.
struct TailCounts {
  std::int64_t of[tail_levels];
};

// Items: pools.
__global__ void __launch_bounds__(block_threads)
    condense(TailsView tails, TailCounts counts, TailTally* results) {
  for (std::uint64_t pool = warp_of_thread(); pool < tails.pools; pool += warps_of_grid()) {
    std::uint64_t const* const end = tails.kept + (pool + 1) * tails.keep;
    TailTally tail;
    tail.known = true;
    for (std::uint32_t level = 0; level < tail_levels; ++level) {
      std::int64_t const count = counts.of[level];
      TickSum sum;
      for (std::int64_t i = 1 + lane_of_thread(); i <= count; i += warp_width)
        sum += loss_of_key(end[-i]);
      tail.tail_sum[level] = warp_sum_sums(sum);
      tail.value_at_risk[level] = loss_of_key(end[-count]);
    }
    if (lane_of_thread() == 0) results[pool] = tail;
  }
}

}  // namespace

cudaError_t loaded_kernels() {
  cudaFuncAttributes attributes{};
  return cudaFuncGetAttributes(&attributes, mark_tails);
}

void launch_mark_tails(PassageInput const& input, LinesView const& lines,
                       ColumnsView const& columns, TailsView const& tails, std::uint32_t steps,
                       bool prune, CandidatesView const& candidates, cudaStream_t stream) {
  // More columns than this counts a window never has.
  auto const wanted =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(tails.keep * steps, 0xffffffffu));
  auto const blocks = static_cast<unsigned>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(lines.slices) * warp_width, most_blocks));
  MarkInput const in = {input, lines, columns, tails, wanted, prune};
  auto* const kernel = lines.scanned ? mark_scanned_tails : mark_tails;
  kernel<<<blocks, block_threads, 0, stream>>>(in, candidates);
  check(cudaGetLastError(), "launch of mark_tails");
}

void launch_list_losses(PassageInput const& input, TailsView const& tails, CellsView const& cells,
                        LossEntries const& entries, cudaStream_t stream) {
  list_losses<<<thread_grid(entries.count), block_threads, 0, stream>>>(input, tails, cells,
                                                                        entries);
  check(cudaGetLastError(), "launch of list_losses");
}

void launch_name_losses(LossEntries const& entries, std::uint64_t* keys, std::uint32_t* values,
                        cudaStream_t stream) {
  name_losses<<<thread_grid(entries.count), block_threads, 0, stream>>>(entries, keys, values);
  check(cudaGetLastError(), "launch of name_losses");
}

void launch_keep_losses(TailsView const& tails, LossEntries const& entries,
                        std::uint64_t const* pools, std::uint32_t const* number,
                        cudaStream_t stream) {
  keep_losses<<<warp_grid(tails.pools), block_threads, 0, stream>>>(tails, entries, pools, number);
  check(cudaGetLastError(), "launch of keep_losses");
}

void launch_condense(TailsView const& tails, std::uint64_t scenarios, TailTally* results,
                     cudaStream_t stream) {
  TailCounts counts;
  for (std::uint32_t level = 0; level < tail_levels; ++level)
    counts.of[level] =
        static_cast<std::int64_t>(tail_count(scenarios, tail_level_per_mille[level]));
  condense<<<warp_grid(tails.pools), block_threads, 0, stream>>>(tails, counts, results);
  check(cudaGetLastError(), "launch of condense");
}

}  // namespace plimsoll::cuda
