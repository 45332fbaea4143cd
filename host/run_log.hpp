// The log of a run: time-stamped lines at the end of a file of the run's folder.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>

namespace plimsoll {

class RunLog {
 public:
  explicit RunLog(std::string const& path);
  ~RunLog();

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    write(fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  void write(std::string const& text);
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace plimsoll
