#include "host/exploded_book.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/book_totals.hpp"
#include "host/resolve_parts.hpp"
#include "models/net_value.hpp"

namespace plimsoll {
namespace {

RowRange rows_where(std::vector<std::uint32_t> const& pools, std::uint32_t pool) {
  auto const [first, last] = std::equal_range(pools.begin(), pools.end(), pool);
  return {static_cast<std::size_t>(first - pools.begin()),
          static_cast<std::size_t>(last - pools.begin())};
}

// What rules take from profit and loss in place of a requirement is one.
double requirement_with_taken(ResolvedBook const& resolved, std::uint32_t pool) {
  BookView const counted = resolved.book(), held = resolved.book_as_held();
  double required = resolved.margins_today()[pool].requirement;
  for (std::uint64_t t = held.term_begin[held.group_begin[pool]];
       t < held.term_begin[held.group_begin[pool + 1]]; ++t)
    required +=
        (held.term_weight[t] - counted.term_weight[t]) * resolved.rows_today()[held.term_row[t]];
  return required;
}

HoldingTonight tonight_of(Book const& book, ResolvedBook const& resolved, std::uint32_t pool,
                          Holding const& holding) {
  std::vector<double> const& rows = resolved.rows_today();
  BookView const held = resolved.book_as_held();
  double const gross = exposure_today(resolved, pool).gross;
  double const required = requirement_with_taken(resolved, pool);
  HoldingTonight found{holding, required > 0.0 ? required : gross, 0.0, 0.0};
  if (holding.position == no_position) return found;
  double const settle = rows[book.instruments.settle[holding.instrument]];
  found.realised = net_value(held, pool, [&](std::uint32_t r) { return rows[r]; }) / settle;
  double const mark = rows[held.term_row[held.term_begin[held.group_begin[pool]]]] / settle;
  bool const inverse = book.instruments.kind[holding.instrument] == InstrumentKind::inverse;
  found.entry = inverse ? 1.0 / mark : mark;
  return found;
}

void share_out(Book const& book, Partition& partition) {
  std::vector<double> need;
  double total = 0.0;
  for (HoldingTonight const& h : partition.holdings) {
    need.push_back(h.need);
    total += h.need;
  }
  if (total == 0.0) {
    need.assign(need.size(), 1.0);
    total = static_cast<double>(need.size());
  }
  for (double const of : need) partition.shares.push_back(of / total);
  std::vector<double> held(book.assets.size(), 0.0);
  PoolRows const rows = rows_of(book, partition.pool);
  for (std::size_t i = rows.balances.first; i < rows.balances.last; ++i)
    held[book.balances.asset[i]] = book.balances.amount[i];
  for (HoldingTonight const& h : partition.holdings)
    held[book.instruments.settle[h.holding.instrument]] += h.realised;
  for (std::uint32_t asset = 0; asset < held.size(); ++asset)
    if (held[asset] != 0.0)
      partition.collateral.push_back({asset, held[asset], exact_parts(held[asset], need)});
}

}  // namespace

PoolRows rows_of(Book const& book, std::uint32_t pool) {
  return {rows_where(book.balances.pool, pool), rows_where(book.positions.pool, pool),
          rows_where(book.orders.pool, pool)};
}

std::vector<Holding> all_holdings_of(Book const& book, std::uint32_t pool) {
  PoolRows const rows = rows_of(book, pool);
  std::vector<Holding> found;
  std::size_t position = rows.positions.first, order = rows.orders.first;
  while (position < rows.positions.last || order < rows.orders.last) {
    std::uint32_t const held =
        position < rows.positions.last ? book.positions.instrument[position] : no_index;
    std::uint32_t const ordered =
        order < rows.orders.last ? book.orders.instrument[order] : no_index;
    Holding holding{std::min(held, ordered), no_position, {order, order}};
    if (held == holding.instrument) holding.position = position++;
    while (order < rows.orders.last && book.orders.instrument[order] == holding.instrument) ++order;
    holding.orders.last = order;
    found.push_back(holding);
  }
  return found;
}

std::vector<Holding> holdings_of(Book const& book, std::uint32_t pool) {
  std::vector<Holding> found = all_holdings_of(book, pool);
  std::erase_if(found, [&](Holding const& holding) {
    return book.instruments.kind[holding.instrument] == InstrumentKind::spot;
  });
  return found;
}

DerivedBook::DerivedBook(Book const& source) : source_(source) {
  book_.reporting_currency = source.reporting_currency;
  book_.assets = source.assets;
  book_.instruments = source.instruments;
  book_.classes = source.classes;
  book_.place = source.place;
}

void DerivedBook::add_account(std::uint32_t like) {
  book_.accounts.name.push_back(source_.accounts.name[like]);
  book_.accounts.segregation_class.push_back(source_.accounts.segregation_class[like]);
}

void DerivedBook::add_pool(std::string name, PoolKind kind) {
  book_.pools.name.push_back(std::move(name));
  book_.pools.account.push_back(static_cast<std::uint32_t>(book_.accounts.name.size() - 1));
  book_.pools.kind.push_back(kind);
}

void DerivedBook::add_balance(std::uint32_t asset, double amount) {
  book_.balances.pool.push_back(last_pool());
  book_.balances.asset.push_back(asset);
  book_.balances.amount.push_back(amount);
}

void DerivedBook::add_position(std::uint32_t instrument, double quantity, double entry) {
  book_.positions.pool.push_back(last_pool());
  book_.positions.instrument.push_back(instrument);
  book_.positions.quantity.push_back(quantity);
  book_.positions.entry_price.push_back(entry);
}

void DerivedBook::add_orders(Holding const& holding) {
  for (std::size_t i = holding.orders.first; i < holding.orders.last; ++i) {
    book_.orders.pool.push_back(last_pool());
    book_.orders.instrument.push_back(holding.instrument);
    book_.orders.side.push_back(source_.orders.side[i]);
    book_.orders.quantity.push_back(source_.orders.quantity[i]);
    book_.orders.price.push_back(source_.orders.price[i]);
  }
}

void DerivedBook::add_holding(Holding const& holding) {
  if (holding.position != no_position)
    add_position(holding.instrument, source_.positions.quantity[holding.position],
                 source_.positions.entry_price[holding.position]);
  add_orders(holding);
}

void DerivedBook::copy_pool(std::uint32_t pool) {
  add_pool(source_.pools.name[pool], source_.pools.kind[pool]);
  PoolRows const rows = rows_of(source_, pool);
  for (std::size_t i = rows.balances.first; i < rows.balances.last; ++i)
    add_balance(source_.balances.asset[i], source_.balances.amount[i]);
  for (Holding const& holding : all_holdings_of(source_, pool)) add_holding(holding);
}

std::vector<double> exact_parts(double total, std::span<double const> weights) {
  std::vector<double> parts(weights.size(), 0.0);
  double weight = 0.0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weight += weights[i];
    if (weights[i] > 0.0) last = i;
  }
  if (total == 0.0 || weight == 0.0) return parts;
  // Every part is a multiple of 2^-40 of the total's leading bit, and what remains of its last bit:
  // sums of any of them need no more bits than the total has.
  double const grid = std::ldexp(1.0, std::ilogb(total) - 40);
  double rest = total;
  for (std::size_t i = 0; i < last; ++i) {
    parts[i] = std::trunc(total * (weights[i] / weight) / grid) * grid;
    if (magnitude(parts[i]) > magnitude(rest)) parts[i] = std::trunc(rest / grid) * grid;
    rest -= parts[i];
  }
  parts[last] = rest;
  return parts;
}

std::vector<Partition> partitions(Book const& book, Market const& market, RulePack const& rules,
                                  RunShape const& shape, std::span<std::uint32_t const> pools) {
  DerivedBook single(book);
  for (std::uint32_t const pool : pools) {
    single.add_account(book.pools.account[pool]);
    for (Holding const& holding : holdings_of(book, pool)) {
      single.add_pool(book.pools.name[pool], PoolKind::isolated);
      single.add_holding(holding);
    }
  }
  ResolvedBook const resolved(single.book(), market, rules, Threshold::initial, shape);
  std::vector<Partition> found;
  std::uint32_t next = 0;
  for (std::uint32_t const pool : pools) {
    Partition partition{pool, {}, {}, {}};
    for (Holding const& holding : holdings_of(book, pool))
      partition.holdings.push_back(tonight_of(book, resolved, next++, holding));
    share_out(book, partition);
    found.push_back(std::move(partition));
  }
  return found;
}

void add_isolated(DerivedBook& derived, Book const& book, Partition const& partition,
                  std::size_t holding) {
  HoldingTonight const& h = partition.holdings[holding];
  derived.add_pool(book.pools.name[partition.pool], PoolKind::isolated);
  for (Collateral const& collateral : partition.collateral)
    if (collateral.parts[holding] != 0.0)
      derived.add_balance(collateral.asset, collateral.parts[holding]);
  if (h.holding.position != no_position)
    derived.add_position(h.holding.instrument, book.positions.quantity[h.holding.position],
                         h.entry);
  derived.add_orders(h.holding);
}

void add_without(DerivedBook& derived, Book const& book, Partition const& partition,
                 std::size_t left_out) {
  HoldingTonight const& out = partition.holdings[left_out];
  std::uint32_t const settle = book.instruments.settle[out.holding.instrument];
  derived.add_pool(book.pools.name[partition.pool], book.pools.kind[partition.pool]);
  RowRange const rows = rows_of(book, partition.pool).balances;
  bool settled = out.realised == 0.0;
  auto const settle_before = [&](std::uint32_t asset) {
    if (settled || settle >= asset) return;
    derived.add_balance(settle, out.realised);
    settled = true;
  };
  for (std::size_t i = rows.first; i < rows.last; ++i) {
    std::uint32_t const asset = book.balances.asset[i];
    settle_before(asset);
    bool const here = !settled && asset == settle;
    derived.add_balance(asset, book.balances.amount[i] + (here ? out.realised : 0.0));
    settled = settled || here;
  }
  settle_before(no_index);
  for (Holding const& holding : all_holdings_of(book, partition.pool))
    if (holding.instrument != out.holding.instrument) derived.add_holding(holding);
}

RulePack with_totals_of(Book const& book, RulePack const& rules) {
  Book::Totals const totals = totals_of(book);
  RulePack pack = rules;
  pack.haircuts.clear();
  for (std::size_t asset = 0; asset < book.assets.size(); ++asset) {
    HaircutSchedule schedule = haircut_of(rules, book.assets[asset]);
    schedule.asset = book.assets[asset];
    schedule.borrowing = true;
    auto const say = [&](CollateralFigures& figures) {
      if (!figures.by_total) return;
      TotalScaling& scaling = *figures.by_total;
      scaling.deposits = scaling.deposits.value_or(totals.deposits[asset]);
      scaling.borrows = scaling.borrows.value_or(totals.borrows[asset]);
    };
    say(schedule.figures.maintenance);
    if (schedule.figures.initial) say(*schedule.figures.initial);
    if (schedule.figures.liquidation_end) say(*schedule.figures.liquidation_end);
    pack.haircuts.push_back(std::move(schedule));
  }
  return pack;
}

}  // namespace plimsoll
