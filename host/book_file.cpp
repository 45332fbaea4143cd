#include "host/book_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "host/book_totals.hpp"
#include "host/column_check.hpp"
#include "host/error.hpp"
#include "host/hdf5.hpp"
#include "host/name_check.hpp"

namespace plimsoll {
namespace {

constexpr std::uint64_t block_rows = 1 << 20;
constexpr std::uint64_t most_places = 1 << 16;

// visit(row, value) over a column of one axis, a block at a time.
template <class T, class Visit>
void for_column(Hdf5Reader const& file, std::string const& name, Visit visit) {
  std::uint64_t const rows = file.describe(name).shape.at(0);
  for (std::uint64_t first = 0; first < rows; first += block_rows) {
    std::vector<T> const block =
        file.read<T>(name, {{first}, {std::min(block_rows, rows - first)}});
    for (std::uint64_t i = 0; i < block.size(); ++i) visit(first + i, block[i]);
  }
}

// FNV-1a, finished so that all bits hang on all bytes. Equal names have equal ones; what is found
// by it is compared in full.
std::uint64_t name_hash(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (char const c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * std::uint64_t{0x100000001B3u};
  hash ^= hash >> 32;
  hash *= std::uint64_t{0xD6E8FEB86659FD93u};
  return hash ^ (hash >> 32);
}

[[noreturn]] void refuse_twice(std::string const& place, std::uint64_t row, std::string const& name,
                               std::uint64_t first) {
  throw InputError(element(place, row),
                   fmt::format("the name \"{}\" stands in row {} already", name, first),
                   "names must be unique to be referred to", "remove or rename one of them");
}

void require_unique(Hdf5Reader const& file, std::string const& name) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;  // hash, row
  seen.reserve(file.describe(name).shape.at(0));
  for_column<std::string>(file, name, [&](std::uint64_t row, std::string const& text) {
    seen.emplace_back(name_hash(text), row);
  });
  std::sort(seen.begin(), seen.end());
  auto const text = [&](std::uint64_t row) {
    return file.read<std::string>(name, {{row}, {1}}).front();
  };
  for (std::size_t i = 1; i < seen.size(); ++i)
    for (std::size_t j = i; j-- > 0 && seen[j].first == seen[i].first;)
      if (std::string const one = text(seen[i].second); one == text(seen[j].second))
        refuse_twice(file.place(name), seen[i].second, one, seen[j].second);
}

void require_rows(Hdf5Reader const& file, std::string const& name) {
  DatasetInfo const info = file.describe(name);
  if (info.shape.size() != 1)
    throw InputError(file.place(name), "the shape is " + to_string(info.shape),
                     "a column is expected", "make the file again, or fetch it from its origin");
  if (info.shape[0] > UINT32_MAX)
    throw InputError(file.place(name), fmt::format("has {} rows", info.shape[0]),
                     "rows are numbered in 32 bits", "divide the book into several");
}

// The rows of `column` at which the first of each of `values`, which rise, or a later one stands.
std::vector<std::uint64_t> first_rows(Hdf5Reader const& file, std::string const& column,
                                      std::string const& ordered_by,
                                      std::vector<std::uint64_t> const& values) {
  std::vector<std::uint64_t> rows;
  rows.reserve(values.size());
  std::uint64_t before = 0;
  std::uint64_t count = 0;
  for_column<std::uint32_t>(file, column, [&](std::uint64_t row, std::uint32_t value) {
    if (value < before)
      throw InputError(element(file.place(column), row),
                       "the rows are not ordered by " + ordered_by,
                       "books are read from front to back", "sort the rows");
    if (value >= values.back())
      throw InputError(element(file.place(column), row), fmt::format("names row {}", value),
                       fmt::format("there are {}", values.back()), "correct the index");
    before = value;
    count = row + 1;
    while (rows.size() < values.size() && values[rows.size()] <= value) rows.push_back(row);
  });
  rows.resize(values.size(), count);
  return rows;
}

Book::Totals totals_in(Hdf5Reader const& file, std::size_t assets) {
  Book::Totals totals{std::vector<double>(assets, 0.0), std::vector<double>(assets, 0.0)};
  std::uint64_t const rows = file.describe("/balances/asset").shape.at(0);
  if (file.describe("/balances/amount").shape != Shape{rows})
    throw InputError(file.place("/balances/amount"), "differs in length from /balances/asset",
                     "both are columns of one table", "make the file again");
  for (std::uint64_t first = 0; first < rows; first += block_rows) {
    Slab const block = {{first}, {std::min(block_rows, rows - first)}};
    std::vector<std::uint32_t> const asset = file.read<std::uint32_t>("/balances/asset", block);
    check_indices(file.place("/balances/asset"), asset, assets, "/axes/asset");
    add_balances(asset, file.read<double>("/balances/amount", block), totals);
  }
  return totals;
}

}  // namespace

BookSize size_of_book(std::string const& path) {
  SchemaReader(path, book_schema);  // says what other files are
  Hdf5Reader const file(path);
  auto const rows = [&](char const* name) {
    require_rows(file, name);
    return file.describe(name).shape[0];
  };
  return {rows("/accounts/name"), rows("/pools/name"),
          rows("/balances/pool") + rows("/positions/pool") + rows("/orders/pool"),
          rows("/custody/asset") > 0};
}

BookFile::BookFile(std::string path, std::uint64_t grain) : path_(std::move(path)) {
  Hdf5Reader const file(path_);
  BookSize const size = size_of_book(path_);
  std::uint64_t const accounts = size.accounts;
  require_rows(file, "/pools/account");
  if (grain == 0) grain = accounts / most_places + 1;
  std::vector<std::uint64_t> starts;
  for (std::uint64_t account = 0; account < accounts; account += grain) starts.push_back(account);
  starts.push_back(accounts);
  std::vector<std::uint64_t> const pool = first_rows(file, "/pools/account", "account", starts);
  auto const rows = [&](char const* column) { return first_rows(file, column, "pool", pool); };
  std::array const tables = {rows("/balances/pool"), rows("/positions/pool"), rows("/orders/pool")};
  for (std::size_t i = 0; i < starts.size(); ++i)
    places_.push_back({starts[i], pool[i], tables[0][i], tables[1][i], tables[2][i]});
  if (places_.back().pool != size.pools)
    throw InputError(file.place("/pools/account"), "differs in length from /pools/name",
                     "both are columns of one table", "make the file again");
  require_unique(file, "/accounts/name");
  require_unique(file, "/pools/name");
  totals_ = totals_in(file, file.describe("/axes/asset").shape.at(0));
  account_name_bytes_ = file.text_bytes("/accounts/name");
  pool_name_bytes_ = file.text_bytes("/pools/name");
}

Book BookFile::part(BookPlace const& begin, BookPlace const& end) const {
  Book book = read_book_part(path_, begin, end);
  book.totals = totals_;
  return book;
}

Book BookFile::axes() const {
  return part(places_.front(), places_.front());
}

}  // namespace plimsoll
