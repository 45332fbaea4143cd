// Progress of long work on a terminal: share done, throughput, time left. Quiet elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace plimsoll {

class Progress {
 public:
  enum class Show { when_terminal, never };
  explicit Progress(std::string what, Show show = Show::when_terminal);
  ~Progress();  // clears the line
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;

  void update(std::uint64_t done, std::uint64_t total);

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  bool visible_;
  bool drawn_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_;
};

// "12 s", "3 min 05 s", "2 h 10 min".
std::string duration_text(double seconds);

}  // namespace plimsoll
