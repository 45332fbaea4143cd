// One run on the device: batches of accounts, windows of scenarios, a second sweep for tails.
// Kernels follow each other in one stream; what they counted per scenario travels home in another
// while the next window is in work, through two slots of device and pinned memory.
// Method: docs/kernels.md.
// Bits: nothing here rounds; integers are added, and each batch is added once, when it is complete.
// Errors: MachineError.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/cuda/device.hpp"
#include "kernels/cuda/search.hpp"
#include "kernels/cuda/tail_flight.hpp"
#include "kernels/cuda/window.hpp"
#include "kernels/tails.hpp"

namespace plimsoll::cuda {

class Sweep {
 public:
  Sweep(Job const& job, Tuning const& tuning);

  // Call once.
  Tally run();

  // [byte] of the host's memory beside the tally: pinned pieces, and counts of two windows. Tails
  // in flight are in the device's.
  static std::uint64_t host_bytes(Job const& job, Tuning const& tuning);

 private:
  // Scenario tallies of one window in flight.
  struct CountSlot {
    DeviceBuffer<std::uint32_t> counts;  // [2][stride] pools, accounts
    DeviceBuffer<TickSum> shortfall;     // [classes][stride]
    PinnedBuffer<std::uint32_t> home_counts;
    PinnedBuffer<TickSum> home_shortfall;
  };
  struct Flight {
    std::uint64_t first = 0;
    std::uint32_t width = 0;  // 0: nothing in flight
    Event computed, copied;
  };

  // A batch and all that finds its breaches.
  struct Work {
    ResidentBatch batch;
    Search search;
    Work(Sweep& sweep, BatchRange range);
  };

  void reserve_window();
  std::uint32_t batch_end(std::uint32_t begin) const;
  std::unique_ptr<Work> reserve_work(std::uint32_t begin, std::uint32_t& end);
  void count(Work& work);
  std::uint32_t count_window(Work& work, std::uint32_t slot, std::uint64_t first,
                             std::uint32_t width);
  WindowView price(Work& work, std::uint64_t first, std::uint32_t width);
  void note(Counters const& counters, ResidentBatch const& batch, WindowView const& window);
  void copy_home(CountSlot& slot);
  void fold(CountSlot const& slot, std::uint64_t first, std::uint32_t width);
  std::uint32_t narrower(Search& search, std::uint64_t most, std::uint32_t width);
  void collect_tails(Work& work);
  std::unique_ptr<TailFlight> reserve_tails(Work const& work, std::uint32_t begin,
                                            std::uint32_t count);
  std::uint32_t scanned_of(ResidentBatch const& batch, std::vector<std::uint32_t> const& pools);
  void follow(Work& work, TailFlight& flight, std::uint32_t scanned);
  std::uint32_t follow_window(Work& work, TailFlight& flight, std::uint32_t scanned,
                              std::uint64_t first, std::uint32_t width);
  template <class Launch, class Copy, class Fold>
  void for_windows(Launch launch, Copy copy, Fold fold);
  void report(std::uint64_t pools, std::uint32_t width);

  Job const& job_;
  Tuning const& tuning_;
  Tally tally_;
  Stream compute_, homeward_;
  Transfer transfer_;
  ResidentWorld world_;
  DeviceTraits device_;
  std::uint32_t width_;        // of windows; shrinks where memory is short
  std::uint32_t batch_width_;  // of the batch in work; shrinks where much is in doubt
  std::uint32_t most_accounts_;
  std::unique_ptr<Window> window_;
  std::array<CountSlot, 2> count_slots_;
  std::array<Flight, 2> flights_;
  bool bent_known_ = false;
  std::uint64_t done_ = 0, total_ = 0;
  Rest rest_{compute_, homeward_};
};

}  // namespace plimsoll::cuda
