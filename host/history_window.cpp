#include "host/history_window.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "host/calibrate.hpp"
#include "host/error.hpp"
#include "models/elementary.hpp"

namespace plimsoll {
namespace {

// The factors of a market in a history, and the rows in which all of them have a price.
class CommonRows {
 public:
  CommonRows(PriceHistory const& history, Market const& market)
      : history_(history), columns_(columns(history, market)) {
    for (std::size_t row = 0; row < history.rows(); ++row) {
      if (complete(row)) rows_.push_back(row);
    }
  }

  std::size_t size() const { return rows_.size(); }
  std::int32_t day(std::size_t i) const { return history_.days[rows_[i]]; }

  double ratio(std::size_t from, std::size_t to, std::size_t factor) const {
    return history_.price(rows_[to], columns_[factor]) /
           history_.price(rows_[from], columns_[factor]);
  }

  double basket_return(std::size_t from, std::size_t to) const {
    double sum = 0.0;
    for (std::size_t f = 0; f < columns_.size(); ++f) sum += ratio(from, to, f) - 1.0;
    return sum / static_cast<double>(columns_.size());
  }

  HistoryWindow window(std::size_t from, std::size_t to) const {
    HistoryWindow window;
    window.base_date = history_.dates[rows_[from]];
    window.basket_return = basket_return(from, to);
    window.moves.scenarios = 1;
    window.moves.steps = static_cast<std::uint32_t>(to - from);
    for (std::size_t i = from + 1; i <= to; ++i) {
      window.dates.push_back(history_.dates[rows_[i]]);
      for (std::size_t f = 0; f < columns_.size(); ++f) {
        window.moves.log_moves.push_back(log(ratio(i - 1, i, f)));
      }
    }
    return window;
  }

 private:
  static std::vector<std::size_t> columns(PriceHistory const& history, Market const& market) {
    std::vector<std::size_t> columns;
    for (std::string const& factor : market.factors) {
      auto const column = history.find_asset(factor);
      if (!column) {
        throw InputError(history.path, fmt::format("no column for the factor '{}'", factor),
                         "a window of the past moves every factor of the market",
                         "give the history that the market was calibrated to, or calibrate without "
                         "this factor");
      }
      columns.push_back(*column);
    }
    return columns;
  }

  bool complete(std::size_t row) const {
    if (std::any_of(columns_.begin(), columns_.end(),
                    [&](std::size_t column) { return history_.missing(row, column); })) {
      return false;
    }
    for (std::size_t const column : columns_) require_positive(history_, row, column);
    return true;
  }

  PriceHistory const& history_;
  std::vector<std::size_t> columns_;
  std::vector<std::size_t> rows_;
};

bool without_gap(CommonRows const& rows, std::size_t from, std::size_t to) {
  for (std::size_t i = from + 1; i <= to; ++i) {
    if (rows.day(i) - rows.day(i - 1) > longest_closure) return false;
  }
  return true;
}

}  // namespace

HistoryWindow worst_window(PriceHistory const& history, Market const& market,
                           std::uint32_t returns) {
  CommonRows const rows(history, market);
  std::optional<std::size_t> worst;
  double least = infinity;
  for (std::size_t from = 0; from + returns < rows.size(); ++from) {
    if (!without_gap(rows, from, from + returns)) continue;
    double const found = rows.basket_return(from, from + returns);
    if (!(found < least)) continue;
    least = found;
    worst = from;
  }
  if (!worst || returns == 0) {
    throw InputError(history.path,
                     fmt::format("no {} moves in a row common to all factors", returns),
                     fmt::format("{} rows hold a price of every factor", rows.size()),
                     "give a longer history, or ask for at least one and for fewer moves");
  }
  return rows.window(*worst, *worst + returns);
}

HistoryWindow named_window(PriceHistory const& history, Market const& market,
                           std::string_view first, std::string_view last) {
  std::int32_t const first_day = required_day("first day of the window", first);
  std::int32_t const last_day = required_day("last day of the window", last);
  CommonRows const rows(history, market);
  std::size_t begin = 1;  // the first row has no move that ends on it
  while (begin < rows.size() && rows.day(begin) < first_day) ++begin;
  std::size_t end = begin;
  while (end < rows.size() && rows.day(end) <= last_day) ++end;
  if (begin >= end) {
    throw InputError(history.path, fmt::format("no move ends from {} to {}", first, last),
                     fmt::format("{} rows hold a price of every factor, and a move needs the row "
                                 "before it",
                                 rows.size()),
                     "choose other days, or calibrate to factors that are older");
  }
  return rows.window(begin - 1, end - 1);
}

}  // namespace plimsoll
