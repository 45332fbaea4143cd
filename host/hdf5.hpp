// HDF5 files of typed columns, behind owners that close themselves. hdf5_library.hpp alone
// includes the header of the library.
// Every byte of a written file lies under a checksum (file format of HDF5 1.10: checksummed
//   metadata; arrays up to 32 KiB inside it, larger ones in compressed chunks with Fletcher-32), so
//   that a flipped bit is refused, not computed with. No times of creation are stored: equal
//   content gives equal bytes.
// Trusts: nothing in a file that is read: links out of the file, plug-in filters, virtual or
//   external storage, texts without fixed length and sizes that the file cannot hold are refused
//   (InputError with file, dataset and remedy) before memory is taken. The library itself is not
//   hardened against files forged with valid checksums: signatures are.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plimsoll {

enum class ElementType : std::uint8_t { uint8, uint32, uint64, int64, float64, text };
std::string_view name_of(ElementType type);

// ElementType of std::uint8_t, std::uint32_t, std::uint64_t, std::int64_t, double or std::string.
template <class T>
ElementType element_type();

inline constexpr std::uint64_t longest_text = 4096;  // [byte] of one element of a text dataset

using Shape = std::vector<std::uint64_t>;   // empty: one value
std::string to_string(Shape const& shape);  // "[2, 3]"; "one value"

struct DatasetInfo {
  ElementType type = ElementType::uint8;
  Shape shape;
  std::string unit;  // attribute, e.g. "ccy"
  std::string axes;  // attribute: names of the axes, e.g. "pack, pool"
};

// Owner of one identifier of the library.
class Hdf5Handle {
 public:
  using Close = int (*)(std::int64_t);
  Hdf5Handle() = default;
  Hdf5Handle(std::int64_t id, Close closing) : id_(id), close_(closing) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept
      : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Hdf5Handle() { close(); }

  std::int64_t id() const { return id_; }
  bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }

 private:
  std::int64_t id_ = -1;
  Close close_ = nullptr;
};

// Writes a new file. Failing calls throw SystemError. Not finished before close().
class Hdf5Writer {
 public:
  // `path` is created or emptied; messages call it `shown_as`.
  Hdf5Writer(std::string const& path, std::string shown_as);

  // Dataset `name` ("/pools/equity"; groups are made as needed) of product(info.shape) values,
  // row major. info.type must be that of T.
  template <class T>
  void write(std::string const& name, DatasetInfo const& info, std::span<T const> values);

  // Attributes of a group or dataset; "/" is the root.
  void attribute(std::string const& object, std::string const& name, std::string_view value);
  void attribute(std::string const& object, std::string const& name, std::uint64_t value);
  void attribute(std::string const& object, std::string const& name, double value);

  void close();

 private:
  std::string shown_as_;
  Hdf5Handle file_;
};

// Reads a file; everything wrong with it is an InputError.
class Hdf5Reader {
 public:
  explicit Hdf5Reader(std::string path);

  std::string const& path() const { return path_; }
  std::string place(std::string const& name) const { return path_ + ":" + name; }

  std::vector<std::string> datasets() const;  // paths of all, sorted by bytes
  DatasetInfo describe(std::string const& name) const;

  // All values, row major.
  template <class T>
  std::vector<T> read(std::string const& name) const;

  bool has_attribute(std::string const& object, std::string const& name) const;
  std::string text_attribute(std::string const& object, std::string const& name) const;
  std::uint64_t whole_attribute(std::string const& object, std::string const& name) const;
  double real_attribute(std::string const& object, std::string const& name) const;

 private:
  std::string path_;
  std::uint64_t bytes_ = 0;  // of the file
  Hdf5Handle file_;
};

}  // namespace plimsoll
