// The loop of the reference engine: tiles of scenarios, all accounts of a batch one cell after the
// other, under the rules of one job after the other; then the tails of the pools that want one.
// Bits: integers leave a passage; every sum here is of integers, so that order does not matter.
#pragma once

#include <algorithm>
#include <atomic>
#include <span>
#include <utility>
#include <vector>

#include "kernels/cpu/tile.hpp"
#include "kernels/cpu/worker_pool.hpp"
#include "kernels/engine.hpp"
#include "kernels/tails.hpp"

namespace plimsoll::cpu {

class Sweep {
 public:
  Sweep(std::span<Job const> jobs, Tuning const& tuning)
      : job_(jobs.front()),
        tuning_(tuning),
        workers_(tuning.threads),
        width_(width_of(job_, tuning)),
        tile_(job_.market, job_.rows, job_.shape, width_) {
    for (Job const& job : jobs) parts_.push_back({job, {}});
  }

  std::vector<Tally> run() {
    for (Part& part : parts_) make_tally(part);
    seen_.resize(workers_.threads());
    if (job_.tails == Tails::all) total_ *= 2;
    count_batches();
    if (job_.tails != Tails::none) {
      std::vector<Listed> const pools = tail_pools();
      total_ = done_ + pools.size() * job_.shape.scenarios * job_.shape.steps;
      collect_tails(pools);
    }
    std::vector<Tally> tallies;
    for (Part& part : parts_) tallies.push_back(std::move(part.tally));
    return tallies;
  }

  static std::uint64_t host_bytes(std::span<Job const> jobs, Tuning const& tuning) {
    Job const& first = jobs.front();
    std::uint64_t const width = width_of(first, tuning);
    std::uint32_t classes = 0;
    std::uint64_t pools = 0;
    for (Job const& job : jobs) {
      classes = std::max(classes, job.book.classes);
      pools += job.book.pools;
    }
    std::uint64_t const place = sizeof(ScenarioTally) + classes * sizeof(TickSum);
    return Tile::bytes(first.rows, first.shape, width) +
           WorkerPool::count(tuning.threads) * (thread_bytes + width * place) +
           pools * sizeof(Listed);  // the list of tails
  }

 private:
  static constexpr std::uint32_t default_tile = 64;
  static constexpr std::uint64_t thread_bytes = 256u << 10;  // touched stack and allocator
  static constexpr std::uint64_t account_chunk = 64;
  static constexpr std::uint64_t tail_bytes_in_flight = 256u << 20;

  struct Part {
    Job const& job;
    Tally tally;
  };
  // A pool whose tail is wanted.
  struct Listed {
    std::uint32_t part, pool;
  };

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

  void make_tally(Part& part) {
    BookView const& book = part.job.book;
    Tally& tally = part.tally;
    std::uint64_t const scenarios = job_.shape.scenarios;
    tally.pools.resize(book.pools);
    tally.first_passages.resize(static_cast<std::uint64_t>(book.pools) * job_.shape.steps);
    tally.account_breaches.resize(book.accounts);
    tally.scenario_pools.resize(scenarios);
    tally.scenario_accounts.resize(scenarios);
    tally.scenario_shortfall.resize(scenarios * book.classes);
    if (job_.tails != Tails::none) tally.tails.resize(book.pools);
    total_ += static_cast<std::uint64_t>(book.pools) * scenarios * job_.shape.steps;
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
      if (count_limited)
        for (Part& part : parts_) part.tally.limited_draws += limited;
      body(first, width);
    }
  }

  // Batches of the accounts of that number, in whichever jobs they are.
  void count_batches() {
    std::uint32_t accounts = 0;
    for (Part const& part : parts_) accounts = std::max(accounts, part.job.book.accounts);
    std::uint32_t const most = tuning_.batch == 0 ? accounts : tuning_.batch;
    for (std::uint32_t begin = 0, end; begin < accounts; begin = end) {
      end = begin + std::min(most, accounts - begin);
      for_tiles(begin == 0, [&](std::uint64_t first, std::uint32_t width) {
        std::uint64_t pools = 0;
        for (Part& part : parts_) {
          BookView const& book = part.job.book;
          std::uint32_t const from = std::min(begin, book.accounts);
          std::uint32_t const to = std::min(end, book.accounts);
          count_tile(part, first, width, from, to);
          count_work(part, book.pool_begin[to] - book.pool_begin[from], width);
          pools += book.pool_begin[to] - book.pool_begin[from];
        }
        report(pools, width);
      });
    }
  }

  void count_tile(Part& part, std::uint64_t first, std::uint32_t width, std::uint32_t account_begin,
                  std::uint32_t account_end) {
    for (ThreadTally& seen : seen_) {
      seen.scenarios.assign(width, {});
      seen.shortfall.assign(static_cast<std::uint64_t>(width) * part.job.book.classes, {});
    }
    workers_.for_chunks(account_end - account_begin, account_chunk,
                        [&](unsigned thread, std::uint64_t begin, std::uint64_t end) {
                          for (std::uint64_t a = begin; a < end; ++a)
                            count_account(part, seen_[thread],
                                          account_begin + static_cast<std::uint32_t>(a), first,
                                          width);
                        });
    merge(part, first, width);
  }

  Passage walk(Job const& job, std::uint32_t pool, std::uint32_t place) const {
    return passage(job.book, job.rules, pool, job.today[pool], job.shape.steps,
                   [this, place](std::uint32_t step, std::uint32_t row) {
                     return tile_.value(row, step, place);
                   });
  }

  void count_account(Part& part, ThreadTally& seen, std::uint32_t account, std::uint64_t first,
                     std::uint32_t width) {
    BookView const& book = part.job.book;
    for (std::uint32_t place = 0; place < width; ++place) {
      bool in_breach = false;
      for (std::uint32_t pool = book.pool_begin[account]; pool < book.pool_begin[account + 1];
           ++pool) {
        Passage const found = walk(part.job, pool, place);
        seen.undefined += found.undefined;
        if (found.step == 0) continue;
        in_breach = true;
        add_breach(part, seen, account, pool, first, place, found);
      }
      part.tally.account_breaches[account] += static_cast<std::uint64_t>(in_breach);
      seen.scenarios[place].accounts += static_cast<std::uint32_t>(in_breach);
    }
  }

  void add_breach(Part& part, ThreadTally& seen, std::uint32_t account, std::uint32_t pool,
                  std::uint64_t first, std::uint32_t place, Passage const& found) {
    std::uint64_t const steps = job_.shape.steps;
    BookView const& book = part.job.book;
    add_passage(part.tally.pools[pool], found, first + place);
    ++part.tally.first_passages[pool * steps + (found.step - 1)];
    ++seen.scenarios[place].pools;
    seen.shortfall[static_cast<std::uint64_t>(place) * book.classes +
                   book.account_class[account]] += found.shortfall;
  }

  void merge(Part& part, std::uint64_t first, std::uint32_t width) {
    std::uint64_t const classes = part.job.book.classes;
    Tally& tally = part.tally;
    for (ThreadTally& seen : seen_) {
      for (std::uint32_t place = 0; place < width; ++place) {
        tally.scenario_pools[first + place] += seen.scenarios[place].pools;
        tally.scenario_accounts[first + place] += seen.scenarios[place].accounts;
        for (std::uint64_t c = 0; c < classes; ++c)
          tally.scenario_shortfall[(first + place) * classes + c] +=
              seen.shortfall[place * classes + c];
      }
      tally.undefined_cells += std::exchange(seen.undefined, 0);
    }
  }

  std::vector<Listed> tail_pools() const {
    std::vector<Listed> listed;
    for (std::uint32_t part = 0; part < parts_.size(); ++part) {
      std::vector<PoolTally> const& pools = parts_[part].tally.pools;
      for (std::uint32_t pool = 0; pool < pools.size(); ++pool)
        if (job_.tails == Tails::all || pools[pool].breaches > 0) listed.push_back({part, pool});
    }
    return listed;
  }

  void collect_tails(std::vector<Listed> const& pools) {
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
        for (std::uint64_t i = 0; i < count; ++i)
          count_work(parts_[pools[begin + i].part], 1, width);
        report(count, width);
      });
      for (std::uint64_t i = 0; i < count; ++i) {
        auto const [part, pool] = pools[begin + i];
        parts_[part].tally.tails[pool] = scratch[i].condense();
      }
    }
  }

  void add_losses(TailScratch& scratch, Listed pool, std::uint32_t width) {
    for (std::uint32_t place = 0; place < width; ++place)
      scratch.add(walk(parts_[pool.part].job, pool.pool, place).loss);
  }

  void count_work(Part& part, std::uint64_t pools, std::uint32_t width) {
    std::uint64_t const cells = pools * width * job_.shape.steps;
    part.tally.work.covered += cells;
    part.tally.work.decided += cells;
  }

  void report(std::uint64_t pools_in_sweep, std::uint32_t width) {
    done_ += pools_in_sweep * width * job_.shape.steps;
    if (tuning_.progress) tuning_.progress(done_, std::max(done_, total_));
  }

  Job const& job_;  // the first: market, rows, shape and tails are those of all
  Tuning const& tuning_;
  WorkerPool workers_;
  std::uint32_t width_;
  Tile tile_;
  std::vector<Part> parts_;  // [jobs]
  std::vector<ThreadTally> seen_;
  std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace plimsoll::cpu
