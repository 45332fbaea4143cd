#include "host/question.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/csv.hpp"
#include "host/error.hpp"
#include "host/name_check.hpp"

namespace plimsoll {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void check_line(std::string_view line) {
  if (line.size() > longest_question)
    throw InputError("question", "the line is too long",
                     fmt::format("a question has at most {} bytes", longest_question),
                     "ask for less at once");
  bool const control = std::any_of(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
  if (control || !is_utf8(line))
    throw InputError("question", "the line is no text",
                     "it holds control characters or is not UTF-8", "write it as UTF-8 text");
}

}  // namespace

std::vector<std::string> words_of(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  check_line(line);
  std::vector<std::string> words;
  bool inside = false, quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    char const c = line[i];
    if (!inside && is_blank(c)) continue;
    if (!inside) words.emplace_back();
    inside = true;
    bool const doubled = quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"';
    if (doubled) {
      words.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (is_blank(c) && !quoted) {
      inside = false;
    } else {
      words.back() += c;
    }
  }
  if (quoted)
    throw InputError("question", "a quote is not closed", "where the word ends is not known",
                     "close it, and write \"\" for a quote inside a word");
  return words;
}

std::optional<std::string> next_line(std::istream& in) {
  std::string line;
  char c = 0;
  bool any = false;
  while (in.get(c)) {
    any = true;
    if (c == '\n') break;
    if (line.size() <= longest_question + 1) line += c;
  }
  if (!any) return std::nullopt;
  return line;
}

double number_of(std::string_view place, std::string_view word) {
  double value = 0;
  auto const [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (code != std::errc{} || end != word.data() + word.size() || !std::isfinite(value))
    throw InputError(place, shown(word) + " is not a number",
                     "a finite number must fill the whole word",
                     "write it as 1234.5 or 1.2345e3, fractions instead of percent");
  return value;
}

}  // namespace plimsoll
