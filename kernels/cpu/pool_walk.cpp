#include "kernels/cpu/pool_walk.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace plimsoll::cpu {
namespace {

constexpr std::uint32_t tile_strips = tile_columns / strip_columns;

// Strips from which on a pool is cut out of the book before it is evaluated.
constexpr std::uint32_t worth_cutting = 3;

// The strips of a tile that hold any of `columns`; calls take(strip of the tile, its 8 columns).
template <class Take>
void for_strips(std::uint64_t columns, Take take) {
  for (std::uint32_t strip = 0; strip < tile_strips; ++strip)
    if (std::uint64_t const eight = columns >> (strip * strip_columns) & 0xff; eight != 0)
      take(strip, static_cast<std::uint32_t>(eight));
}

}  // namespace

PoolWalk::PoolWalk(Job const& job, Tuning const& tuning, BasisView const& basis,
                   VectorCode const& code, std::uint32_t most_scenarios)
    : job_(job),
      tuning_(tuning),
      basis_(basis),
      code_(code),
      lines_(basis.count),
      cut_(job),
      event_of_(most_scenarios),
      account_breach_(most_scenarios),
      breaches_(static_cast<std::uint64_t>(most_scenarios) * job.shape.steps),
      shortfall_(breaches_.size() * job.book.classes) {
  if (job.tails == Tails::none) return;
  std::uint64_t const columns = breaches_.size();
  strip_cells_.resize(columns / strip_columns + tile_columns);
  least_.assign(most_scenarios, largest_amount);
}

std::uint64_t PoolWalk::bytes(Job const& job, std::uint64_t scenarios) {
  std::uint64_t const columns = scenarios * job.shape.steps;
  // Lists of live pools, and as much again for lines, candidates and events.
  std::uint64_t const tiles = columns / tile_columns + 1;
  std::uint64_t const live =
      std::min(live_bytes, tiles * std::min(job.book.pools, most_pools) * live_bytes_each);
  std::uint64_t const tails =
      job.tails == Tails::none ? 0 : scenarios * sizeof(double) + columns * sizeof(Estimate) * 3;
  return scenarios *
             (4 * sizeof(std::uint32_t) + sizeof(Event) + job.book.classes * sizeof(TickSum)) +
         2 * live + tails + 64 * std::uint64_t{job.rows.rows} + (1u << 20);
}

std::uint32_t PoolWalk::batch_pools(WindowView const& window) {
  std::uint64_t const each = std::uint64_t{window.tiles} * live_bytes_each;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(live_bytes / each, 64, most_pools));
}

void PoolWalk::count(JobWindow const& window, std::uint32_t begin, std::uint32_t end,
                     Tally& tally) {
  WindowView const view = window.view();
  BookView const& book = job_.book;
  pools_.resize(book.pool_begin[end] - book.pool_begin[begin]);
  std::iota(pools_.begin(), pools_.end(), book.pool_begin[begin]);
  lines_.build(window.minorants(), pools_.data(), static_cast<std::uint32_t>(pools_.size()));
  list_live(view);
  filter(view);
  chain_candidates();
  work_.covered += pools_.size() * view.columns;
  for (std::uint32_t account = begin; account < end; ++account) {
    std::uint32_t const first = book.pool_begin[account];
    std::uint32_t const last = book.pool_begin[account + 1];
    for (std::uint32_t pool = first; pool < last; ++pool) {
      std::uint32_t const chain = first_candidate_[pool - pools_.front()];
      if (chain != no_index) {
        decide(view, pool, chain);
        count_events(view, account, pool, last - first == 1, tally);
      }
      if (tuning_.check_work) check_rest(view, pool, chain);
    }
  }
}

void PoolWalk::list_live(WindowView const& window) {
  auto const pools = static_cast<std::uint32_t>(pools_.size());
  if (live_.size() < std::uint64_t{window.tiles} * pools)
    live_.resize(std::uint64_t{window.tiles} * pools);
  live_count_.assign(window.tiles, 0);
  if (tuning_.prune) {
    code_.prune(lines_.view(), window, pools, live_.data(), live_count_.data());
    return;
  }
  for (std::uint32_t tile = 0; tile < window.tiles; ++tile) {
    std::uint32_t* const first = live_.data() + std::uint64_t{tile} * pools;
    std::iota(first, first + pools, 0u);
    live_count_[tile] = pools;
  }
}

void PoolWalk::filter(WindowView const& window) {
  candidates_.clear();
  found_.resize(std::max(found_.size(), pools_.size()));
  for (std::uint32_t tile = 0; tile < window.tiles; ++tile) {
    std::uint32_t const* const live = live_.data() + std::uint64_t{tile} * pools_.size();
    work_.filtered += std::uint64_t{live_count_[tile]} * tile_columns;
    std::uint32_t const found =
        code_.filter(lines_.view(), window, tile, live, live_count_[tile], found_.data());
    candidates_.insert(candidates_.end(), found_.begin(), found_.begin() + found);
  }
}

void PoolWalk::chain_candidates() {
  first_candidate_.assign(pools_.size(), no_index);
  next_.resize(candidates_.size());
  for (std::size_t i = candidates_.size(); i-- > 0;) {
    std::uint32_t& first = first_candidate_[candidates_[i].pool];
    next_[i] = std::exchange(first, static_cast<std::uint32_t>(i));
  }
}

// excess_[i][8] of strips_[i].
void PoolWalk::evaluate_strips(WindowView const& window, std::uint32_t i, std::uint32_t pool) {
  auto const count = static_cast<std::uint32_t>(strips_.size());
  excess_.resize(std::uint64_t{count} * strip_columns);
  work_.decided += std::uint64_t{count} * strip_columns;
  // What a pool's scans read is not cut out.
  bool const cut = count >= worth_cutting && lines_.sound(i) && !has_scans(job_.book.scans, pool);
  if (cut) cut_.make(pool, lines_.segments(i));
  PoolView const view = cut ? cut_.view() : PoolView{&job_.book, &job_.rules, &job_.rows, pool};
  eventful_.resize(count);
  code_.decide(view, window, strips_.data(), count, excess_.data(), eventful_.data());
}

void PoolWalk::decide(WindowView const& window, std::uint32_t pool, std::uint32_t first) {
  strips_.clear();
  for (std::uint32_t c = first; c != no_index; c = next_[c])
    for_strips(candidates_[c].columns, [&](std::uint32_t strip, std::uint32_t) {
      strips_.push_back(candidates_[c].tile * tile_strips + strip);
    });
  evaluate_strips(window, pool - pools_.front(), pool);
  std::size_t next = 0;
  for (std::uint32_t c = first; c != no_index; c = next_[c])
    for_strips(candidates_[c].columns, [&](std::uint32_t strip, std::uint32_t eight) {
      eight &= eventful_[next];
      double const* const excess = excess_.data() + strip_columns * next++;
      std::uint32_t const column = candidates_[c].tile * tile_columns + strip * strip_columns;
      for (; eight != 0; eight &= eight - 1) {
        auto const i = static_cast<std::uint32_t>(std::countr_zero(eight));
        add_cell(window, column + i, excess[i]);
      }
    });
}

// A scenario's passage is at the first of its steps in breach, in whatever order they come.
void PoolWalk::add_cell(WindowView const& window, std::uint32_t column, double excess) {
  if (!is_defined(excess)) {
    ++undefined_;
    return;
  }
  if (!(excess < 0.0)) return;
  Event const event = {column, window.step[column], ticks_up(-excess)};
  if (job_.shape.steps == 1) {
    events_.push_back(event);
    return;
  }
  std::uint32_t& place = event_of_[window.scenario[column]];
  if (place == 0) {
    events_.push_back(event);
    place = static_cast<std::uint32_t>(events_.size());
  } else if (event.step < events_[place - 1].step) {
    events_[place - 1] = event;
  }
}

void PoolWalk::count_events(WindowView const& window, std::uint32_t account, std::uint32_t pool,
                            bool alone, Tally& tally) {
  std::uint64_t const classes = job_.book.classes;
  std::uint8_t const of_account = job_.book.account_class[account];
  for (Event const& event : events_) {
    std::uint32_t const scenario = window.scenario[event.column];
    Passage passage;
    passage.step = event.step;
    passage.shortfall = event.shortfall;
    add_passage(tally.pools[pool], passage, window.first + scenario);
    ++tally.first_passages[std::uint64_t{pool} * window.steps + (event.step - 1)];
    shortfall_[event.column * classes + of_account] += event.shortfall;
    ColumnTally& counted = breaches_[event.column];
    ++counted.pools;
    event_of_[scenario] = 0;
    if (!alone && std::exchange(account_breach_[scenario], account + 1) == account + 1) continue;
    ++tally.account_breaches[account];
    ++counted.accounts;
  }
  events_.clear();
}

// Decides every cell that was passed over: none may be in breach or undefined.
void PoolWalk::check_rest(WindowView const& window, std::uint32_t pool, std::uint32_t first) {
  std::vector<std::uint64_t> rest(window.tiles);
  for (std::uint32_t tile = 0; tile < window.tiles; ++tile) rest[tile] = window.columns_of(tile);
  for (std::uint32_t c = first; c != no_index; c = next_[c])
    rest[candidates_[c].tile] &= ~candidates_[c].columns;
  for (std::uint32_t tile = 0; tile < window.tiles; ++tile) {
    if (rest[tile] == 0) continue;
    strips_.resize(tile_strips);
    std::iota(strips_.begin(), strips_.end(), tile * tile_strips);
    evaluate_strips(window, pool - pools_.front(), pool);
    for (std::uint32_t i = 0; i < tile_columns; ++i) {
      if ((rest[tile] >> i & 1) == 0 || (is_defined(excess_[i]) && !(excess_[i] < 0.0))) continue;
      std::uint32_t const column = tile * tile_columns + i;
      throw std::logic_error("pool " + std::to_string(pool) + " was passed over in scenario " +
                             std::to_string(window.first + window.scenario[column]) + ", step " +
                             std::to_string(window.step[column]) + ", where its excess is " +
                             std::to_string(excess_[i]));
    }
  }
}

void PoolWalk::merge(WindowView const& window, Tally& tally) {
  std::uint64_t const classes = job_.book.classes;
  for (std::uint64_t column = 0; column < window.columns; ++column) {
    ColumnTally const counted = std::exchange(breaches_[column], {});
    if (counted.pools == 0) continue;
    std::uint64_t const scenario = window.first + window.scenario[column];
    tally.scenario_pools[scenario] += counted.pools;
    tally.scenario_accounts[scenario] += counted.accounts;
    for (std::uint64_t c = 0; c < classes; ++c)
      tally.scenario_shortfall[scenario * classes + c] +=
          std::exchange(shortfall_[column * classes + c], TickSum{});
  }
  std::fill(account_breach_.begin(), account_breach_.end(), 0u);
  tally.undefined_cells += std::exchange(undefined_, 0);
  WorkDone const work = std::exchange(work_, {});
  tally.work.covered += work.covered;
  tally.work.filtered += work.filtered;
  tally.work.decided += work.decided;
}

}  // namespace plimsoll::cpu
