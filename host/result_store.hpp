// Results as files of schema plimsoll.result (docs/formats.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/output_file.hpp"
#include "host/result.hpp"
#include "host/schema.hpp"

namespace plimsoll {

inline constexpr Schema result_schema = {"plimsoll.result", 3, "plimsoll run (results.h5)"};

// The result must pass check_result (else std::logic_error: it would be our own mistake).
void write_result(Result const& result, std::string const& path,
                  Overwrite overwrite = Overwrite::no);

// A result that passed check_result; InputError for everything wrong with the file.
Result read_result(std::string const& path);

// ---- Runs in parts: a shard is the result of some accounts of a book, with rows of accounts and
// pools counted as in the whole book. Its file is one of results like any other but for that, and
// says in attributes which run it is of and what its name is (hdf5.hpp, JoinedPart).

struct Shard {
  std::string run_id, file;               // as the joined file calls it: "shards/00000.h5"
  std::uint64_t account = 0, pool = 0;    // first rows, counted in the book
  std::uint64_t accounts = 0, pools = 0;  // how many
};

// `part` must pass check_result (else std::logic_error). Its rows are counted as the shard's while
// it is written, and from its own first again when this returns.
void write_shard(Result& part, Shard const& shard, std::string const& path);

// A shard as a result of its own, which passed check_result; InputError for everything wrong with
// the file, and where it is not `shard`.
Result read_shard(Shard const& shard, std::string const& path);

// The file that joins `shards`, which lie at `folder`/file, to the result of the whole book; of
// `sums` everything that hangs on no account or pool is taken.
void write_joined(Result const& sums, std::vector<Shard> const& shards, std::string const& folder,
                  std::string const& path, Overwrite overwrite = Overwrite::no);

}  // namespace plimsoll
