#include "kernels/cuda/engine.hpp"

#include "kernels/cuda/device.hpp"
#include "kernels/cuda/sweep.hpp"

namespace plimsoll::cuda {

Availability CudaEngine::availability() const {
  return found_device();
}

Tally CudaEngine::evaluate(Job const& job, Tuning const& tuning) const {
  return Sweep(job, tuning).run();
}

std::uint64_t CudaEngine::host_bytes(Job const& job, Tuning const& tuning) const {
  return Sweep::host_bytes(job, tuning);
}

}  // namespace plimsoll::cuda
