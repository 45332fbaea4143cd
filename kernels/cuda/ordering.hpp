// Sorting, running sums and selection on the device, by CUB.
// Errors: MachineError, OutOfMemory. None of it allocates: the room is the caller's.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/tally.hpp"

namespace plimsoll::cuda {

struct OrderRoom {
  void* memory;
  std::uint64_t bytes;
};

// Keys and values that change places while they are sorted.
struct SortSpace {
  std::uint64_t* keys[2];
  std::uint32_t* values[2];
};

struct Sorted {
  std::uint64_t* keys;
  std::uint32_t* values;
  // The other halves, free to be used.
  std::uint64_t* free_keys;
  std::uint32_t* free_values;
};

// [byte] that the calls below take for so many items.
std::uint64_t sort_bytes(std::uint64_t count);
std::uint64_t sort_keys_bytes(std::uint64_t count);
std::uint64_t sum_bytes(std::uint64_t count);
std::uint64_t select_bytes(std::uint64_t count);

// The first `count` of space.keys[from] and values[from], by the lowest `bits` of the key; equal
// keys keep their order.
Sorted sort_pairs(SortSpace const& space, int from, std::uint64_t count, int bits,
                  OrderRoom const& room, cudaStream_t stream);

// The same without values.
struct SortedKeys {
  std::uint64_t* keys;
  std::uint64_t* free_keys;
};
SortedKeys sort_keys(SortSpace const& space, int from, std::uint64_t count, int bits,
                     OrderRoom const& room, cudaStream_t stream);

// sums[i] = sum of sums[j], j < i.
void exclusive_sum(std::uint32_t* sums, std::uint64_t count, OrderRoom const& room,
                   cudaStream_t stream);

// Of numbers[count] those of pools with a breach, or all of them, in the same order; *selected: how
// many.
void select_pools(PoolTally const* pools, std::uint32_t const* numbers, std::uint64_t count,
                  bool all, std::uint32_t* listed, unsigned long long* selected,
                  OrderRoom const& room, cudaStream_t stream);

}  // namespace plimsoll::cuda
