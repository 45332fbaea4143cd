#include "host/moves_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "host/csv.hpp"
#include "host/error.hpp"
#include "models/elementary.hpp"

namespace plimsoll {
namespace {

constexpr std::string_view scenario_column = "scenario";
constexpr std::string_view step_column = "step";

struct Layout {
  std::size_t scenario = 0;
  std::size_t step = 0;
  std::vector<std::size_t> factors;  // [factors of the market] column of the file
};

void refuse_strangers(CsvTable const& table, Market const& market) {
  for (std::string const& name : table.columns()) {
    bool const known =
        name == scenario_column || name == step_column ||
        std::find(market.factors.begin(), market.factors.end(), name) != market.factors.end();
    if (known) continue;
    throw InputError(fmt::format("{}:row 1, column {}", table.path(), shown(name)),
                     "the market has no such factor", "its moves would reach no position",
                     fmt::format("the factors are {}", fmt::join(market.factors, ", ")));
  }
}

Layout layout_of(CsvTable const& table, Market const& market) {
  refuse_strangers(table, market);
  Layout layout{table.column(scenario_column), table.column(step_column), {}};
  for (std::string const& factor : market.factors) {
    auto const column = table.find_column(factor);
    if (!column) {
      throw InputError(fmt::format("{}:row 1", table.path()),
                       fmt::format("no column for the factor '{}'", factor),
                       "what a factor does is never guessed",
                       fmt::format("add a column '{}'; 0 means it does not move", factor));
    }
    layout.factors.push_back(*column);
  }
  return layout;
}

// Steps of the first scenario; all others must have as many.
std::uint32_t steps_of(CsvTable const& table, Layout const& layout) {
  std::size_t row = 0;
  while (row < table.rows() && table.text(row, layout.scenario) == "0") ++row;
  return static_cast<std::uint32_t>(std::max<std::size_t>(row, 1));
}

void require_count(CsvTable const& table, std::size_t row, std::size_t column,
                   std::uint64_t expected) {
  if (table.text(row, column) == fmt::format("{}", expected)) return;
  throw table.error(
      row, column, fmt::format("{} where {} is expected", shown(table.text(row, column)), expected),
      "scenarios count from 0, steps from 1, and every scenario has the steps of the "
      "first, in order",
      "sort by scenario and step and fill the gaps");
}

double log_move(CsvTable const& table, std::size_t row, std::size_t column) {
  double const simple = table.number(row, column);
  if (!(simple > -1.0)) {
    throw table.error(row, column, fmt::format("return {}", table.text(row, column)),
                      "a price cannot lose all of its value or more",
                      "write simple returns as fractions: -0.3 is -30 %");
  }
  return log(1.0 + simple);
}

}  // namespace

MoveTable read_moves(std::string const& path, Market const& market) {
  CsvTable const table = CsvTable::read(path);
  Layout const layout = layout_of(table, market);
  if (table.rows() == 0) {
    throw InputError(path, "there is no row below the header", "there is no scenario to run",
                     "give one row per scenario and step");
  }
  MoveTable moves;
  moves.steps = steps_of(table, layout);
  if (moves.steps > most_steps) {
    throw table.error(most_steps, layout.step, fmt::format("{} steps", moves.steps),
                      fmt::format("a scenario has 1 to {} steps", most_steps),
                      "leave steps out, or make several scenarios of it");
  }
  moves.log_moves.reserve(table.rows() * market.factors.size());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    require_count(table, row, layout.scenario, row / moves.steps);
    require_count(table, row, layout.step, row % moves.steps + 1);
    for (std::size_t const column : layout.factors) {
      moves.log_moves.push_back(log_move(table, row, column));
    }
  }
  if (table.rows() % moves.steps != 0) {
    throw table.error(table.rows() - 1, layout.step,
                      fmt::format("the last scenario ends after {} of {} steps",
                                  table.rows() % moves.steps, moves.steps),
                      "every scenario has the steps of the first", "add the missing rows");
  }
  moves.scenarios = table.rows() / moves.steps;
  return moves;
}

void write_moves(std::string const& path, Market const& market, MoveTable const& table,
                 Overwrite overwrite) {
  std::size_t const factors = market.factors.size();
  if (table.log_moves.size() != table.scenarios * table.steps * factors) {
    throw std::logic_error("write_moves: a table of moves that was made for another market");
  }
  std::string text = fmt::format("{},{}", scenario_column, step_column);
  auto const out = std::back_inserter(text);
  for (std::string const& factor : market.factors) fmt::format_to(out, ",{}", csv_cell(factor));
  text += '\n';
  std::size_t next = 0;
  for (std::uint64_t scenario = 0; scenario < table.scenarios; ++scenario) {
    for (std::uint32_t step = 1; step <= table.steps; ++step) {
      fmt::format_to(out, "{},{}", scenario, step);
      for (std::size_t f = 0; f < factors; ++f) {
        fmt::format_to(out, ",{}", exp(table.log_moves[next++]) - 1.0);
      }
      text += '\n';
    }
  }
  write_text_file(path, text, overwrite);
}

}  // namespace plimsoll
