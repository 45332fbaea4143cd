// The page's building stones: tables, sections, and what is said of the run as a whole.
#include <fmt/format.h>

#include <algorithm>

#include "host/markup.hpp"
#include "host/report_parts.hpp"

namespace plimsoll::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string code(std::string_view text) {
  return "<code>" + html_text(text) + "</code>";
}

Rows run_rows(Result const& result) {
  RunShapeEcho const& shape = result.shape;
  Provenance const& origin = result.provenance;
  double const step_days = shape.horizon_days / shape.steps;
  Rows rows = {
      {"Program", html_text(fmt::format("plimsoll {}", origin.program_version))},
      {"Commit", code(origin.commit)},
      {"Command", code(origin.command)},
      {"Engine", html_text(result.engine_note.empty()
                               ? result.engine
                               : fmt::format("{}: {}", result.engine, result.engine_note))},
      {"Scenarios",
       fmt::format("{}, from a {}", count_text(shape.scenarios), html_text(shape.source))},
      {"Seed", shape.source == "table" ? std::string("none: no scenario was drawn")
                                       : fmt::format("{}", shape.seed)},
      {"Horizon", fmt::format("{} in {} of {}", days_text(shape.horizon_days),
                              counted(shape.steps, "step", "steps"), days_text(step_days))},
      {"Tails", html_text(shape.tails)},
      {"Rounding",
       fmt::format("1 tick = {} {}; each outcome is rounded once to ticks, and ticks are "
                   "added as integers",
                   1.0 / ticks_per_unit, html_text(result.reporting_currency))},
      {"Computing time", seconds_text(result.seconds_total)},
      {"Peak memory", result.peak_memory_bytes == 0 ? std::string("not recorded")
                                                    : bytes_text(result.peak_memory_bytes)}};
  return rows;
}

std::string inputs_table(Provenance const& origin) {
  Rows rows;
  for (InputFile const& input : origin.inputs)
    rows.push_back({html_text(input.role), code(input.path), code(input.sha256)});
  if (rows.empty()) return "<p>No input files are recorded.</p>\n";
  return table("inputs", "Input files and the SHA-256 of their bytes",
               {{"Role", false}, {"Path, as given", false}, {"SHA-256", false}}, rows);
}

// The configuration as a file that would run it again.
std::string config_text(Result const& result) {
  if (result.config.empty()) return "";
  std::string body = "<h3>Configuration</h3>\n<p>As a <code>run.toml</code>:</p>\n<pre><code>";
  std::string_view rest = result.config;
  while (!rest.empty()) {
    std::size_t const end = std::min(rest.find('\n'), rest.size());
    body += html_text(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return body + "</code></pre>\n";
}

std::string stages_table(Result const& result) {
  Rows rows;
  double sum = 0.0;
  for (double const seconds : result.stage_seconds) sum += seconds;
  for (std::size_t i = 0; i < result.stage_name.size(); ++i)
    rows.push_back({html_text(result.stage_name[i]), seconds_text(result.stage_seconds[i]),
                    share_text(result.stage_seconds[i], sum)});
  if (rows.empty()) return "";
  return table("stages", "Where the time went", {{"Stage", false}, {"Time"}, {"Share"}}, rows);
}

std::string replay(Result const& result) {
  std::string body =
      "<h3>Replay</h3>\n<p>Any figure can be followed to its cells. With the run&#8217;s folder as "
      "<code>DIR</code>, one pool in one scenario is told line by line by</p>\n"
      "<pre><code>plimsoll explain DIR --pool ID --scenario N</code></pre>\n";
  for (std::uint32_t const pool : costliest_pools(result, 0, 1))
    body += fmt::format(
        "<p>For the pool that costs most, in its worst scenario:</p>\n"
        "<pre><code>plimsoll explain DIR --pool {} --scenario {}</code></pre>\n",
        html_text(shell_word(result.pools.name[pool])), result.pools.worst_scenario[pool]);
  return body;
}

}  // namespace

std::string PackPage::id(std::string_view part) const {
  return result.packs.size() == 1 ? std::string(part) : fmt::format("{}-{}", part, pack + 1);
}

std::string table(std::string_view id, std::string_view caption, std::vector<Column> const& columns,
                  Rows const& rows, bool wide) {
  std::string out = fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{0}-caption\">\n"
      "<table{1}>\n<caption id=\"{0}-caption\"><span>{2}</span></caption>\n<thead><tr>",
      id, wide ? " class=\"wide\"" : "", caption);
  for (Column const& column : columns)
    out += fmt::format("<th scope=\"col\"{}>{}</th>", column.figures ? " class=\"n\"" : "",
                       column.heading);
  out += "</tr></thead>\n<tbody>\n";
  for (auto const& row : rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      char const* const place = columns[i].figures ? " class=\"n\"" : "";
      out += i == 0 ? fmt::format("<th scope=\"row\"{}>{}</th>", place, row[i])
                    : fmt::format("<td{}>{}</td>", place, row[i]);
    }
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n</div>\n";
}

std::string stacked(std::string_view upper, std::string_view lower) {
  if (upper == no_figure && lower == no_figure) return no_figure;
  return fmt::format("{}<small>{}</small>", upper, lower);
}

std::string unbroken(std::string_view figure) {
  return fmt::format("<span class=\"unbroken\">{}</span>", figure);
}

std::string section(PackPage const& page, std::string_view part, std::string_view heading,
                    std::string_view body) {
  int const level = page.result.packs.size() == 1 ? 2 : 3;
  return fmt::format("<section class=\"part\" id=\"{0}\">\n<h{1}>{2}</h{1}>\n{3}</section>\n\n",
                     page.id(part), level, heading, body);
}

std::string packs_table(Result const& result) {
  Rows rows;
  for (std::size_t pack = 0; pack < result.packs.size(); ++pack) {
    PackPage const page(result, pack);
    PackFigures const& figures = page.figures;
    rows.push_back(
        {html_name(result.packs[pack]), count_text(figures.flagged_accounts),
         stacked(percent_text(figures.any_breach.value), percent_interval(figures.any_breach)),
         page.amount(figures.total.mean.value), page.amount(figures.total.one_in_100.value),
         page.amount(figures.total.worst)});
  }
  return "<section class=\"part\" id=\"packs\">\n<h2>Rule packs compared</h2>\n" +
         table("packs-table",
               fmt::format("The same book and the same scenarios under each rule pack; shortfalls "
                           "in {}",
                           html_text(result.reporting_currency)),
               {{"Rule pack", false},
                {"Accounts flagged"},
                {"Any account in breach"},
                {"Total shortfall, mean"},
                {"1 in 100 (99 %)"},
                {"Worst"}},
               rows) +
         "</section>\n\n";
}

std::string provenance_section(Result const& result) {
  return "<section class=\"part\" id=\"provenance\">\n<h2>Provenance</h2>\n" +
         table("run", "What made these figures", {{"Item", false}, {"Value", false}},
               run_rows(result)) +
         inputs_table(result.provenance) + config_text(result) + stages_table(result) +
         replay(result) + "</section>\n\n";
}

}  // namespace plimsoll::report
