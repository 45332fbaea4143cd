// Kernels that evaluate cells in double: those in doubt, and on demand all of them.
// Method: docs/kernels.md, "Decide".
#include "kernels/cuda/cell.cuh"
#include "kernels/cuda/decide.hpp"
#include "kernels/cuda/grid.cuh"

namespace plimsoll::cuda {
namespace {

// Blocks that a multiprocessor should hold: 28 warps, and registers enough (72) to spill nothing.
constexpr std::uint32_t resident_blocks = 7;

// The number of the set bit that has `rank` set bits below it.
__device__ std::uint32_t bit_of_rank(std::uint32_t mask, std::uint32_t rank) {
  std::uint32_t bit = 0;
  for (std::uint32_t width = warp_width / 2; width > 0; width /= 2) {
    auto const below = static_cast<std::uint32_t>(__popc(mask >> bit & ((1u << width) - 1)));
    bool const above = rank >= below;
    rank -= above ? below : 0;
    bit += above ? width : 0;
  }
  return bit;
}

// A warp's 32 masks as one list of cells.
struct CellList {
  std::uint32_t pool, tile, mask;  // of the lane
  std::uint32_t end;               // cells of this lane and those below

  __device__ CellList(CandidatesView const& found, std::uint64_t at, std::uint64_t masks) {
    bool const real = at < masks;
    pool = real ? found.pool[at] : 0;
    tile = real ? found.tile[at] : 0;
    mask = real ? found.mask[at] : 0;
    end = static_cast<std::uint32_t>(__popc(mask));
    std::uint32_t const lane = lane_of_thread();
    for (std::uint32_t step = 1; step < warp_width; step *= 2) {
      std::uint32_t const other = __shfl_up_sync(every_lane, end, step);
      end += lane >= step ? other : 0;
    }
  }
  __device__ std::uint32_t size() const { return __shfl_sync(every_lane, end, warp_width - 1); }
  // The lane whose mask holds cell i < size().
  __device__ std::uint32_t owner(std::uint32_t i) const {
    std::uint32_t lane = 0;
    for (std::uint32_t step = warp_width / 2; step > 0; step /= 2)
      lane += __shfl_sync(every_lane, end, lane + step - 1) <= i ? step : 0;
    return lane;
  }
};

struct Cell {
  std::uint32_t pool;
  std::uint32_t column;
};

__device__ Cell cell_of(CellList const& list, ColumnsView const& columns, std::uint32_t i) {
  std::uint32_t const owner = list.owner(i);
  std::uint32_t const mask = __shfl_sync(every_lane, list.mask, owner);
  std::uint32_t const before =
      __shfl_sync(every_lane, list.end, owner) - static_cast<std::uint32_t>(__popc(mask));
  std::uint32_t const tile = __shfl_sync(every_lane, list.tile, owner);
  std::uint32_t const bit = bit_of_rank(mask, i - before);
  return {__shfl_sync(every_lane, list.pool, owner), columns.order[tile * children + bit]};
}

// Adds the lanes in breach to the events.
__device__ void keep_events(WindowView const& window, EventsView const& events, Counters* counters,
                            Cell cell, bool breach, double excess) {
  std::uint32_t const lane = lane_of_thread();
  std::uint32_t const some = __ballot_sync(every_lane, breach);
  if (some == 0) return;
  unsigned long long first = 0;
  if (lane == 0)
    first = atomicAdd(&counters->events, static_cast<unsigned long long>(__popc(some)));
  first = __shfl_sync(every_lane, first, 0);
  if (!breach) return;
  std::uint64_t const at = first + static_cast<std::uint32_t>(__popc(some & ((1u << lane) - 1)));
  std::uint32_t const step = cell.column / window.stride;
  std::uint32_t const place = cell.column % window.stride;
  events.key[at] = (static_cast<std::uint64_t>(cell.pool) << (place_bits + step_bits)) |
                   (place << step_bits) | step;
  events.number[at] = static_cast<std::uint32_t>(at);
  events.ticks[at] = ticks_up(-excess);
}

// Items: 32 masks.
__global__ void __launch_bounds__(block_threads, resident_blocks)
    decide(PassageInput input, WindowView window, ColumnsView columns, CandidatesView candidates,
           EventsView events) {
  if (candidates.counters->candidates > candidates.most) return;
  std::uint64_t const masks = candidates.counters->masks;
  std::uint32_t const lane = lane_of_thread();
  unsigned long long undefined = 0;
  for (std::uint64_t item = warp_of_thread(); item * warp_width < masks; item += warps_of_grid()) {
    CellList const list(candidates, item * warp_width + lane, masks);
    std::uint32_t const cells = list.size();
    for (std::uint32_t first = 0; first < cells; first += warp_width) {
      bool const real = first + lane < cells;
      // Lanes beyond the list repeat its last cell, so that the warp stays whole.
      Cell const cell = cell_of(list, columns, real ? first + lane : cells - 1);
      double const excess = excess_of(input, window, cell.pool, cell.column);
      bool const defined = is_defined(excess);
      undefined += real && !defined;
      keep_events(window, events, candidates.counters, cell, real && defined && excess < 0.0,
                  excess);
    }
  }
  undefined = warp_sum(undefined);
  if (lane == 0 && undefined != 0) atomicAdd(&candidates.counters->undefined, undefined);
}

// Items: a pool and a strip of 32 scenarios.
__global__ void __launch_bounds__(block_threads, resident_blocks)
    question_all(PassageInput input, WindowView window, Counters* counters) {
  std::uint32_t const strips = (window.width + warp_width - 1) / warp_width;
  std::uint64_t const items = static_cast<std::uint64_t>(input.book.pools) * strips;
  unsigned long long count = 0;
  for (std::uint64_t item = warp_of_thread(); item < items; item += warps_of_grid()) {
    auto const pool = static_cast<std::uint32_t>(item / strips);
    std::uint32_t const place =
        static_cast<std::uint32_t>(item % strips) * warp_width + lane_of_thread();
    if (place >= window.width) continue;
    for (std::uint32_t step = 0; step < window.steps; ++step) {
      double const excess =
          excess_of(input, window, pool, static_cast<std::uint64_t>(step) * window.stride + place);
      count += !is_defined(excess) || excess < 0.0;
    }
  }
  count = warp_sum(count);
  if (lane_of_thread() == 0 && count != 0) atomicAdd(&counters->in_question, count);
}

}  // namespace

void launch_decide(PassageInput const& input, WindowView const& window, ColumnsView const& columns,
                   CandidatesView const& candidates, EventsView const& events, std::uint32_t blocks,
                   cudaStream_t stream) {
  decide<<<blocks, block_threads, 0, stream>>>(input, window, columns, candidates, events);
  check(cudaGetLastError(), "launch of decide");
}

void launch_question_all(PassageInput const& input, WindowView const& window, Counters* counters,
                         cudaStream_t stream) {
  std::uint64_t const strips = (window.width + warp_width - 1) / warp_width;
  question_all<<<warp_grid(input.book.pools * strips), block_threads, 0, stream>>>(input, window,
                                                                                   counters);
  check(cudaGetLastError(), "launch of question_all");
}

}  // namespace plimsoll::cuda
