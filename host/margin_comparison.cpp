#include "host/margin_comparison.hpp"

#include <fmt/format.h>

#include "host/markup.hpp"

namespace plimsoll {

void write_side_by_side(std::ostream& out, Book const& book,
                        std::vector<NamedMargins> const& packs) {
  for (std::uint32_t pool = 0; pool < book.pools.name.size(); ++pool) {
    std::uint32_t const account = book.pools.account[pool];
    out << fmt::format("{}pool {} ({}), account {}, class {}, {}\n", pool == 0 ? "" : "\n",
                       plain_name(book.pools.name[pool], 40),
                       book.pools.kind[pool] == PoolKind::isolated ? "isolated" : "cross",
                       plain_name(book.accounts.name[account], 40),
                       plain_name(book.classes[book.accounts.segregation_class[account]], 30),
                       book.reporting_currency);
    out << fmt::format("  {:<32} {:>18} {:>16} {:>18} {:>8} {:>9}\n", "rules", "equity",
                       "requirement", "excess", "ratio", "leverage");
    for (NamedMargins const& pack : packs) {
      Margin<double> const margin = pack.book.margins_today()[pool];
      out << fmt::format(
          "  {:<32} {:>18.4f} {:>16.4f} {:>18.4f} {:>8.4f} {:>9.4f}{}\n", plain_name(pack.name, 32),
          margin.equity, margin.requirement, margin.excess, margin_ratio(margin),
          leverage(margin, exposure_today(pack.book, pool)), margin.excess < 0.0 ? "  BREACH" : "");
    }
  }
}

}  // namespace plimsoll
