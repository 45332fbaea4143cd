// Fingerprints: of a file's bytes, and of what a file says. Two runs agree exactly if their digests
// do, whatever engine, machine, compression or library version wrote them.
// Method: docs/determinism.md, "Digest".
#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

// SHA-256 of the bytes of the file, 64 hex digits. InputError where it cannot be read.
std::string file_sha256(std::string const& path);

// SHA-256 of the bytes of a text, 64 hex digits.
std::string text_sha256(std::string_view text);

// SHA-256 of name, type, shape and values of all datasets of an HDF5 file, attributes left out, 64
// hex digits.
std::string digest(std::string const& path);

}  // namespace plimsoll
