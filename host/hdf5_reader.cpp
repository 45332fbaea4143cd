#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>
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
constexpr std::size_t most_parts = 1 << 16;  // of a joined dataset

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
  std::uint64_t width = 0;        // [byte] of one element
  std::vector<JoinedPart> parts;  // one after another along one axis; empty: the values are here
};

// A text of the library that says its length first.
template <class Call>
std::string listed_text(Call call, std::string const& place) {
  ssize_t const length = call(nullptr, 0);
  if (length < 1 || length > static_cast<ssize_t>(longest_text))
    refuse(place, "a part of it has no name");
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  call(text.data(), text.size());
  text.pop_back();
  return text;
}

// The box that is selected of `space`.
Slab box_of(Hdf5Handle const& space, std::size_t rank, std::string const& place) {
  std::array<hsize_t, largest_rank> first{};
  std::array<hsize_t, largest_rank> last{};
  if (H5Sget_simple_extent_ndims(space.id()) != static_cast<int>(rank) ||
      H5Sget_select_bounds(space.id(), first.data(), last.data()) < 0)
    refuse(place, "a part of it is no box");
  Slab box;
  for (std::size_t i = 0; i < rank; ++i) {
    box.first.push_back(first[i]);
    box.count.push_back(last[i] - first[i] + 1);
  }
  if (H5Sget_select_npoints(space.id()) != static_cast<hssize_t>(product(box.count)))
    refuse(place, "a part of it is no box");
  return box;
}

bool lies_below(std::string const& file) {
  bool const plain = !file.empty() && file.front() != '/' && file.find('%') == std::string::npos;
  return plain && ("/" + file + "/").find("/../") == std::string::npos;
}

// The parts of a joined dataset: all in files of the same folder or below it, one after another
// along one axis, and together the whole.
std::vector<JoinedPart> parts_of(Hdf5Handle const& layout, Shape const& shape,
                                 std::string const& place) {
  std::size_t count = 0;
  if (H5Pget_virtual_count(layout.id(), &count) < 0) fail_reading("H5Pget_virtual_count", place);
  if (count == 0 || count > most_parts || shape.empty())
    refuse(place, fmt::format("it is joined of {} parts", count));
  std::vector<JoinedPart> parts(count);
  for (std::size_t i = 0; i < count; ++i) {
    parts[i].file = listed_text(
        [&](char* text, std::size_t n) { return H5Pget_virtual_filename(layout.id(), i, text, n); },
        place);
    parts[i].name = listed_text(
        [&](char* text, std::size_t n) { return H5Pget_virtual_dsetname(layout.id(), i, text, n); },
        place);
    Hdf5Handle const space(H5Pget_virtual_vspace(layout.id(), i), H5Sclose);
    parts[i].at = box_of(space, shape.size(), place);
    if (!lies_below(parts[i].file)) refuse(place, "the values lie in another folder");
  }
  return parts;
}

// The axis along which the parts follow one another.
std::size_t joined_axis(std::vector<JoinedPart> const& parts, Shape const& shape,
                        std::string const& place) {
  std::size_t axis = 0;
  while (axis + 1 < shape.size() && parts.front().at.count[axis] == shape[axis]) ++axis;
  std::uint64_t end = 0;
  for (JoinedPart const& part : parts) {
    for (std::size_t i = 0; i < shape.size(); ++i) {
      bool const whole = part.at.first[i] == 0 && part.at.count[i] == shape[i];
      if (i != axis ? !whole : part.at.first[i] != end)
        refuse(place, "its parts do not follow one another");
    }
    end += part.at.count[axis];
  }
  if (end != shape[axis]) refuse(place, "its parts do not make the whole");
  return axis;
}

void check_storage(OpenedDataset& opened, std::uint64_t file_bytes, std::string const& place) {
  Hdf5Handle const layout(H5Dget_create_plist(opened.dataset.id()), H5Pclose);
  if (layout.id() < 0) fail_reading("H5Dget_create_plist", place);
  H5D_layout_t const kind = H5Pget_layout(layout.id());
  if (kind == H5D_VIRTUAL) {
    opened.parts = parts_of(layout, opened.shape, place);
    joined_axis(opened.parts, opened.shape, place);
    return;
  }
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
  if (!zero && declared > possible)
    throw InputError(place, fmt::format("declares the shape {}", to_string(opened.shape)),
                     fmt::format("{} bytes stored cannot hold it", stored), make_again);
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
  return {opened.element, opened.shape, text_attribute(name, "unit"), text_attribute(name, "axes"),
          !opened.parts.empty()};
}

namespace {

// What is to be read of a dataset, which may be of any size in the file.
void require_memory(OpenedDataset const& opened, Slab const& part, std::string const& place) {
  std::uint64_t bytes = opened.width;
  for (std::uint64_t const length : part.count)
    if (__builtin_mul_overflow(bytes, length, &bytes)) bytes = UINT64_MAX;
  bool const none = std::find(part.count.begin(), part.count.end(), 0) != part.count.end();
  if (!none && bytes > machine_memory_bytes())
    throw InputError(place, fmt::format("declares the shape {}", to_string(opened.shape)),
                     "the memory of this machine cannot hold it", make_again);
}

void require_inside(Shape const& shape, Slab const& part, std::string const& place) {
  bool inside = part.first.size() == shape.size() && part.count.size() == shape.size();
  for (std::size_t i = 0; inside && i < shape.size(); ++i)
    inside = part.first[i] <= shape[i] && part.count[i] <= shape[i] - part.first[i];
  if (!inside)
    throw std::logic_error(fmt::format("{}: {} values from {} on of {}", place,
                                       to_string(part.count), to_string(part.first),
                                       to_string(shape)));
}

// The dataspace with only `part` selected.
void select(OpenedDataset const& opened, Slab const& part, std::string const& place) {
  if (opened.shape.empty()) return;
  std::vector<hsize_t> const first(part.first.begin(), part.first.end());
  std::vector<hsize_t> const count(part.count.begin(), part.count.end());
  if (H5Sselect_hyperslab(opened.space.id(), H5S_SELECT_SET, first.data(), nullptr, count.data(),
                          nullptr) < 0)
    fail_reading("H5Sselect_hyperslab", place);
}

template <class T>
std::vector<T> values_of(OpenedDataset const& opened, Slab const& part, std::string const& place) {
  if (opened.element != element_type<T>())
    throw InputError(place, fmt::format("the type is {}", name_of(opened.element)),
                     fmt::format("{} is expected", name_of(element_type<T>())), make_again);
  select(opened, part, place);
  std::uint64_t const count = product(part.count);
  auto const fill = [&](void* target) {
    if (count == 0) return;
    hsize_t const length = count;
    Hdf5Handle const memory(H5Screate_simple(1, &length, nullptr), H5Sclose);
    if (memory.id() < 0 || H5Dread(opened.dataset.id(), opened.type.id(), memory.id(),
                                   opened.space.id(), H5P_DEFAULT, target) < 0)
      fail_reading("H5Dread", place);
  };
  if constexpr (std::is_same_v<T, std::string>) {
    std::vector<char> bytes(count * opened.width);
    fill(bytes.data());
    std::vector<std::string> texts(count);
    for (std::size_t i = 0; i < count; ++i)
      texts[i] = unpadded({bytes.data() + i * opened.width, opened.width}, place);
    return texts;
  } else {
    std::vector<T> values(count);
    fill(values.data());
    return values;
  }
}

}  // namespace

template <class T>
std::vector<T> Hdf5Reader::read(std::string const& name) const {
  return read<T>(name, whole(describe(name).shape));
}

template <class T>
std::vector<T> Hdf5Reader::read(std::string const& name, Slab const& part) const {
  OpenedDataset const opened = open_dataset(file_, name, bytes_, place(name));
  require_inside(opened.shape, part, place(name));
  require_memory(opened, part, place(name));
  if (opened.parts.empty()) return values_of<T>(opened, part, place(name));
  return read_joined<T>(name, opened.parts, opened.shape, part);
}

Hdf5Reader const& Hdf5Reader::part_file(std::string const& file) const {
  if (part_ != nullptr && part_name_ == file) return *part_;
  std::string const path = path_.substr(0, path_.rfind('/') + 1) + file;
  auto part = std::make_unique<Hdf5Reader>(path);
  std::string const found = part->text_attribute("/", "run_id");
  if (found != text_attribute("/", "run_id"))
    throw InputError(path, "belongs to another run", fmt::format("{} was joined of others", path_),
                     "put the file of that run back, or make the run again");
  if (part->text_attribute("/", "shard") != file)
    throw InputError(path, fmt::format("is {}", part->text_attribute("/", "shard")),
                     fmt::format("{} needs it under its own name", path_),
                     "put each file back under its name, or make the run again");
  part_name_ = file;
  part_ = std::move(part);
  return *part_;
}

template <class T>
std::vector<T> Hdf5Reader::read_part(JoinedPart const& part, DatasetInfo const& joined,
                                     Slab const& inside) const {
  Hdf5Reader const& file = part_file(part.file);
  DatasetInfo const found = file.describe(part.name);
  if (found.joined || found.shape != part.at.count || found.type != joined.type ||
      found.unit != joined.unit)
    throw InputError(file.place(part.name),
                     fmt::format("holds {} of the shape {} [{}]", name_of(found.type),
                                 to_string(found.shape), found.unit),
                     fmt::format("{} was joined of {} of the shape {} [{}]", path_,
                                 name_of(joined.type), to_string(part.at.count), joined.unit),
                     make_again);
  return file.read<T>(part.name, inside);
}

template <class T>
std::vector<T> Hdf5Reader::read_joined(std::string const& name,
                                       std::vector<JoinedPart> const& parts, Shape const& shape,
                                       Slab const& wanted) const {
  DatasetInfo const joined = describe(name);
  std::size_t const axis = joined_axis(parts, shape, place(name));
  auto const product_of = [&](std::size_t begin, std::size_t end) {
    return product({wanted.count.begin() + static_cast<std::ptrdiff_t>(begin),
                    wanted.count.begin() + static_cast<std::ptrdiff_t>(end)});
  };
  std::uint64_t const outer = product_of(0, axis);
  std::uint64_t const inner = product_of(axis + 1, shape.size());
  std::uint64_t const begin = wanted.first[axis];
  std::uint64_t const row = wanted.count[axis] * inner;
  std::vector<T> values(outer * row);
  for (JoinedPart const& part : parts) {
    std::uint64_t const start = part.at.first[axis];
    std::uint64_t const from = std::max(start, begin);
    std::uint64_t const to = std::min(start + part.at.count[axis], begin + wanted.count[axis]);
    if (from >= to) continue;
    Slab inside = wanted;
    inside.first[axis] = from - start;
    inside.count[axis] = to - from;
    std::vector<T> const some = read_part<T>(part, joined, inside);
    std::uint64_t const run = (to - from) * inner;
    for (std::uint64_t o = 0; o < outer; ++o)
      std::copy_n(some.data() + o * run, run, values.data() + o * row + (from - begin) * inner);
  }
  return values;
}

std::uint64_t Hdf5Reader::text_bytes(std::string const& name) const {
  return open_dataset(file_, name, bytes_, place(name)).width;
}

template std::vector<std::uint8_t> Hdf5Reader::read(std::string const&) const;
template std::vector<std::uint32_t> Hdf5Reader::read(std::string const&) const;
template std::vector<std::uint64_t> Hdf5Reader::read(std::string const&) const;
template std::vector<std::int64_t> Hdf5Reader::read(std::string const&) const;
template std::vector<double> Hdf5Reader::read(std::string const&) const;
template std::vector<std::string> Hdf5Reader::read(std::string const&) const;
template std::vector<std::uint8_t> Hdf5Reader::read(std::string const&, Slab const&) const;
template std::vector<std::uint32_t> Hdf5Reader::read(std::string const&, Slab const&) const;
template std::vector<std::uint64_t> Hdf5Reader::read(std::string const&, Slab const&) const;
template std::vector<std::int64_t> Hdf5Reader::read(std::string const&, Slab const&) const;
template std::vector<double> Hdf5Reader::read(std::string const&, Slab const&) const;
template std::vector<std::string> Hdf5Reader::read(std::string const&, Slab const&) const;

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
