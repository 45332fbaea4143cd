// A window of scenarios as the vector engine reads it: every column (a scenario at a step) priced
// once, columns that resemble each other side by side in tiles of 64, and the least and the largest
// move of each basis row over every tile, every block of 16 tiles, and the whole window.
// Method: docs/models.md, "Basis" and "Order of columns"; docs/performance.md.
// Units: prices in the reporting currency, moves as fractions.
// Bits: prices are those of models/rows.hpp; moves are rounded to float and decide nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/basis.hpp"
#include "kernels/cpu/large_array.hpp"
#include "kernels/cpu/vector_code.hpp"
#include "kernels/cpu/worker_pool.hpp"
#include "kernels/engine.hpp"

namespace plimsoll::cpu {

class Window {
 public:
  // `most` scenarios at a time. direction[f]: how much of the book hangs on factor f.
  Window(Job const& job, BasisTable const& basis, std::vector<double> direction, std::uint32_t most,
         VectorCode const& code);

  // Prices scenarios [first, first + scenarios), unless they are there already. Returns how many
  // moves the limiter bent.
  std::uint64_t price(std::uint64_t first, std::uint32_t scenarios, WorkerPool& workers);

  WindowView view() const;
  // How the basis rows move in it.
  BasisView const& basis() const { return basis_; }
  MoveRange const* ranges() const { return range_.data(); }
  // How often it was priced: as long as this stays, so does all that it says.
  std::uint64_t pricings() const { return pricings_; }

  // [byte]
  static std::uint64_t bytes(Job const& job, std::uint64_t scenarios);

 private:
  std::uint64_t grow(WorkerPool& workers);
  void measure(double const* growth, std::uint64_t first, std::uint32_t count, std::uint32_t step);
  void order_columns();
  void fill_tile(std::uint32_t tile, double* grown);
  void fill_stored(std::uint32_t row, std::uint32_t tile, double* prices) const;
  double growth_at(std::uint32_t factor, std::uint32_t scenario, std::uint32_t step) const;
  void bound_blocks();

  Job const& job_;
  BasisView basis_;
  std::vector<double> direction_;  // [factors]
  VectorCode const& code_;
  std::uint32_t strip_;  // scenarios that code_ grows side by side
  std::uint64_t first_ = 0;
  std::uint64_t pricings_ = 0;
  std::uint32_t scenarios_ = 0;
  std::uint32_t columns_ = 0, tiles_ = 0, blocks_ = 0;
  LargeArray<double> growth_;            // [strips of scenarios][steps][factors][strip]
  LargeArray<double> prices_;            // [tiles][stored][64]
  LargeArray<float> moves_;              // [tiles][basis][64]
  LargeArray<float> tile_bounds_;        // [blocks][basis][2][16] least, largest
  LargeArray<float> block_bounds_;       // [groups of 16 blocks][basis][2][16]
  std::vector<MoveRange> range_;         // [basis]
  std::vector<float> size_, lean_;       // [columns] how severe, and which way
  std::vector<std::uint32_t> order_;     // [tiles x 64] column, no_index beyond the last
  std::vector<std::uint32_t> scenario_;  // [tiles x 64] counted from first
  std::vector<std::uint32_t> step_;      // [tiles x 64] from 1
};

// A window as the pools of one job read it: prices and moves are everybody's, rules are its own.
class JobWindow {
 public:
  JobWindow(Window const& window, Job const& job) : window_(window), job_(job) {}

  // To be called when the window has been priced.
  void brief_rows();

  WindowView view() const { return window_.view(); }
  // What the minorants of the job's pools in the window read.
  MinorantInput minorants() const {
    return {job_.book, job_.rules, window_.basis(), window_.ranges(), brief_.data()};
  }

  // [byte]
  static std::uint64_t bytes(Job const& job) { return job.rows.rows * sizeof(RowBrief); }

 private:
  Window const& window_;
  Job const& job_;
  std::uint64_t pricings_ = 0;   // the window's, when brief_ was made
  std::vector<RowBrief> brief_;  // [rows]
};

}  // namespace plimsoll::cpu
