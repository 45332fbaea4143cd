#include "tests/models/option_loops.hpp"

namespace plimsoll::tests {
OptionLoops const option_loops_avx512 = loops_named("avx512");
}  // namespace plimsoll::tests
