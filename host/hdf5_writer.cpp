#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "host/error.hpp"
#include "host/hdf5_library.hpp"
#include "host/name_check.hpp"

namespace plimsoll {

namespace {

constexpr std::uint64_t largest_compact = 32 << 10;  // [byte] stored in the object header
constexpr std::uint64_t chunk_bytes = 1 << 20;       // [byte]

std::vector<hsize_t> dimensions(Shape const& shape) {
  return {shape.begin(), shape.end()};
}

// Whole trailing axes as far as they fit into one chunk.
std::vector<hsize_t> chunk_of(Shape const& shape, std::uint64_t element_bytes) {
  std::vector<hsize_t> chunk(shape.size(), 1);
  std::uint64_t room = std::max<std::uint64_t>(1, chunk_bytes / element_bytes);
  for (std::size_t i = shape.size(); i-- > 0 && room > 1;) {
    chunk[i] = std::min<std::uint64_t>(shape[i], room);
    room /= chunk[i];
  }
  return chunk;
}

void set_chunks(Hdf5Handle const& layout, std::vector<hsize_t> const& chunk) {
  H5Pset_chunk(layout.id(), static_cast<int>(chunk.size()), chunk.data());
  H5Pset_shuffle(layout.id());
  H5Pset_deflate(layout.id(), 1);
  H5Pset_fletcher32(layout.id());
  H5Pset_fill_time(layout.id(), H5D_FILL_TIME_NEVER);
}

Hdf5Handle dataset_layout(Shape const& shape, std::uint64_t element_bytes) {
  Hdf5Handle layout = property_list(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(layout.id(), false);
  if (product(shape) * element_bytes <= largest_compact) {
    H5Pset_layout(layout.id(), H5D_COMPACT);
    return layout;
  }
  set_chunks(layout, chunk_of(shape, element_bytes));
  return layout;
}

Hdf5Handle dataspace(Shape const& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  std::vector<hsize_t> const lengths = dimensions(shape);
  return {H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(), nullptr), H5Sclose};
}

std::uint64_t longest(std::span<std::string const> texts) {
  std::uint64_t bytes = 1;
  for (std::string const& text : texts) bytes = std::max<std::uint64_t>(bytes, text.size());
  return bytes;
}

void check_storable(std::string_view place, std::string_view text) {
  if (text.find('\0') != std::string_view::npos || !is_utf8(text))
    throw InputError(place, "a text holds a zero byte or is not UTF-8",
                     "it could not be read back as it is", "correct the text where it comes from");
}

std::vector<char> padded(std::string_view place, std::span<std::string const> texts,
                         std::uint64_t width) {
  if (width > longest_text)
    throw InputError(place, fmt::format("a text has {} bytes", width),
                     fmt::format("at most {} are allowed", longest_text), "shorten it");
  std::vector<char> bytes(texts.size() * width, '\0');
  for (std::size_t i = 0; i < texts.size(); ++i) {
    check_storable(place, texts[i]);
    std::copy(texts[i].begin(), texts[i].end(), bytes.begin() + static_cast<long>(i * width));
  }
  return bytes;
}

// The groups above the dataset `name`. The library would make them by itself, but with the time.
void make_groups(Hdf5Handle const& file, std::string const& name, std::string const& shown_as) {
  Hdf5Handle const creation = property_list(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(creation.id(), false);
  for (std::size_t end = name.find('/', 1); end != std::string::npos;
       end = name.find('/', end + 1)) {
    std::string const group = name.substr(0, end);
    htri_t const found = H5Lexists(file.id(), group.c_str(), H5P_DEFAULT);
    if (found > 0) continue;
    Hdf5Handle made(H5Gcreate2(file.id(), group.c_str(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
                    H5Gclose);
    if (found < 0 || made.id() < 0 || !made.close())
      fail_writing("H5Gcreate", shown_as + ":" + group);
  }
}

}  // namespace

Hdf5Writer::Hdf5Writer(std::string const& path, std::string shown_as)
    : shown_as_(std::move(shown_as)) {
  prepare_library();
  Hdf5Handle const creation = property_list(H5P_FILE_CREATE);
  H5Pset_obj_track_times(creation.id(), false);
  Hdf5Handle const access = file_access();
  file_ = {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), H5Fclose};
  if (file_.id() < 0) fail_writing("H5Fcreate", shown_as_);
}

void Hdf5Writer::create(std::string const& name, Hdf5Handle const& type, Hdf5Handle const& space,
                        Hdf5Handle const& layout, void const* values) {
  std::string const place = shown_as_ + ":" + name;
  make_groups(file_, name, shown_as_);
  Hdf5Handle dataset(H5Dcreate2(file_.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT,
                                layout.id(), H5P_DEFAULT),
                     H5Dclose);
  if (dataset.id() < 0) fail_writing("H5Dcreate", place);
  if (values != nullptr &&
      H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    fail_writing("H5Dwrite", place);
  if (!dataset.close()) fail_writing("H5Dclose", place);
}

template <class T>
void Hdf5Writer::write(std::string const& name, DatasetInfo const& info,
                       std::span<T const> values) {
  std::string const place = shown_as_ + ":" + name;
  if (info.type != element_type<T>() || product(info.shape) != values.size())
    throw std::logic_error(
        fmt::format("{}: {} values for shape {}", place, values.size(), to_string(info.shape)));
  std::vector<char> text;
  void const* bytes = values.data();
  std::uint64_t width = sizeof(T);
  if constexpr (std::is_same_v<T, std::string>) {
    width = longest(values);
    text = padded(place, values, width);
    bytes = text.data();
  }
  Hdf5Handle const type = stored_type(info.type, width);
  Hdf5Handle const space = dataspace(info.shape);
  Hdf5Handle const layout = dataset_layout(info.shape, width);
  create(name, type, space, layout, values.empty() ? nullptr : bytes);
  attribute(name, "unit", std::string_view(info.unit));
  attribute(name, "axes", std::string_view(info.axes));
}

template void Hdf5Writer::write(std::string const&, DatasetInfo const&,
                                std::span<std::uint8_t const>);
template void Hdf5Writer::write(std::string const&, DatasetInfo const&,
                                std::span<std::uint32_t const>);
template void Hdf5Writer::write(std::string const&, DatasetInfo const&,
                                std::span<std::uint64_t const>);
template void Hdf5Writer::write(std::string const&, DatasetInfo const&,
                                std::span<std::int64_t const>);
template void Hdf5Writer::write(std::string const&, DatasetInfo const&, std::span<double const>);
template void Hdf5Writer::write(std::string const&, DatasetInfo const&,
                                std::span<std::string const>);

void Hdf5Writer::create_growing(std::string const& name, DatasetInfo const& info,
                                Hdf5Handle const& type, std::uint64_t element_bytes) {
  Hdf5Handle const layout = property_list(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(layout.id(), false);
  set_chunks(layout, {std::max<hsize_t>(1, chunk_bytes / element_bytes)});
  hsize_t const none = 0;
  hsize_t const endless = H5S_UNLIMITED;
  create(name, type, {H5Screate_simple(1, &none, &endless), H5Sclose}, layout, nullptr);
  attribute(name, "unit", std::string_view(info.unit));
  attribute(name, "axes", std::string_view(info.axes));
}

template <class T>
void Hdf5Writer::append(std::string const& name, DatasetInfo const& info, std::uint64_t text_bytes,
                        std::span<T const> values) {
  std::string const place = shown_as_ + ":" + name;
  std::vector<char> text;
  void const* bytes = values.data();
  std::uint64_t width = sizeof(T);
  if constexpr (std::is_same_v<T, std::string>) {
    width = text_bytes;
    if (longest(values) > width)
      throw std::logic_error(fmt::format("{}: a text is longer than {} bytes", place, width));
    text = padded(place, values, width);
    bytes = text.data();
  }
  Hdf5Handle const type = stored_type(info.type, width);
  if (H5Lexists(file_.id(), name.substr(0, name.rfind('/')).c_str(), H5P_DEFAULT) <= 0 ||
      H5Lexists(file_.id(), name.c_str(), H5P_DEFAULT) <= 0)
    create_growing(name, info, type, width);
  if (values.empty()) return;
  Hdf5Handle dataset(H5Dopen2(file_.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
  if (dataset.id() < 0) fail_writing("H5Dopen", place);
  hsize_t before = 0;
  Hdf5Handle const old(H5Dget_space(dataset.id()), H5Sclose);
  H5Sget_simple_extent_dims(old.id(), &before, nullptr);
  hsize_t const count = values.size();
  hsize_t const after = before + count;
  if (H5Dset_extent(dataset.id(), &after) < 0) fail_writing("H5Dset_extent", place);
  Hdf5Handle const rows(H5Dget_space(dataset.id()), H5Sclose);
  Hdf5Handle const given = dataspace({count});
  if (H5Sselect_hyperslab(rows.id(), H5S_SELECT_SET, &before, nullptr, &count, nullptr) < 0 ||
      H5Dwrite(dataset.id(), type.id(), given.id(), rows.id(), H5P_DEFAULT, bytes) < 0)
    fail_writing("H5Dwrite", place);
  if (!dataset.close()) fail_writing("H5Dclose", place);
}

template void Hdf5Writer::append(std::string const&, DatasetInfo const&, std::uint64_t,
                                 std::span<std::uint8_t const>);
template void Hdf5Writer::append(std::string const&, DatasetInfo const&, std::uint64_t,
                                 std::span<std::uint32_t const>);
template void Hdf5Writer::append(std::string const&, DatasetInfo const&, std::uint64_t,
                                 std::span<double const>);
template void Hdf5Writer::append(std::string const&, DatasetInfo const&, std::uint64_t,
                                 std::span<std::string const>);

void Hdf5Writer::join(std::string const& name, DatasetInfo const& info, std::uint64_t text_bytes,
                      std::span<JoinedPart const> parts) {
  std::string const place = shown_as_ + ":" + name;
  Hdf5Handle const layout = property_list(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(layout.id(), false);
  H5Pset_layout(layout.id(), H5D_VIRTUAL);
  std::uint64_t covered = 0;
  for (JoinedPart const& part : parts) {
    Hdf5Handle const target = dataspace(info.shape);
    Hdf5Handle const source = dataspace(part.at.count);
    std::vector<hsize_t> const first = dimensions(part.at.first);
    std::vector<hsize_t> const count = dimensions(part.at.count);
    if (first.size() != info.shape.size() || count.size() != info.shape.size())
      throw std::logic_error(place + ": a part with other axes than the whole");
    covered += product(part.at.count);
    if (H5Sselect_hyperslab(target.id(), H5S_SELECT_SET, first.data(), nullptr, count.data(),
                            nullptr) < 0 ||
        H5Pset_virtual(layout.id(), target.id(), part.file.c_str(), part.name.c_str(),
                       source.id()) < 0)
      fail_writing("H5Pset_virtual", place);
  }
  if (covered != product(info.shape))
    throw std::logic_error(
        fmt::format("{}: parts of {} values for shape {}", place, covered, to_string(info.shape)));
  create(name, stored_type(info.type, text_bytes), dataspace(info.shape), layout, nullptr);
  attribute(name, "unit", std::string_view(info.unit));
  attribute(name, "axes", std::string_view(info.axes));
}

namespace {

void write_attribute(Hdf5Handle const& file, std::string const& place, std::string const& object,
                     std::string const& name, Hdf5Handle const& type, void const* value) {
  Hdf5Handle const space = dataspace({});
  Hdf5Handle attribute(H5Acreate_by_name(file.id(), object.c_str(), name.c_str(), type.id(),
                                         space.id(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                       H5Aclose);
  if (attribute.id() < 0 || H5Awrite(attribute.id(), type.id(), value) < 0 || !attribute.close())
    fail_writing("H5Awrite", place);
}

}  // namespace

void Hdf5Writer::attribute(std::string const& object, std::string const& name,
                           std::string_view value) {
  std::string const place = fmt::format("{}:{}@{}", shown_as_, object, name);
  check_storable(place, value);
  std::string const bytes = value.empty() ? std::string(1, '\0') : std::string(value);
  write_attribute(file_, place, object, name, stored_type(ElementType::text, bytes.size()),
                  bytes.data());
}

void Hdf5Writer::attribute(std::string const& object, std::string const& name,
                           std::uint64_t value) {
  write_attribute(file_, fmt::format("{}:{}@{}", shown_as_, object, name), object, name,
                  stored_type(ElementType::uint64, 0), &value);
}

void Hdf5Writer::attribute(std::string const& object, std::string const& name, double value) {
  write_attribute(file_, fmt::format("{}:{}@{}", shown_as_, object, name), object, name,
                  stored_type(ElementType::float64, 0), &value);
}

void Hdf5Writer::close() {
  if (H5Fflush(file_.id(), H5F_SCOPE_GLOBAL) < 0) fail_writing("H5Fflush", shown_as_);
  if (!file_.close()) fail_writing("H5Fclose", shown_as_);
}

}  // namespace plimsoll
