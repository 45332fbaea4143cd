#include "host/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "host/text_file.hpp"

namespace plimsoll {

namespace {

constexpr std::uint64_t largest_file = std::uint64_t{1} << 34;  // [byte]
constexpr std::size_t largest_columns = 65536;

std::size_t line_of(std::string_view text, std::size_t at) {
  auto const end = text.begin() + static_cast<std::ptrdiff_t>(at);
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

// Length of the UTF-8 sequence that begins with `lead`, 0 where none does.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

// First byte that is not UTF-8, npos where all are. Overlong forms and surrogates of three and
// four bytes are let through: they do no harm in a name that is only compared.
std::size_t first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t const length = sequence_length(static_cast<unsigned char>(text[i]));
    if (length == 0 || i + length > text.size()) return i;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0u) != 0x80u) return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

void check_characters(std::string const& path, std::string_view text) {
  std::size_t const nul = text.find('\0');
  if (nul != std::string_view::npos) {
    throw InputError(fmt::format("{}:row {}", path, line_of(text, nul)), "a NUL byte",
                     "a CSV file is text in UTF-8",
                     "save the table as CSV in UTF-8, not UTF-16, and check that it is complete");
  }
  std::size_t const bad = first_bad_byte(text);
  if (bad != std::string_view::npos) {
    throw InputError(
        fmt::format("{}:row {}", path, line_of(text, bad)),
        fmt::format("byte 0x{:02x} is not UTF-8", static_cast<unsigned char>(text[bad])),
        "names would not compare equal between files", "save the file in UTF-8");
  }
}

std::string_view trimmed(std::string_view text) {
  std::size_t const begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

// Splits the text of a table into cells in place; quoted cells are unescaped where they stand.
class CsvParser {
 public:
  explicit CsvParser(CsvTable& table) : table_(table), text_(table.text_) {}

  void parse() {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    skip_empty_lines();
    if (at_ == text_.size()) {
      throw InputError(table_.path_, "the file is empty", "a header row is required",
                       "write the column names in the first line");
    }
    read_header();
    for (skip_empty_lines(); at_ < text_.size(); skip_empty_lines()) read_row();
    table_.rows_.shrink_to_fit();
    table_.cells_.shrink_to_fit();
  }

 private:
  void skip_empty_lines() {
    while (at_ < text_.size()) {
      if (text_[at_] == '\n') {
        at_ += 1;
      } else if (text_.compare(at_, 2, "\r\n") == 0) {
        at_ += 2;
      } else {
        return;
      }
      ++line_;
    }
  }

  void read_header() {
    std::size_t const begin = at_;
    std::vector<CsvTable::Cell> cells;
    do cells.push_back(next_cell(begin, cells.size()));
    while (!row_ended_);
    std::unordered_set<std::string> seen;
    for (CsvTable::Cell const cell : cells) {
      std::string_view name(text_.data() + begin + cell.begin, cell.size);
      name = trimmed(name);
      if (name.empty()) {
        throw refusal(table_.columns_.size(), "the column has no name",
                      "columns are found by their names", "name it or remove it");
      }
      if (!seen.emplace(name).second) {
        throw refusal(table_.columns_.size(), fmt::format("a second column {}", shown(name)),
                      "it would not be clear which one is meant", "rename or remove one of them");
      }
      table_.columns_.emplace_back(name);
    }
    if (cells.size() > largest_columns) {
      throw refusal(0, fmt::format("{} columns", cells.size()), "a table may have up to 65,536",
                    "check that the file is a CSV file with one row per line");
    }
  }

  void read_row() {
    std::size_t const begin = at_;
    std::size_t const line = line_;
    std::size_t count = 0;
    do {
      table_.cells_.push_back(next_cell(begin, count));
      ++count;
    } while (!row_ended_);
    if (count != table_.columns_.size()) {
      throw InputError(
          fmt::format("{}:row {}", table_.path_, line),
          fmt::format("{} cells where the header has {}", count, table_.columns_.size()),
          "cells would be read under the wrong column",
          "add or remove commas, and quote cells that hold one");
    }
    table_.rows_.push_back({begin, line});
  }

  CsvTable::Cell next_cell(std::size_t row_begin, std::size_t column) {
    row_line_ = line_;
    bool const quoted = at_ < text_.size() && text_[at_] == '"';
    std::size_t const begin = quoted ? at_ + 1 : at_;
    std::size_t const end = quoted ? end_of_quoted(column) : end_of_plain(column);
    finish_cell(column);
    if (end - row_begin > std::numeric_limits<std::uint32_t>::max()) {
      throw refusal(column, "the row is longer than 4 GiB", "no table has such rows",
                    "check for a quote that is never closed");
    }
    return {static_cast<std::uint32_t>(begin - row_begin), static_cast<std::uint32_t>(end - begin)};
  }

  std::size_t end_of_plain(std::size_t column) {
    while (at_ < text_.size()) {
      char const c = text_[at_];
      if (c == ',' || c == '\n' || c == '\r') break;
      if (c == '"') {
        throw refusal(column, "a quote inside a cell that does not begin with one",
                      "it is unclear where the cell ends",
                      "quote the whole cell and double the quotes inside it");
      }
      ++at_;
    }
    return at_;
  }

  std::size_t end_of_quoted(std::size_t column) {
    std::size_t write = ++at_;
    while (at_ < text_.size()) {
      char const c = text_[at_++];
      if (c == '\n') ++line_;
      if (c == '"') {
        if (at_ == text_.size() || text_[at_] != '"') return write;
        ++at_;
      }
      text_[write++] = c;
    }
    throw refusal(column, "a quote is never closed", "the cell would run to the end of the file",
                  "close it, or double it if it is part of the text");
  }

  void finish_cell(std::size_t column) {
    row_ended_ = true;
    if (at_ == text_.size()) return;
    if (text_[at_] == ',') {
      ++at_;
      row_ended_ = false;
      return;
    }
    if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    if (text_[at_] != '\n') {
      bool const carriage_return = text_[at_] == '\r';
      throw refusal(
          column,
          carriage_return ? "a carriage return inside a line" : "text after the closing quote",
          carriage_return ? "lines end in LF or CRLF" : "it is unclear where the cell ends",
          carriage_return ? "convert the line ends"
                          : "put a comma after the quote, or double it if it is text");
    }
    ++at_;
    ++line_;
  }

  InputError refusal(std::size_t column, std::string_view problem, std::string_view why,
                     std::string_view hint) const {
    std::string const name = column < table_.columns_.size()
                                 ? fmt::format("'{}'", table_.columns_[column])
                                 : fmt::format("{}", column + 1);
    return InputError(fmt::format("{}:row {}, column {}", table_.path_, row_line_, name), problem,
                      why, hint);
  }

  CsvTable& table_;
  std::string& text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t row_line_ = 1;
  bool row_ended_ = false;
};

CsvTable CsvTable::read(std::string const& path) {
  CsvTable table;
  table.path_ = path;
  table.text_ = read_text_file(path, largest_file);
  check_characters(path, table.text_);
  CsvParser(table).parse();
  return table;
}

std::optional<std::size_t> CsvTable::find_column(std::string_view name) const {
  auto const found = std::find(columns_.begin(), columns_.end(), name);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns_.begin());
}

std::size_t CsvTable::column(std::string_view name) const {
  if (auto const found = find_column(name)) return *found;
  std::string present;
  for (std::size_t i = 0; i < columns_.size() && i < 12; ++i) {
    present += fmt::format("{}{}", i == 0 ? "" : ", ", columns_[i]);
  }
  if (columns_.size() > 12) present += fmt::format(", ... ({} in all)", columns_.size());
  throw InputError(fmt::format("{}:row 1", path_), fmt::format("no column '{}'", name),
                   fmt::format("the columns are {}", present),
                   "add it, or rename the column that holds it");
}

std::string_view CsvTable::text(std::size_t row, std::size_t column) const {
  Cell const cell = cells_[row * columns_.size() + column];
  return trimmed({text_.data() + rows_[row].begin + cell.begin, cell.size});
}

double CsvTable::number(std::size_t row, std::size_t column) const {
  std::string_view const cell = text(row, column);
  double value = 0;
  auto const [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (code == std::errc::result_out_of_range) {
    throw error(row, column, fmt::format("{} is out of range", shown(cell)),
                "it is no number that a double can hold", "check the exponent");
  }
  if (code != std::errc{} || end != cell.data() + cell.size() || !std::isfinite(value)) {
    throw error(row, column, fmt::format("{} is not a number", shown(cell)),
                cell.empty() ? "the cell is blank and a number is needed"
                             : "a finite number must fill the whole cell",
                "write it as 1234.5 or 1.2345e3, without thousands separators or units");
  }
  return value;
}

std::string CsvTable::place(std::size_t row, std::size_t column) const {
  return fmt::format("{}:row {}, column '{}'", path_, rows_[row].line, columns_[column]);
}

InputError CsvTable::error(std::size_t row, std::size_t column, std::string_view problem,
                           std::string_view why, std::string_view hint) const {
  return InputError(place(row, column), problem, why, hint);
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (char const c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string shown(std::string_view text) {
  std::size_t size = std::min<std::size_t>(text.size(), 40);
  while (size > 0 && size < text.size() &&
         (static_cast<unsigned char>(text[size]) & 0xc0u) == 0x80u) {
    --size;
  }
  std::string result = "'";
  for (char const c : text.substr(0, size)) {
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return result + (size < text.size() ? "...'" : "'");
}

}  // namespace plimsoll
