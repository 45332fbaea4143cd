// Seconds by stage.
#pragma once

#include <chrono>
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

}  // namespace plimsoll
