// Memory of this process and of this machine.
// Units: bytes.
#pragma once

#include <cstdint>

namespace plimsoll {

// The most that this process has held.
std::uint64_t peak_memory_bytes();

// What it holds now.
std::uint64_t memory_bytes();

std::uint64_t machine_memory_bytes();

}  // namespace plimsoll
