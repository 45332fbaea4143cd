#include "host/rules_file.hpp"

#include <fmt/format.h>

#include <iterator>
#include <unordered_map>
#include <utility>
#include <variant>

#include "host/error.hpp"
#include "host/toml_table.hpp"

namespace plimsoll {

namespace {

EdgeUnit read_unit(TomlTable const& table) {
  std::string const unit = table.text("unit");
  if (unit == "currency") return EdgeUnit::currency;
  if (unit == "asset") return EdgeUnit::asset;
  throw table.error("unit", fmt::format("'{}'", unit), "edges need a unit that is known",
                    "write \"currency\" for the reporting currency or \"asset\" for units of the "
                    "asset itself");
}

void refuse_fault(std::optional<TierFault> const& fault, std::vector<TomlTable> const& entries,
                  std::string const& empty_place, std::string_view edge, std::string_view rate) {
  if (!fault) return;
  std::string_view const key = fault->field == TierFault::Field::edge   ? edge
                               : fault->field == TierFault::Field::rate ? rate
                                                                        : "deduction";
  std::string const place = entries.empty() ? empty_place : entries[fault->index].place(key);
  throw InputError(place, fault->problem, fault->why, fault->hint);
}

// The place of a key that may lie in a table inside.
std::string place_of(TomlTable const& table, std::string_view key) {
  auto const point = key.find('.');
  if (point == std::string_view::npos) return table.place(key);
  auto const inner = table.table(key.substr(0, point));
  return inner ? inner->place(key.substr(point + 1)) : table.place();
}

void refuse_fault(std::optional<FigureFault> const& fault, TomlTable const& table) {
  if (fault) throw InputError(place_of(table, fault->key), fault->problem, fault->why, fault->hint);
}

std::optional<double> optional_number(TomlTable const& table, std::string_view key) {
  return table.has(key) ? std::optional(table.number(key)) : std::nullopt;
}

FlatWeights read_weights(TomlTable const& table, std::string_view asset,
                         std::string_view liability) {
  return {table.number(asset), table.number(liability)};
}

// What stands at a threshold: `read` of the table of that name, where there is one.
template <class T, class Read>
void read_thresholds(TomlTable const& table, ByThreshold<T>& into, Read read) {
  if (auto const initial = table.table("initial")) into.initial = read(*initial);
  if (auto const end = table.table("liquidation_end")) into.liquidation_end = read(*end);
}

// Which of `names` a key has.
template <class T, std::size_t count>
T read_choice(TomlTable const& table, std::string_view key, char const* const (&names)[count]) {
  std::string const name = table.text(key);
  for (std::size_t i = 0; i < count; ++i)
    if (name == names[i]) return static_cast<T>(i);
  throw table.error(key, fmt::format("'{}'", name), "it is not defined",
                    fmt::format("write one of {}", fmt::join(names, ", ")));
}

void read_scaling(TomlTable const& table, CollateralFigures& figures) {
  if (auto const shift = table.table("shift")) {
    figures.shift = {shift->text("start"), shift->text("end"),
                     read_weights(*shift, "asset", "liability")};
    shift->refuse_others();
  }
  if (auto const scaling = table.table("by_size")) {
    figures.by_size = {scaling->number("factor"), scaling->number("asset_numerator"),
                       scaling->number("liability_share")};
    scaling->refuse_others();
  }
  if (auto const scaling = table.table("by_total")) {
    figures.by_total = {
        optional_number(*scaling, "deposit_start"), optional_number(*scaling, "borrow_start"),
        optional_number(*scaling, "deposits"), optional_number(*scaling, "borrows")};
    scaling->refuse_others();
  }
}

HaircutMove read_move(TomlTable const& table) {
  return {optional_number(table, "stretch").value_or(0.0),
          optional_number(table, "surcharge").value_or(0.0)};
}

void read_moves(TomlTable const& table, CollateralFigures& figures) {
  if (auto const inner = table.table("off_peg")) {
    figures.off_peg = {inner->number("peg"), optional_number(*inner, "tolerance").value_or(0.0),
                       inner->has("of") ? inner->text("of") : "", read_move(*inner)};
    inner->refuse_others();
  }
  if (auto const inner = table.table("by_volatility")) {
    figures.by_volatility = {inner->number("decay"), read_move(*inner)};
    inner->refuse_others();
  }
}

// Leaves the keys of a schedule (asset, thresholds) to its caller, who refuses all others.
CollateralFigures read_collateral(TomlTable const& table) {
  CollateralFigures figures;
  if (table.has("borrow_surcharge")) figures.borrow_surcharge = table.number("borrow_surcharge");
  figures.limit = optional_number(table, "limit");
  read_scaling(table, figures);
  read_moves(table, figures);
  if (auto const weights = table.table("weights")) {
    figures.weights = read_weights(*weights, "asset", "liability");
    weights->refuse_others();
  }
  std::vector<TomlTable> const entries = table.tables("tiers");
  if (!figures.weights || figures.limit || table.has("unit")) figures.unit = read_unit(table);
  for (TomlTable const& entry : entries) {
    figures.tiers.push_back({entry.number("from"), entry.number("haircut")});
    entry.refuse_others();
  }
  refuse_fault(collateral_fault(figures), table);
  if (!figures.weights)
    refuse_fault(haircut_fault(figures.tiers), entries, table.place("tiers"), "from", "haircut");
  return figures;
}

HaircutSchedule read_haircuts(TomlTable const& table) {
  HaircutSchedule schedule;
  schedule.asset = table.text("asset");
  if (table.has("borrowing")) schedule.borrowing = table.flag("borrowing");
  schedule.borrow_interest = optional_number(table, "borrow_interest").value_or(0.0);
  read_thresholds(table, schedule.figures, [](TomlTable const& inner) {
    CollateralFigures figures = read_collateral(inner);
    inner.refuse_others();
    return figures;
  });
  schedule.figures.maintenance = read_collateral(table);
  table.refuse_others();
  return schedule;
}

Brackets read_brackets(TomlTable const& table) {
  Brackets figures;
  figures.unit = read_unit(table);
  std::vector<TomlTable> const entries = table.tables("brackets");
  for (TomlTable const& entry : entries) {
    Bracket bracket{entry.number("floor"), entry.number("rate"), 0.0};
    if (entry.has("deduction")) {
      bracket.deduction = entry.number("deduction");
    } else if (!figures.brackets.empty()) {
      bracket.deduction =
          continuous_deduction(figures.brackets.back(), bracket.floor, bracket.rate);
    }
    entry.refuse_others();
    figures.brackets.push_back(bracket);
  }
  refuse_fault(bracket_fault(figures.brackets), entries, table.place("brackets"), "floor", "rate");
  return figures;
}

WholeNotional read_whole_notional(TomlTable const& table) {
  WholeNotional figures;
  figures.unit = read_unit(table);
  std::vector<TomlTable> const entries = table.tables("tiers");
  for (TomlTable const& entry : entries) {
    figures.tiers.push_back({entry.number("floor"), entry.number("rate"), 0.0});
    entry.refuse_others();
  }
  refuse_fault(whole_notional_fault(figures.tiers), entries, table.place("tiers"), "floor", "rate");
  return figures;
}

HealthWeights read_health(TomlTable const& table) {
  HealthWeights figures{read_weights(table, "long", "short"), false};
  std::string const from = table.has("taken_from") ? table.text("taken_from") : "equity";
  if (from != "equity" && from != "profit")
    throw table.error("taken_from", fmt::format("'{}'", from),
                      "it is unclear what the requirement reduces",
                      "write \"equity\", or \"profit\" where it is taken from profit and loss "
                      "before that counts as collateral");
  figures.in_profit = from == "profit";
  return figures;
}

OptionStandard read_option_standard(TomlTable const& table) {
  std::string const spreads = table.has("spreads") ? table.text("spreads") : "none";
  if (spreads != "none" && spreads != "maximum_loss")
    throw table.error("spreads", fmt::format("'{}'", spreads),
                      "it is unclear what a long option does for a short one",
                      "write \"none\", or \"maximum_loss\" where a spread requires no more than "
                      "it may lose");
  return {table.number("rate"), table.number("least"), spreads == "maximum_loss"};
}

constexpr char const* kind_names[] = {"brackets",         "whole_notional",  "size_slope",
                                      "root_size",        "open_interest",   "health",
                                      "initial_fraction", "option_standard", "scan"};
static_assert(std::size(kind_names) == std::variant_size_v<RequirementFigures>);

// Leaves the keys of a schedule (name, thresholds) to its caller, who refuses all others.
RequirementFigures read_requirement(TomlTable const& table) {
  std::string const kind = table.has("kind") ? table.text("kind") : "brackets";
  auto const number = [&](std::string_view key) { return table.number(key); };
  RequirementFigures figures;
  if (kind == "brackets") {
    figures = read_brackets(table);
  } else if (kind == "whole_notional") {
    figures = read_whole_notional(table);
  } else if (kind == "size_slope") {
    figures = SizeSlope{number("base"), number("slope")};
  } else if (kind == "root_size") {
    figures = RootSize{number("base"), number("factor"),
                       optional_number(table, "base_share").value_or(0.0)};
  } else if (kind == "open_interest") {
    figures = OpenInterest{number("base"), optional_number(table, "lower"),
                           optional_number(table, "upper")};
  } else if (kind == "health") {
    figures = read_health(table);
  } else if (kind == "initial_fraction") {
    figures = InitialFraction{number("fraction")};
  } else if (kind == "option_standard") {
    figures = read_option_standard(table);
  } else if (kind == "scan") {
    figures = Scan{table.text("grid"), optional_number(table, "factor").value_or(1.0)};
  } else {
    throw table.error("kind", fmt::format("unknown kind '{}'", kind),
                      "the requirement is not defined",
                      fmt::format("write one of {}", fmt::join(kind_names, ", ")));
  }
  refuse_fault(requirement_fault(figures), table);
  return figures;
}

MaintenanceSchedule read_schedule(TomlTable const& table) {
  MaintenanceSchedule schedule;
  schedule.name = table.text("name");
  if (table.has("until_expiry")) schedule.until_expiry = table.flag("until_expiry");
  if (table.has("notional")) {
    constexpr char const* names[] = {"mark", "entry"};
    schedule.at_entry = read_choice<int>(table, "notional", names) == 1;
  }
  read_thresholds(table, schedule.figures, [](TomlTable const& inner) {
    RequirementFigures figures = read_requirement(inner);
    inner.refuse_others();
    return figures;
  });
  schedule.figures.maintenance = read_requirement(table);
  table.refuse_others();
  return schedule;
}

AccountSetting read_setting(TomlTable const& table) {
  AccountSetting const found{
      table.text("account"), table.has("match") ? table.text("match") : "",
      table.number("leverage"),
      table.has("debts") ? table.texts("debts") : std::vector<std::string>{}};
  table.refuse_others();
  return found;
}

// A rate a year, or of eight hours.
FundingRate read_funding(TomlTable const& table) {
  constexpr double eights_a_year = 3 * 365;
  if (table.has("per_year") == table.has("per_8h"))
    throw InputError(table.place(), table.has("per_year") ? "per_year and per_8h" : "no rate",
                     "what is paid is not defined", "give one of per_year and per_8h");
  FundingRate const found{table.text("match"), table.has("per_year")
                                                   ? table.number("per_year")
                                                   : eights_a_year * table.number("per_8h")};
  table.refuse_others();
  return found;
}

// Points one by one, and the products of spots and volatilities.
std::vector<ScanPoint> read_points(TomlTable const& table) {
  std::vector<ScanPoint> points;
  if (table.has("spots") != table.has("volatilities"))
    throw table.error(table.has("spots") ? "spots" : "volatilities",
                      "spots without volatilities, or these without those",
                      "points are their products", "give both, or neither");
  if (table.has("spots"))
    for (double const spot : table.numbers("spots"))
      for (double const volatility : table.numbers("volatilities"))
        points.push_back({spot, volatility, 1.0});
  for (TomlTable const& entry : table.tables("points")) {
    points.push_back({entry.number("spot"), optional_number(entry, "volatility").value_or(0.0),
                      optional_number(entry, "part").value_or(1.0)});
    entry.refuse_others();
  }
  return points;
}

constexpr char const* amount_names[] = {"gross", "net", "bought", "sold", "hedged"};
constexpr char const* contracts_names[] = {"all", "futures", "options"};

ScanAddOn read_add_on(TomlTable const& table) {
  ScanAddOn add_on{read_choice<AmountOf>(table, "of", amount_names),
                   table.has("contracts")
                       ? read_choice<ContractsOf>(table, "contracts", contracts_names)
                       : ContractsOf::all};
  if (table.has("per_unit") == table.has("brackets"))
    throw table.error(
        "of", table.has("per_unit") ? "per_unit and brackets" : "neither per_unit nor brackets",
        "it is unclear what is required",
        "give per_unit, an amount of the reporting currency, or brackets with unit");
  if (table.has("per_unit"))
    add_on.per_unit = table.number("per_unit");
  else
    add_on.figures = read_brackets(table);
  table.refuse_others();
  return add_on;
}

RiskArray read_array(TomlTable const& table) {
  RiskArray array;
  array.instrument = table.text("instrument");
  if (table.has("profits") == table.has("losses"))
    throw table.error("instrument",
                      table.has("profits") ? "profits and losses" : "neither profits nor losses",
                      "it is unclear what a contract gains",
                      "give what one contract bought gains at each point as profits, or what it "
                      "loses as losses");
  bool const losses = table.has("losses");
  array.profits = table.numbers(losses ? "losses" : "profits");
  if (losses)
    for (double& profit : array.profits) profit = 0.0 - profit;
  array.delta = optional_number(table, "delta").value_or(1.0);
  table.refuse_others();
  return array;
}

// What is required at least, beside the loss at points, and arrays in place of points.
void read_beside_points(TomlTable const& table, ScanGrid& scan) {
  for (TomlTable const& entry : table.tables("least_tiers")) {
    scan.least_tiers.push_back({entry.number("from"), entry.number("factor")});
    entry.refuse_others();
  }
  if (table.has("least_of")) {
    constexpr char const* names[] = {"scan", "sum"};
    scan.least_with_add_ons = read_choice<int>(table, "least_of", names) == 1;
  }
  for (TomlTable const& entry : table.tables("add_ons")) scan.add_ons.push_back(read_add_on(entry));
  for (TomlTable const& entry : table.tables("arrays")) scan.arrays.push_back(read_array(entry));
  if (!table.has("arrays_move")) return;
  if (scan.arrays.empty())
    throw table.error("arrays_move", "no arrays", "it would have no effect",
                      "add [[scans.arrays]], or remove the key");
  scan.arrays_move = table.flag("arrays_move");
}

ScanGrid read_scan(TomlTable const& table) {
  ScanGrid scan;
  scan.name = table.text("name");
  scan.points = read_points(table);
  if (auto const term = table.table("volatility_term")) {
    double const power = term->number("power");
    scan.term = {term->number("reference_days"), term->number("floor_days"), power,
                 optional_number(*term, "long_power").value_or(power)};
    term->refuse_others();
  }
  for (TomlTable const& entry : table.tables("groups")) {
    scan.groups.push_back({entry.texts("assets"), entry.number("offset")});
    entry.refuse_others();
  }
  scan.least_per_contract = optional_number(table, "least_per_contract").value_or(0.0);
  scan.least_per_short_option = optional_number(table, "least_per_short_option").value_or(0.0);
  scan.least_per_unit = optional_number(table, "least_per_unit").value_or(0.0);
  read_beside_points(table, scan);
  table.refuse_others();
  return scan;
}

// One number, or one for each threshold; or true and false for 1 and 0 under an older name.
ByThreshold<double> read_gain_weight(TomlTable const& file) {
  if (file.has("counts_gains") && file.has("gain_weight"))
    throw file.error("counts_gains", "counts_gains and gain_weight",
                     "both say what gains count for", "keep one of the two");
  if (file.has("counts_gains")) return {file.flag("counts_gains") ? 1.0 : 0.0, {}, {}};
  if (!file.has("gain_weight"))
    throw InputError(file.place(), "no key 'counts_gains' or 'gain_weight'", "it has no default",
                     "add counts_gains = true or false, or gain_weight = a number in [0, 1]");
  if (!file.is_table("gain_weight")) return {file.number("gain_weight"), {}, {}};
  TomlTable const table = *file.table("gain_weight");
  ByThreshold<double> const weight{table.number("maintenance"), optional_number(table, "initial"),
                                   optional_number(table, "liquidation_end")};
  table.refuse_others();
  return weight;
}

std::vector<InstrumentRule> read_instruments(std::vector<TomlTable> const& entries,
                                             RulePack const& pack) {
  std::unordered_map<std::string_view, std::uint32_t> index;
  for (MaintenanceSchedule const& schedule : pack.schedules) {
    index.emplace(schedule.name, static_cast<std::uint32_t>(index.size()));
  }
  std::vector<InstrumentRule> rules;
  for (TomlTable const& entry : entries) {
    std::string match = entry.text("match");
    std::string const schedule = entry.text("schedule");
    entry.refuse_others();
    auto const found = index.find(schedule);
    if (found == index.end()) {
      throw entry.error("schedule", fmt::format("unknown schedule '{}'", schedule),
                        "the requirement is not defined", "name one of the [[schedules]]");
    }
    rules.push_back({std::move(match), found->second});
  }
  return rules;
}

std::string_view unit_name(EdgeUnit unit) {
  return unit == EdgeUnit::asset ? "asset" : "currency";
}

// Writes figures as lines "KEY = VALUE" of the table that is open.
class FigureWriter {
 public:
  explicit FigureWriter(std::string& text) : out_(std::back_inserter(text)) {}

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(out_, format, std::forward<Args>(args)...);
    fmt::format_to(out_, "\n");
  }
  void number(std::string_view key, double value) { line("{} = {}", key, toml_number(value)); }
  void number(std::string_view key, std::optional<double> const& value) {
    if (value) number(key, *value);
  }

  void collateral(CollateralFigures const& f) {
    if (!f.weights || f.limit) line("unit = \"{}\"", unit_name(f.unit));
    if (!f.weights) number("borrow_surcharge", f.borrow_surcharge);
    number("limit", f.limit);
    if (f.weights)
      line("weights = {{ asset = {}, liability = {} }}", toml_number(f.weights->asset),
           toml_number(f.weights->liability));
    if (f.shift)
      line("shift = {{ start = {}, end = {}, asset = {}, liability = {} }}",
           toml_text(f.shift->start), toml_text(f.shift->end), toml_number(f.shift->to.asset),
           toml_number(f.shift->to.liability));
    if (f.by_size)
      line("by_size = {{ factor = {}, asset_numerator = {}, liability_share = {} }}",
           toml_number(f.by_size->factor), toml_number(f.by_size->asset_numerator),
           toml_number(f.by_size->liability_share));
    if (f.by_total) totals(*f.by_total);
    if (f.off_peg)
      line("off_peg = {{ peg = {}, tolerance = {}{}, {} }}", toml_number(f.off_peg->peg),
           toml_number(f.off_peg->tolerance),
           f.off_peg->of.empty() ? "" : fmt::format(", of = {}", toml_text(f.off_peg->of)),
           move_text(f.off_peg->move));
    if (f.by_volatility)
      line("by_volatility = {{ decay = {}, {} }}", toml_number(f.by_volatility->decay),
           move_text(f.by_volatility->move));
    if (f.weights) return;
    line("tiers = [");
    for (HaircutTier const& tier : f.tiers)
      line("  {{ from = {}, haircut = {} }},", toml_number(tier.from), toml_number(tier.haircut));
    line("]");
  }

  void operator()(Brackets const& f) {
    line("unit = \"{}\"\nbrackets = [", unit_name(f.unit));
    for (Bracket const& b : f.brackets)
      line("  {{ floor = {}, rate = {}, deduction = {} }},", toml_number(b.floor),
           toml_number(b.rate), toml_number(b.deduction));
    line("]");
  }
  void operator()(WholeNotional const& f) {
    line("unit = \"{}\"\ntiers = [", unit_name(f.unit));
    for (Bracket const& b : f.tiers)
      line("  {{ floor = {}, rate = {} }},", toml_number(b.floor), toml_number(b.rate));
    line("]");
  }
  void operator()(SizeSlope const& f) {
    number("base", f.base);
    number("slope", f.slope);
  }
  void operator()(RootSize const& f) {
    number("base", f.base);
    number("factor", f.factor);
    number("base_share", f.base_share);
  }
  void operator()(OpenInterest const& f) {
    number("base", f.base);
    number("lower", f.lower);
    number("upper", f.upper);
  }
  void operator()(HealthWeights const& f) {
    number("long", f.weights.asset);
    number("short", f.weights.liability);
    line("taken_from = \"{}\"", f.in_profit ? "profit" : "equity");
  }
  void operator()(InitialFraction const& f) { number("fraction", f.fraction); }
  void operator()(OptionStandard const& f) {
    number("rate", f.rate);
    number("least", f.least);
    line("spreads = \"{}\"", f.by_spread ? "maximum_loss" : "none");
  }
  void operator()(Scan const& f) {
    line("grid = {}", toml_text(f.grid));
    number("factor", f.factor);
  }

  void scan(ScanGrid const& f) {
    line("name = {}", toml_text(f.name));
    if (!f.points.empty()) {
      line("points = [");
      for (ScanPoint const& p : f.points)
        line("  {{ spot = {}, volatility = {}, part = {} }},", toml_number(p.spot),
             toml_number(p.volatility), toml_number(p.part));
      line("]");
    }
    if (f.term)
      line(
          "volatility_term = {{ reference_days = {}, floor_days = {}, power = {}, long_power = {} "
          "}}",
          toml_number(f.term->reference_days), toml_number(f.term->floor_days),
          toml_number(f.term->power), toml_number(f.term->long_power));
    number("least_per_contract", f.least_per_contract);
    number("least_per_short_option", f.least_per_short_option);
    number("least_per_unit", f.least_per_unit);
    if (!f.least_tiers.empty()) {
      line("least_tiers = [");
      for (LeastTier const& t : f.least_tiers)
        line("  {{ from = {}, factor = {} }},", toml_number(t.from), toml_number(t.factor));
      line("]");
    }
    if (f.least_with_add_ons) line("least_of = \"sum\"");
    if (!f.arrays_move) line("arrays_move = false");
    for (ScanGroup const& group : f.groups) {
      std::vector<std::string> assets;
      for (std::string const& asset : group.assets) assets.push_back(toml_text(asset));
      line("[[scans.groups]]\nassets = [{}]\noffset = {}", fmt::join(assets, ", "),
           toml_number(group.offset));
    }
    for (ScanAddOn const& a : f.add_ons) {
      line("[[scans.add_ons]]\nof = \"{}\"\ncontracts = \"{}\"",
           amount_names[static_cast<std::size_t>(a.of)],
           contracts_names[static_cast<std::size_t>(a.contracts)]);
      if (a.figures)
        (*this)(*a.figures);
      else
        number("per_unit", a.per_unit);
    }
    for (RiskArray const& a : f.arrays) {
      std::vector<std::string> profits;
      for (double const profit : a.profits) profits.push_back(toml_number(profit));
      line("[[scans.arrays]]\ninstrument = {}\nprofits = [{}]\ndelta = {}", toml_text(a.instrument),
           fmt::join(profits, ", "), toml_number(a.delta));
    }
  }

  void requirement(RequirementFigures const& f) {
    if (f.index() != 0) line("kind = \"{}\"", kind_names[f.index()]);
    std::visit(*this, f);
  }

 private:
  void totals(TotalScaling const& f) {
    std::vector<std::string> parts;
    auto const part = [&](std::string_view key, std::optional<double> const& value) {
      if (value) parts.push_back(fmt::format("{} = {}", key, toml_number(*value)));
    };
    part("deposit_start", f.deposit_start);
    part("borrow_start", f.borrow_start);
    part("deposits", f.deposits);
    part("borrows", f.borrows);
    line("by_total = {{ {} }}", fmt::join(parts, ", "));
  }

  static std::string move_text(HaircutMove const& move) {
    return fmt::format("stretch = {}, surcharge = {}", toml_number(move.stretch),
                       toml_number(move.surcharge));
  }

  std::back_insert_iterator<std::string> out_;
};

// The figures of maintenance, then a table for each threshold that has its own.
template <class T, class Write>
void write_thresholds(FigureWriter& out, std::string_view table, ByThreshold<T> const& figures,
                      Write write) {
  write(figures.maintenance);
  if (figures.initial) {
    out.line("[{}.initial]", table);
    write(*figures.initial);
  }
  if (figures.liquidation_end) {
    out.line("[{}.liquidation_end]", table);
    write(*figures.liquidation_end);
  }
}

void write_gain_weight(FigureWriter& out, ByThreshold<double> const& weight) {
  if (!weight.initial && !weight.liquidation_end) {
    bool const whole = weight.maintenance == 0.0 || weight.maintenance == 1.0;
    if (whole) out.line("counts_gains = {}", weight.maintenance == 1.0);
    if (!whole) out.number("gain_weight", weight.maintenance);
    return;
  }
  std::string text = "maintenance = " + toml_number(weight.maintenance);
  if (weight.initial) text += ", initial = " + toml_number(*weight.initial);
  if (weight.liquidation_end) text += ", liquidation_end = " + toml_number(*weight.liquidation_end);
  out.line("gain_weight = {{ {} }}", text);
}

}  // namespace

RulePack read_rules(std::string const& path) {
  TomlTable const file = TomlTable::read(path);
  RulePack pack;
  pack.place = path;
  pack.name = file.text("name");
  pack.date = file.text("date");
  pack.sources = file.texts("sources");
  pack.gain_weight = read_gain_weight(file);
  pack.order_charge = optional_number(file, "order_charge").value_or(0.0);
  for (TomlTable const& table : file.tables("haircuts")) {
    pack.haircuts.push_back(read_haircuts(table));
  }
  for (TomlTable const& table : file.tables("schedules")) {
    pack.schedules.push_back(read_schedule(table));
  }
  for (TomlTable const& table : file.tables("scans")) pack.scans.push_back(read_scan(table));
  for (TomlTable const& table : file.tables("slow_prices")) {
    pack.slow_prices.push_back({table.text("asset"), table.number("price")});
    table.refuse_others();
  }
  for (TomlTable const& table : file.tables("settings"))
    pack.settings.push_back(read_setting(table));
  for (TomlTable const& table : file.tables("funding")) pack.funding.push_back(read_funding(table));
  for (TomlTable const& table : file.tables("open_interest")) {
    pack.open_interest.push_back({table.text("instrument"), table.number("notional")});
    table.refuse_others();
  }
  std::vector<TomlTable> const instruments = file.tables("instruments");
  file.refuse_others();
  // Duplicate names are refused before instruments look them up.
  check_rules(pack, path);
  pack.instruments = read_instruments(instruments, pack);
  check_rules(pack, path);
  return pack;
}

std::string rules_text(RulePack const& pack) {
  std::string text;
  FigureWriter out(text);
  out.line("name = {}\ndate = {}\nsources = [", toml_text(pack.name), toml_text(pack.date));
  for (std::string const& source : pack.sources) out.line("  {},", toml_text(source));
  out.line("]");
  write_gain_weight(out, pack.gain_weight);
  if (pack.order_charge != 0.0) out.number("order_charge", pack.order_charge);
  for (HaircutSchedule const& schedule : pack.haircuts) {
    out.line("\n[[haircuts]]\nasset = {}", toml_text(schedule.asset));
    if (!schedule.borrowing) out.line("borrowing = false");
    if (schedule.borrow_interest != 0.0) out.number("borrow_interest", schedule.borrow_interest);
    write_thresholds(out, "haircuts", schedule.figures,
                     [&](CollateralFigures const& figures) { out.collateral(figures); });
  }
  for (MaintenanceSchedule const& schedule : pack.schedules) {
    out.line("\n[[schedules]]\nname = {}", toml_text(schedule.name));
    if (schedule.until_expiry) out.line("until_expiry = true");
    if (schedule.at_entry) out.line("notional = \"entry\"");
    write_thresholds(out, "schedules", schedule.figures,
                     [&](RequirementFigures const& figures) { out.requirement(figures); });
  }
  for (ScanGrid const& scan : pack.scans) {
    out.line("\n[[scans]]");
    out.scan(scan);
  }
  for (InstrumentRule const& rule : pack.instruments)
    out.line("\n[[instruments]]\nmatch = {}\nschedule = {}", toml_text(rule.instrument),
             toml_text(pack.schedules[rule.schedule].name));
  for (SlowPrice const& slow : pack.slow_prices)
    out.line("\n[[slow_prices]]\nasset = {}\nprice = {}", toml_text(slow.asset),
             toml_number(slow.price));
  for (AccountSetting const& setting : pack.settings) {
    out.line("\n[[settings]]\naccount = {}", toml_text(setting.account));
    if (!setting.instrument.empty()) out.line("match = {}", toml_text(setting.instrument));
    out.number("leverage", setting.leverage);
    std::vector<std::string> debts;
    for (std::string const& asset : setting.debts) debts.push_back(toml_text(asset));
    if (!debts.empty()) out.line("debts = [{}]", fmt::join(debts, ", "));
  }
  for (FundingRate const& funding : pack.funding)
    out.line("\n[[funding]]\nmatch = {}\nper_year = {}", toml_text(funding.instrument),
             toml_number(funding.rate));
  for (MarketInterest const& market : pack.open_interest)
    out.line("\n[[open_interest]]\ninstrument = {}\nnotional = {}", toml_text(market.instrument),
             toml_number(market.notional));
  return text;
}

void write_rules(RulePack const& pack, std::string const& path, Overwrite overwrite) {
  check_rules(pack, "rule pack '" + pack.name + "'");
  write_text_file(path, rules_text(pack), overwrite);
}

}  // namespace plimsoll
