// What is known of the current device.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/engine.hpp"

namespace plimsoll::cuda {

// Whether the engine can run here, on what, and if not, why and what to do. Never throws for want
// of a driver or device.
Availability found_device();

// "device 0 (NAME)", or "the CUDA device" where even that cannot be asked.
std::string device_in_words();

struct DeviceTraits {
  std::uint32_t multiprocessors;
  std::uint64_t free_bytes;
  std::uint32_t shared_bytes;  // that one block may have
};
DeviceTraits device_traits();

}  // namespace plimsoll::cuda
