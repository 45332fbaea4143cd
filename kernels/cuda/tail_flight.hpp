// The tails of some listed pools while windows pass by: the largest losses so far, and room to sort
// those of a window in between. All on the device.
// Errors: OutOfMemory when it is made, MachineError.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/cuda/ordering.hpp"
#include "kernels/cuda/resident.hpp"
#include "kernels/cuda/tails.hpp"

namespace plimsoll::cuda {

// How much of everything a flight holds.
struct FlightSize {
  std::uint32_t pools;
  std::uint64_t keep;   // losses of a pool
  std::uint64_t cells;  // of a window: those of one scenario at least

  // [byte] of an entry while it is sorted.
  static constexpr std::uint64_t entry_bytes =
      3 * sizeof(std::uint64_t) + 2 * sizeof(std::uint32_t);

  std::uint64_t entries() const { return pools * keep + cells; }
  // [byte]
  std::uint64_t bytes() const;
};

class TailFlight {
 public:
  // `list`: size.pools pools of the batch, which outlives this.
  TailFlight(FlightSize const& size, std::uint32_t const* list, Stream const& stream);

  TailsView view() const { return view_; }
  std::uint32_t pools() const { return size_.pools; }
  // More cells of a window than this cannot be added.
  std::uint64_t most_cells() const { return size_.cells; }

  // Orders the adding of a window's decided cells, in order of their keys.
  void add(PassageInput const& input, CellsView const& cells);
  // Orders the making of the pools' results, of so many scenarios.
  DeviceBuffer<TailTally> const& condense(std::uint64_t scenarios);

 private:
  OrderRoom room() const { return {room_.data(), room_.size()}; }

  FlightSize size_;
  Stream const& stream_;
  DeviceBuffer<std::uint64_t> kept_;
  std::array<DeviceBuffer<std::uint64_t>, 3> keys_;
  std::array<DeviceBuffer<std::uint32_t>, 2> values_;
  DeviceBuffer<std::byte> room_;
  DeviceBuffer<TailTally> results_;
  TailsView view_{};
};

}  // namespace plimsoll::cuda
