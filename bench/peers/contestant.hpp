// Whoever takes part: says which cells are in breach once, to be checked, and how many every time
// that it is timed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/peers/cell_flags.hpp"

namespace plimsoll::bench {

struct Answer {
  std::vector<std::uint32_t> breaches;  // [pools()] breaching columns
  CellFlags flags;                      // of every cell, where has_flags
  bool has_flags = false;
};

class Contestant {
 public:
  virtual ~Contestant() = default;
  virtual std::string name() const = 0;
  virtual std::string description() const = 0;  // what is timed, and with which settings
  virtual std::uint32_t pools() const = 0;      // how many of the book's first pools it takes on
  virtual Answer answer() = 0;
  virtual std::uint64_t run() = 0;  // breaching cells of all its pools: this is timed
};

using Contestants = std::vector<std::unique_ptr<Contestant>>;

}  // namespace plimsoll::bench
