// HDF5 files of typed columns, behind owners that close themselves. hdf5_library.hpp alone
// includes the header of the library.
// Every byte of a written file lies under a checksum (file format of HDF5 1.10: checksummed
//   metadata; arrays up to 32 KiB inside it, larger ones in compressed chunks with Fletcher-32), so
//   that a flipped bit is refused, not computed with. No times of creation are stored: equal
//   content gives equal bytes.
// Trusts: nothing in a file that is read: links out of the file, plug-in filters, external
//   storage, texts without fixed length and sizes that the file cannot hold are refused
//   (InputError with file, dataset and remedy) before memory is taken. Joined datasets (virtual
//   ones whose parts are files beside this one) are read part by part, each checked like any other.
//   The library itself is not hardened against files forged with valid checksums: signatures are.
#pragma once

#include <cstdint>
#include <memory>
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

// Part of a dataset: `count` values along each axis, from `first` on.
struct Slab {
  Shape first, count;
};
inline Slab whole(Shape const& shape) {
  return {Shape(shape.size(), 0), shape};
}

// A part of a dataset that lies in another file: dataset `name` of `file`, which is named as seen
// from the folder of the joined file and lies in it or below. Both files say in attributes of the
// root that they belong together: `run_id` is the same, and `shard` of the part is its `file`.
struct JoinedPart {
  std::string file, name;
  Slab at;
};

struct DatasetInfo {
  ElementType type = ElementType::uint8;
  Shape shape;
  std::string unit;     // attribute, e.g. "ccy"
  std::string axes;     // attribute: names of the axes, e.g. "pack, pool"
  bool joined = false;  // its values lie in other files
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

  // Adds values behind those of the dataset `name`, which has one axis and is made where it is not
  // there yet. `text_bytes` is the width of its texts.
  template <class T>
  void append(std::string const& name, DatasetInfo const& info, std::uint64_t text_bytes,
              std::span<T const> values);

  // As write(), but its values stay where they are: `parts` cover info.shape, none of it twice.
  // `text_bytes` is the width of its texts, of which those of the parts are at most as wide.
  void join(std::string const& name, DatasetInfo const& info, std::uint64_t text_bytes,
            std::span<JoinedPart const> parts);

  // Attributes of a group or dataset; "/" is the root.
  void attribute(std::string const& object, std::string const& name, std::string_view value);
  void attribute(std::string const& object, std::string const& name, std::uint64_t value);
  void attribute(std::string const& object, std::string const& name, double value);

  void close();

 private:
  // A dataset with `values`, without any where null.
  void create(std::string const& name, Hdf5Handle const& type, Hdf5Handle const& space,
              Hdf5Handle const& layout, void const* values);
  // One that has no rows yet and may grow.
  void create_growing(std::string const& name, DatasetInfo const& info, Hdf5Handle const& type,
                      std::uint64_t element_bytes);

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
  // Those of a part, which must lie inside the dataset (std::logic_error).
  template <class T>
  std::vector<T> read(std::string const& name, Slab const& part) const;

  std::uint64_t text_bytes(std::string const& name) const;  // width of the texts of a dataset

  bool has_attribute(std::string const& object, std::string const& name) const;
  std::string text_attribute(std::string const& object, std::string const& name) const;
  std::uint64_t whole_attribute(std::string const& object, std::string const& name) const;
  double real_attribute(std::string const& object, std::string const& name) const;

 private:
  template <class T>
  std::vector<T> read_joined(std::string const& name, std::vector<JoinedPart> const& parts,
                             Shape const& shape, Slab const& wanted) const;
  template <class T>
  std::vector<T> read_part(JoinedPart const& part, DatasetInfo const& joined,
                           Slab const& inside) const;
  Hdf5Reader const& part_file(std::string const& file) const;

  std::string path_;
  std::uint64_t bytes_ = 0;  // of the file
  Hdf5Handle file_;
  mutable std::unique_ptr<Hdf5Reader> part_;  // the last opened of the files that lie beside it
  mutable std::string part_name_;
};

}  // namespace plimsoll
