// How figures are written for people: one spelling for the report and for the text summary.
// Units: amounts in the reporting currency; probabilities are fractions and shown in percent.
#pragma once

#include <cstdint>
#include <string>

#include "host/result_figures.hpp"

namespace plimsoll {

inline constexpr char const* no_figure = "\xE2\x80\x93";  // en dash: not known, not asked for

std::string count_text(std::uint64_t count);           // 1,234,567
std::string decimal_text(double value, int decimals);  // 1,234.50; -0 is 0; inf is the sign for it
std::string percent_text(double fraction);  // 12.3 %, 0.40 %; never 0 or 100 by rounding alone
std::string percent_interval(Estimate const& estimate);  // as fine as its estimate
std::string decimal_interval(Estimate const& estimate, int decimals);
std::string share_text(double part, double whole);  // 6.0 % of a column
std::string ratio_text(double fraction);            // 83.1 % of a margin ratio
std::string multiple_text(double multiple);         // 4.2 x of a leverage
std::string seconds_text(double seconds);           // 0.42 s, 12.3 s, 4 min 05 s
std::string bytes_text(std::uint64_t bytes);        // 512 MiB
std::string days_text(double days);                 // 1 day, 2.5 days

// "1 account", "2 accounts"
std::string counted(std::uint64_t count, char const* one, char const* many);

// Amounts with as many decimals as the size of the book deserves: the same number on every line.
class AmountText {
 public:
  explicit AmountText(Result const& result);

  // 1,234,567; an amount that would round to zero is "< 1" (or "< 0.01"), never zero.
  std::string operator()(double amount) const;
  std::string with_currency(double amount) const;  // USD 1,234,567
  std::string interval(
      Estimate const& estimate) const;  // [1,200, 1,300]; one-sided: "at least 1,200"
  int decimals() const { return decimals_; }

 private:
  std::string currency_;
  int decimals_ = 0;
};

}  // namespace plimsoll
