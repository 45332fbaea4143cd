#include "host/spot_orders.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "host/book_totals.hpp"
#include "host/resolve_parts.hpp"

namespace plimsoll {
namespace {

using Key = std::pair<std::uint32_t, std::uint32_t>;  // pool, asset
using Balances = std::map<Key, double>;

// What a pool buys and sells on one market, and what it pays and gets for that.
struct SpotOrders {
  std::uint32_t pool, base, quote;
  double bids = 0.0, paid = 0.0, asks = 0.0, got = 0.0;

  void fill(Balances& balances, OrderSide side) const {
    bool const buys = side == OrderSide::buy;
    balances[{pool, base}] += buys ? bids : -asks;
    balances[{pool, quote}] += buys ? -paid : got;
  }
};

// By pool, then by instrument.
std::vector<SpotOrders> spot_orders_of(Book const& book) {
  std::vector<SpotOrders> found;
  std::map<Key, std::size_t> known;  // (pool, instrument)
  Book::Instruments const& t = book.instruments;
  for (std::size_t i = 0; i < book.orders.pool.size(); ++i) {
    std::uint32_t const instrument = book.orders.instrument[i], pool = book.orders.pool[i];
    if (t.kind[instrument] != InstrumentKind::spot) continue;
    auto const [place, fresh] = known.emplace(Key{pool, instrument}, found.size());
    if (fresh) found.push_back({pool, t.underlying[instrument], t.settle[instrument]});
    SpotOrders& orders = found[place->second];
    double const units = book.orders.quantity[i] * t.contract_size[instrument];
    bool const buys = book.orders.side[i] == OrderSide::buy;
    (buys ? orders.bids : orders.asks) += units;
    (buys ? orders.paid : orders.got) += units * book.orders.price[i];
  }
  return found;
}

void put_balances(Book& book, Balances const& balances) {
  book.balances = {};
  for (auto const& [key, amount] : balances) {
    book.balances.pool.push_back(key.first);
    book.balances.asset.push_back(key.second);
    book.balances.amount.push_back(amount);
  }
}

}  // namespace

// What was in the balances of a book whose orders in spot are filled.
void ResolvedBook::keep_owned(Book const& book) {
  for (SpotOrders const& orders : spot_orders_of(book)) {
    spot_pool_.resize(book.pools.name.size(), 0);
    spot_pool_[orders.pool] = 1;
  }
  if (spot_pool_.empty()) return;
  Balances owned;
  for (std::size_t i = 0; i < book.balances.pool.size(); ++i)
    owned[{book.balances.pool[i], book.balances.asset[i]}] = book.balances.amount[i];
  for (std::uint32_t pool = 0; pool < spot_pool_.size(); ++pool)
    for (std::uint32_t group = group_begin_[pool]; group < group_begin_[pool + 1]; ++group) {
      auto const found = owned.find({pool, group_asset_[group]});
      group_owned_.push_back(found == owned.end() ? 0.0 : found->second);
    }
}

SpotFilled::SpotFilled(Book const& book, Market const& market, RulePack const& rules,
                       Threshold threshold, RunShape const& shape)
    : given_(book) {
  std::vector<SpotOrders> const orders = spot_orders_of(book);
  if (orders.empty()) return;
  refuse_debts(book, rules);
  filled_ = std::make_unique<Book>(book);
  filled_->totals = totals_of(book);
  Balances balances;
  for (std::size_t i = 0; i < book.balances.pool.size(); ++i)
    balances[{book.balances.pool[i], book.balances.asset[i]}] = book.balances.amount[i];
  auto const excesses = [&](Balances const& held) {
    put_balances(*filled_, held);
    ResolvedBook const resolved(*filled_, market, rules, threshold, shape,
                                ResolvedBook::AsFilled{});
    std::vector<double> found;
    for (Margin<double> const& margin : resolved.margins_today()) found.push_back(margin.excess);
    return found;
  };
  // The first market of every pool, then the second of those that have one, and so on.
  std::vector<std::size_t> next(book.pools.name.size(), 0), rank;
  for (SpotOrders const& each : orders) rank.push_back(next[each.pool]++);
  std::size_t const rounds = *std::max_element(next.begin(), next.end());
  std::vector<double> least = excesses(balances);
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<SpotOrders const*> here;
    for (std::size_t i = 0; i < orders.size(); ++i)
      if (rank[i] == round) here.push_back(&orders[i]);
    Balances worst = balances;
    for (OrderSide const side : {OrderSide::buy, OrderSide::sell}) {
      Balances tried = balances;
      for (SpotOrders const* const each : here) each->fill(tried, side);
      std::vector<double> const found = excesses(tried);
      for (SpotOrders const* const each : here) {
        if (!(found[each->pool] < least[each->pool])) continue;
        least[each->pool] = found[each->pool];
        for (std::uint32_t const asset : {each->base, each->quote})
          worst[{each->pool, asset}] = tried[{each->pool, asset}];
      }
    }
    balances = std::move(worst);
  }
  put_balances(*filled_, balances);
}

}  // namespace plimsoll
