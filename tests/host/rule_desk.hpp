// A desk of one account for tests of rules: what it holds, at what prices, under a pack given as
// text.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/resolve.hpp"
#include "host/rules_file.hpp"

namespace plimsoll {

// The pack of a text that has everything but a head, read as a file.
inline RulePack pack_of(std::string const& text, std::string const& gains = "gain_weight = 1") {
  auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = fmt::format("{}_{}", test->test_suite_name(), test->name());
  std::replace(name.begin(), name.end(), '/', '_');  // of tests with parameters
  std::string const path = fmt::format("{}plimsoll_desk_{}.toml", testing::TempDir(), name);
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      << "name = \"desk\"\ndate = \"2026-01-01\"\nsources = [\"made for tests\"]\n"
      << gains << "\n\n"
      << text;
  return read_rules(path);
}

class Desk {
 public:
  Desk() {
    book_.reporting_currency = market_.reporting_currency = "USD";
    market_.as_of = "2026-01-01";
    book_.assets = {"USD"};
    book_.classes = {"house"};
    book_.accounts = {{"desk"}, {0}};
    book_.pools = {{"desk"}, {0}, {PoolKind::cross}};
  }

  // What tonight is.
  Desk& on(std::string const& day) {
    market_.as_of = day;
    return *this;
  }
  // What follows is held in an isolated pool of its own.
  Desk& isolated() {
    book_.pools.name.push_back("desk/isolated");
    book_.pools.account.push_back(0);
    book_.pools.kind.push_back(PoolKind::isolated);
    return *this;
  }
  Desk& asset(std::string const& name, double price) {
    book_.assets.push_back(name);
    market_.constants.name.push_back(name);
    market_.constants.price.push_back(price);
    return *this;
  }
  Desk& hold(std::string const& asset, double amount) {
    balances_[{pool(), index(book_.assets, asset)}] = amount;
    return *this;
  }
  // More of what it holds.
  Desk& add(std::string const& asset, double amount) {
    balances_[{pool(), index(book_.assets, asset)}] += amount;
    return *this;
  }
  // A contract that the desk may trade.
  Desk& contract(std::string const& name, std::string const& underlying, std::string const& settle,
                 InstrumentKind kind = InstrumentKind::linear, double size = 1.0,
                 double basis = 0.0) {
    book_.instruments.name.push_back(name);
    book_.instruments.kind.push_back(kind);
    book_.instruments.underlying.push_back(index(book_.assets, underlying));
    book_.instruments.settle.push_back(index(book_.assets, settle));
    book_.instruments.contract_size.push_back(size);
    book_.instruments.basis.push_back(basis);
    for (auto* const column :
         {&book_.instruments.days_to_expiry, &book_.instruments.strike,
          &book_.instruments.volatility, &book_.instruments.rate, &book_.instruments.carry})
      column->push_back(0.0);
    return *this;
  }
  // The market of an asset in another.
  Desk& spot(std::string const& name, std::string const& base, std::string const& quote) {
    return contract(name, base, quote, InstrumentKind::spot);
  }
  // An option that expires tonight, or in `days`.
  Desk& option(std::string const& name, InstrumentKind kind, double strike, double days = 0.0,
               std::string const& settle = "USD", std::string const& underlying = "COIN") {
    contract(name, underlying, settle, kind);
    book_.instruments.strike.back() = strike;
    book_.instruments.days_to_expiry.back() = days;
    book_.instruments.volatility.back() = 0.5;
    return *this;
  }
  Desk& position(std::string const& name, double quantity, double entry) {
    positions_[{pool(), index(book_.instruments.name, name)}] = {quantity, entry};
    return *this;
  }
  Desk& order(std::string const& name, OrderSide side, double quantity, double price) {
    orders_.push_back({{pool(), index(book_.instruments.name, name)}, {side, quantity, price}});
    return *this;
  }

  // Of the contract added last.
  Desk& terms(double days, double strike, double volatility) {
    book_.instruments.days_to_expiry.back() = days;
    book_.instruments.strike.back() = strike;
    book_.instruments.volatility.back() = volatility;
    return *this;
  }

  // The same: yearly rates, and by how much the mark is above the spot.
  Desk& rates(double rate, double carry, double basis = 0.0) {
    book_.instruments.rate.back() = rate;
    book_.instruments.carry.back() = carry;
    book_.instruments.basis.back() = basis;
    return *this;
  }

  Book book() const {
    Book book = book_;
    for (auto const& [key, amount] : balances_) {
      book.balances.pool.push_back(key.first);
      book.balances.asset.push_back(key.second);
      book.balances.amount.push_back(amount);
    }
    for (auto const& [key, held] : positions_) {
      book.positions.pool.push_back(key.first);
      book.positions.instrument.push_back(key.second);
      book.positions.quantity.push_back(held.first);
      book.positions.entry_price.push_back(held.second);
    }
    auto sorted = orders_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](auto const& a, auto const& b) { return a.first < b.first; });
    for (auto const& [key, order] : sorted) {
      book.orders.pool.push_back(key.first);
      book.orders.instrument.push_back(key.second);
      book.orders.side.push_back(order.side);
      book.orders.quantity.push_back(order.quantity);
      book.orders.price.push_back(order.price);
    }
    return book;
  }
  Market const& market() const { return market_; }

  ResolvedBook resolve(RulePack const& pack, Threshold threshold = Threshold::maintenance) const {
    return {book(), market_, pack, threshold};
  }
  // Of the first pool.
  Margin<double> margin(RulePack const& pack, Threshold threshold = Threshold::maintenance) const {
    return resolve(pack, threshold).margins_today()[0];
  }

 private:
  struct Order {
    OrderSide side;
    double quantity, price;
  };
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // pool, item
  std::uint32_t pool() const { return static_cast<std::uint32_t>(book_.pools.name.size() - 1); }
  static std::uint32_t index(std::vector<std::string> const& names, std::string const& name) {
    auto const found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) ADD_FAILURE() << "no " << name;
    return static_cast<std::uint32_t>(found - names.begin());
  }

  Book book_;
  Market market_;
  std::map<Key, double> balances_;
  std::map<Key, std::pair<double, double>> positions_;
  std::vector<std::pair<Key, Order>> orders_;
};

// Reads the rows of tonight.
inline auto tonight(ResolvedBook const& resolved) {
  return [&resolved](std::uint32_t row) { return resolved.rows_today()[row]; };
}

}  // namespace plimsoll
