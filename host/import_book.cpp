#include "host/import_book.hpp"

#include <algorithm>
#include <cmath>
#include <compare>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "host/book_check.hpp"
#include "host/csv.hpp"
#include "host/instrument_check.hpp"
#include "host/name_check.hpp"
#include "models/ticks.hpp"

namespace plimsoll {

namespace {

constexpr std::string_view kind_names[] = {"linear",        "inverse",      "call", "put",
                                           "american_call", "american_put", "spot"};
constexpr std::string_view class_names[] = {"house", "client omnibus", "client segregated"};

using Index = std::unordered_map<std::string_view, std::uint32_t>;

// A table whose columns are exactly those known; `optional` ones may be absent.
CsvTable read_table(std::string const& path, std::initializer_list<std::string_view> required,
                    std::initializer_list<std::string_view> optional = {}) {
  CsvTable table = CsvTable::read(path);
  for (std::string_view const name : required) (void)table.column(name);
  for (std::string const& name : table.columns()) {
    if (std::find(required.begin(), required.end(), name) != required.end()) continue;
    if (std::find(optional.begin(), optional.end(), name) != optional.end()) continue;
    throw InputError(fmt::format("{}:row 1, column {}", path, shown(name)), "unknown column",
                     "it would have no effect",
                     fmt::format("remove it; the columns are {}{}{}", fmt::join(required, ", "),
                                 optional.size() == 0 ? "" : ", ", fmt::join(optional, ", ")));
  }
  return table;
}

// A pool as rows name it: of an account, cross (no label) or isolated under a label.
struct PoolKey {
  std::uint32_t account;
  std::string_view label;  // empty: cross
  bool operator==(PoolKey const&) const = default;
};
struct PoolKeyHash {
  std::size_t operator()(PoolKey const& key) const {
    return std::hash<std::string_view>{}(key.label) * 31 + std::hash<std::uint32_t>{}(key.account);
  }
};

// A row of positions or balances: where it belongs, and where it stands in its file.
struct Holding {
  std::uint32_t pool;
  std::uint32_t item;  // instrument or asset
  std::size_t row;
};

class BookImport {
 public:
  explicit BookImport(BookFiles const& files)
      : instruments_(
            read_table(files.instruments, {"name", "kind", "underlying", "settle", "contract_size"},
                       {"basis", "days_to_expiry", "strike", "volatility", "rate", "carry"})),
        accounts_(read_table(files.accounts, {"name", "class"})),
        positions_(read_table(files.positions,
                              {"account", "pool", "instrument", "quantity", "entry_price"})),
        balances_(read_table(files.balances, {"account", "pool", "asset", "amount"})),
        currency_(files.reporting_currency) {
    if (!files.orders.empty())
      orders_ =
          read_table(files.orders, {"account", "pool", "instrument", "side", "quantity", "price"});
    if (!files.custody.empty()) custody_ = read_table(files.custody, {"class", "asset", "units"});
  }

  Book build() {
    check_name("--currency", currency_);
    book_.reporting_currency = currency_;
    add_asset(currency_);
    add_instruments();
    add_accounts();
    std::vector<Holding> positions = read_contracts(positions_);
    std::vector<Holding> balances = read_balances();
    std::vector<Holding> orders;
    if (orders_) orders = read_contracts(*orders_);
    add_pools({&positions, &balances, &orders});
    add_positions(positions);
    add_balances(balances);
    if (orders_) add_orders(orders);
    if (custody_) add_custody();
    check_book(book_, "imported book");
    return std::move(book_);
  }

 private:
  std::uint32_t add_asset(std::string_view name) {
    auto const [found, fresh] =
        asset_index_.emplace(name, static_cast<std::uint32_t>(book_.assets.size()));
    if (fresh) book_.assets.emplace_back(name);
    return found->second;
  }

  static std::string_view named(CsvTable const& table, std::size_t row, std::size_t column) {
    std::string_view const name = table.text(row, column);
    check_name(table.place(row, column), name);
    return name;
  }

  static void add_unique(Index& index, CsvTable const& table, std::size_t row, std::size_t column) {
    auto const [found, fresh] =
        index.emplace(named(table, row, column), static_cast<std::uint32_t>(row));
    if (fresh) return;
    throw table.error(
        row, column,
        fmt::format("{} stands in row {} already", shown(found->first), table.line(found->second)),
        "other tables refer to it by its name", "remove or rename one of them");
  }

  void add_instruments();
  void add_instrument(std::size_t row);
  void refuse_given_zero(std::size_t row, std::string_view name);
  void add_accounts();
  std::uint32_t pool_of(CsvTable const& table, std::size_t row);
  std::vector<Holding> read_contracts(CsvTable const& table);
  std::vector<Holding> read_balances();
  void add_pools(std::initializer_list<std::vector<Holding>*> tables);
  void refuse_empty_accounts();
  void add_positions(std::vector<Holding>& holdings);
  void add_balances(std::vector<Holding>& holdings);
  void add_orders(std::vector<Holding>& holdings);
  void add_custody();
  double custody_units(std::size_t row) const;
  OrderSide order_side(std::size_t row) const;
  double order_number(std::size_t row, std::string_view name, std::string_view why) const;
  void check_position(std::size_t row, std::uint32_t instrument, double quantity, double price);

  CsvTable const instruments_, accounts_, positions_, balances_;
  std::optional<CsvTable> orders_, custody_;
  std::string const currency_;
  Book book_;
  Index asset_index_, instrument_index_, account_index_;
  std::unordered_map<PoolKey, std::uint32_t, PoolKeyHash> pool_index_;
  std::vector<PoolKey> pools_;  // in order of appearance
};

void BookImport::add_instruments() {
  std::size_t const name = instruments_.column("name");
  for (std::size_t row = 0; row < instruments_.rows(); ++row) {
    add_unique(instrument_index_, instruments_, row, name);
    add_instrument(row);
  }
}

void BookImport::add_instrument(std::size_t row) {
  CsvTable const& t = instruments_;
  std::size_t const kind_column = t.column("kind"), size_column = t.column("contract_size");
  std::string_view const kind = t.text(row, kind_column);
  auto const known = std::find(std::begin(kind_names), std::end(kind_names), kind);
  if (known == std::end(kind_names)) {
    throw t.error(
        row, kind_column, fmt::format("unknown kind {}", shown(kind)), "its value is not defined",
        fmt::format("write {}; what is held of spot is a balance", fmt::join(kind_names, ", ")));
  }
  std::string_view const underlying = named(t, row, t.column("underlying"));
  std::string_view const settle = named(t, row, t.column("settle"));
  if (kind == "inverse" && settle != underlying) {
    throw t.error(row, t.column("settle"), fmt::format("settles in {}", shown(settle)),
                  "inverse instruments settle in their underlying",
                  "name the underlying, or make the instrument linear");
  }
  double const size = t.number(row, size_column);
  if (!(size > 0.0 && size <= largest_amount)) {
    throw t.error(row, size_column, fmt::format("contract size {}", size),
                  "a contract is worth something",
                  "give a size above 0, in units of the "
                  "underlying (linear) or of the reporting currency (inverse)");
  }
  auto const basis_column = t.find_column("basis");
  bool const has_basis = basis_column && !t.blank(row, *basis_column);
  double const basis = has_basis ? t.number(row, *basis_column) : 0.0;
  if (!(basis > -1.0 && basis <= 1e6)) {
    throw t.error(row, *basis_column, fmt::format("basis {}", basis),
                  "the mark, spot x (1 + basis), would not be a positive price",
                  "write 0.1 % above spot as 0.001");
  }
  book_.instruments.name.emplace_back(t.text(row, t.column("name")));
  book_.instruments.kind.push_back(static_cast<InstrumentKind>(known - std::begin(kind_names)));
  book_.instruments.underlying.push_back(add_asset(underlying));
  book_.instruments.settle.push_back(add_asset(settle));
  book_.instruments.contract_size.push_back(size);
  book_.instruments.basis.push_back(basis);
  auto const figure = [&](std::string_view column) {
    auto const found = t.find_column(column);
    return found && !t.blank(row, *found) ? t.number(row, *found) : 0.0;
  };
  refuse_given_zero(row, "days_to_expiry");
  book_.instruments.days_to_expiry.push_back(figure("days_to_expiry"));
  book_.instruments.strike.push_back(figure("strike"));
  book_.instruments.volatility.push_back(figure("volatility"));
  book_.instruments.rate.push_back(figure("rate"));
  book_.instruments.carry.push_back(figure("carry"));
  if (auto const fault = contract_fault(book_.instruments, book_.instruments.name.size() - 1)) {
    auto const column = t.find_column(fault->column);
    throw t.error(row, column ? *column : kind_column, fault->problem, std::string(fault->why),
                  std::string(fault->hint));
  }
}

// What expires tonight has expired; blank means that a contract never does.
void BookImport::refuse_given_zero(std::size_t row, std::string_view name) {
  auto const column = instruments_.find_column(name);
  if (!column || instruments_.blank(row, *column) || instruments_.number(row, *column) != 0.0)
    return;
  throw instruments_.error(row, *column, fmt::format("{} is 0", name),
                           "what has expired is cash, not a position",
                           "leave it blank for a contract without expiry, or remove the contract");
}

// Of accounts or of custody.
std::uint8_t class_named(CsvTable const& table, std::size_t row, std::size_t column) {
  std::string_view const text = table.text(row, column);
  auto const found = std::find(std::begin(class_names), std::end(class_names), text);
  if (found == std::end(class_names)) {
    throw table.error(row, column, fmt::format("unknown class {}", shown(text)),
                      "what answers for whose losses depends on it",
                      fmt::format("write {}", fmt::join(class_names, ", ")));
  }
  return static_cast<std::uint8_t>(found - std::begin(class_names));
}

void BookImport::add_accounts() {
  book_.classes.assign(std::begin(class_names), std::end(class_names));
  std::size_t const name = accounts_.column("name"), class_column = accounts_.column("class");
  for (std::size_t row = 0; row < accounts_.rows(); ++row) {
    add_unique(account_index_, accounts_, row, name);
    book_.accounts.name.emplace_back(accounts_.text(row, name));
    book_.accounts.segregation_class.push_back(class_named(accounts_, row, class_column));
  }
}

std::uint32_t BookImport::pool_of(CsvTable const& table, std::size_t row) {
  std::size_t const account_column = table.column("account"), pool_column = table.column("pool");
  std::string_view const account = table.text(row, account_column);
  auto const found = account_index_.find(account);
  if (found == account_index_.end()) {
    throw table.error(row, account_column, fmt::format("unknown account {}", shown(account)),
                      fmt::format("{} does not list it", accounts_.path()),
                      "add it there, or correct the name");
  }
  constexpr std::string_view isolated = "isolated:";
  std::string_view label = table.text(row, pool_column);
  if (label.starts_with(isolated) && label.size() > isolated.size()) {
    label.remove_prefix(isolated.size());
    check_name(table.place(row, pool_column), label);
  } else if (label.empty() || label == "cross") {
    label = {};
  } else {
    throw table.error(row, pool_column, fmt::format("unknown pool {}", shown(label)),
                      "it is unclear what collateral answers for it",
                      "leave the cell blank for the cross pool, or write isolated:NAME");
  }
  PoolKey const key{found->second, label};
  auto const [pool, fresh] = pool_index_.emplace(key, static_cast<std::uint32_t>(pools_.size()));
  if (fresh) pools_.push_back(key);
  return pool->second;
}

// Of positions or of orders.
std::vector<Holding> BookImport::read_contracts(CsvTable const& table) {
  std::size_t const column = table.column("instrument");
  std::vector<Holding> holdings;
  holdings.reserve(table.rows());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    std::string_view const name = table.text(row, column);
    auto const found = instrument_index_.find(name);
    if (found == instrument_index_.end()) {
      throw table.error(row, column, fmt::format("unknown instrument {}", shown(name)),
                        fmt::format("{} does not list it", instruments_.path()),
                        "add it there, or correct the name");
    }
    holdings.push_back({pool_of(table, row), found->second, row});
  }
  return holdings;
}

std::vector<Holding> BookImport::read_balances() {
  std::size_t const column = balances_.column("asset");
  std::vector<Holding> holdings;
  holdings.reserve(balances_.rows());
  for (std::size_t row = 0; row < balances_.rows(); ++row) {
    std::uint32_t const asset = add_asset(named(balances_, row, column));
    holdings.push_back({pool_of(balances_, row), asset, row});
  }
  return holdings;
}

// Orders pools by account, the cross pool first, then by label, and renumbers the holdings.
void BookImport::add_pools(std::initializer_list<std::vector<Holding>*> tables) {
  std::vector<std::uint32_t> order(pools_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::pair(pools_[a].account, pools_[a].label) <
           std::pair(pools_[b].account, pools_[b].label);
  });
  std::vector<std::uint32_t> rank(pools_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    PoolKey const& key = pools_[order[i]];
    rank[order[i]] = i;
    bool const cross = key.label.empty();
    std::string const& account = book_.accounts.name[key.account];
    book_.pools.name.push_back(cross ? account : fmt::format("{}/{}", account, key.label));
    book_.pools.account.push_back(key.account);
    book_.pools.kind.push_back(cross ? PoolKind::cross : PoolKind::isolated);
  }
  for (std::vector<Holding>* const table : tables)
    for (Holding& holding : *table) holding.pool = rank[holding.pool];
  refuse_empty_accounts();
}

void BookImport::refuse_empty_accounts() {
  std::vector<bool> holds(accounts_.rows());
  for (std::uint32_t const account : book_.pools.account) holds[account] = true;
  auto const empty = std::find(holds.begin(), holds.end(), false);
  if (empty == holds.end()) return;
  auto const row = static_cast<std::size_t>(empty - holds.begin());
  std::size_t const column = accounts_.column("name");
  throw accounts_.error(
      row, column, fmt::format("{} holds nothing", shown(accounts_.text(row, column))),
      "there would be no pool to evaluate", "give it a position or a balance, or leave it out");
}

// Orders by (pool, item); a pair that stands twice is refused at its later row.
void sort_holdings(std::vector<Holding>& holdings, CsvTable const& table, std::string_view column) {
  std::sort(holdings.begin(), holdings.end(), [](Holding const& a, Holding const& b) {
    return std::pair(std::pair(a.pool, a.item), a.row) <
           std::pair(std::pair(b.pool, b.item), b.row);
  });
  for (std::size_t i = 1; i < holdings.size(); ++i) {
    Holding const& first = holdings[i - 1];
    Holding const& second = holdings[i];
    if (first.pool != second.pool || first.item != second.item) continue;
    std::size_t const c = table.column(column);
    throw table.error(second.row, c,
                      fmt::format("{} stands in row {} for the same pool already",
                                  shown(table.text(second.row, c)), table.line(first.row)),
                      "it is not known whether they add up", "merge the two rows");
  }
}

void BookImport::check_position(std::size_t row, std::uint32_t instrument, double quantity,
                                double price) {
  std::size_t const quantity_column = positions_.column("quantity");
  if (quantity == 0.0) {
    throw positions_.error(row, quantity_column, "a quantity of 0", "it is no position",
                           "remove the row");
  }
  if (!(price > 0.0 && price <= largest_amount)) {
    throw positions_.error(row, positions_.column("entry_price"),
                           fmt::format("entry price {}", price), "positions are opened at a price",
                           "give the average entry price, above 0");
  }
  if (book_.instruments.kind[instrument] == InstrumentKind::spot) {
    throw positions_.error(row, positions_.column("instrument"),
                           "a position in " + shown(book_.instruments.name[instrument]),
                           "what is held of an asset is a balance",
                           "put it into the table of balances");
  }
  bool const linear = book_.instruments.kind[instrument] != InstrumentKind::inverse;
  double const units = std::fabs(quantity) * book_.instruments.contract_size[instrument];
  double const value = linear ? units * price : std::fmax(units, units / price);
  if (!(value <= largest_amount)) {
    throw positions_.error(
        row, quantity_column, fmt::format("the position is worth {:.3g}", value),
        fmt::format("more than {:.0e} does not fit the ticks of money", largest_amount),
        "check quantity, contract size and price");
  }
}

void BookImport::add_positions(std::vector<Holding>& holdings) {
  sort_holdings(holdings, positions_, "instrument");
  std::size_t const quantity_column = positions_.column("quantity");
  std::size_t const price_column = positions_.column("entry_price");
  for (Holding const& holding : holdings) {
    double const quantity = positions_.number(holding.row, quantity_column);
    double const price = positions_.number(holding.row, price_column);
    check_position(holding.row, holding.item, quantity, price);
    book_.positions.pool.push_back(holding.pool);
    book_.positions.instrument.push_back(holding.item);
    book_.positions.quantity.push_back(quantity);
    book_.positions.entry_price.push_back(price);
  }
}

void BookImport::add_balances(std::vector<Holding>& holdings) {
  sort_holdings(holdings, balances_, "asset");
  std::size_t const amount_column = balances_.column("amount");
  for (Holding const& holding : holdings) {
    double const amount = balances_.number(holding.row, amount_column);
    if (std::fabs(amount) > largest_amount) {
      throw balances_.error(
          holding.row, amount_column, fmt::format("an amount of {:.3g}", amount),
          fmt::format("more than {:.0e} does not fit the ticks of money", largest_amount),
          "check the amount, or hold a larger unit of the asset");
    }
    book_.balances.pool.push_back(holding.pool);
    book_.balances.asset.push_back(holding.item);
    book_.balances.amount.push_back(amount);
  }
}

OrderSide BookImport::order_side(std::size_t row) const {
  std::size_t const column = orders_->column("side");
  std::string_view const side = orders_->text(row, column);
  if (side == "buy") return OrderSide::buy;
  if (side == "sell") return OrderSide::sell;
  throw orders_->error(row, column, fmt::format("unknown side {}", shown(side)),
                       "it is unclear which way the position would go", "write buy or sell");
}

double BookImport::order_number(std::size_t row, std::string_view name,
                                std::string_view why) const {
  std::size_t const column = orders_->column(name);
  double const value = orders_->number(row, column);
  if (value > 0.0 && value <= largest_amount) return value;
  throw orders_->error(row, column, fmt::format("{} {}", name, value), why,
                       "give a number above 0");
}

// Orders by pool and instrument, then by what they say, so that the order of rows does not matter.
void BookImport::add_orders(std::vector<Holding>& holdings) {
  struct Order {
    std::uint32_t pool, instrument;
    OrderSide side;
    double price, quantity;
    auto operator<=>(Order const&) const = default;
  };
  std::vector<Order> orders;
  for (Holding const& h : holdings) {
    Order const order{h.pool, h.item, order_side(h.row),
                      order_number(h.row, "price", "orders are placed at a price"),
                      order_number(h.row, "quantity", "the side says whether it buys or sells")};
    bool const linear = book_.instruments.kind[h.item] != InstrumentKind::inverse;
    double const value =
        order.quantity * book_.instruments.contract_size[h.item] * (linear ? order.price : 1.0);
    if (!(value <= largest_amount))
      throw orders_->error(
          h.row, orders_->column("quantity"), fmt::format("the order is worth {:.3g}", value),
          fmt::format("more than {:.0e} does not fit the ticks of money", largest_amount),
          "check quantity, contract size and price");
    orders.push_back(order);
  }
  std::sort(orders.begin(), orders.end(),
            [](Order const& a, Order const& b) { return (a <=> b) < 0; });
  for (Order const& order : orders) {
    book_.orders.pool.push_back(order.pool);
    book_.orders.instrument.push_back(order.instrument);
    book_.orders.side.push_back(order.side);
    book_.orders.quantity.push_back(order.quantity);
    book_.orders.price.push_back(order.price);
  }
}

double BookImport::custody_units(std::size_t row) const {
  std::size_t const column = custody_->column("units");
  double const units = custody_->number(row, column);
  if (units >= 0.0 && units <= largest_amount) return units;
  if (units > largest_amount)
    throw custody_->error(
        row, column, fmt::format("a holding of {:.3g}", units),
        fmt::format("more than {:.0e} does not fit the ticks of money", largest_amount),
        "check the amount, or hold a larger unit of the asset");
  throw custody_->error(row, column, fmt::format("a holding of {}", units),
                        "custody is what is held, and nobody holds less than nothing",
                        "give 0 or more; what the class owes follows from its accounts");
}

// What is held for each class, so that the order of rows does not matter.
void BookImport::add_custody() {
  CsvTable const& t = *custody_;
  std::size_t const class_column = t.column("class"), asset_column = t.column("asset");
  struct Held {
    std::uint8_t segregation_class;
    std::uint32_t asset;
    std::size_t row;
    auto operator<=>(Held const&) const = default;
  };
  std::vector<Held> held;
  for (std::size_t row = 0; row < t.rows(); ++row) {
    std::string_view const asset = named(t, row, asset_column);
    auto const found = asset_index_.find(asset);
    if (found == asset_index_.end())
      throw t.error(
          row, asset_column, fmt::format("unknown asset {}", shown(asset)),
          fmt::format("neither {} nor {} names it", instruments_.path(), balances_.path()),
          "correct the name, or leave the row out");
    held.push_back({class_named(t, row, class_column), found->second, row});
  }
  std::sort(held.begin(), held.end());
  for (std::size_t i = 0; i < held.size(); ++i) {
    Held const& h = held[i];
    if (i > 0 && held[i - 1].segregation_class == h.segregation_class &&
        held[i - 1].asset == h.asset)
      throw t.error(h.row, asset_column,
                    fmt::format("{} stands in row {} for the same class already",
                                shown(t.text(h.row, asset_column)), t.line(held[i - 1].row)),
                    "it is not known whether they add up", "merge the two rows");
    book_.custody.segregation_class.push_back(h.segregation_class);
    book_.custody.asset.push_back(h.asset);
    book_.custody.units.push_back(custody_units(h.row));
  }
}

}  // namespace

Book import_book(BookFiles const& files) {
  return BookImport(files).build();
}

}  // namespace plimsoll
