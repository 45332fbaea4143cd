// A CSV file held in memory: the one reader of tables that people write.
// RFC 4180 quoting, UTF-8 with or without a byte order mark, lines ending in LF or CRLF, a header
// row. Lines without any character are skipped; blanks around a cell do not count. Nothing is
// guessed: ragged rows, duplicate columns and stray quotes are refused with file, line and column.
// Units: rows and columns count from 0 in arguments; messages give the line of the file, header 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error.hpp"

namespace plimsoll {

class CsvTable {
 public:
  static CsvTable read(std::string const& path);

  std::string const& path() const { return path_; }
  std::vector<std::string> const& columns() const { return columns_; }
  std::size_t rows() const { return rows_.size(); }

  // The number of the column called `name`; InputError naming those present if there is none.
  std::size_t column(std::string_view name) const;
  std::optional<std::size_t> find_column(std::string_view name) const;

  // The cell without surrounding blanks; valid while the table lives.
  std::string_view text(std::size_t row, std::size_t column) const;
  bool blank(std::size_t row, std::size_t column) const { return text(row, column).empty(); }

  // A finite number that fills the whole cell, point as decimal sign, whatever the locale.
  double number(std::size_t row, std::size_t column) const;

  // Line of the file in which the row begins; the header is usually line 1.
  std::size_t line(std::size_t row) const { return rows_[row].line; }

  // "FILE:row N, column 'NAME'", N being the line.
  std::string place(std::size_t row, std::size_t column) const;
  InputError error(std::size_t row, std::size_t column, std::string_view problem,
                   std::string_view why, std::string_view hint) const;

 private:
  friend class CsvParser;

  struct Row {
    std::size_t begin;  // of its first character in the text
    std::size_t line;
  };
  struct Cell {
    std::uint32_t begin;  // from the row's first character
    std::uint32_t size;
  };

  std::string path_;
  std::string text_;
  std::vector<std::string> columns_;
  std::vector<Row> rows_;
  std::vector<Cell> cells_;  // [rows][columns]
};

// A text as a cell: quoted where it would be read as something else.
std::string csv_cell(std::string_view text);

// A cell or key as a message may show it: in quotes, at most 40 bytes, control characters replaced.
std::string shown(std::string_view text);

}  // namespace plimsoll
