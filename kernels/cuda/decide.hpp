// Candidates decided in double, and what follows from the cells in breach: the tallies of pools,
// accounts and scenarios.
// Layouts: an event is a cell in breach; its key holds pool, place and step from the highest bit
//   down, so that in order of keys each pool's scenarios follow each other, first step first.
// Units: ticks.
// Bits: evaluate<double>() of models/ and integers; atomics add integers, whose order is nothing.
// Errors: MachineError where a launch is refused.
#pragma once

#include "kernels/cuda/filter.hpp"

namespace plimsoll::cuda {

inline constexpr int step_bits = 6;    // most_steps
inline constexpr int place_bits = 20;  // the widest window
inline constexpr std::uint64_t no_key = ~0ull;
static_assert(most_steps <= 1u << step_bits);

struct EventsView {
  std::uint64_t* key;
  std::uint32_t* number;  // of the event: where its ticks are
  Ticks* ticks;           // shortfall
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
// Does nothing where there are more candidates than fit. How many there are is known on the device
// alone, hence the number of blocks: as many as the device holds.
void launch_decide(PassageInput const& input, WindowView const& window, ColumnsView const& columns,
                   CandidatesView const& candidates, EventsView const& events, std::uint32_t blocks,
                   cudaStream_t stream);
// Counts Counters::in_question over all cells.
void launch_question_all(PassageInput const& input, WindowView const& window, Counters* counters,
                         cudaStream_t stream);
// Of `count` sorted events: adds up pools and scenarios, puts (account, place) of every pool's
// first passage into account_keys, no_key for the rest. runs[count] is scratch.
void launch_tally_events(PassageInput const& input, WindowView const& window,
                         EventsView const& events, std::uint64_t count, BatchTallyView const& batch,
                         ScenarioTallyView const& scenarios, std::uint32_t* runs,
                         Counters* counters, std::uint64_t* account_keys, cudaStream_t stream);
// Of `count` sorted account keys.
void launch_tally_accounts(std::uint64_t const* account_keys, std::uint64_t count,
                           BatchTallyView const& batch, ScenarioTallyView const& scenarios,
                           cudaStream_t stream);

}  // namespace plimsoll::cuda
