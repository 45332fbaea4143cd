#include "host/memory_here.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace plimsoll {

namespace {

// 0 where the system does not say it.
std::uint64_t bytes_of(std::string const& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kibibytes = 0;
    if (word == field && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

// Not getrusage alone: its peak is inherited from the program that started this one.
std::uint64_t peak_memory_bytes() {
  if (std::uint64_t const peak = bytes_of("VmHWM:"); peak > 0) return peak;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::uint64_t memory_bytes() {
  std::uint64_t const now = bytes_of("VmRSS:");
  return now > 0 ? now : peak_memory_bytes();
}

std::uint64_t machine_memory_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace plimsoll
