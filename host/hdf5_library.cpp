#include "host/hdf5_library.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <mutex>
#include <stdexcept>
#include <type_traits>

#include "host/error.hpp"
#include "host/output_file.hpp"

namespace plimsoll {

static_assert(std::endian::native == std::endian::little, "stored and native bytes are the same");
static_assert(std::is_same_v<hid_t, std::int64_t>, "identifiers are kept as int64");

namespace {

// What the library says about the failure of the last call.
struct Failure {
  std::string text;
  int code = 0;  // errno, 0 where no system call failed
};

herr_t keep_innermost(unsigned depth, H5E_error2_t const* error, void* target) {
  if (depth != 0) return 0;
  auto& failure = *static_cast<Failure*>(target);
  failure.text = error->desc != nullptr ? error->desc : "";
  constexpr std::string_view key = "errno = ";
  std::size_t const at = failure.text.find(key);
  if (at != std::string::npos)
    std::from_chars(failure.text.data() + at + key.size(),
                    failure.text.data() + failure.text.size(), failure.code);
  return 0;
}

Failure last_failure() {
  Failure failure;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &failure);
  if (failure.text.empty()) failure.text = "no reason given";
  return failure;
}

}  // namespace

// The library prints errors by itself, once per thread unless told, and cleans up at exit in a way
// that does not end after a full disk.
void prepare_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    H5dont_atexit();
    H5open();
    H5PLset_loading_state(0);
  });
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void fail_writing(std::string_view call, std::string_view place) {
  Failure const failure = last_failure();
  if (failure.code != 0) throw SystemError(failed_call(call, place, failure.code));
  throw SystemError(fmt::format("{} {} failed: {}. Hint: check the disk and its logs", call, place,
                                failure.text));
}

void fail_reading(std::string_view call, std::string_view place) {
  Failure const failure = last_failure();
  if (failure.code != 0) throw SystemError(failed_call(call, place, failure.code));
  throw InputError(place, "is damaged", fmt::format("{}: {}", call, failure.text), make_again);
}

Hdf5Handle property_list(hid_t kind) {
  return {H5Pcreate(kind), H5Pclose};
}

Hdf5Handle file_access() {
  Hdf5Handle access = property_list(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  H5Pset_file_locking(access.id(), false, true);  // shared file systems often have no locks
  H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG);
  H5Pset_cache(access.id(), 0, 0, 0, 0.0);  // chunks are written and read whole, once
  return access;
}

hid_t number_type(ElementType type) {
  switch (type) {
    case ElementType::uint8:
      return H5T_STD_U8LE;
    case ElementType::uint32:
      return H5T_STD_U32LE;
    case ElementType::uint64:
      return H5T_STD_U64LE;
    case ElementType::int64:
      return H5T_STD_I64LE;
    case ElementType::float64:
      return H5T_IEEE_F64LE;
    case ElementType::text:
      break;
  }
  throw std::logic_error("text is no number type");
}

Hdf5Handle stored_type(ElementType type, std::uint64_t text_bytes) {
  if (type != ElementType::text) return {H5Tcopy(number_type(type)), H5Tclose};
  Hdf5Handle text(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(text.id(), std::max<std::uint64_t>(1, text_bytes));
  H5Tset_strpad(text.id(), H5T_STR_NULLPAD);
  H5Tset_cset(text.id(), H5T_CSET_UTF8);
  return text;
}

std::uint64_t product(Shape const& shape) {
  std::uint64_t result = 1;
  for (std::uint64_t const length : shape) result *= length;
  return result;
}

std::string_view name_of(ElementType type) {
  constexpr std::array<std::string_view, 6> names = {"uint8", "uint32",  "uint64",
                                                     "int64", "float64", "text"};
  return names[static_cast<std::size_t>(type)];
}

template <>
ElementType element_type<std::uint8_t>() {
  return ElementType::uint8;
}
template <>
ElementType element_type<std::uint32_t>() {
  return ElementType::uint32;
}
template <>
ElementType element_type<std::uint64_t>() {
  return ElementType::uint64;
}
template <>
ElementType element_type<std::int64_t>() {
  return ElementType::int64;
}
template <>
ElementType element_type<double>() {
  return ElementType::float64;
}
template <>
ElementType element_type<std::string>() {
  return ElementType::text;
}

std::string to_string(Shape const& shape) {
  return shape.empty() ? "one value" : fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace plimsoll
