// The folder of a run: results.h5, report.html, run.log, and last manifest.json, whose presence
// says that the rest is complete. Errors: InputError where the folder cannot be used, SystemError
// where the disk fails.
#pragma once

#include <string>

#include "host/output_file.hpp"
#include "host/result.hpp"
#include "host/run_config.hpp"

namespace plimsoll {

class RunFolder {
 public:
  // Makes the folder (its parent must exist), or takes an empty one, or, if told to, one with a run
  // in it, whose manifest is removed first.
  RunFolder(std::string path, Overwrite overwrite);
  // Removes the folder if this object made it, the run did not complete, and nothing but the log is
  // in it.
  ~RunFolder();
  RunFolder(RunFolder const&) = delete;
  RunFolder& operator=(RunFolder const&) = delete;

  std::string file(std::string const& name) const { return path_ + "/" + name; }

  // Writes manifest.json.
  void complete(RunConfig const& config, Result const& result);

 private:
  std::string path_;
  bool made_ = false, complete_ = false;
};

}  // namespace plimsoll
