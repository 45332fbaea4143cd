#include "host/run_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/digest.hpp"
#include "host/error.hpp"

namespace plimsoll {
namespace fs = std::filesystem;

RunFolder::RunFolder(std::string path, Overwrite overwrite) : path_(std::move(path)) {
  fs::path const folder(path_);
  fs::path const parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  std::error_code error;
  if (!fs::is_directory(parent, error))
    throw InputError("--out " + path_, "folder " + parent.string() + " does not exist",
                     "the run's folder is made inside it", "create it or give another --out");
  if (fs::exists(folder, error) && !fs::is_directory(folder, error))
    throw InputError("--out " + path_, "is not a folder", "a run writes several files",
                     "give the name of a folder");
  if (mkdir(path_.c_str(), 0777) == 0)
    made_ = true;
  else if (errno != EEXIST)
    throw InputError("--out " + path_, "cannot be made", std::generic_category().message(errno),
                     "give a folder that you may write");
  if (access(path_.c_str(), W_OK | X_OK) != 0)
    throw InputError("--out " + path_, "is not writable", std::generic_category().message(errno),
                     "give a folder that you may write");
  if (fs::exists(file("results.h5"), error) || fs::exists(file("manifest.json"), error)) {
    if (overwrite == Overwrite::no)
      throw InputError("--out " + path_, "already holds a run", "nothing is overwritten unasked",
                       "give another --out, or --force to replace it");
    // Gone first: without it the folder does not pass for a complete run.
    fs::remove(file("manifest.json"), error);
    fs::remove(file("results.h5"), error);
    fs::remove(file("report.html"), error);
  }
}

RunFolder::~RunFolder() {
  if (complete_ || !made_) return;
  std::error_code ignored;  // a folder that cannot be tidied stays as it is
  fs::remove(file("run.log"), ignored);
  fs::remove(path_, ignored);  // only if empty
}

void RunFolder::complete(RunConfig const& config, Result const& result) {
  nlohmann::ordered_json manifest;
  manifest["schema"] = "plimsoll.manifest";
  manifest["version"] = 1;
  manifest["program"] = {{"version", result.provenance.program_version},
                         {"commit", result.provenance.commit}};
  manifest["engine"] = {{"name", result.engine}, {"note", result.engine_note}};
  manifest["config"] = to_toml(config);
  for (InputFile const& input : result.provenance.inputs)
    manifest["inputs"].push_back(
        {{"role", input.role}, {"path", input.path}, {"sha256", input.sha256}});
  manifest["digest"] = digest(file("results.h5"));
  for (char const* const name : {"results.h5", "report.html"})
    manifest["files"][name] = file_sha256(file(name));
  for (std::size_t i = 0; i < result.stage_name.size(); ++i)
    manifest["seconds"][result.stage_name[i]] = result.stage_seconds[i];
  manifest["peak_memory_bytes"] = result.peak_memory_bytes;
  write_text_file(file("manifest.json"),
                  manifest.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
                  Overwrite::yes);
  complete_ = true;
}

}  // namespace plimsoll
