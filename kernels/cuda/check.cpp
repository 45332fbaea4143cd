#include "kernels/cuda/check.hpp"

#include <string>
#include <string_view>

#include "kernels/cuda/device.hpp"

namespace plimsoll::cuda {

char const* remedy(cudaError_t status) {
  switch (status) {
    case cudaErrorMemoryAllocation:
      return "free memory on the device, or take another engine";
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice:
      return "take another engine, or make a device visible (CUDA_VISIBLE_DEVICES, nvidia-smi)";
    case cudaErrorInsufficientDriver:
    case cudaErrorSystemDriverMismatch:
      return "take another engine, or install an NVIDIA driver for CUDA 13";
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorInvalidPtx:
    case cudaErrorUnsupportedPtxVersion:
      return "take another engine, or a device of compute capability 8.0 or above with a driver "
             "for "
             "CUDA 13";
    default:
      return "run again; if it fails again, look at the device's health (nvidia-smi -q) or take "
             "another engine";
  }
}

void check(cudaError_t status, char const* call) {
  if (status == cudaSuccess) return;
  std::string_view const text(call);
  std::string message(text.substr(0, text.find('(')));
  message += " on " + device_in_words() + ": " + cudaGetErrorString(status) + " (" +
             cudaGetErrorName(status) + "). Hint: " + remedy(status);
  // The runtime keeps the error for the next call that looks; it is reported here, once.
  static_cast<void>(cudaGetLastError());
  if (status == cudaErrorMemoryAllocation) throw OutOfMemory(message);
  throw MachineError(message);
}

}  // namespace plimsoll::cuda
