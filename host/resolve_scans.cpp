// Portfolio scans of a resolved book: rows under every shock of a grid, and what each pool has in
// them.
#include <algorithm>
#include <cmath>
#include <tuple>

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

  auto scan() const { return std::tie(grid, group); }
  auto place() const { return std::tie(grid, group, asset, instrument); }
};

namespace {

// By how much an option's volatility moves at a point of a grid.
double volatility_shock(ScanGrid const& grid, ScanPoint const& point, double days) {
  if (!grid.term) return point.volatility;
  VolatilityTerm const& t = *grid.term;
  double const left = std::max(days, t.floor_days);
  double const shock = point.volatility * exp((left > t.reference_days ? t.long_power : t.power) *
                                              log(t.reference_days / left));
  return std::max(shock, -1.0);
}

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
  for (std::size_t i = 0; i < grids.size(); ++i) {
    std::uint32_t const row = instrument_row_[i];
    if (grids[i] == nullptr || row == no_index || instrument_shocked_[i] != no_index) continue;
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

std::uint32_t ResolvedBook::grid_index(ScanGrid const& grid, double factor) {
  std::pair<ScanGrid const*, double> const key(&grid, factor);
  auto const found = std::find(grids_.begin(), grids_.end(), key);
  auto const index = static_cast<std::uint32_t>(found - grids_.begin());
  if (found != grids_.end()) return index;
  if (point_begin_.empty()) point_begin_.push_back(0);
  for (ScanPoint const& point : grid.points) part_.push_back(point.part * factor);
  point_begin_.push_back(static_cast<std::uint32_t>(part_.size()));
  grids_.push_back(key);
  return index;
}

// A position is scanned with the pool's others; each side of its orders by itself, beside that.
void ResolvedBook::add_scans(Rules const& rules, std::vector<Contract> const& contracts) {
  std::vector<Scanned> held, alone;
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
    auto const add = [&](double quantity, std::vector<Scanned>& into) {
      if (quantity == 0.0) return;
      Fill const filled = fill(rules, i, quantity);
      scanned.weight = filled.weight;
      bool const sold_option = is_option(instruments.kind[i]) && quantity < 0.0;
      scanned.least = std::fabs(quantity) * (grid.least_per_contract +
                                             (sold_option ? grid.least_per_short_option : 0.0)) +
                      std::fabs(filled.size) * grid.least_per_unit;
      into.push_back(scanned);
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
  for (auto first = held.cbegin(); first != held.cend();) {
    auto const last = std::find_if(first, held.cend(),
                                   [&](Scanned const& s) { return s.scan() != first->scan(); });
    double least = 0.0;
    for (auto s = first; s != last; ++s) least += s->least;
    add_scan(first, last, least);
    first = last;
  }
  for (auto s = alone.cbegin(); s != alone.cend(); ++s) add_scan(s, s + 1, s->least);
  scan_begin_.push_back(scan_grid_.size());
}

// Contracts of one scan, by underlying.
void ResolvedBook::add_scan(std::vector<Scanned>::const_iterator first,
                            std::vector<Scanned>::const_iterator last, double least) {
  scan_grid_.push_back(first->grid);
  scan_least_.push_back(least);
  for (auto s = first; s != last; ++s) {
    if (s != first && s->asset != (s - 1)->asset) scan_term_begin_.push_back(scan_row_.size());
    if (s == first || s->asset != (s - 1)->asset) scan_offset_.push_back(s->offset);
    scan_row_.push_back(instrument_row_[s->instrument]);
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
