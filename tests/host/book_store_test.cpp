#include "host/book_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "host/book_check.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

void expect_equal(Provenance const& a, Provenance const& b) {
  EXPECT_EQ(a.program_version, b.program_version);
  EXPECT_EQ(a.commit, b.commit);
  EXPECT_EQ(a.command, b.command);
  ASSERT_EQ(a.inputs.size(), b.inputs.size());
  for (std::size_t i = 0; i < a.inputs.size(); ++i) {
    EXPECT_EQ(a.inputs[i].role, b.inputs[i].role);
    EXPECT_EQ(a.inputs[i].path, b.inputs[i].path);
    EXPECT_EQ(a.inputs[i].sha256, b.inputs[i].sha256);
  }
}

void expect_equal(Book const& a, Book const& b) {
  EXPECT_EQ(a.reporting_currency, b.reporting_currency);
  EXPECT_EQ(a.assets, b.assets);
  EXPECT_EQ(a.instruments.name, b.instruments.name);
  EXPECT_EQ(a.instruments.kind, b.instruments.kind);
  EXPECT_EQ(a.instruments.underlying, b.instruments.underlying);
  EXPECT_EQ(a.instruments.settle, b.instruments.settle);
  EXPECT_EQ(a.instruments.contract_size, b.instruments.contract_size);
  EXPECT_EQ(a.instruments.basis, b.instruments.basis);
  EXPECT_EQ(a.instruments.days_to_expiry, b.instruments.days_to_expiry);
  EXPECT_EQ(a.instruments.strike, b.instruments.strike);
  EXPECT_EQ(a.instruments.volatility, b.instruments.volatility);
  EXPECT_EQ(a.instruments.rate, b.instruments.rate);
  EXPECT_EQ(a.instruments.carry, b.instruments.carry);
  EXPECT_EQ(a.classes, b.classes);
  EXPECT_EQ(a.accounts.name, b.accounts.name);
  EXPECT_EQ(a.accounts.segregation_class, b.accounts.segregation_class);
  EXPECT_EQ(a.pools.name, b.pools.name);
  EXPECT_EQ(a.pools.account, b.pools.account);
  EXPECT_EQ(a.pools.kind, b.pools.kind);
  EXPECT_EQ(a.balances.pool, b.balances.pool);
  EXPECT_EQ(a.balances.asset, b.balances.asset);
  EXPECT_EQ(a.balances.amount, b.balances.amount);
  EXPECT_EQ(a.positions.pool, b.positions.pool);
  EXPECT_EQ(a.positions.instrument, b.positions.instrument);
  EXPECT_EQ(a.positions.quantity, b.positions.quantity);
  EXPECT_EQ(a.positions.entry_price, b.positions.entry_price);
  EXPECT_EQ(a.orders.pool, b.orders.pool);
  EXPECT_EQ(a.orders.instrument, b.orders.instrument);
  EXPECT_EQ(a.orders.side, b.orders.side);
  EXPECT_EQ(a.orders.quantity, b.orders.quantity);
  EXPECT_EQ(a.orders.price, b.orders.price);
  expect_equal(a.provenance, b.provenance);
}

TEST(BookStore, ReadsBackWhatItWrote) {
  TestFolder const folder;
  write_book(sample_book(), folder / "book.h5");
  expect_equal(read_book(folder / "book.h5"), sample_book());
}

TEST(BookStore, AnEmptyBookIsABook) {
  TestFolder const folder;
  Book book;
  book.reporting_currency = "USD";
  write_book(book, folder / "book.h5");
  expect_equal(read_book(folder / "book.h5"), book);
}

TEST(BookStore, LargeColumnsAreCompressedAndReadBack) {
  TestFolder const folder;
  Book book = sample_book();
  book.accounts = {};
  book.pools = {};
  book.balances = {};
  book.positions = {};
  std::uint32_t const count = 200000;
  for (std::uint32_t i = 0; i < count; ++i) {
    book.accounts.name.push_back(fmt::format("account {}", i));
    book.accounts.segregation_class.push_back(static_cast<std::uint8_t>(i % 2));
    book.pools.name.push_back(fmt::format("pool {}", i));
    book.pools.account.push_back(i);
    book.pools.kind.push_back(PoolKind::cross);
    book.balances.pool.push_back(i);
    book.balances.asset.push_back(i % 5);
    book.balances.amount.push_back(0.5 * i);
  }
  write_book(book, folder / "book.h5");
  expect_equal(read_book(folder / "book.h5"), book);
  EXPECT_LT(std::filesystem::file_size(folder / "book.h5"), 5'000'000u);
}

TEST(BookStore, EqualBooksAreEqualBytes) {
  TestFolder const folder;
  write_book(sample_book(), folder / "a.h5");
  write_book(sample_book(), folder / "b.h5");
  EXPECT_TRUE(bytes_of(folder / "a.h5") == bytes_of(folder / "b.h5"));
}

TEST(BookStore, ReplacesOnlyWhenTold) {
  TestFolder const folder;
  write_book(sample_book(), folder / "book.h5");
  refusal([&] { write_book(sample_book(), folder / "book.h5"); });
  Book changed = sample_book();
  changed.balances.amount[0] = 7.0;
  write_book(changed, folder / "book.h5", Overwrite::yes);
  EXPECT_EQ(read_book(folder / "book.h5").balances.amount[0], 7.0);
}

struct Wrong {
  char const* what;
  std::function<void(Book&)> spoil;
  char const* place;    // part of the message
  char const* problem;  // part of the message
};

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

std::vector<Wrong> wrong_books() {
  return {
      {"no currency", [](Book& b) { b.reporting_currency = ""; }, "/reporting_currency", "empty"},
      {"asset twice", [](Book& b) { b.assets[3] = "BTC"; }, "/axes/asset[3]", "stands in row 2"},
      {"control character", [](Book& b) { b.assets[3] = "a\nb"; }, "/axes/asset[3]", "control"},
      {"zero byte", [](Book& b) { b.assets[3] = std::string("a\0b", 3); }, "/axes/asset[3]",
       "control"},
      {"not UTF-8", [](Book& b) { b.assets[3] = "a\xff"; }, "/axes/asset[3]", "UTF-8"},
      {"overlong UTF-8", [](Book& b) { b.assets[3] = "\xc0\xaf"; }, "/axes/asset[3]", "UTF-8"},
      {"long name", [](Book& b) { b.accounts.name[0] = std::string(256, 'x'); },
       "/accounts/name[0]", "256 bytes"},
      {"blank at the end", [](Book& b) { b.pools.name[0] = "a "; }, "/pools/name[0]", "blank"},
      {"instrument twice", [](Book& b) { b.instruments.name[1] = b.instruments.name[0]; },
       "/instruments/name[1]", "stands in row 0"},
      {"column short", [](Book& b) { b.instruments.basis.pop_back(); }, "/instruments/basis",
       "has 2 rows"},
      {"no such underlying", [](Book& b) { b.instruments.underlying[1] = 5; },
       "/instruments/underlying[1]", "names row 5"},
      {"no such settle asset", [](Book& b) { b.instruments.settle[0] = 0xffffffffu; },
       "/instruments/settle[0]", "names row 4294967295"},
      {"inverse settles elsewhere", [](Book& b) { b.instruments.settle[2] = 1; },
       "/instruments/settle[2]", "settles in USDT"},
      {"no contract", [](Book& b) { b.instruments.contract_size[0] = 0.0; },
       "/instruments/contract_size[0]", "not above 0"},
      {"negative mark", [](Book& b) { b.instruments.basis[0] = -1.0; }, "/instruments/basis[0]",
       "basis is -1"},
      {"basis is NaN", [](Book& b) { b.instruments.basis[0] = nan; }, "/instruments/basis[0]",
       "basis is nan"},
      {"option column short", [](Book& b) { b.instruments.strike.pop_back(); },
       "/instruments/strike", "has 2 rows"},
      {"expired", [](Book& b) { b.instruments.days_to_expiry[0] = -0.5; },
       "/instruments/days_to_expiry[0]", "-0.5 days to expiry"},
      {"option without strike",
       [](Book& b) {
         b.instruments.kind[0] = InstrumentKind::put;
         b.instruments.days_to_expiry[0] = 3.0;
       },
       "/instruments/strike[0]", "strike 0"},
      {"no such class", [](Book& b) { b.accounts.segregation_class[3] = 2; },
       "/accounts/segregation_class[3]", "names row 2"},
      {"account twice", [](Book& b) { b.accounts.name[3] = "alpha"; }, "/accounts/name[3]",
       "stands in row 0"},
      {"account without pool", [](Book& b) { b.pools.account[2] = 2; }, "/accounts/name[1]",
       "beta has no pool"},
      {"last account without pool", [](Book& b) { b.pools.account[5] = 2; }, "/accounts/name[3]",
       "delta has no pool"},
      {"pools disordered", [](Book& b) { b.pools.account[4] = 1; }, "/pools/account[4]",
       "not ordered"},
      {"two cross pools", [](Book& b) { b.pools.kind[1] = PoolKind::cross; }, "/pools/account[1]",
       "two cross pools"},
      {"two cross pools, isolated between",
       [](Book& b) {
         b.pools.account = {0, 0, 0, 1, 2, 3};
         b.pools.kind[2] = PoolKind::cross;
       },
       "/pools/account[2]", "two cross pools"},
      {"balance disordered", [](Book& b) { b.balances.pool[2] = 3; }, "/balances/pool[3]",
       "not ordered by (pool, asset)"},
      {"balance twice", [](Book& b) { b.balances.asset[5] = 0; }, "/balances/pool[5]",
       "(pool, asset) stands twice"},
      {"balance of no pool", [](Book& b) { b.balances.pool[8] = 6; }, "/balances/pool[8]",
       "names row 6"},
      {"amount is NaN", [](Book& b) { b.balances.amount[1] = nan; }, "/balances/amount[1]", "nan"},
      {"amount too large", [](Book& b) { b.balances.amount[1] = -1e15; }, "/balances/amount[1]",
       "ticks"},
      {"position twice", [](Book& b) { b.positions.instrument[1] = 0; }, "/positions/pool[1]",
       "(pool, instrument) stands twice"},
      {"position in nothing", [](Book& b) { b.positions.instrument[7] = 3; },
       "/positions/instrument[7]", "names row 3"},
      {"quantity infinite", [](Book& b) { b.positions.quantity[4] = inf; },
       "/positions/quantity[4]", "ticks"},
      {"quantity too large", [](Book& b) { b.positions.quantity[0] = 1e14; },
       "/positions/quantity[0]", "ticks"},
      {"entry price zero", [](Book& b) { b.positions.entry_price[2] = 0.0; },
       "/positions/entry_price[2]", "not above 0"},
      {"entry price negative", [](Book& b) { b.positions.entry_price[2] = -1.0; },
       "/positions/entry_price[2]", "not above 0"},
      {"orders out of order", [](Book& b) { b.orders.instrument[1] = 0, b.orders.pool[0] = 1; },
       "/orders/pool[1]", "not ordered by (pool, instrument)"},
      {"order in nothing", [](Book& b) { b.orders.instrument[2] = 3; }, "/orders/instrument[2]",
       "names row 3"},
      {"order of nobody", [](Book& b) { b.orders.pool[2] = 6; }, "/orders/pool[2]", "names row 6"},
      {"order of nothing", [](Book& b) { b.orders.quantity[0] = 0.0; }, "/orders/quantity[0]",
       "not above 0"},
      {"order without a price", [](Book& b) { b.orders.price[1] = 0.0; }, "/orders/price[1]",
       "not above 0"},
      {"order too large", [](Book& b) { b.orders.quantity[0] = 1e14; }, "/orders/quantity[0]",
       "ticks"},
  };
}

TEST(BookCheck, RefusesWhatMakesNoSense) {
  EXPECT_NO_THROW(check_book(sample_book(), "book"));
  for (Wrong const& wrong : wrong_books()) {
    SCOPED_TRACE(wrong.what);
    Book book = sample_book();
    wrong.spoil(book);
    std::string const message = refusal([&] { check_book(book, "tonight.h5"); });
    EXPECT_NE(message.find(fmt::format("tonight.h5:{}: ", wrong.place)), std::string::npos)
        << message;
    EXPECT_NE(message.find(wrong.problem), std::string::npos) << message;
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  }
}

TEST(BookStore, WritesNoBookThatItWouldNotRead) {
  TestFolder const folder;
  for (Wrong const& wrong : wrong_books()) {
    Book book = sample_book();
    wrong.spoil(book);
    EXPECT_THROW(write_book(book, folder / "book.h5"), std::logic_error) << wrong.what;
  }
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace plimsoll
