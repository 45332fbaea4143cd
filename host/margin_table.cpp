#include "host/margin_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/csv.hpp"
#include "host/markup.hpp"

namespace plimsoll {
namespace {

struct Line {
  std::string_view account, pool, kind, segregation_class;
  double equity, requirement, excess, margin_ratio, net, gross, leverage;
  bool breach;
};

Line line_of(Book const& book, ResolvedBook const& resolved, std::uint32_t pool) {
  BookView const view = resolved.book();
  Exposure const exposure = exposure_today(resolved, pool);
  Margin<double> const margin = resolved.margins_today()[pool];
  return {book.accounts.name[book.pools.account[pool]],
          book.pools.name[pool],
          view.pool_kind[pool] == PoolKind::isolated ? "isolated" : "cross",
          book.classes[book.accounts.segregation_class[book.pools.account[pool]]],
          margin.equity,
          margin.requirement,
          margin.excess,
          margin_ratio(margin),
          exposure.net,
          exposure.gross,
          leverage(margin, exposure),
          margin.excess < 0.0};
}

std::string csv_number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "";
}

void write_table(std::ostream& out, Line const& l) {
  out << fmt::format("{:<18} {:<24} {:<8} {:>18.4f} {:>16.4f} {:>18.4f} {:>8.4f} {:>9.4f}  {}{}\n",
                     plain_name(l.account, 18), plain_name(l.pool, 24), l.kind, l.equity,
                     l.requirement, l.excess, l.margin_ratio, l.leverage,
                     plain_name(l.segregation_class, 18), l.breach ? "  BREACH" : "");
}

void write_csv(std::ostream& out, std::string_view pack, Line const& l) {
  out << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_cell(pack),
                     csv_cell(l.account), csv_cell(l.pool), l.kind, l.equity, l.requirement,
                     l.excess, csv_number(l.margin_ratio), l.net, l.gross, csv_number(l.leverage),
                     l.breach ? 1 : 0, csv_cell(l.segregation_class));
}

void write_json(std::ostream& out, Line const& l) {
  out << fmt::format(
      "    {{\"account\": {}, \"pool\": {}, \"kind\": \"{}\", \"equity\": {}, \"requirement\": {}, "
      "\"excess\": {}, \"margin_ratio\": {}, \"net_exposure\": {}, \"gross_exposure\": {}, "
      "\"leverage\": {}, \"breach\": {}, \"class\": {}}}",
      json_string(l.account), json_string(l.pool), l.kind, json_number(l.equity),
      json_number(l.requirement), json_number(l.excess), json_number(l.margin_ratio),
      json_number(l.net), json_number(l.gross), json_number(l.leverage), l.breach,
      json_string(l.segregation_class));
}

// A pool at several thresholds.
struct Lines {
  std::vector<Threshold> const& shown;
  std::vector<Line> at;

  // Maintenance decides where it is shown.
  bool breach() const {
    bool any = false;
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (shown[i] == Threshold::maintenance) return at[i].breach;
      any = any || at[i].breach;
    }
    return any;
  }
};

void write_table(std::ostream& out, Lines const& l) {
  Line const& first = l.at.front();
  out << fmt::format("{:<18} {:<24} {:<8}", plain_name(first.account, 18),
                     plain_name(first.pool, 24), first.kind);
  for (Line const& line : l.at)
    out << fmt::format(" {:>16.4f} {:>14.4f} {:>16.4f}", line.equity, line.requirement,
                       line.excess);
  out << fmt::format("  {}{}\n", plain_name(first.segregation_class, 18),
                     l.breach() ? "  BREACH" : "");
}

void write_csv(std::ostream& out, std::string_view pack, Lines const& l) {
  Line const& first = l.at.front();
  out << fmt::format("{},{},{},{}", csv_cell(pack), csv_cell(first.account), csv_cell(first.pool),
                     first.kind);
  for (Line const& line : l.at)
    out << fmt::format(",{},{},{}", line.equity, line.requirement, line.excess);
  out << fmt::format(",{},{},{},{}\n", first.net, first.gross, l.breach() ? 1 : 0,
                     csv_cell(first.segregation_class));
}

void write_json(std::ostream& out, Lines const& l) {
  Line const& first = l.at.front();
  out << fmt::format("    {{\"account\": {}, \"pool\": {}, \"kind\": \"{}\"",
                     json_string(first.account), json_string(first.pool), first.kind);
  for (std::size_t i = 0; i < l.at.size(); ++i)
    out << fmt::format(", \"{}\": {{\"equity\": {}, \"requirement\": {}, \"excess\": {}}}",
                       threshold_name(l.shown[i]), json_number(l.at[i].equity),
                       json_number(l.at[i].requirement), json_number(l.at[i].excess));
  out << fmt::format(
      ", \"net_exposure\": {}, \"gross_exposure\": {}, \"breach\": {}, \"class\": {}}}",
      json_number(first.net), json_number(first.gross), l.breach(),
      json_string(first.segregation_class));
}

std::string table_head(std::vector<Threshold> const& shown) {
  std::string head = fmt::format("{:<18} {:<24} {:<8}", "account", "pool", "kind");
  if (shown.size() == 1)
    return head + fmt::format(" {:>18} {:>16} {:>18} {:>8} {:>9}  {}\n", "equity", "requirement",
                              "excess", "ratio", "leverage", "class");
  std::string above(head.size(), ' ');
  for (Threshold const threshold : shown) {
    above += fmt::format(" {:^48}", threshold_name(threshold));
    head += fmt::format(" {:>16} {:>14} {:>16}", "equity", "requirement", "excess");
  }
  return above + "\n" + head + "  class\n";
}

std::string csv_head(std::vector<Threshold> const& shown) {
  if (shown.size() == 1)
    return "rules,account,pool,kind,equity,requirement,excess,margin_ratio,net_exposure,"
           "gross_exposure,leverage,breach,class\n";
  std::string head = "rules,account,pool,kind";
  for (Threshold const threshold : shown)
    head += fmt::format(",{0}_equity,{0}_requirement,{0}_excess", threshold_name(threshold));
  return head + ",net_exposure,gross_exposure,breach,class\n";
}

}  // namespace

MarginTables::MarginTables(std::ostream& out, Book const& book, TableFormat format,
                           std::vector<Threshold> shown)
    : out_(out), book_(book), format_(format), shown_(std::move(shown)) {
  if (format_ == TableFormat::csv) out_ << csv_head(shown_);
  if (format_ == TableFormat::json)
    out_ << "{\"currency\": " << json_string(book_.reporting_currency) << ", \"packs\": [";
}

void MarginTables::add(ResolvedBooks const& books, std::string_view pack) {
  auto const pools = static_cast<std::uint32_t>(book_.pools.name.size());
  bool const usual = shown_.size() == 1 && shown_[0] == Threshold::maintenance;
  std::string const single =
      usual || shown_.size() > 1 ? "" : std::string(threshold_name(shown_[0]));
  if (format_ == TableFormat::table)
    out_ << fmt::format("rules {}, {} pools, {}{}{}\n{}", pack, pools, book_.reporting_currency,
                        single.empty() ? "" : ", threshold ", single, table_head(shown_));
  if (format_ == TableFormat::json) {
    out_ << (any_ ? ",\n" : "\n") << "  {\"rules\": " << json_string(pack);
    if (!single.empty()) out_ << ", \"threshold\": \"" << single << "\"";
    out_ << ", \"pools\": [\n";
  }
  for (std::uint32_t pool = 0; pool < pools; ++pool) {
    Lines lines{shown_, {}};
    for (ResolvedBook const& resolved : books) lines.at.push_back(line_of(book_, resolved, pool));
    auto const write = [&](auto const& what) {
      if (format_ == TableFormat::table) write_table(out_, what);
      if (format_ == TableFormat::csv) write_csv(out_, pack, what);
      if (format_ == TableFormat::json) write_json(out_, what);
    };
    if (shown_.size() == 1) write(lines.at.front());
    if (shown_.size() > 1) write(lines);
    if (format_ == TableFormat::json) out_ << (pool + 1 < pools ? ",\n" : "\n");
  }
  if (format_ == TableFormat::json) out_ << "  ]}";
  if (!any_ && !book_.custody.asset.empty()) classes_ = class_accounts_today(book_, books.front());
  any_ = true;
}

void MarginTables::finish() {
  std::vector<std::uint8_t> const given = custody_given(book_);
  if (format_ == TableFormat::table && classes_) {
    out_ << fmt::format("custody tonight, {}\n{:<18} {:>18} {:>18} {:>18}\n",
                        book_.reporting_currency, "class", "owed", "held", "lack");
    for (std::size_t c = 0; c < given.size(); ++c) {
      double const owed = currency(classes_->owed[c]), held = classes_->held[c];
      std::string const name = plain_name(book_.classes[c], 18);
      out_ << (given[c] == 0 ? fmt::format("{:<18} {:>18.4f} {:>18}\n", name, owed, "not given")
                             : fmt::format("{:<18} {:>18.4f} {:>18.4f} {:>18.4f}\n", name, owed,
                                           held, std::max(owed - held, 0.0)));
    }
  }
  if (format_ != TableFormat::json) return;
  out_ << "\n]";
  for (std::size_t c = 0; classes_ && c < given.size(); ++c)
    out_ << fmt::format("{}\n  {}: {{\"owed\": {}, \"held\": {}}}",
                        c == 0 ? ", \"classes\": {" : ",", json_string(book_.classes[c]),
                        json_number(currency(classes_->owed[c])),
                        given[c] == 0 ? "null" : json_number(classes_->held[c]));
  out_ << (classes_ ? "\n}}\n" : "}\n");
}

}  // namespace plimsoll
