#include "kernels/cuda/engine.hpp"

#include <cuda_runtime_api.h>

#include <algorithm>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/device.hpp"
#include "kernels/cuda/sweep.hpp"

namespace plimsoll::cuda {

Availability CudaEngine::availability() const {
  return found_device();
}

// One job after the other: columns are priced for each of them.
std::vector<Tally> CudaEngine::evaluate(std::span<Job const> jobs, Tuning const& tuning) const {
  std::vector<Tally> tallies;
  Tuning own = tuning;
  std::uint64_t before = 0;
  std::uint64_t done = 0;
  std::uint64_t left = jobs.size();  // with the one in work
  if (tuning.progress)
    own.progress = [&](std::uint64_t of_job, std::uint64_t total) {
      done = before + of_job;
      tuning.progress(done, before + left * total);
    };
  for (Job const& job : jobs) {
    tallies.push_back(Sweep(job, own).run());
    before = done;
    --left;
  }
  return tallies;
}

std::uint64_t CudaEngine::host_bytes(std::span<Job const> jobs, Tuning const& tuning) const {
  std::uint64_t most = 0;
  for (Job const& job : jobs) most = std::max(most, Sweep::host_bytes(job, tuning));
  return most;
}

void CudaEngine::use_device(unsigned number) const {
  int devices = 0;
  PLIMSOLL_CUDA_CHECK(cudaGetDeviceCount(&devices));
  PLIMSOLL_CUDA_CHECK(cudaSetDevice(static_cast<int>(number) % devices));
}

}  // namespace plimsoll::cuda
