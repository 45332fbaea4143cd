// The largest losses of listed pools: which cells can still be among them, by the lines of the
// pools, and what is kept of the cells that were decided.
// Layouts: kept[pool][loss], ascending, as keys (loss_key); zero stands for a loss that is not
//   there yet.
// Units: ticks; currency for bounds.
// Method: docs/models.md, "Tails"; docs/kernels.md.
// Bits: PassageFold and path_loss() of models/, and integers; lines only say what is passed over.
// Errors: MachineError where a launch is refused.
#pragma once

#include "kernels/cuda/decide.hpp"

namespace plimsoll::cuda {

// Losses as integers without a sign, in the same order; no loss is as small as zero stands for.
PLIMSOLL_HD constexpr std::uint64_t loss_key(Ticks loss) {
  return static_cast<std::uint64_t>(loss) ^ 1ull << 63;
}
PLIMSOLL_HD constexpr Ticks loss_of_key(std::uint64_t key) {
  return static_cast<Ticks>(key ^ 1ull << 63);
}

struct TailsView {
  std::uint32_t pools;        // in flight
  std::uint32_t const* list;  // [pools] of the batch
  std::uint64_t keep;         // losses of a pool
  std::uint64_t* kept;        // [pools][keep]
};

// What a window adds: an entry for each kept loss and for each decided cell.
struct LossEntries {
  std::uint64_t* key;   // of the loss; zero: none
  std::uint32_t* pool;  // counted as the list does
  std::uint64_t count;
};

// Candidates, and Counters::filtered, of the listed pools, whose lines these are. prune: tiles may
// be passed over by their bounds.
void launch_mark_tails(PassageInput const& input, LinesView const& lines,
                       ColumnsView const& columns, TailsView const& tails, std::uint32_t steps,
                       bool prune, CandidatesView const& candidates, cudaStream_t stream);
// entries.count = tails.pools * tails.keep + cells.count.
void launch_list_losses(PassageInput const& input, TailsView const& tails, CellsView const& cells,
                        LossEntries const& entries, cudaStream_t stream);
// keys[i]: the pool of entry i; values[i] = i.
void launch_name_losses(LossEntries const& entries, std::uint64_t* keys, std::uint32_t* values,
                        cudaStream_t stream);
// Of entries in order of losses: pools[i] and number[i] name those in order of pools, then losses.
void launch_keep_losses(TailsView const& tails, LossEntries const& entries,
                        std::uint64_t const* pools, std::uint32_t const* number,
                        cudaStream_t stream);
// results[pools], of so many scenarios.
void launch_condense(TailsView const& tails, std::uint64_t scenarios, TailTally* results,
                     cudaStream_t stream);

}  // namespace plimsoll::cuda
