// What one thread does with a batch of accounts in a window: lines, prune, filter, decide, fold;
// and, for pools that want one, the tail. Everything it adds up is an integer.
// Method: docs/performance.md; "First passage" of docs/models.md holds across columns, because a
//   pool's cells are gathered by scenario before they are counted.
// Bits: only cells evaluated by models/ are counted; the others were proven not to matter.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/cpu/pool_cut.hpp"
#include "kernels/cpu/pool_lines.hpp"
#include "kernels/cpu/vector_code.hpp"
#include "kernels/cpu/window.hpp"
#include "kernels/engine.hpp"
#include "kernels/tails.hpp"

namespace plimsoll::cpu {

class PoolWalk {
 public:
  PoolWalk(Job const& job, Tuning const& tuning, BasisView const& basis, VectorCode const& code,
           std::uint32_t most_scenarios);

  // Adds the window's breaches of accounts [begin, end) to `tally`'s pools, first passages and
  // accounts, and keeps what belongs to scenarios.
  void count(JobWindow const& window, std::uint32_t begin, std::uint32_t end, Tally& tally);

  // Adds the window's losses of the listed pools to their scratches.
  void lose(JobWindow const& window, std::uint32_t const* pools, std::uint32_t count,
            TailScratch* scratch);

  // Adds what belongs to the window's scenarios to `tally`, and forgets it.
  void merge(WindowView const& window, Tally& tally);

  // How many pools a batch should have at most; those of a single account may be more.
  static std::uint32_t batch_pools(WindowView const& window);

  // [byte]
  static std::uint64_t bytes(Job const& job, std::uint64_t scenarios);

 private:
  static constexpr std::uint32_t most_pools = 4096;
  static constexpr std::uint64_t live_bytes = 8u << 20;
  static constexpr std::uint64_t live_bytes_each = 8;  // of a pool in a tile

  struct Event {
    std::uint32_t column;  // place in the window
    std::uint32_t step;
    Ticks shortfall;
  };

  void list_live(WindowView const& window);
  void filter(WindowView const& window);
  void chain_candidates();
  void decide(WindowView const& window, std::uint32_t pool, std::uint32_t first);
  void evaluate_strips(WindowView const& window, std::uint32_t i, std::uint32_t pool);
  void check_rest(WindowView const& window, std::uint32_t pool, std::uint32_t first);
  void add_cell(WindowView const& window, std::uint32_t column, double excess);
  void count_events(WindowView const& window, std::uint32_t account, std::uint32_t pool, bool alone,
                    Tally& tally);

  void estimate_pool(WindowView const& window, std::uint32_t i, std::uint32_t pool,
                     Ticks least_that_counts);
  void estimate_tile(WindowView const& window, std::uint32_t i, std::uint32_t tile);
  void keep_worst(std::uint64_t keep, float gap);
  void mark(std::uint32_t column);
  void decide_losses(WindowView const& window, std::uint32_t i, std::uint32_t pool);
  void fold_losses(WindowView const& window, std::uint32_t pool, bool every, TailScratch& scratch);

  Job const& job_;
  Tuning const& tuning_;
  BasisView basis_;
  VectorCode const& code_;
  PoolLines lines_;
  PoolCut cut_;
  std::vector<std::uint32_t> pools_;  // of the batch
  std::vector<std::uint32_t> live_;   // [tiles][pools of the batch]
  std::vector<std::uint32_t> live_count_;
  std::vector<Candidate> found_;  // in the tile in work
  std::vector<Candidate> candidates_;
  std::vector<std::uint32_t> next_, first_candidate_;  // chains of a pool's candidates
  std::vector<std::uint32_t> strips_;                  // of the pool in work
  std::vector<double> excess_;                         // [strips][8]
  std::vector<std::uint8_t> eventful_;                 // [strips] columns to look at
  std::vector<Event> events_;
  std::vector<std::uint32_t> event_of_;        // [scenarios] 1 + its event, 0: none
  std::vector<std::uint32_t> account_breach_;  // [scenarios] 1 + last account seen in breach
  // By column in which pools and accounts first fell into breach: neighbours are counted together.
  struct ColumnTally {
    std::uint32_t pools = 0;
    std::uint32_t accounts = 0;
  };
  std::vector<ColumnTally> breaches_;  // [columns]
  std::vector<TickSum> shortfall_;     // [columns][classes]
  std::uint64_t undefined_ = 0;
  WorkDone work_;

  struct Estimate {
    float line;
    std::uint32_t column;
  };
  std::vector<float> bounds_;  // [tiles]
  std::vector<std::uint32_t> tile_order_;
  std::vector<Estimate> estimates_;
  float most_line_ = 0.0f;                 // an estimate above it is of no tail
  std::size_t full_ = 0;                   // estimates at which the cut is taken again
  std::vector<std::uint8_t> strip_cells_;  // [strips] marked columns
  std::vector<double> least_;              // [scenarios] least excess seen, largest_amount: none
  std::vector<std::uint32_t> touched_;
};

}  // namespace plimsoll::cpu
