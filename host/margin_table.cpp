#include "host/margin_table.hpp"

#include <fmt/format.h>

#include <cmath>

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

// A name as a CSV cell (RFC 4180).
std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (char const c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
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

void write_csv(std::ostream& out, Line const& l) {
  out << fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", csv_text(l.account), csv_text(l.pool),
                     l.kind, l.equity, l.requirement, l.excess, csv_number(l.margin_ratio), l.net,
                     l.gross, csv_number(l.leverage), l.breach ? 1 : 0);
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

void write_margin_table(std::ostream& out, Book const& book, ResolvedBook const& resolved,
                        std::string_view pack, TableFormat format) {
  auto const pools = static_cast<std::uint32_t>(book.pools.name.size());
  if (format == TableFormat::table)
    out << fmt::format(
        "rules {}, {} pools, {}\n{:<18} {:<24} {:<8} {:>18} {:>16} {:>18} {:>8} {:>9}\n", pack,
        pools, book.reporting_currency, "account", "pool", "kind", "equity", "requirement",
        "excess", "ratio", "leverage");
  if (format == TableFormat::csv)
    out << "account,pool,kind,equity,requirement,excess,margin_ratio,net_exposure,gross_exposure,"
           "leverage,breach\n";
  if (format == TableFormat::json)
    out << "{\n  \"rules\": " << json_string(pack)
        << ",\n  \"currency\": " << json_string(book.reporting_currency) << ",\n  \"pools\": [\n";
  for (std::uint32_t pool = 0; pool < pools; ++pool) {
    Line const line = line_of(book, resolved, pool);
    if (format == TableFormat::table) write_table(out, line);
    if (format == TableFormat::csv) write_csv(out, line);
    if (format == TableFormat::json) {
      write_json(out, line);
      out << (pool + 1 < pools ? ",\n" : "\n");
    }
  }
  if (format == TableFormat::json) out << "  ]\n}\n";
}

}  // namespace plimsoll
