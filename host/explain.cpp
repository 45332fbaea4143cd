#include "host/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <set>

#include "host/segregation.hpp"
#include "models/moves.hpp"

namespace plimsoll {
namespace {

using Row = std::function<double(std::uint32_t)>;

class Writer {
 public:
  Writer(Book const& book, RulePack const& rules, ResolvedBook const& resolved)
      : book_(book), rules_(rules), resolved_(resolved) {}

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }

  void heading(std::uint32_t pool);
  void column(std::uint32_t pool, Row const& row);
  std::set<std::uint32_t> assets_of(std::uint32_t pool) const;
  std::string take() { return std::move(text_); }

 private:
  void group(std::uint32_t pool, std::uint32_t g, Row const& row);
  double position(std::uint32_t pool, std::uint64_t term,
                  Row const& row);  // what of its value counts [ccy]
  void charges(std::uint32_t pool, Row const& row);
  void spot_orders(std::uint32_t pool);
  void scans(std::uint32_t pool, Row const& row);
  std::string orders(std::uint32_t pool, std::uint32_t instrument) const;
  std::string segment(std::uint32_t curve, double amount, double scale) const;
  std::string stretched(std::uint32_t curve, double amount, double scale,
                        CurveStretch<double> const& by) const;
  void states(std::uint32_t asset, Row const& row);

  Book const& book_;
  RulePack const& rules_;
  ResolvedBook const& resolved_;
  std::string text_;
};

void Writer::heading(std::uint32_t pool) {
  std::uint32_t const account = book_.pools.account[pool];
  std::string const threshold =
      resolved_.threshold() == Threshold::maintenance
          ? ""
          : fmt::format(", threshold {}", threshold_name(resolved_.threshold()));
  line("pool {} ({}), account {}, class {}, rules {} ({}){}", book_.pools.name[pool],
       book_.pools.kind[pool] == PoolKind::isolated ? "isolated" : "cross",
       book_.accounts.name[account], book_.classes[book_.accounts.segregation_class[account]],
       rules_.name, rules_.date, threshold);
  std::uint8_t const c = book_.accounts.segregation_class[account];
  if (book_.custody.asset.empty()) return;
  ClassAccounts const today = class_accounts_today(book_, resolved_);
  double const owed = currency(today.owed[c]);
  if (custody_given(book_)[c] == 0)
    line("class {} owes {:.4f} {} tonight, no custody given", book_.classes[c], owed,
         book_.reporting_currency);
  else
    line("class {} owes {:.4f} {} tonight, its custody is worth {:.4f}: lack {:.4f}",
         book_.classes[c], owed, book_.reporting_currency, today.held[c],
         std::max(owed - today.held[c], 0.0));
}

std::set<std::uint32_t> Writer::assets_of(std::uint32_t pool) const {
  BookView const book = resolved_.book();
  std::set<std::uint32_t> assets;
  for (std::uint32_t g = book.group_begin[pool]; g < book.group_begin[pool + 1]; ++g) {
    assets.insert(book.group_asset[g]);
    for (std::uint64_t t = book.term_begin[g]; t < book.term_begin[g + 1]; ++t)
      assets.insert(resolved_.asset_of_row(book.term_row[t]));
  }
  if (book.charge_begin != nullptr)
    for (std::uint64_t c = book.charge_begin[pool]; c < book.charge_begin[pool + 1]; ++c)
      if (resolved_.charge_cause(c) != ChargeCause::orders)
        assets.insert(resolved_.asset_of_row(book.charge_row[c]));
  return assets;
}

// The segment of a curve that an amount falls into, as "slope x amount + intercept".
std::string Writer::segment(std::uint32_t curve, double amount, double scale) const {
  CurvesView const curves = resolved_.rules().curves;
  std::uint32_t i = curves.begin[curve];
  while (i + 1 < curves.begin[curve + 1] && amount > curves.floor[i + 1] * scale) ++i;
  double const constant = curves.intercept[i] * scale;
  if (constant == 0.0) return fmt::format("{:.6g} x {:.4f}", curves.slope[i], amount);
  return fmt::format("{:.6g} x {:.4f} {} {:.4f}", curves.slope[i], amount, constant < 0 ? '-' : '+',
                     magnitude(constant));
}

// The same of a credit that the column stretches.
std::string Writer::stretched(std::uint32_t curve, double amount, double scale,
                              CurveStretch<double> const& by) const {
  CurvesView const curves = resolved_.rules().curves;
  auto at = StretchedSegment<double>::first(curves, curve, by);
  for (std::uint32_t i = curves.begin[curve] + 1;
       i < curves.begin[curve + 1] && amount > curves.floor[i] * scale; ++i)
    at.move_to(curves, i, by);
  double const constant = at.intercept * scale;
  if (constant == 0.0) return fmt::format("{:.6g} x {:.4f}", at.slope, amount);
  return fmt::format("{:.6g} x {:.4f} {} {:.4f}", at.slope, amount, constant < 0 ? '-' : '+',
                     magnitude(constant));
}

// What the column does to the credit of an asset.
void Writer::states(std::uint32_t asset, Row const& row) {
  CreditState const& state = resolved_.rules().asset_state[asset];
  RowsView const rows = resolved_.rows();
  if (state.owned != no_index) {
    std::uint32_t const of = rows.underlying[state.owned];
    bool const off_peg = rows.kind[state.owned] == RowKind::beyond && of < resolved_.assets();
    line("    haircuts h count h (1 + {:.6g} x) + {:.6g} x, x = {:.6g}: {}", state.relative,
         state.added, row(state.owned),
         off_peg ? book_.assets[of] + " below its peg"
                 : book_.assets[asset] + " more volatile than tonight");
  }
  if (state.owed != no_index)
    line("    debts count 1 + y times as much, y = {:.6g}: lent beyond the start", row(state.owed));
}

double Writer::position(std::uint32_t pool, std::uint64_t term, Row const& row) {
  BookView const book = resolved_.book();
  RulesView const rules = resolved_.rules();
  double const held = resolved_.book_as_held().term_weight[term];
  std::uint32_t const exposure_row = book.term_row[term];
  std::uint32_t const instrument = resolved_.instrument_of_row(exposure_row);
  double const value = book.term_weight[term] * row(exposure_row);
  line("    {:<24} {:>16.8g} x {:>16.8g} = {:>18.4f}", book_.instruments.name[instrument], held,
       row(exposure_row), held * row(exposure_row));
  std::uint32_t const curve = curve_of_term(book, rules, term);
  if (held != book.term_weight[term]) {
    std::string const open = orders(pool, instrument);
    if (!open.empty()) line("      open orders, at their worst fill: {}", open);
    line("      counts {:.8g} x {:.8g} = {:.4f} in profit and loss, in place of maintenance",
         book.term_weight[term], row(exposure_row), value);
  } else if (curve == no_index) {
    line("      maintenance: {}", has_scans(book.scans, pool)               ? "see below"
                                  : !orders(pool, instrument).empty()       ? "see open orders"
                                  : resolved_.requires_at_entry(instrument) ? "at entry, below"
                                  : resolved_.ends_within_run(instrument)
                                      ? "until it settles, below"
                                      : "see short options");
  } else {
    line("      maintenance {} = {:.4f}",
         segment(curve, magnitude(value), bracket_scale<double>(rules, exposure_row, row)),
         maintenance_requirement<double>(rules, curve, exposure_row, value, row));
  }
  return value;
}

// "buy 3 at 50, sell 1 at 60"
std::string Writer::orders(std::uint32_t pool, std::uint32_t instrument) const {
  std::string text;
  Book::Orders const& orders = book_.orders;
  for (std::size_t i = 0; i < orders.pool.size(); ++i)
    if (orders.pool[i] == pool && orders.instrument[i] == instrument)
      text += fmt::format("{}{} {:.8g} at {:.8g}", text.empty() ? "" : ", ",
                          orders.side[i] == OrderSide::buy ? "buy" : "sell", orders.quantity[i],
                          orders.price[i]);
  return text;
}

void Writer::charges(std::uint32_t pool, Row const& row) {
  BookView const book = resolved_.book();
  RulesView const rules = resolved_.rules();
  if (book.charge_begin == nullptr) return;
  for (std::uint64_t c = book.charge_begin[pool]; c < book.charge_begin[pool + 1]; ++c) {
    std::uint32_t const of = book.charge_row[c];
    double const amount = book.charge_weight[c] * row(of);
    double const needed =
        maintenance_requirement<double>(rules, book.charge_curve[c], of, amount, row);
    ChargeCause const cause = resolved_.charge_cause(c);
    if (cause == ChargeCause::orders) {
      line("  for open orders as such: {:.4f}", needed);
      continue;
    }
    if (cause == ChargeCause::at_entry) {
      std::uint32_t const i = resolved_.charge_instrument(c);
      std::string const open = orders(pool, i);
      if (!open.empty()) line("  open orders in {}: {}", book_.instruments.name[i], open);
      line("  {} at entry, {:.8g} {} at {:.8g}: {} = {:.4f}", book_.instruments.name[i],
           book.charge_weight[c], book_.assets[of], row(of),
           segment(book.charge_curve[c], magnitude(amount), 1.0), needed);
      continue;
    }
    if (cause == ChargeCause::add_on) {
      line("  add-on for {:.8g} of {} at {:.8g}: {} = {:.4f}", book.charge_weight[c],
           book_.assets[of], row(of), segment(book.charge_curve[c], magnitude(amount), 1.0),
           needed);
      continue;
    }
    std::uint32_t const instrument = resolved_.instrument_of_row(of);
    RowsView const rows = resolved_.rows();
    if (cause == ChargeCause::funding || cause == ChargeCause::interest) {
      line("  {} {}: {:.8g} x {:.8g} = {:.4f}",
           cause == ChargeCause::interest ? "interest on what is owed of" : "funding of",
           cause == ChargeCause::interest ? book_.assets[rows.settle[of]]
                                          : book_.instruments.name[instrument],
           magnitude(book.charge_weight[c]), row(of), needed);
      continue;
    }
    std::string const open = orders(pool, instrument);
    bool const written = cause == ChargeCause::short_option;
    if (rows.kind[of] == RowKind::running)
      line("  until {} settles", book_.instruments.name[instrument]);
    if (!open.empty()) line("  open orders in {}: {}", book_.instruments.name[instrument], open);
    if (written) line("  short options {}, by standard margin", book_.instruments.name[instrument]);
    line("    {} {:>16.8g} x {:>16.8g} = {:>18.4f}",
         written        ? "written   "
         : open.empty() ? "held      "
                        : "worst fill",
         book.charge_weight[c], row(of), amount);
    line("      maintenance {} = {:.4f}",
         segment(book.charge_curve[c], magnitude(amount), bracket_scale<double>(rules, of, row)),
         needed);
  }
}

// Every portfolio scan of the pool at its worst point.
void Writer::scans(std::uint32_t pool, Row const& row) {
  ScanView const scans = resolved_.book().scans;
  if (!has_scans(scans, pool)) return;
  for (std::uint64_t s = scans.begin[pool]; s < scans.begin[pool + 1]; ++s) {
    std::uint32_t const grid = scans.grid[s];
    std::uint32_t const points = scans.point_begin[grid + 1] - scans.point_begin[grid];
    std::uint32_t worst = 0;
    for (std::uint32_t p = 1; p < points; ++p)
      if (point_loss<double>(scans, s, p, row) > point_loss<double>(scans, s, worst, row))
        worst = p;
    line("  portfolio scan: the worst of {} points is number {}", points, worst + 1);
    for (std::uint64_t c = scans.class_begin[s]; c < scans.class_begin[s + 1]; ++c) {
      std::uint32_t const of = scans.term_row[scans.term_begin[c]];
      line("    {:<12} loses {:>18.4f} there; a gain counts {:.6g}",
           book_.assets[resolved_.asset_of_row(of)], class_loss<double>(scans, c, worst, row),
           scans.class_offset[c]);
    }
    line("      maintenance {:.6g} x {:.4f}, at least {:.4f} = {:.4f}",
         scans.part[scans.point_begin[grid] + worst],
         point_loss<double>(scans, s, worst, row) / scans.part[scans.point_begin[grid] + worst],
         scans.least[s], scan_requirement<double>(scans, s, row));
  }
}

void Writer::group(std::uint32_t pool, std::uint32_t g, Row const& row) {
  BookView const book = resolved_.book();
  RulesView const rules = resolved_.rules();
  std::uint32_t const asset = book.group_asset[g];
  double const price = row(asset);
  line("  {} at {:.8g}: balance {:.8g}, settled profit and loss {:.8g} units", book_.assets[asset],
       price, book.group_balance[g], book.group_settled[g]);
  double pnl = price * book.group_settled[g];
  for (std::uint64_t t = book.term_begin[g]; t < book.term_begin[g + 1]; ++t)
    pnl += position(pool, t, row);
  double ignored = 0.0;
  double const value = group_value<double>(book, rules, g, row, ignored);
  double const share = book.group_share[g];
  std::uint32_t const curve = curve_of_group(book, rules, g);
  double const credit = collateral_credit<double>(rules, curve, asset, value, share, row);
  double const scale = haircut_scale<double>(rules, asset, price, share);
  std::string const part =
      rules.gain_weight == 1.0 || !(pnl > 0.0) ? ""
      : rules.gain_weight == 0.0
          ? " (a gain, not counted by these rules)"
          : fmt::format(" (a gain, counted at {:.6g} by these rules)", rules.gain_weight);
  line("    profit and loss {:.4f}{}", pnl, part);
  line("    value {:.4f}, share of haircut tiers {:.4g}", value, share);
  bool const moves = has_state(rules, asset);
  if (moves) states(asset, row);
  line("    credit {} = {:.4f}",
       moves ? stretched(curve, value, scale, credit_stretch<double>(rules, asset, row))
             : segment(curve, value, scale),
       credit);
}

// Balances are those after the fills that leave least.
void Writer::spot_orders(std::uint32_t pool) {
  for (std::uint32_t i = 0; i < book_.instruments.name.size(); ++i) {
    if (book_.instruments.kind[i] != InstrumentKind::spot) continue;
    std::string const open = orders(pool, i);
    if (!open.empty())
      line("  open orders in {}: {}; balances below are as they leave least tonight",
           book_.instruments.name[i], open);
  }
}

void Writer::column(std::uint32_t pool, Row const& row) {
  BookView const book = resolved_.book();
  spot_orders(pool);
  for (std::uint32_t g = book.group_begin[pool]; g < book.group_begin[pool + 1]; ++g)
    group(pool, g, row);
  charges(pool, row);
  scans(pool, row);
  Margin<double> const margin = evaluate<double>(book, resolved_.rules(), pool, row);
  line("  equity {:.4f}  requirement {:.4f}  excess {:.4f} {}{}", margin.equity, margin.requirement,
       margin.excess, book_.reporting_currency, margin.excess < 0.0 ? "  BREACH" : "");
}

}  // namespace

Explanation explain_today(Book const& book, RulePack const& rules, ResolvedBook const& resolved,
                          std::uint32_t pool) {
  Writer writer(book, rules, resolved);
  writer.heading(pool);
  writer.line("tonight");
  writer.column(pool, [&](std::uint32_t r) { return resolved.rows_today()[r]; });
  return {writer.take(), {}};
}

Explanation explain_scenario(Book const& book, Market const& market, RulePack const& rules,
                             ResolvedBook const& resolved, MarketView const& view,
                             RunShape const& shape, std::uint32_t pool, std::uint64_t scenario) {
  Writer writer(book, rules, resolved);
  writer.heading(pool);
  writer.line("tonight");
  writer.column(pool, [&](std::uint32_t r) { return resolved.rows_today()[r]; });
  Replay replay(resolved, view, shape);
  replay.load(scenario);
  RowsView const rows = resolved.rows();
  for (std::uint32_t step = 1; step <= shape.steps; ++step) {
    writer.line("");
    if (view.table == nullptr)
      writer.line("scenario {}, step {} of {}, mixing factor {:.6g}", scenario, step, shape.steps,
                  scenario_mixing(view, shape.seed, scenario, step));
    else
      writer.line("scenario {} of the table, step {} of {}", scenario, step, shape.steps);
    for (std::uint32_t const asset : writer.assets_of(pool)) {
      if (rows.factor[asset] == no_index) continue;
      double const before = step == 1 ? resolved.rows_today()[asset] : replay.row(step - 1, asset);
      double const after = replay.row(step, asset);
      double const limit = market.limit[rows.factor[asset]];
      double const log_move = log(after / before);
      writer.line("  {:<12} {:>16.8g} -> {:>16.8g}  {:+.2f} %{}", book.assets[asset], before, after,
                  100.0 * (after / before - 1.0),
                  view.table == nullptr && is_limited(log_move, limit) ? "  (limited)" : "");
    }
    writer.column(pool, [&](std::uint32_t r) { return replay.row(step, r); });
  }
  Passage const found = replay.walk(pool);
  writer.line("");
  if (found.undefined > 0)
    writer.line("{} columns lie outside the domain of the arithmetic", found.undefined);
  if (found.step == 0)
    writer.line("no breach; loss {:.4f} {} ({} ticks)", currency(found.loss),
                book.reporting_currency, found.loss);
  else
    writer.line("first passage at step {}: shortfall {:.4f} {} ({} ticks), loss {:.4f} ({} ticks)",
                found.step, currency(found.shortfall), book.reporting_currency, found.shortfall,
                currency(found.loss), found.loss);
  return {writer.take(), found};
}

}  // namespace plimsoll
