#include "host/markup.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace plimsoll {
namespace {

constexpr std::uint32_t replacement = 0xFFFD;

// Takes one code point from the front of `text`, which is not empty.
std::uint32_t take(std::string_view& text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned const lead = byte(0);
  std::size_t const length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  std::uint32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
  bool good = lead < 0x80 || (lead >= 0xC2 && lead <= 0xF4 && text.size() >= length);
  for (std::size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xC0) == 0x80;
    point = point << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  good = good && point >= least[length] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
  text.remove_prefix(good ? length : 1);
  return good ? point : replacement;
}

bool is_control(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

void append(std::string& out, std::uint32_t point) {
  auto const tail = [&](int shift) { return static_cast<char>(0x80u | (point >> shift & 0x3Fu)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    (out += static_cast<char>(0xC0u | point >> 6)) += tail(0);
  } else if (point < 0x10000) {
    ((out += static_cast<char>(0xE0u | point >> 12)) += tail(6)) += tail(0);
  } else {
    (((out += static_cast<char>(0xF0u | point >> 18)) += tail(12)) += tail(6)) += tail(0);
  }
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::uint32_t const point = take(text);
    switch (point) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        append(out, is_control(point) ? replacement : point);
    }
  }
  return out;
}

std::string html_name(std::string_view name) {
  return "<bdi>" + html_text(name) + "</bdi>";
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    std::uint32_t const point = take(text);
    bool const ends_scripts = point == '<' || point == '>' || point == '&' || point == '\'';
    bool const ends_lines = point == 0x2028 || point == 0x2029;
    if (point == '"' || point == '\\')
      (out += '\\') += static_cast<char>(point);
    else if (ends_scripts || ends_lines || is_control(point))
      out += fmt::format("\\u{:04x}", point);
    else
      append(out, point);
  }
  return out + "\"";
}

std::string json_number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

std::string plain_name(std::string_view name, std::size_t width) {
  std::string out, cut;
  std::size_t points = 0;
  while (!name.empty()) {
    std::uint32_t const point = take(name);
    if (++points == width) cut = out;
    append(out, is_control(point) ? replacement : point);
  }
  return points <= width ? out : cut + "\xE2\x80\xA6";
}

std::string shell_word(std::string_view text) {
  bool const plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_./:@%+=,-") == std::string_view::npos;
  if (plain) return std::string(text);
  std::string out = "'";
  for (char const c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace plimsoll
