// Candidates listed one by one, decided in double, and what follows from the cells in breach: the
// tallies of pools, accounts and scenarios.
// Layouts: a cell's key holds pool, place and step from the highest bit down, so that in order of
//   keys each pool's scenarios follow each other, first step first, and the lanes of a warp are
//   mostly of one pool. An event is a cell in breach.
// Units: currency for excesses, ticks for what is added up.
// Bits: evaluate<double>() of models/ and integers; atomics add integers, whose order is nothing.
// Errors: MachineError where a launch is refused.
#pragma once

#include "kernels/cuda/filter.hpp"

namespace plimsoll::cuda {

inline constexpr int step_bits = 6;    // most_steps
inline constexpr int place_bits = 20;  // the widest window
inline constexpr std::uint64_t no_key = ~0ull;
static_assert(most_steps <= 1u << step_bits);

struct CellKey {
  std::uint64_t key;

  PLIMSOLL_HD static CellKey of(std::uint32_t pool, std::uint32_t place, std::uint32_t step) {
    return {(static_cast<std::uint64_t>(pool) << (place_bits + step_bits)) | (place << step_bits) |
            step};
  }
  PLIMSOLL_HD std::uint64_t path() const { return key >> step_bits; }  // pool and place
  PLIMSOLL_HD std::uint32_t pool() const {
    return static_cast<std::uint32_t>(key >> (place_bits + step_bits));
  }
  PLIMSOLL_HD std::uint32_t place() const {
    return static_cast<std::uint32_t>(path()) & ((1u << place_bits) - 1);
  }
  // From 0.
  PLIMSOLL_HD std::uint32_t step() const {
    return static_cast<std::uint32_t>(key) & ((1u << step_bits) - 1);
  }
};

// Decided cells in order of their keys.
struct CellsView {
  std::uint64_t const* key;
  double* excess;  // [ccy]
  std::uint64_t count;

  PLIMSOLL_HD bool in_breach(std::uint64_t i) const {
    return i < count && is_defined(excess[i]) && excess[i] < 0.0;
  }
};

// Of cells, those in breach.
struct EventsView {
  CellsView cells;
  std::uint32_t const* cell;  // [count] ascending
  std::uint64_t count;

  PLIMSOLL_HD CellKey key(std::uint64_t i) const { return {cells.key[cell[i]]}; }
  PLIMSOLL_HD Ticks shortfall(std::uint64_t i) const { return ticks_up(-cells.excess[cell[i]]); }
};

// Per pool and account of the batch.
struct BatchTallyView {
  PoolTally* pools;                    // [pools]
  unsigned long long* first_passages;  // [pools][steps]
  unsigned long long* accounts;        // [accounts] scenarios with a breach
  std::uint32_t* pool_account;         // [pools]
};

// Per scenario of one window.
struct ScenarioTallyView {
  std::uint32_t* pools;     // [stride]
  std::uint32_t* accounts;  // [stride]
  TickSum* shortfall;       // [classes][stride]
};

// Fills tally.pool_account.
void launch_name_accounts(BookView const& book, BatchTallyView const& tally, cudaStream_t stream);
// keys[count], in any order, of the `count` cells of all masks, of which there are no more than
// fit.
void launch_list_cells(WindowView const& window, ColumnsView const& columns,
                       CandidatesView const& candidates, std::uint64_t count, std::uint64_t* keys,
                       cudaStream_t stream);
// Fills cells.excess; counts Counters::undefined. listed: as LinesView::listed.
void launch_decide(PassageInput const& input, WindowView const& window, CellsView const& cells,
                   std::uint32_t const* listed, Counters* counters, cudaStream_t stream);
// Counts Counters::in_question over all cells.
void launch_question_all(PassageInput const& input, WindowView const& window, Counters* counters,
                         cudaStream_t stream);
// Cells are counted in groups: first group_begin[i] becomes the number of those in breach in group
// i, zero at the end; when these are summed up, events[] becomes their numbers, ascending, and
// Counters::events how many there are.
inline constexpr std::uint32_t group_cells = 1024;
void launch_count_breaches(CellsView const& cells, std::uint32_t* group_begin, cudaStream_t stream);
void launch_list_breaches(CellsView const& cells, std::uint32_t const* group_begin,
                          std::uint32_t* events, Counters* counters, cudaStream_t stream);
// listed: as LinesView::listed. Adds up pools and scenarios, puts (account, place) of every pool's
// first passage into account_keys, no_key for the rest. runs[events.count] is scratch.
void launch_tally_events(PassageInput const& input, WindowView const& window,
                         EventsView const& events, std::uint32_t const* listed,
                         BatchTallyView const& batch, ScenarioTallyView const& scenarios,
                         std::uint32_t* runs, Counters* counters, std::uint64_t* account_keys,
                         cudaStream_t stream);
// Of `count` sorted account keys.
void launch_tally_accounts(std::uint64_t const* account_keys, std::uint64_t count,
                           BatchTallyView const& batch, ScenarioTallyView const& scenarios,
                           cudaStream_t stream);

}  // namespace plimsoll::cuda
