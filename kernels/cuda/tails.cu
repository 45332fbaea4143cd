// Kernel that follows pools through the scenarios of a window and keeps what each path loses: a
// warp holds one pool and a strip of 32 scenarios, one a lane, so that prices are read side by side
// and the book's records by the whole warp at once.
// Method: docs/kernels.md, "tail_losses".
// Bits: PassageFold of models/.
#include "kernels/cuda/cell.cuh"
#include "kernels/cuda/grid.cuh"

namespace plimsoll::cuda {
namespace {

// Blocks that a multiprocessor should hold: 28 warps, and registers enough (72) to spill nothing.
constexpr std::uint32_t resident_blocks = 7;

__device__ Ticks loss_of(PassageInput const& input, WindowView const& window, std::uint32_t pool,
                         std::uint32_t place) {
  PassageFold fold;
  for (std::uint32_t step = 1; step <= window.steps; ++step)
    fold.add(step, excess_of(input, window, pool,
                             static_cast<std::uint64_t>(step - 1) * window.stride + place));
  return fold.finish(input.today[pool]).loss;
}

// Items: strips of the listed pools.
__global__ void __launch_bounds__(block_threads, resident_blocks)
    tail_losses(PassageInput input, WindowView window, std::uint32_t const* pools,
                std::uint32_t count, Ticks* losses) {
  std::uint32_t const strips = (window.width + warp_width - 1) / warp_width;
  std::uint64_t const items = static_cast<std::uint64_t>(count) * strips;
  for (std::uint64_t item = warp_of_thread(); item < items; item += warps_of_grid()) {
    std::uint64_t const i = item / strips;
    std::uint32_t const place =
        static_cast<std::uint32_t>(item % strips) * warp_width + lane_of_thread();
    if (place < window.width)
      losses[i * window.stride + place] = loss_of(input, window, pools[i], place);
  }
}

}  // namespace

cudaError_t loaded_kernels() {
  cudaFuncAttributes attributes{};
  return cudaFuncGetAttributes(&attributes, tail_losses);
}

void launch_tail_losses(PassageInput const& input, WindowView const& window,
                        std::uint32_t const* pools, std::uint32_t count, Ticks* losses,
                        cudaStream_t stream) {
  std::uint64_t const items =
      static_cast<std::uint64_t>(count) * ((window.width + warp_width - 1) / warp_width);
  if (items == 0) return;
  tail_losses<<<warp_grid(items), block_threads, 0, stream>>>(input, window, pools, count, losses);
  check(cudaGetLastError(), "launch of tail_losses");
}

}  // namespace plimsoll::cuda
