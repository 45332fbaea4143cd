#include "host/book_file.hpp"

#include <gtest/gtest.h>

#include "host/digest.hpp"
#include "host/hdf5.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T> const& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append(std::vector<std::uint32_t>& to, std::vector<std::uint32_t> const& from,
            std::size_t base) {
  for (std::uint32_t const index : from) to.push_back(index + static_cast<std::uint32_t>(base));
}

void append(Book& whole, Book const& part) {
  std::size_t const accounts = whole.accounts.name.size();
  std::size_t const pools = whole.pools.name.size();
  append(whole.accounts.name, part.accounts.name);
  append(whole.accounts.segregation_class, part.accounts.segregation_class);
  append(whole.pools.name, part.pools.name);
  append(whole.pools.account, part.pools.account, accounts);
  append(whole.pools.kind, part.pools.kind);
  append(whole.balances.pool, part.balances.pool, pools);
  append(whole.balances.asset, part.balances.asset);
  append(whole.balances.amount, part.balances.amount);
  append(whole.positions.pool, part.positions.pool, pools);
  append(whole.positions.instrument, part.positions.instrument);
  append(whole.positions.quantity, part.positions.quantity);
  append(whole.positions.entry_price, part.positions.entry_price);
  append(whole.orders.pool, part.orders.pool, pools);
  append(whole.orders.instrument, part.orders.instrument);
  append(whole.orders.side, part.orders.side);
  append(whole.orders.quantity, part.orders.quantity);
  append(whole.orders.price, part.orders.price);
}

// The sample's accounts many times over, each time under names of their own.
Book many(std::size_t times) {
  Book const sample = sample_book();
  Book book = sample;
  for (std::size_t i = 1; i < times; ++i) {
    Book next = sample;
    for (std::string& name : next.accounts.name) name += fmt::format("-{}", i);
    for (std::string& name : next.pools.name) name += fmt::format("-{}", i);
    append(book, next);
  }
  return book;
}

std::string written(TestFolder const& folder, Book const& book, char const* name = "book.h5") {
  std::string const path = folder / name;
  write_book(book, path, Overwrite::yes);
  return path;
}

TEST(BookFile, PartsMakeTheWhole) {
  TestFolder const folder;
  std::string const path = written(folder, many(100));
  for (std::uint64_t const grain : {0u, 1u, 7u, 99u, 1'000'000u}) {
    BookFile const file(path, grain);
    Book whole = file.axes();
    EXPECT_TRUE(whole.accounts.name.empty());
    std::vector<BookPlace> const& places = file.places();
    for (std::size_t i = 1; i < places.size(); ++i)
      append(whole, file.part(places[i - 1], places[i]));
    EXPECT_EQ(digest(written(folder, whole, "whole.h5")), digest(path)) << grain;
  }
  BookFile const file(path, 10);
  EXPECT_EQ(file.accounts(), read_book(path).accounts.name.size());
  EXPECT_EQ(file.pools(), read_book(path).pools.name.size());
}

TEST(BookFile, AnyCutsMakeTheWhole) {
  TestFolder const folder;
  std::string const path = written(folder, many(60));
  BookFile const file(path, 1);
  std::size_t const last = file.places().size() - 1;
  for (std::size_t const cut : {std::size_t{1}, last / 3, last / 2, last - 1}) {
    Book whole = file.part(file.places()[0], file.places()[cut]);
    append(whole, file.part(file.places()[cut], file.places()[last]));
    EXPECT_EQ(digest(written(folder, whole, "whole.h5")), digest(path)) << cut;
  }
}

TEST(BookFile, ABookWithoutAccountsHasOnePlace) {
  TestFolder const folder;
  Book book = sample_book();
  book.accounts = {};
  book.pools = {};
  book.balances = {};
  book.positions = {};
  book.orders = {};
  BookFile const file(written(folder, book));
  EXPECT_EQ(file.places().size(), 1u);
  EXPECT_EQ(file.accounts(), 0u);
}

// A file with the columns of `book` as they are, whether it makes sense or not.
void write_columns(Book const& book, std::string const& from, std::string const& to) {
  Hdf5Reader const reader(from);
  Hdf5Writer writer(to, to);
  writer.attribute("/", "schema", std::string_view("plimsoll.book"));
  writer.attribute("/", "schema_version", std::uint64_t{book_schema.version});
  for (char const* const name : {"program_version", "commit", "command"})
    writer.attribute("/", name, std::string_view("x"));
  for (std::string const& name : reader.datasets()) {
    DatasetInfo const info = reader.describe(name);
    auto const keep = [&]<class T>(std::vector<T> const& values) {
      writer.write<T>(name, info, values);
    };
    if (name == "/pools/account")
      keep(book.pools.account);
    else if (name == "/pools/name")
      keep(book.pools.name);
    else if (name == "/positions/pool")
      keep(book.positions.pool);
    else if (info.type == ElementType::uint8)
      keep(reader.read<std::uint8_t>(name));
    else if (info.type == ElementType::uint32)
      keep(reader.read<std::uint32_t>(name));
    else if (info.type == ElementType::float64)
      keep(reader.read<double>(name));
    else
      keep(reader.read<std::string>(name));
  }
  writer.close();
}

TEST(BookFile, WhatNoPartCouldSeeIsRefused) {
  TestFolder const folder;
  Book const good = many(40);
  std::string const path = written(folder, good);
  std::string const bad = folder / "bad.h5";
  auto const refused = [&](Book const& book) {
    write_columns(book, path, bad);
    return refusal([&] { BookFile(bad, 1); });
  };
  write_columns(good, path, bad);
  EXPECT_NO_THROW(BookFile(bad, 1));

  Book book = good;
  book.pools.name.back() = book.pools.name.front();
  EXPECT_NE(refused(book).find("stands in row 0 already"), std::string::npos) << refused(book);

  book = good;
  std::swap(book.positions.pool.front(), book.positions.pool.back());
  EXPECT_NE(refused(book).find("not ordered by pool"), std::string::npos) << refused(book);

  book = good;
  book.positions.pool.back() = static_cast<std::uint32_t>(book.pools.name.size());
  EXPECT_NE(refused(book).find("names row"), std::string::npos) << refused(book);

  book = good;
  book.pools.account.back() = 0;
  EXPECT_NE(refused(book).find("not ordered by account"), std::string::npos) << refused(book);
}

TEST(BookFile, WhatIsWrongInAPartIsNamedWithItsPlace) {
  TestFolder const folder;
  Book book = many(40);
  std::string const path = written(folder, book);
  std::string const bad = folder / "bad.h5";
  std::size_t const pools = book.pools.account.size();
  book.pools.account[pools - 1] = book.pools.account[pools - 2];  // the last account has no pool
  write_columns(book, path, bad);
  BookFile const file(bad, 1);
  std::vector<BookPlace> const& places = file.places();
  std::string const message = refusal([&] { file.part(places[places.size() - 2], places.back()); });
  EXPECT_NE(message.find("has no pool"), std::string::npos) << message;
  EXPECT_NE(message.find(fmt::format("accounts from row {} on", places.size() - 2)),
            std::string::npos)
      << message;
}

}  // namespace
}  // namespace plimsoll
