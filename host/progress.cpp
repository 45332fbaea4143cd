#include "host/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace plimsoll {

std::string duration_text(double seconds) {
  auto const whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(std::string what, Show show)
    : what_(std::move(what)), visible_(show == Show::when_terminal && isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
  if (!visible_ || total == 0) return;
  auto const now = Clock::now();
  if (drawn_ && done < total && now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  drawn_ = true;
  double const elapsed = std::chrono::duration<double>(now - begin_).count();
  double const rate = elapsed > 0.0 ? static_cast<double>(done) / elapsed : 0.0;
  double const left = rate > 0.0 ? static_cast<double>(total - done) / rate : 0.0;
  std::string const line =
      fmt::format("\r\033[K{} {:5.1f} %  {:.3g} M cells/s  {} left", what_,
                  100.0 * static_cast<double>(done) / static_cast<double>(total), rate / 1e6,
                  duration_text(left));
  std::fputs(line.c_str(), stderr);
}

}  // namespace plimsoll
