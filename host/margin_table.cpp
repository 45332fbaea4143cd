#include "host/margin_table.hpp"

#include <fmt/format.h>

#include <cmath>

#include "host/csv.hpp"
#include "host/markup.hpp"

namespace plimsoll {
namespace {

struct Line {
  std::string_view account, pool, kind;
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
  out << fmt::format("{:<18} {:<24} {:<8} {:>18.4f} {:>16.4f} {:>18.4f} {:>8.4f} {:>9.4f}{}\n",
                     plain_name(l.account, 18), plain_name(l.pool, 24), l.kind, l.equity,
                     l.requirement, l.excess, l.margin_ratio, l.leverage,
                     l.breach ? "  BREACH" : "");
}

void write_csv(std::ostream& out, std::string_view pack, Line const& l) {
  out << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_cell(pack), csv_cell(l.account),
                     csv_cell(l.pool), l.kind, l.equity, l.requirement, l.excess,
                     csv_number(l.margin_ratio), l.net, l.gross, csv_number(l.leverage),
                     l.breach ? 1 : 0);
}

void write_json(std::ostream& out, Line const& l) {
  out << fmt::format(
      "    {{\"account\": {}, \"pool\": {}, \"kind\": \"{}\", \"equity\": {}, \"requirement\": {}, "
      "\"excess\": {}, \"margin_ratio\": {}, \"net_exposure\": {}, \"gross_exposure\": {}, "
      "\"leverage\": {}, \"breach\": {}}}",
      json_string(l.account), json_string(l.pool), l.kind, json_number(l.equity),
      json_number(l.requirement), json_number(l.excess), json_number(l.margin_ratio),
      json_number(l.net), json_number(l.gross), json_number(l.leverage), l.breach);
}

}  // namespace

MarginTables::MarginTables(std::ostream& out, Book const& book, TableFormat format)
    : out_(out), book_(book), format_(format) {
  if (format_ == TableFormat::csv)
    out_ << "rules,account,pool,kind,equity,requirement,excess,margin_ratio,net_exposure,"
            "gross_exposure,leverage,breach\n";
  if (format_ == TableFormat::json)
    out_ << "{\"currency\": " << json_string(book_.reporting_currency) << ", \"packs\": [";
}

void MarginTables::add(ResolvedBook const& resolved, std::string_view pack) {
  auto const pools = static_cast<std::uint32_t>(book_.pools.name.size());
  if (format_ == TableFormat::table)
    out_ << fmt::format(
        "rules {}, {} pools, {}\n{:<18} {:<24} {:<8} {:>18} {:>16} {:>18} {:>8} {:>9}\n", pack,
        pools, book_.reporting_currency, "account", "pool", "kind", "equity", "requirement",
        "excess", "ratio", "leverage");
  if (format_ == TableFormat::json)
    out_ << (any_ ? ",\n" : "\n") << "  {\"rules\": " << json_string(pack) << ", \"pools\": [\n";
  for (std::uint32_t pool = 0; pool < pools; ++pool) {
    Line const line = line_of(book_, resolved, pool);
    if (format_ == TableFormat::table) write_table(out_, line);
    if (format_ == TableFormat::csv) write_csv(out_, pack, line);
    if (format_ == TableFormat::json) {
      write_json(out_, line);
      out_ << (pool + 1 < pools ? ",\n" : "\n");
    }
  }
  if (format_ == TableFormat::json) out_ << "  ]}";
  any_ = true;
}

void MarginTables::finish() {
  if (format_ == TableFormat::json) out_ << "\n]}\n";
}

}  // namespace plimsoll
