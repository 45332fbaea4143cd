// The loop of the reference engine: tiles of scenarios, all accounts of a batch one cell after the
// other, then the tails of the pools that want one.
// Bits: integers leave a passage; every sum here is of integers, so that order does not matter.
#pragma once

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "kernels/cpu/tile.hpp"
#include "kernels/cpu/worker_pool.hpp"
#include "kernels/engine.hpp"
#include "kernels/tails.hpp"

namespace plimsoll::cpu {

class Sweep {
 public:
  Sweep(Job const& job, Tuning const& tuning)
      : job_(job),
        tuning_(tuning),
        workers_(tuning.threads),
        width_(width_of(job, tuning)),
        tile_(job.market, job.rows, job.shape, width_) {}

  Tally run() {
    BookView const& book = job_.book;
    std::uint64_t const scenarios = job_.shape.scenarios;
    tally_.pools.resize(book.pools);
    tally_.first_passages.resize(static_cast<std::uint64_t>(book.pools) * job_.shape.steps);
    tally_.account_breaches.resize(book.accounts);
    tally_.scenario_pools.resize(scenarios);
    tally_.scenario_accounts.resize(scenarios);
    tally_.scenario_shortfall.resize(scenarios * book.classes);
    seen_.resize(workers_.threads());
    total_ = static_cast<std::uint64_t>(book.pools) * scenarios * job_.shape.steps;
    if (job_.tails == Tails::all) total_ *= 2;
    count_batches();
    if (job_.tails != Tails::none) {
      tally_.tails.resize(book.pools);
      std::vector<std::uint32_t> const pools = tail_pools();
      total_ = done_ + pools.size() * scenarios * job_.shape.steps;
      collect_tails(pools);
    }
    return std::move(tally_);
  }

  static std::uint64_t host_bytes(Job const& job, Tuning const& tuning) {
    std::uint64_t const width = width_of(job, tuning);
    std::uint64_t const place = sizeof(ScenarioTally) + job.book.classes * sizeof(TickSum);
    return Tile::bytes(job.rows, job.shape, width) +
           WorkerPool::count(tuning.threads) * (thread_bytes + width * place) +
           job.book.pools * sizeof(std::uint32_t);  // the list of tails
  }

 private:
  static constexpr std::uint32_t default_tile = 64;
  static constexpr std::uint64_t thread_bytes = 256u << 10;  // touched stack and allocator
  static constexpr std::uint64_t account_chunk = 64;
  static constexpr std::uint64_t tail_bytes_in_flight = 256u << 20;

  // One scenario of a tile as one thread saw it.
  struct ScenarioTally {
    std::uint32_t pools = 0;
    std::uint32_t accounts = 0;
  };
  // Lines of its own: two threads that write to one cache line wait for each other.
  struct alignas(128) ThreadTally {
    std::vector<ScenarioTally> scenarios;  // [width]
    std::vector<TickSum> shortfall;        // [width][classes]
    std::uint64_t undefined = 0;
  };

  static std::uint32_t width_of(Job const& job, Tuning const& tuning) {
    std::uint64_t const wanted = tuning.tile == 0 ? default_tile : tuning.tile;
    return static_cast<std::uint32_t>(std::min(wanted, job.shape.scenarios));
  }

  // body(first scenario, width) after each tile is priced.
  template <class Body>
  void for_tiles(bool count_limited, Body body) {
    std::uint64_t const scenarios = job_.shape.scenarios;
    for (std::uint64_t first = 0; first < scenarios; first += width_) {
      auto const width =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(width_, scenarios - first));
      std::atomic<std::uint64_t> limited{0};
      workers_.for_chunks(width, 8, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
        limited +=
            tile_.price(first, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end));
      });
      if (count_limited) tally_.limited_draws += limited;
      body(first, width);
    }
  }

  void count_batches() {
    BookView const& book = job_.book;
    std::uint32_t const most = tuning_.batch == 0 ? book.accounts : tuning_.batch;
    for (std::uint32_t begin = 0, end; begin < book.accounts; begin = end) {
      end = begin + std::min(most, book.accounts - begin);
      for_tiles(begin == 0, [&](std::uint64_t first, std::uint32_t width) {
        count_tile(first, width, begin, end);
        report(book.pool_begin[end] - book.pool_begin[begin], width);
      });
    }
  }

  void count_tile(std::uint64_t first, std::uint32_t width, std::uint32_t account_begin,
                  std::uint32_t account_end) {
    for (ThreadTally& seen : seen_) {
      seen.scenarios.assign(width, {});
      seen.shortfall.assign(static_cast<std::uint64_t>(width) * job_.book.classes, {});
    }
    workers_.for_chunks(account_end - account_begin, account_chunk,
                        [&](unsigned thread, std::uint64_t begin, std::uint64_t end) {
                          for (std::uint64_t a = begin; a < end; ++a)
                            count_account(seen_[thread],
                                          account_begin + static_cast<std::uint32_t>(a), first,
                                          width);
                        });
    merge(first, width);
  }

  Passage walk(std::uint32_t pool, std::uint32_t place) const {
    return passage(job_.book, job_.rules, pool, job_.today[pool], job_.shape.steps,
                   [this, place](std::uint32_t step, std::uint32_t row) {
                     return tile_.value(row, step, place);
                   });
  }

  void count_account(ThreadTally& seen, std::uint32_t account, std::uint64_t first,
                     std::uint32_t width) {
    BookView const& book = job_.book;
    for (std::uint32_t place = 0; place < width; ++place) {
      bool in_breach = false;
      for (std::uint32_t pool = book.pool_begin[account]; pool < book.pool_begin[account + 1];
           ++pool) {
        Passage const found = walk(pool, place);
        seen.undefined += found.undefined;
        if (found.step == 0) continue;
        in_breach = true;
        add_breach(seen, account, pool, first, place, found);
      }
      tally_.account_breaches[account] += static_cast<std::uint64_t>(in_breach);
      seen.scenarios[place].accounts += static_cast<std::uint32_t>(in_breach);
    }
  }

  void add_breach(ThreadTally& seen, std::uint32_t account, std::uint32_t pool, std::uint64_t first,
                  std::uint32_t place, Passage const& found) {
    std::uint64_t const steps = job_.shape.steps;
    add_passage(tally_.pools[pool], found, first + place);
    ++tally_.first_passages[pool * steps + (found.step - 1)];
    ++seen.scenarios[place].pools;
    seen.shortfall[static_cast<std::uint64_t>(place) * job_.book.classes +
                   job_.book.account_class[account]] += found.shortfall;
  }

  void merge(std::uint64_t first, std::uint32_t width) {
    std::uint64_t const classes = job_.book.classes;
    for (ThreadTally& seen : seen_) {
      for (std::uint32_t place = 0; place < width; ++place) {
        tally_.scenario_pools[first + place] += seen.scenarios[place].pools;
        tally_.scenario_accounts[first + place] += seen.scenarios[place].accounts;
        for (std::uint64_t c = 0; c < classes; ++c)
          tally_.scenario_shortfall[(first + place) * classes + c] +=
              seen.shortfall[place * classes + c];
      }
      tally_.undefined_cells += std::exchange(seen.undefined, 0);
    }
  }

  std::vector<std::uint32_t> tail_pools() const {
    std::vector<std::uint32_t> pools;
    for (std::uint32_t pool = 0; pool < job_.book.pools; ++pool)
      if (job_.tails == Tails::all || tally_.pools[pool].breaches > 0) pools.push_back(pool);
    return pools;
  }

  void collect_tails(std::vector<std::uint32_t> const& pools) {
    std::uint64_t const scenarios = job_.shape.scenarios;
    std::uint64_t const bytes =
        tuning_.tail_memory == 0 ? tail_bytes_in_flight : tuning_.tail_memory;
    std::uint64_t batch =
        tails_that_fit(std::min(bytes, tail_bytes_in_flight), tail_bytes(scenarios));
    if (tuning_.batch != 0) batch = std::min<std::uint64_t>(batch, tuning_.batch);
    for (std::uint64_t begin = 0; begin < pools.size(); begin += batch) {
      std::uint64_t const count = std::min<std::uint64_t>(batch, pools.size() - begin);
      std::vector<TailScratch> scratch = tail_scratches(count, scenarios);
      for_tiles(false, [&](std::uint64_t, std::uint32_t width) {
        workers_.for_chunks(count, account_chunk,
                            [&](unsigned, std::uint64_t from, std::uint64_t to) {
                              for (std::uint64_t i = from; i < to; ++i)
                                add_losses(scratch[i], pools[begin + i], width);
                            });
        report(count, width);
      });
      for (std::uint64_t i = 0; i < count; ++i)
        tally_.tails[pools[begin + i]] = scratch[i].condense();
    }
  }

  void add_losses(TailScratch& scratch, std::uint32_t pool, std::uint32_t width) {
    for (std::uint32_t place = 0; place < width; ++place) scratch.add(walk(pool, place).loss);
  }

  void report(std::uint64_t pools_in_sweep, std::uint32_t width) {
    std::uint64_t const cells = pools_in_sweep * width * job_.shape.steps;
    done_ += cells;
    tally_.work.covered += cells;
    tally_.work.decided += cells;
    if (tuning_.progress) tuning_.progress(done_, std::max(done_, total_));
  }

  Job const& job_;
  Tuning const& tuning_;
  WorkerPool workers_;
  std::uint32_t width_;
  Tile tile_;
  Tally tally_;
  std::vector<ThreadTally> seen_;
  std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace plimsoll::cpu
