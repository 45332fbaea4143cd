#include "host/book_store.hpp"

#include <stdexcept>
#include <utility>

#include "host/book_check.hpp"
#include "host/error.hpp"

namespace plimsoll {

namespace {

template <class Fields, class BookOrConst>
void visit(Fields& file, BookOrConst& book) {
  file.value("/reporting_currency", "text", book.reporting_currency);
  file.column("/axes/asset", "text", {"asset"}, book.assets);
  file.column("/axes/class", "text", {"class"}, book.classes);
  auto& instruments = book.instruments;
  file.column("/instruments/name", "text", {"instrument"}, instruments.name);
  file.codes("/instruments/kind",
             "0 linear, 1 inverse, 2 call, 3 put, 4 american call, 5 american put, 6 spot",
             {"instrument"}, instruments.kind, instrument_kinds);
  file.column("/instruments/underlying", "row of /axes/asset", {"instrument"},
              instruments.underlying);
  file.column("/instruments/settle", "row of /axes/asset", {"instrument"}, instruments.settle);
  file.column("/instruments/contract_size", "underlying or ccy / contract", {"instrument"},
              instruments.contract_size);
  file.column("/instruments/basis", "fraction", {"instrument"}, instruments.basis);
  file.column("/instruments/days_to_expiry", "day", {"instrument"}, instruments.days_to_expiry);
  file.column("/instruments/strike", "settle asset or ccy / underlying", {"instrument"},
              instruments.strike);
  file.column("/instruments/volatility", "1/sqrt(year)", {"instrument"}, instruments.volatility);
  file.column("/instruments/rate", "1/year", {"instrument"}, instruments.rate);
  file.column("/instruments/carry", "1/year", {"instrument"}, instruments.carry);
  file.column("/accounts/name", "text", {"account"}, book.accounts.name);
  file.column("/accounts/segregation_class", "row of /axes/class", {"account"},
              book.accounts.segregation_class);
  file.column("/pools/name", "text", {"pool"}, book.pools.name);
  file.column("/pools/account", "row of /accounts", {"pool"}, book.pools.account);
  file.codes("/pools/kind", "0 cross, 1 isolated", {"pool"}, book.pools.kind, 2);
  file.column("/balances/pool", "row of /pools", {"balance"}, book.balances.pool);
  file.column("/balances/asset", "row of /axes/asset", {"balance"}, book.balances.asset);
  file.column("/balances/amount", "asset", {"balance"}, book.balances.amount);
  auto& positions = book.positions;
  file.column("/positions/pool", "row of /pools", {"position"}, positions.pool);
  file.column("/positions/instrument", "row of /instruments", {"position"}, positions.instrument);
  file.column("/positions/quantity", "contract", {"position"}, positions.quantity);
  file.column("/positions/entry_price", "settle asset or ccy / underlying", {"position"},
              positions.entry_price);
  auto& orders = book.orders;
  file.column("/orders/pool", "row of /pools", {"order"}, orders.pool);
  file.column("/orders/instrument", "row of /instruments", {"order"}, orders.instrument);
  file.codes("/orders/side", "0 buy, 1 sell", {"order"}, orders.side, 2);
  file.column("/orders/quantity", "contract", {"order"}, orders.quantity);
  file.column("/orders/price", "settle asset or ccy / underlying", {"order"}, orders.price);
  auto& custody = book.custody;
  file.column("/custody/segregation_class", "row of /axes/class", {"custody"},
              custody.segregation_class);
  file.column("/custody/asset", "row of /axes/asset", {"custody"}, custody.asset);
  file.column("/custody/units", "asset", {"custody"}, custody.units);
  file.provenance(book.provenance);
}

}  // namespace

namespace {

void require_sound(Book const& book, std::string const& path) {
  try {
    check_book(book, path);
  } catch (InputError const& error) {
    throw std::logic_error(error.what());
  }
}

// Indices that counted from the first row of a part count from that of the whole.
void count_from_before(std::vector<std::uint32_t>& indices, std::uint64_t first) {
  for (std::uint32_t& index : indices) index += static_cast<std::uint32_t>(first);
}

}  // namespace

void write_book(Book const& book, std::string const& path, Overwrite overwrite) {
  require_sound(book, path);
  SchemaWriter file(path, book_schema, overwrite);
  visit(file, book);
  file.finish();
}

// Takes what visit() takes: columns of accounts and what they hold grow, the others are written
// with the first part.
class BookWriter::Columns {
 public:
  Columns(std::string const& path, Overwrite overwrite, std::uint64_t account_name_bytes,
          std::uint64_t pool_name_bytes)
      : output_(path, overwrite),
        file_(output_.temporary(), path),
        account_name_bytes_(account_name_bytes),
        pool_name_bytes_(pool_name_bytes) {
    file_.attribute("/", "schema", book_schema.name);
    file_.attribute("/", "schema_version", book_schema.version);
  }

  template <class T>
  void column(std::string const& name, std::string_view unit, Axes axes,
              std::vector<T> const& values) {
    std::string_view const axis = *axes.begin();
    DatasetInfo const info{
        element_type<T>(), {values.size()}, std::string(unit), std::string(axis)};
    bool const grows = axis == "account" || axis == "pool" || axis == "balance" ||
                       axis == "position" || axis == "order";
    if (grows)
      file_.append<T>(name, info, axis == "account" ? account_name_bytes_ : pool_name_bytes_,
                      values);
    else if (first_)
      file_.write<T>(name, info, values);
  }
  template <class Code>
  void codes(std::string const& name, std::string_view unit, Axes axes,
             std::vector<Code> const& values, std::size_t /*count*/) {
    std::vector<std::uint8_t> bytes;
    for (Code const code : values) bytes.push_back(static_cast<std::uint8_t>(code));
    column(name, unit, axes, bytes);
  }
  template <class T>
  void value(std::string const& name, std::string_view unit, T const& value) {
    if (first_) file_.write<T>(name, {element_type<T>(), {}, std::string(unit), ""}, {&value, 1});
  }
  void provenance(Provenance const& from) {
    if (first_) write_provenance(file_, from);
    first_ = false;  // the last of a part
  }

  void finish() {
    file_.close();
    output_.commit();
  }

 private:
  OutputFile output_;
  Hdf5Writer file_;
  std::uint64_t account_name_bytes_, pool_name_bytes_;
  bool first_ = true;
};

BookWriter::BookWriter(std::string const& path, Overwrite overwrite,
                       std::uint64_t account_name_bytes, std::uint64_t pool_name_bytes)
    : columns_(std::make_unique<Columns>(path, overwrite, account_name_bytes, pool_name_bytes)) {}

BookWriter::~BookWriter() = default;

void BookWriter::append(Book part) {
  require_sound(part, "the book");
  count_from_before(part.pools.account, end_.account);
  for (std::vector<std::uint32_t>* const pool :
       {&part.balances.pool, &part.positions.pool, &part.orders.pool})
    count_from_before(*pool, end_.pool);
  visit(*columns_, std::as_const(part));
  end_.account += part.accounts.name.size();
  end_.pool += part.pools.name.size();
  end_.balance += part.balances.pool.size();
  end_.position += part.positions.pool.size();
  end_.order += part.orders.pool.size();
}

void BookWriter::finish() {
  columns_->finish();
}

Book read_book(std::string const& path) {
  SchemaReader file(path, book_schema);
  Book book;
  book.place = path;
  visit(file, book);
  file.finish();
  check_book(book, path);
  return book;
}

namespace {

// Indices count from the first row of the part on.
void count_from(std::vector<std::uint32_t>& indices, std::uint64_t first) {
  for (std::uint32_t& index : indices) index -= static_cast<std::uint32_t>(first);
}

}  // namespace

Book read_book_part(std::string const& path, BookPlace const& begin, BookPlace const& end) {
  SchemaReader file(path, book_schema);
  file.part("account", begin.account, end.account - begin.account);
  file.part("pool", begin.pool, end.pool - begin.pool);
  file.part("balance", begin.balance, end.balance - begin.balance);
  file.part("position", begin.position, end.position - begin.position);
  file.part("order", begin.order, end.order - begin.order);
  Book book;
  visit(file, book);
  file.finish();
  book.place = fmt::format("{}, accounts from row {} on (rows below are counted from there)", path,
                           begin.account);
  count_from(book.pools.account, begin.account);
  for (std::vector<std::uint32_t>* const pool :
       {&book.balances.pool, &book.positions.pool, &book.orders.pool})
    count_from(*pool, begin.pool);
  check_book(book, book.place);
  return book;
}

}  // namespace plimsoll
