// The vector engine's inner loops for x86-64-v3: AVX2 and FMA.
#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/vector_loops.hpp"

namespace plimsoll::cpu {
namespace {

struct Avx2 {
  using Lanes = plimsoll::Lanes;
  using Floats = plimsoll::Floats;
};

constexpr VectorCode code = VectorLoops<Avx2>::table("AVX2");

}  // namespace

VectorCode const& avx2_code() {
  return code;
}

}  // namespace plimsoll::cpu
