#include "kernels/cuda/sweep.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/basis.hpp"

namespace plimsoll::cuda {
namespace {

constexpr std::uint32_t least_width = warp_width;
constexpr std::uint32_t most_width = 1u << place_bits;
// By default a window holds all scenarios, or so many columns that ordering them has no more to
// give.
constexpr std::uint64_t default_columns = 1u << 16;
constexpr std::uint64_t loss_bytes_in_flight = 64u << 20;      // per slot
constexpr std::uint64_t scratch_bytes_in_flight = 256u << 20;  // on the host

// Device memory per scenario of a window, with what counts and tails hold and the columns in order.
std::uint64_t bytes_per_scenario(Job const& job) {
  std::uint64_t const counts = 2 * (2 * sizeof(std::uint32_t) + job.book.classes * sizeof(TickSum));
  std::uint64_t const ordered = job.shape.steps * (2 * sizeof(float) * job.rows.rows + 64);
  return Window::bytes_per_scenario(job) + counts + ordered;
}

std::uint64_t wanted_width(Job const& job, Tuning const& tuning) {
  std::uint64_t const wanted =
      tuning.tile != 0 ? tuning.tile : default_columns / std::max(job.shape.steps, 1u);
  return std::min({std::max<std::uint64_t>(wanted, 1), std::uint64_t{most_width},
                   std::max<std::uint64_t>(job.shape.scenarios, 1)});
}

std::uint32_t first_width(Job const& job, Tuning const& tuning, std::uint64_t free_bytes) {
  std::uint64_t width = wanted_width(job, tuning);
  if (tuning.tile == 0) {
    std::uint64_t const fits = free_bytes / 4 / bytes_per_scenario(job) / warp_width * warp_width;
    width = std::min(width, std::max<std::uint64_t>(fits, least_width));
  }
  return static_cast<std::uint32_t>(width);
}

}  // namespace

Sweep::Sweep(Job const& job, Tuning const& tuning)
    : job_(job),
      tuning_(tuning),
      transfer_(compute_),
      world_(job, transfer_),
      device_(device_traits()),
      width_(first_width(job, tuning, device_.free_bytes)),
      batch_width_(width_),
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

Sweep::Work::Work(Sweep& sweep, BatchRange range)
    : batch(sweep.job_, range, sweep.compute_, sweep.transfer_),
      search(sweep.job_, sweep.world_, batch, sweep.width_, sweep.device_, sweep.compute_) {}

std::uint64_t Sweep::host_bytes(Job const& job, Tuning const& tuning) {
  std::uint64_t const width = wanted_width(job, tuning);
  std::uint64_t const moves =
      job.market.table == nullptr ? 0 : sizeof(double) * job.shape.steps * job.market.factors;
  std::uint64_t const place =
      2 * sizeof(std::uint32_t) + job.book.classes * sizeof(TickSum) + sizeof(Ticks) + moves;
  return Transfer::host_bytes + 2 * width * place + job.book.pools * sizeof(std::uint32_t) +
         BasisTable::bytes(job.rows) + sizeof(Counters);
}

Tally Sweep::run() {
  if (job_.shape.scenarios == 0) return std::move(tally_);
  for (std::uint32_t begin = 0; begin < job_.book.accounts;) {
    reserve_window();
    std::uint32_t end = batch_end(begin);
    std::unique_ptr<Work> const work = reserve_work(begin, end);
    count(*work);
    if (job_.tails != Tails::none) collect_tails(work->batch);
    begin = end;
  }
  return std::move(tally_);
}

void Sweep::reserve_window() {
  while (window_ == nullptr) {
    try {
      count_slots_ = {};
      auto window = std::make_unique<Window>(job_, width_, compute_);
      for (CountSlot& slot : count_slots_) {
        std::uint64_t const sums = static_cast<std::uint64_t>(job_.book.classes) * width_;
        slot.counts = DeviceBuffer<std::uint32_t>(2ull * width_, compute_);
        slot.shortfall = DeviceBuffer<TickSum>(sums, compute_);
        slot.home_counts = PinnedBuffer<std::uint32_t>(2ull * width_);
        slot.home_shortfall = PinnedBuffer<TickSum>(sums);
      }
      window_ = std::move(window);
    } catch (OutOfMemory const&) {
      if (width_ <= least_width) throw;
      width_ = std::max(least_width, width_ / 2);
      compute_.wait();  // freed buffers return to the device
    }
  }
}

// The most accounts from `begin` on that fit into what the device has free, at least one.
std::uint32_t Sweep::batch_end(std::uint32_t begin) const {
  std::uint64_t const room = device_traits().free_bytes / 5 * 4;
  std::uint32_t low = 1;
  std::uint32_t high = std::min(std::max(most_accounts_, 1u), job_.book.accounts - begin);
  auto const fits = [&](std::uint32_t accounts) {
    BatchSize const batch = batch_size(job_.book, {begin, begin + accounts});
    SearchSize const search(job_, world_.basis().count, batch, width_);
    return search.countable() &&
           ResidentBatch::bytes(batch, job_.shape.steps) + search.bytes() <= room;
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

// Smaller batches, then smaller windows, until the batch fits; nothing was counted yet.
std::unique_ptr<Sweep::Work> Sweep::reserve_work(std::uint32_t begin, std::uint32_t& end) {
  for (;;) {
    try {
      return std::make_unique<Work>(*this, BatchRange{begin, end});
    } catch (OutOfMemory const&) {
      if (end - begin == 1 && width_ <= least_width) throw;
    }
    if (end - begin > 1) {
      most_accounts_ = (end - begin) / 2;
    } else {
      width_ = std::max(least_width, width_ / 2);
      window_.reset();
    }
    compute_.wait();
    reserve_window();
    end = std::min(end, begin + most_accounts_);
  }
}

// Launches window after window; what a window left in its slot is folded while the next one is in
// work. launch(slot, first, width) returns how many scenarios it took.
template <class Launch, class Copy, class Fold>
void Sweep::for_windows(Launch launch, Copy copy, Fold fold) {
  auto const land = [&](std::uint32_t slot) {
    Flight& flight = flights_[slot];
    if (flight.width == 0) return;
    flight.copied.wait();
    fold(slot, flight.first, std::exchange(flight.width, 0));
  };
  std::uint64_t const scenarios = job_.shape.scenarios;
  std::uint32_t slot = 0;
  for (std::uint64_t first = 0; first < scenarios;) {
    land(slot);
    auto const most =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(width_, scenarios - first));
    Flight& flight = flights_[slot];
    std::uint32_t const width = launch(slot, first, most);
    flight.computed.record(compute_);
    flight.computed.hold(homeward_);
    copy(slot);
    flight.copied.record(homeward_);
    flight.first = first;
    flight.width = width;
    first += width;
    slot = 1 - slot;
  }
  land(slot);
  land(1 - slot);
}

void Sweep::count(Work& work) {
  batch_width_ = width_;
  for_windows(
      [&](std::uint32_t slot, std::uint64_t first, std::uint32_t width) {
        return count_window(work, slot, first, std::min(width, batch_width_));
      },
      [&](std::uint32_t slot) { copy_home(count_slots_[slot]); },
      [&](std::uint32_t slot, std::uint64_t first, std::uint32_t width) {
        fold(count_slots_[slot], first, width);
        report(work.batch.pools(), width);
      });
  work.batch.add_to(tally_, transfer_);
  bent_known_ = true;
}

// Takes fewer scenarios than asked for where more cells are in doubt than fit.
std::uint32_t Sweep::count_window(Work& work, std::uint32_t slot, std::uint64_t first,
                                  std::uint32_t width) {
  for (;;) {
    WindowView const window = find(work, slot, first, width);
    Counters const& counters = work.search.counted();
    std::uint64_t const most = work.search.most_candidates();
    if (counters.candidates <= most) {
      note(counters, work.batch, window);
      CountSlot& counts = count_slots_[slot];
      counts.counts.zero();
      counts.shortfall.zero();
      work.search.add_up(
          window, counters.events,
          {counts.counts.data(), counts.counts.data() + window.stride, counts.shortfall.data()});
      return width;
    }
    // One scenario always fits.
    double const share = static_cast<double>(most) / static_cast<double>(counters.candidates);
    width = std::max(1u, static_cast<std::uint32_t>(0.8 * share * width));
    batch_width_ = width;
  }
}

WindowView Sweep::find(Work& work, std::uint32_t slot, std::uint64_t first, std::uint32_t width) {
  work.search.begin();
  WindowView const window =
      window_->price(world_, first, width, slot, bent_known_ ? nullptr : work.search.bent());
  work.search.find(window, tuning_.prune, tuning_.check_work);
  return window;
}

void Sweep::note(Counters const& counters, ResidentBatch const& batch, WindowView const& window) {
  tally_.limited_draws += counters.bent;
  tally_.undefined_cells += counters.undefined;
  tally_.work.covered += batch.pools() * window.columns();
  tally_.work.filtered += counters.filtered;
  tally_.work.decided += counters.candidates;
  if (tuning_.check_work && counters.in_question != counters.events + counters.undefined)
    throw std::logic_error(
        "cells in breach or undefined were passed over: " + std::to_string(counters.in_question) +
        " among all, " + std::to_string(counters.events + counters.undefined) +
        " among candidates");
}

void Sweep::copy_home(CountSlot& slot) {
  copy_to_host(slot.home_counts.data(), slot.counts, homeward_);
  copy_to_host(slot.home_shortfall.data(), slot.shortfall, homeward_);
}

void Sweep::fold(CountSlot const& slot, std::uint64_t first, std::uint32_t width) {
  std::uint32_t const stride = window_->stride();
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
  std::uint64_t const row_bytes = window_->stride() * sizeof(Ticks);
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
        slot.losses = DeviceBuffer<Ticks>(in_flight * window_->stride(), compute_);
        slot.home = PinnedBuffer<Ticks>(in_flight * window_->stride());
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
  std::uint64_t const stride = window_->stride();
  std::vector<TailScratch> scratch = tail_scratches(in_flight, job_.shape.scenarios);
  for_windows(
      [&](std::uint32_t slot, std::uint64_t first, std::uint32_t width) {
        WindowView const window = window_->price(world_, first, width, slot, nullptr);
        launch_tail_losses(batch.input(world_), window, flight.list.data(),
                           static_cast<std::uint32_t>(in_flight), flight.slots[slot].losses.data(),
                           compute_.get());
        return width;
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
  std::uint64_t const cells = in_flight * job_.shape.scenarios * job_.shape.steps;
  tally_.work.covered += cells;
  tally_.work.decided += cells;
  for (std::uint64_t i = 0; i < in_flight; ++i)
    tally_.tails[batch.first_pool() + pools[i]] = scratch[i].condense();
  return in_flight;
}

void Sweep::report(std::uint64_t pools, std::uint32_t width) {
  done_ += pools * width * job_.shape.steps;
  if (tuning_.progress) tuning_.progress(done_, std::max(done_, total_));
}

}  // namespace plimsoll::cuda
