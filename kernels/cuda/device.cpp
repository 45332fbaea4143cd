#include "kernels/cuda/device.hpp"

#include <cuda_runtime_api.h>

#include <array>
#include <cstdio>
#include <string_view>

#include "kernels/cuda/check.hpp"
#include "kernels/cuda/launches.hpp"

namespace plimsoll::cuda {
namespace {

constexpr int least_major = 8;  // compute capability

bool is_simulation(std::string_view name) {
  return name.find("cudasim") != std::string_view::npos;
}

Availability refused(cudaError_t status) {
  static_cast<void>(cudaGetLastError());
  return {false, false, std::string(cudaGetErrorString(status)) + ". Hint: " + remedy(status)};
}

std::string in_words(cudaDeviceProp const& device) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), ", compute capability %d.%d, %.1f GiB", device.major,
                device.minor, static_cast<double>(device.totalGlobalMem) / 0x1p30);
  return std::string(device.name) + text.data();
}

}  // namespace

Availability found_device() {
  int devices = 0;
  if (auto const status = cudaGetDeviceCount(&devices); status != cudaSuccess)
    return refused(status);
  if (devices == 0) return refused(cudaErrorNoDevice);
  int current = 0;
  if (auto const status = cudaGetDevice(&current); status != cudaSuccess) return refused(status);
  cudaDeviceProp device{};
  if (auto const status = cudaGetDeviceProperties(&device, current); status != cudaSuccess)
    return refused(status);
  bool const simulated = is_simulation(device.name);
  if (device.major < least_major)
    return {false, simulated,
            in_words(device) + ". Hint: " + remedy(cudaErrorNoKernelImageForDevice)};
  if (auto const status = loaded_kernels(); status != cudaSuccess) return refused(status);
  return {true, simulated, in_words(device)};
}

std::string device_in_words() {
  int current = 0;
  cudaDeviceProp device{};
  if (cudaGetDevice(&current) != cudaSuccess) return "the CUDA device";
  std::string const number = "device " + std::to_string(current);
  if (cudaGetDeviceProperties(&device, current) != cudaSuccess) return number;
  return number + " (" + device.name + ")";
}

DeviceTraits device_traits() {
  int current = 0;
  int multiprocessors = 0;
  int shared = 0;
  std::size_t free = 0;
  std::size_t total = 0;
  PLIMSOLL_CUDA_CHECK(cudaGetDevice(&current));
  PLIMSOLL_CUDA_CHECK(
      cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, current));
  PLIMSOLL_CUDA_CHECK(
      cudaDeviceGetAttribute(&shared, cudaDevAttrMaxSharedMemoryPerBlockOptin, current));
  PLIMSOLL_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  return {static_cast<std::uint32_t>(multiprocessors), free, static_cast<std::uint32_t>(shared)};
}

}  // namespace plimsoll::cuda
