#include "host/run_log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>

#include "host/error.hpp"
#include "host/markup.hpp"

namespace plimsoll {

struct RunLog::Sink {
  spdlog::logger logger;
  Sink(std::string const& path, LogFormat format)
      : logger("run", std::make_shared<spdlog::sinks::basic_file_sink_st>(path)) {
    logger.set_pattern(format == LogFormat::json
                           ? R"({"time": "%Y-%m-%dT%H:%M:%S.%eZ", "level": "%l", %v})"
                           : "%Y-%m-%dT%H:%M:%S.%eZ %v",
                       spdlog::pattern_time_type::utc);
    logger.flush_on(spdlog::level::info);
    logger.set_error_handler([path](std::string const& problem) {
      throw SystemError("write " + path + " failed: " + problem + ". Hint: free space on the disk");
    });
  }
};

LogField::LogField(std::string_view name, double number) : key(name), value(json_number(number)) {}
LogField::LogField(std::string_view name, std::string_view text)
    : key(name), value(json_string(text)) {}

RunLog::RunLog(std::string const& path, LogFormat format) try
    : sink_(std::make_unique<Sink>(path, format)), format_(format) {
} catch (spdlog::spdlog_ex const& error) {
  throw SystemError("open " + path + " failed: " + error.what() +
                    ". Hint: give a folder that you may write");
}

RunLog::~RunLog() = default;

void RunLog::tell(std::string_view event, std::vector<LogField> const& fields,
                  std::string const& text) {
  if (format_ == LogFormat::text) {
    sink_->logger.info(text);
    return;
  }
  std::string line =
      fmt::format("\"event\": {}, \"text\": {}", json_string(event), json_string(text));
  for (LogField const& field : fields)
    line += fmt::format(", {}: {}", json_string(field.key), field.value);
  sink_->logger.info(line);
}

}  // namespace plimsoll
