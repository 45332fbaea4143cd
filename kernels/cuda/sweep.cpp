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
// For each column of a tail so many cells can be decided in a window, more or less at random.
constexpr std::uint64_t cells_per_tail_column = 4;

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
    : batch(sweep.job_, sweep.world_, range, sweep.compute_, sweep.transfer_),
      search(sweep.job_, sweep.world_, batch, sweep.width_, sweep.device_, sweep.compute_) {}

std::uint64_t Sweep::host_bytes(Job const& job, Tuning const& tuning) {
  std::uint64_t const width = wanted_width(job, tuning);
  std::uint64_t const moves =
      job.market.table == nullptr ? 0 : sizeof(double) * job.shape.steps * job.market.factors;
  std::uint64_t const place = 2 * sizeof(std::uint32_t) + job.book.classes * sizeof(TickSum);
  return Transfer::host_bytes + width * (2 * place + moves) +
         job.book.pools * sizeof(std::uint32_t) + BasisTable::bytes(job.rows) + sizeof(Counters);
}

Tally Sweep::run() {
  if (job_.shape.scenarios == 0) return std::move(tally_);
  for (std::uint32_t begin = 0; begin < job_.book.accounts;) {
    reserve_window();
    std::uint32_t end = batch_end(begin);
    std::unique_ptr<Work> const work = reserve_work(begin, end);
    count(*work);
    if (job_.tails != Tails::none) collect_tails(*work);
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
           ResidentBatch::bytes(job_.book, batch, job_.shape.steps) + search.bytes() <= room;
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
  Search& search = work.search;
  for (;;) {
    WindowView const window = price(work, first, width);
    search.find(window, tuning_.prune);
    if (search.counted().candidates <= search.most_candidates()) {
      CellsView const cells = search.decide(window);
      search.pick_events(window, cells, tuning_.check_work);
      Counters const& counters = search.counted();
      note(counters, work.batch, window);
      CountSlot& counts = count_slots_[slot];
      counts.counts.zero();
      counts.shortfall.zero();
      search.add_up(
          window, cells, counters.events,
          {counts.counts.data(), counts.counts.data() + window.stride, counts.shortfall.data()});
      return width;
    }
    width = narrower(search, search.most_candidates(), width);
  }
}

// How many of `width` scenarios to try instead, so that `most` candidates are enough. One scenario
// always fits.
std::uint32_t Sweep::narrower(Search& search, std::uint64_t most, std::uint32_t width) {
  double const share = static_cast<double>(most) / static_cast<double>(search.counted().candidates);
  batch_width_ = std::max(1u, static_cast<std::uint32_t>(0.8 * share * width));
  return batch_width_;
}

WindowView Sweep::price(Work& work, std::uint64_t first, std::uint32_t width) {
  work.search.begin();
  return window_->price(world_, first, width, bent_known_ ? nullptr : work.search.bent());
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

void Sweep::collect_tails(Work& work) {
  std::uint32_t const count = work.search.list_pools(job_.tails == Tails::all);
  if (job_.tails == Tails::flagged)
    total_ += std::uint64_t{count} * job_.shape.scenarios * job_.shape.steps;
  for (std::uint32_t begin = 0; begin < count;) {
    std::unique_ptr<TailFlight> const flight = reserve_tails(work, begin, count - begin);
    Rest const rest(compute_, homeward_);
    std::vector<std::uint32_t> pools(flight->pools());
    transfer_.download(flight->view().list, pools.size(),
                       [&](std::uint32_t const* parts, std::uint64_t first, std::uint64_t length) {
                         std::copy_n(parts, length, pools.data() + first);
                       });
    follow(work, *flight, scanned_of(work.batch, pools));
    transfer_.download(flight->condense(job_.shape.scenarios),
                       [&](TailTally const* parts, std::uint64_t first, std::uint64_t length) {
                         for (std::uint64_t i = 0; i < length; ++i)
                           tally_.tails[work.batch.first_pool() + pools[first + i]] = parts[i];
                       });
    begin += flight->pools();
  }
}

// A flight of the first of `count` listed pools from `begin` on: as many as there is room for.
std::unique_ptr<TailFlight> Sweep::reserve_tails(Work const& work, std::uint32_t begin,
                                                 std::uint32_t count) {
  std::uint64_t const steps = job_.shape.steps;
  std::uint64_t const keep = kept_losses(job_.shape.scenarios);
  std::uint64_t const columns = window_->stride() * steps;
  // Beside what tails take as a rule, one pool of which nothing is known.
  auto const size_of = [&](std::uint32_t pools) {
    std::uint64_t const cells = pools * std::min(columns, cells_per_tail_column * keep * steps);
    return FlightSize{pools, keep,
                      std::min(work.search.most_candidates(), std::max(cells, columns))};
  };
  std::uint64_t const room =
      tuning_.tail_memory != 0 ? tuning_.tail_memory : device_traits().free_bytes / 2;
  FlightSize size = size_of(tuning_.batch == 0 ? count : std::min(count, tuning_.batch));
  while (size.pools > 1 && size.bytes() > room) size = size_of(size.pools / 2);
  // Where there is room for more cells, fewer windows are done again with fewer scenarios.
  std::uint64_t const spare = room > size.bytes() ? room - size.bytes() : 0;
  size.cells = std::min({work.search.most_candidates(), size.pools * columns,
                         size.cells + spare / FlightSize::entry_bytes});
  for (;;) {
    try {
      return std::make_unique<TailFlight>(size, work.search.pools_listed().data() + begin,
                                          compute_);
    } catch (OutOfMemory const&) {
      if (size.pools == 1 && size.cells == steps) throw;
    }
    if (size.pools > 1)
      size = size_of(size.pools / 2);
    else
      size.cells = std::max(steps, size.cells / 2);
    compute_.wait();
  }
}

// How many of the pools have scans.
std::uint32_t Sweep::scanned_of(ResidentBatch const& batch,
                                std::vector<std::uint32_t> const& pools) {
  return static_cast<std::uint32_t>(std::count_if(
      pools.begin(), pools.end(),
      [&](std::uint32_t pool) { return has_scans(job_.book.scans, batch.first_pool() + pool); }));
}

void Sweep::follow(Work& work, TailFlight& flight, std::uint32_t scanned) {
  batch_width_ = width_;
  for_windows(
      [&](std::uint32_t, std::uint64_t first, std::uint32_t width) {
        return follow_window(work, flight, scanned, first, std::min(width, batch_width_));
      },
      [](std::uint32_t) {},
      [&](std::uint32_t, std::uint64_t, std::uint32_t width) { report(flight.pools(), width); });
}

// As count_window().
std::uint32_t Sweep::follow_window(Work& work, TailFlight& flight, std::uint32_t scanned,
                                   std::uint64_t first, std::uint32_t width) {
  Search& search = work.search;
  std::uint64_t const most = std::min(search.most_candidates(), flight.most_cells());
  for (;;) {
    WindowView const window = price(work, first, width);
    search.find_tails(window, flight.view(), scanned, tuning_.prune);
    Counters const& counters = search.counted();
    if (counters.candidates <= most) {
      flight.add(work.batch.input(world_), search.decide(window, flight.view().list));
      tally_.work.covered += flight.pools() * window.columns();
      tally_.work.filtered += counters.filtered;
      tally_.work.decided += counters.candidates;
      return width;
    }
    width = narrower(search, most, width);
  }
}

void Sweep::report(std::uint64_t pools, std::uint32_t width) {
  done_ += pools * width * job_.shape.steps;
  if (tuning_.progress) tuning_.progress(done_, std::max(done_, total_));
}

}  // namespace plimsoll::cuda
