// The window in work: scratch for moves and prices of up to `stride` scenarios, and the kernels
// that price it.
//
// Errors: OutOfMemory, MachineError.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cuda/resident.hpp"

namespace plimsoll::cuda {

class Window {
 public:
  Window(Job const& job, std::uint32_t stride, Stream const& stream);

  std::uint32_t stride() const { return stride_; }

  // Device memory per scenario.
  static std::uint64_t bytes_per_scenario(Job const& job);

  // Orders the pricing of scenarios [first, first + width) in the window's stream; the pricing
  // before it has been seen done. Moves that the limiter changed are added to `bent`, unless it is
  // null.
  WindowView price(ResidentWorld const& world, std::uint64_t first, std::uint32_t width,
                   unsigned long long* bent);

 private:
  // Stored rows of which none reads another.
  struct Run {
    std::uint32_t first, end;
  };
  static std::vector<Run> runs_of(RowsView const& rows);
  double const* given_moves(std::uint64_t first, std::uint32_t width);

  Job const& job_;
  Stream const& stream_;
  std::uint32_t stride_;
  std::vector<Run> runs_;  // of the rows that take work, in order
  DeviceBuffer<double> normals_, mixing_, log_sums_, prices_, table_;
  PinnedBuffer<double> staged_table_;
};

}  // namespace plimsoll::cuda
