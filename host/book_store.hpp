// Books as files of schema plimsoll.book (docs/formats.md).
#pragma once

#include <cstdint>
#include <string>

#include "host/book.hpp"
#include "host/output_file.hpp"
#include "host/schema.hpp"

namespace plimsoll {

inline constexpr Schema book_schema = {"plimsoll.book", 3,
                                       "plimsoll synth or plimsoll import (book.h5)"};

// The book must pass check_book (else std::logic_error: the caller asks it first).
void write_book(Book const& book, std::string const& path, Overwrite overwrite = Overwrite::no);

// A book that passed check_book; InputError for everything wrong with the file.
Book read_book(std::string const& path);

// The first rows of each table that belong to an account or to those after it.
struct BookPlace {
  std::uint64_t account = 0, pool = 0, balance = 0, position = 0, order = 0;
};

// The accounts of a book between two places, which must lie in the file and where accounts begin
// (BookFile finds them), as a book of their own: indices count from its first row. Names are unique
// within the part; InputError as above, where rows are counted from the beginning of the part.
Book read_book_part(std::string const& path, BookPlace const& begin, BookPlace const& end);

}  // namespace plimsoll
