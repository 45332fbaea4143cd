#include "host/figure_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace plimsoll {
namespace {

constexpr char const* minus = "\xE2\x88\x92";

std::string grouped(std::string digits) {
  std::size_t const point = std::min(digits.find('.'), digits.size());
  std::size_t const sign = !digits.empty() && digits[0] == '-' ? 1 : 0;
  for (std::size_t i = point; i > sign + 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

// A percentage close to 0 or 100 is told more finely.
int percent_decimals(double fraction) {
  double const edge = std::min(fraction, 1.0 - fraction);
  return edge >= 0.00995 ? 1 : edge >= 0.000995 ? 2 : edge >= 0.00000995 ? 4 : 6;
}

std::string percent(double fraction, int decimals) {
  if (std::isnan(fraction)) return no_figure;
  if (fraction == 0.0 || fraction == 1.0) return fraction == 0.0 ? "0 %" : "100 %";
  double const least = 0.5 * std::pow(10.0, -decimals - 2);
  double const shown = std::pow(10.0, -decimals);
  if (fraction < least) return fmt::format("< {} %", decimal_text(shown, decimals));
  if (1.0 - fraction < least) return fmt::format("> {} %", decimal_text(100.0 - shown, decimals));
  return fmt::format("{} %", decimal_text(100.0 * fraction, decimals));
}

}  // namespace

std::string count_text(std::uint64_t count) {
  return grouped(fmt::format("{}", count));
}

std::string decimal_text(double value, int decimals) {
  if (std::isnan(value)) return no_figure;
  if (std::isinf(value)) return value > 0 ? "\xE2\x88\x9E" : "\xE2\x88\x92\xE2\x88\x9E";
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_of("123456789") == std::string::npos && text[0] == '-') text.erase(0, 1);
  text = grouped(text);
  return text[0] == '-' ? fmt::format("{}{}", minus, text.substr(1)) : text;
}

std::string percent_text(double fraction) {
  return percent(fraction, percent_decimals(fraction));
}

std::string percent_interval(Estimate const& estimate) {
  if (std::isnan(estimate.low)) return no_figure;
  bool const inside = estimate.value > 0.0 && estimate.value < 1.0;
  int const decimals = percent_decimals(inside                  ? estimate.value
                                        : estimate.value == 0.0 ? estimate.high
                                                                : estimate.low);
  return fmt::format("[{}, {}]", percent(estimate.low, decimals), percent(estimate.high, decimals));
}

std::string share_text(double part, double whole) {
  if (!(whole > 0.0)) return no_figure;
  double const fraction = part / whole;
  if (fraction > 0.0 && fraction < 0.0005) return "< 0.1 %";
  return decimal_text(100.0 * fraction, 1) + " %";
}

std::string ratio_text(double fraction) {
  return std::isfinite(fraction) ? decimal_text(100.0 * fraction, 1) + " %"
                                 : decimal_text(fraction, 0);
}

std::string multiple_text(double multiple) {
  return std::isfinite(multiple) ? decimal_text(multiple, 1) + " \xC3\x97"
                                 : decimal_text(multiple, 0);
}

std::string seconds_text(double seconds) {
  if (seconds < 10.0) return decimal_text(seconds, 2) + " s";
  if (seconds < 60.0) return decimal_text(seconds, 1) + " s";
  auto const whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string bytes_text(std::uint64_t bytes) {
  double const mebibytes = static_cast<double>(bytes) / 1048576.0;
  if (mebibytes >= 10240.0) return decimal_text(mebibytes / 1024.0, 1) + " GiB";
  return decimal_text(mebibytes, mebibytes < 10.0 ? 1 : 0) + " MiB";
}

std::string days_text(double days) {
  std::string text = grouped(fmt::format("{:.6g}", days));
  return text + (days == 1.0 ? " day" : " days");
}

std::string decimal_interval(Estimate const& estimate, int decimals) {
  if (std::isnan(estimate.low)) return no_figure;
  return fmt::format("[{}, {}]", decimal_text(estimate.low, decimals),
                     decimal_text(estimate.high, decimals));
}

std::string counted(std::uint64_t count, char const* one, char const* many) {
  return fmt::format("{} {}", count_text(count), count == 1 ? one : many);
}

AmountText::AmountText(Result const& result) : currency_(result.reporting_currency) {
  double largest = 0.0;
  for (auto const* column : {&result.pools.equity, &result.pools.requirement})
    for (double const amount : *column) largest = std::max(largest, std::abs(amount));
  decimals_ = largest >= 1e5 ? 0 : largest >= 100.0 ? 2 : 4;
}

std::string AmountText::operator()(double amount) const {
  double const least = std::pow(10.0, -decimals_);
  if (amount != 0.0 && std::abs(amount) < 0.5 * least)
    return fmt::format("{} {}", amount < 0.0 ? ">" : "<",
                       decimal_text(amount < 0.0 ? -least : least, decimals_));
  return decimal_text(amount, decimals_);
}

std::string AmountText::with_currency(double amount) const {
  return fmt::format("{} {}", currency_, (*this)(amount));
}

std::string AmountText::interval(Estimate const& estimate) const {
  if (std::isnan(estimate.low)) return no_figure;
  if (std::isinf(estimate.high)) return fmt::format("at least {}", (*this)(estimate.low));
  return fmt::format("[{}, {}]", (*this)(estimate.low), (*this)(estimate.high));
}

}  // namespace plimsoll
