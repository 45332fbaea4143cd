// Kernels that list the cells in doubt, and evaluate them, or on demand all there are, in double.
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

// The key of cell i of the list.
__device__ std::uint64_t key_of(CellList const& list, WindowView const& window,
                                ColumnsView const& columns, std::uint32_t i) {
  std::uint32_t const owner = list.owner(i);
  std::uint32_t const mask = __shfl_sync(every_lane, list.mask, owner);
  std::uint32_t const before =
      __shfl_sync(every_lane, list.end, owner) - static_cast<std::uint32_t>(__popc(mask));
  std::uint32_t const tile = __shfl_sync(every_lane, list.tile, owner);
  std::uint32_t const pool = __shfl_sync(every_lane, list.pool, owner);
  std::uint32_t const column = columns.order[tile * children + bit_of_rank(mask, i - before)];
  return CellKey::of(pool, column % window.stride, column / window.stride).key;
}

// Items: 32 masks.
__global__ void __launch_bounds__(block_threads)
    list_cells(WindowView window, ColumnsView columns, CandidatesView candidates,
               std::uint64_t* keys) {
  std::uint64_t const masks = candidates.counters->masks;
  std::uint32_t const lane = lane_of_thread();
  for (std::uint64_t item = warp_of_thread(); item * warp_width < masks; item += warps_of_grid()) {
    CellList const list(candidates, item * warp_width + lane, masks);
    std::uint32_t const cells = list.size();
    unsigned long long begin = 0;
    if (lane == 0)
      begin = atomicAdd(&candidates.counters->listed, static_cast<unsigned long long>(cells));
    begin = __shfl_sync(every_lane, begin, 0);
    for (std::uint32_t first = 0; first < cells; first += warp_width) {
      bool const real = first + lane < cells;
      // Lanes beyond the list repeat its last cell, so that the warp stays whole.
      std::uint32_t const i = real ? first + lane : cells - 1;
      std::uint64_t const key = key_of(list, window, columns, i);
      if (real) keys[begin + i] = key;
    }
  }
}

__global__ void __launch_bounds__(block_threads, resident_blocks)
    decide(PassageInput input, WindowView window, CellsView cells, std::uint32_t const* listed,
           Counters* counters) {
  unsigned long long undefined = 0;
  for (std::uint64_t i = thread_of_grid(); i < cells.count; i += threads_of_grid()) {
    CellKey const cell{cells.key[i]};
    double const excess =
        excess_of(input, window, listed[cell.pool()],
                  static_cast<std::uint64_t>(cell.step()) * window.stride + cell.place());
    cells.excess[i] = excess;
    undefined += !is_defined(excess);
  }
  undefined = warp_sum(undefined);
  if (lane_of_thread() == 0 && undefined != 0) atomicAdd(&counters->undefined, undefined);
}

// The checking mode need not be fast: room for the registers of portfolio scans, so that none
// spills.
constexpr std::uint32_t checking_blocks = 5;

// Items: a pool and a strip of 32 scenarios.
__global__ void __launch_bounds__(block_threads, checking_blocks)
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

void launch_list_cells(WindowView const& window, ColumnsView const& columns,
                       CandidatesView const& candidates, std::uint64_t count, std::uint64_t* keys,
                       cudaStream_t stream) {
  // There are as many masks as cells at most.
  list_cells<<<thread_grid(count), block_threads, 0, stream>>>(window, columns, candidates, keys);
  check(cudaGetLastError(), "launch of list_cells");
}

void launch_decide(PassageInput const& input, WindowView const& window, CellsView const& cells,
                   std::uint32_t const* listed, Counters* counters, cudaStream_t stream) {
  decide<<<thread_grid(cells.count), block_threads, 0, stream>>>(input, window, cells, listed,
                                                                 counters);
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
