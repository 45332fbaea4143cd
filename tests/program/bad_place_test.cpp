// Files of HDF5 that are not what they should be, and places that cannot be written.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>

#include "tests/program/refused.hpp"

namespace plimsoll {
namespace {

// HDF5 files as another program may leave them.
class File {
 public:
  explicit File(std::string const& path) : id_(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)) {}
  ~File() { H5Fclose(id_); }
  File(File const&) = delete;
  File& operator=(File const&) = delete;

  // An attribute of the same type with other bytes; texts are padded or cut. Made anew, because
  // HDF5 1.10 cannot rewrite the attributes of an object that has many.
  void attribute(char const* object, char const* name, void const* bytes, std::size_t size) const {
    hid_t const old = H5Aopen_by_name(id_, object, name, H5P_DEFAULT, H5P_DEFAULT);
    hid_t const type = H5Aget_type(old);
    hid_t const space = H5Aget_space(old);
    H5Aclose(old);
    std::vector<char> value(H5Tget_size(type));
    std::memcpy(value.data(), bytes, std::min(size, value.size()));
    EXPECT_GE(H5Adelete_by_name(id_, object, name, H5P_DEFAULT), 0) << name;
    hid_t const made =
        H5Acreate_by_name(id_, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Awrite(made, type, value.data()), 0) << name;
    H5Aclose(made);
    H5Sclose(space);
    H5Tclose(type);
  }
  void text(char const* object, char const* name, std::string const& value) const {
    attribute(object, name, value.data(), value.size());
  }
  void number(char const* dataset, double value) const {  // all its elements
    hid_t const data = H5Dopen2(id_, dataset, H5P_DEFAULT);
    hid_t const space = H5Dget_space(data);
    std::vector<double> const values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)),
                                     value);
    EXPECT_GE(H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0)
        << dataset;
    H5Sclose(space);
    H5Dclose(data);
  }
  void remove(char const* dataset) const { EXPECT_GE(H5Ldelete(id_, dataset, H5P_DEFAULT), 0); }

 private:
  hid_t id_;
};

struct Spoiled {
  char const* name;
  char const* file;
  std::function<void(File const&)> spoil;
  std::vector<std::string> said;
};

TEST_F(BadInput, Hdf5) {
  std::uint64_t const later = 9;
  std::vector<Spoiled> const cases = {
      {"version",
       "book.h5",
       [&](File const& f) { f.attribute("/", "schema_version", &later, sizeof later); },
       {"book.h5", "version 9", "version 4"}},
      {"schema",
       "market.h5",
       [](File const& f) { f.text("/", "schema", "other"); },
       {"market.h5", "other", "plimsoll.market"}},
      {"unit",
       "book.h5",
       [](File const& f) { f.text("/balances/amount", "unit", "kg"); },
       {"book.h5:/balances/amount", "kg", "asset"}},
      {"missing dataset",
       "book.h5",
       [](File const& f) { f.remove("/positions/quantity"); },
       {"book.h5:/positions/quantity", "missing"}},
      {"amount nan",
       "book.h5",
       [](File const& f) { f.number("/balances/amount", NAN); },
       {"book.h5:/balances/amount[0]"}},
      {"amount beyond ticks",
       "book.h5",
       [](File const& f) { f.number("/balances/amount", 1e15); },
       {"book.h5:/balances/amount[0]", "ticks"}},
      {"pool beyond ticks",
       "book.h5",
       [](File const& f) { f.number("/balances/amount", 8e14); },
       {"book.h5:/pools/name[0]", "alice", "ticks"}},
      {"row of nothing",
       "book.h5",
       [](File const& f) { f.number("/positions/instrument", 77); },
       {"book.h5:/positions/instrument[0]", "77"}},
      {"price 0",
       "market.h5",
       [](File const& f) { f.number("/factors/price", 0.0); },
       {"market.h5:/factors/price[0]"}},
      {"not definite",
       "market.h5",
       [](File const& f) { f.number("/dependence/correlation", 1.0); },
       {"market.h5:/dependence/correlation", "positive definite"}},
  };
  for (Spoiled const& c : cases) {
    std::string const good = place.read(c.file);
    c.spoil(File(place.file(c.file)));
    expect_refused(place, c.name, run, c.said);
    place.write(c.file, good);
  }
  for (char const* const name : {"book.h5", "market.h5"}) {
    std::string const good = place.read(name);
    place.write(name, "");
    expect_refused(place, "empty", run, {name, "empty"});
    place.write(name, "not HDF5, but as long as one may be\n");
    expect_refused(place, "text", run, {name, "not an HDF5 file"});
    for (double const share : {0.01, 0.5, 0.99}) {
      place.write(
          name, good.substr(0, static_cast<std::size_t>(share * static_cast<double>(good.size()))));
      expect_refused(place, "truncated", run, {name, "damaged"});
    }
    H5Fclose(H5Fcreate(place.file(name).c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    expect_refused(place, "foreign", run, {name, "says no schema"});
    place.write(name, good);
  }
}

TEST_F(BadInput, PlacesToWriteTo) {
  expect_refused(place, "no parent", "run " + inputs + "--out none/made",
                 {"--out none/made", "none"});
  expect_refused(place, "a file", "run " + inputs + "--out rules.toml", {"--out rules.toml"});
  expect_refused(place, "not writable", "run " + inputs + "--out /proc/made", {"--out /proc/made"});
  expect_refused(place, "no folder",
                 "import --tiers tiers.csv --name t --date 2026-01-01 --source s "
                 "--default-haircut 0.1 --out none/made.toml",
                 {"none/made.toml"}, 3);
  for (std::string command : {import_book, import_market, calibrate, synth + "--pools 3"}) {
    command.replace(command.find("made.h5"), 7, "book.h5");
    expect_refused(place, "exists", command, {"book.h5", "--force"});
  }
  ASSERT_EQ(place.plimsoll(run + "--scenarios 20").code, 0);
  expect_refused(place, "a run", run, {"--out made", "--force"});
  expect_refused(place, "a run being written", run + "--force", {"--out made", "another run"}, 2,
                 "flock made/run.log");
  expect_refused(place, "a report", "report made --out made/report.html", {"--force"});
}

std::string contents(Workplace const& place, std::string const& folder) {
  std::string all;
  for (char const* const name : {"results.h5", "report.html", "manifest.json"})
    all += place.read(folder + "/" + name);
  return all;
}

TEST_F(BadInput, ARunThatFailsLeavesTheOneBeforeAlone) {
  ASSERT_EQ(place.plimsoll(run + "--scenarios 20").code, 0);
  std::string const before = contents(place, "made");
  expect_refused(place, "missing book",
                 "run --book none.h5 --market market.h5 --rules rules.toml "
                 "--out made --force",
                 {"none.h5"});
  expect_refused(place, "full disk", run + "--force --scenarios 300",
                 {"made/.plimsoll-partial", "ulimit"}, 3, "ulimit -f 8;");
  EXPECT_EQ(contents(place, "made"), before);
  // What a killed run left does not stand in the way.
  std::filesystem::create_directory(place.file("made/.plimsoll-partial"));
  place.write("made/.plimsoll-partial/results.h5", "half");
  EXPECT_EQ(place.plimsoll(run + "--force --scenarios 21").code, 0) << place.read("stderr.txt");
  EXPECT_FALSE(place.has("made/.plimsoll-partial"));
  EXPECT_NE(contents(place, "made"), before);
}

TEST_F(BadInput, AFullDisk) {
  if (std::system("unshare -m mount -t tmpfs none /mnt 2>/dev/null") != 0)
    GTEST_SKIP() << "no right to mount a small file system here";
  std::string const disk = "unshare -m sh -c 'mount -t tmpfs -o size=";
  for (char const* const size : {"4k", "20k", "100k"}) {
    Outcome const outcome = place.plimsoll(
        "run " + inputs + "--scenarios 300 --out /mnt/made; echo $? >code; ls /mnt >left'",
        disk + size + " none /mnt && ");
    EXPECT_EQ(place.read("code"), "3\n") << size << outcome.err;
    EXPECT_EQ(place.read("left"), "") << size;
    EXPECT_NE(outcome.err.find("No space left on device. Hint: "), std::string::npos)
        << outcome.err;
  }
}

TEST_F(BadInput, OutputThatNobodyReads) {
  for (std::string const& command : {"value " + inputs, std::string("digest book.h5"),
                                     std::string("engines"), run + "--scenarios 20 --force"})
    for (char const* const to : {">/dev/full", ">&-"}) {
      int const status = std::system(("cd '" + place.file("") + "' && " PLIMSOLL_PROGRAM " " +
                                      command + " " + to + " 2>err.txt")
                                         .c_str());
      EXPECT_EQ(WEXITSTATUS(status), 3) << command << to;
      EXPECT_NE(place.read("err.txt").find("standard output"), std::string::npos) << command << to;
    }
  EXPECT_EQ(place.read("made/run.log").find("Rule pack"), std::string::npos);
  int const status = std::system(
      ("cd '" + place.file("") + "' && " PLIMSOLL_PROGRAM " digest none.h5 2>/dev/full").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

}  // namespace
}  // namespace plimsoll
