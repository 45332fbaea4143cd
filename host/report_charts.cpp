// The sections that carry a chart. Each chart draws exactly the figures of the table beside it; the
// data travel as JSON next to the canvas and are drawn by host/report_page.js.
#include <fmt/format.h>

#include <cmath>

#include "host/markup.hpp"
#include "host/report_parts.hpp"

namespace plimsoll::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

template <class Values, class Text>
std::string json_array(Values const& values, Text text) {
  std::string out = "[";
  for (auto const& value : values) {
    if (out.size() > 1) out += ",";
    out += text(value);
  }
  return out + "]";
}

// `label` says to those who cannot see it what the chart shows.
std::string chart(std::string_view kind, std::string_view label, std::string_view json) {
  return fmt::format(
      "<figure class=\"chart {0}\"><div class=\"canvas\"><canvas role=\"img\" aria-label=\"{1}\" "
      "data-kind=\"{0}\"></canvas></div>\n<script "
      "type=\"application/json\">{2}</script></figure>\n",
      kind, html_text(label), json);
}

std::string pair(std::string_view left, std::string_view right) {
  return fmt::format("<div class=\"pair\">\n{}{}</div>\n", left, right);
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  return share_text(static_cast<double>(part), static_cast<double>(whole));
}

std::string series_json(std::string_view name, std::vector<ExceedancePoint> const& curve,
                        double (*value)(ExceedancePoint const&, std::size_t), std::size_t which) {
  return fmt::format("{{\"name\":{},\"values\":{}}}", json_string(name),
                     json_array(curve, [&](ExceedancePoint const& point) {
                       return json_number(value(point, which));
                     }));
}

std::string exceedance_json(PackPage const& page, std::vector<ExceedancePoint> const& curve) {
  auto const total = [](ExceedancePoint const& p, std::size_t) { return p.total.value; };
  auto const low = [](ExceedancePoint const& p, std::size_t) { return p.total.low; };
  auto const high = [](ExceedancePoint const& p, std::size_t) { return p.total.high; };
  auto const of_class = [](ExceedancePoint const& p, std::size_t c) { return p.by_class[c]; };
  std::string classes;
  for (std::size_t c = 0; page.result.classes.size() > 1 && c < page.result.classes.size(); ++c)
    classes += (c == 0 ? "" : ",") + series_json(page.result.classes[c], curve, of_class, c);
  return fmt::format(
      "{{\"currency\":{},\"oneIn\":{},\"total\":{},\"low\":{},\"high\":{},\"classes\":[{}]}}",
      json_string(page.result.reporting_currency),
      json_array(curve, [](ExceedancePoint const& p) { return fmt::format("{}", p.one_in); }),
      series_json("All classes", curve, total, 0), series_json("low", curve, low, 0),
      series_json("high", curve, high, 0), classes);
}

std::string exceedance_table(PackPage const& page, std::vector<ExceedancePoint> const& curve) {
  std::size_t const classes = page.result.classes.size() > 1 ? page.result.classes.size() : 0;
  std::vector<Column> columns = {{"1 in"}, {"Total<small>95 % interval</small>"}};
  for (std::size_t c = 0; c < classes; ++c) columns.push_back({html_name(page.result.classes[c])});
  Rows rows;
  for (ExceedancePoint const& point : curve) {
    rows.push_back(
        {count_text(point.one_in), stacked(html_text(page.amount(point.total.value)),
                                           html_text(page.amount.interval(point.total)))});
    for (std::size_t c = 0; c < classes; ++c)
      rows.back().push_back(html_text(page.amount(point.by_class[c])));
  }
  return table(page.id("exceedance-table"),
               fmt::format("Total shortfall reached or exceeded in 1 of so many scenarios, in {}",
                           html_text(page.result.reporting_currency)),
               columns, rows);
}

std::string days_of(PackPage const& page, PassageBin const& bin) {
  double const days = page.result.shape.horizon_days / page.result.shape.steps;
  std::string const last = fmt::format("{:.4g}", bin.last_step * days);
  if (bin.first_step == bin.last_step) return last;
  return fmt::format("{:.4g}\xE2\x80\x93{}", bin.first_step * days, last);
}

std::string steps_of(PassageBin const& bin) {
  return bin.first_step == bin.last_step
             ? fmt::format("{}", bin.first_step)
             : fmt::format("{}\xE2\x80\x93{}", bin.first_step, bin.last_step);
}

std::string bars_json(std::string_view across, std::string_view up, bool lying,
                      std::vector<std::string> const& labels, std::vector<double> const& values) {
  return fmt::format("{{\"across\":{},\"up\":{},\"lying\":{},\"labels\":{},\"values\":{}}}",
                     json_string(across), json_string(up), lying,
                     json_array(labels, [](std::string const& s) { return json_string(s); }),
                     json_array(values, json_number));
}

std::string running_json(std::vector<RunningPoint> const& running, std::string_view up,
                         Estimate RunningPoint::*which) {
  auto const column = [&](double Estimate::*part) {
    return json_array(running, [&](RunningPoint const& p) { return json_number(p.*which.*part); });
  };
  return fmt::format(
      "{{\"up\":{},\"scenarios\":{},\"value\":{},\"low\":{},\"high\":{}}}", json_string(up),
      json_array(running, [](RunningPoint const& p) { return fmt::format("{}", p.scenarios); }),
      column(&Estimate::value), column(&Estimate::low), column(&Estimate::high));
}

}  // namespace

std::string exceedance_section(PackPage const& page) {
  char const* const heading = "How deep: total shortfall and how often it is exceeded";
  if (page.figures.total.scenarios_with == 0)
    return section(page, "exceedance", heading, "<p>No scenario shows a shortfall.</p>\n");
  auto const curve = exceedance_curve(page.result, page.pack);
  if (curve.empty())
    return section(page, "exceedance", heading,
                   "<p>One scenario has no distribution; its shortfall is the worst above.</p>\n");
  std::string const lead = fmt::format(
      "<p>{} of {} show a shortfall, {} of them. Amounts are summed over all pools at their first "
      "step below the line.</p>\n",
      count_text(page.figures.total.scenarios_with),
      counted(page.result.shape.scenarios, "scenario", "scenarios"),
      unbroken(share(page.figures.total.scenarios_with, page.result.shape.scenarios)));
  return section(
      page, "exceedance", heading,
      lead + pair(chart("exceedance",
                        "Total shortfall, on a logarithmic scale, against how rarely it is "
                        "reached; the figures are in the table that follows",
                        exceedance_json(page, curve)),
                  exceedance_table(page, curve)));
}

std::string bands_section(PackPage const& page) {
  auto const counts = accounts_by_band(page.result, page.pack);
  std::uint64_t const accounts = page.result.all_accounts();
  Rows rows;
  std::vector<std::string> labels;
  std::vector<double> values;
  for (std::size_t b = 0; b < breach_bands; ++b) {
    std::string const name = b == 0 ? "never seen" : breach_band_name[b];
    rows.push_back({name, count_text(counts[b]), share(counts[b], accounts)});
    if (b == 0) continue;  // it would dwarf the others
    labels.push_back(name);
    values.push_back(static_cast<double>(counts[b]));
  }
  std::string const numbers =
      table(page.id("bands-table"), "Accounts by the probability of falling below their line",
            {{"Breach probability", false}, {"Accounts"}, {"Share"}}, rows);
  if (page.figures.flagged_accounts == 0)
    return section(page, "bands", "How many, how likely", numbers);
  return section(page, "bands", "How many, how likely",
                 pair(chart("bars",
                            "Flagged accounts by band of breach probability; the figures are in "
                            "the table that follows",
                            bars_json("Breach probability", "Accounts", true, labels, values)),
                      numbers));
}

std::string passage_section(PackPage const& page) {
  if (page.result.shape.steps == 0 || page.figures.flagged_pools == 0) return "";
  auto const bins = passages_by_step(page.result, page.pack, 20);
  std::uint64_t const all = page.result.firm.breaching_cells[page.pack];
  Rows rows;
  std::vector<std::string> labels;
  std::vector<double> values;
  for (PassageBin const& bin : bins) {
    rows.push_back(
        {days_of(page, bin), steps_of(bin), count_text(bin.breaches), share(bin.breaches, all)});
    labels.push_back(days_of(page, bin));
    values.push_back(static_cast<double>(bin.breaches));
  }
  std::string const lead = fmt::format(
      "<p>A pool is followed until the first step at which it stands below its line. The {} of a "
      "pool in a scenario by that step:</p>\n",
      counted(all, "breach", "breaches"));
  return section(
      page, "passage", "When",
      lead + pair(chart("bars",
                        "Breaches by the day of first passage; the figures are in the "
                        "table that follows",
                        bars_json("Day of first passage", "Breaches", false, labels, values)),
                  table(page.id("passage-table"), "Breaches by first step below the line",
                        {{"Day"}, {"Step"}, {"Breaches"}, {"Share"}}, rows)));
}

std::string assets_section(PackPage const& page) {
  auto const assets = driving_assets(page.result, page.pack);
  if (assets.empty()) return "";
  constexpr std::size_t shown = 12;
  Result::Firm const& firm = page.result.firm;
  std::size_t const first = page.pack * firm.asset.size();
  double all = 0.0;
  for (std::uint32_t const asset : assets) all += firm.asset_breaches[first + asset];
  Rows rows;
  std::vector<std::string> labels;
  std::vector<double> values;
  auto const add = [&](std::string const& html, std::string const& label, double breaches,
                       double fall) {
    rows.push_back(
        {html, decimal_text(breaches, 0), share_text(breaches, all), html_text(page.amount(fall))});
    labels.push_back(label);
    values.push_back(breaches);
  };
  double other_breaches = 0.0, other_fall = 0.0;
  for (std::size_t i = 0; i < assets.size(); ++i) {
    std::uint32_t const asset = assets[i];
    double const breaches = firm.asset_breaches[first + asset],
                 fall = currency(firm.asset_fall[first + asset]);
    if (i < shown) {
      add(html_name(firm.asset[asset]), firm.asset[asset], breaches, fall);
    } else {
      other_breaches += breaches;
      other_fall += fall;
    }
  }
  if (assets.size() > shown)
    add(fmt::format("{} others", assets.size() - shown), "others", other_breaches, other_fall);
  std::string const lead =
      "<p>Each flagged pool&#8217;s worst scenario is split over assets: positions and their "
      "requirement to the underlying, collateral to itself. The asset that took most of the excess "
      "is given all of that pool&#8217;s breaches. A negative fall is a cushion.</p>\n";
  return section(
      page, "assets", "Where breaches come from",
      lead + pair(chart("bars",
                        "Breaches by the asset that drove them; the figures are in the table that "
                        "follows",
                        bars_json("Asset", "Breaches driven", true, labels, values)),
                  table(page.id("assets-table"),
                        fmt::format(
                            "Breaches driven, and fall in excess caused in the pools&#8217; worst "
                            "scenarios ({})",
                            html_text(page.result.reporting_currency)),
                        {{"Asset", false}, {"Breaches driven"}, {"Share"}, {"Fall in excess"}},
                        rows)));
}

std::string convergence_section(PackPage const& page) {
  auto const running = running_figures(page.result, page.pack, 12);
  if (running.size() < 2 || page.figures.flagged_accounts == 0) return "";
  Rows rows;
  for (RunningPoint const& point : running)
    rows.push_back({count_text(point.scenarios),
                    stacked(decimal_text(point.accounts_in_breach.value, 2),
                            decimal_interval(point.accounts_in_breach, 2)),
                    stacked(html_text(page.amount(point.one_in_100.value)),
                            html_text(page.amount.interval(point.one_in_100)))});
  std::string const currency = page.result.reporting_currency;
  std::string charts =
      chart("running",
            "Mean accounts in breach per scenario against the number of "
            "scenarios, with its 95 % interval; the figures are in the table that follows",
            running_json(running, "Accounts in breach, mean", &RunningPoint::accounts_in_breach));
  if (!std::isnan(running.back().one_in_100.value))
    charts += chart(
        "running",
        "1-in-100 total shortfall against the number of scenarios, with its 95 % "
        "interval; the figures are in the table that follows",
        running_json(running, "1-in-100 total shortfall, " + currency, &RunningPoint::one_in_100));
  return section(
      page, "convergence", "Were there enough scenarios",
      "<p>What the first so many scenarios alone would have said. Estimates that still drift, or "
      "wide intervals, ask for more scenarios.</p>\n<div class=\"twins\">\n" +
          charts + "</div>\n" +
          table(page.id("convergence-table"),
                fmt::format("Running estimates with 95 % intervals; shortfall in {}",
                            html_text(currency)),
                {{"Scenarios"}, {"Accounts in breach, mean"}, {"1-in-100 total shortfall"}}, rows));
}

}  // namespace plimsoll::report
