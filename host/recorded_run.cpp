#include "host/recorded_run.hpp"

#include <filesystem>

#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/result_store.hpp"

namespace plimsoll {

std::string result_file(std::string const& path) {
  return std::filesystem::is_directory(path) ? path + "/results.h5" : path;
}

std::uint32_t pool_named(Book const& book, std::string const& name) {
  for (std::uint32_t pool = 0; pool < book.pools.name.size(); ++pool)
    if (book.pools.name[pool] == name) return pool;
  throw InputError("--pool " + name, "no pool of that name", "the book does not hold it",
                   "pools are named in `plimsoll value` and in results.h5 under /pools/name");
}

std::size_t RecordedRun::pack_named(std::string const& name) const {
  for (std::size_t p = 0; p < result.packs.size(); ++p)
    if (name.empty() || result.packs[p] == name) return p;
  throw InputError("--rules " + name, "the run has no such rule pack", "it was not evaluated",
                   "leave the flag out for the first pack");
}

RecordedRun read_recorded_run(std::string const& folder) {
  RecordedRun run;
  run.result = read_result(result_file(folder));
  run.config = parse_run_config(run.result.config, result_file(folder));
  for (InputFile const& input : run.result.provenance.inputs) {
    if (file_sha256(input.path) != input.sha256)
      throw InputError(input.path,
                       "is not the " + input.role + " that the run in " + folder + " read",
                       "its SHA-256 differs, so the cell would be another one",
                       "restore the file, or run again");
  }
  run.inputs = read_inputs(run.config);
  return run;
}

}  // namespace plimsoll
