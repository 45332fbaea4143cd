// One run on the device: batches of accounts, tiles of scenarios, a second sweep for tails. Kernels
// follow each other in one stream; what they counted travels home in another while the next tile is
// in work, through two slots of device and pinned memory.
// Method: docs/kernels.md.
// Bits: nothing here rounds; integers are added, and each batch is added once, when it is complete.
// Errors: MachineError.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cuda/device.hpp"
#include "kernels/cuda/tile.hpp"
#include "kernels/tails.hpp"

namespace plimsoll::cuda {

class Sweep {
 public:
  Sweep(Job const& job, Tuning const& tuning);

  // Call once.
  Tally run();

  // [byte] of the host's memory beside the tally and the tails in flight: pinned pieces, counts of
  // two tiles, and the losses of one pool.
  static std::uint64_t host_bytes(Job const& job, Tuning const& tuning);

 private:
  // Scenario tallies of one tile in flight.
  struct CountSlot {
    DeviceBuffer<std::uint32_t> counts;  // [2][stride] pools, accounts
    DeviceBuffer<TickSum> shortfall;     // [classes][stride]
    PinnedBuffer<std::uint32_t> home_counts;
    PinnedBuffer<TickSum> home_shortfall;
  };
  // Losses of one tile in flight.
  struct LossSlot {
    DeviceBuffer<Ticks> losses;  // [pools in flight][stride]
    PinnedBuffer<Ticks> home;
  };
  struct TailFlight {
    DeviceBuffer<std::uint32_t> list;  // pools of the batch
    std::array<LossSlot, 2> slots;
  };
  struct Flight {
    std::uint64_t first = 0;
    std::uint32_t width = 0;  // 0: nothing in flight
    Event computed, copied;
  };

  void reserve_tile();
  std::uint32_t batch_end(std::uint32_t begin) const;
  std::uint32_t shares(std::uint32_t accounts) const;
  std::unique_ptr<ResidentBatch> reserve_batch(std::uint32_t begin, std::uint32_t& end);
  void count(ResidentBatch& batch);
  void launch_count(ResidentBatch& batch, TileView const& tile, CountSlot& slot);
  void copy_home(CountSlot& slot);
  void fold(CountSlot const& slot, std::uint64_t first, std::uint32_t width);
  void collect_tails(ResidentBatch const& batch);
  std::uint64_t tails_in_flight(std::uint64_t count) const;
  TailFlight reserve_tails(std::uint32_t const* pools, std::uint64_t count);
  std::uint64_t collect_tails(ResidentBatch const& batch, std::uint32_t const* pools,
                              std::uint64_t count);
  template <class Launch, class Copy, class Fold>
  void for_tiles(bool count_bent, Launch launch, Copy copy, Fold fold);
  void report(std::uint64_t pools, std::uint32_t width);

  Job const& job_;
  Tuning const& tuning_;
  Tally tally_;
  Stream compute_, homeward_;
  Transfer transfer_;
  ResidentWorld world_;
  DeviceTraits device_;
  std::uint32_t width_;  // of tiles; shrinks where memory is short
  std::uint32_t most_accounts_;
  std::unique_ptr<Tile> tile_;
  std::array<CountSlot, 2> count_slots_;
  std::array<Flight, 2> flights_;
  bool bent_known_ = false;
  std::uint64_t done_ = 0, total_ = 0;
  Rest rest_{compute_, homeward_};
};

}  // namespace plimsoll::cuda
