#include "host/name_check.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <unordered_map>

#include "host/error.hpp"

namespace plimsoll {

namespace {

constexpr std::string_view hint = "correct it where the file was made";

// Bytes of the well-formed character at the start of `text` (RFC 3629), 0 without one.
std::size_t character_bytes(std::string_view text) {
  auto const byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  auto const continues = [&](std::size_t i) { return byte(i) >= 0x80 && byte(i) <= 0xBF; };
  unsigned const lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    bool const overlong = lead == 0xE0 && byte(1) < 0xA0;
    bool const surrogate = lead == 0xED && byte(1) > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    bool const overlong = lead == 0xF0 && byte(1) < 0x90;
    bool const too_large = lead == 0xF4 && byte(1) > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

bool is_control(char c) {
  auto const byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

// `text` as it may be printed in a message.
std::string shown(std::string_view text) {
  std::string result;
  for (char const c : text.substr(0, 60))
    result += is_control(c) || (static_cast<unsigned char>(c) & 0x80) ? '?' : c;
  return text.size() > 60 ? result + "..." : result;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    std::size_t const bytes = character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

void check_name(std::string_view place, std::string_view name) {
  if (name.empty())
    throw InputError(place, "the name is empty", "it could not be referred to", hint);
  if (name.size() > longest_name)
    throw InputError(place, fmt::format("the name \"{}\" has {} bytes", shown(name), name.size()),
                     fmt::format("at most {} are allowed", longest_name), hint);
  if (std::any_of(name.begin(), name.end(), is_control))
    throw InputError(place, fmt::format("the name \"{}\" holds a control character", shown(name)),
                     "it could not be shown or typed", hint);
  if (!is_utf8(name))
    throw InputError(place, fmt::format("the name \"{}\" is not UTF-8", shown(name)),
                     "all texts are UTF-8", "save the source as UTF-8");
  if (name.front() == ' ' || name.back() == ' ')
    throw InputError(place, fmt::format("the name \"{}\" begins or ends with a blank", shown(name)),
                     "it would look like another name", hint);
}

namespace {

// Most names: printable characters of ASCII. What is none of these may be a name all the same.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && name.front() != ' ' &&
         name.back() != ' ' &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

void check_names(std::string_view place, std::vector<std::string> const& names) {
  bool rising = true;
  for (std::size_t row = 0; row < names.size(); ++row) {
    if (!is_plain_name(names[row])) check_name(element(place, row), names[row]);
    rising = rising && (row == 0 || names[row - 1] < names[row]);
  }
  if (rising) return;  // none stands twice
  std::unordered_map<std::string_view, std::size_t> first;
  first.reserve(names.size());
  for (std::size_t row = 0; row < names.size(); ++row) {
    auto const [known, fresh] = first.emplace(names[row], row);
    if (!fresh)
      throw InputError(
          element(place, row),
          fmt::format("the name \"{}\" stands in row {} already", names[row], known->second),
          "names must be unique to be referred to", "remove or rename one of them");
  }
}

void check_iso_date(std::string_view place, std::string_view date) {
  auto const digits = [&](std::size_t from, std::size_t count) {
    int value = 0;
    for (char const c : date.substr(from, count))
      value = std::isdigit(static_cast<unsigned char>(c)) ? 10 * value + (c - '0') : -100000;
    return value;
  };
  bool good = date.size() == 10 && date[4] == '-' && date[7] == '-';
  if (good) {
    int const year = digits(0, 4), month = digits(5, 2), day = digits(8, 2);
    using namespace std::chrono;
    good = year >= 0 && month >= 0 && day >= 0 &&
           year_month_day{std::chrono::year{year}, std::chrono::month{unsigned(month)},
                          std::chrono::day{unsigned(day)}}
               .ok();
  }
  if (!good)
    throw InputError(place, fmt::format("\"{}\" is not a date", shown(date)),
                     "dates are written YYYY-MM-DD", hint);
}

std::string element(std::string_view place, std::size_t row) {
  return fmt::format("{}[{}]", place, row);
}

}  // namespace plimsoll
