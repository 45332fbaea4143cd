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

// How much of the book hangs on each factor, from a sample of its groups; the largest is 1.
std::vector<double> directions(Job const& job, BasisView const& basis) {
  std::vector<double> size(job.market.factors, 0.0);
  BookView const& book = job.book;
  std::uint64_t const groups = book.pools == 0 ? 0 : book.group_begin[book.pools];
  std::uint64_t const stride = groups / sampled_groups + 1;
  auto const add = [&](std::uint32_t row, double units) {
    if (basis.row_basis[row] == no_index) return;
    BasisRow factors = basis.factors[basis.row_basis[row]];
    if (is_own(factors))
      factors = {factor_of_price(job.rows, root_price(job.rows, factors.over)), no_index};
    for (std::uint32_t const f : {factors.over, factors.under})
      if (f != no_index) size[f] += magnitude(units * basis.row_today[row]);
  };
  for (std::uint64_t g = 0; g < groups; g += stride) {
    add(book.group_asset[g], book.group_balance[g]);
    for (std::uint64_t t = book.term_begin[g]; t < book.term_begin[g + 1]; ++t)
      add(book.term_row[t], book.term_weight[t]);
  }
  double largest = 0.0;
  for (double const each : size) largest = std::max(largest, each);
  if (!(largest > 0.0 && largest < infinity)) return std::vector<double>(size.size(), 1.0);
  for (double& each : size) each /= largest;
  return size;
}

}  // namespace

VectorSweep::VectorSweep(Job const& job, Tuning const& tuning, VectorCode const& code)
    : job_(job),
      tuning_(tuning),
      basis_(job.rows),
      workers_(tuning.threads),
      most_scenarios_(window_scenarios(job, tuning)),
      window_(job, basis_, directions(job, basis_.view()), most_scenarios_, code) {
  for (unsigned i = 0; i < workers_.threads(); ++i)
    walks_.push_back(std::make_unique<PoolWalk>(job, tuning, basis_.view(), code, most_scenarios_));
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

std::uint64_t VectorSweep::host_bytes(Job const& job, Tuning const& tuning) {
  std::uint64_t const scenarios = window_scenarios(job, tuning);
  return Window::bytes(job, scenarios) + BasisTable::bytes(job.rows) +
         WorkerPool::count(tuning.threads) * (thread_bytes + PoolWalk::bytes(job, scenarios)) +
         2 * job.book.pools * sizeof(std::uint32_t);  // lists of batches and of tails
}

Tally VectorSweep::run() {
  BookView const& book = job_.book;
  std::uint64_t const scenarios = job_.shape.scenarios;
  tally_.pools.resize(book.pools);
  tally_.first_passages.resize(static_cast<std::uint64_t>(book.pools) * job_.shape.steps);
  tally_.account_breaches.resize(book.accounts);
  tally_.scenario_pools.resize(scenarios);
  tally_.scenario_accounts.resize(scenarios);
  tally_.scenario_shortfall.resize(scenarios * book.classes);
  if (job_.tails != Tails::none) tally_.tails.resize(book.pools);
  total_ = static_cast<std::uint64_t>(book.pools) * scenarios * job_.shape.steps;
  if (job_.tails == Tails::all) total_ *= 2;
  count();
  if (job_.tails != Tails::none) collect_tails();
  return std::move(tally_);
}

// body() for each window, priced.
template <class Body>
void VectorSweep::for_windows(Body body) {
  std::uint64_t const scenarios = job_.shape.scenarios;
  for (std::uint64_t first = 0; first < scenarios; first += most_scenarios_) {
    auto const count =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(most_scenarios_, scenarios - first));
    std::uint64_t const bent = window_.price(first, count, workers_);
    if (!counted_) tally_.limited_draws += bent;
    body();
    for (std::unique_ptr<PoolWalk> const& walk : walks_) walk->merge(window_.view(), tally_);
  }
}

// Whole accounts; enough batches that no thread is left without work at the end.
void VectorSweep::cut_batches() {
  BookView const& book = job_.book;
  std::uint32_t const fair = book.pools / (workers_.threads() * 8) + 1;
  std::uint32_t const most =
      std::min(PoolWalk::batch_pools(window_.view()), std::max(fair, least_batch));
  std::uint32_t const most_accounts = tuning_.batch == 0 ? book.accounts : tuning_.batch;
  batch_begin_.assign(1, 0);
  for (std::uint32_t account = 0; account < book.accounts; ++account) {
    std::uint32_t const begin = batch_begin_.back();
    bool const full = book.pool_begin[account + 1] - book.pool_begin[begin] > most ||
                      account - begin >= most_accounts;
    if (full && account > begin) batch_begin_.push_back(account);
  }
  if (book.accounts > batch_begin_.back()) batch_begin_.push_back(book.accounts);
}

void VectorSweep::count() {
  BookView const& book = job_.book;
  for_windows([&] {
    cut_batches();
    workers_.for_chunks(
        batch_begin_.size() - 1, 1, [&](unsigned thread, std::uint64_t begin, std::uint64_t end) {
          for (std::uint64_t b = begin; b < end; ++b) {
            std::uint32_t const first = batch_begin_[b];
            std::uint32_t const last = batch_begin_[b + 1];
            walks_[thread]->count(window_, first, last, tally_);
            report(thread, std::uint64_t{book.pool_begin[last] - book.pool_begin[first]} *
                               window_.view().columns);
          }
        });
    report(0, 0);
  });
  counted_ = true;
}

void VectorSweep::collect_tails() {
  std::vector<std::uint32_t> pools;
  for (std::uint32_t pool = 0; pool < job_.book.pools; ++pool)
    if (job_.tails == Tails::all || tally_.pools[pool].breaches > 0) pools.push_back(pool);
  std::uint64_t const scenarios = job_.shape.scenarios;
  if (scenarios == 0) return;
  total_ = done_ + pools.size() * scenarios * job_.shape.steps;
  std::uint64_t const bytes = tuning_.tail_memory == 0 ? tail_bytes_in_flight : tuning_.tail_memory;
  std::uint64_t batch =
      tails_that_fit(std::min(bytes, tail_bytes_in_flight), tail_bytes(scenarios));
  if (tuning_.batch != 0) batch = std::min<std::uint64_t>(batch, tuning_.batch);
  for (std::uint64_t begin = 0; begin < pools.size(); begin += batch)
    collect_tails(pools.data() + begin, std::min<std::uint64_t>(batch, pools.size() - begin));
}

void VectorSweep::collect_tails(std::uint32_t const* pools, std::uint64_t count) {
  std::vector<TailScratch> scratch = tail_scratches(count, job_.shape.scenarios);
  std::uint64_t const chunk =
      std::clamp<std::uint64_t>(count / (workers_.threads() * 8), 1, tail_chunk);
  for_windows([&] {
    workers_.for_chunks(count, chunk, [&](unsigned thread, std::uint64_t begin, std::uint64_t end) {
      walks_[thread]->lose(window_, pools + begin, static_cast<std::uint32_t>(end - begin),
                           scratch.data() + begin);
      report(thread, (end - begin) * window_.view().columns);
    });
    report(0, 0);
  });
  workers_.for_chunks(count, tail_chunk, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i < end; ++i) tally_.tails[pools[i]] = scratch[i].condense();
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
