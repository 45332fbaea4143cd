#include "host/price_history.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "host/csv.hpp"
#include "host/error.hpp"
#include "host/name_check.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view date_column = "date";

std::size_t place_of_date(CsvTable const& table) {
  if (auto const column = table.find_column(date_column)) return *column;
  throw InputError(fmt::format("{}:row 1", table.path()), "no column 'date'",
                   "prices without dates have no order and no time between them",
                   "name the column of the dates 'date' and write them as YYYY-MM-DD");
}

void read_dates(CsvTable const& table, std::size_t column, PriceHistory& history) {
  for (std::size_t row = 0; row < table.rows(); ++row) {
    std::string_view const text = table.text(row, column);
    auto const day = day_number(text);
    if (!day) {
      throw table.error(row, column, fmt::format("{} is not a date", shown(text)),
                        "dates are calendar days written YYYY-MM-DD",
                        "write for example 2025-08-31, without a time");
    }
    if (row > 0 && *day == history.days.back()) {
      throw table.error(row, column, fmt::format("{} stands here a second time", text),
                        "one day has one closing price", "keep one row for each date");
    }
    if (row > 0 && *day < history.days.back()) {
      throw table.error(row, column, fmt::format("{} follows {}", text, history.dates.back()),
                        "returns are taken between consecutive rows",
                        "sort the rows by date, oldest first");
    }
    history.dates.emplace_back(text);
    history.days.push_back(*day);
    history.lines.push_back(table.line(row));
  }
}

void read_prices(CsvTable const& table, std::size_t dates, PriceHistory& history) {
  history.prices.reserve(table.rows() * history.assets.size());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t column = 0; column < table.columns().size(); ++column) {
      if (column == dates) continue;
      history.prices.push_back(table.blank(row, column) ? std::numeric_limits<double>::quiet_NaN()
                                                        : table.number(row, column));
    }
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int number_of(std::string_view digits) {
  int value = 0;
  for (char const c : digits) value = 10 * value + (c - '0');
  return value;
}

}  // namespace

std::optional<std::size_t> PriceHistory::find_asset(std::string_view name) const {
  auto const found = std::find(assets.begin(), assets.end(), name);
  if (found == assets.end()) return std::nullopt;
  return static_cast<std::size_t>(found - assets.begin());
}

std::string PriceHistory::place(std::size_t row, std::size_t asset) const {
  return fmt::format("{}:row {}, column '{}'", path, lines[row], assets[asset]);
}

PriceHistory read_price_history(std::string const& path) {
  CsvTable const table = CsvTable::read(path);
  std::size_t const dates = place_of_date(table);
  PriceHistory history;
  history.path = path;
  for (std::size_t column = 0; column < table.columns().size(); ++column) {
    if (column != dates) history.assets.push_back(table.columns()[column]);
  }
  if (history.assets.empty()) {
    throw InputError(fmt::format("{}:row 1", path), "there is no column beside 'date'",
                     "each asset has a column of prices", "add one column per asset");
  }
  check_names(fmt::format("{}:row 1", path), history.assets);
  if (table.rows() == 0) {
    throw InputError(path, "there is no row below the header", "there is nothing to calibrate to",
                     "give one row per day, oldest first");
  }
  read_dates(table, dates, history);
  read_prices(table, dates, history);
  return history;
}

void require_positive(PriceHistory const& history, std::size_t row, std::size_t asset) {
  double const price = history.price(row, asset);
  if (history.missing(row, asset) || price > 0.0) return;
  std::string const& name = history.assets[asset];
  throw InputError(history.place(row, asset),
                   fmt::format("price {} on {}", price, history.dates[row]),
                   "moves are log-returns, and only a positive price has a logarithm",
                   fmt::format("leave the column out with --exclude {}, or begin after that date "
                               "with --from",
                               name));
}

std::optional<std::int32_t> day_number(std::string_view iso_date) {
  if (iso_date.size() != 10 || iso_date[4] != '-' || iso_date[7] != '-') return std::nullopt;
  for (std::size_t i = 0; i < iso_date.size(); ++i) {
    if (i != 4 && i != 7 && !is_digit(iso_date[i])) return std::nullopt;
  }
  std::chrono::year_month_day const date{
      std::chrono::year{number_of(iso_date.substr(0, 4))},
      std::chrono::month{static_cast<unsigned>(number_of(iso_date.substr(5, 2)))},
      std::chrono::day{static_cast<unsigned>(number_of(iso_date.substr(8, 2)))}};
  if (!date.ok()) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::sys_days{date}.time_since_epoch().count());
}

std::int32_t required_day(std::string_view argument, std::string_view iso_date) {
  if (auto const day = day_number(iso_date)) return *day;
  throw InputError(argument, fmt::format("{} is not a date", shown(iso_date)),
                   "dates are calendar days written YYYY-MM-DD", "write for example 2025-08-31");
}

}  // namespace plimsoll
