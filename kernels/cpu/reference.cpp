#include "kernels/cpu/reference.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "kernels/cpu/processor.hpp"
#include "kernels/cpu/tile.hpp"
#include "kernels/cpu/worker_pool.hpp"
#include "kernels/tails.hpp"

namespace plimsoll::cpu {
namespace {

constexpr std::uint32_t default_tile = 64;
constexpr std::uint64_t account_chunk = 64;
constexpr std::uint64_t tail_bytes_in_flight = 256u << 20;

// One scenario of a tile as one thread saw it.
struct ScenarioTally {
  std::uint32_t pools = 0;
  std::uint32_t accounts = 0;
};

struct ThreadTally {
  std::vector<ScenarioTally> scenarios;  // [width]
  std::vector<TickSum> shortfall;        // [width][classes]
  std::uint64_t undefined = 0;
};

class Sweep {
 public:
  Sweep(Job const& job, Tuning const& tuning)
      : job_(job),
        tuning_(tuning),
        workers_(tuning.threads),
        width_(static_cast<std::uint32_t>(std::min<std::uint64_t>(
            tuning.tile == 0 ? default_tile : tuning.tile, job.shape.scenarios))),
        tile_(job.market, job.rows, job.shape, width_) {}

  Tally run();

 private:
  void count_tile(std::uint64_t first, std::uint32_t width, std::uint32_t account_begin,
                  std::uint32_t account_end);
  void count_account(ThreadTally& seen, std::uint32_t account, std::uint64_t first,
                     std::uint32_t width);
  void merge(std::uint64_t first, std::uint32_t width);
  std::vector<std::uint32_t> tail_pools() const;
  void collect_tails(std::vector<std::uint32_t> const& pools);

  Passage walk(std::uint32_t pool, std::uint32_t place) const {
    return passage(job_.book, job_.rules, pool, job_.today[pool], job_.shape.steps,
                   [this, place](std::uint32_t step, std::uint32_t row) {
                     return tile_.value(row, step, place);
                   });
  }
  template <class Body>
  void for_tiles(bool count_limited, Body body);
  void report(std::uint64_t pools_in_sweep, std::uint32_t width) {
    done_ += pools_in_sweep * width * job_.shape.steps;
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

template <class Body>
void Sweep::for_tiles(bool count_limited, Body body) {
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

Tally Sweep::run() {
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

  std::uint32_t const batch = tuning_.batch == 0 ? book.accounts : tuning_.batch;
  for (std::uint32_t begin = 0; begin < book.accounts;
       begin += std::min(batch, book.accounts - begin)) {
    std::uint32_t const end = begin + std::min(batch, book.accounts - begin);
    for_tiles(begin == 0, [&](std::uint64_t first, std::uint32_t width) {
      count_tile(first, width, begin, end);
      report(book.pool_begin[end] - book.pool_begin[begin], width);
    });
  }
  if (job_.tails != Tails::none) {
    tally_.tails.resize(book.pools);
    std::vector<std::uint32_t> const pools = tail_pools();
    total_ = done_ + pools.size() * scenarios * job_.shape.steps;
    collect_tails(pools);
  }
  return std::move(tally_);
}

void Sweep::count_tile(std::uint64_t first, std::uint32_t width, std::uint32_t account_begin,
                       std::uint32_t account_end) {
  for (ThreadTally& seen : seen_) {
    seen.scenarios.assign(width, {});
    seen.shortfall.assign(static_cast<std::uint64_t>(width) * job_.book.classes, {});
  }
  workers_.for_chunks(
      account_end - account_begin, account_chunk,
      [&](unsigned thread, std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t a = begin; a < end; ++a)
          count_account(seen_[thread], account_begin + static_cast<std::uint32_t>(a), first, width);
      });
  merge(first, width);
}

void Sweep::count_account(ThreadTally& seen, std::uint32_t account, std::uint64_t first,
                          std::uint32_t width) {
  BookView const& book = job_.book;
  std::uint32_t const steps = job_.shape.steps;
  for (std::uint32_t place = 0; place < width; ++place) {
    bool in_breach = false;
    for (std::uint32_t pool = book.pool_begin[account]; pool < book.pool_begin[account + 1];
         ++pool) {
      Passage const found = walk(pool, place);
      seen.undefined += found.undefined;
      if (found.step == 0) continue;
      in_breach = true;
      add_passage(tally_.pools[pool], found, first + place);
      ++tally_.first_passages[static_cast<std::uint64_t>(pool) * steps + (found.step - 1)];
      ++seen.scenarios[place].pools;
      seen.shortfall[static_cast<std::uint64_t>(place) * book.classes +
                     book.account_class[account]] += found.shortfall;
    }
    tally_.account_breaches[account] += static_cast<std::uint64_t>(in_breach);
    seen.scenarios[place].accounts += static_cast<std::uint32_t>(in_breach);
  }
}

void Sweep::merge(std::uint64_t first, std::uint32_t width) {
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

std::vector<std::uint32_t> Sweep::tail_pools() const {
  std::vector<std::uint32_t> pools;
  for (std::uint32_t pool = 0; pool < job_.book.pools; ++pool)
    if (job_.tails == Tails::all || tally_.pools[pool].breaches > 0) pools.push_back(pool);
  return pools;
}

void Sweep::collect_tails(std::vector<std::uint32_t> const& pools) {
  std::uint64_t const scenarios = job_.shape.scenarios;
  std::uint64_t const bytes = 2 * kept_losses(scenarios) * sizeof(Ticks);
  std::uint64_t batch = std::max<std::uint64_t>(1, tail_bytes_in_flight / bytes);
  if (tuning_.batch != 0) batch = std::min<std::uint64_t>(batch, tuning_.batch);
  for (std::uint64_t begin = 0; begin < pools.size(); begin += batch) {
    std::uint64_t const count = std::min<std::uint64_t>(batch, pools.size() - begin);
    std::vector<TailScratch> scratch(count, TailScratch(scenarios));
    for_tiles(false, [&](std::uint64_t, std::uint32_t width) {
      workers_.for_chunks(count, account_chunk,
                          [&](unsigned, std::uint64_t from, std::uint64_t to) {
                            for (std::uint64_t i = from; i < to; ++i)
                              for (std::uint32_t place = 0; place < width; ++place)
                                scratch[i].add(walk(pools[begin + i], place).loss);
                          });
      report(count, width);
    });
    for (std::uint64_t i = 0; i < count; ++i)
      tally_.tails[pools[begin + i]] = scratch[i].condense();
  }
}

}  // namespace

Availability Reference::availability() const {
  return processor();
}

Tally Reference::evaluate(Job const& job, Tuning const& tuning) const {
  return Sweep(job, tuning).run();
}

}  // namespace plimsoll::cpu
