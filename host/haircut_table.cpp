#include "host/haircut_table.hpp"

#include <cmath>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "host/csv.hpp"
#include "host/rules_check.hpp"

namespace plimsoll {

namespace {

// 1 - 0.95 is 0.05 and not 0.050000000000000044: weights are published in decimals.
double without_dust(double value) {
  return std::round(value * 1e12) / 1e12;
}

class HaircutTable {
 public:
  explicit HaircutTable(std::string const& path)
      : table_(CsvTable::read(path)),
        venue_(table_.column("venue")),
        scheme_(table_.column("scheme")),
        asset_(table_.column("asset")),
        tier_(table_.column("tier")),
        floor_(table_.column("floor")),
        cap_(table_.column("cap")),
        unit_(table_.column("unit")),
        weight_(table_.column("collateral_weight_maint")),
        liability_(table_.column("liability_weight_maint")) {}

  std::vector<HaircutSchedule> schedules(std::string_view venue, std::string_view scheme) const {
    std::unordered_map<std::string_view, std::size_t> index;
    std::vector<std::vector<std::size_t>> rows;  // of each asset
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      if (table_.text(row, venue_) != venue || table_.text(row, scheme_) != scheme) continue;
      auto const [found, fresh] = index.emplace(table_.text(row, asset_), rows.size());
      if (fresh) rows.emplace_back();
      rows[found->second].push_back(row);
    }
    if (rows.empty()) {
      throw InputError(table_.path(), fmt::format("no row of {}, {}", shown(venue), shown(scheme)),
                       "no asset would have a haircut",
                       "give venue and scheme as the columns of these names spell them");
    }
    std::vector<HaircutSchedule> result;
    for (auto const& rows_of_asset : rows) result.push_back(schedule(rows_of_asset));
    return result;
  }

 private:
  HaircutSchedule schedule(std::vector<std::size_t> const& rows) const {
    for (std::size_t i = 0; i < rows.size(); ++i) check_number(rows[i], i);
    CollateralFigures figures;
    figures.unit = unit(rows);
    figures.borrow_surcharge = surcharge(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::size_t const row = rows[i];
      figures.tiers.push_back({floor(rows, i), without_dust(1.0 - table_.number(row, weight_))});
    }
    if (auto const fault = haircut_fault(figures.tiers)) {
      bool const edge = fault->field == TierFault::Field::edge;
      throw table_.error(rows[fault->index], edge ? floor_ : weight_, fault->problem, fault->why,
                         fault->hint);
    }
    add_end(rows.back(), figures);
    return {std::string(table_.text(rows.front(), asset_)), {std::move(figures), {}, {}}};
  }

  void check_number(std::size_t row, std::size_t i) const {
    if (table_.number(row, tier_) == static_cast<double>(i + 1)) return;
    throw table_.error(
        row, tier_, fmt::format("tier {} stands where {} is due", table_.text(row, tier_), i + 1),
        "tiers of an asset follow each other from 1",
        "sort them; keep only one table of each asset");
  }

  double floor(std::vector<std::size_t> const& rows, std::size_t i) const {
    if (i == 0 && table_.blank(rows[0], floor_)) return 0.0;
    double const value = table_.number(rows[i], floor_);
    if (i > 0 && value != table_.number(rows[i - 1], cap_)) {
      throw table_.error(rows[i], floor_,
                         fmt::format("floor {} is not the cap {} of the tier below", value,
                                     table_.text(rows[i - 1], cap_)),
                         "tiers may neither overlap nor leave a gap", "correct one of the two");
    }
    return value;
  }

  void add_end(std::size_t last, CollateralFigures& figures) const {
    if (table_.blank(last, cap_)) return;
    double const cap = table_.number(last, cap_);
    if (!(cap > figures.tiers.back().from)) {
      throw table_.error(last, cap_, fmt::format("cap {} does not lie above the floor", cap),
                         "the tier would hold nothing", "correct one of the two");
    }
    if (figures.tiers.back().haircut < 1.0) figures.tiers.push_back({cap, 1.0});
  }

  EdgeUnit unit(std::vector<std::size_t> const& rows) const {
    std::string_view const name = table_.text(rows.front(), unit_);
    for (std::size_t const row : rows) {
      if (table_.text(row, unit_) == name) continue;
      throw table_.error(row, unit_, fmt::format("unit {}", shown(table_.text(row, unit_))),
                         "the tiers of an asset share one unit", "convert the edges");
    }
    bool const edges = rows.size() > 1 || !table_.blank(rows.front(), cap_);
    if (name == "coin") return EdgeUnit::asset;
    if (name == "USD" || name == "USDT" || name == "USDC" || (name.empty() && !edges)) {
      return EdgeUnit::currency;
    }
    throw table_.error(rows.front(), unit_, fmt::format("unit {}", shown(name)),
                       "it is unclear what the edges count", "write coin or USD");
  }

  double surcharge(std::vector<std::size_t> const& rows) const {
    std::string_view const text = table_.text(rows.front(), liability_);
    for (std::size_t const row : rows) {
      if (table_.text(row, liability_) == text) continue;
      throw table_.error(row, liability_, "another liability weight than in the first tier",
                         "debt of an asset has one surcharge", "give the same in every tier");
    }
    if (text.empty()) return 0.0;
    double const weight = table_.number(rows.front(), liability_);
    if (weight < 1.0) {
      throw table_.error(rows.front(), liability_, fmt::format("liability weight {}", weight),
                         "debt may not count for less than it is", "give 1 or more");
    }
    return without_dust(weight - 1.0);
  }

  CsvTable const table_;
  std::size_t const venue_, scheme_, asset_, tier_, floor_, cap_, unit_, weight_, liability_;
};

}  // namespace

std::vector<HaircutSchedule> read_haircut_table(std::string const& path, std::string const& venue,
                                                std::string const& scheme) {
  return HaircutTable(path).schedules(venue, scheme);
}

}  // namespace plimsoll
