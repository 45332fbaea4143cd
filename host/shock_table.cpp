#include "host/shock_table.hpp"

#include <algorithm>

#include "host/csv.hpp"
#include "host/name_check.hpp"

namespace plimsoll {
namespace {

// [columns] the factor of each, or the number of factors for the one with names.
std::vector<std::uint32_t> factors_of(CsvTable const& table, Market const& market,
                                      std::size_t names) {
  std::vector<std::uint32_t> factors;
  for (std::size_t c = 0; c < table.columns().size(); ++c) {
    auto const found = std::find(market.factors.begin(), market.factors.end(), table.columns()[c]);
    if (c != names && found == market.factors.end())
      throw InputError(table.path() + ":row 1", shown(table.columns()[c]) + " is no factor",
                       "the market does not know how it would move",
                       "name columns after factors of the market, or leave it out");
    factors.push_back(static_cast<std::uint32_t>(found - market.factors.begin()));
  }
  return factors;
}

}  // namespace

NamedShocks read_shocks(std::string const& path, Market const& market) {
  CsvTable const table = CsvTable::read(path);
  std::size_t const names = table.column("name");
  std::vector<std::uint32_t> const factors = factors_of(table, market, names);
  NamedShocks shocks;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    std::string const name(table.text(row, names));
    check_name(table.place(row, names), name);
    if (name.find('=') != std::string::npos || name == "worst" || name == "days")
      throw table.error(row, names, shown(name) + " cannot be asked for by that name",
                        "it would be read as something else", "give it another name");
    Shock shock;
    for (std::size_t c = 0; c < factors.size(); ++c) {
      if (c == names || table.blank(row, c)) continue;
      double const simple = table.number(row, c);
      if (!(simple > -1.0))
        throw table.error(row, c, fmt::format("return {}", table.text(row, c)),
                          "a price cannot lose all of its value or more",
                          "write simple returns as fractions: -0.3 is -30 %");
      shock.emplace_back(factors[c], simple);
    }
    if (!shocks.emplace(name, shock).second)
      throw table.error(row, names, shown(name) + " stands twice", "it is not known which is meant",
                        "rename or remove one of them");
  }
  return shocks;
}

}  // namespace plimsoll
