// Tonight's book as it is stored: names and columns, before any market or rule pack is laid over
// it. Units: amounts in units of the asset, quantities in contracts, entry prices in the quote
// currency
//   per unit (linear: settle asset per underlying; inverse: reporting currency per underlying).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/provenance.hpp"
#include "models/book.hpp"

namespace plimsoll {

enum class OrderSide : std::uint8_t { buy, sell };

// Spot is a balance, not a position: the market of an asset in another has orders only. Calls and
// puts are European, on the mark of their underlying; one that settles in its underlying is paid in
// coin.
enum class InstrumentKind : std::uint8_t {
  linear,
  inverse,
  call,
  put,
  american_call,
  american_put,
  spot,  // of the underlying in the settlement asset
};
inline constexpr std::uint8_t instrument_kinds = 7;
inline bool is_option(InstrumentKind kind) {
  return kind >= InstrumentKind::call && kind <= InstrumentKind::american_put;
}
inline bool is_american(InstrumentKind kind) {
  return kind == InstrumentKind::american_call || kind == InstrumentKind::american_put;
}
inline bool is_put(InstrumentKind kind) {
  return kind == InstrumentKind::put || kind == InstrumentKind::american_put;
}

struct Book {
  std::string reporting_currency;  // an asset of price 1
  std::vector<std::string> assets;
  struct Instruments {
    std::vector<std::string> name;
    std::vector<InstrumentKind> kind;
    std::vector<std::uint32_t> underlying;  // asset
    std::vector<std::uint32_t> settle;      // asset
    std::vector<double>
        contract_size;          // inverse: [ccy / contract]; others: [underlying / contract]
    std::vector<double> basis;  // mark = spot x (1 + basis)
    std::vector<double> days_to_expiry;  // [day] from tonight; 0: never
    // Of options; 0 otherwise.
    std::vector<double> strike;       // [settle asset, or ccy where paid in coin, / underlying]
    std::vector<double> volatility;   // [1/sqrt(year)] implied tonight
    std::vector<double> rate, carry;  // [1/year] continuous; carry of American options only
  } instruments;
  std::vector<std::string> classes;  // segregation classes: "house", "client omnibus", ...
  struct Accounts {
    std::vector<std::string> name;
    std::vector<std::uint8_t> segregation_class;
  } accounts;
  struct Pools {  // ordered by account
    std::vector<std::string> name;
    std::vector<std::uint32_t> account;
    std::vector<PoolKind> kind;
  } pools;
  struct Balances {  // ordered by (pool, asset), no pair twice
    std::vector<std::uint32_t> pool, asset;
    std::vector<double> amount;
  } balances;
  struct Positions {  // ordered by (pool, instrument), no pair twice
    std::vector<std::uint32_t> pool, instrument;
    std::vector<double> quantity, entry_price;
  } positions;
  struct Orders {  // open ones, ordered by (pool, instrument)
    std::vector<std::uint32_t> pool, instrument;
    std::vector<OrderSide> side;
    std::vector<double> quantity, price;  // quantity > 0; price in the unit of entry prices
  } orders;
  // What is held apart for a class, ordered by (class, asset), no pair twice. A class without a row
  // has no custody given, which is not a custody of nothing.
  struct Custody {
    std::vector<std::uint8_t> segregation_class;
    std::vector<std::uint32_t> asset;
    std::vector<double> units;  // not negative
  } custody;
  // What is owned and owed of each asset in the whole book that this one is a part of; empty where
  // it is the whole. Never stored.
  struct Totals {
    std::vector<double> deposits, borrows;  // [asset] [units]
  } totals;
  Provenance provenance;
  std::string place = "book";  // where messages say it is: the file that it was read from
};

}  // namespace plimsoll
