// A book from CSV: the four tables, their order, and every row that is refused.
#include "host/import_book.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "host/error.hpp"

namespace plimsoll {
namespace {

using Texts = std::map<std::string, std::string>;  // table -> text

Texts good_texts() {
  return {{"instruments",
           "name,kind,underlying,settle,contract_size,basis\n"
           "BTC/USDT:USDT,linear,BTC,USDT,1,0.001\n"
           "BTC/USD:BTC,inverse,BTC,BTC,100,\n"},
          {"accounts", "name,class\nbob,client omnibus\nalice,house\n"},
          {"positions",
           "account,pool,instrument,quantity,entry_price\n"
           "alice,isolated:scalp,BTC/USDT:USDT,-0.5,61000\n"
           "alice,,BTC/USD:BTC,30,59000\n"
           "alice,cross,BTC/USDT:USDT,1,60000\n"
           "bob,,BTC/USDT:USDT,2,58000\n"},
          {"balances",
           "account,pool,asset,amount\n"
           "alice,isolated:scalp,USDT,5000\n"
           "bob,,USDC,-3\n"
           "alice,cross,USDT,10000\n"
           "alice,,BTC,0.5\n"}};
}

std::string path_of(std::string const& table) {
  auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
  return fmt::format("{}plimsoll_book_{}_{}.csv", testing::TempDir(), test->name(), table);
}

Book imported(Texts const& texts, std::string const& currency = "USD") {
  for (auto const& [table, text] : texts) std::ofstream(path_of(table), std::ios::binary) << text;
  return import_book({path_of("instruments"), path_of("accounts"), path_of("positions"),
                      path_of("balances"), currency,
                      texts.contains("orders") ? path_of("orders") : "",
                      texts.contains("custody") ? path_of("custody") : ""});
}

std::string refusal(Texts const& texts, std::string const& currency = "USD") {
  try {
    (void)imported(texts, currency);
  } catch (InputError const& error) {
    return error.what();
  }
  return "accepted";
}

// With `from` in `table` changed to `to`, the book is refused at that file and `place`.
void expect_refused(std::string const& table, std::string const& from, std::string const& to,
                    std::string const& place, std::string const& problem) {
  Texts texts = good_texts();
  auto const at = texts[table].find(from);
  ASSERT_NE(at, std::string::npos) << from;
  texts[table].replace(at, from.size(), to);
  std::string const message = refusal(texts);
  EXPECT_NE(message.find(table + ".csv:" + place), std::string::npos) << message;
  EXPECT_NE(message.find(problem), std::string::npos) << message;
  EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
}

TEST(ImportBook, LaysTheTablesOut) {
  Book const book = imported(good_texts());
  EXPECT_EQ(book.reporting_currency, "USD");
  EXPECT_EQ(book.assets, (std::vector<std::string>{"USD", "BTC", "USDT", "USDC"}));
  EXPECT_EQ(book.instruments.name, (std::vector<std::string>{"BTC/USDT:USDT", "BTC/USD:BTC"}));
  EXPECT_EQ(book.instruments.kind[1], InstrumentKind::inverse);
  EXPECT_EQ(book.instruments.settle, (std::vector<std::uint32_t>{2, 1}));
  EXPECT_EQ(book.instruments.contract_size, (std::vector<double>{1, 100}));
  EXPECT_EQ(book.instruments.basis, (std::vector<double>{0.001, 0}));
  EXPECT_EQ(book.accounts.name, (std::vector<std::string>{"bob", "alice"}));
  EXPECT_EQ(book.classes[book.accounts.segregation_class[0]], "client omnibus");
  EXPECT_EQ(book.classes[book.accounts.segregation_class[1]], "house");
  EXPECT_EQ(book.pools.name, (std::vector<std::string>{"bob", "alice", "alice/scalp"}));
  EXPECT_EQ(book.pools.account, (std::vector<std::uint32_t>{0, 1, 1}));
  EXPECT_EQ(book.pools.kind,
            (std::vector<PoolKind>{PoolKind::cross, PoolKind::cross, PoolKind::isolated}));
  EXPECT_EQ(book.positions.pool, (std::vector<std::uint32_t>{0, 1, 1, 2}));
  EXPECT_EQ(book.positions.instrument, (std::vector<std::uint32_t>{0, 0, 1, 0}));
  EXPECT_EQ(book.positions.quantity, (std::vector<double>{2, 1, 30, -0.5}));
  EXPECT_EQ(book.positions.entry_price, (std::vector<double>{58000, 60000, 59000, 61000}));
  EXPECT_EQ(book.balances.pool, (std::vector<std::uint32_t>{0, 1, 1, 2}));
  EXPECT_EQ(book.balances.asset, (std::vector<std::uint32_t>{3, 1, 2, 2}));
  EXPECT_EQ(book.balances.amount, (std::vector<double>{-3, 0.5, 10000, 5000}));
}

TEST(ImportBook, CustodyIsOrderedByClassAndAsset) {
  Texts texts = good_texts();
  texts["custody"] = "class,asset,units\nclient omnibus,USDC,7\nhouse,USDT,0\nhouse,BTC,2.5\n";
  Book const book = imported(texts);
  EXPECT_EQ(book.custody.segregation_class, (std::vector<std::uint8_t>{0, 0, 1}));
  EXPECT_EQ(book.custody.asset, (std::vector<std::uint32_t>{1, 2, 3}));
  EXPECT_EQ(book.custody.units, (std::vector<double>{2.5, 0, 7}));
  EXPECT_TRUE(imported(good_texts()).custody.asset.empty());
}

TEST(ImportBook, CustodyThatMakesNoSenseIsRefused) {
  struct Case {
    char const *row, *place, *problem;
  };
  for (Case const& c :
       {Case{"nobody,BTC,1", "row 3, column 'class'", "unknown class"},
        Case{"house,DOGE,1", "row 3, column 'asset'", "unknown asset"},
        Case{"house,BTC,-1", "row 3, column 'units'", "less than nothing"},
        Case{"house,BTC,1e15", "row 3, column 'units'", "does not fit"},
        Case{"house,BTC,nan", "row 3, column 'units'", "units"},
        Case{"house,USDT,1", "row 3, column 'asset'", "in row 2 for the same class"}}) {
    Texts texts = good_texts();
    texts["custody"] = std::string("class,asset,units\nhouse,USDT,1\n") + c.row + "\n";
    std::string const message = refusal(texts);
    EXPECT_NE(message.find("custody.csv:"), std::string::npos) << message;
    EXPECT_NE(message.find(c.place), std::string::npos) << message;
    EXPECT_NE(message.find(c.problem), std::string::npos) << message;
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  }
}

TEST(ImportBook, BasisMayBeAbsent) {
  Texts texts = good_texts();
  texts["instruments"] =
      "name,kind,underlying,settle,contract_size\nBTC/USDT:USDT,linear,BTC,USDT,1\n"
      "BTC/USD:BTC,inverse,BTC,BTC,100\n";
  EXPECT_EQ(imported(texts).instruments.basis, (std::vector<double>{0, 0}));
}

Texts with_options() {
  Texts texts = good_texts();
  texts["instruments"] =
      "name,kind,underlying,settle,contract_size,days_to_expiry,strike,volatility,rate,carry\n"
      "BTC/USDT:USDT,linear,BTC,USDT,1,,,,,\n"
      "BTC/USD:BTC,inverse,BTC,BTC,100,45.5,,,,\n"
      "BTC-C,call,BTC,BTC,1,30,70000,0.65,,\n"
      "BTC-P,put,BTC,USDT,0.1,30,60000,0.7,0.04,\n"
      "BTC-AP,american_put,BTC,USDT,1,60,60000,0.7,0.04,0.01\n";
  return texts;
}

TEST(ImportBook, LaysOptionsOut) {
  Book::Instruments const found = imported(with_options()).instruments;
  EXPECT_EQ(found.kind, (std::vector<InstrumentKind>{
                            InstrumentKind::linear, InstrumentKind::inverse, InstrumentKind::call,
                            InstrumentKind::put, InstrumentKind::american_put}));
  EXPECT_EQ(found.days_to_expiry, (std::vector<double>{0, 45.5, 30, 30, 60}));
  EXPECT_EQ(found.strike, (std::vector<double>{0, 0, 70000, 60000, 60000}));
  EXPECT_EQ(found.volatility, (std::vector<double>{0, 0, 0.65, 0.7, 0.7}));
  EXPECT_EQ(found.rate, (std::vector<double>{0, 0, 0, 0.04, 0.04}));
  EXPECT_EQ(found.carry, (std::vector<double>{0, 0, 0, 0, 0.01}));
}

TEST(ImportBook, RefusesOptionsThatAreNone) {
  struct Wrong {
    char const *from, *to, *problem;
  };
  for (Wrong const& wrong : {
           Wrong{"30,70000,0.65", "0,70000,0.65", "days_to_expiry is 0"},
           {"30,70000,0.65", "-1,70000,0.65", "-1 days to expiry"},
           {"30,70000,0.65", ",70000,0.65", "without expiry"},
           {"30,70000,0.65", "30,,0.65", "strike 0"},
           {"30,70000,0.65", "30,70000,-0.1", "volatility -0.1"},
           {"30,70000,0.65,,", "30,70000,0.65,,0.1", "carry 0.1"},
           {"30,70000,0.65,,", "30,70000,0.65,45,", "rate 45"},
           {"linear,BTC,USDT,1,,,,,", "linear,BTC,USDT,1,,5,,,", "strike 5"},
           {"american_put,BTC,USDT", "american_put,BTC,BTC", "paid in coin"},
           {"0.7,0.04,0.01", "0.7,-0.04,0.01", "rate -0.04"},
           {"BTC-C,call", "BTC-C,digital", "unknown kind 'digital'"},
       }) {
    Texts texts = with_options();
    auto const at = texts["instruments"].find(wrong.from);
    ASSERT_NE(at, std::string::npos) << wrong.from;
    texts["instruments"].replace(at, std::string(wrong.from).size(), wrong.to);
    std::string const message = refusal(texts);
    EXPECT_NE(message.find("instruments.csv:row "), std::string::npos) << message;
    EXPECT_NE(message.find(wrong.problem), std::string::npos) << message;
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  }
}

TEST(ImportBook, OrderOfHoldingsDoesNotMatter) {
  Texts texts = good_texts();
  texts["positions"] =
      "entry_price,quantity,instrument,pool,account\n"
      "58000,2,BTC/USDT:USDT,cross,bob\n60000,1,BTC/USDT:USDT,,alice\n"
      "59000,30,BTC/USD:BTC,cross,alice\n61000,-0.5,BTC/USDT:USDT,isolated:scalp,alice\n";
  Book const a = imported(good_texts());
  Book const b = imported(texts);
  EXPECT_EQ(a.pools.name, b.pools.name);
  EXPECT_EQ(a.positions.pool, b.positions.pool);
  EXPECT_EQ(a.positions.instrument, b.positions.instrument);
  EXPECT_EQ(a.positions.quantity, b.positions.quantity);
  EXPECT_EQ(a.positions.entry_price, b.positions.entry_price);
}

Texts with_orders() {
  Texts texts = good_texts();
  texts["orders"] =
      "account,pool,instrument,side,quantity,price\n"
      "bob,isolated:grid,BTC/USDT:USDT,buy,0.5,50000\n"
      "alice,,BTC/USDT:USDT,sell,2,70000\n"
      "alice,,BTC/USDT:USDT,buy,3,51000\n"
      "alice,cross,BTC/USDT:USDT,buy,1,52000\n";
  return texts;
}

// The market of an asset in another has orders; what is held of it is a balance.
TEST(ImportBook, OrdersInSpot) {
  Texts texts = with_orders();
  texts["instruments"] += "BTC/USDT,spot,BTC,USDT,1,\n";
  texts["orders"] += "bob,,BTC/USDT,sell,2,65000\n";
  Book const book = imported(texts);
  EXPECT_EQ(book.instruments.kind.back(), InstrumentKind::spot);
  EXPECT_EQ(book.orders.instrument.front(), 2u);
  EXPECT_EQ(book.orders.side.front(), OrderSide::sell);
  Texts held = texts;
  held["positions"] += "bob,,BTC/USDT,2,65000\n";
  std::string const message = refusal(held);
  EXPECT_NE(message.find("positions.csv:row 6, column 'instrument'"), std::string::npos) << message;
  EXPECT_NE(message.find("put it into the table of balances"), std::string::npos) << message;
  Texts based = texts;
  based["instruments"] += "BTC/USDC,spot,BTC,USDC,1,0.1\n";
  EXPECT_NE(refusal(based).find("spot with a basis"), std::string::npos) << refusal(based);
}

// A pool may have nothing but orders.
TEST(ImportBook, LaysOpenOrdersOut) {
  Book const book = imported(with_orders());
  EXPECT_EQ(book.pools.name, (std::vector<std::string>{"bob", "bob/grid", "alice", "alice/scalp"}));
  EXPECT_EQ(book.orders.pool, (std::vector<std::uint32_t>{1, 2, 2, 2}));
  EXPECT_EQ(book.orders.instrument, (std::vector<std::uint32_t>{0, 0, 0, 0}));
  EXPECT_EQ(book.orders.side, (std::vector<OrderSide>{OrderSide::buy, OrderSide::buy,
                                                      OrderSide::buy, OrderSide::sell}));
  EXPECT_EQ(book.orders.quantity, (std::vector<double>{0.5, 3, 1, 2}));
  EXPECT_EQ(book.orders.price, (std::vector<double>{50000, 51000, 52000, 70000}));
  EXPECT_TRUE(imported(good_texts()).orders.pool.empty());
}

TEST(ImportBook, RefusesBrokenOrders) {
  auto const refused = [](std::string const& from, std::string const& to, std::string const& place,
                          std::string const& problem) {
    Texts texts = with_orders();
    std::string& orders = texts["orders"];
    ASSERT_NE(orders.find(from), std::string::npos) << from;
    orders.replace(orders.find(from), from.size(), to);
    std::string const message = refusal(texts);
    EXPECT_NE(message.find("orders.csv:" + place), std::string::npos) << message;
    EXPECT_NE(message.find(problem), std::string::npos) << message;
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  };
  refused("price", "limit", "row 1", "column");
  refused("bob,", "bobby,", "row 2, column 'account'", "unknown account 'bobby'");
  refused("isolated:grid", "grid", "row 2, column 'pool'", "unknown pool");
  refused("BTC/USDT:USDT,sell", "ETH/USDT:USDT,sell", "row 3, column 'instrument'",
          "unknown instrument");
  refused("sell", "short", "row 3, column 'side'", "unknown side 'short'");
  refused(",2,", ",0,", "row 3, column 'quantity'", "quantity 0");
  refused(",2,", ",-2,", "row 3, column 'quantity'", "quantity -2");
  refused("70000", "0", "row 3, column 'price'", "price 0");
  refused(",2,", ",1e12,", "row 3, column 'quantity'", "worth 7e+16");
}

// A million rows in hash maps and one sort: quadratic work would not end.
TEST(ImportBook, TakesManyRows) {
  Texts texts = good_texts();
  std::string accounts = "name,class\n";
  std::string positions = "account,pool,instrument,quantity,entry_price\n";
  for (int i = 0; i < 250000; ++i) {
    accounts += fmt::format("A{},house\n", i);
    positions +=
        fmt::format("A{0},,BTC/USDT:USDT,1,60000\nA{0},isolated:x,BTC/USD:BTC,1,60000\n", i);
  }
  for (int i = 0; i < 250000; ++i) {
    positions += fmt::format("A0,isolated:{},BTC/USDT:USDT,1,60000\n", i);
  }
  texts["accounts"] = accounts;
  texts["positions"] = positions;
  texts["balances"] = "account,pool,asset,amount\n";
  Book const book = imported(texts);
  EXPECT_EQ(book.positions.pool.size(), 750000u);
  EXPECT_EQ(book.pools.name.size(), 750000u);
}

TEST(ImportBook, RefusesBrokenInstruments) {
  std::string const t = "instruments";
  expect_refused(t, "BTC/USD:BTC,", "BTC/USDT:USDT,", "row 3, column 'name'", "stands in row 2");
  expect_refused(t, "BTC/USD:BTC,", ",", "row 3, column 'name'", "empty");
  expect_refused(t, "inverse", "swap", "row 3, column 'kind'", "unknown kind 'swap'");
  expect_refused(t, "inverse,BTC,BTC", "inverse,BTC,ETH", "row 3, column 'settle'", "'ETH'");
  expect_refused(t, "linear,BTC", "linear,", "row 2, column 'underlying'", "empty");
  expect_refused(t, "USDT,1,", "USDT,0,", "row 2, column 'contract_size'", "contract size 0");
  expect_refused(t, "USDT,1,", "USDT,-1,", "row 2, column 'contract_size'", "contract size -1");
  expect_refused(t, "USDT,1,", "USDT,,", "row 2, column 'contract_size'", "is not a number");
  expect_refused(t, "0.001", "-1", "row 2, column 'basis'", "basis -1");
  expect_refused(t, "0.001", "nan", "row 2, column 'basis'", "is not a number");
  expect_refused(t, "basis", "base", "row 1, column 'base'", "unknown column");
  expect_refused(t, "settle,", "settled,", "row 1", "no column 'settle'");
}

TEST(ImportBook, RefusesBrokenAccounts) {
  std::string const t = "accounts";
  expect_refused(t, "alice", "bob", "row 3, column 'name'", "stands in row 2");
  expect_refused(t, "client omnibus", "clients", "row 2, column 'class'", "unknown class");
  expect_refused(t, "house", "", "row 3, column 'class'", "unknown class");
  expect_refused(t, "house\n", "house\ncarol,house\n", "row 4, column 'name'",
                 "'carol' holds nothing");
}

TEST(ImportBook, RefusesBrokenPositions) {
  std::string const t = "positions";
  expect_refused(t, "bob", "bobby", "row 5, column 'account'", "unknown account 'bobby'");
  expect_refused(t, "alice,cross", "alice,crossed", "row 4, column 'pool'", "unknown pool");
  expect_refused(t, "isolated:scalp", "isolated:", "row 2, column 'pool'", "unknown pool");
  expect_refused(t, "alice,,BTC/USD:BTC", "alice,,ETH/USD:ETH", "row 3, column 'instrument'",
                 "unknown instrument");
  expect_refused(t, "alice,,BTC/USD:BTC", "alice,,BTC/USDT:USDT", "row 4, column 'instrument'",
                 "stands in row 3");
  expect_refused(t, ",2,", ",0,", "row 5, column 'quantity'", "a quantity of 0");
  expect_refused(t, ",2,", ",nan,", "row 5, column 'quantity'", "is not a number");
  expect_refused(t, ",2,", ",,", "row 5, column 'quantity'", "is not a number");
  expect_refused(t, ",2,", ",1e12,", "row 5, column 'quantity'", "worth 5.8e+16");
  expect_refused(t, "30,59000", "30,1e-13", "row 3, column 'quantity'", "worth 3e+16");
  expect_refused(t, "58000", "0", "row 5, column 'entry_price'", "entry price 0");
  expect_refused(t, "58000", "-58000", "row 5, column 'entry_price'", "entry price -58000");
  expect_refused(t, "58000", "1e300", "row 5, column 'entry_price'", "entry price 1e+300");
}

TEST(ImportBook, RefusesBrokenBalances) {
  std::string const t = "balances";
  expect_refused(t, "bob", "bobby", "row 3, column 'account'", "unknown account 'bobby'");
  expect_refused(t, "alice,,BTC", "alice,,USDT", "row 5, column 'asset'", "stands in row 4");
  expect_refused(t, "bob,,USDC", "bob,,", "row 3, column 'asset'", "empty");
  expect_refused(t, "0.5", "1e15", "row 5, column 'amount'", "an amount of 1e+15");
  expect_refused(t, "0.5", "inf", "row 5, column 'amount'", "is not a number");
  expect_refused(t, "alice,cross", "alice,main", "row 4, column 'pool'", "unknown pool 'main'");
}

TEST(ImportBook, RefusesNamesThatCannotBeShown) {
  EXPECT_NE(refusal(good_texts(), "").find("--currency"), std::string::npos);
  expect_refused("accounts", "alice",
                 "al\x01"
                 "ice",
                 "row 3, column 'name'", "control character");
  Texts texts = good_texts();  // "a" isolated "b" would have the name of the account "a/b"
  texts["accounts"] = "name,class\na,house\na/b,house\n";
  texts["positions"] =
      "account,pool,instrument,quantity,entry_price\na,isolated:b,BTC/USDT:USDT,1,1\n"
      "a/b,,BTC/USDT:USDT,1,1\n";
  texts["balances"] = "account,pool,asset,amount\n";
  EXPECT_NE(refusal(texts).find("\"a/b\""), std::string::npos) << refusal(texts);
}

}  // namespace
}  // namespace plimsoll
