// Portfolio scans of a resolved book: rows under every shock of a grid, and what each pool has in
// them.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "host/column_check.hpp"
#include "host/error.hpp"
#include "host/resolve_parts.hpp"
#include "host/scan_check.hpp"
#include "models/elementary.hpp"
#include "models/scan.hpp"

namespace plimsoll {

// One contract of a pool in a scan. Scans are told apart by grid, then by what is scanned together.
struct ResolvedBook::Scanned {
  std::uint32_t grid;   // index of grids_
  std::uint32_t group;  // of the grid, or the groups' count + underlying where it stands alone
  std::uint32_t asset;  // underlying: what a class is
  std::uint32_t instrument;
  double weight;
  double offset;
  double least;  // [ccy]

  using Class = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;
  Class place_of_class() const { return {grid, group, asset}; }
  auto scan() const { return std::tie(grid, group); }
  auto place() const { return std::tie(grid, group, asset, instrument); }
};

// What a pool has on one underlying.
struct ResolvedBook::Sides {
  double bought = 0.0, sold = 0.0;  // units held
  double bids = 0.0, asks = 0.0;    // units that orders would add to either side

  void add(double units, bool ordered) {
    double& side = units < 0.0 ? (ordered ? asks : sold) : (ordered ? bids : bought);
    side += std::fabs(units);
  }
  void add(Sides const& more) {
    bought += more.bought;
    sold += more.sold;
    bids += more.bids;
    asks += more.asks;
  }
};

namespace {

constexpr double everywhere = -std::numeric_limits<double>::infinity();

// By how much an option's volatility moves at a point of a grid.
double volatility_shock(ScanGrid const& grid, ScanPoint const& point, double days) {
  if (!grid.term) return point.volatility;
  VolatilityTerm const& t = *grid.term;
  double const left = std::max(days, t.floor_days);
  double const shock = point.volatility * exp((left > t.reference_days ? t.long_power : t.power) *
                                              log(t.reference_days / left));
  return std::max(shock, -1.0);
}

RiskArray const& array_of(Book const& book, std::uint32_t instrument, ScanGrid const& grid) {
  std::string const& name = book.instruments.name[instrument];
  for (RiskArray const& array : grid.arrays)
    if (array.instrument == name) return array;
  throw InputError("scan '" + grid.name + "'", "no array for instrument '" + name + "'",
                   "its requirement is not defined",
                   "add a [[scans.arrays]] entry for it, or give it another schedule");
}

std::uint32_t currency_row(Book const& book) {
  auto const found = std::find(book.assets.begin(), book.assets.end(), book.reporting_currency);
  if (found == book.assets.end())
    throw InputError(column_place(book.place, "/axes/asset"), "no asset " + book.reporting_currency,
                     "arrays that do not move are in it",
                     "let an account hold it, or a contract settle in it");
  return static_cast<std::uint32_t>(found - book.assets.begin());
}

// By what an underlying is worth; edges in its units are met tonight.
Segments add_on_segments(Brackets const& brackets, double units) {
  Segments segments;
  for (Bracket const& b : brackets.brackets)
    segments.push_back({segments.empty() ? everywhere : b.floor, b.rate, -b.deduction});
  if (brackets.unit == EdgeUnit::currency) return segments;
  std::size_t i = segments.size() - 1;
  while (i > 0 && !(units > segments[i].floor)) --i;
  return {{everywhere, segments[i].slope + segments[i].intercept / units, 0.0}};
}

// What is required at least, where more of it counts more than once.
double tiered_least(ScanGrid const& grid, double least) {
  if (grid.least_tiers.empty()) return least;
  double sum = 0.0;
  for (std::size_t i = 0; i < grid.least_tiers.size(); ++i) {
    double const from = grid.least_tiers[i].from;
    double const to =
        i + 1 < grid.least_tiers.size() ? std::min(least, grid.least_tiers[i + 1].from) : least;
    if (to > from) sum += grid.least_tiers[i].factor * (to - from);
  }
  return sum;
}

// Units of an add-on: with orders as if each added to its side.
template <class Sides>
double amount_of(AmountOf of, Sides const& s) {
  double const bought = s.bought + s.bids;
  double const sold = s.sold + s.asks;
  switch (of) {
    case AmountOf::gross:
      return bought + sold;
    case AmountOf::net:
      return std::max(std::fabs(bought - s.sold), std::fabs(s.bought - sold));
    case AmountOf::bought:
      return bought;
    case AmountOf::sold:
      return sold;
    case AmountOf::hedged:
      return std::min(bought, sold);
  }
  return 0.0;
}

// What several scans of one group of underlyings, positions and then orders, require at least.
struct Beside {
  double least = 0.0;    // [ccy] so far, as given
  double add_ons = 0.0;  // [ccy] tonight, of which the least has not been met yet

  double least_of(ScanGrid const& grid, double factor, double more) {
    double const below = tiered_least(grid, least);
    least += more;
    double own = factor * (tiered_least(grid, least) - below);
    if (grid.least_with_add_ons) {
      double const covered = std::min(own, add_ons);
      add_ons -= covered;
      own -= covered;
    }
    return own;
  }
};

}  // namespace

std::vector<ScanGrid const*> ResolvedBook::grids_of(Rules const& rules) const {
  std::vector<ScanGrid const*> grids;
  for (Requirement const& requirement : rules.requirements) {
    Scan const* const scan = scan_of(requirement);
    grids.push_back(scan == nullptr ? nullptr : scan_named(rules.pack, scan->grid));
  }
  return grids;
}

// Of the contracts that have a row and no shocked ones yet: under stored rows stored ones.
void ResolvedBook::add_shocked_rows(Book const& book, std::vector<ScanGrid const*> const& grids,
                                    bool stored) {
  instrument_shocked_.resize(grids.size(), no_index);
  instrument_scanned_.resize(grids.size(), no_index);
  for (std::size_t i = 0; i < grids.size(); ++i) {
    std::uint32_t const row = instrument_row_[i];
    if (grids[i] == nullptr || row == no_index || instrument_shocked_[i] != no_index) continue;
    if (!grids[i]->arrays.empty()) {
      if (!stored) add_array_rows(book, static_cast<std::uint32_t>(i), *grids[i]);
      continue;
    }
    instrument_scanned_[i] = row;
    instrument_shocked_[i] = static_cast<std::uint32_t>(row_kind_.size());
    for (ScanPoint const& point : grids[i]->points) {
      add_row(row_kind_[row], row_underlying_[row], row_settle_[row],
              row_ratio_[row] * (1.0 + point.spot));
      if (!stored) continue;
      OptionRow option = option_[row - assets_];
      option.volatility *=
          1.0 + volatility_shock(*grids[i], point, book.instruments.days_to_expiry[i]);
      option_.push_back(option);
    }
  }
}

// What an array says that a contract gains is what a row gains: one on the price of the underlying
// where arrays move with it, else one on the reporting currency. Its own level does not matter.
void ResolvedBook::add_array_rows(Book const& book, std::uint32_t instrument,
                                  ScanGrid const& grid) {
  RiskArray const& array = array_of(book, instrument, grid);
  std::uint32_t row = row_underlying_[instrument_row_[instrument]];
  double price = row_ratio_[book.instruments.underlying[instrument]];
  if (!grid.arrays_move) {
    row = currency_row(book);
    price = 1.0;
  }
  double level = 1.0;
  for (double const profit : array.profits)
    level = std::max(level, 1.0 + std::fabs(profit) / price);
  auto const add = [&](double profit) {
    return add_row(RowKind::linear, row, no_index, level + profit / price);
  };
  instrument_scanned_[instrument] = add(0.0);
  instrument_shocked_[instrument] = static_cast<std::uint32_t>(row_kind_.size());
  for (double const profit : array.profits) add(profit);
}

std::uint32_t ResolvedBook::grid_index(ScanGrid const& grid, double factor) {
  std::pair<ScanGrid const*, double> const key(&grid, factor);
  auto const found = std::find(grids_.begin(), grids_.end(), key);
  auto const index = static_cast<std::uint32_t>(found - grids_.begin());
  if (found != grids_.end()) return index;
  if (point_begin_.empty()) point_begin_.push_back(0);
  for (ScanPoint const& point : grid.points) part_.push_back(point.part * factor);
  if (!grid.arrays.empty()) part_.resize(part_.size() + grid.arrays.front().profits.size(), factor);
  point_begin_.push_back(static_cast<std::uint32_t>(part_.size()));
  grids_.push_back(key);
  return index;
}

// A position is scanned with the pool's others; each side of its orders by itself, beside that.
void ResolvedBook::add_scans(Rules const& rules, std::vector<Contract> const& contracts) {
  std::vector<Scanned> held, alone;
  std::map<Scanned::Class, Held> amounts;
  Book::Instruments const& instruments = rules.book.instruments;
  for (Contract const& contract : contracts) {
    std::uint32_t const i = contract.instrument;
    Requirement const& requirement = rules.requirements[i];
    Scan const* const scan = scan_of(requirement);
    if (scan == nullptr) continue;
    ScanGrid const& grid = *scan_named(rules.pack, scan->grid);
    std::uint32_t const asset = instruments.underlying[i];
    Scanned scanned{};
    scanned.grid = grid_index(grid, scan->factor * requirement.fraction);
    scanned.group = static_cast<std::uint32_t>(grid.groups.size()) + asset;
    for (std::uint32_t g = 0; g < grid.groups.size(); ++g) {
      std::vector<std::string> const& assets = grid.groups[g].assets;
      if (std::find(assets.begin(), assets.end(), rules.book.assets[asset]) == assets.end())
        continue;
      scanned.group = g;
      scanned.offset = grid.groups[g].offset;
    }
    scanned.asset = asset;
    scanned.instrument = i;
    bool const option = is_option(instruments.kind[i]);
    auto const add = [&](double quantity, std::vector<Scanned>& into) {
      if (quantity == 0.0) return;
      Fill const filled = fill(rules, i, quantity);
      scanned.weight = grid.arrays.empty() ? filled.weight : quantity;
      scanned.least =
          std::fabs(quantity) * (grid.least_per_contract +
                                 (option && quantity < 0.0 ? grid.least_per_short_option : 0.0)) +
          std::fabs(filled.size) * grid.least_per_unit;
      into.push_back(scanned);
      if (grid.add_ons.empty()) return;
      double const delta = grid.arrays.empty() ? 1.0 : array_of(rules.book, i, grid).delta;
      amounts[scanned.place_of_class()][option ? 1 : 0].add(delta * filled.size, &into == &alone);
    };
    add(contract.quantity, held);
    add(contract.bids, alone);
    add(-contract.asks, alone);
  }
  std::sort(held.begin(), held.end(),
            [](Scanned const& a, Scanned const& b) { return a.place() < b.place(); });
  if (scan_begin_.empty()) {
    scan_begin_.push_back(0);
    scan_class_begin_.push_back(0);
    scan_term_begin_.push_back(0);
  }
  std::map<std::pair<std::uint32_t, std::uint32_t>, Beside> beside;
  for (auto const& [of, amount] : amounts) {
    auto const [grid, group, asset] = of;
    beside[{grid, group}].add_ons += add_add_ons(grids_[grid], asset, amount);
  }
  auto const least_of = [&](Scanned const& scanned, double more) {
    auto const [grid, factor] = grids_[scanned.grid];
    return beside[{scanned.grid, scanned.group}].least_of(*grid, factor, more);
  };
  for (auto first = held.cbegin(); first != held.cend();) {
    auto const last = std::find_if(first, held.cend(),
                                   [&](Scanned const& s) { return s.scan() != first->scan(); });
    double least = 0.0;
    for (auto s = first; s != last; ++s) least += s->least;
    add_scan(first, last, least_of(*first, least));
    first = last;
  }
  for (auto s = alone.cbegin(); s != alone.cend(); ++s) add_scan(s, s + 1, least_of(*s, s->least));
  scan_begin_.push_back(scan_grid_.size());
}

// What is required beside scans for what is held on one underlying. Returns what it is tonight.
double ResolvedBook::add_add_ons(std::pair<ScanGrid const*, double> const& grid,
                                 std::uint32_t asset, Held const& held) {
  double sum = 0.0;
  for (ScanAddOn const& add_on : grid.first->add_ons) {
    Sides sides;
    if (add_on.contracts != ContractsOf::options) sides.add(held[0]);
    if (add_on.contracts != ContractsOf::futures) sides.add(held[1]);
    double const units = amount_of(add_on.of, sides);
    if (units == 0.0) continue;
    Segments segments{{everywhere, 0.0, add_on.per_unit * units}};
    if (add_on.figures) segments = add_on_segments(*add_on.figures, units);
    for (Segment& s : segments) {
      s.slope *= grid.second;
      s.intercept *= grid.second;
    }
    std::uint32_t const curve = curves_.add(segments);
    add_charge(asset, units, curve, ChargeCause::add_on);
    sum += curve_value(curves_.view(), curve, units * row_ratio_[asset], 1.0);
  }
  return sum;
}

// Contracts of one scan, by underlying.
void ResolvedBook::add_scan(std::vector<Scanned>::const_iterator first,
                            std::vector<Scanned>::const_iterator last, double least) {
  scan_grid_.push_back(first->grid);
  scan_least_.push_back(least);
  for (auto s = first; s != last; ++s) {
    if (s != first && s->asset != (s - 1)->asset) scan_term_begin_.push_back(scan_row_.size());
    if (s == first || s->asset != (s - 1)->asset) scan_offset_.push_back(s->offset);
    scan_row_.push_back(instrument_scanned_[s->instrument]);
    scan_shocked_.push_back(instrument_shocked_[s->instrument]);
    scan_weight_.push_back(s->weight);
  }
  scan_term_begin_.push_back(scan_row_.size());
  scan_class_begin_.push_back(scan_offset_.size());
}

// [ccy] no sum inside a pool's scans is larger tonight.
double ResolvedBook::scan_gross(std::uint32_t pool) const {
  if (scan_grid_.empty()) return 0.0;
  double gross = 0.0;
  for (std::uint64_t s = scan_begin_[pool]; s < scan_begin_[pool + 1]; ++s) {
    std::uint32_t const grid = scan_grid_[s];
    double scale = 1.0;
    for (std::uint32_t p = point_begin_[grid]; p < point_begin_[grid + 1]; ++p)
      scale = std::max(scale, part_[p]);
    gross += scan_least_[s];
    std::uint64_t const first = scan_term_begin_[scan_class_begin_[s]];
    std::uint64_t const last = scan_term_begin_[scan_class_begin_[s + 1]];
    for (std::uint64_t t = first; t < last; ++t) {
      double dearest = 0.0;
      for (std::uint32_t p = 0; p < point_begin_[grid + 1] - point_begin_[grid]; ++p)
        dearest = std::max(dearest, rows_today_[scan_shocked_[t] + p]);
      gross += scale * magnitude(scan_weight_[t]) * (rows_today_[scan_row_[t]] + dearest);
    }
  }
  return gross;
}

ScanView ResolvedBook::scans() const {
  if (scan_grid_.empty()) return {};
  return {scan_begin_.data(),  scan_grid_.data(),
          scan_least_.data(),  scan_class_begin_.data(),
          scan_offset_.data(), scan_term_begin_.data(),
          scan_row_.data(),    scan_shocked_.data(),
          scan_weight_.data(), static_cast<std::uint32_t>(point_begin_.size() - 1),
          point_begin_.data(), part_.data()};
}

}  // namespace plimsoll
