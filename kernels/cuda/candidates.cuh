// Masks of columns in doubt, appended by whole warps.
// Trusts: all lanes of the warp are there.
#pragma once

#include "kernels/cuda/filter.hpp"
#include "kernels/cuda/grid.cuh"

namespace plimsoll::cuda {

// Appends this lane's mask of (pool, tile) unless it is empty, as far as masks fit; counts all.
__device__ inline void append(CandidatesView const& found, std::uint32_t pool, std::uint32_t tile,
                              std::uint32_t mask) {
  std::uint32_t const lane = lane_of_thread();
  std::uint32_t const some = __ballot_sync(every_lane, mask != 0);
  if (some == 0) return;
  auto const cells = __reduce_add_sync(every_lane, static_cast<unsigned>(__popc(mask)));
  unsigned long long first = 0;
  if (lane == 0) {
    first = atomicAdd(&found.counters->masks, static_cast<unsigned long long>(__popc(some)));
    atomicAdd(&found.counters->candidates, static_cast<unsigned long long>(cells));
  }
  first = __shfl_sync(every_lane, first, 0);
  std::uint64_t const at = first + static_cast<std::uint32_t>(__popc(some & ((1u << lane) - 1)));
  if (mask == 0 || at >= found.most) return;
  found.pool[at] = pool;
  found.tile[at] = tile;
  found.mask[at] = mask;
}

}  // namespace plimsoll::cuda
