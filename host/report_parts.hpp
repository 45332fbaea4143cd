// The parts that host/report.cpp puts together, in the order of a committee's questions.
// All of them return HTML in which every name is already escaped.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/figure_text.hpp"
#include "host/result_figures.hpp"

namespace plimsoll::report {

// One rule pack of the result, with what every part needs of it.
struct PackPage {
  Result const& result;
  std::size_t pack;
  PackFigures figures;
  AmountText amount;

  PackPage(Result const& r, std::size_t p)
      : result(r), pack(p), figures(pack_figures(r, p)), amount(r) {}

  std::string id(std::string_view part) const;  // of an element, unique in the page
};

struct Column {
  std::string heading;
  bool figures = true;  // right-aligned
};

// Each row's first cell heads the row. Cells are HTML. A wide table scrolls on narrow screens.
std::string table(std::string_view id, std::string_view caption, std::vector<Column> const& columns,
                  std::vector<std::vector<std::string>> const& rows, bool wide = false);

// A figure over a smaller second line.
std::string stacked(std::string_view upper, std::string_view lower);

// A figure within a sentence, kept on one line.
std::string unbroken(std::string_view figure);

// Headings stand one level deeper when the page has several rule packs.
std::string section(PackPage const& page, std::string_view part, std::string_view heading,
                    std::string_view body);

std::string answer(PackPage const& page);  // one sentence, no markup but for figures
std::string alerts(PackPage const& page);  // what must be known before any figure is read
std::string headline(PackPage const& page);
std::string exceedance_section(PackPage const& page);
std::string accounts_section(PackPage const& page);
std::string pools_section(PackPage const& page);
std::string bands_section(PackPage const& page);
std::string passage_section(PackPage const& page);
std::string assets_section(PackPage const& page);
std::string convergence_section(PackPage const& page);
std::string classes_section(PackPage const& page);
std::string limits_section(PackPage const& page);
std::string packs_table(Result const& result);
std::string provenance_section(Result const& result);

}  // namespace plimsoll::report
