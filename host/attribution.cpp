#include "host/attribution.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace plimsoll {
namespace {

// Whether a row is another value of the row that it settles to.
bool is_of_row(RowKind kind) {
  return kind == RowKind::running || kind == RowKind::aged;
}

bool is_option_row(RowKind kind) {
  return kind == RowKind::european || kind == RowKind::american || kind == RowKind::written;
}

// What a pool holds and needs in one column [ccy], piece by piece; all zero before anything is
// held.
struct GroupPieces {
  double balance = 0.0, entries = 0.0, profit = 0.0, counted = 0.0, value = 0.0;
  double scale = 0.0, credit = 0.0;
  CurveStretch<double> stretch{};
};
struct Pieces {
  std::vector<GroupPieces> groups;
  std::vector<double> value, held, entry, requirement;  // [terms of the pool]
  std::vector<double> charge;                           // [charges, then scans of the pool]
};

class Pool {
 public:
  Pool(AttributionJob const& job, std::uint32_t pool)
      : job_(job),
        first_group_(job.book.group_begin[pool]),
        last_group_(job.book.group_begin[pool + 1]),
        first_term_(job.book.term_begin[first_group_]),
        last_term_(job.book.term_begin[last_group_]) {
    if (job.book.scans.begin != nullptr) {
      first_scan_ = job.book.scans.begin[pool];
      last_scan_ = job.book.scans.begin[pool + 1];
    }
    if (job.book.charge_begin == nullptr) return;
    first_charge_ = job.book.charge_begin[pool];
    last_charge_ = job.book.charge_begin[pool + 1];
  }

  template <class Row>
  Pieces pieces(Row row) const;
  Pieces nothing() const;
  std::vector<SplitLine> position_lines() const;
  std::vector<SplitLine> component_lines() const;
  // [ccy] in the order of the lines.
  std::vector<double> by_position(Pieces const& from, Pieces const& to) const;
  std::vector<double> by_component(Pieces const& from, Pieces const& to) const;
  std::set<std::uint32_t> rows_read() const;

 private:
  void add_scan_lines(std::vector<SplitLine>& lines) const;
  bool knows_entries() const { return job_.knows_entries; }
  double credit(std::uint32_t group, double value, double scale,
                CurveStretch<double> const& stretch) const;
  double value_slope(std::uint32_t group, GroupPieces const& from, GroupPieces const& to,
                     double size) const;

  AttributionJob const& job_;
  std::uint32_t first_group_, last_group_;
  std::uint64_t first_term_, last_term_, first_charge_ = 0, last_charge_ = 0;
  std::uint64_t first_scan_ = 0, last_scan_ = 0;
};

template <class Row>
Pieces Pool::pieces(Row row) const {
  BookView const& book = job_.book;
  RulesView const& rules = job_.rules;
  Pieces all;
  for (std::uint32_t g = first_group_; g < last_group_; ++g) {
    std::uint32_t const asset = book.group_asset[g];
    GroupPieces piece;
    double const price = row(asset);
    double ignored = 0.0;
    piece.balance = price * book.group_balance[g];
    piece.entries = price * book.group_settled[g];
    piece.profit = piece.entries;
    for (std::uint64_t t = book.term_begin[g]; t < book.term_begin[g + 1]; ++t) {
      std::uint32_t const of = book.term_row[t];
      double const value = book.term_weight[t] * row(of);
      std::uint32_t const curve = curve_of_term(book, rules, t);
      piece.profit += value;
      all.value.push_back(value);
      all.held.push_back(job_.held[t] * row(of));
      all.entry.push_back(knows_entries() ? price * job_.entries_by_term[t - first_term_] : 0.0);
      all.requirement.push_back(
          curve == no_index ? 0.0 : maintenance_requirement<double>(rules, curve, of, value, row));
    }
    piece.counted = counted_pnl(rules, piece.profit);
    piece.value = group_value<double>(book, rules, g, row, ignored);
    piece.scale = haircut_scale<double>(rules, asset, price, book.group_share[g]);
    if (has_state(rules, asset)) piece.stretch = credit_stretch<double>(rules, asset, row);
    piece.credit = credit(g, piece.value, piece.scale, piece.stretch);
    all.groups.push_back(piece);
  }
  for (std::uint64_t c = first_charge_; c < last_charge_; ++c)
    all.charge.push_back(
        maintenance_requirement<double>(rules, book.charge_curve[c], book.charge_row[c],
                                        book.charge_weight[c] * row(book.charge_row[c]), row));
  for (std::uint64_t s = first_scan_; s < last_scan_; ++s)
    all.charge.push_back(scan_requirement<double>(book.scans, s, row));
  return all;
}

Pieces Pool::nothing() const {
  std::vector<double> const none(last_term_ - first_term_, 0.0);
  return {std::vector<GroupPieces>(last_group_ - first_group_),
          none,
          none,
          none,
          none,
          std::vector<double>(last_charge_ - first_charge_ + (last_scan_ - first_scan_), 0.0)};
}

void Pool::add_scan_lines(std::vector<SplitLine>& lines) const {
  ScanView const& scans = job_.book.scans;
  for (std::uint64_t s = first_scan_; s < last_scan_; ++s)
    lines.push_back({Cause::scan, scans.term_row[scans.term_begin[scans.class_begin[s]]], s});
}

std::vector<SplitLine> Pool::position_lines() const {
  BookView const& book = job_.book;
  std::vector<SplitLine> lines;
  for (std::uint32_t g = first_group_; g < last_group_; ++g) {
    lines.push_back({Cause::collateral, book.group_asset[g], g});
    if (!knows_entries()) lines.push_back({Cause::entries, book.group_asset[g], g});
    for (std::uint64_t t = book.term_begin[g]; t < book.term_begin[g + 1]; ++t)
      lines.push_back({Cause::position, book.term_row[t], t});
  }
  for (std::uint64_t c = first_charge_; c < last_charge_; ++c)
    lines.push_back({Cause::charge, book.charge_row[c], c});
  add_scan_lines(lines);
  return lines;
}

// A group's credit, whose edges and stretch need not be those of one column.
double Pool::credit(std::uint32_t group, double value, double scale,
                    CurveStretch<double> const& stretch) const {
  std::uint32_t const curve = curve_of_group(job_.book, job_.rules, group);
  return has_state(job_.rules, job_.book.group_asset[group])
             ? stretched_value(job_.rules.curves, curve, value, scale, stretch)
             : curve_value(job_.rules.curves, curve, value, scale);
}

// The part of a credit's change that its value has, not its edges or haircuts, per unit of the
// value: the mean of both orders in which the two may move.
double Pool::value_slope(std::uint32_t group, GroupPieces const& from, GroupPieces const& to,
                         double size) const {
  CurvesView const& curves = job_.rules.curves;
  std::uint32_t const curve = curve_of_group(job_.book, job_.rules, group);
  // Before anything is held there are no edges that could move.
  GroupPieces const& edges = from.scale == 0.0 ? to : from;
  auto const rise_at = [&](GroupPieces const& at) {
    return credit(group, to.value, at.scale, at.stretch) -
           credit(group, from.value, at.scale, at.stretch);
  };
  double const rise = 0.5 * (rise_at(edges) + rise_at(to));
  double const slope = has_state(job_.rules, job_.book.group_asset[group])
                           ? stretched_slope_at(curves, curve, to.value, to.scale, to.stretch)
                           : curve_slope(curves, curve, to.value, to.scale);
  return mean_slope(rise, to.value - from.value, size, slope);
}

std::vector<double> Pool::by_position(Pieces const& from, Pieces const& to) const {
  BookView const& book = job_.book;
  std::vector<double> parts;
  for (std::uint32_t g = first_group_; g < last_group_; ++g) {
    GroupPieces const& a = from.groups[g - first_group_];
    GroupPieces const& b = to.groups[g - first_group_];
    double size =
        magnitude(a.balance) + magnitude(b.balance) + magnitude(a.entries) + magnitude(b.entries);
    for (std::uint64_t t = book.term_begin[g] - first_term_;
         t < book.term_begin[g + 1] - first_term_; ++t)
      size += magnitude(from.value[t]) + magnitude(to.value[t]);
    double const counted = mean_slope(b.counted - a.counted, b.profit - a.profit, size,
                                      b.profit > 0.0 ? job_.rules.gain_weight : 1.0);
    double const slope = value_slope(g, a, b, size) * counted;
    std::size_t const collateral = parts.size();
    parts.push_back(0.0);
    double rest = b.credit - a.credit;
    if (!knows_entries()) {
      parts.push_back(slope * (b.entries - a.entries));
      rest -= parts.back();
    }
    for (std::uint64_t t = book.term_begin[g] - first_term_;
         t < book.term_begin[g + 1] - first_term_; ++t) {
      double const earned = slope * ((to.value[t] + to.entry[t]) - (from.value[t] + from.entry[t]));
      parts.push_back(earned - (to.requirement[t] - from.requirement[t]));
      rest -= earned;
    }
    parts[collateral] = rest;
  }
  for (std::size_t c = 0; c < to.charge.size(); ++c) parts.push_back(from.charge[c] - to.charge[c]);
  return parts;
}

std::vector<SplitLine> Pool::component_lines() const {
  BookView const& book = job_.book;
  std::vector<SplitLine> lines;
  for (std::uint32_t g = first_group_; g < last_group_; ++g)
    for (Cause const cause :
         {Cause::collateral, Cause::profit, Cause::gains_ignored, Cause::haircut})
      lines.push_back({cause, book.group_asset[g], g});
  for (std::uint64_t t = first_term_; t < last_term_; ++t)
    lines.push_back({Cause::requirement, book.term_row[t], t});
  for (std::uint64_t c = first_charge_; c < last_charge_; ++c)
    lines.push_back({Cause::charge, book.charge_row[c], c});
  add_scan_lines(lines);
  return lines;
}

// What rules take from profit and loss in place of a requirement is one.
std::vector<double> Pool::by_component(Pieces const& from, Pieces const& to) const {
  BookView const& book = job_.book;
  auto const taken = [](Pieces const& at, std::uint64_t t) { return at.held[t] - at.value[t]; };
  std::vector<double> parts;
  for (std::uint32_t g = first_group_; g < last_group_; ++g) {
    GroupPieces const& a = from.groups[g - first_group_];
    GroupPieces const& b = to.groups[g - first_group_];
    double profit = b.profit - a.profit;
    for (std::uint64_t t = book.term_begin[g] - first_term_;
         t < book.term_begin[g + 1] - first_term_; ++t)
      profit += taken(to, t) - taken(from, t);
    parts.push_back(b.balance - a.balance);
    parts.push_back(profit);
    parts.push_back((b.counted - b.profit) - (a.counted - a.profit));
    parts.push_back((b.credit - b.value) - (a.credit - a.value));
  }
  for (std::size_t t = 0; t < to.requirement.size(); ++t)
    parts.push_back((from.requirement[t] + taken(from, t)) - (to.requirement[t] + taken(to, t)));
  for (std::size_t c = 0; c < to.charge.size(); ++c) parts.push_back(from.charge[c] - to.charge[c]);
  return parts;
}

// Every row that the pool's excess hangs on, with what those hang on.
std::set<std::uint32_t> Pool::rows_read() const {
  std::set<std::uint32_t> found;
  RowsView const& rows = job_.rows;
  std::vector<std::uint32_t> open;
  for (std::uint32_t g = first_group_; g < last_group_; ++g) {
    std::uint32_t const asset = job_.book.group_asset[g];
    open.push_back(asset);
    if (!has_state(job_.rules, asset)) continue;
    open.push_back(job_.rules.asset_state[asset].owned);
    open.push_back(job_.rules.asset_state[asset].owed);
  }
  auto const add = [&](std::uint32_t row) {
    open.push_back(row);
    open.push_back(job_.rules.exposure_unit[row]);
  };
  for (std::uint64_t t = first_term_; t < last_term_; ++t) add(job_.book.term_row[t]);
  for (std::uint64_t c = first_charge_; c < last_charge_; ++c) add(job_.book.charge_row[c]);
  ScanView const& scans = job_.book.scans;
  for (std::uint64_t s = first_scan_; s < last_scan_; ++s) {
    std::uint32_t const grid = scans.grid[s];
    std::uint32_t const points = scans.point_begin[grid + 1] - scans.point_begin[grid];
    for (std::uint64_t c = scans.class_begin[s]; c < scans.class_begin[s + 1]; ++c)
      for (std::uint64_t t = scans.term_begin[c]; t < scans.term_begin[c + 1]; ++t) {
        add(scans.term_row[t]);
        for (std::uint32_t p = 0; p < points; ++p) add(scans.term_shocked[t] + p);
      }
  }
  while (!open.empty()) {
    std::uint32_t const row = open.back();
    open.pop_back();
    if (row == no_index || !found.insert(row).second || row < rows.assets) continue;
    open.push_back(rows.underlying[row]);
    bool const option = is_option_row(rows.kind[row]);
    bool const settles =
        option ? rows.kind[row] == RowKind::written || rows.option[row - rows.assets].in_coin
               : rows.kind[row] == RowKind::inverse || is_of_row(rows.kind[row]);
    if (settles) open.push_back(rows.settle[row]);
    if (!option) continue;
    open.push_back(rows.option[row - rows.assets].level);
    open.push_back(rows.option[row - rows.assets].strike_unit);
  }
  return found;
}

// The column in which only some of the factors have moved, and time has passed or not.
class Column {
 public:
  Column(AttributionJob const& job, std::set<std::uint32_t> const& needed, PriceAt const& price,
         std::uint32_t step)
      : job_(job), needed_(needed), price_(price), step_(step), values_(job.rows.rows, 0.0) {}

  template <class Moves>
  void load(Moves moves, bool older) {
    RowsView const& rows = job_.rows;
    double const years = older ? step_ * job_.shape.years_per_step : 0.0;
    auto const at = [this](std::uint32_t row) { return values_[row]; };
    auto const until = [&](std::uint32_t row, std::uint32_t last) {
      return moves(rows.factor[row]) ? price_(row, std::min(step_, last)) : job_.today[row];
    };
    for (std::uint32_t const row : needed_)  // in order: rows hang on rows before them
      values_[row] = row < rows.assets   ? until(row, step_)
                     : row < rows.stored ? stored_value(rows, row, step_, years, at, until)
                                         : exposure(rows, row, at);
  }
  double row(std::uint32_t r) const { return values_[r]; }

 private:
  AttributionJob const& job_;
  std::set<std::uint32_t> const& needed_;
  PriceAt const& price_;
  std::uint32_t step_;
  std::vector<double> values_;
};

// Parts must sum to the total but for roundings: apportioned() would spread what a cause is missing
// over the others.
void fill(std::vector<SplitLine>& lines, Ticks SplitLine::*column, std::vector<double> const& parts,
          Ticks total) {
  double sum = 0.0, gross = 0.0;
  for (double const part : parts) {
    sum += part;
    gross += magnitude(part);
  }
  double const off = sum - static_cast<double>(total) / ticks_per_unit;
  if (!(magnitude(off) <= 1e-9 * gross + 4.0 / ticks_per_unit))
    throw std::logic_error("a split's parts do not sum to what is split");
  std::vector<Ticks> const ticks = apportioned(parts, total);
  for (std::size_t i = 0; i < lines.size(); ++i) lines[i].*column = ticks[i];
}

bool all_defined(std::vector<double> const& parts) {
  return std::all_of(parts.begin(), parts.end(), is_defined);
}

}  // namespace

std::optional<Attribution> attribution(AttributionJob const& job, std::uint32_t pool,
                                       PriceAt const& price, std::uint32_t step) {
  Pool const parts_of(job, pool);
  std::set<std::uint32_t> const needed = parts_of.rows_read();
  std::vector<SplitLine> players;
  std::set<std::uint32_t> factors;
  bool ages = false;
  for (std::uint32_t const row : needed) {
    if (row < job.rows.assets && job.rows.factor[row] != no_index)
      factors.insert(job.rows.factor[row]);
    ages = ages || is_option_row(job.rows.kind[row]) || is_of_row(job.rows.kind[row]);
  }
  for (std::uint32_t const factor : factors) players.push_back({Cause::factor, factor, factor});
  auto const moving = static_cast<std::uint32_t>(players.size());
  if (ages) players.push_back({Cause::time, 0, 0});

  Column column(job, needed, price, step);
  auto const row = [&](std::uint32_t r) { return column.row(r); };
  bool defined = true;
  auto const excess = [&](std::vector<bool> const& in) {
    column.load(
        [&](std::uint32_t factor) {
          for (std::uint32_t p = 0; p < moving; ++p)
            if (players[p].of == factor) return static_cast<bool>(in[p]);
          return false;
        },
        ages && in.back());
    double const found = evaluate<double>(job.book, job.rules, pool, row).excess;
    defined = defined && is_defined(found);
    return found;
  };
  std::vector<double> const by_factor =
      shapley_values(static_cast<std::uint32_t>(players.size()), excess);
  double const now = evaluate<double>(job.book, job.rules, pool, [&](std::uint32_t r) {
                       return job.today[r];
                     }).excess;
  double const then = excess(std::vector<bool>(players.size(), true));
  Pieces const before = parts_of.pieces([&](std::uint32_t r) { return job.today[r]; });
  Pieces const after = parts_of.pieces(row);
  Pieces const nothing = parts_of.nothing();
  std::vector<double> const positions = parts_of.by_position(before, after);
  std::vector<double> const held = parts_of.by_position(nothing, after);
  std::vector<double> const components = parts_of.by_component(before, after);
  std::vector<double> const stands = parts_of.by_component(nothing, after);
  if (!defined || !is_defined(now) || !all_defined(by_factor) || !all_defined(positions) ||
      !all_defined(held) || !all_defined(components) || !all_defined(stands))
    return std::nullopt;
  Attribution split{excess_ticks(now), excess_ticks(then), parts_of.position_lines(),
                    parts_of.component_lines(), std::move(players)};
  Ticks const change = split.then - split.tonight;
  fill(split.positions, &SplitLine::change, positions, change);
  fill(split.positions, &SplitLine::level, held, split.then);
  fill(split.components, &SplitLine::change, components, change);
  fill(split.components, &SplitLine::level, stands, split.then);
  fill(split.factors, &SplitLine::change, by_factor, change);
  return split;
}

AttributionJob attribution_job(Book const& book, ResolvedBook const& resolved,
                               RunShape const& shape, std::uint32_t pool) {
  AttributionJob job{
      resolved.book(), resolved.book_as_held().term_weight, resolved.rules(), resolved.rows(),
      shape,           resolved.rows_today().data()};
  job.knows_entries = true;
  BookView const view = job.book;
  auto const& positions = book.positions;
  for (std::uint64_t t = view.term_begin[view.group_begin[pool]];
       t < view.term_begin[view.group_begin[pool + 1]]; ++t) {
    std::uint32_t const instrument = resolved.instrument_of_row(view.term_row[t]);
    bool const inverse = book.instruments.kind[instrument] == InstrumentKind::inverse;
    auto const [begin, end] = std::equal_range(positions.pool.begin(), positions.pool.end(), pool);
    double entry = 0.0;  // orders alone were entered at nothing
    for (auto i = begin - positions.pool.begin(); i < end - positions.pool.begin(); ++i)
      if (auto const at = static_cast<std::size_t>(i); positions.instrument[at] == instrument)
        entry = positions.entry_price[at];
    double const held = job.held[t];
    job.entries_by_term.push_back(entry == 0.0 ? 0.0 : inverse ? -held / entry : -held * entry);
  }
  return job;
}

namespace {

// Sums over columns, line by line.
struct LineSums {
  std::vector<SplitLine> lines;
  std::vector<TickSum> level, change;

  void add(std::vector<SplitLine> const& found) {
    lines = found;
    level.resize(found.size());
    change.resize(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      level[i] += found[i].level;
      change[i] += found[i].change;
    }
  }
  std::vector<SplitLine> mean(std::uint64_t count, Ticks then, Ticks changed) {
    auto const means = [count](std::vector<TickSum> const& sums) {
      std::vector<double> parts;
      for (TickSum const sum : sums) parts.push_back(currency(sum) / static_cast<double>(count));
      return parts;
    };
    fill(lines, &SplitLine::change, means(change), changed);
    bool const has_level =
        std::any_of(level.begin(), level.end(), [](TickSum sum) { return !(sum == TickSum{}); });
    if (has_level) fill(lines, &SplitLine::level, means(level), then);
    return lines;
  }
};

}  // namespace

MeanAttribution mean_attribution(Book const& book, ResolvedBook const& resolved,
                                 MarketView const& market, RunShape const& shape,
                                 std::uint32_t pool) {
  AttributionJob const job = attribution_job(book, resolved, shape, pool);
  Replay replay(resolved, market, shape);
  PriceAt const price = [&](std::uint32_t row, std::uint32_t step) {
    return replay.row(step, row);
  };
  MeanAttribution found;
  LineSums positions, components, factors;
  TickSum then;
  for (std::uint64_t scenario = 0; scenario < shape.scenarios; ++scenario) {
    replay.load(scenario);
    Passage const passage = replay.walk(pool);
    if (passage.step == 0) continue;
    ++found.breaches;
    std::optional<Attribution> const one = attribution(job, pool, price, passage.step);
    if (!one) {
      ++found.left_out;
      continue;
    }
    found.mean.tonight = one->tonight;
    then += one->then;
    positions.add(one->positions);
    components.add(one->components);
    factors.add(one->factors);
  }
  std::uint64_t const count = found.breaches - found.left_out;
  if (count == 0) return found;
  found.mean.then = excess_ticks(currency(then) / static_cast<double>(count));
  Ticks const change = found.mean.then - found.mean.tonight;
  found.mean.positions = positions.mean(count, found.mean.then, change);
  found.mean.components = components.mean(count, found.mean.then, change);
  found.mean.factors = factors.mean(count, found.mean.then, change);
  return found;
}

}  // namespace plimsoll
