// What a desk would write: instruments are objects with a virtual price, scenarios are stored, one
// pool after the other is revalued in double. Nothing clever, nothing silly; all processors.
#pragma once

#include <memory>

#include "bench/peers/contestant.hpp"
#include "kernels/engine.hpp"

namespace plimsoll::bench {

// columns: of priced_columns(); of them the desk stores the assets' prices.
std::unique_ptr<Contestant> desk_version(Job const& job, std::vector<double> const& columns,
                                         std::uint32_t pools, unsigned threads);

}  // namespace plimsoll::bench
