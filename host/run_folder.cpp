#include "host/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/text_file.hpp"

namespace plimsoll {
namespace fs = std::filesystem;
namespace {

// Names in the order in which they appear; results.h5 and the manifest tell of a run.
constexpr char const* result_name = "results.h5";
constexpr char const* report_name = "report.html";
constexpr char const* manifest_name = "manifest.json";
constexpr char const* plan_name = "plan.json";
constexpr char const* shards_name = "shards";

constexpr std::uint64_t longest_plan = std::uint64_t{1} << 30;

std::string without_blanks(std::string const& line) {
  std::size_t const first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first);
}

[[noreturn]] void fail(std::string_view call, std::string const& file) {
  throw SystemError(failed_call(call, file, errno));
}

}  // namespace

std::string first_difference(std::string const& one, std::string const& other) {
  std::istringstream a(one), b(other);
  for (std::string x, y;;) {
    bool const more_a = static_cast<bool>(std::getline(a, x));
    bool const more_b = static_cast<bool>(std::getline(b, y));
    if (!more_a && !more_b) return "";
    if (more_a != more_b || x != y)
      return fmt::format("{} there, {} here", more_a ? without_blanks(x) : "nothing",
                         more_b ? without_blanks(y) : "nothing");
  }
}

RunFolder::RunFolder(std::string path, Overwrite overwrite, bool resume) : path_(std::move(path)) {
  make_or_take();
  try {
    if (overwrite == Overwrite::no) refuse_a_run();
    lock();
    // Another run may have completed between the look and the lock.
    if (overwrite == Overwrite::no) refuse_a_run();
    planned_ = holds_slices();
    if (planned_ && !resume && overwrite == Overwrite::no) refuse_slices();
    if (planned_ && resume) return;
    planned_ = false;
    // What a run that was killed left there; nobody writes it now.
    fs::remove_all(workplace());
    if (::mkdir(workplace().c_str(), 0777) != 0) fail("mkdir", workplace());
  } catch (...) {
    tidy();
    throw;
  }
}

void RunFolder::make_or_take() {
  fs::path const folder(path_);
  fs::path const parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  std::error_code error;
  if (!fs::is_directory(parent, error))
    throw InputError("--out " + path_, "folder " + parent.string() + " does not exist",
                     "the run's folder is made inside it", "create it or give another --out");
  if (fs::exists(folder, error) && !fs::is_directory(folder, error))
    throw InputError("--out " + path_, "is not a folder", "a run writes several files",
                     "give the name of a folder");
  if (::mkdir(path_.c_str(), 0777) == 0)
    made_ = true;
  else if (errno != EEXIST)
    throw InputError("--out " + path_, "cannot be made", std::generic_category().message(errno),
                     "give a folder that you may write");
  if (::access(path_.c_str(), W_OK | X_OK) != 0)
    throw InputError("--out " + path_, "is not writable", std::generic_category().message(errno),
                     "give a folder that you may write");
}

bool RunFolder::holds_slices() const {
  std::error_code error;
  std::string const shards = unfinished(shards_name);
  return fs::exists(unfinished(plan_name), error) && fs::is_directory(shards, error) &&
         !fs::is_empty(shards, error);
}

void RunFolder::refuse_slices() const {
  throw InputError("--out " + path_, "holds slices of a run that was stopped", "they would be lost",
                   "give --resume to go on with it, or --force to begin anew");
}

std::vector<std::uint64_t> RunFolder::planned_cuts() const {
  if (!planned_) return {};
  auto const plan =
      nlohmann::json::parse(read_text_file(unfinished(plan_name), longest_plan), nullptr, false);
  auto const cuts = plan.is_object() ? plan.find("cuts") : plan.end();
  std::vector<std::uint64_t> accounts;
  if (!plan.is_object() || cuts == plan.end() || !cuts->is_array()) return accounts;
  for (auto const& cut : *cuts)
    if (cut.is_number_unsigned()) accounts.push_back(cut.get<std::uint64_t>());
  return accounts;
}

bool RunFolder::plan(std::string const& text) {
  if (planned_) {
    std::string const found = read_text_file(unfinished(plan_name), longest_plan);
    if (found != text)
      throw InputError("--out " + path_,
                       "holds slices of another run: " + first_difference(found, text),
                       "results of two runs would be mixed",
                       "give what that run was given, or --force without --resume to begin anew");
    for (fs::directory_entry const& entry : fs::directory_iterator(unfinished(shards_name)))
      if (entry.path().extension() != ".h5") fs::remove_all(entry.path());  // half written
    return true;
  }
  std::string const shards = unfinished(shards_name);
  if (::mkdir(shards.c_str(), 0777) != 0 && errno != EEXIST) fail("mkdir", shards);
  write_text_file(unfinished(plan_name), text, Overwrite::yes);
  planned_ = true;
  return false;
}

bool RunFolder::holds_a_run() const {
  std::error_code error;
  return fs::exists(path_ + "/" + result_name, error) ||
         fs::exists(path_ + "/" + manifest_name, error);
}

void RunFolder::refuse_a_run() const {
  if (!holds_a_run()) return;
  throw InputError("--out " + path_, "already holds a run", "nothing is overwritten unasked",
                   "give another --out, or --force to replace it");
}

// A lock on the log ends with the process, however that ends.
void RunFolder::lock() {
  log_ = ::open(log().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (log_ < 0) fail("open", log());
  locked_ = ::flock(log_, LOCK_EX | LOCK_NB) == 0;
  if (locked_) return;
  if (errno == EWOULDBLOCK)
    throw InputError("--out " + path_, "another run is writing into it",
                     "their files would be mixed", "wait for it, or give another --out");
  // Some network file systems know no locks: there, two runs into one folder are not told apart.
  locked_ = errno == ENOSYS || errno == EOPNOTSUPP || errno == ENOLCK;
  if (!locked_) fail("flock", log());
}

RunFolder::~RunFolder() {
  tidy();
}

void RunFolder::tidy() {
  std::error_code ignored;  // a folder that cannot be tidied stays as it is
  bool const kept = planned_ && !complete_ && holds_slices();
  if (locked_ && !kept) fs::remove_all(workplace(), ignored);
  if (locked_ && made_ && !complete_ && !kept) fs::remove(log(), ignored);
  if (made_ && !complete_) fs::remove(path_, ignored);  // only if empty
  if (log_ >= 0) ::close(log_);
}

void RunFolder::write_manifest(RunConfig const& config, Result const& result) const {
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
  manifest["digest"] = digest(unfinished(result_name));
  for (char const* const name : {result_name, report_name})
    manifest["files"][name] = file_sha256(unfinished(name));
  for (std::string const& name : shards()) manifest["files"][name] = file_sha256(unfinished(name));
  for (std::size_t i = 0; i < result.stage_name.size(); ++i)
    manifest["seconds"][result.stage_name[i]] = result.stage_seconds[i];
  manifest["peak_memory_bytes"] = result.peak_memory_bytes;
  write_text_file(unfinished(manifest_name),
                  manifest.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
                  Overwrite::yes);
}

// "shards/00000.h5", ...: of a run in slices.
std::vector<std::string> RunFolder::shards() const {
  std::vector<std::string> names;
  if (!planned_) return names;
  for (fs::directory_entry const& entry : fs::directory_iterator(unfinished(shards_name)))
    names.push_back(std::string(shards_name) + "/" + entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void RunFolder::complete(RunConfig const& config, Result const& result) {
  write_manifest(config, result);
  // Gone before anything is replaced: a folder without it does not pass for a complete run.
  std::string const manifest = path_ + "/" + manifest_name;
  if (::unlink(manifest.c_str()) != 0 && errno != ENOENT) fail("unlink", manifest);
  fs::remove_all(path_ + "/" + shards_name);  // of the run that is replaced
  std::vector<char const*> names = {result_name, report_name, manifest_name};
  if (planned_) names.insert(names.begin(), shards_name);
  for (char const* const name : names) {
    std::string const to = path_ + "/" + name;
    if (::rename(unfinished(name).c_str(), to.c_str()) != 0) fail("rename", to);
  }
  flush_folder(path_);
  complete_ = true;
}

}  // namespace plimsoll
