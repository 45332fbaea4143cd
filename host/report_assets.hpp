// Files that the program carries, made into C++ at build time by cmake/EmbedFile.cmake.
#pragma once

#include <string_view>

namespace plimsoll {

struct EmbeddedFile {
  std::string_view text;
  std::string_view sha256;  // of the bytes, hex
};

extern EmbeddedFile const embedded_chart_js, embedded_report_js, embedded_report_css;

}  // namespace plimsoll
