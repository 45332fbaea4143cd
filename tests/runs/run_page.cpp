#include "tests/runs/run_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace plimsoll {
namespace {

std::string trimmed(std::string const& text) {
  std::size_t const begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string> cells_of(std::string const& line) {
  std::vector<std::string> cells;
  std::size_t from = 1;
  for (std::size_t bar; (bar = line.find('|', from)) != std::string::npos; from = bar + 1)
    cells.push_back(trimmed(line.substr(from, bar - from)));
  return cells;
}

void add_row(std::vector<std::string> const& cells, RunPage& page) {
  if (cells.size() == 2) {
    if (!page.inputs.emplace(cells[0], cells[1]).second)
      throw std::runtime_error("the page names the input " + cells[0] + " twice");
    return;
  }
  if (cells.size() < 3) throw std::runtime_error("a row without figures: " + cells.front());
  RecordedRow row{{cells.begin() + 1, cells.end() - 1}, cells.back()};
  if (!page.rows.emplace(cells[0], std::move(row)).second)
    throw std::runtime_error("the page says '" + cells[0] + "' twice");
}

// The number at the beginning of a figure; NaN where there is none.
double number_in(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ','), text.end());
  char* end = nullptr;
  double const value = std::strtod(text.c_str(), &end);
  return end != text.c_str() && (*end == '\0' || *end == ' ') ? value : std::nan("");
}

}  // namespace

RunPage read_run_page(std::string const& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  RunPage page;
  std::string line, command;
  bool fenced = false, heading = true;
  while (std::getline(file, line)) {
    if (line.starts_with("```")) fenced = !fenced;
    if (fenced && (!command.empty() || line.starts_with("plimsoll "))) {
      bool const goes_on = line.ends_with('\\');
      command += trimmed(goes_on ? line.substr(0, line.size() - 1) : line) + " ";
      if (goes_on) continue;
      page.commands.push_back(trimmed(command.substr(std::string("plimsoll ").size())));
      command.clear();
    }
    if (!line.starts_with("|")) {
      heading = true;  // what comes next is the head of a table
    } else if (line.starts_with("| ---")) {
      heading = false;
    } else if (!heading) {
      add_row(cells_of(line), page);
    }
  }
  return page;
}

bool within(std::string const& measured, std::string const& recorded,
            std::string const& tolerance) {
  if (measured == recorded) return true;
  double const found = number_in(measured), told = number_in(recorded);
  double const room = number_in(tolerance);
  if (std::isnan(found) || std::isnan(told) || std::isnan(room)) return false;
  bool const relative = tolerance.ends_with(" %");
  return std::abs(found - told) <= (relative ? room / 100.0 * std::abs(told) : room);
}

}  // namespace plimsoll
