#include "kernels/cuda/engine.hpp"

#include <algorithm>

#include "kernels/cuda/device.hpp"
#include "kernels/cuda/sweep.hpp"

namespace plimsoll::cuda {

Availability CudaEngine::availability() const {
  return found_device();
}

std::vector<Tally> CudaEngine::evaluate(std::span<Job const> jobs, Tuning const& tuning) const {
  std::vector<Tally> tallies;
  for (Job const& job : jobs) tallies.push_back(Sweep(job, tuning).run());
  return tallies;
}

std::uint64_t CudaEngine::host_bytes(std::span<Job const> jobs, Tuning const& tuning) const {
  std::uint64_t most = 0;
  for (Job const& job : jobs) most = std::max(most, Sweep::host_bytes(job, tuning));
  return most;
}

}  // namespace plimsoll::cuda
