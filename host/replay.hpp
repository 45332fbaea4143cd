// One scenario priced again, alone: what explain and the drivers of a breach look at.
// Bits: the same tile as the CPU engines use, one scenario wide, hence the same rows.
#pragma once

#include <cstdint>

#include "host/resolve.hpp"
#include "kernels/cpu/tile.hpp"

namespace plimsoll {

class Replay {
 public:
  Replay(ResolvedBook const& resolved, MarketView const& market, RunShape const& shape)
      : resolved_(resolved), tile_(market, resolved.rows(), shape, 1), shape_(shape) {}

  void load(std::uint64_t scenario) {
    if (loaded_ && scenario == scenario_) return;
    tile_.price(scenario, 0, 1);
    scenario_ = scenario;
    loaded_ = true;
  }

  double row(std::uint32_t step, std::uint32_t r) const { return tile_.value(r, step, 0); }

  Passage walk(std::uint32_t pool) const {
    return passage(resolved_.book(), resolved_.rules(), pool, resolved_.pools_today()[pool],
                   shape_.steps,
                   [this](std::uint32_t step, std::uint32_t r) { return row(step, r); });
  }

 private:
  ResolvedBook const& resolved_;
  cpu::Tile tile_;
  RunShape shape_;
  std::uint64_t scenario_ = 0;
  bool loaded_ = false;
};

}  // namespace plimsoll
