#include "host/run_log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>

#include "host/error.hpp"

namespace plimsoll {

struct RunLog::Sink {
  spdlog::logger logger;
  explicit Sink(std::string const& path)
      : logger("run", std::make_shared<spdlog::sinks::basic_file_sink_st>(path)) {
    logger.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc);
    logger.flush_on(spdlog::level::info);
    logger.set_error_handler([path](std::string const& problem) {
      throw SystemError("write " + path + " failed: " + problem + ". Hint: free space on the disk");
    });
  }
};

RunLog::RunLog(std::string const& path) try : sink_(std::make_unique<Sink>(path)) {
} catch (spdlog::spdlog_ex const& error) {
  throw SystemError("open " + path + " failed: " + error.what() +
                    ". Hint: give a folder that you may write");
}

RunLog::~RunLog() = default;

void RunLog::write(std::string const& text) {
  sink_->logger.info(text);
}

}  // namespace plimsoll
