// The engine that defines right: plain double, every cell, all cores, no tricks.
#pragma once

#include "kernels/engine.hpp"

namespace plimsoll::cpu {

class Reference final : public Engine {
 public:
  using Engine::evaluate;
  using Engine::host_bytes;
  std::string_view name() const override { return "reference"; }
  std::string_view description() const override {
    return "plain double over every cell, all cores; defines right";
  }
  Availability availability() const override;
  std::vector<Tally> evaluate(std::span<Job const> jobs, Tuning const& tuning) const override;
  std::uint64_t host_bytes(std::span<Job const> jobs, Tuning const& tuning) const override;
};

}  // namespace plimsoll::cpu
