// How figures and other people's names are written.
#include "host/figure_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/markup.hpp"
#include "tests/host/result_builder.hpp"

namespace plimsoll {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

AmountText amount_of(double largest) {
  Result result = sample_result();
  for (double& equity : result.pools.equity) equity = largest;
  for (double& requirement : result.pools.requirement) requirement = -largest;
  return AmountText(result);
}

TEST(FigureText, CountsAndDecimalsAreGrouped) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(decimal_text(-1234.5, 2),
            "\xE2\x88\x92"
            "1,234.50");
  EXPECT_EQ(decimal_text(-123.0, 0),
            "\xE2\x88\x92"
            "123");
  EXPECT_EQ(decimal_text(-0.001, 2), "0.00");
  EXPECT_EQ(decimal_text(infinite, 1), "\xE2\x88\x9E");
  EXPECT_EQ(decimal_text(unknown, 1), no_figure);
}

TEST(FigureText, PercentagesAreNeverZeroOrHundredByRounding) {
  EXPECT_EQ(percent_text(0.0), "0 %");
  EXPECT_EQ(percent_text(1.0), "100 %");
  EXPECT_EQ(percent_text(0.123), "12.3 %");
  EXPECT_EQ(percent_text(0.004), "0.40 %");
  EXPECT_EQ(percent_text(0.0001), "0.0100 %");
  EXPECT_EQ(percent_text(0.000001), "0.000100 %");
  EXPECT_EQ(percent_text(0.9996), "99.9600 %");
  EXPECT_EQ(percent_text(1e-12), "< 0.000001 %");
  EXPECT_EQ(percent_text(1.0 - 1e-12), "> 99.999999 %");
}

TEST(FigureText, IntervalsAreAsFineAsTheirFigure) {
  EXPECT_EQ(percent_interval({0.886, 0.8648, 0.90424}), "[86.5 %, 90.4 %]");
  EXPECT_EQ(percent_interval({0.5, 0.0, 1.0}), "[0 %, 100 %]");
  EXPECT_EQ(percent_interval({0.0, 0.0, 0.0038}), "[0 %, 0.38 %]");
  EXPECT_EQ(percent_interval({0.001, 0.00001, 0.0056}), "[< 0.01 %, 0.56 %]");
  EXPECT_EQ(percent_interval({0.1, unknown, unknown}), no_figure);
}

TEST(FigureText, AmountsShareTheirDecimalsAndNeverVanish) {
  EXPECT_EQ(amount_of(1e6)(1234567.4), "1,234,567");
  EXPECT_EQ(amount_of(1e6)(0.0), "0");
  EXPECT_EQ(amount_of(1e6)(0.0001), "< 1");
  EXPECT_EQ(amount_of(1e6)(-0.0001),
            "> \xE2\x88\x92"
            "1");
  EXPECT_EQ(amount_of(5e3)(12.345), "12.35");
  EXPECT_EQ(amount_of(5e3)(0.0001), "< 0.01");
  EXPECT_EQ(amount_of(3.0)(0.0001), "0.0001");
  EXPECT_EQ(amount_of(1e6).interval({5.0, 2.0, infinite}), "at least 2");
  EXPECT_EQ(amount_of(1e6).interval({5.0, 2.0, 2000.0}), "[2, 2,000]");
  EXPECT_EQ(amount_of(1e6).with_currency(7000.0), "USD 7,000");
}

TEST(FigureText, TimesAndSizes) {
  EXPECT_EQ(seconds_text(0.421), "0.42 s");
  EXPECT_EQ(seconds_text(12.34), "12.3 s");
  EXPECT_EQ(seconds_text(245.0), "4 min 05 s");
  EXPECT_EQ(seconds_text(7380.0), "2 h 03 min");
  EXPECT_EQ(bytes_text(412u << 20), "412 MiB");
  EXPECT_EQ(days_text(1.0), "1 day");
  EXPECT_EQ(days_text(2.5), "2.5 days");
  EXPECT_EQ(counted(1, "account", "accounts"), "1 account");
  EXPECT_EQ(counted(1000, "account", "accounts"), "1,000 accounts");
}

TEST(Markup, HtmlHoldsNoMarkupOfOthers) {
  EXPECT_EQ(html_text("a<b>&\"'c"), "a&lt;b&gt;&amp;&quot;&#39;c");
  EXPECT_EQ(html_text("caf\xC3\xA9 \xF0\x9F\x9A\xA2"), "caf\xC3\xA9 \xF0\x9F\x9A\xA2");
  EXPECT_EQ(html_name("<x>"), "<bdi>&lt;x&gt;</bdi>");
}

TEST(Markup, WhatIsNotTextIsReplaced) {
  std::string const mark = "\xEF\xBF\xBD";
  EXPECT_EQ(html_text("a\x1B[31mb"), "a" + mark + "[31mb");
  EXPECT_EQ(html_text("\xFFz"), mark + "z");
  EXPECT_EQ(html_text("\xC0\xAF"), mark + mark);                        // overlong
  EXPECT_EQ(html_text("\xED\xA0\x80"), mark + mark + mark);             // surrogate
  EXPECT_EQ(html_text("\xE2\x82"), mark + mark);                        // cut short
  EXPECT_EQ(html_text("\xF4\x90\x80\x80"), mark + mark + mark + mark);  // beyond Unicode
}

TEST(Markup, JsonReadsBackAndCannotEndItsScript) {
  std::string const name = "</script><!--\\\"'&\t\n\xE2\x80\xA8";
  std::string const json = json_string(name);
  EXPECT_EQ(json.find('<'), std::string::npos);
  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse("[" + json_string("</script>\\\"'&\xE2\x80\xA8") + "]")[0],
            "</script>\\\"'&\xE2\x80\xA8");
  EXPECT_EQ(nlohmann::json::parse(json).get<std::string>(), name);
  EXPECT_EQ(json_number(0.1), "0.1");
  EXPECT_EQ(json_number(infinite), "null");
  EXPECT_EQ(json_number(unknown), "null");
}

TEST(Markup, TerminalsAndShellsGetPlainWords) {
  EXPECT_EQ(plain_name("short", 10), "short");
  EXPECT_EQ(plain_name("\x1B]0;owned\x07", 20), "\xEF\xBF\xBD]0;owned\xEF\xBF\xBD");
  EXPECT_EQ(plain_name("abcdef", 4), "abc\xE2\x80\xA6");
  EXPECT_EQ(shell_word("10890/cross"), "10890/cross");
  EXPECT_EQ(shell_word("a b'; rm"), "'a b'\\''; rm'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace plimsoll
