// What Eigen and OpenBLAS have in common: excess = cash + W V for a block of pools and a tile of
// columns at a time, counted while it is in cache. Threads share the pools; the width of a tile is
// the best of several, tried on some of the pools before anything is timed. Layout:
// tiles[tile][rows][width], so that a tile lies together.
#pragma once

#include <cstdlib>
#include <memory>
#include <vector>

#include "bench/peers/contestant.hpp"
#include "bench/peers/problem.hpp"

namespace plimsoll::bench {

struct FreeFloats {
  void operator()(float* memory) const { std::free(memory); }
};
using Floats = std::unique_ptr<float[], FreeFloats>;  // on a cache line

Floats floats(std::size_t count);

class BlockedProduct : public Contestant {
 public:
  // The first `pools` of the problem, which must outlive this, `block` at a time.
  BlockedProduct(Problem const& problem, std::uint32_t pools, std::uint32_t block,
                 unsigned threads);

  // Finds the best width of a tile; to be called once before all others.
  void prepare(std::vector<std::uint32_t> const& widths);

  std::uint32_t pools() const final { return pools_; }
  Answer answer() final;
  std::uint64_t run() final;

 protected:
  struct Block {
    std::uint32_t first, pools;
    float const* values;  // [rows][width]
    std::uint32_t width;
    float* excess;  // [pools][width] cash
  };
  // Adds W V to the block's excess.
  virtual void multiply(Block const& block) const = 0;

  Problem const& problem() const { return problem_; }
  std::string settings() const;

 private:
  void arrange(std::uint32_t width);
  void sweep(std::uint32_t pools, std::uint32_t* breaches, CellFlags* flags) const;
  void sweep_tile(std::uint32_t first_column, std::uint32_t first, std::uint32_t end,
                  std::uint32_t* breaches, CellFlags* flags) const;

  Problem const& problem_;
  std::uint32_t pools_, block_;
  unsigned threads_;
  std::uint32_t width_ = 0;
  Floats tiles_;
};

}  // namespace plimsoll::bench
