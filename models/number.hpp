// The few operations that the arithmetic takes from outside the language, spelled once.
// A lane type (several columns side by side) joins by overloading the same names in this namespace;
// choices between values are selects, so that every lane walks the same path.
// Bits: all exact.
#pragma once

#include <cmath>
#include <cstdint>

#include "models/platform.hpp"

namespace plimsoll {

PLIMSOLL_HD inline double magnitude(double x) {
  return ::fabs(x);
}
PLIMSOLL_HD inline double select(bool condition, double yes, double no) {
  return condition ? yes : no;
}
PLIMSOLL_HD inline bool any(bool condition) {
  return condition;
}

// An index that names nothing.
inline constexpr std::uint32_t no_index = 0xffffffffu;

}  // namespace plimsoll
