#include "kernels/cpu/simd.hpp"

#include "kernels/cpu/processor.hpp"
#include "kernels/cpu/vector_sweep.hpp"

namespace plimsoll::cpu {

std::string_view Simd::name() const {
  switch (set_) {
    case InstructionSet::avx2:
      return "simd-avx2";
    case InstructionSet::avx512:
      return "simd-avx512";
    default:
      return "simd";
  }
}

std::string_view Simd::description() const {
  switch (set_) {
    case InstructionSet::avx2:
      return "as simd, with AVX2 whatever the processor has";
    case InstructionSet::avx512:
      return "as simd, with AVX-512";
    default:
      return "prune, filter in float, decide in double; AVX-512 or AVX2, all cores";
  }
}

Availability Simd::availability() const {
  Availability found = processor();
  if (set_ != InstructionSet::avx512 || !found.usable || has_avx512()) return found;
  return {false, false, "this processor lacks AVX-512 (F, BW, CD, DQ, VL). Hint: take simd"};
}

VectorCode const& Simd::code() const {
  bool const wide =
      set_ == InstructionSet::avx512 || (set_ == InstructionSet::best && has_avx512());
  return wide ? avx512_code() : avx2_code();
}

std::vector<Tally> Simd::evaluate(std::span<Job const> jobs, Tuning const& tuning) const {
  if (Availability const found = availability(); !found.usable)
    throw MachineError("engine " + std::string(name()) + " cannot run here: " + found.reason);
  return VectorSweep(jobs, tuning, code()).run();
}

std::uint64_t Simd::host_bytes(std::span<Job const> jobs, Tuning const& tuning) const {
  return VectorSweep::host_bytes(jobs, tuning);
}

}  // namespace plimsoll::cpu
