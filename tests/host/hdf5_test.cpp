#include "host/hdf5.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/resource.h>

#include <csignal>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

#include "host/book_store.hpp"
#include "host/digest.hpp"
#include "tests/host/store_samples.hpp"

#if defined(__SANITIZE_ADDRESS__)
// The library loses memory where it refuses a damaged file or cannot close one on a full disk.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() {
  return "leak:libhdf5";
}
#endif

namespace plimsoll {
namespace {

using Doubles = std::vector<double>;

void write_doubles(Hdf5Writer& file, std::string const& name, Shape const& shape,
                   Doubles const& values) {
  file.write<double>(name, {ElementType::float64, shape, "ccy", "x"}, values);
}

Doubles counting(std::size_t count) {
  Doubles values(count);
  std::iota(values.begin(), values.end(), -3.5);
  return values;
}

template <class T>
void expect_round_trip(TestFolder const& folder, std::vector<T> const& values) {
  std::string const path = folder / std::string(name_of(element_type<T>()));
  Hdf5Writer writer(path, path);
  writer.write<T>("/group/values", {element_type<T>(), {values.size()}, "unit", "row"}, values);
  writer.close();
  Hdf5Reader const reader(path);
  EXPECT_EQ(reader.read<T>("/group/values"), values);
  DatasetInfo const info = reader.describe("/group/values");
  EXPECT_EQ(info.type, element_type<T>());
  EXPECT_EQ(info.shape, Shape{values.size()});
  EXPECT_EQ(info.unit, "unit");
  EXPECT_EQ(info.axes, "row");
}

TEST(Hdf5, EveryTypeComesBackAsItWent) {
  TestFolder const folder;
  expect_round_trip<std::uint8_t>(folder, {0, 1, 255});
  expect_round_trip<std::uint32_t>(folder, {0, 1, UINT32_MAX});
  expect_round_trip<std::uint64_t>(folder, {0, 1, UINT64_MAX});
  expect_round_trip<std::int64_t>(folder, {INT64_MIN, -1, INT64_MAX});
  expect_round_trip<double>(folder, {-0.0, 5e-324, std::numeric_limits<double>::infinity()});
  expect_round_trip<std::string>(folder, {"", "naïve", "a longer text with blanks ", "日本"});
}

TEST(Hdf5, ShapesOfAllSizesComeBack) {
  TestFolder const folder;
  std::vector<Shape> const shapes = {{},        {0},       {1},          {0, 3},        {2, 3, 5},
                                     {300'000}, {3, 7000}, {100'000, 2}, {2, 50'000, 3}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    SCOPED_TRACE(to_string(shapes[i]));
    std::uint64_t count = 1;
    for (std::uint64_t const length : shapes[i]) count *= length;
    std::string const path = folder / std::to_string(i);
    Hdf5Writer writer(path, path);
    write_doubles(writer, "/x", shapes[i], counting(count));
    writer.close();
    Hdf5Reader const reader(path);
    EXPECT_EQ(reader.describe("/x").shape, shapes[i]);
    EXPECT_EQ(reader.read<double>("/x"), counting(count));
  }
}

TEST(Hdf5, AttributesComeBack) {
  TestFolder const folder;
  std::string const path = folder / "a.h5", long_text(200'000, 'x');
  Hdf5Writer writer(path, path);
  write_doubles(writer, "/group/x", {1}, {1.0});
  writer.attribute("/", "text", std::string_view("zwölf"));
  writer.attribute("/", "empty", std::string_view(""));
  writer.attribute("/", "long", std::string_view(long_text));
  writer.attribute("/group", "whole", UINT64_MAX);
  writer.attribute("/group/x", "real", -0.5);
  for (int i = 0; i < 50; ++i)
    writer.attribute("/", fmt::format("many {}", i), static_cast<double>(i));
  writer.close();
  Hdf5Reader const reader(path);
  EXPECT_EQ(reader.text_attribute("/", "text"), "zwölf");
  EXPECT_EQ(reader.text_attribute("/", "empty"), "");
  EXPECT_EQ(reader.text_attribute("/", "long"), long_text);
  EXPECT_EQ(reader.whole_attribute("/group", "whole"), UINT64_MAX);
  EXPECT_EQ(reader.real_attribute("/group/x", "real"), -0.5);
  EXPECT_EQ(reader.real_attribute("/", "many 49"), 49.0);
  EXPECT_FALSE(reader.has_attribute("/", "none"));
  refusal([&] { reader.real_attribute("/", "text"); });
  refusal([&] { reader.text_attribute("/", "none"); });
}

TEST(Hdf5, ListsDatasetsSortedByBytes) {
  TestFolder const folder;
  std::string const path = folder / "a.h5";
  Hdf5Writer writer(path, path);
  for (char const* name : {"/b/x", "/b-x", "/a/z/y", "/B", "/a/b"})
    write_doubles(writer, name, {1}, {1.0});
  writer.close();
  EXPECT_EQ(Hdf5Reader(path).datasets(),
            (std::vector<std::string>{"/B", "/a/b", "/a/z/y", "/b-x", "/b/x"}));
}

herr_t expect_no_times(hid_t, char const* name, H5O_info_t const* info, void* count) {
  EXPECT_EQ(info->atime + info->mtime + info->ctime + info->btime, 0) << name;
  ++*static_cast<int*>(count);
  return 0;
}

// Else equal content written a second later would be other bytes.
TEST(Hdf5, NoTimesAreStored) {
  TestFolder const folder;
  write_book(sample_book(), folder / "book.h5");
  hid_t const file = H5Fopen((folder / "book.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  int objects = 0;
  H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, expect_no_times, &objects, H5O_INFO_TIME);
  H5Fclose(file);
  EXPECT_EQ(objects, 1 + 8 + 34) << "the root, its groups and datasets";
}

TEST(Hdf5, TextsThatCannotComeBackAreNotWritten) {
  TestFolder const folder;
  std::string const path = folder / "a.h5";
  Hdf5Writer writer(path, path);
  auto const write = [&](std::string const& text) {
    std::vector<std::string> const texts = {text};
    writer.write<std::string>("/x", {ElementType::text, {1}, "text", "x"}, texts);
  };
  EXPECT_NE(refusal([&] { write(std::string("a\0b", 3)); }).find(path + ":/x"), std::string::npos);
  refusal([&] { write("\xed\xa0\x80"); });
  refusal([&] { write(std::string(longest_text + 1, 'x')); });
  refusal([&] { writer.attribute("/", "x", std::string_view("a\0b", 3)); });
}

TEST(Hdf5, ShapesThatDisagreeAreOurOwnMistake) {
  TestFolder const folder;
  Hdf5Writer writer(folder / "a.h5", "a.h5");
  EXPECT_THROW(write_doubles(writer, "/x", {2}, {1.0}), std::logic_error);
}

// ---- Files that are none

TEST(Hdf5, RefusesWhatIsNoFile) {
  TestFolder const folder;
  EXPECT_NE(refusal([&] { Hdf5Reader(folder / "none"); }).find("No such file"), std::string::npos);
  EXPECT_NE(refusal([&] { Hdf5Reader(folder / "."); }).find("is not a file"), std::string::npos);
  EXPECT_NE(refusal([&] { Hdf5Reader("/dev/zero"); }).find("is not a file"), std::string::npos);
  write_bytes(folder / "empty", "");
  EXPECT_NE(refusal([&] { Hdf5Reader(folder / "empty"); }).find("is empty"), std::string::npos);
  write_bytes(folder / "text", "pool,amount\n");
  EXPECT_NE(refusal([&] { Hdf5Reader(folder / "text"); }).find("not an HDF5 file"),
            std::string::npos);
  write_bytes(folder / "short", "\x89HDF\r\n\x1a\n");
  EXPECT_NE(refusal([&] { Hdf5Reader(folder / "short"); }).find("is damaged"), std::string::npos);
}

TEST(Hdf5, RefusesMissingAndMistypedDatasets) {
  TestFolder const folder;
  std::string const path = folder / "a.h5";
  Hdf5Writer writer(path, path);
  write_doubles(writer, "/group/x", {1}, {1.0});
  writer.close();
  Hdf5Reader const reader(path);
  EXPECT_NE(refusal([&] { reader.read<double>("/y"); }).find(path + ":/y: is missing"),
            std::string::npos);
  refusal([&] { reader.read<double>("/none/y"); });
  refusal([&] { reader.read<double>("/group"); });
  EXPECT_NE(refusal([&] {
              reader.read<std::uint64_t>("/group/x");
            }).find("the type is float64 (uint64 is expected)"),
            std::string::npos);
}

// ---- Files made to deceive, with the library itself

struct Forgery {
  char const* what;
  std::function<void(hid_t file)> make;  // puts "/x" into the file
};

hid_t simple_space(hsize_t length) {
  return H5Screate_simple(1, &length, nullptr);
}

void put(hid_t file, hid_t type, hid_t space, hid_t layout = H5P_DEFAULT) {
  hid_t const dataset = H5Dcreate2(file, "/x", type, space, H5P_DEFAULT, layout, H5P_DEFAULT);
  ASSERT_GE(dataset, 0);
  H5Dclose(dataset);
}

hid_t chunked(hsize_t chunk) {
  hid_t const layout = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(layout, 1, &chunk);
  return layout;
}

void put_text(hid_t file, std::string const& bytes, H5T_str_t padding, bool variable) {
  hid_t const type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, variable ? H5T_VARIABLE : bytes.size());
  H5Tset_strpad(type, padding);
  hid_t const dataset =
      H5Dcreate2(file, "/x", type, simple_space(1), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (!variable) H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
  H5Dclose(dataset);
}

std::vector<Forgery> forgeries() {
  hid_t const real = H5T_IEEE_F64LE;
  return {
      {"more than the file holds",
       [=](hid_t f) { put(f, real, simple_space(1ull << 40), chunked(1024)); }},
      {"more than an integer holds",
       [=](hid_t f) {
         hsize_t const lengths[] = {1ull << 33, 1ull << 33}, chunk[] = {8, 8};
         hid_t const layout = H5Pcreate(H5P_DATASET_CREATE);
         H5Pset_chunk(layout, 2, chunk);
         put(f, real, H5Screate_simple(2, lengths, nullptr), layout);
       }},
      {"never written", [=](hid_t f) { put(f, real, simple_space(100)); }},
      {"huge chunks",
       [=](hid_t f) { put(f, real, simple_space(100'000'000), chunked(100'000'000)); }},
      {"another filter",
       [=](hid_t f) {
         hid_t const layout = chunked(16);
         H5Pset_scaleoffset(layout, H5Z_SO_FLOAT_DSCALE, 2);
         put(f, real, simple_space(16), layout);
       }},
      {"external storage",
       [=](hid_t f) {
         hid_t const layout = H5Pcreate(H5P_DATASET_CREATE);
         H5Pset_external(layout, "/etc/hostname", 0, 8);
         put(f, real, simple_space(1), layout);
       }},
      {"virtual dataset",
       [=](hid_t f) {
         hid_t const layout = H5Pcreate(H5P_DATASET_CREATE);
         H5Pset_virtual(layout, simple_space(1), "other.h5", "/x", simple_space(1));
         put(f, real, simple_space(1), layout);
       }},
      {"big-endian numbers", [](hid_t f) { put(f, H5T_IEEE_F64BE, simple_space(1)); }},
      {"float32", [](hid_t f) { put(f, H5T_IEEE_F32LE, simple_space(1)); }},
      {"no values at all", [=](hid_t f) { put(f, real, H5Screate(H5S_NULL)); }},
      {"too many axes",
       [=](hid_t f) {
         std::vector<hsize_t> const lengths(20, 1);
         put(f, real, H5Screate_simple(20, lengths.data(), nullptr));
       }},
      {"a compound",
       [=](hid_t f) {
         hid_t const type = H5Tcreate(H5T_COMPOUND, 8);
         H5Tinsert(type, "a", 0, H5T_IEEE_F64LE);
         put(f, type, simple_space(1));
       }},
      {"text of any length", [](hid_t f) { put_text(f, "", H5T_STR_NULLPAD, true); }},
      {"text padded with blanks", [](hid_t f) { put_text(f, "ab  ", H5T_STR_SPACEPAD, false); }},
      {"text with a zero byte inside",
       [](hid_t f) { put_text(f, std::string("a\0b", 3), H5T_STR_NULLPAD, false); }},
      {"text that is not UTF-8", [](hid_t f) { put_text(f, "\xff\xfe", H5T_STR_NULLPAD, false); }},
      {"text of a megabyte",
       [](hid_t f) { put_text(f, std::string(1 << 20, 'a'), H5T_STR_NULLPAD, false); }},
      {"a link to another file",
       [](hid_t f) { H5Lcreate_external("other.h5", "/x", f, "/x", H5P_DEFAULT, H5P_DEFAULT); }},
      {"a link by name", [=](hid_t f) { H5Lcreate_soft("/y", f, "/x", H5P_DEFAULT, H5P_DEFAULT); }},
      {"a group that holds itself",
       [](hid_t f) {
         hid_t const group = H5Gcreate2(f, "/g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
         H5Lcreate_hard(group, ".", group, "x", H5P_DEFAULT, H5P_DEFAULT);
       }},
      {"a stored type",
       [=](hid_t f) { H5Tcommit2(f, "/x", H5Tcopy(real), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT); }},
      {"deep groups",
       [](hid_t f) {
         hid_t const links = H5Pcreate(H5P_LINK_CREATE);
         H5Pset_create_intermediate_group(links, 1);
         H5Gcreate2(f, "/a/b/c/d/e/f/g/h/i/j/k", links, H5P_DEFAULT, H5P_DEFAULT);
       }},
  };
}

TEST(Hdf5, RefusesForgeries) {
  TestFolder const folder;
  for (Forgery const& forgery : forgeries()) {
    SCOPED_TRACE(forgery.what);
    std::string const path = folder / "forged.h5";
    hid_t const access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    hid_t const file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    forgery.make(file);
    ASSERT_GE(H5Fclose(file), 0);
    std::string const message = refusal([&] {
      Hdf5Reader const reader(path);
      for (std::string const& name : reader.datasets()) {
        if (reader.describe(name).type == ElementType::text)
          reader.read<std::string>(name);
        else
          reader.read<double>(name);
      }
    });
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  }
}

// ---- Files damaged by chance: every change is seen, none is fatal

// The digest of a book, or nothing where it is refused.
std::optional<std::string> digest_if_read(std::string const& path) {
  try {
    read_book(path);
    return digest(path);
  } catch (InputError const&) {
    return std::nullopt;
  } catch (SystemError const&) {
    return std::nullopt;
  }
}

TEST(Hdf5, NoFlippedBitChangesWhatIsRead) {
  TestFolder const folder;
  write_book(sample_book(), folder / "book.h5");
  std::string const good = bytes_of(folder / "book.h5");
  std::string const expected = digest(folder / "book.h5");
  std::size_t refused = 0, tried = 0;
  for (std::size_t at = 0; at < good.size(); at += at < 600 ? 1 : 23) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    write_bytes(folder / "flipped.h5", bytes);
    std::optional<std::string> const found = digest_if_read(folder / "flipped.h5");
    EXPECT_TRUE(!found || *found == expected) << "byte " << at;
    refused += !found;
    ++tried;
  }
  EXPECT_GT(2 * refused, tried) << "most of a file is content";
}

TEST(Hdf5, NoTruncatedFileIsRead) {
  TestFolder const folder;
  write_book(sample_book(), folder / "book.h5");
  std::string const good = bytes_of(folder / "book.h5");
  for (std::size_t size = 0; size < good.size(); size += 97) {
    write_bytes(folder / "cut.h5", good.substr(0, size));
    EXPECT_FALSE(digest_if_read(folder / "cut.h5")) << size << " bytes";
  }
  write_bytes(folder / "cut.h5", good.substr(0, good.size() - 1));
  EXPECT_FALSE(digest_if_read(folder / "cut.h5"));
}

TEST(Hdf5, NoFlippedBitOfACompressedColumnIsRead) {
  TestFolder const folder;
  std::string const path = folder / "a.h5";
  Hdf5Writer writer(path, path);
  Doubles values = counting(5000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= std::sqrt(static_cast<double>(i));
  write_doubles(writer, "/x", {values.size()}, values);
  writer.close();
  std::string const good = bytes_of(path);
  for (std::size_t at = 0; at < good.size(); at += 29) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    write_bytes(folder / "b.h5", bytes);
    try {
      EXPECT_EQ(Hdf5Reader(folder / "b.h5").read<double>("/x"), values) << "byte " << at;
    } catch (InputError const&) {
    } catch (SystemError const&) {
    }
  }
}

// ---- A full disk

TEST(Hdf5, AFullDiskFailsCleanlyAtEverySize) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  TestFolder const folder;
  Book book = sample_book();
  for (int i = 0; i < 5000; ++i) {
    book.assets.push_back(fmt::format("asset {}", i * i));
    book.balances.pool.push_back(5);
    book.balances.asset.push_back(static_cast<std::uint32_t>(5 + i));
    book.balances.amount.push_back(std::sqrt(i));
  }
  write_book(book, folder / "whole.h5");
  std::size_t const size = bytes_of(folder / "whole.h5").size();
  for (std::size_t limit = 0; limit < size; limit += size / 40) {
    rlimit const limited = {limit, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limited);
    std::string message;
    try {
      write_book(book, folder / "book.h5");
    } catch (SystemError const& error) {
      message = error.what();
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_NE(message.find((folder / "book.h5")), std::string::npos) << limit << message;
    EXPECT_NE(message.find("failed: File too large. Hint: "), std::string::npos) << message;
    EXPECT_EQ(folder.files(), 1u);
  }
  write_book(book, folder / "book.h5");
  EXPECT_TRUE(bytes_of(folder / "book.h5") == bytes_of(folder / "whole.h5"));
}

}  // namespace
}  // namespace plimsoll
