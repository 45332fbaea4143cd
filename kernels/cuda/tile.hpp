// The tile in work: scratch for moves and rows of up to `stride` scenarios, and the kernels that
// price it.
//
// Errors: OutOfMemory, MachineError.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/cuda/resident.hpp"

namespace plimsoll::cuda {

// Device memory per scenario of a tile, with what count and tail sweeps hold per scenario.
std::uint64_t bytes_per_scenario(Job const& job);

class Tile {
 public:
  Tile(Job const& job, std::uint32_t stride, Stream const& stream);

  std::uint32_t stride() const { return stride_; }

  // Orders the pricing of scenarios [first, first + width) in the tile's stream. `slot` alternates
  // between 0 and 1; the copies of its last use have been seen done. With count_bent, moves that
  // the limiter changed are counted.
  TileView price(ResidentWorld const& world, std::uint64_t first, std::uint32_t width,
                 std::uint32_t slot, bool count_bent);
  // Moves counted so far; all work has been ordered before.
  std::uint64_t bent(Transfer& transfer) const;

 private:
  double const* given_moves(std::uint64_t first, std::uint32_t width, std::uint32_t slot);

  Job const& job_;
  Stream const& stream_;
  std::uint32_t stride_;
  DeviceBuffer<double> normals_, mixing_, log_sums_, rows_, table_;
  std::array<PinnedBuffer<double>, 2> staged_table_;
  DeviceBuffer<unsigned long long> bent_;
};

}  // namespace plimsoll::cuda
