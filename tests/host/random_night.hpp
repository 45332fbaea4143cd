// Random nights for tests: a book of a few accounts with several pools each, of every kind of
// contract, a market, a shape and a pack, all in memory.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/host/market_builder.hpp"
#include "tests/host/rule_desk.hpp"

namespace plimsoll {

// A whole night.
struct Night {
  Book book;
  Market market;
  RulePack rules;
  RunShape shape;
  MoveTable moves{};

  MarketView view() const { return view_of(market, moves.scenarios == 0 ? nullptr : &moves); }
};

// What a pool holds, to be put into a book.
struct Held {
  PoolKind kind;
  std::map<std::uint32_t, double> balances;
  std::map<std::uint32_t, std::pair<double, double>> positions;  // quantity, entry
  std::multimap<std::uint32_t, std::pair<OrderSide, double>> orders;
};

inline void add(Book& book, std::uint32_t account, Held const& held) {
  auto const pool = static_cast<std::uint32_t>(book.pools.name.size());
  book.pools.name.push_back(fmt::format("pool {}", pool));
  book.pools.account.push_back(account);
  book.pools.kind.push_back(held.kind);
  for (auto const& [asset, amount] : held.balances) {
    book.balances.pool.push_back(pool);
    book.balances.asset.push_back(asset);
    book.balances.amount.push_back(amount);
  }
  for (auto const& [instrument, position] : held.positions) {
    book.positions.pool.push_back(pool);
    book.positions.instrument.push_back(instrument);
    book.positions.quantity.push_back(position.first);
    book.positions.entry_price.push_back(position.second);
  }
  for (auto const& [instrument, order] : held.orders) {
    book.orders.pool.push_back(pool);
    book.orders.instrument.push_back(instrument);
    book.orders.side.push_back(order.first);
    book.orders.quantity.push_back(order.second);
    book.orders.price.push_back(1.0);
  }
}

// A pack that asks for much of what packs can: weights by size and by totals of the book, gains
// that count in part, a size slope, health weights, option margin by spreads, a scan.
inline std::string const every_kind = R"(
[[haircuts]]
asset = "USD"
weights = { asset = 1.0, liability = 1.0 }

[[haircuts]]
asset = "USDT"
weights = { asset = 0.98, liability = 1.03 }
by_total = { deposit_start = 30000, borrow_start = 5000 }

[[haircuts]]
asset = "BTC"
unit = "currency"
borrow_surcharge = 0.05
tiers = [{ from = 0, haircut = 0.1 }, { from = 5000, haircut = 0.3 }]

[[haircuts]]
asset = "ETH"
weights = { asset = 0.9, liability = 1.1 }
by_size = { factor = 0.01, asset_numerator = 1.1, liability_share = 0.8 }

[[schedules]]
name = "btc"
kind = "size_slope"
base = 0.01
slope = 0.002
initial = { kind = "size_slope", base = 0.05, slope = 0.002 }

[[schedules]]
name = "health"
kind = "health"
long = 0.95
short = 1.05
taken_from = "profit"

[[schedules]]
name = "options"
kind = "option_standard"
rate = 0.15
least = 0.1
spreads = "maximum_loss"

[[schedules]]
name = "scanned"
kind = "scan"
grid = "g"

[[scans]]
name = "g"
spots = [-0.1, 0, 0.1]
volatilities = [-0.2, 0, 0.2]
groups = [{ assets = ["BTC", "ETH"], offset = 0.5 }]

[[instruments]]
match = "BTC/USDT*"
schedule = "btc"

[[instruments]]
match = "ETH/USDT*"
schedule = "health"

[[instruments]]
match = "CALL*"
schedule = "options"

[[instruments]]
match = "*"
schedule = "scanned"
)";

inline Night random_night(std::uint64_t seed, bool tiers_only) {
  std::mt19937_64 random(seed);
  auto const uniform = [&random](double low, double high) {
    return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
  };
  Night night;
  night.market = test_market({"BTC", "ETH", "ETH.vol"}, {65000.0, 3000.0, 1.0});
  night.shape = {seed, 150, 2, 4.0 / 365.0};
  Book& book = night.book;
  book.reporting_currency = "USD";
  book.assets = {"USD", "USDT", "BTC", "ETH"};
  book.classes = {"house", "client"};
  book.instruments.name = {"BTC/USDT:USDT", "ETH/USDT:USDT", "BTC/USD:BTC",
                           "CALL A",        "CALL B",        "ETH-FUTURE"};
  using K = InstrumentKind;
  book.instruments.kind = {K::linear, K::linear, K::inverse, K::call, K::call, K::linear};
  book.instruments.underlying = {2, 3, 2, 3, 3, 3};
  book.instruments.settle = {1, 1, 2, 1, 1, 1};
  book.instruments.contract_size = {0.01, 1, 100, 1, 1, 1};
  book.instruments.basis = {0.001, -0.001, 0, 0, 0, 0.002};
  book.instruments.days_to_expiry = {0, 0, 0, 20, 20, 5};
  book.instruments.strike = {0, 0, 0, 3000, 3300, 0};
  book.instruments.volatility = {0, 0, 0, 0.7, 0.7, 0};
  book.instruments.rate.assign(6, 0.0);
  book.instruments.carry.assign(6, 0.0);
  double const mark[] = {65065.0, 2997.0, 65000.0, 180.0, 80.0, 3006.0};
  double const unit[] = {650.0, 3000.0, 100.0, 3000.0, 3000.0, 3000.0};  // [ccy] of a contract
  for (std::uint32_t a = 0; a < 6; ++a) {
    book.accounts.name.push_back(fmt::format("a{}", a));
    book.accounts.segregation_class.push_back(static_cast<std::uint8_t>(a % 2));
    for (std::uint64_t p = 0; p < 1 + random() % 4; ++p) {
      Held held{p == 0 ? PoolKind::cross : PoolKind::isolated, {}, {}, {}};
      double gross = 0.0;
      for (std::uint32_t i = 0; i < 6; ++i) {
        if (random() % 3 == 0) {
          double const value = uniform(2000.0, 30000.0);
          gross += value;
          held.positions[i] = {(random() % 2 == 0 ? -1.0 : 1.0) * value / unit[i],
                               mark[i] * uniform(0.97, 1.03)};
        }
        if (random() % 9 == 0)
          held.orders.emplace(i, std::pair(random() % 2 == 0 ? OrderSide::buy : OrderSide::sell,
                                           uniform(100.0, 3000.0) / unit[i]));
      }
      held.balances[1] = uniform(0.05, 0.4) * gross + (random() % 6 == 0 ? -8000.0 : 100.0);
      if (random() % 2 == 0) held.balances[2] = uniform(0.0, 0.2);
      if (random() % 2 == 0) held.balances[3] = uniform(0.0, 3.0);
      add(book, a, held);
    }
  }
  night.rules =
      tiers_only ? test_rules({"*"}) : pack_of(every_kind, "gain_weight = 0.9\norder_charge = 2");
  return night;
}

}  // namespace plimsoll
