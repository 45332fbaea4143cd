#include "tests/models/option_loops.hpp"

namespace plimsoll::tests {
OptionLoops const option_loops_avx2 = loops_named("avx2");
}  // namespace plimsoll::tests
