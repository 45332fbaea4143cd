// Price, prune, filter, decide over vector registers: only cells that may be in breach are
// evaluated in double, by the same models/ source as the reference, and all others are proven not
// to be. Method: docs/models.md, "Minorant"; docs/performance.md.
#pragma once

#include <string>
#include <string_view>

#include "kernels/cpu/vector_code.hpp"
#include "kernels/engine.hpp"

namespace plimsoll::cpu {

enum class InstructionSet : std::uint8_t { best, avx2, avx512 };

class Simd final : public Engine {
 public:
  using Engine::evaluate;
  using Engine::host_bytes;

  constexpr explicit Simd(InstructionSet set) : set_(set) {}

  std::string_view name() const override;
  std::string_view description() const override;
  Availability availability() const override;
  std::vector<Tally> evaluate(std::span<Job const> jobs, Tuning const& tuning) const override;
  std::uint64_t host_bytes(std::span<Job const> jobs, Tuning const& tuning) const override;

 private:
  VectorCode const& code() const;

  InstructionSet set_;
};

}  // namespace plimsoll::cpu
