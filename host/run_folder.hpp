// The folder of a run: results.h5, report.html and manifest.json, and run.log. The three are made
// in a folder `.plimsoll-partial` inside it and moved out together when all are complete, the
// manifest last: its presence says that the rest is complete, and until then a run that stood there
// stays untouched. Errors: InputError where the folder cannot be used, SystemError where the disk
// fails.
// A run in slices keeps what is finished in the workplace: plan.json, which says of what run it is,
// and a file of each slice in shards/. It stays when the run is stopped, however that happens, and
// the next one goes on with it if told to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/output_file.hpp"
#include "host/result.hpp"
#include "host/run_config.hpp"

namespace plimsoll {

// The first line in which two plans differ, of both; nothing where they are the same.
std::string first_difference(std::string const& one, std::string const& other);

class RunFolder {
 public:
  // Makes the folder (its parent must exist) or takes one without a run in it, or, if told to, one
  // with a run, which complete() will replace. InputError where another run is writing into it.
  // `resume`: what a stopped run left there is kept for plan(); without it, unless overwriting,
  // slices that are kept there are an InputError too.
  RunFolder(std::string path, Overwrite overwrite, bool resume = false);
  // Without complete(), removes what this object made; the log stays where a folder was given.
  ~RunFolder();
  RunFolder(RunFolder const&) = delete;
  RunFolder& operator=(RunFolder const&) = delete;

  std::string log() const { return path_ + "/run.log"; }
  // Where to make `name`, one of results.h5 and report.html.
  std::string unfinished(std::string const& name) const { return workplace() + "/" + name; }
  // A name that nobody else gives a folder: what a killed run left there is removed.
  std::string workplace() const { return path_ + "/.plimsoll-partial"; }

  // Where the book was cut, as accounts, in the plan of the run that was stopped here; nothing
  // where none was, or this is not to go on with it.
  std::vector<std::uint64_t> planned_cuts() const;

  // Says that the run is made in slices of this plan. Returns whether slices of the same plan may
  // lie in unfinished("shards") already; InputError where those of another do. From here on the
  // workplace stays if the run does not come to its end.
  bool plan(std::string const& text);

  // Writes manifest.json and moves everything to its name.
  void complete(RunConfig const& config, Result const& result);

 private:
  bool holds_slices() const;
  void refuse_slices() const;
  bool holds_a_run() const;
  void refuse_a_run() const;
  void make_or_take();
  void lock();
  void tidy();
  std::vector<std::string> shards() const;
  void write_manifest(RunConfig const& config, Result const& result) const;

  std::string path_;
  int log_ = -1;  // descriptor of run.log, which carries the lock
  bool made_ = false, locked_ = false, planned_ = false, complete_ = false;
};

}  // namespace plimsoll
