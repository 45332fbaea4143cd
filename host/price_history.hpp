// Past prices as read from a CSV file: a column `date` and one column per asset, blank = missing.
// Units: prices in the reporting currency; days since 1970-01-01.
// Trusts: nothing; every date and number is checked here. The sign of a price is checked by who
//   uses it (require_positive), because a price history may well hold a negative oil price that a
//   calibration from a later date never looks at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

struct PriceHistory {
  std::string path;
  std::vector<std::string> dates;    // [rows] ISO, rising
  std::vector<std::int32_t> days;    // [rows] the same dates as numbers
  std::vector<std::uint64_t> lines;  // [rows] line of the file, header 1; for messages
  std::vector<std::string> assets;
  std::vector<double> prices;  // [rows][assets], NaN where there is none

  std::size_t rows() const { return dates.size(); }
  double price(std::size_t row, std::size_t asset) const {
    return prices[row * assets.size() + asset];
  }
  bool missing(std::size_t row, std::size_t asset) const {
    return price(row, asset) != price(row, asset);
  }
  std::optional<std::size_t> find_asset(std::string_view name) const;
  std::string place(std::size_t row, std::size_t asset) const;  // "FILE:row N, column 'NAME'"
};

// InputError with file, row and column for a missing or repeated column, a malformed, repeated or
// falling date, a price that is not a finite number, and a file without rows or assets.
PriceHistory read_price_history(std::string const& path);

// InputError unless the price of `asset` in `row` is missing or positive.
void require_positive(PriceHistory const& history, std::size_t row, std::size_t asset);

// Days since 1970-01-01 of a date written YYYY-MM-DD (Gregorian), nothing for any other text.
std::optional<std::int32_t> day_number(std::string_view iso_date);

// The day number of a date given as an argument; InputError naming `argument` if it is none.
std::int32_t required_day(std::string_view argument, std::string_view iso_date);

}  // namespace plimsoll
