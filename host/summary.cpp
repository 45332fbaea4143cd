#include "host/summary.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/figure_text.hpp"
#include "host/markup.hpp"
#include "host/result_check.hpp"
#include "host/result_figures.hpp"

namespace plimsoll {
namespace {

constexpr std::size_t listed = 10;

std::string line(std::string_view label, std::string_view figure, std::string_view interval) {
  std::string text = fmt::format("  {:<34} {:>22}  {}", label, figure, interval);
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string headline(Result const& result, PackFigures const& figures, AmountText const& amount) {
  std::uint64_t const n = result.shape.scenarios;
  ShortfallFigures const& total = figures.total;
  std::string out;
  out += line("", "", "95 % interval");
  out += line("Accounts flagged",
              fmt::format("{} of {}", count_text(figures.flagged_accounts),
                          count_text(result.all_accounts())),
              "");
  out += line(
      "Margin pools flagged",
      fmt::format("{} of {}", count_text(figures.flagged_pools), count_text(result.all_pools())),
      "");
  out += line("Any account in breach", percent_text(figures.any_breach.value),
              percent_interval(figures.any_breach));
  out += line("Accounts in breach per scenario", decimal_text(figures.accounts_in_breach.value, 2),
              decimal_interval(figures.accounts_in_breach, 2));
  out += line("Total shortfall, mean", amount(total.mean.value), amount.interval(total.mean));
  out += line("Total shortfall, 1 in 100", amount(total.one_in_100.value),
              amount.interval(total.one_in_100));
  out += line("Total shortfall, 1 in 200", amount(total.one_in_200.value),
              amount.interval(total.one_in_200));
  out += line(
      fmt::format("Total shortfall, worst of {}", count_text(n)), amount(total.worst),
      total.worst_scenario < 0 ? std::string() : fmt::format("scenario {}", total.worst_scenario));
  if (figures.pools_below_tonight > 0)
    out += line("Pools below their line tonight", count_text(figures.pools_below_tonight), "");
  return out;
}

std::string account_row(std::string_view name, std::string_view pool, std::string_view probability,
                        std::string_view interval, std::string_view mean, std::string_view worst) {
  return fmt::format("  {:<20} {:<20} {:>9} {:>17} {:>13} {:>13}\n", name, pool, probability,
                     interval, mean, worst);
}

std::string accounts(Result const& result, std::size_t pack, AmountText const& amount) {
  auto const shown = worst_accounts(result, pack, listed);
  if (shown.empty()) return "  No account is flagged.\n";
  Result::Accounts const& a = result.accounts;
  Result::Pools const& pools = result.pools;
  std::string out = account_row("Account", "Worst pool", "P(breach)", "95 % interval",
                                "Mean shortf.", "Worst shortf.");
  for (std::uint32_t const account : shown) {
    std::size_t const at = pack * a.name.size() + account;
    std::uint32_t const pool = a.worst_pool[at];
    std::size_t const in_pack = pack * pools.name.size() + pool;
    out += account_row(plain_name(a.name[account], 20), plain_name(pools.name[pool], 20),
                       percent_text(a.probability[at]),
                       percent_interval({a.probability[at], a.low[at], a.high[at]}),
                       amount(pools.mean_shortfall[in_pack]),
                       amount(currency(pools.worst_shortfall[in_pack])));
  }
  return out;
}

bool any_custody(Result const& result) {
  std::vector<std::uint8_t> const& given = result.segregation.custody_given;
  return std::find(given.begin(), given.end(), 1) != given.end();
}

// What is held for each class against what it owes; nothing where no class has custody.
std::string segregation(Result const& result, AmountText const& amount) {
  if (!any_custody(result)) return "";
  Result::Segregation const& s = result.segregation;
  auto const row = [](auto const&... cells) {
    return fmt::format("  {:<20} {:>14} {:>14} {:>9} {:>14} {:>14} {:>14}", cells...);
  };
  std::string out = "\nCustody by segregation class\n" +
                    row("Class", "Owed tonight", "Held tonight", "P(lack)", "Mean lack", "1 in 100",
                        "Worst lack") +
                    "\n";
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    std::string const name = plain_name(result.classes[c], 20);
    if (s.custody_given[c] == 0) {
      out += fmt::format("  {:<20} {:>14} {}\n", name, amount(currency(s.owed_tonight[c])),
                         "no custody given");
      continue;
    }
    ShortfallFigures const lack = shortfall_figures(custody_lack(result, c));
    double const share =
        static_cast<double>(lack.scenarios_with) / static_cast<double>(result.shape.scenarios);
    out += row(name, amount(currency(s.owed_tonight[c])), amount(s.held_tonight[c]),
               percent_text(share), amount(lack.mean.value), amount(lack.one_in_100.value),
               amount(lack.worst));
    if (lack.worst_scenario >= 0) out += fmt::format("  scenario {}", lack.worst_scenario);
    out += "\n";
    if (std::uint64_t const columns = s.undefined_columns[c]; columns > 0)
      out += fmt::format("  INCOMPLETE: {} of this class could not be valued.\n",
                         counted(columns, "column", "columns"));
  }
  return out;
}

std::string estimate_json(Estimate const& estimate) {
  return fmt::format("{{\"value\":{},\"low\":{},\"high\":{}}}", json_number(estimate.value),
                     json_number(estimate.low), json_number(estimate.high));
}

std::string shortfall_json(ShortfallFigures const& figures) {
  return fmt::format(
      "{{\"scenarios_with\":{},\"mean\":{},\"one_in_100\":{},\"one_in_200\":{},\"worst\":{},"
      "\"worst_scenario\":{}}}",
      figures.scenarios_with, estimate_json(figures.mean), estimate_json(figures.one_in_100),
      estimate_json(figures.one_in_200), json_number(figures.worst),
      figures.worst_scenario < 0 ? "null" : fmt::format("{}", figures.worst_scenario));
}

std::string segregation_json(Result const& result) {
  Result::Segregation const& s = result.segregation;
  std::string out;
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    out += fmt::format("{}{}:{{\"owed_tonight\":{},", c == 0 ? "" : ",",
                       json_string(result.classes[c]), json_number(currency(s.owed_tonight[c])));
    if (s.custody_given[c] == 0)
      out += "\"held_tonight\":null,\"lack\":null}";
    else
      out += fmt::format("\"held_tonight\":{},\"undefined_columns\":{},\"lack\":{}}}",
                         json_number(s.held_tonight[c]), s.undefined_columns[c],
                         shortfall_json(shortfall_figures(custody_lack(result, c))));
  }
  return out;
}

std::string account_json(Result const& result, std::size_t pack, std::uint32_t account) {
  Result::Accounts const& a = result.accounts;
  Result::Pools const& pools = result.pools;
  std::size_t const at = pack * a.name.size() + account;
  std::uint32_t const pool = a.worst_pool[at];
  std::size_t const in_pack = pack * pools.name.size() + pool;
  return fmt::format(
      "{{\"account\":{},\"class\":{},\"breaches\":{},\"breach_probability\":{},"
      "\"worst_pool\":{},\"margin_ratio\":{},\"mean_shortfall\":{},\"worst_shortfall\":{},"
      "\"worst_scenario\":{}}}",
      json_string(a.name[account]), json_string(result.classes[a.segregation_class[account]]),
      a.breaches[at], estimate_json({a.probability[at], a.low[at], a.high[at]}),
      json_string(pools.name[pool]), json_number(pools.margin_ratio[in_pack]),
      json_number(pools.mean_shortfall[in_pack]),
      json_number(currency(pools.worst_shortfall[in_pack])), pools.worst_scenario[in_pack]);
}

std::string pack_json(Result const& result, std::size_t pack) {
  PackFigures const figures = pack_figures(result, pack);
  std::string classes, accounts;
  for (std::size_t c = 0; c < result.classes.size(); ++c)
    classes += fmt::format("{}{}:{}", c == 0 ? "" : ",", json_string(result.classes[c]),
                           shortfall_json(figures.by_class[c]));
  for (std::uint32_t const account : worst_accounts(result, pack, listed))
    accounts +=
        fmt::format("{}{}", accounts.empty() ? "" : ",", account_json(result, pack, account));
  return fmt::format(
      "{{\"rules\":{},\"flagged_accounts\":{},\"flagged_pools\":{},\"pools_below_tonight\":{},"
      "\"any_breach\":{},\"accounts_in_breach\":{},\"total_shortfall\":{},"
      "\"shortfall_by_class\":{{{}}},\"limited_draws\":{},\"undefined_cells\":{},"
      "\"worst_accounts\":[{}]}}",
      json_string(result.packs[pack]), figures.flagged_accounts, figures.flagged_pools,
      figures.pools_below_tonight, estimate_json(figures.any_breach),
      estimate_json(figures.accounts_in_breach), shortfall_json(figures.total), classes,
      result.firm.limited_draws[pack], result.firm.undefined_cells[pack], accounts);
}

}  // namespace

std::string summary_table(Result const& result) {
  check_result(result, "result");
  RunShapeEcho const& shape = result.shape;
  AmountText const amount(result);
  std::string out = fmt::format(
      "As of {}: {}, {} over {}, {}; amounts in {}\n", plain_name(result.as_of, 12),
      counted(shape.scenarios, "scenario", "scenarios"), counted(shape.steps, "step", "steps"),
      days_text(shape.horizon_days),
      shape.source == "table" ? "from a table of moves" : fmt::format("seed {}", shape.seed),
      plain_name(result.reporting_currency, 12));
  for (std::size_t pack = 0; pack < result.packs.size(); ++pack) {
    out += fmt::format("\nRule pack {}\n", plain_name(result.packs[pack], 80));
    out += headline(result, pack_figures(result, pack), amount) + "\n";
    out += accounts(result, pack, amount);
    if (std::uint64_t const cells = result.firm.undefined_cells[pack]; cells > 0)
      out += fmt::format("\n  INCOMPLETE: {} could not be decided and {} in no figure.\n",
                         counted(cells, "cell", "cells"), cells == 1 ? "is" : "are");
  }
  return out + segregation(result, amount);
}

std::string summary_json(Result const& result) {
  check_result(result, "result");
  RunShapeEcho const& shape = result.shape;
  std::string packs;
  for (std::size_t pack = 0; pack < result.packs.size(); ++pack)
    packs += fmt::format("{}{}", pack == 0 ? "" : ",", pack_json(result, pack));
  return fmt::format(
      "{{\"as_of\":{},\"currency\":{},\"accounts\":{},\"pools\":{},\"scenarios\":{},\"steps\":{},"
      "\"horizon_days\":{},\"seed\":{},\"source\":{},\"engine\":{},\"custody\":{{{}}},"
      "\"packs\":[{}]}}\n",
      json_string(result.as_of), json_string(result.reporting_currency), result.all_accounts(),
      result.all_pools(), shape.scenarios, shape.steps, json_number(shape.horizon_days), shape.seed,
      json_string(shape.source), json_string(result.engine), segregation_json(result), packs);
}

}  // namespace plimsoll
