
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#include <cub/device/device_select.cuh>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/ordering.hpp"

namespace plimsoll::cuda {
namespace {

using Keys = cub::DoubleBuffer<std::uint64_t>;
using Values = cub::DoubleBuffer<std::uint32_t>;

struct WantsTail {
  PoolTally const* pools;
  bool all;
  __device__ bool operator()(std::uint32_t i) const { return all || pools[i].breaches != 0; }
};

}  // namespace

std::uint64_t sort_bytes(std::uint64_t count) {
  std::size_t bytes = 0;
  Keys keys;
  Values values;
  PLIMSOLL_CUDA_CHECK(cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, values,
                                                      static_cast<std::int64_t>(count)));
  return bytes;
}

std::uint64_t sort_keys_bytes(std::uint64_t count) {
  std::size_t bytes = 0;
  Keys keys;
  PLIMSOLL_CUDA_CHECK(
      cub::DeviceRadixSort::SortKeys(nullptr, bytes, keys, static_cast<std::int64_t>(count)));
  return bytes;
}

std::uint64_t select_bytes(std::uint64_t count) {
  std::size_t bytes = 0;
  std::uint32_t const* const from = nullptr;
  std::uint32_t* const none = nullptr;
  unsigned long long* const nobody = nullptr;
  PLIMSOLL_CUDA_CHECK(cub::DeviceSelect::If(nullptr, bytes, from, none, nobody,
                                            static_cast<std::int64_t>(count), WantsTail{}));
  return bytes;
}

std::uint64_t sum_bytes(std::uint64_t count) {
  std::size_t bytes = 0;
  std::uint32_t* const none = nullptr;
  PLIMSOLL_CUDA_CHECK(
      cub::DeviceScan::ExclusiveSum(nullptr, bytes, none, none, static_cast<std::int64_t>(count)));
  return bytes;
}

Sorted sort_pairs(SortSpace const& space, int from, std::uint64_t count, int bits,
                  OrderRoom const& room, cudaStream_t stream) {
  std::size_t bytes = room.bytes;
  Keys keys(space.keys[from], space.keys[1 - from]);
  Values values(space.values[from], space.values[1 - from]);
  PLIMSOLL_CUDA_CHECK(cub::DeviceRadixSort::SortPairs(
      room.memory, bytes, keys, values, static_cast<std::int64_t>(count), 0, bits, stream));
  return {keys.Current(), values.Current(), keys.Alternate(), values.Alternate()};
}

SortedKeys sort_keys(SortSpace const& space, int from, std::uint64_t count, int bits,
                     OrderRoom const& room, cudaStream_t stream) {
  std::size_t bytes = room.bytes;
  Keys keys(space.keys[from], space.keys[1 - from]);
  PLIMSOLL_CUDA_CHECK(cub::DeviceRadixSort::SortKeys(
      room.memory, bytes, keys, static_cast<std::int64_t>(count), 0, bits, stream));
  return {keys.Current(), keys.Alternate()};
}

void select_pools(PoolTally const* pools, std::uint32_t const* numbers, std::uint64_t count,
                  bool all, std::uint32_t* listed, unsigned long long* selected,
                  OrderRoom const& room, cudaStream_t stream) {
  std::size_t bytes = room.bytes;
  PLIMSOLL_CUDA_CHECK(cub::DeviceSelect::If(room.memory, bytes, numbers, listed, selected,
                                            static_cast<std::int64_t>(count), WantsTail{pools, all},
                                            stream));
}

void exclusive_sum(std::uint32_t* sums, std::uint64_t count, OrderRoom const& room,
                   cudaStream_t stream) {
  std::size_t bytes = room.bytes;
  PLIMSOLL_CUDA_CHECK(cub::DeviceScan::ExclusiveSum(room.memory, bytes, sums, sums,
                                                    static_cast<std::int64_t>(count), stream));
}

}  // namespace plimsoll::cuda
