// Seconds by stage; the most memory the process ever held, and the machine's.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace plimsoll {

class Stopwatch {
 public:
  // Ends the current stage and names it.
  void lap(std::string stage) {
    auto const now = Clock::now();
    names.push_back(std::move(stage));
    seconds.push_back(std::chrono::duration<double>(now - last_).count());
    last_ = now;
  }
  std::vector<std::string> names;
  std::vector<double> seconds;

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

inline std::uint64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

inline std::uint64_t machine_memory_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace plimsoll
