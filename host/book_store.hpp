// Books as files of schema plimsoll.book (docs/formats.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host/book.hpp"
#include "host/output_file.hpp"
#include "host/schema.hpp"

namespace plimsoll {

inline constexpr Schema book_schema = {"plimsoll.book", 4,
                                       "plimsoll synth or plimsoll import (book.h5)"};

// The first rows of each table that belong to an account or to those after it.
struct BookPlace {
  std::uint64_t account = 0, pool = 0, balance = 0, position = 0, order = 0;
};

// The book must pass check_book (else std::logic_error: the caller asks it first).
void write_book(Book const& book, std::string const& path, Overwrite overwrite = Overwrite::no);

// Writes a book larger than memory a part after another: whole accounts, in the file's order. Its
// columns are those of write_book, but may grow.
class BookWriter {
 public:
  // Names of accounts and pools have at most so many bytes.
  BookWriter(std::string const& path, Overwrite overwrite, std::uint64_t account_name_bytes,
             std::uint64_t pool_name_bytes);
  ~BookWriter();

  // The next accounts, as a book of their own that passes check_book (else std::logic_error), with
  // indices counted from its first row. All but accounts and what they hold is that of the first.
  void append(Book part);
  BookPlace const& end() const { return end_; }  // how much is written

  void finish();  // the file gets its name

 private:
  class Columns;
  std::unique_ptr<Columns> columns_;
  BookPlace end_;
};

// A book that passed check_book; InputError for everything wrong with the file.
Book read_book(std::string const& path);

// The accounts of a book between two places, which must lie in the file and where accounts begin
// (BookFile finds them), as a book of their own: indices count from its first row. Names are unique
// within the part; InputError as above, where rows are counted from the beginning of the part.
Book read_book_part(std::string const& path, BookPlace const& begin, BookPlace const& end);

}  // namespace plimsoll
