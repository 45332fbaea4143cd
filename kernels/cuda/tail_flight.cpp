#include "kernels/cuda/tail_flight.hpp"

#include <bit>
#include <limits>

namespace plimsoll::cuda {

std::uint64_t FlightSize::bytes() const {
  return pools * (keep * sizeof(std::uint64_t) + sizeof(TailTally)) + entries() * entry_bytes;
}

TailFlight::TailFlight(FlightSize const& size, std::uint32_t const* list, Stream const& stream)
    : size_(size), stream_(stream) {
  std::uint64_t const entries = size.entries();
  if (entries > std::numeric_limits<std::uint32_t>::max())
    check(cudaErrorMemoryAllocation, "numbering the losses of tails");
  kept_ = DeviceBuffer<std::uint64_t>(size.pools * size.keep, stream);
  for (auto& keys : keys_) keys = DeviceBuffer<std::uint64_t>(entries, stream);
  for (auto& values : values_) values = DeviceBuffer<std::uint32_t>(entries, stream);
  room_ = DeviceBuffer<std::byte>(sort_bytes(entries), stream);
  results_ = DeviceBuffer<TailTally>(size.pools, stream);
  kept_.zero();
  view_ = {size.pools, list, size.keep, kept_.data()};
}

// By loss and then, equal ones staying as they are, by pool.
void TailFlight::add(PassageInput const& input, CellsView const& cells) {
  if (cells.count == 0) return;
  cudaStream_t const stream = stream_.get();
  LossEntries entries = {keys_[0].data(), values_[0].data(),
                         view_.pools * view_.keep + cells.count};
  launch_list_losses(input, view_, cells, entries, stream);
  SortSpace const by_loss = {{keys_[0].data(), keys_[1].data()},
                             {values_[0].data(), values_[1].data()}};
  Sorted const losses = sort_pairs(by_loss, 0, entries.count, 64, room(), stream);
  entries.key = losses.keys;
  entries.pool = losses.values;
  launch_name_losses(entries, losses.free_keys, losses.free_values, stream);
  SortSpace const by_pool = {{losses.free_keys, keys_[2].data()},
                             {losses.free_values, losses.values}};
  Sorted const pools =
      sort_pairs(by_pool, 0, entries.count, std::bit_width(size_.pools), room(), stream);
  launch_keep_losses(view_, entries, pools.keys, pools.values, stream);
}

DeviceBuffer<TailTally> const& TailFlight::condense(std::uint64_t scenarios) {
  launch_condense(view_, scenarios, results_.data(), stream_.get());
  return results_;
}

}  // namespace plimsoll::cuda
