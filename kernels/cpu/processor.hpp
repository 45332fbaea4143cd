// Which instruction sets this processor has; the floor is x86-64-v3 (AVX2, FMA, BMI2).
#pragma once

#include "kernels/engine.hpp"

namespace plimsoll::cpu {

// Usable on x86-64-v3 and above; the reason names the processor or what it lacks.
Availability processor();

// Everything that x86-64-v4 adds.
bool has_avx512();

}  // namespace plimsoll::cpu
