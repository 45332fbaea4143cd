#include "host/answer_text.hpp"

#include <fmt/format.h>

#include "host/figure_text.hpp"
#include "host/markup.hpp"
#include "host/result_figures.hpp"
#include "models/sampling.hpp"

namespace plimsoll {
namespace {

TickSum total_of(std::vector<TickSum> const& sums) {
  TickSum total;
  for (TickSum const& sum : sums) total += sum;
  return total;
}

std::string const& account_of(Book const& book, std::uint32_t pool) {
  return book.accounts.name[book.pools.account[pool]];
}

double shortfall_of(ShockedPool const& pool) {
  return pool.margin.excess < 0.0 ? currency(ticks_up(-pool.margin.excess)) : 0.0;
}

// The mean of the totals in the tail at `per_mille`.
double tail_mean(std::vector<TickSum> const& falling, std::uint32_t per_mille) {
  std::uint64_t const count = tail_count(falling.size(), per_mille);
  TickSum sum;
  for (std::uint64_t i = 0; i < count; ++i) sum += falling[i];
  return currency(sum) / static_cast<double>(count);
}

}  // namespace

std::string moves_json(Market const& market, Shock const& shock) {
  std::string out;
  for (auto const& [factor, simple] : shock)
    out += fmt::format("{}{}:{}", out.empty() ? "" : ",", json_string(market.factors[factor]),
                       json_number(simple));
  return out;
}

std::string moves_text(Market const& market, Shock const& shock) {
  std::string out;
  for (auto const& [factor, simple] : shock)
    out += fmt::format("{}{} {:+.6g} %", out.empty() ? "" : ", ",
                       plain_name(market.factors[factor], 32), 100.0 * simple);
  return out.empty() ? "nothing moves" : out;
}

std::string shock_json(Book const& book, std::string_view rules, ShockFigures const& figures) {
  std::string classes, worst;
  for (std::size_t c = 0; c < figures.shortfall.size(); ++c)
    classes += fmt::format("{}{}:{}", c == 0 ? "" : ",", json_string(book.classes[c]),
                           json_number(currency(figures.shortfall[c])));
  for (ShockedPool const& pool : figures.worst)
    worst += fmt::format(
        "{}{{\"pool\":{},\"account\":{},\"equity\":{},\"requirement\":{},\"excess\":{},"
        "\"excess_tonight\":{},\"shortfall\":{}}}",
        worst.empty() ? "" : ",", json_string(book.pools.name[pool.pool]),
        json_string(account_of(book, pool.pool)), json_number(pool.margin.equity),
        json_number(pool.margin.requirement), json_number(pool.margin.excess),
        json_number(pool.excess_tonight), json_number(shortfall_of(pool)));
  return fmt::format(
      "{{\"rules\":{},\"pools\":{},\"pools_in_breach\":{},\"accounts_in_breach\":{},"
      "\"shortfall\":{},\"shortfall_by_class\":{{{}}},\"undefined_pools\":{},\"worst\":[{}]}}",
      json_string(rules), figures.pools, figures.pools_in_breach, figures.accounts_in_breach,
      json_number(currency(total_of(figures.shortfall))), classes, figures.undefined, worst);
}

std::string shock_text(Book const& book, std::string_view rules, ShockFigures const& figures) {
  std::string out =
      fmt::format("  rules {}: {} of {} in breach, in {}; shortfall {} {}\n", plain_name(rules, 60),
                  count_text(figures.pools_in_breach), counted(figures.pools, "pool", "pools"),
                  counted(figures.accounts_in_breach, "account", "accounts"),
                  decimal_text(currency(total_of(figures.shortfall)), 4), book.reporting_currency);
  if (figures.undefined > 0)
    out += fmt::format("    {} outside the domain of the arithmetic, counted as no breach\n",
                       counted(figures.undefined, "pool", "pools"));
  if (figures.worst.empty()) return out;
  auto const row = [](auto const&... cells) {
    return fmt::format("    {:<24} {:>18} {:>18} {:>18}\n", cells...);
  };
  out += row("pool", "excess tonight", "excess there", "shortfall");
  for (ShockedPool const& pool : figures.worst)
    out += row(plain_name(book.pools.name[pool.pool], 24), decimal_text(pool.excess_tonight, 4),
               decimal_text(pool.margin.excess, 4), decimal_text(shortfall_of(pool), 4));
  return out;
}

std::string margin_json(ResolvedBook const& resolved, std::uint32_t pool) {
  Margin<double> const& margin = resolved.margins_today()[pool];
  return fmt::format(
      "{{\"equity\":{},\"requirement\":{},\"excess\":{},\"margin_ratio\":{},\"leverage\":{},"
      "\"breach\":{}}}",
      json_number(margin.equity), json_number(margin.requirement), json_number(margin.excess),
      json_number(margin_ratio(margin)),
      json_number(leverage(margin, exposure_today(resolved, pool))), margin.excess < 0.0);
}

std::string margin_text(ResolvedBook const& resolved, std::uint32_t pool) {
  Margin<double> const& margin = resolved.margins_today()[pool];
  return fmt::format("equity {}  requirement {}  excess {}{}", decimal_text(margin.equity, 4),
                     decimal_text(margin.requirement, 4), decimal_text(margin.excess, 4),
                     margin.excess < 0.0 ? "  BREACH" : "");
}

std::string breaches_json(Result const& result, std::size_t pack) {
  std::vector<TickSum> const totals = falling(total_shortfall(result, pack));
  return fmt::format(
      "{{\"rules\":{},\"breaches\":{},\"expected_shortfall\":{},\"tail_shortfall\":{{\"0.99\":{},"
      "\"0.995\":{}}}}}",
      json_string(result.packs[pack]), result.firm.breaching_cells[pack],
      json_number(currency(total_of(totals)) / static_cast<double>(totals.size())),
      json_number(tail_mean(totals, 990)), json_number(tail_mean(totals, 995)));
}

std::string breaches_text(Result const& result, std::size_t pack) {
  std::vector<TickSum> const totals = falling(total_shortfall(result, pack));
  return fmt::format("rules {}: {} of pools; mean of the worst 1 % of scenarios {} {}\n",
                     plain_name(result.packs[pack], 60),
                     counted(result.firm.breaching_cells[pack], "breach", "breaches"),
                     decimal_text(tail_mean(totals, 990), 4), result.reporting_currency);
}

}  // namespace plimsoll
