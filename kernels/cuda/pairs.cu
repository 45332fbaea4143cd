// Kernels that list live pairs, a group a warp.
// Method: docs/kernels.md, "Pairs".
#include "kernels/cuda/columns.hpp"
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/pairs.hpp"

namespace plimsoll::cuda {
namespace {

__device__ bool is_listed(PairSpace const& space, std::uint32_t const* live, std::uint32_t pair) {
  std::uint32_t const slice = space.slice(pair);
  if (slice >= space.slices) return false;
  if (live == nullptr) return true;
  std::uint32_t const unit = space.unit(pair);
  std::uint64_t const parent = static_cast<std::uint64_t>(unit / children) * space.slices + slice;
  return (live[parent] >> (unit % children) & 1u) != 0;
}

// Calls take(pair, listed lanes, whether this lane's pair is listed) for the pairs of a group.
template <class Take>
__device__ void for_pairs(PairSpace const& space, std::uint32_t const* live, std::uint64_t group,
                          Take take) {
  auto const first = static_cast<std::uint32_t>(group * page_slices);
  for (std::uint32_t i = 0; i < page_slices; i += warp_width) {
    if (space.slice(first + i) >= space.slices) return;
    std::uint32_t const pair = first + i + lane_of_thread();
    bool const listed = is_listed(space, live, pair);
    take(pair, __ballot_sync(every_lane, listed), listed);
  }
}

__global__ void __launch_bounds__(block_threads)
    count_pairs(PairList list, std::uint32_t const* live) {
  std::uint64_t const groups = list.space.groups();
  for (std::uint64_t group = warp_of_thread(); group <= groups; group += warps_of_grid()) {
    std::uint32_t count = 0;
    if (group < groups)
      for_pairs(list.space, live, group, [&](std::uint32_t, std::uint32_t listed, bool) {
        count += static_cast<std::uint32_t>(__popc(listed));
      });
    if (lane_of_thread() == 0) list.group_begin[group] = count;
  }
}

__global__ void __launch_bounds__(block_threads)
    list_pairs(PairList list, std::uint32_t const* live) {
  std::uint32_t const below = (1u << lane_of_thread()) - 1;
  std::uint64_t const groups = list.space.groups();
  for (std::uint64_t group = warp_of_thread(); group < groups; group += warps_of_grid()) {
    std::uint32_t* to = list.pairs + list.group_begin[group];
    for_pairs(list.space, live, group, [&](std::uint32_t pair, std::uint32_t listed, bool mine) {
      if (mine) to[__popc(listed & below)] = pair;
      to += __popc(listed);
    });
  }
}

}  // namespace

void launch_count_pairs(PairList const& list, std::uint32_t const* live, cudaStream_t stream) {
  count_pairs<<<warp_grid(list.space.groups() + 1), block_threads, 0, stream>>>(list, live);
  check(cudaGetLastError(), "launch of count_pairs");
}

void launch_list_pairs(PairList const& list, std::uint32_t const* live, cudaStream_t stream) {
  list_pairs<<<warp_grid(list.space.groups()), block_threads, 0, stream>>>(list, live);
  check(cudaGetLastError(), "launch of list_pairs");
}

}  // namespace plimsoll::cuda
