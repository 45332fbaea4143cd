#include "kernels/cpu/vector_sweep.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace plimsoll::cpu {
namespace {

constexpr std::uint64_t default_window_bytes = 96u << 20;
constexpr std::uint64_t most_columns = 1u << 20;
constexpr std::uint64_t thread_bytes = 256u << 10;  // touched stack and allocator
constexpr std::uint64_t tail_bytes_in_flight = 256u << 20;
constexpr std::uint32_t tail_chunk = 256;   // pools
constexpr std::uint32_t least_batch = 256;  // pools
constexpr std::uint64_t sampled_groups = 1u << 14;

// How much of the books hangs on each factor, from a sample of their groups; the largest is 1.
std::vector<double> directions(std::span<Job const> jobs, BasisView const& basis) {
  RowsView const& rows = jobs.front().rows;
  std::vector<double> size(jobs.front().market.factors, 0.0);
  auto const add = [&](std::uint32_t row, double units) {
    if (basis.row_basis[row] == no_index) return;
    BasisRow factors = basis.factors[basis.row_basis[row]];
    if (is_own(factors))
      factors = {factor_of_price(rows, root_price(rows, factors.over)), no_index};
    for (std::uint32_t const f : {factors.over, factors.under})
      if (f != no_index) size[f] += magnitude(units * basis.row_today[row]);
  };
  for (Job const& job : jobs) {
    BookView const& book = job.book;
    std::uint64_t const groups = book.pools == 0 ? 0 : book.group_begin[book.pools];
    std::uint64_t const stride = groups / sampled_groups + 1;
    for (std::uint64_t g = 0; g < groups; g += stride) {
      add(book.group_asset[g], book.group_balance[g]);
      for (std::uint64_t t = book.term_begin[g]; t < book.term_begin[g + 1]; ++t)
        add(book.term_row[t], book.term_weight[t]);
    }
  }
  double largest = 0.0;
  for (double const each : size) largest = std::max(largest, each);
  if (!(largest > 0.0 && largest < infinity)) return std::vector<double>(size.size(), 1.0);
  for (double& each : size) each /= largest;
  return size;
}

}  // namespace

VectorSweep::VectorSweep(std::span<Job const> jobs, Tuning const& tuning, VectorCode const& code)
    : job_(jobs.front()),
      tuning_(tuning),
      basis_(job_.rows),
      workers_(tuning.threads),
      most_scenarios_(window_scenarios(job_, tuning)),
      window_(job_, basis_, directions(jobs, basis_.view()), most_scenarios_, code) {
  for (Job const& job : jobs) {
    Part& part = parts_.emplace_back(job, window_);
    for (unsigned i = 0; i < workers_.threads(); ++i)
      part.walks.push_back(
          std::make_unique<PoolWalk>(job, tuning, basis_.view(), code, most_scenarios_));
  }
}

// As many as memory takes, shared out evenly.
std::uint32_t VectorSweep::window_scenarios(Job const& job, Tuning const& tuning) {
  std::uint64_t const scenarios = std::max<std::uint64_t>(job.shape.scenarios, 1);
  std::uint64_t most = most_columns / std::max(job.shape.steps, 1u);
  if (tuning.tile != 0) {
    most = std::min<std::uint64_t>(most, tuning.tile);
  } else {
    std::uint64_t const fixed = Window::bytes(job, 0);
    std::uint64_t const each = Window::bytes(job, 1) - fixed;
    most = std::min(most, std::max<std::uint64_t>(default_window_bytes / each, 256));
  }
  most = std::clamp<std::uint64_t>(most, 1, scenarios);
  std::uint64_t const windows = (scenarios + most - 1) / most;
  if (tuning.tile == 0) most = (scenarios + windows - 1) / windows;
  return static_cast<std::uint32_t>(most);
}

std::uint64_t VectorSweep::host_bytes(std::span<Job const> jobs, Tuning const& tuning) {
  std::uint64_t const scenarios = window_scenarios(jobs.front(), tuning);
  std::uint64_t const threads = WorkerPool::count(tuning.threads);
  std::uint64_t bytes = Window::bytes(jobs.front(), scenarios) +
                        BasisTable::bytes(jobs.front().rows) + threads * thread_bytes;
  for (Job const& job : jobs)
    bytes += JobWindow::bytes(job) + threads * PoolWalk::bytes(job, scenarios) +
             job.book.pools * sizeof(std::uint32_t) +  // the list of tails
             job.book.accounts * std::uint64_t{sizeof(Batch)};
  return bytes;
}

std::vector<Tally> VectorSweep::run() {
  for (Part& part : parts_) make_tally(part);
  if (job_.tails == Tails::all) total_ *= 2;
  count();
  if (job_.tails != Tails::none) collect_tails();
  std::vector<Tally> tallies;
  for (Part& part : parts_) tallies.push_back(std::move(part.tally));
  return tallies;
}

void VectorSweep::make_tally(Part& part) {
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

// body() for each window, priced.
template <class Body>
void VectorSweep::for_windows(Body body) {
  std::uint64_t const scenarios = job_.shape.scenarios;
  for (std::uint64_t first = 0; first < scenarios; first += most_scenarios_) {
    auto const count =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(most_scenarios_, scenarios - first));
    std::uint64_t const bent = window_.price(first, count, workers_);
    for (Part& part : parts_) {
      part.window.brief_rows();
      if (!counted_) part.tally.limited_draws += bent;
    }
    body();
    for (Part& part : parts_)
      for (std::unique_ptr<PoolWalk> const& walk : part.walks)
        walk->merge(window_.view(), part.tally);
  }
}

void VectorSweep::cut_batches() {
  batches_.clear();
  for (Part& part : parts_) cut_batches(part);
}

// Whole accounts; enough batches that no thread is left without work at the end.
void VectorSweep::cut_batches(Part& part) {
  BookView const& book = part.job.book;
  std::uint32_t const fair = book.pools / (workers_.threads() * 8) + 1;
  std::uint32_t const most =
      std::min(PoolWalk::batch_pools(window_.view()), std::max(fair, least_batch));
  std::uint32_t const most_accounts = tuning_.batch == 0 ? book.accounts : tuning_.batch;
  std::uint32_t begin = 0;
  for (std::uint32_t account = 0; account < book.accounts; ++account) {
    bool const full = book.pool_begin[account + 1] - book.pool_begin[begin] > most ||
                      account - begin >= most_accounts;
    if (full && account > begin)
      batches_.push_back({&part, std::exchange(begin, account), account});
  }
  if (book.accounts > begin) batches_.push_back({&part, begin, book.accounts});
}

void VectorSweep::count() {
  for_windows([&] {
    cut_batches();
    workers_.for_chunks(
        batches_.size(), 1, [&](unsigned thread, std::uint64_t begin, std::uint64_t end) {
          for (std::uint64_t b = begin; b < end; ++b) {
            auto const [part, first, last] = batches_[b];
            part->walks[thread]->count(part->window, first, last, part->tally);
            std::uint32_t const* const pool_begin = part->job.book.pool_begin;
            report(thread,
                   std::uint64_t{pool_begin[last] - pool_begin[first]} * window_.view().columns);
          }
        });
    report(0, 0);
  });
  counted_ = true;
}

void VectorSweep::collect_tails() {
  std::vector<Tailed> listed;
  std::uint64_t count = 0;
  for (Part& part : parts_) {
    std::vector<std::uint32_t>& pools = listed.emplace_back(Tailed{&part, {}}).pools;
    for (std::uint32_t pool = 0; pool < part.job.book.pools; ++pool)
      if (job_.tails == Tails::all || part.tally.pools[pool].breaches > 0) pools.push_back(pool);
    count += pools.size();
  }
  std::uint64_t const scenarios = job_.shape.scenarios;
  if (scenarios == 0) return;
  total_ = done_ + count * scenarios * job_.shape.steps;
  std::uint64_t const bytes = tuning_.tail_memory == 0 ? tail_bytes_in_flight : tuning_.tail_memory;
  std::uint64_t batch =
      tails_that_fit(std::min(bytes, tail_bytes_in_flight), tail_bytes(scenarios));
  if (tuning_.batch != 0) batch = std::min<std::uint64_t>(batch, tuning_.batch);
  for (std::uint64_t begin = 0; begin < count; begin += batch)
    collect_tails(listed, begin, std::min<std::uint64_t>(batch, count - begin));
}

// Of `count` listed pools from `begin` on, job after job.
void VectorSweep::collect_tails(std::vector<Tailed> const& listed, std::uint64_t begin,
                                std::uint64_t count) {
  std::vector<TailScratch> scratch = tail_scratches(count, job_.shape.scenarios);
  std::uint64_t const chunk =
      std::clamp<std::uint64_t>(count / (workers_.threads() * 8), 1, tail_chunk);
  // take(part, its pools, how many, their scratches) for those from `from` to `to` in flight.
  auto const for_pools = [&](std::uint64_t from, std::uint64_t to, auto take) {
    std::uint64_t first = 0;  // listed before the job
    for (auto const& [part, pools] : listed) {
      std::uint64_t const low = std::max(begin + from, first);
      std::uint64_t const high = std::min(begin + to, first + pools.size());
      if (low < high)
        take(*part, pools.data() + (low - first), static_cast<std::uint32_t>(high - low),
             scratch.data() + (low - begin));
      first += pools.size();
    }
  };
  for_windows([&] {
    workers_.for_chunks(count, chunk, [&](unsigned thread, std::uint64_t from, std::uint64_t to) {
      for_pools(
          from, to,
          [&](Part& part, std::uint32_t const* pools, std::uint32_t held, TailScratch* losses) {
            part.walks[thread]->lose(part.window, pools, held, losses);
          });
      report(thread, (to - from) * window_.view().columns);
    });
    report(0, 0);
  });
  workers_.for_chunks(count, tail_chunk, [&](unsigned, std::uint64_t from, std::uint64_t to) {
    for_pools(from, to,
              [&](Part& part, std::uint32_t const* pools, std::uint32_t held, TailScratch* losses) {
                for (std::uint32_t i = 0; i < held; ++i)
                  part.tally.tails[pools[i]] = losses[i].condense();
              });
  });
}

// The first thread, which is the caller's, tells how far all have come.
void VectorSweep::report(unsigned thread, std::uint64_t cells) {
  std::uint64_t const done = done_ += cells;
  if (thread != 0 || done == reported_) return;
  reported_ = done;
  if (tuning_.progress) tuning_.progress(done, std::max(done, total_));
}

}  // namespace plimsoll::cpu
