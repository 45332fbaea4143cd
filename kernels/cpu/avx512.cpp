// The vector engine's inner loops for x86-64-v4. This file alone is compiled for AVX-512; nothing
// that other files could share may be emitted here (tests/instruction_sets.py looks), because the
// linker would keep one copy for all, and a processor without AVX-512 would run it.
#include "kernels/cpu/lanes_avx512.hpp"
#include "kernels/cpu/vector_loops.hpp"

namespace plimsoll::cpu {
namespace {

struct Avx512 {
  using Lanes = plimsoll::WideLanes;
  using Floats = plimsoll::WideFloats;
};

constexpr VectorCode code = VectorLoops<Avx512>::table("AVX-512");

}  // namespace

VectorCode const& avx512_code() {
  return code;
}

}  // namespace plimsoll::cpu
