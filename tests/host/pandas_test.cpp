// Files open in h5py and pandas as they are, and the Python of the manual does what it says.
#include <gtest/gtest.h>

#include <cstdio>

#include "host/book_store.hpp"
#include "host/digest.hpp"
#include "host/market_store.hpp"
#include "host/result_store.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

struct Spoken {
  int status;
  std::string text;
};

Spoken python(std::string const& arguments) {
  std::string const command = "/usr/bin/python3 " + arguments + " 2>&1";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  Spoken spoken{-1, ""};
  if (pipe == nullptr) return spoken;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
    spoken.text += static_cast<char>(c);
  spoken.status = ::pclose(pipe);
  return spoken;
}

bool has_pandas() {
  return python("-c 'import h5py, pandas'").status == 0;
}

constexpr char const* missing =
    "/usr/bin/python3 has no h5py or pandas (packages python3-h5py, python3-pandas)";

// The block of Python in a page of the manual that holds `word`.
std::string documented_python(std::string const& page, std::string const& word) {
  std::string const text = bytes_of(PLIMSOLL_SOURCE_DIR "/docs/" + page);
  std::string const fence = "```python\n";
  for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
    std::size_t const start = at + fence.size();
    std::string const block = text.substr(start, text.find("```\n", start) - start);
    if (block.find(word) != std::string::npos) return block;
  }
  return "";
}

TEST(Pandas, ReadsNamedColumnsOfABook) {
  if (!has_pandas()) GTEST_SKIP() << missing;
  TestFolder const folder;
  write_book(sample_book(), folder / "book.h5");
  write_bytes(folder / "read.py", R"(
import h5py, pandas, sys
with h5py.File(sys.argv[1]) as f:
    frames = {g: pandas.DataFrame({k: d[:] for k, d in f[g].items()})
              for g in ("accounts", "pools", "instruments", "balances", "positions")}
    assets = f["axes/asset"].asstr()[:]
    pools = f["pools/name"].asstr()[:]
    assert f.attrs["schema"].decode() == "plimsoll.book"
    assert f["balances/amount"].attrs["unit"].decode() == "asset"
b = frames["balances"]
b["pool"] = pools[b["pool"]]
b["asset"] = assets[b["asset"]]
row = b[(b.pool == "gamma") & (b.asset == "naïve coin")]
print(len(frames["accounts"]), len(b), row.amount.iloc[0], frames["positions"].quantity.sum())
)");
  Spoken const spoken = python((folder / "read.py") + " " + (folder / "book.h5"));
  EXPECT_EQ(spoken.status, 0);
  EXPECT_EQ(spoken.text, "4 9 5.0 611.999999\n");
}

TEST(Pandas, ReadsNamedColumnsOfAResult) {
  if (!has_pandas()) GTEST_SKIP() << missing;
  TestFolder const folder;
  Result const result = sample_result();
  write_result(result, folder / "results.h5");
  write_bytes(folder / "read.py", R"(
import h5py, numpy, pandas, sys
with h5py.File(sys.argv[1]) as f:
    packs = list(f["axes/pack"].asstr()[:])
    p = packs.index("venue two")
    frame = pandas.DataFrame({k: f["pools"][k][p] for k in ("breaches", "excess", "worst_scenario")},
                             index=f["pools/name"].asstr()[:])
    high = f["scenarios/shortfall_high"][:].astype(object)
    low = f["scenarios/shortfall_low"][:].astype(object)
    assert (((high * 2**64 + low) / 10**4).astype(float) == f["scenarios/shortfall"][:]).all()
    assert f["run/scenarios"][()] == 40
    assert f["pools/first_passages"].shape == (3, 9, 5)
print(frame.loc["pool 3", "breaches"], frame.loc["pool 8", "excess"], f"{frame.breaches.sum()}")
)");
  Spoken const spoken = python((folder / "read.py") + " " + (folder / "results.h5"));
  EXPECT_EQ(spoken.status, 0);
  EXPECT_EQ(spoken.text, fmt::format("{} -105.0 {}\n", result.pools.breaches[9 + 3],
                                     result.firm.breaching_cells[1]));
}

TEST(Pandas, TheExampleOfTheManualRuns) {
  if (!has_pandas()) GTEST_SKIP() << missing;
  TestFolder const folder;
  write_result(sample_result(), folder / "results.h5");
  std::string const example = documented_python("formats.md", "nlargest");
  ASSERT_FALSE(example.empty());
  write_bytes(folder / "example.py", "import os, sys\nos.chdir(sys.argv[1])\n" + example);
  Spoken const spoken = python((folder / "example.py") + " " + (folder / "."));
  EXPECT_EQ(spoken.status, 0) << spoken.text;
  EXPECT_NE(spoken.text.find("pool 0"), std::string::npos) << spoken.text;
}

// Somebody else's program, written after the manual, finds the same digest.
TEST(Pandas, TheDigestOfTheManualIsTheDigest) {
  if (!has_pandas()) GTEST_SKIP() << missing;
  TestFolder const folder;
  write_book(sample_book(), folder / "a.h5");
  write_market(sample_market(), folder / "b.h5");
  write_result(sample_result(), folder / "c.h5");
  std::string const code = documented_python("determinism.md", "def digest");
  ASSERT_FALSE(code.empty());
  write_bytes(folder / "digest.py", code + "\nimport sys\nprint(digest(sys.argv[1]))\n");
  for (char const* name : {"a.h5", "b.h5", "c.h5"}) {
    Spoken const spoken = python((folder / "digest.py") + " " + (folder / name));
    EXPECT_EQ(spoken.text, digest(folder / name) + "\n") << name;
  }
}

}  // namespace
}  // namespace plimsoll
