// Launch shapes and the few moves that warps make together.
// Trusts: one-dimensional blocks of block_threads threads, all of which stay until the end.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/launches.hpp"

namespace plimsoll::cuda {

inline constexpr std::uint32_t block_threads = 128;
inline constexpr std::uint32_t block_warps = block_threads / warp_width;
inline constexpr std::uint32_t every_lane = 0xffffffffu;

// No launch is larger than this; kernels stride over what is left. Far below the limits of a grid
// (2^31 - 1 in x, 65535 in y), and enough to fill any device several times.
inline constexpr std::uint32_t most_lines = 512;
inline constexpr std::uint64_t most_blocks = 1u << 15;

// x runs over the places of a window, y over lines (a factor, or a row at a step).
inline dim3 line_grid(std::uint32_t width, std::uint64_t lines) {
  return dim3((width + block_threads - 1) / block_threads,
              static_cast<unsigned>(std::min<std::uint64_t>(lines, most_lines)));
}

// One thread per item.
inline dim3 thread_grid(std::uint64_t items) {
  return dim3(static_cast<unsigned>(
      std::clamp<std::uint64_t>((items + block_threads - 1) / block_threads, 1, most_blocks)));
}

// One warp per item.
inline dim3 warp_grid(std::uint64_t items) {
  return dim3(static_cast<unsigned>(
      std::clamp<std::uint64_t>((items + block_warps - 1) / block_warps, 1, most_blocks)));
}

__device__ inline std::uint32_t place_of_thread() {
  return blockIdx.x * block_threads + threadIdx.x;
}
__device__ inline std::uint32_t lane_of_thread() {
  return threadIdx.x % warp_width;
}
__device__ inline std::uint64_t thread_of_grid() {
  return static_cast<std::uint64_t>(blockIdx.x) * block_threads + threadIdx.x;
}
__device__ inline std::uint64_t threads_of_grid() {
  return static_cast<std::uint64_t>(gridDim.x) * block_threads;
}
__device__ inline std::uint64_t warp_of_thread() {
  return static_cast<std::uint64_t>(blockIdx.x) * block_warps + threadIdx.x / warp_width;
}
__device__ inline std::uint64_t warps_of_grid() {
  return static_cast<std::uint64_t>(gridDim.x) * block_warps;
}

// Floats as integers in the same order; NaN of either sign lies at an end.
__device__ inline std::uint32_t in_order(float value) {
  std::uint32_t const bits = __float_as_uint(value);
  return (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
}

// The float of which in_order() made this.
__device__ inline float from_order(std::uint32_t order) {
  return __uint_as_float((order >> 31) != 0 ? order & 0x7fffffffu : ~order);
}

// The sum over the lanes of a warp, in every lane.
__device__ inline unsigned long long warp_sum(unsigned long long value) {
  for (std::uint32_t step = warp_width / 2; step > 0; step /= 2)
    value += __shfl_xor_sync(every_lane, value, step);
  return value;
}

__device__ inline long long warp_largest(long long value) {
  for (std::uint32_t step = warp_width / 2; step > 0; step /= 2) {
    long long const other = __shfl_xor_sync(every_lane, value, step);
    value = other > value ? other : value;
  }
  return value;
}

}  // namespace plimsoll::cuda
