// What a job must give, recomputed plainly: cell by cell through evaluate(), one scenario after the
// other, with sums and tails written here again and shared with no engine.
#pragma once

#include "kernels/engine.hpp"

namespace plimsoll::testing {

Tally plain_tally(Job const& job);

}  // namespace plimsoll::testing
