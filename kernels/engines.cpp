#include <array>

#include "kernels/cpu/reference.hpp"
#include "kernels/cpu/simd.hpp"
#include "kernels/engine.hpp"
#ifdef PLIMSOLL_WITH_CUDA
#include "kernels/cuda/engine.hpp"
#endif

namespace plimsoll {
namespace {

cpu::Reference const reference;
cpu::Simd const simd_avx2(cpu::InstructionSet::avx2);
cpu::Simd const simd_avx512(cpu::InstructionSet::avx512);
cpu::Simd const simd(cpu::InstructionSet::best);
#ifdef PLIMSOLL_WITH_CUDA
cuda::CudaEngine const cuda_engine;
std::array<Engine const*, 5> const list = {&reference, &simd_avx2, &simd_avx512, &simd,
                                           &cuda_engine};
#else
std::array<Engine const*, 4> const list = {&reference, &simd_avx2, &simd_avx512, &simd};
#endif

}  // namespace

std::span<Engine const* const> engines() {
  return list;
}

Engine const* engine_named(std::string_view name) {
  for (Engine const* const engine : engines())
    if (engine->name() == name) return engine;
  return nullptr;
}

Engine const& preferred_engine() {
  Engine const* best = &reference;
  for (Engine const* const engine : engines()) {
    Availability const found = engine->availability();
    if (found.usable && !found.simulated) best = engine;
  }
  return *best;
}

}  // namespace plimsoll
