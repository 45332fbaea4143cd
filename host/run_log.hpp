// The log of a run: time-stamped lines at the end of a file of the run's folder, for people or, a
// JSON object a line, for machines.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

enum class LogFormat : std::uint8_t { text, json };

// A figure of an event.
struct LogField {
  template <class Count>
  requires std::integral<Count> LogField(std::string_view name, Count count)
      : key(name), value(std::to_string(count)) {}
  LogField(std::string_view name, double number);
  LogField(std::string_view name, std::string_view text);

  std::string key;
  std::string value;  // as JSON
};

class RunLog {
 public:
  // SystemError where the file cannot be written.
  explicit RunLog(std::string const& path, LogFormat format = LogFormat::text);
  ~RunLog();

  // `event` is a word that programs look for, `text` says the same and its figures to people.
  void tell(std::string_view event, std::vector<LogField> const& fields, std::string const& text);

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
  LogFormat format_;
};

}  // namespace plimsoll
