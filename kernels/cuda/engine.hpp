// The CUDA engine: straight lines below every pool's excess rule out what is not in doubt, in
// float; the rest is decided in double, from the same models/ source; all of it on an NVIDIA GPU.
// No CUDA header here, so that the list of engines compiles without the toolkit.
// Method: docs/kernels.md.
// Bits: --fmad=false, no fast-math, integers only across cells: the Tally of the reference engine.
#pragma once

#include "kernels/engine.hpp"

namespace plimsoll::cuda {

class CudaEngine final : public Engine {
 public:
  using Engine::evaluate;
  using Engine::host_bytes;
  std::string_view name() const override { return "cuda"; }
  std::string_view description() const override {
    return "float bounds, then double where in doubt, on an NVIDIA GPU (compute capability 8.0 and "
           "above)";
  }
  // Usable where a device and its driver are found; simulated where the runtime is cudasim.
  Availability availability() const override;
  // Out of device memory means smaller batches and windows, down to one account and 32 scenarios.
  // Throws MachineError for anything else that the device refuses.
  std::vector<Tally> evaluate(std::span<Job const> jobs, Tuning const& tuning) const override;
  // Without what the driver itself takes, which nobody says beforehand.
  std::uint64_t host_bytes(std::span<Job const> jobs, Tuning const& tuning) const override;
  void use_device(unsigned number) const override;
};

}  // namespace plimsoll::cuda
