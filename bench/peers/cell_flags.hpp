// One bit per pool and column, and how floats become such bits.
#pragma once

#include <cstdint>
#include <vector>

namespace plimsoll::bench {

// Pools share no word, so that threads may write to different pools.
class CellFlags {
 public:
  CellFlags() = default;
  CellFlags(std::uint32_t pools, std::uint64_t columns)
      : words_((columns + 63) / 64), bits_(pools * words_) {}

  void set(std::uint32_t pool, std::uint64_t column) {
    bits_[pool * words_ + column / 64] |= std::uint64_t{1} << (column % 64);
  }
  std::uint64_t words() const { return words_; }  // of a pool
  std::uint64_t word(std::uint32_t pool, std::uint64_t number) const {
    return bits_[pool * words_ + number];
  }

 private:
  std::uint64_t words_ = 0;
  std::vector<std::uint64_t> bits_;
};

// How many of excess[width] are below zero; their columns, from `first` on, are set in the flags of
// `pool` where flags are wanted. Of internal linkage: compiled for the instruction set of its user.
static inline std::uint32_t count_breaches(float const* excess, std::uint32_t width,
                                           std::uint32_t pool, std::uint64_t first,
                                           CellFlags* flags) {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < width; ++i) count += excess[i] < 0.0f ? 1u : 0u;
  if (flags == nullptr || count == 0) return count;
  for (std::uint32_t i = 0; i < width; ++i)
    if (excess[i] < 0.0f) flags->set(pool, first + i);
  return count;
}

}  // namespace plimsoll::bench
