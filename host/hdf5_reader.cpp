#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <type_traits>

#include "host/error.hpp"
#include "host/hdf5_library.hpp"
#include "host/memory_here.hpp"
#include "host/name_check.hpp"

namespace plimsoll {

namespace {

constexpr std::uint64_t largest_chunk = 64 << 20;  // [byte]
constexpr std::uint64_t deflate_ratio = 1032;      // no stream of deflate expands by more
constexpr std::size_t largest_rank = 8;
constexpr unsigned deepest_group = 8;

// Bytes of `path`; InputError where it is not a file that begins like one of HDF5.
std::uint64_t checked_bytes(std::string const& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0)
    throw InputError(path, fmt::format("cannot be opened: {}", std::strerror(errno)),
                     "it is to be read", "check the path and the rights");
  if (!S_ISREG(status.st_mode))
    throw InputError(path, "is not a file", "it is to be read from its beginning to its end",
                     "give the name of a file");
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (file == nullptr)
    throw InputError(path, fmt::format("cannot be opened: {}", std::strerror(errno)),
                     "it is to be read", "check the path and the rights");
  std::array<char, 8> start{};
  std::size_t const read = std::fread(start.data(), 1, start.size(), file.get());
  if (status.st_size == 0)
    throw InputError(path, "is empty", "a complete file is never empty", make_again);
  if (read < start.size() || std::string_view(start.data(), 8) != "\x89HDF\r\n\x1a\n")
    throw InputError(path, "is not an HDF5 file", "it does not begin with the signature of HDF5",
                     "give a file written by plimsoll (book, market or result)");
  return static_cast<std::uint64_t>(status.st_size);
}

[[noreturn]] void refuse(std::string_view place, std::string_view problem) {
  throw InputError(place, problem, "files of plimsoll do not have this", make_again);
}

Shape shape_of(Hdf5Handle const& space, std::string const& place) {
  H5S_class_t const kind = H5Sget_simple_extent_type(space.id());
  if (kind == H5S_SCALAR) return {};
  int const rank = H5Sget_simple_extent_ndims(space.id());
  if (kind != H5S_SIMPLE || rank < 1 || rank > static_cast<int>(largest_rank))
    refuse(place, "the shape is of an unknown kind");
  std::array<hsize_t, largest_rank> lengths{};
  if (H5Sget_simple_extent_dims(space.id(), lengths.data(), nullptr) < 0)
    fail_reading("H5Sget_simple_extent_dims", place);
  return {lengths.begin(), lengths.begin() + rank};
}

ElementType type_of(Hdf5Handle const& type, std::string const& place) {
  for (ElementType const candidate : number_types)
    if (H5Tequal(type.id(), number_type(candidate)) > 0) return candidate;
  bool const fixed_text =
      H5Tget_class(type.id()) == H5T_STRING && H5Tis_variable_str(type.id()) == 0;
  if (!fixed_text || H5Tget_strpad(type.id()) != H5T_STR_NULLPAD)
    refuse(place, "the type is not one of uint8, uint32, uint64, int64, float64, text");
  return ElementType::text;
}

void check_chunks(Hdf5Handle const& layout, std::uint64_t element_bytes, std::string const& place) {
  std::array<hsize_t, largest_rank> chunk{};
  int const rank = H5Pget_chunk(layout.id(), static_cast<int>(largest_rank), chunk.data());
  std::uint64_t bytes = element_bytes;
  for (int i = 0; i < rank; ++i)
    if (__builtin_mul_overflow(bytes, chunk[static_cast<std::size_t>(i)], &bytes))
      bytes = UINT64_MAX;
  if (rank < 1 || bytes > largest_chunk) refuse(place, "the chunks are too large");
  int const filters = H5Pget_nfilters(layout.id());
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    std::size_t values = 0;
    H5Z_filter_t const filter = H5Pget_filter2(layout.id(), static_cast<unsigned>(i), &flags,
                                               &values, nullptr, 0, nullptr, nullptr);
    bool const known = filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
                       filter == H5Z_FILTER_FLETCHER32;
    if (!known) refuse(place, fmt::format("it is stored through the filter {}", filter));
  }
}

// An opened dataset whose storage lies in the file and can hold what it declares.
struct OpenedDataset {
  Hdf5Handle dataset, type, space;
  ElementType element = ElementType::uint8;
  Shape shape;
  std::uint64_t width = 0;  // [byte] of one element
};

void check_storage(OpenedDataset const& opened, std::uint64_t file_bytes,
                   std::string const& place) {
  Hdf5Handle const layout(H5Dget_create_plist(opened.dataset.id()), H5Pclose);
  if (layout.id() < 0) fail_reading("H5Dget_create_plist", place);
  H5D_layout_t const kind = H5Pget_layout(layout.id());
  if (kind == H5D_CHUNKED) check_chunks(layout, opened.width, place);
  bool const inside = kind == H5D_CHUNKED || kind == H5D_COMPACT || kind == H5D_CONTIGUOUS;
  if (!inside || H5Pget_external_count(layout.id()) != 0)
    refuse(place, "the values lie in another file");
  std::uint64_t declared = opened.width;
  for (std::uint64_t const length : opened.shape)
    if (__builtin_mul_overflow(declared, length, &declared)) declared = UINT64_MAX;
  std::uint64_t const stored =
      std::min<std::uint64_t>(H5Dget_storage_size(opened.dataset.id()), file_bytes);
  std::uint64_t const possible = kind == H5D_CHUNKED ? stored * deflate_ratio : stored;
  bool const zero = std::find(opened.shape.begin(), opened.shape.end(), 0) != opened.shape.end();
  if (!zero && (declared > possible || declared > machine_memory_bytes()))
    throw InputError(place, fmt::format("declares the shape {}", to_string(opened.shape)),
                     fmt::format("{} bytes stored cannot hold it, or this machine cannot", stored),
                     make_again);
}

OpenedDataset open_dataset(Hdf5Handle const& file, std::string const& name,
                           std::uint64_t file_bytes, std::string const& place) {
  OpenedDataset opened;
  opened.dataset = {H5Dopen2(file.id(), name.c_str(), H5P_DEFAULT), H5Dclose};
  if (opened.dataset.id() < 0) {
    if (H5Lexists(file.id(), name.c_str(), H5P_DEFAULT) <= 0)
      throw InputError(place, "is missing", "it is part of the schema", make_again);
    fail_reading("H5Dopen", place);
  }
  opened.type = {H5Dget_type(opened.dataset.id()), H5Tclose};
  opened.space = {H5Dget_space(opened.dataset.id()), H5Sclose};
  if (opened.type.id() < 0 || opened.space.id() < 0) fail_reading("H5Dget_type", place);
  opened.element = type_of(opened.type, place);
  opened.width = H5Tget_size(opened.type.id());
  if (opened.element == ElementType::text && opened.width > longest_text)
    refuse(place, fmt::format("its texts have {} bytes", opened.width));
  opened.shape = shape_of(opened.space, place);
  check_storage(opened, file_bytes, place);
  return opened;
}

// The text in `bytes` without its padding.
std::string unpadded(std::string_view bytes, std::string_view place) {
  std::string_view const text = bytes.substr(0, bytes.find('\0'));
  bool const padded = bytes.find_first_not_of('\0', text.size()) == std::string_view::npos;
  if (!padded || !is_utf8(text))
    throw InputError(place, "a text holds a zero byte or is not UTF-8",
                     "texts are UTF-8, padded with zero bytes", make_again);
  return std::string(text);
}

// Collects datasets below a group; descends by itself so that cycles and links out are seen.
class Listing {
 public:
  Listing(Hdf5Handle const& file, std::string path) : path_(std::move(path)) { list(file, "", 0); }
  std::vector<std::string> sorted() && {
    std::sort(names_.begin(), names_.end());
    return std::move(names_);
  }

 private:
  struct Found {
    std::vector<std::string> names;
    bool hard = true;
  };

  static herr_t add(hid_t, char const* name, H5L_info_t const* link, void* target) {
    auto& found = *static_cast<Found*>(target);
    found.hard = found.hard && link->type == H5L_TYPE_HARD;
    found.names.emplace_back(name);
    return 0;
  }

  void list(Hdf5Handle const& group, std::string const& prefix, unsigned depth) {
    std::string const place = path_ + ":" + (prefix.empty() ? "/" : prefix);
    Found found;
    hsize_t position = 0;
    if (H5Literate(group.id(), H5_INDEX_NAME, H5_ITER_NATIVE, &position, add, &found) < 0)
      fail_reading("H5Literate", place);
    if (!found.hard) refuse(place, "it holds a link by name");
    for (std::string const& name : found.names) visit(group, prefix, name, depth);
  }

  void visit(Hdf5Handle const& group, std::string const& prefix, std::string const& name,
             unsigned depth) {
    std::string const full = prefix + "/" + name;
    Hdf5Handle const object(H5Oopen(group.id(), name.c_str(), H5P_DEFAULT), H5Oclose);
    H5O_info_t info;
    if (object.id() < 0 || H5Oget_info2(object.id(), &info, H5O_INFO_BASIC) < 0)
      fail_reading("H5Oopen", path_ + ":" + full);
    if (!seen_.insert(info.addr).second || depth >= deepest_group || !is_utf8(name))
      refuse(path_ + ":" + full, "it is linked twice, too deep or under a name that is no text");
    if (info.type == H5O_TYPE_GROUP)
      list(object, full, depth + 1);
    else if (info.type == H5O_TYPE_DATASET)
      names_.push_back(full);
    else
      refuse(path_ + ":" + full, "it is neither a group nor a dataset");
  }

  std::string path_;
  std::set<haddr_t> seen_;
  std::vector<std::string> names_;
};

}  // namespace

Hdf5Reader::Hdf5Reader(std::string path) : path_(std::move(path)), bytes_(checked_bytes(path_)) {
  prepare_library();
  Hdf5Handle const access = file_access();
  file_ = {H5Fopen(path_.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose};
  if (file_.id() < 0) fail_reading("H5Fopen", path_);
}

std::vector<std::string> Hdf5Reader::datasets() const {
  return Listing(file_, path_).sorted();
}

DatasetInfo Hdf5Reader::describe(std::string const& name) const {
  OpenedDataset const opened = open_dataset(file_, name, bytes_, place(name));
  return {opened.element, opened.shape, text_attribute(name, "unit"), text_attribute(name, "axes")};
}

template <class T>
std::vector<T> Hdf5Reader::read(std::string const& name) const {
  OpenedDataset const opened = open_dataset(file_, name, bytes_, place(name));
  if (opened.element != element_type<T>())
    throw InputError(place(name), fmt::format("the type is {}", name_of(opened.element)),
                     fmt::format("{} is expected", name_of(element_type<T>())), make_again);
  std::uint64_t const count = product(opened.shape);
  auto const fill = [&](void* target) {
    if (count != 0 &&
        H5Dread(opened.dataset.id(), opened.type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, target) < 0)
      fail_reading("H5Dread", place(name));
  };
  if constexpr (std::is_same_v<T, std::string>) {
    std::vector<char> bytes(count * opened.width);
    fill(bytes.data());
    std::vector<std::string> texts(count);
    for (std::size_t i = 0; i < count; ++i)
      texts[i] = unpadded({bytes.data() + i * opened.width, opened.width}, place(name));
    return texts;
  } else {
    std::vector<T> values(count);
    fill(values.data());
    return values;
  }
}

template std::vector<std::uint8_t> Hdf5Reader::read(std::string const&) const;
template std::vector<std::uint32_t> Hdf5Reader::read(std::string const&) const;
template std::vector<std::uint64_t> Hdf5Reader::read(std::string const&) const;
template std::vector<std::int64_t> Hdf5Reader::read(std::string const&) const;
template std::vector<double> Hdf5Reader::read(std::string const&) const;
template std::vector<std::string> Hdf5Reader::read(std::string const&) const;

namespace {

// Bytes of the attribute, which must be one value of `expected`.
std::string attribute_bytes(Hdf5Handle const& file, std::string const& object,
                            std::string const& name, ElementType expected, std::uint64_t file_bytes,
                            std::string const& place) {
  Hdf5Handle const attribute(
      H5Aopen_by_name(file.id(), object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (attribute.id() < 0) fail_reading("H5Aopen", place);
  Hdf5Handle const type(H5Aget_type(attribute.id()), H5Tclose);
  Hdf5Handle const space(H5Aget_space(attribute.id()), H5Sclose);
  if (type.id() < 0 || space.id() < 0) fail_reading("H5Aget_type", place);
  if (type_of(type, place) != expected || !shape_of(space, place).empty())
    refuse(place, fmt::format("it is not one value of type {}", name_of(expected)));
  std::size_t const width = H5Tget_size(type.id());
  if (width > file_bytes) refuse(place, "it is larger than the file");
  std::string bytes(width, '\0');
  if (H5Aread(attribute.id(), type.id(), bytes.data()) < 0) fail_reading("H5Aread", place);
  return bytes;
}

template <class T>
T number_in(std::string const& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

bool Hdf5Reader::has_attribute(std::string const& object, std::string const& name) const {
  htri_t const found = H5Aexists_by_name(file_.id(), object.c_str(), name.c_str(), H5P_DEFAULT);
  if (found < 0) fail_reading("H5Aexists", place(object + "@" + name));
  return found > 0;
}

std::string Hdf5Reader::text_attribute(std::string const& object, std::string const& name) const {
  std::string const where = place(object + "@" + name);
  return unpadded(attribute_bytes(file_, object, name, ElementType::text, bytes_, where), where);
}

std::uint64_t Hdf5Reader::whole_attribute(std::string const& object,
                                          std::string const& name) const {
  return number_in<std::uint64_t>(attribute_bytes(file_, object, name, ElementType::uint64, bytes_,
                                                  place(object + "@" + name)));
}

double Hdf5Reader::real_attribute(std::string const& object, std::string const& name) const {
  return number_in<double>(attribute_bytes(file_, object, name, ElementType::float64, bytes_,
                                           place(object + "@" + name)));
}

}  // namespace plimsoll
