// Every cell in double over eight scenarios at a time, from the same models/ source as the
// reference: the same bits, sooner.
#pragma once

#include "kernels/engine.hpp"

namespace plimsoll::cpu {

class Simd final : public Engine {
 public:
  std::string_view name() const override { return "simd"; }
  std::string_view description() const override {
    return "double over every cell, eight scenarios side by side (AVX2), all cores";
  }
  Availability availability() const override;
  Tally evaluate(Job const& job, Tuning const& tuning) const override;
  std::uint64_t host_bytes(Job const& job, Tuning const& tuning) const override;
};

}  // namespace plimsoll::cpu
