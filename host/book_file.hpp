// A book in a file, read a part at a time: whole accounts, in the file's order, so that books
// larger than memory can be worked through.
// Method: one pass over the columns that order the rows finds where accounts begin, at every grain
//   of accounts; a part is read by rows from one grain to another and its indices counted from its
//   own first row, so that it is a book like any other.
// Memory: 40 byte per grain, 16 byte per account and pool while names are looked through, and the
//   part itself.
// Errors: InputError for everything wrong with the file. Rows in messages about a part are counted
//   from its beginning, which they name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/book.hpp"
#include "host/book_store.hpp"

namespace plimsoll {

// How much a book holds, by the lengths of its columns alone; InputError where the file cannot be
// read or lacks one of them.
struct BookSize {
  std::uint64_t accounts = 0, pools = 0;
  std::uint64_t rows = 0;  // of balances, positions and orders
  bool custody = false;
};
BookSize size_of_book(std::string const& path);

class BookFile {
 public:
  // Opens the file and goes through it once. `grain`: accounts between places where it may be cut;
  // 0: as many as make some 64 thousand places at most.
  explicit BookFile(std::string path, std::uint64_t grain = 0);

  std::string const& path() const { return path_; }
  std::uint64_t accounts() const { return places_.back().account; }
  std::uint64_t pools() const { return places_.back().pool; }
  // Where it may be cut: the beginning, then every `grain` accounts, then the end.
  std::vector<BookPlace> const& places() const { return places_; }

  // What is owned and owed of each asset in the whole book; every part carries it.
  Book::Totals const& totals() const { return totals_; }

  // The accounts between two places of places().
  Book part(BookPlace const& begin, BookPlace const& end) const;
  // All but accounts, pools and what lies in them.
  Book axes() const;

  // Width in byte of the names in the file.
  std::uint64_t account_name_bytes() const { return account_name_bytes_; }
  std::uint64_t pool_name_bytes() const { return pool_name_bytes_; }

 private:
  std::string path_;
  std::vector<BookPlace> places_;
  Book::Totals totals_;
  std::uint64_t account_name_bytes_ = 1, pool_name_bytes_ = 1;
};

}  // namespace plimsoll
