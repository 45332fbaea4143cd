// The sections of one rule pack that are sentences and tables; those with charts are in
// host/report_charts.cpp.
#include <fmt/format.h>

#include <cmath>

#include "host/markup.hpp"
#include "host/report_parts.hpp"
#include "models/sampling.hpp"

namespace plimsoll::report {
namespace {

constexpr std::size_t listed = 20;

std::string strong(std::string_view figure) {
  return fmt::format("<strong>{}</strong>", figure);
}

std::string money(PackPage const& page, double amount) {
  return strong(html_text(page.amount.with_currency(amount)));
}

std::string tail_sentence(PackPage const& page) {
  ShortfallFigures const& total = page.figures.total;
  std::uint64_t const n = page.result.shape.scenarios;
  if (n == 1)
    return fmt::format("in the one scenario the total shortfall is {}.", money(page, total.worst));
  if (n < 100)
    return fmt::format("in the worst of {} scenarios the total shortfall is {}.", count_text(n),
                       money(page, total.worst));
  if (total.one_in_100.value == 0.0)
    return fmt::format(
        "fewer than 1 in 100 scenarios show any shortfall, and the worst of {} shows {}.",
        count_text(n), money(page, total.worst));
  return fmt::format("in 1 of 100 scenarios the total shortfall reaches {} or more.",
                     money(page, total.one_in_100.value));
}

// A tile of the headline: label, figure, interval, what it means.
std::string tile(std::string_view label, std::string_view figure, std::string_view interval,
                 std::string_view meaning) {
  std::string const range =
      interval.empty() ? ""
                       : fmt::format("<span class=\"interval\">{}</span>", html_text(interval));
  return fmt::format(
      "<div class=\"tile\"><dt>{}</dt><dd><span class=\"figure\">{}</span>{}"
      "<span class=\"meaning\">{}</span></dd></div>\n",
      label, html_text(figure), range, meaning);
}

std::string tail_tile(PackPage const& page, std::uint64_t one_in, std::string_view level,
                      Estimate const& estimate) {
  bool const seen = page.result.shape.scenarios >= one_in;
  return tile(fmt::format("1 in {} ({})", one_in, level), page.amount(estimate.value),
              page.amount.interval(estimate),
              seen ? fmt::format("reached or exceeded in 1 of {} scenarios", one_in)
                   : fmt::format("fewer than {} scenarios: the worst that was seen", one_in));
}

std::string tail_cell(PackPage const& page, std::size_t pool, std::uint32_t level) {
  Result::Pools const& pools = page.result.pools;
  std::size_t const at = (page.pack * pools.name.size() + pool) * tail_levels + level;
  return stacked(html_text(page.amount(pools.value_at_risk[at])),
                 html_text(page.amount(pools.expected_shortfall[at])));
}

bool tails_known(PackPage const& page, std::vector<std::uint32_t> const& shown) {
  Result::Pools const& pools = page.result.pools;
  for (std::uint32_t const pool : shown)
    if (!std::isnan(pools.value_at_risk[(page.pack * pools.name.size() + pool) * tail_levels]))
      return true;
  return false;
}

std::vector<Column> pool_columns(bool tails) {
  std::vector<Column> columns = {{"Equity<small>Requirement</small>"},
                                 {"Margin ratio<small>Leverage</small>"},
                                 {"Breach probability<small>95 % interval</small>"},
                                 {"Mean shortfall<small>in breach</small>"},
                                 {"Worst shortfall<small>in scenario</small>"}};
  if (tails) {
    columns.push_back({"VaR&nbsp;99&nbsp;%<small>ES&nbsp;99&nbsp;%</small>"});
    columns.push_back({"VaR&nbsp;99.5&nbsp;%<small>ES&nbsp;99.5&nbsp;%</small>"});
  }
  return columns;
}

void append_pool_cells(PackPage const& page, std::uint32_t pool, Estimate const& probability,
                       bool tails, std::vector<std::string>& row) {
  Result::Pools const& pools = page.result.pools;
  std::size_t const at = page.pack * pools.name.size() + pool;
  std::int64_t const scenario = pools.worst_scenario[at];
  AmountText const& amount = page.amount;
  row.push_back(
      stacked(html_text(amount(pools.equity[at])), html_text(amount(pools.requirement[at]))));
  row.push_back(stacked(ratio_text(pools.margin_ratio[at]), multiple_text(pools.leverage[at])));
  row.push_back(stacked(percent_text(probability.value), percent_interval(probability)));
  row.push_back(stacked(html_text(amount(pools.mean_shortfall[at])),
                        counted(pools.breaches[at], "scenario", "scenarios")));
  row.push_back(stacked(html_text(amount(currency(pools.worst_shortfall[at]))),
                        scenario < 0 ? std::string(no_figure) : fmt::format("no. {}", scenario)));
  for (std::uint32_t level = 0; tails && level < tail_levels; ++level)
    row.push_back(tail_cell(page, pool, level));
}

char const* kind(Result const& result, std::uint32_t pool) {
  return result.pools.isolated[pool] != 0 ? "isolated" : "cross";
}

std::string tails_note(bool tails) {
  return tails ? "VaR and ES are of the loss of excess along the path, not of the shortfall."
               : "VaR and ES were not asked for in this run.";
}

std::string none_flagged(PackPage const& page) {
  Result const& result = page.result;
  double const high = wilson_interval(0, result.shape.scenarios).high;
  return fmt::format(
      "<p>No account fell below its line in any of {}. That bounds each account&#8217;s breach "
      "probability to {} at most (95 %); it does not make it zero.</p>\n",
      counted(result.shape.scenarios, "scenario", "scenarios"), unbroken(percent_text(high)));
}

std::string tightest_table(PackPage const& page) {
  Result const& result = page.result;
  std::size_t const first = page.pack * result.pools.name.size();
  std::vector<std::vector<std::string>> rows;
  for (std::uint32_t const pool : tightest_pools(result, page.pack, 10))
    rows.push_back({html_name(result.pools.name[pool]),
                    html_name(result.accounts.name[result.pools.account[pool]]),
                    html_text(page.amount(result.pools.equity[first + pool])),
                    html_text(page.amount(result.pools.requirement[first + pool])),
                    ratio_text(result.pools.margin_ratio[first + pool]),
                    multiple_text(result.pools.leverage[first + pool])});
  return table(page.id("tightest"),
               fmt::format("Nearest to their line tonight: pools by margin ratio, amounts in {}",
                           html_text(result.reporting_currency)),
               {{"Pool", false},
                {"Account", false},
                {"Equity"},
                {"Requirement"},
                {"Margin ratio"},
                {"Leverage"}},
               rows);
}

std::string limit(std::string_view what, std::string_view text) {
  return fmt::format("<li><strong>{}</strong> {}</li>\n", what, text);
}

}  // namespace

std::string answer(PackPage const& page) {
  Result const& result = page.result;
  std::string const horizon = days_text(result.shape.horizon_days);
  std::uint64_t const accounts = result.all_accounts();
  if (page.figures.flagged_accounts == 0)
    return fmt::format("None of {} fell below {} maintenance margin within {} in any of {}.",
                       strong(counted(accounts, "account", "accounts")),
                       accounts == 1 ? "its" : "their", strong(horizon),
                       strong(counted(result.shape.scenarios, "scenario", "scenarios")));
  return fmt::format("Of {}, {} could fall below {} maintenance margin within {}; {}",
                     strong(counted(accounts, "account", "accounts")),
                     strong(count_text(page.figures.flagged_accounts)),
                     page.figures.flagged_accounts == 1 ? "its" : "their", strong(horizon),
                     tail_sentence(page));
}

std::string alerts(PackPage const& page) {
  std::string out;
  if (std::uint64_t const cells = page.result.firm.undefined_cells[page.pack]; cells > 0)
    out += fmt::format(
        "<p class=\"alert\"><strong>Incomplete.</strong> {} left the domain of the arithmetic and "
        "could not be decided; breaches and shortfalls there are not in any figure below.</p>\n",
        counted(cells, "cell", "cells"));
  if (page.figures.pools_below_tonight > 0)
    out += fmt::format(
        "<p class=\"alert\"><strong>Below the line tonight.</strong> Before any scenario, "
        "requirements exceed equity in {} of {}. Tonight is not a step: that counts as a breach "
        "from the first step on, where it still holds.</p>\n",
        counted(page.figures.pools_below_tonight, "pool", "pools"),
        counted(page.figures.accounts_below_tonight, "account", "accounts"));
  return out;
}

std::string headline(PackPage const& page) {
  Result const& result = page.result;
  PackFigures const& f = page.figures;
  std::uint64_t const n = result.shape.scenarios;
  std::string likely =
      tile("Any account in breach", percent_text(f.any_breach.value),
           percent_interval(f.any_breach),
           fmt::format("{} of {} with at least one", count_text(f.scenarios_with_breach),
                       counted(n, "scenario", "scenarios"))) +
      tile("Accounts in breach", decimal_text(f.accounts_in_breach.value, 2),
           decimal_interval(f.accounts_in_breach, 2),
           "expected per scenario: the sum of all breach probabilities") +
      tile("Accounts flagged", count_text(f.flagged_accounts), "",
           fmt::format("of {}: in breach in at least one scenario; more scenarios flag more",
                       count_text(result.all_accounts()))) +
      tile("Pools flagged", count_text(f.flagged_pools), "",
           fmt::format("of {}: each pool answers for itself",
                       counted(result.all_pools(), "margin pool", "margin pools")));
  std::string much =
      tile("Mean", page.amount(f.total.mean.value), page.amount.interval(f.total.mean),
           "expected per scenario") +
      tail_tile(page, 100, "99 %", f.total.one_in_100) +
      tail_tile(page, 200, "99.5 %", f.total.one_in_200) +
      tile("Worst", page.amount(f.total.worst), "",
           f.total.worst_scenario < 0
               ? std::string("no scenario shows a shortfall")
               : fmt::format("scenario no. {} of {}", f.total.worst_scenario, count_text(n)));
  int const level = result.packs.size() == 1 ? 2 : 3;
  return fmt::format(
      "<section class=\"headline\" id=\"{0}\">\n<h{1}>How likely</h{1}>\n<dl>\n{2}</dl>\n"
      "<h{1}>How much: total shortfall in {4}</h{1}>\n<dl>\n{3}</dl>\n"
      "<p class=\"note\">Brackets are 95 % intervals of the sampling: Wilson for probabilities, "
      "normal for means, binomial ranks (normal approximation) for the 1-in-100 and 1-in-200 "
      "figures. They say nothing about the market model.</p>\n</section>\n\n",
      page.id("headline"), level, likely, much, html_text(result.reporting_currency));
}

std::string accounts_section(PackPage const& page) {
  Result const& result = page.result;
  Result::Accounts const& accounts = result.accounts;
  if (page.figures.flagged_accounts == 0)
    return section(page, "accounts", "Which accounts", none_flagged(page) + tightest_table(page));
  std::vector<std::uint32_t> const shown = worst_accounts(result, page.pack, listed);
  std::size_t const first = page.pack * accounts.name.size();
  std::vector<std::uint32_t> pools;
  for (std::uint32_t const account : shown) pools.push_back(accounts.worst_pool[first + account]);
  bool const tails = tails_known(page, pools);
  std::vector<std::vector<std::string>> rows;
  for (std::uint32_t const a : shown) {
    std::uint32_t const pool = accounts.worst_pool[first + a];
    Estimate const p{accounts.probability[first + a], accounts.low[first + a],
                     accounts.high[first + a]};
    rows.push_back({stacked(html_name(accounts.name[a]),
                            html_name(result.classes[accounts.segregation_class[a]])),
                    stacked(html_name(result.pools.name[pool]), kind(result, pool))});
    append_pool_cells(page, pool, p, tails, rows.back());
  }
  std::vector<Column> columns = {{"Account<small>Class</small>", false},
                                 {"Worst pool<small>Kind</small>", false}};
  for (Column const& column : pool_columns(tails)) columns.push_back(column);
  std::string const caption = fmt::format(
      "{} of {}, the likeliest breaches first. All columns but the breach probability are those of "
      "the account&#8217;s worst pool; equity and requirement tonight; amounts in {}. {}",
      count_text(shown.size()),
      counted(page.figures.flagged_accounts, "flagged account", "flagged accounts"),
      html_text(result.reporting_currency), tails_note(tails));
  return section(page, "accounts", "Which accounts",
                 table(page.id("worst-accounts"), caption, columns, rows, true));
}

std::string pools_section(PackPage const& page) {
  Result const& result = page.result;
  if (page.figures.flagged_pools == 0) return "";
  std::vector<std::uint32_t> const shown = costliest_pools(result, page.pack, listed);
  std::size_t const first = page.pack * result.pools.name.size();
  bool const tails = tails_known(page, shown);
  double shown_mean = 0.0;
  std::vector<std::vector<std::string>> rows;
  for (std::uint32_t const pool : shown) {
    double const mean = mean_per_scenario(result, page.pack, pool);
    shown_mean += mean;
    Estimate const p{result.pools.probability[first + pool], result.pools.low[first + pool],
                     result.pools.high[first + pool]};
    rows.push_back({stacked(html_name(result.pools.name[pool]),
                            html_name(result.accounts.name[result.pools.account[pool]]) + ", " +
                                kind(result, pool)),
                    stacked(html_text(page.amount(mean)),
                            html_text(share_text(mean, page.figures.total.mean.value)))});
    append_pool_cells(page, pool, p, tails, rows.back());
  }
  std::vector<Column> columns = {{"Pool<small>Account, kind</small>", false},
                                 {"Mean per scenario<small>share of total</small>"}};
  for (Column const& column : pool_columns(tails)) columns.push_back(column);
  std::string const lead = fmt::format(
      "<p>The likeliest breaches need not be the dear ones. The {} below make {} of the mean total "
      "shortfall of {}.</p>\n",
      counted(shown.size(), "pool", "pools"),
      unbroken(html_text(share_text(shown_mean, page.figures.total.mean.value))),
      unbroken(html_text(page.amount.with_currency(page.figures.total.mean.value))));
  std::string const caption =
      fmt::format("{} of {} by mean shortfall per scenario, breach or not; amounts in {}. {}",
                  count_text(shown.size()),
                  counted(page.figures.flagged_pools, "flagged pool", "flagged pools"),
                  html_text(result.reporting_currency), tails_note(tails));
  return section(page, "pools", "Which margin pools cost most",
                 lead + table(page.id("costliest-pools"), caption, columns, rows, true));
}

namespace {

// What is held for each class against what it owes; nothing where no class has custody.
std::string custody_table(PackPage const& page) {
  Result const& result = page.result;
  Result::Segregation const& s = result.segregation;
  bool any = false;
  std::vector<std::vector<std::string>> rows;
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    std::vector<std::string>& row = rows.emplace_back(std::vector<std::string>{
        html_name(result.classes[c]), html_text(page.amount(currency(s.owed_tonight[c])))});
    if (s.custody_given[c] == 0) {
      row.insert(row.end(), {"no custody given", "", "", "", ""});
      continue;
    }
    any = true;
    ShortfallFigures const lack = shortfall_figures(custody_lack(result, c));
    row.insert(row.end(),
               {html_text(page.amount(s.held_tonight[c])),
                percent_text(static_cast<double>(lack.scenarios_with) /
                             static_cast<double>(result.shape.scenarios)),
                stacked(html_text(page.amount(lack.mean.value)),
                        html_text(page.amount.interval(lack.mean))),
                stacked(html_text(page.amount(lack.one_in_100.value)),
                        html_text(page.amount.interval(lack.one_in_100))),
                stacked(html_text(page.amount(lack.worst)),
                        lack.worst_scenario < 0 ? std::string(no_figure)
                                                : fmt::format("no. {}", lack.worst_scenario))});
    if (s.undefined_columns[c] > 0)
      row.front() += fmt::format("<small>INCOMPLETE: {} could not be valued</small>",
                                 counted(s.undefined_columns[c], "column", "columns"));
  }
  if (!any) return "";
  return table(page.id("class-custody"),
               fmt::format("What custody lacks of what each class owes its clients, in {}, at the "
                           "worst step of each scenario, with 95 % intervals. It hangs on no rule.",
                           html_text(result.reporting_currency)),
               {{"Class", false},
                {"Owed tonight"},
                {"Held tonight"},
                {"Probability of a lack"},
                {"Mean lack"},
                {"1 in 100 (99 %)"},
                {"Worst lack<small>in scenario</small>"}},
               rows);
}

}  // namespace

std::string classes_section(PackPage const& page) {
  Result const& result = page.result;
  std::vector<std::uint64_t> accounts = result.rest.of_class;
  accounts.resize(result.classes.size());
  for (std::uint8_t const c : result.accounts.segregation_class) ++accounts[c];
  std::vector<std::vector<std::string>> rows;
  auto const row = [&](std::string name, std::uint64_t members, ShortfallFigures const& f) {
    rows.push_back(
        {std::move(name), count_text(members), count_text(f.scenarios_with),
         stacked(html_text(page.amount(f.mean.value)), html_text(page.amount.interval(f.mean))),
         stacked(html_text(page.amount(f.one_in_100.value)),
                 html_text(page.amount.interval(f.one_in_100))),
         html_text(page.amount(f.worst))});
  };
  for (std::size_t c = 0; c < result.classes.size(); ++c)
    row(html_name(result.classes[c]), accounts[c], page.figures.by_class[c]);
  if (result.classes.size() > 1) row("All classes", result.all_accounts(), page.figures.total);
  std::string const caption = fmt::format(
      "Total shortfall by segregation class, in {}, with 95 % intervals. Client property never "
      "covers house losses, so the classes do not net; their 1-in-100 figures do not add up.",
      html_text(result.reporting_currency));
  return section(page, "classes", "By segregation class",
                 table(page.id("class-shortfall"), caption,
                       {{"Class", false},
                        {"Accounts"},
                        {"Scenarios with shortfall"},
                        {"Mean"},
                        {"1 in 100 (99 %)"},
                        {"Worst"}},
                       rows) +
                     custody_table(page));
}

std::string limits_section(PackPage const& page) {
  Result const& result = page.result;
  RunShapeEcho const& shape = result.shape;
  std::uint64_t const limited = result.firm.limited_draws[page.pack];
  std::uint64_t const undefined = result.firm.undefined_cells[page.pack];
  std::string body = "<ul class=\"limits\">\n";
  body +=
      limit("Between steps nothing is seen.",
            fmt::format("Pools are valued once per step, every {}. One that falls below its line "
                        "and recovers in between is not counted.",
                        days_text(shape.horizon_days / shape.steps)));
  body += limit("Nobody acts.",
                "Positions and balances stay as they were; nobody adds margin, trades or withdraws "
                "before a breach.");
  body +=
      limit("Closing positions is not modelled yet.",
            "A shortfall is what was missing at the first step below the line, before "
            "liquidation, slippage, fees, the fund or any sharing of losses. What is owed after "
            "closing may be larger or smaller, and the effect of forced sales on prices is left "
            "out.");
  body +=
      limit("The market model is taken as given.",
            shape.source == "table"
                ? "Scenarios come from a table supplied with the run. Probabilities are shares of "
                  "its rows; the intervals read the rows as independent draws."
                : "Volatilities, correlations, bases, haircuts and margin rates are constants of "
                  "the input files. The intervals measure sampling only: they cannot tell whether "
                  "the model is right.");
  body += limit("Prices are those of the book&#8217;s date.",
                fmt::format("Everything starts from the prices of {}; what happened since is not "
                            "known here.",
                            result.as_of.empty() ? "the input files" : html_text(result.as_of)));
  body += limit("Extreme moves are limited.",
                fmt::format("The model bends moves beyond a stated size: this touched {}.",
                            counted(limited, "draw", "draws")));
  body += limit("Undefined cells.", undefined == 0
                                        ? std::string("None: every cell could be decided.")
                                        : fmt::format("{} could not be decided and are left out.",
                                                      counted(undefined, "cell", "cells")));
  body +=
      limit("Rare breaches.",
            fmt::format("An account never in breach in {} may still have a breach probability of "
                        "up to {} (95 %).",
                        counted(shape.scenarios, "scenario", "scenarios"),
                        unbroken(percent_text(wilson_interval(0, shape.scenarios).high))));
  return section(page, "limits", "What this page does not know", body + "</ul>\n");
}

}  // namespace plimsoll::report
