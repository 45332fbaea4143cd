#include "host/report.hpp"

#include <fmt/format.h>

#include "host/markup.hpp"
#include "host/report_assets.hpp"
#include "host/report_parts.hpp"
#include "host/result_check.hpp"

namespace plimsoll {
namespace {

using report::PackPage;

unsigned hex_digit(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
}

// A digest as Content-Security-Policy wants it: base64 of its bytes.
std::string csp_hash(std::string_view hex) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "'sha256-";
  for (std::size_t i = 0; i < hex.size(); i += 6) {
    unsigned bits = 0;
    for (std::size_t k = 0; k < 6; ++k)
      bits = bits << 4 | (i + k < hex.size() ? hex_digit(hex[i + k]) : 0);
    for (unsigned k = 0; k < 4; ++k)
      out += i + k * 3 / 2 < hex.size() ? digits[bits >> (18 - 6 * k) & 63u] : '=';
  }
  return out + "'";
}

// Only the page's own scripts and style may run, and nothing may be fetched from anywhere.
std::string policy() {
  return fmt::format(
      "default-src 'none'; script-src {} {}; style-src {}; img-src data:; base-uri 'none'; "
      "form-action 'none'",
      csp_hash(embedded_chart_js.sha256), csp_hash(embedded_report_js.sha256),
      csp_hash(embedded_report_css.sha256));
}

std::string head(Result const& result) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>Margin stress report{}</title>\n<style>{}</style>\n</head>\n<body>\n",
      policy(), result.as_of.empty() ? "" : ", " + html_text(result.as_of),
      embedded_report_css.text);
}

std::string masthead(PackPage const& first) {
  Result const& result = first.result;
  std::string const under = result.packs.size() == 1
                                ? fmt::format("Rule pack {}", html_name(result.packs[0]))
                                : fmt::format("{} rule packs; this answer under {}",
                                              result.packs.size(), html_name(result.packs[0]));
  return fmt::format(
      "<header class=\"masthead\">\n"
      "<svg class=\"mark\" viewBox=\"0 0 48 32\" width=\"48\" height=\"32\" aria-hidden=\"true\" "
      "focusable=\"false\"><circle cx=\"24\" cy=\"16\" r=\"12.5\" fill=\"none\" "
      "stroke=\"currentColor\" stroke-width=\"3\"/><path d=\"M2 16h44\" stroke=\"currentColor\" "
      "stroke-width=\"3\"/></svg>\n"
      "<div><h1>Margin stress report</h1>\n<p class=\"asof\">{}{} &#183; {} &#183; {} over {} "
      "&#183; "
      "amounts in {}</p></div>\n</header>\n<main>\n<p class=\"answer\">{}</p>\n",
      result.as_of.empty()
          ? ""
          : fmt::format("As of <strong>{}</strong> &#183; ", html_text(result.as_of)),
      under, counted(result.shape.scenarios, "scenario", "scenarios"),
      counted(result.shape.steps, "step", "steps"), days_text(result.shape.horizon_days),
      html_text(result.reporting_currency), report::answer(first));
}

std::string pack_parts(PackPage const& page) {
  return report::alerts(page) + report::headline(page) + report::exceedance_section(page) +
         report::accounts_section(page) + report::pools_section(page) +
         report::bands_section(page) + report::passage_section(page) +
         report::assets_section(page) + report::convergence_section(page) +
         report::classes_section(page) + report::limits_section(page);
}

std::string folded_pack(PackPage const& page) {
  return fmt::format(
      "<details class=\"pack\"{}>\n<summary><h2>Rule pack {}</h2></summary>\n<p "
      "class=\"answer small\">{}</p>\n{}</details>\n\n",
      page.pack == 0 ? " open" : "", html_name(page.result.packs[page.pack]), report::answer(page),
      pack_parts(page));
}

}  // namespace

std::string report_html(Result const& result) {
  check_result(result, "result");
  std::string page = head(result) + masthead(PackPage(result, 0));
  page +=
      "<noscript><p class=\"note\">Charts are drawn by a script inside this page and scripts are "
      "off; every figure of every chart is in the table beside it.</p></noscript>\n";
  if (result.packs.size() == 1) {
    page += pack_parts(PackPage(result, 0));
  } else {
    page += report::packs_table(result);
    for (std::size_t pack = 0; pack < result.packs.size(); ++pack)
      page += folded_pack(PackPage(result, pack));
  }
  page += report::provenance_section(result);
  page += fmt::format(
      "</main>\n<footer><p>Made by plimsoll {}. Charts: Chart.js, MIT license, carried inside this "
      "page, which loads nothing from anywhere.</p></footer>\n",
      html_text(result.provenance.program_version));
  return fmt::format("{}<script>{}</script>\n<script>{}</script>\n</body>\n</html>\n", page,
                     embedded_chart_js.text, embedded_report_js.text);
}

}  // namespace plimsoll
