// The report page as text: its figures are those of the result, names stay names, and it is whole
// without a network. How it looks and draws is asked by report_browser_test.py.
#include "host/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "host/error.hpp"
#include "host/figure_text.hpp"
#include "host/report_assets.hpp"
#include "tests/host/result_builder.hpp"

namespace plimsoll {
namespace {

// The page without the scripts and the style that it carries.
std::string own_text(Result const& result) {
  std::string page = report_html(result);
  for (EmbeddedFile const* file : {&embedded_chart_js, &embedded_report_js, &embedded_report_css}) {
    std::size_t const at = page.find(file->text);
    EXPECT_NE(at, std::string::npos);
    page.erase(at, file->text.size());
  }
  return page;
}

std::string part(std::string const& page, std::string const& id) {
  std::size_t const begin = page.find("id=\"" + id + "\"");
  if (begin == std::string::npos) return "";
  return page.substr(begin, page.find("</section>", begin) - begin);
}

// Text of the table row whose heading cell holds `name`, tags turned into spaces.
std::string row(std::string const& html, std::string const& name) {
  for (std::size_t begin = html.find("<tr>"); begin != std::string::npos;
       begin = html.find("<tr>", begin + 1)) {
    std::string const found = html.substr(begin, html.find("</tr>", begin) - begin);
    std::string const head = found.substr(0, found.find("</th>") + 1);
    if (head.find(">" + name + "<") != std::string::npos)
      return std::regex_replace(found, std::regex("<[^>]*>"), " ");
  }
  return "";
}

bool holds(std::string const& text, std::string const& figure) {
  return text.find(" " + figure + " ") != std::string::npos;
}

std::vector<nlohmann::json> chart_data(std::string const& page) {
  std::vector<nlohmann::json> charts;
  std::string const open = "<script type=\"application/json\">";
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at + 1)) {
    std::size_t const begin = at + open.size();
    charts.push_back(
        nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin)));
  }
  return charts;
}

std::size_t count(std::string const& text, std::string const& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

TEST(Report, AnswersInOneSentence) {
  Result const result = sample_result();
  std::string const page = std::regex_replace(own_text(result), std::regex("</?strong>"), "");
  EXPECT_NE(page.find(fmt::format(
                "Of {} accounts, {} could fall below their maintenance margin within 10 days; in 1 "
                "of 100 scenarios the total shortfall reaches USD {} or more.",
                result.accounts.name.size(), result.firm.flagged_accounts[0],
                decimal_text(result.firm.exceedance_shortfall[2], 0))),
            std::string::npos);
  EXPECT_NE(page.find("As of 2026-07-31"), std::string::npos);
}

TEST(Report, HeadlineFiguresAreThoseOfTheResult) {
  Result const result = sample_result();
  std::string const headline = part(own_text(result), "headline");
  PackFigures const figures = pack_figures(result, 0);
  for (std::string const& figure :
       {percent_text(figures.any_breach.value), decimal_text(figures.accounts_in_breach.value, 2),
        count_text(result.firm.flagged_accounts[0]), count_text(result.firm.flagged_pools[0]),
        decimal_text(figures.total.mean.value, 0), decimal_text(figures.total.one_in_100.value, 0),
        decimal_text(figures.total.one_in_200.value, 0), decimal_text(figures.total.worst, 0)})
    EXPECT_NE(headline.find("<span class=\"figure\">" + figure + "</span>"), std::string::npos)
        << figure;
  EXPECT_NE(headline.find(percent_interval(figures.any_breach)), std::string::npos);
}

TEST(Report, WorstAccountsCarryTheirFigures) {
  Result const result = sample_result();
  std::string const accounts = part(own_text(result), "accounts");
  auto const worst = worst_accounts(result, 0, 21);
  for (std::size_t i = 0; i < 20; ++i) {
    std::uint32_t const a = worst[i], pool = result.accounts.worst_pool[a];
    std::string const found = row(accounts, result.accounts.name[a]);
    ASSERT_FALSE(found.empty()) << result.accounts.name[a];
    EXPECT_TRUE(holds(found, percent_text(result.accounts.probability[a]))) << found;
    EXPECT_TRUE(holds(found, decimal_text(result.pools.equity[pool], 0))) << found;
    EXPECT_TRUE(holds(found, decimal_text(result.pools.requirement[pool], 0))) << found;
    EXPECT_TRUE(holds(found, decimal_text(result.pools.value_at_risk[2 * pool + 1], 0))) << found;
    EXPECT_TRUE(holds(found, decimal_text(result.pools.expected_shortfall[2 * pool], 0))) << found;
    EXPECT_TRUE(holds(found, fmt::format("no. {}", result.pools.worst_scenario[pool]))) << found;
  }
  EXPECT_EQ(row(accounts, result.accounts.name[worst[20]]), "");
}

TEST(Report, CostliestPoolsCarryTheirShare) {
  Result const result = sample_result();
  std::string const pools = part(own_text(result), "pools");
  double const total = pack_figures(result, 0).total.mean.value;
  for (std::uint32_t const pool : costliest_pools(result, 0, 20)) {
    std::string const found = row(pools, result.pools.name[pool]);
    double const mean = mean_per_scenario(result, 0, pool);
    EXPECT_TRUE(holds(found, decimal_text(mean, 0))) << found;
    EXPECT_TRUE(holds(found, share_text(mean, total))) << found;
    EXPECT_TRUE(holds(found, percent_text(result.pools.probability[pool]))) << found;
  }
}

TEST(Report, ChartsDrawTheFiguresOfTheirTables) {
  Result const result = sample_result();
  std::string const page = own_text(result);
  auto const charts = chart_data(page);
  ASSERT_EQ(charts.size(), 6u);
  EXPECT_EQ(count(page, "<canvas "), charts.size());
  auto const& curve = charts[0];
  std::string const table = part(page, "exceedance");
  for (std::size_t i = 0; i < curve["oneIn"].size(); ++i) {
    std::string const found = row(table, count_text(curve["oneIn"][i]));
    EXPECT_TRUE(holds(found, decimal_text(curve["total"]["values"][i], 0))) << found;
    for (auto const& series : curve["classes"])
      EXPECT_TRUE(holds(found, decimal_text(series["values"][i], 0))) << found;
  }
  EXPECT_EQ(curve["classes"].size(), result.classes.size());
  char const* const sections[] = {"bands", "passage", "assets"};
  for (std::size_t i = 0; i < 3; ++i) {
    auto const& bars = charts[1 + i];
    for (std::size_t k = 0; k < bars["labels"].size(); ++k) {
      std::string const label = bars["labels"][k];
      std::string const found =
          row(part(page, sections[i]), label == "others" ? "2 others" : label);
      EXPECT_TRUE(holds(found, decimal_text(bars["values"][k], 0))) << label << ": " << found;
    }
  }
  auto const& running = charts[4];
  for (std::size_t k = 0; k < running["scenarios"].size(); ++k) {
    std::string const found = row(part(page, "convergence"), count_text(running["scenarios"][k]));
    EXPECT_TRUE(holds(found, decimal_text(running["value"][k], 2))) << found;
  }
}

TEST(Report, ChartSumsAreThoseOfTheResult) {
  Result const result = sample_result();
  auto const charts = chart_data(own_text(result));
  auto const sum = [](nlohmann::json const& values) {
    double total = 0.0;
    for (double const value : values) total += value;
    return total;
  };
  EXPECT_EQ(sum(charts[1]["values"]), static_cast<double>(result.firm.flagged_accounts[0]));
  EXPECT_EQ(sum(charts[2]["values"]), static_cast<double>(result.firm.breaching_cells[0]));
  EXPECT_EQ(sum(charts[3]["values"]), static_cast<double>(result.firm.breaching_cells[0]));
}

TEST(Report, ClassesHaveTheirRow) {
  Result const result = sample_result();
  std::string const classes = part(own_text(result), "classes");
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    auto const figures = shortfall_figures(class_shortfall(result, 0, c));
    std::string const found = row(classes, result.classes[c]);
    EXPECT_TRUE(holds(found, decimal_text(figures.mean.value, 0))) << found;
    EXPECT_TRUE(holds(found, decimal_text(figures.one_in_100.value, 0))) << found;
    EXPECT_TRUE(holds(found, decimal_text(figures.worst, 0))) << found;
  }
}

TEST(Report, NamesCannotBecomeMarkup) {
  Result const plain = sample_result();
  Result result = plain;
  std::string const evil = "</script><script>alert(1)</script>\"'<img src=x>&";
  for (auto* names : {&result.accounts.name, &result.pools.name, &result.classes,
                      &result.firm.asset, &result.packs})
    for (std::string& name : *names) name += evil;
  result.engine_note = result.provenance.command = result.provenance.commit = evil;
  result.config = evil;
  result.stage_name[0] = result.reporting_currency = evil;
  for (InputFile& file : result.provenance.inputs) file.path = file.role = file.sha256 = evil;
  std::string const page = own_text(result);
  EXPECT_EQ(page.find("alert(1)<"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(count(page, "<script"), count(own_text(plain), "<script"));
  EXPECT_EQ(count(page, "</script"), count(own_text(plain), "</script"));
  EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
  auto const charts = chart_data(page);
  EXPECT_EQ(charts[0]["classes"][0]["name"], result.classes[0]);
  EXPECT_EQ(charts[3]["labels"][0], result.firm.asset[0]);
}

TEST(Report, AsksNoNetwork) {
  std::string const page = own_text(sample_result());
  EXPECT_EQ(count(page, "http-equiv"), 1u);
  EXPECT_EQ(count(page, "http"), 1u);
  for (char const* const reach : {" src=", " href=", "url(", "@import", "<link", "<iframe"}) {
    EXPECT_EQ(page.find(reach), std::string::npos) << reach;
    EXPECT_EQ(embedded_report_css.text.find(reach), std::string::npos) << reach;
  }
  for (char const* const call : {"fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "import("})
    for (EmbeddedFile const* file : {&embedded_chart_js, &embedded_report_js})
      EXPECT_EQ(file->text.find(call), std::string::npos) << call;
  EXPECT_NE(page.find("default-src 'none'; script-src 'sha256-"), std::string::npos);
  EXPECT_EQ(page.find("unsafe"), std::string::npos);
}

TEST(Report, DependsOnTheResultOnly) {
  EXPECT_EQ(report_html(sample_result()), report_html(sample_result()));
  Result other = sample_result();
  other.shape.seed += 1;
  EXPECT_NE(report_html(other), report_html(sample_result()));
}

TEST(Report, NobodyInBreach) {
  ResultConfig config;
  config.severity = 0;
  std::string const page = own_text(sample_result(config));
  EXPECT_NE(page.find("None of <strong>300 accounts</strong> fell below"), std::string::npos);
  EXPECT_NE(page.find("Nearest to their line tonight"), std::string::npos);
  EXPECT_NE(page.find("0.38 %</span> at most"), std::string::npos);  // Wilson, 0 of 1,000
  EXPECT_TRUE(chart_data(page).empty());
}

TEST(Report, OneScenario) {
  ResultConfig config;
  config.scenarios = 1;
  config.severity = 20;
  std::string const page = own_text(sample_result(config));
  EXPECT_NE(page.find("in the one scenario the total shortfall is"), std::string::npos);
  EXPECT_EQ(page.find("nan "), std::string::npos);
  EXPECT_EQ(page.find(">nan"), std::string::npos);
}

TEST(Report, OneClassHasNoClassColumns) {
  ResultConfig config;
  config.classes = {"Clients"};
  std::string const page = own_text(sample_result(config));
  EXPECT_EQ(chart_data(page)[0]["classes"].size(), 0u);
  EXPECT_EQ(part(page, "exceedance").find("Clients"), std::string::npos);
  EXPECT_FALSE(row(part(page, "classes"), "Clients").empty());
}

TEST(Report, WithoutTailsThereAreNoTailColumns) {
  ResultConfig config;
  config.tails = false;
  std::string const page = own_text(sample_result(config));
  EXPECT_EQ(page.find("VaR&nbsp;99"), std::string::npos);
  EXPECT_NE(page.find("VaR and ES were not asked for"), std::string::npos);
}

TEST(Report, EveryRulePackHasItsPartAndTheFirstIsOpen) {
  ResultConfig config;
  config.packs = 3;
  Result const result = sample_result(config);
  std::string const page = own_text(result);
  EXPECT_EQ(count(page, "<details class=\"pack\" open>"), 1u);
  EXPECT_EQ(count(page, "<details class=\"pack\""), 3u);
  EXPECT_LT(page.find("<details class=\"pack\" open>"), page.find("<details class=\"pack\">"));
  for (std::size_t pack = 0; pack < 3; ++pack) {
    std::string const found = row(part(page, "packs"), result.packs[pack]);
    EXPECT_TRUE(holds(found, count_text(result.firm.flagged_accounts[pack]))) << found;
    EXPECT_NE(
        part(page, fmt::format("headline-{}", pack + 1))
            .find(fmt::format("<span class=\"figure\">{}</span>", result.firm.flagged_pools[pack])),
        std::string::npos);
  }
}

TEST(Report, WhatIsMissingIsSaidFirst) {
  Result result = sample_result();
  EXPECT_EQ(own_text(result).find("class=\"alert\""), std::string::npos);
  result.firm.undefined_cells[0] = 3;
  result.pools.excess[0] = -5.0;
  std::string const page = own_text(result);
  EXPECT_EQ(count(page, "class=\"alert\""), 2u);
  EXPECT_NE(page.find("3 cells left the domain"), std::string::npos);
  EXPECT_LT(page.find("class=\"alert\""), page.find("id=\"headline\""));
}

TEST(Report, ShowsTheConfigurationLineByLine) {
  std::string const page = report_html(sample_result());
  EXPECT_NE(
      page.find("<pre><code>book = &quot;out/demo/book.h5&quot;\nscenarios = 1000\nseed = 42\n"),
      std::string::npos);
}

TEST(Report, SaysHowToReplay) {
  Result result = sample_result();
  std::uint32_t const worst = costliest_pools(result, 0, 1)[0];
  result.pools.name[worst] = "a b";
  std::string const page = own_text(result);
  EXPECT_NE(page.find("plimsoll explain DIR --pool ID --scenario N"), std::string::npos);
  EXPECT_NE(page.find(fmt::format("plimsoll explain DIR --pool &#39;a b&#39; --scenario {}",
                                  result.pools.worst_scenario[worst])),
            std::string::npos);
  for (InputFile const& file : result.provenance.inputs)
    EXPECT_NE(page.find(file.sha256), std::string::npos);
}

TEST(Report, IsBuiltForEveryReader) {
  ResultConfig config;
  config.packs = 2;
  std::string const page = own_text(sample_result(config));
  EXPECT_EQ(count(page, "<h1"), 1u);
  EXPECT_EQ(count(page, "<table"), count(page, "<caption"));
  EXPECT_EQ(count(page, "<th ") + count(page, "<th>"), count(page, "<th scope="));
  EXPECT_EQ(count(page, "<canvas "), count(page, "role=\"img\" aria-label=\""));
  EXPECT_NE(page.find("<html lang=\"en\">"), std::string::npos);
  std::regex const id(" id=\"([^\"]*)\""), label("aria-labelledby=\"([^\"]*)\"");
  std::set<std::string> ids;
  for (std::sregex_iterator i(page.begin(), page.end(), id), end; i != end; ++i)
    EXPECT_TRUE(ids.insert((*i)[1]).second) << (*i)[1];
  for (std::sregex_iterator i(page.begin(), page.end(), label), end; i != end; ++i)
    EXPECT_TRUE(ids.count((*i)[1])) << (*i)[1];
}

TEST(Report, ResultsThatDoNotAddUpAreRefused) {
  Result result = sample_result();
  result.scenarios.shortfall.pop_back();
  EXPECT_THROW(report_html(result), InputError);
}

}  // namespace
}  // namespace plimsoll
