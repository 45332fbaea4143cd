// Parts of datasets, and datasets joined of parts in other files.

#include <gtest/gtest.h>
#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <numeric>

#include "host/error.hpp"
#include "host/hdf5.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

using Doubles = std::vector<double>;

Doubles counting(std::uint64_t count, double first = 0.0) {
  Doubles values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

std::uint64_t size_of(Shape const& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::uint64_t{1}, std::multiplies<>());
}

// Of row major `values`, those inside `part`.
template <class T>
std::vector<T> cut(std::vector<T> const& values, Shape const& shape, Slab const& part) {
  std::vector<T> found;
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    std::uint64_t rest = i;
    bool inside = true;
    for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis]) {
      std::uint64_t const at = rest % shape[axis];
      inside = inside && at >= part.first[axis] && at - part.first[axis] < part.count[axis];
    }
    if (inside) found.push_back(values[i]);
  }
  return found;
}

void write_part(std::string const& path, std::string const& shard, std::string const& run,
                Shape const& shape, Doubles const& values) {
  Hdf5Writer file(path, path);
  file.attribute("/", "run_id", run);
  file.attribute("/", "shard", shard);
  file.write<double>("/x", {ElementType::float64, shape, "ccy", "a, b"}, values);
  std::vector<std::string> texts;
  for (double const value : values) texts.push_back("no " + std::to_string(value));
  file.write<std::string>("/text", {ElementType::text, shape, "text", "a, b"}, texts);
  file.close();
}

// Three files of [2, 3], [2, 1] and [2, 40,000] joined along the second axis.
struct Joined {
  Joined() {
    std::filesystem::create_directory(folder / "shards");
    std::uint64_t at = 0;
    for (std::uint64_t const width : {3u, 1u, 40'000u}) {
      std::string const name = "shards/" + std::to_string(parts.size()) + ".h5";
      write_part(folder / name, name, "one run", {2, width},
                 counting(2 * width, 10.0 * static_cast<double>(at)));
      parts.push_back({name, "/x", {{0, at}, {2, width}}});
      at += width;
    }
    shape = {2, at};
    join(parts);
  }

  void join(std::vector<JoinedPart> const& of) {
    Hdf5Writer file(path(), path());
    file.attribute("/", "run_id", std::string_view("one run"));
    file.join("/x", {ElementType::float64, shape, "ccy", "a, b"}, 0, of);
    std::vector<JoinedPart> texts = of;
    for (JoinedPart& part : texts) part.name = "/text";
    file.join("/text", {ElementType::text, shape, "text", "a, b"}, 40, texts);
    file.close();
  }

  std::string path() const { return folder / "results.h5"; }

  TestFolder folder;
  std::vector<JoinedPart> parts;
  Shape shape;
};

TEST(Hdf5Parts, APartIsThatOfTheWhole) {
  TestFolder const folder;
  std::string const path = folder / "x";
  std::vector<Shape> const shapes = {{7}, {5, 4}, {3, 2, 6}, {300, 400}};
  Hdf5Writer writer(path, path);
  for (std::size_t i = 0; i < shapes.size(); ++i)
    writer.write<double>("/" + std::to_string(i), {ElementType::float64, shapes[i], "", ""},
                         counting(size_of(shapes[i])));
  writer.close();
  Hdf5Reader const reader(path);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    Doubles const all = counting(size_of(shapes[i]));
    for (std::uint64_t first = 0; first < 3; ++first) {
      Slab part;
      for (std::uint64_t const length : shapes[i]) {
        part.first.push_back(std::min(first, length - 1));
        part.count.push_back(length - part.first.back() - (first == 1 ? 1 : 0));
      }
      EXPECT_EQ(reader.read<double>("/" + std::to_string(i), part), cut(all, shapes[i], part));
    }
  }
  EXPECT_THROW(reader.read<double>("/0", {{3}, {5}}), std::logic_error);
  EXPECT_THROW(reader.read<double>("/0", {{8}, {0}}), std::logic_error);
  EXPECT_THROW(reader.read<double>("/1", {{0}, {1}}), std::logic_error);
}

TEST(Hdf5Parts, AJoinedDatasetIsItsPartsSideBySide) {
  Joined const sample;
  Hdf5Reader const reader(sample.path());
  Doubles const found = reader.read<double>("/x");
  ASSERT_EQ(found.size(), size_of(sample.shape));
  for (JoinedPart const& part : sample.parts)
    EXPECT_EQ(cut(found, sample.shape, part.at),
              Hdf5Reader(sample.folder / part.file).read<double>("/x"));
  for (Slab const& some : {Slab{{0, 2}, {2, 3}}, Slab{{1, 0}, {1, 40'004}}, Slab{{0, 3}, {1, 1}},
                           Slab{{0, 4}, {2, 0}}, Slab{{1, 39'000}, {1, 1'004}}})
    EXPECT_EQ(reader.read<double>("/x", some), cut(found, sample.shape, some));
  std::vector<std::string> const texts = reader.read<std::string>("/text");
  ASSERT_EQ(texts.size(), found.size());
  for (std::size_t i = 0; i < texts.size(); i += 1'001)
    EXPECT_EQ(texts[i], "no " + std::to_string(found[i]));
}

TEST(Hdf5Parts, TheLibraryReadsAJoinedDatasetAsWeDo) {
  Joined const sample;
  Doubles const ours = Hdf5Reader(sample.path()).read<double>("/x");
  Doubles theirs(ours.size());
  hid_t const file = H5Fopen(sample.path().c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  hid_t const dataset = H5Dopen2(file, "/x", H5P_DEFAULT);
  ASSERT_GE(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, theirs.data()), 0);
  H5Dclose(dataset);
  H5Fclose(file);
  EXPECT_EQ(ours, theirs);
}

TEST(Hdf5Parts, FilesThatAreGoneOrNotTheOnesAreRefused) {
  Joined sample;
  auto const read = [&] { Hdf5Reader(sample.path()).read<double>("/x"); };
  auto const replace = [&](std::string const& shard, std::string const& run, Shape const& shape) {
    write_part(sample.folder / "shards/1.h5", shard, run, shape, counting(size_of(shape)));
  };
  std::filesystem::remove(sample.folder / "shards/1.h5");
  EXPECT_NE(refusal(read).find("shards/1.h5: cannot be opened"), std::string::npos)
      << refusal(read);
  replace("shards/1.h5", "another run", {2, 1});
  EXPECT_NE(refusal(read).find("belongs to another run"), std::string::npos) << refusal(read);
  replace("shards/2.h5", "one run", {2, 1});
  EXPECT_NE(refusal(read).find("is shards/2.h5"), std::string::npos) << refusal(read);
  replace("shards/1.h5", "one run", {2, 2});
  EXPECT_NE(refusal(read).find("of the shape [2, 2]"), std::string::npos) << refusal(read);
  replace("shards/1.h5", "one run", {2, 1});
  EXPECT_NO_THROW(read());
}

TEST(Hdf5Parts, JoinsThatAreNotOursAreRefused) {
  Joined sample;
  auto const read = [&] { Hdf5Reader(sample.path()).read<double>("/x"); };
  std::vector<JoinedPart> parts = sample.parts;
  std::swap(parts[0], parts[1]);
  sample.join(parts);
  EXPECT_NE(refusal(read).find("do not follow one another"), std::string::npos) << refusal(read);
  parts = sample.parts;
  parts[0].file = "../" + parts[0].file;
  sample.join(parts);
  EXPECT_NE(refusal(read).find("in another folder"), std::string::npos) << refusal(read);
  parts = sample.parts;
  parts[1] = {"results.h5", "/x", sample.parts[1].at};  // of itself
  sample.join(parts);
  EXPECT_NE(refusal(read).find("results.h5"), std::string::npos) << refusal(read);
  parts = sample.parts;
  parts.pop_back();
  EXPECT_THROW(sample.join(parts), std::logic_error);
}

}  // namespace
}  // namespace plimsoll
