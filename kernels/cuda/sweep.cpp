#include "kernels/cuda/sweep.hpp"

#include <algorithm>
#include <utility>

namespace plimsoll::cuda {
namespace {

constexpr std::uint32_t least_tile = warp_width;
constexpr std::uint32_t most_tile = 1u << 20;
// By default the tile's scratch stays near the size of a level-2 cache.
constexpr std::uint32_t default_least_tile = 256;
constexpr std::uint32_t default_most_tile = 8192;
constexpr std::uint64_t default_tile_bytes = 32u << 20;
// Warps that a launch should offer, per multiprocessor: four times what one can hold.
constexpr std::uint32_t warps_per_multiprocessor = 256;
constexpr std::uint64_t loss_bytes_in_flight = 64u << 20;      // per slot
constexpr std::uint64_t scratch_bytes_in_flight = 256u << 20;  // on the host

std::uint32_t first_width(Job const& job, Tuning const& tuning, std::uint64_t free_bytes) {
  std::uint64_t width = tuning.tile;
  if (width == 0) {
    std::uint64_t const each = bytes_per_scenario(job);
    width =
        std::clamp<std::uint64_t>(default_tile_bytes / each, default_least_tile, default_most_tile);
    width = std::min(width, free_bytes / 4 / each) / warp_width * warp_width;
  }
  width = std::clamp<std::uint64_t>(width, 1, most_tile);
  return static_cast<std::uint32_t>(std::min(width, job.shape.scenarios));
}

}  // namespace

Sweep::Sweep(Job const& job, Tuning const& tuning)
    : job_(job),
      tuning_(tuning),
      transfer_(compute_),
      world_(job, transfer_),
      device_(device_traits()),
      width_(first_width(job, tuning, device_.free_bytes)),
      most_accounts_(tuning.batch == 0 ? job.book.accounts : tuning.batch) {
  BookView const& book = job.book;
  std::uint64_t const scenarios = job.shape.scenarios;
  tally_.pools.resize(book.pools);
  tally_.first_passages.resize(static_cast<std::uint64_t>(book.pools) * job.shape.steps);
  tally_.account_breaches.resize(book.accounts);
  tally_.scenario_pools.resize(scenarios);
  tally_.scenario_accounts.resize(scenarios);
  tally_.scenario_shortfall.resize(scenarios * book.classes);
  if (job.tails != Tails::none) tally_.tails.resize(book.pools);
  total_ = static_cast<std::uint64_t>(book.pools) * scenarios * job.shape.steps;
  if (job.tails == Tails::all) total_ *= 2;
}

std::uint64_t Sweep::host_bytes(Job const& job, Tuning const& tuning) {
  std::uint64_t const wanted = tuning.tile == 0 ? default_most_tile : tuning.tile;
  std::uint64_t const width = std::min<std::uint64_t>(std::min<std::uint64_t>(wanted, most_tile),
                                                      job.shape.scenarios + warp_width);
  std::uint64_t const place =
      2 * sizeof(std::uint32_t) + job.book.classes * sizeof(TickSum) + sizeof(Ticks);
  return Transfer::host_bytes + 2 * width * place + job.book.pools * sizeof(std::uint32_t);
}

Tally Sweep::run() {
  if (job_.shape.scenarios == 0) return std::move(tally_);
  for (std::uint32_t begin = 0; begin < job_.book.accounts;) {
    reserve_tile();
    std::uint32_t end = batch_end(begin);
    std::unique_ptr<ResidentBatch> const batch = reserve_batch(begin, end);
    count(*batch);
    if (job_.tails != Tails::none) collect_tails(*batch);
    begin = end;
  }
  return std::move(tally_);
}

void Sweep::reserve_tile() {
  while (tile_ == nullptr) {
    try {
      count_slots_ = {};
      auto tile = std::make_unique<Tile>(job_, width_, compute_);
      for (CountSlot& slot : count_slots_) {
        std::uint64_t const sums = static_cast<std::uint64_t>(job_.book.classes) * width_;
        slot.counts = DeviceBuffer<std::uint32_t>(2ull * width_, compute_);
        slot.shortfall = DeviceBuffer<TickSum>(sums, compute_);
        slot.home_counts = PinnedBuffer<std::uint32_t>(2ull * width_);
        slot.home_shortfall = PinnedBuffer<TickSum>(sums);
      }
      tile_ = std::move(tile);
    } catch (OutOfMemory const&) {
      if (width_ <= least_tile) throw;
      width_ = std::max(least_tile, width_ / 2);
      compute_.wait();  // freed buffers return to the device
    }
  }
}

// Few accounts share the tile among more warps each.
std::uint32_t Sweep::shares(std::uint32_t accounts) const {
  std::uint32_t const strips = (width_ + warp_width - 1) / warp_width;
  std::uint32_t const wanted = device_.multiprocessors * warps_per_multiprocessor / accounts;
  return std::clamp(wanted, 1u, strips);
}

// The most accounts from `begin` on that fit into what the device has free, at least one.
std::uint32_t Sweep::batch_end(std::uint32_t begin) const {
  std::uint64_t const room = device_traits().free_bytes / 5 * 4;
  std::uint32_t low = 1;
  std::uint32_t high = std::min(std::max(most_accounts_, 1u), job_.book.accounts - begin);
  auto const fits = [&](std::uint32_t accounts) {
    return batch_bytes(job_.book, {begin, begin + accounts, shares(accounts)}, job_.shape.steps) <=
           room;
  };
  while (low < high) {
    std::uint32_t const middle = high - (high - low) / 2;
    if (fits(middle))
      low = middle;
    else
      high = middle - 1;
  }
  return begin + low;
}

// Smaller batches, then smaller tiles, until the batch fits; nothing was counted yet.
std::unique_ptr<ResidentBatch> Sweep::reserve_batch(std::uint32_t begin, std::uint32_t& end) {
  for (;;) {
    try {
      return std::make_unique<ResidentBatch>(job_, BatchRange{begin, end, shares(end - begin)},
                                             compute_, transfer_);
    } catch (OutOfMemory const&) {
      if (end - begin == 1 && width_ <= least_tile) throw;
    }
    if (end - begin > 1) {
      most_accounts_ = (end - begin) / 2;
    } else {
      width_ = std::max(least_tile, width_ / 2);
      tile_.reset();
    }
    compute_.wait();
    reserve_tile();
    end = std::min(end, begin + most_accounts_);
  }
}

// Launches tile after tile; what a tile left in its slot is folded while the next one is in work.
template <class Launch, class Copy, class Fold>
void Sweep::for_tiles(bool count_bent, Launch launch, Copy copy, Fold fold) {
  auto const land = [&](std::uint32_t slot) {
    Flight& flight = flights_[slot];
    if (flight.width == 0) return;
    flight.copied.wait();
    fold(slot, flight.first, std::exchange(flight.width, 0));
  };
  std::uint64_t const scenarios = job_.shape.scenarios;
  std::uint32_t slot = 0;
  for (std::uint64_t first = 0; first < scenarios; first += width_) {
    land(slot);
    Flight& flight = flights_[slot];
    flight.first = first;
    flight.width = static_cast<std::uint32_t>(std::min<std::uint64_t>(width_, scenarios - first));
    launch(slot, tile_->price(world_, first, flight.width, slot, count_bent));
    flight.computed.record(compute_);
    flight.computed.hold(homeward_);
    copy(slot);
    flight.copied.record(homeward_);
    slot = 1 - slot;
  }
  land(slot);
  land(1 - slot);
}

void Sweep::count(ResidentBatch& batch) {
  for_tiles(
      !bent_known_,
      [&](std::uint32_t slot, TileView const& tile) {
        launch_count(batch, tile, count_slots_[slot]);
      },
      [&](std::uint32_t slot) { copy_home(count_slots_[slot]); },
      [&](std::uint32_t slot, std::uint64_t first, std::uint32_t width) {
        fold(count_slots_[slot], first, width);
        report(batch.pools(), width);
      });
  batch.add_to(tally_, transfer_);
  if (!std::exchange(bent_known_, true)) tally_.limited_draws = tile_->bent(transfer_);
}

void Sweep::launch_count(ResidentBatch& batch, TileView const& tile, CountSlot& slot) {
  slot.counts.zero();
  slot.shortfall.zero();
  launch_count_passages(
      batch.input(world_.rules()), tile, batch.tally(),
      {slot.counts.data(), slot.counts.data() + tile.stride, slot.shortfall.data()},
      compute_.get());
}

void Sweep::copy_home(CountSlot& slot) {
  copy_to_host(slot.home_counts.data(), slot.counts, homeward_);
  copy_to_host(slot.home_shortfall.data(), slot.shortfall, homeward_);
}

void Sweep::fold(CountSlot const& slot, std::uint64_t first, std::uint32_t width) {
  std::uint32_t const stride = tile_->stride();
  std::uint32_t const* const pools = slot.home_counts.data();
  std::uint32_t const* const accounts = pools + stride;
  std::uint64_t const classes = job_.book.classes;
  for (std::uint32_t place = 0; place < width; ++place) {
    tally_.scenario_pools[first + place] += pools[place];
    tally_.scenario_accounts[first + place] += accounts[place];
    for (std::uint64_t c = 0; c < classes; ++c)
      tally_.scenario_shortfall[(first + place) * classes + c] +=
          slot.home_shortfall.data()[c * stride + place];
  }
}

void Sweep::collect_tails(ResidentBatch const& batch) {
  std::vector<std::uint32_t> pools;
  for (std::uint32_t pool = 0; pool < batch.pools(); ++pool)
    if (job_.tails == Tails::all || tally_.pools[batch.first_pool() + pool].breaches > 0)
      pools.push_back(pool);
  if (job_.tails == Tails::flagged)
    total_ += pools.size() * job_.shape.scenarios * job_.shape.steps;
  for (std::uint64_t begin = 0; begin < pools.size();)
    begin += collect_tails(batch, pools.data() + begin, pools.size() - begin);
}

// How many of `count` listed pools to follow together.
std::uint64_t Sweep::tails_in_flight(std::uint64_t count) const {
  std::uint64_t const row_bytes = tile_->stride() * sizeof(Ticks);
  std::uint64_t const each = tail_bytes(job_.shape.scenarios);
  std::uint64_t most =
      std::min({count, loss_bytes_in_flight / row_bytes, scratch_bytes_in_flight / each});
  if (tuning_.tail_memory != 0)
    most = std::min(most, tails_that_fit(tuning_.tail_memory, each + 2 * row_bytes));
  if (tuning_.batch != 0) most = std::min<std::uint64_t>(most, tuning_.batch);
  return std::max<std::uint64_t>(most, 1);
}

Sweep::TailFlight Sweep::reserve_tails(std::uint32_t const* pools, std::uint64_t count) {
  std::uint64_t in_flight = tails_in_flight(count);
  for (;;) {
    try {
      TailFlight flight;
      flight.list = transfer_.upload(pools, in_flight);
      for (LossSlot& slot : flight.slots) {
        slot.losses = DeviceBuffer<Ticks>(in_flight * tile_->stride(), compute_);
        slot.home = PinnedBuffer<Ticks>(in_flight * tile_->stride());
      }
      return flight;
    } catch (OutOfMemory const&) {
      if (in_flight == 1) throw;
    }
    in_flight /= 2;
    compute_.wait();
  }
}

// The tails of the first of `count` listed pools; returns how many were in flight together.
std::uint64_t Sweep::collect_tails(ResidentBatch const& batch, std::uint32_t const* pools,
                                   std::uint64_t count) {
  TailFlight const flight = reserve_tails(pools, count);
  Rest const rest(compute_, homeward_);
  std::uint64_t const in_flight = flight.list.size();
  std::uint64_t const stride = tile_->stride();
  std::vector<TailScratch> scratch = tail_scratches(in_flight, job_.shape.scenarios);
  for_tiles(
      false,
      [&](std::uint32_t slot, TileView const& tile) {
        launch_tail_losses(batch.input(world_.rules()), tile, flight.list.data(),
                           static_cast<std::uint32_t>(in_flight), flight.slots[slot].losses.data(),
                           compute_.get());
      },
      [&](std::uint32_t slot) {
        LossSlot const& losses = flight.slots[slot];
        copy_to_host(losses.home.data(), losses.losses, homeward_);
      },
      [&](std::uint32_t slot, std::uint64_t, std::uint32_t width) {
        Ticks const* const losses = flight.slots[slot].home.data();
        for (std::uint64_t i = 0; i < in_flight; ++i)
          for (std::uint32_t place = 0; place < width; ++place)
            scratch[i].add(losses[i * stride + place]);
        report(in_flight, width);
      });
  for (std::uint64_t i = 0; i < in_flight; ++i)
    tally_.tails[batch.first_pool() + pools[i]] = scratch[i].condense();
  return in_flight;
}

void Sweep::report(std::uint64_t pools, std::uint32_t width) {
  done_ += pools * width * job_.shape.steps;
  if (tuning_.progress) tuning_.progress(done_, std::max(done_, total_));
}

}  // namespace plimsoll::cuda
