// What the writer and the reader share of the HDF5 library: the only file that includes its header.
// Private to hdf5_*.cpp.
#pragma once

#define H5_USE_110_API  // later versions of the library speak the interface of 1.10 when asked
#include <hdf5.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/hdf5.hpp"

namespace plimsoll {

inline constexpr std::string_view make_again =
    "make the file again, or fetch it from its origin again";

// Before any other call of a thread.
void prepare_library();

// Throw what the library says about the failing call: SystemError, and InputError for damage.
[[noreturn]] void fail_writing(std::string_view call, std::string_view place);
[[noreturn]] void fail_reading(std::string_view call, std::string_view place);

Hdf5Handle property_list(hid_t kind);
Hdf5Handle file_access();

inline constexpr std::array number_types = {ElementType::uint8, ElementType::uint32,
                                            ElementType::uint64, ElementType::int64,
                                            ElementType::float64};
hid_t number_type(ElementType type);  // stored and native, text excepted
Hdf5Handle stored_type(ElementType type, std::uint64_t text_bytes);

std::uint64_t product(Shape const& shape);

}  // namespace plimsoll
