#include "host/exposure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <stdexcept>

#include "host/exploded_book.hpp"
#include "host/memory_here.hpp"
#include "host/memory_need.hpp"
#include "host/resolve.hpp"
#include "models/sampling.hpp"

namespace plimsoll {
namespace {

// [byte] of a derived line at its dearest: columns of the book, of what is resolved, of sums.
constexpr std::uint64_t line_bytes = 512;
constexpr std::uint64_t usual_lines = 1u << 18;
constexpr std::uint64_t fewest_lines = 1u << 10;

std::uint64_t lines_at_once(ExposureTuning const& tuning) {
  if (tuning.batch_lines > 0) return tuning.batch_lines;
  if (tuning.memory == 0) return usual_lines;
  std::uint64_t const held = peak_memory_bytes();
  std::uint64_t const free = tuning.memory > held ? tuning.memory - held : 0;
  return std::clamp(free / 4 / line_bytes, fewest_lines, usual_lines);
}

// The account of a pool: its other pools stay as they are, because haircut tiers are shared over
// it.
struct Household {
  std::uint32_t account, first, last, pool;
  std::uint8_t segregation_class;
  std::uint64_t lines = 0;  // of all but the pool

  Household(Book const& book, std::uint32_t of)
      : account(book.pools.account[of]),
        pool(of),
        segregation_class(book.accounts.segregation_class[account]) {
    auto const [begin, end] =
        std::equal_range(book.pools.account.begin(), book.pools.account.end(), account);
    first = static_cast<std::uint32_t>(begin - book.pools.account.begin());
    last = static_cast<std::uint32_t>(end - book.pools.account.begin());
    for (std::uint32_t p = first; p < last; ++p)
      if (p != pool) lines += rows_of(book, p).size();
  }
  // In the account's own order, because shares are sums; `in_its_place` stands for the pool.
  template <class InItsPlace>
  void copy(DerivedBook& derived, InItsPlace in_its_place) const {
    derived.add_account(account);
    for (std::uint32_t p = first; p < last; ++p)
      if (p == pool)
        in_its_place();
      else
        derived.copy_pool(p);
  }
};

// Which pools of a derived book are counted together, in place of its accounts: pools from a
// begin to the next. Resolving is over by then, so that it changes no pool.
struct Cut {
  std::vector<std::uint32_t> begin;  // [accounts + 1]
  std::vector<std::uint8_t> segregation_class;

  void add(std::uint32_t from, std::uint8_t of_class) {
    if (begin.empty() || begin.back() != from) {
      begin.push_back(from);
      segregation_class.push_back(of_class);
    }
    segregation_class.back() = of_class;
  }
  void finish(std::uint32_t pools) {
    if (begin.back() == pools)
      segregation_class.pop_back();
    else
      begin.push_back(pools);
  }
  std::uint32_t last() const { return static_cast<std::uint32_t>(segregation_class.size() - 1); }
  BookView over(BookView book) const {
    book.accounts = static_cast<std::uint32_t>(segregation_class.size());
    book.pool_begin = begin.data();
    book.account_class = segregation_class.data();
    return book;
  }
};

class Evaluation {
 public:
  Evaluation(ExposureJob const& job, ExposureTuning const& tuning, std::uint64_t pools)
      : job_(job),
        tuning_(tuning),
        pack_(with_totals_of(job.book, job.rules)),
        total_(pools * job.shape.scenarios * job.shape.steps) {}

  ResolvedBook resolve(DerivedBook const& derived) const {
    return {derived.book(), job_.market, pack_, Threshold::maintenance, job_.shape};
  }
  Tally evaluate(ResolvedBook const& resolved, BookView const& book, Tails tails) {
    Job const job{job_.view,
                  resolved.rows(),
                  resolved.rules(),
                  book,
                  resolved.pools_today().data(),
                  job_.shape,
                  tails};
    Tuning tuning;
    tuning.threads = tuning_.threads;
    tuning.progress = [this](std::uint64_t done, std::uint64_t) { tell(done_ + done); };
    std::span<Job const> const jobs(&job, 1);
    tuning = within(tuning_.memory, jobs, tuning, *tuning_.engine);
    tuning.tail_memory = tail_memory(memory_need(jobs, tuning, *tuning_.engine), tuning_.memory);
    return tuning_.engine->evaluate(job, tuning);
  }
  void answered(std::uint64_t pools) {
    done_ += pools * job_.shape.scenarios * job_.shape.steps;
    tell(done_);
  }
  RulePack const& pack() const { return pack_; }
  std::uint64_t undefined = 0;

 private:
  void tell(std::uint64_t done) const {
    if (tuning_.progress) tuning_.progress(std::min(done, total_), total_);
  }

  ExposureJob const& job_;
  ExposureTuning const& tuning_;
  RulePack pack_;
  std::uint64_t total_, done_ = 0;
};

PassageCount counted(Tally const& tally, std::uint32_t pool) {
  PassageCount count{tally.pools[pool].breaches, tally.pools[pool].shortfall, {}};
  if (!tally.tails.empty()) count.tail_loss = tally.tails[pool].tail_sum[0];
  return count;
}

std::uint64_t lines_of(Book const& book, std::uint32_t pool) {
  std::uint64_t const own = rows_of(book, pool).size();
  std::uint64_t const balances = rows_of(book, pool).balances.size();
  return 2 * own + 2 * Household(book, pool).lines + balances * holdings_of(book, pool).size();
}

// Pools that are derived from one, but for what batches repeat.
std::uint64_t derived_pools(Book const& book, std::uint32_t pool) {
  Household const household(book, pool);
  std::uint64_t const account = household.last - household.first;
  std::uint64_t const positions = holdings_of(book, pool).size();
  std::uint64_t const apart = 2 * account - 1 + positions;
  return positions == 0 ? apart : 2 * apart + 1 + 2 * positions + positions * account;
}

std::uint64_t lines_without_one(Book const& book, std::uint32_t pool) {
  return Household(book, pool).lines + rows_of(book, pool).size();
}

// Credit as another pool of the same book has it, which holds the same: edges are the account's.
class Twins {
 public:
  explicit Twins(ResolvedBook const& resolved)
      : view_(resolved.book()),
        share_(view_.group_share, view_.group_share + view_.group_begin[view_.pools]) {
    if (view_.group_curve != nullptr)
      curve_.assign(view_.group_curve, view_.group_curve + share_.size());
  }
  void match(std::uint32_t pool, std::uint32_t like) {
    std::uint32_t const from = view_.group_begin[like], to = view_.group_begin[pool];
    for (std::uint32_t g = 0; from + g < view_.group_begin[like + 1]; ++g) {
      share_[to + g] = share_[from + g];
      if (!curve_.empty()) curve_[to + g] = curve_[from + g];
    }
  }
  BookView view() const {
    BookView view = view_;
    view.group_share = share_.data();
    if (!curve_.empty()) view.group_curve = curve_.data();
    return view;
  }

 private:
  BookView view_;
  std::vector<double> share_;
  std::vector<std::uint32_t> curve_;
};

// The account of a pool with every position isolated; returns the first isolated pool.
std::uint32_t add_all_isolated(DerivedBook& derived, Book const& book, Household const& household,
                               Partition const& partition) {
  household.copy(derived, [] {});
  std::uint32_t const first = derived.pools();
  for (std::size_t h = 0; h < partition.holdings.size(); ++h)
    add_isolated(derived, book, partition, h);
  return first;
}

// The account of a pool as it is; returns the pool.
std::uint32_t add_as_is(DerivedBook& derived, Household const& household) {
  std::uint32_t pool = 0;
  household.copy(derived, [&] {
    pool = derived.pools();
    derived.copy_pool(household.pool);
  });
  return pool;
}

// The pools of a batch as they are, and with every position isolated.
void find_isolated(ExposureJob const& job, Evaluation& evaluation,
                   std::span<Partition const> partitions, std::vector<PoolExposure>& found) {
  struct Place {
    std::uint32_t as_is, isolated, any;  // pools; the place of the isolated ones in the cut
  };
  DerivedBook derived(job.book);
  Cut cut;
  std::vector<Place> places;
  cut.add(0, 0);
  for (Partition const& partition : partitions) {
    Household const household(job.book, partition.pool);
    Place place{add_as_is(derived, household), 0, 0};
    cut.add(derived.pools(), household.segregation_class);
    place.isolated = add_all_isolated(derived, job.book, household, partition);
    cut.add(place.isolated, household.segregation_class);
    place.any = cut.last();
    cut.add(derived.pools(), household.segregation_class);
    places.push_back(place);
  }
  cut.finish(derived.pools());
  ResolvedBook const resolved = evaluation.resolve(derived);
  Tally const tally = evaluation.evaluate(resolved, cut.over(resolved.book()), Tails::all);
  evaluation.undefined += tally.undefined_cells;
  evaluation.answered(derived.pools());
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    Partition const& partition = partitions[i];
    PassageCount const as_is = counted(tally, places[i].as_is);
    PoolExposure exposure{
        partition.pool, as_is,          tally.pools[places[i].as_is].worst_shortfall,
        as_is.breaches, as_is.breaches, {}};
    if (!partition.holdings.empty()) exposure.any_isolated = tally.account_breaches[places[i].any];
    for (std::uint32_t h = 0; h < partition.holdings.size(); ++h)
      exposure.positions.push_back({partition.holdings[h].holding.instrument,
                                    partition.holdings[h].need,
                                    partition.shares[h],
                                    counted(tally, places[i].isolated + h),
                                    {},
                                    0});
    found.push_back(std::move(exposure));
  }
}

// Some of a pool's isolated positions, each beside the pool as it is, and all of them beside it.
class Beside {
 public:
  explicit Beside(Book const& book) : book_(book), derived_(book) { cut_.add(0, 0); }

  std::uint64_t lines() const { return lines_; }
  void add(Partition const& partition, PoolExposure& into, std::size_t from, std::size_t to) {
    Household const household(book_, partition.pool);
    auto const begin = [&] {
      cut_.add(derived_.pools(), household.segregation_class);
      return cut_.last();
    };
    auto const copy = [&](std::uint32_t like) { twins_.push_back({derived_.pools() - 1, like}); };
    std::uint32_t const as_is = add_as_is(derived_, household);
    begin();
    std::uint32_t const isolated = add_all_isolated(derived_, book_, household, partition);
    cut_.add(isolated, household.segregation_class);
    counts_.push_back({&into.either, cut_.last()});
    derived_.add_account(household.account);
    derived_.copy_pool(partition.pool);
    copy(as_is);
    for (std::size_t h = from; h < to; ++h) {
      counts_.push_back({&into.positions[h].either, begin()});
      derived_.add_account(household.account);
      add_isolated(derived_, book_, partition, h);
      copy(isolated + static_cast<std::uint32_t>(h));
      derived_.copy_pool(partition.pool);
      copy(as_is);
    }
    begin();
    lines_ += lines_beside(book_, partition, to - from);
  }
  void count(Evaluation& evaluation) {
    cut_.finish(derived_.pools());
    ResolvedBook const resolved = evaluation.resolve(derived_);
    Twins twins(resolved);
    for (auto const& [pool, like] : twins_) twins.match(pool, like);
    Tally const tally = evaluation.evaluate(resolved, cut_.over(twins.view()), Tails::none);
    for (auto const& [into, place] : counts_) *into = tally.account_breaches[place];
    evaluation.answered(derived_.pools());
  }

  // [lines] without any position, or with so many.
  static std::uint64_t lines_beside(Book const& book, Partition const& partition,
                                    std::size_t positions) {
    std::uint64_t const own = rows_of(book, partition.pool).size();
    std::uint64_t const balances = partition.collateral.size() + 2;
    return 3 * own + 2 * Household(book, partition.pool).lines +
           balances * (partition.holdings.size() + positions) + own * positions;
  }

 private:
  Book const& book_;
  DerivedBook derived_;
  Cut cut_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> twins_;    // pool, like which
  std::vector<std::pair<std::uint64_t*, std::uint32_t>> counts_;  // place in the cut
  std::uint64_t lines_ = 0;
};

// As many pools at once as `lines` hold, and of a large one as many positions.
void find_beside(ExposureJob const& job, Evaluation& evaluation,
                 std::span<Partition const> partitions, std::uint64_t lines,
                 std::vector<PoolExposure>& found) {
  std::optional<Beside> beside(job.book);
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    std::size_t const count = partitions[i].holdings.size();
    for (std::size_t from = 0; from < count;) {
      std::size_t to = from + 1;
      auto const would_hold = [&](std::size_t end) {
        return beside->lines() + Beside::lines_beside(job.book, partitions[i], end - from);
      };
      if (beside->lines() > 0 && would_hold(to) > lines) {
        beside->count(evaluation);
        beside.emplace(job.book);
      }
      while (to < count && would_hold(to + 1) <= lines) ++to;
      beside->add(partitions[i], found[i], from, to);
      from = to;
    }
  }
  if (beside->lines() > 0) beside->count(evaluation);
}

// The pools of a batch without one of their positions, as many at once as `lines` hold.
void find_without(ExposureJob const& job, Evaluation& evaluation,
                  std::span<Partition const> partitions, std::uint64_t lines,
                  std::vector<PoolExposure>& found) {
  Book const& book = job.book;
  struct Place {
    PositionExposure* of;
    std::uint32_t pool;
  };
  std::optional<DerivedBook> derived(book);
  std::vector<Place> places;
  std::uint64_t held = 0;
  auto const flush = [&] {
    if (places.empty()) return;
    ResolvedBook const resolved = evaluation.resolve(*derived);
    Tally const tally = evaluation.evaluate(resolved, resolved.book(), Tails::none);
    evaluation.undefined += tally.undefined_cells;
    for (Place const& place : places) place.of->without = counted(tally, place.pool);
    evaluation.answered(derived->pools());
    derived.emplace(book);
    places.clear();
    held = 0;
  };
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    Household const household(book, partitions[i].pool);
    std::uint64_t const more = lines_without_one(book, partitions[i].pool);
    for (std::size_t h = 0; h < partitions[i].holdings.size(); ++h) {
      if (held + more > lines) flush();
      household.copy(*derived, [&] {
        places.push_back({&found[i].positions[h], derived->pools()});
        add_without(*derived, book, partitions[i], h);
      });
      held += more;
    }
  }
  flush();
}

}  // namespace

PassageCount PoolExposure::isolated() const {
  if (positions.empty()) return as_is;
  PassageCount sum;
  for (PositionExposure const& position : positions) {
    sum.breaches += position.isolated.breaches;
    sum.shortfall += position.isolated.shortfall;
    sum.tail_loss += position.isolated.tail_loss;
  }
  return sum;
}

std::uint64_t find_exposures(ExposureJob const& job, std::span<std::uint32_t const> pools,
                             ExposureTuning const& tuning,
                             std::function<void(PoolExposure const&)> const& take) {
  std::uint64_t total = 0;
  for (std::uint32_t const pool : pools) total += derived_pools(job.book, pool);
  Evaluation evaluation(job, tuning, total);
  std::uint64_t const lines = lines_at_once(tuning);
  for (std::size_t begin = 0; begin < pools.size();) {
    std::size_t end = begin;
    std::uint64_t held = 0;
    for (; end < pools.size(); ++end) {
      std::uint64_t const more = lines_of(job.book, pools[end]);
      if (end > begin && held + more > lines) break;
      held += more;
    }
    std::vector<Partition> const apart = partitions(job.book, job.market, evaluation.pack(),
                                                    job.shape, pools.subspan(begin, end - begin));
    std::vector<PoolExposure> found;
    find_isolated(job, evaluation, apart, found);
    find_beside(job, evaluation, apart, lines, found);
    find_without(job, evaluation, apart, lines, found);
    for (PoolExposure const& exposure : found) take(exposure);
    begin = end;
  }
  return evaluation.undefined;
}

void check_against(RecordedRun const& run, std::size_t pack, PoolExposure const& found) {
  Result::Pools const& pools = run.result.pools;
  std::size_t const cell = pack * pools.name.size() + found.pool;
  double const mean = found.as_is.breaches == 0 ? 0.0
                                                : currency(found.as_is.shortfall) /
                                                      static_cast<double>(found.as_is.breaches);
  double const tail =
      currency(found.as_is.tail_loss) /
      static_cast<double>(tail_count(run.shape().scenarios, tail_level_per_mille[0]));
  double const recorded = pools.expected_shortfall[cell * tail_levels];
  if (pools.breaches[cell] != found.as_is.breaches || pools.mean_shortfall[cell] != mean ||
      pools.worst_shortfall[cell] != found.worst_shortfall ||
      (recorded == recorded && recorded != tail))
    throw std::logic_error(fmt::format(
        "pool {}: evaluated again it has {} breaches, the result holds {}, or other shortfalls",
        pools.name[found.pool], found.as_is.breaches, pools.breaches[cell]));
}

}  // namespace plimsoll
