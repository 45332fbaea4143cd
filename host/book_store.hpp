// Books as files of schema plimsoll.book (docs/formats.md).
#pragma once

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

}  // namespace plimsoll
