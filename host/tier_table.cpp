#include "host/tier_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "host/csv.hpp"
#include "host/name_check.hpp"
#include "host/text_file.hpp"

namespace plimsoll {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t largest_json = std::uint64_t{1} << 28;  // [byte]
constexpr double unbounded = std::numeric_limits<double>::infinity();

void refuse_unknown_columns(CsvTable const& table) {
  constexpr std::string_view known[] = {"symbol",
                                        "market",
                                        "settle",
                                        "tier",
                                        "notional_floor",
                                        "notional_cap",
                                        "maint_margin_rate",
                                        "max_leverage",
                                        "maint_amount_cum"};
  for (std::string const& name : table.columns()) {
    if (std::find(std::begin(known), std::end(known), name) != std::end(known)) continue;
    throw InputError(fmt::format("{}:row 1, column {}", table.path(), shown(name)),
                     "unknown column", "it would have no effect",
                     fmt::format("remove it; known are {}", fmt::join(known, ", ")));
  }
}

// Contracts of other markets have no brackets of this kind.
void check_market(CsvTable const& table, std::size_t row) {
  auto const column = table.find_column("market");
  if (!column) return;
  std::string_view const market = table.text(row, *column);
  if (market == "linear" || market == "inverse") return;
  throw table.error(row, *column, fmt::format("unknown market {}", shown(market)),
                    "brackets are those of linear and inverse contracts",
                    "remove the rows of other markets");
}

TierTable read_csv(std::string const& path) {
  auto const table = std::make_shared<CsvTable const>(CsvTable::read(path));
  refuse_unknown_columns(*table);
  std::size_t const symbol = table->column("symbol");
  std::size_t const tier = table->column("tier");
  std::size_t const floor = table->column("notional_floor");
  std::size_t const cap = table->column("notional_cap");
  std::size_t const rate = table->column("maint_margin_rate");
  auto const deduction = table->find_column("maint_amount_cum");
  TierTable result;
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    std::string_view const name = table->text(row, symbol);
    auto const [found, fresh] = index.emplace(name, result.symbols.size());
    if (fresh) {
      check_name(table->place(row, symbol), name);
      result.symbols.push_back({std::string(name), {}});
    }
    check_market(*table, row);
    PublishedTier published{row,
                            table->number(row, tier),
                            table->number(row, floor),
                            table->blank(row, cap) ? unbounded : table->number(row, cap),
                            table->number(row, rate),
                            std::nullopt};
    if (deduction && !table->blank(row, *deduction)) {
      published.deduction = table->number(row, *deduction);
    }
    result.symbols[found->second].tiers.push_back(published);
  }
  result.place = [=](std::size_t row, TierField field) {
    switch (field) {
      case TierField::symbol:
        return table->place(row, symbol);
      case TierField::tier:
        return table->place(row, tier);
      case TierField::floor:
        return table->place(row, floor);
      case TierField::cap:
        return table->place(row, cap);
      case TierField::rate:
        return table->place(row, rate);
      case TierField::deduction:
        break;
    }
    return table->place(row, deduction.value_or(rate));
  };
  return result;
}

// The library keeps the last of two equal keys; here both are a mistake.
Json parse_json(std::string const& path) {
  std::unordered_set<std::string> symbols;
  auto const note = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event != Json::parse_event_t::key || depth != 1) return true;
    std::string const symbol = parsed.get<std::string>();
    if (symbols.insert(symbol).second) return true;
    throw InputError(fmt::format("{}, {}", path, shown(symbol)), "the symbol stands twice",
                     "it would not be clear which brackets apply", "remove one of them");
  };
  try {
    return Json::parse(read_text_file(path, largest_json), note);
  } catch (Json::exception const& error) {
    throw InputError(path, "not JSON", error.what(), "check that the file is complete");
  }
}

std::string_view key_of(TierField field) {
  switch (field) {
    case TierField::symbol:
      return "symbol";
    case TierField::tier:
      return "tier";
    case TierField::floor:
      return "minNotional";
    case TierField::cap:
      return "maxNotional";
    case TierField::rate:
      return "maintenanceMarginRate";
    case TierField::deduction:
      break;
  }
  return "info.cum";
}

// A number, or a text that holds one and nothing else.
double json_number(Json const& value, std::string const& place) {
  if (value.is_number()) {
    double const number = value.get<double>();
    if (std::isfinite(number)) return number;
  }
  if (value.is_string()) {
    std::string const text = value.get<std::string>();
    double number = 0;
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code == std::errc{} && end == text.data() + text.size() && std::isfinite(number)) {
      return number;
    }
  }
  throw InputError(place, fmt::format("{} is not a number", shown(value.dump())),
                   "a finite number is needed", "write it as 1234.5");
}

class JsonTiers {
 public:
  explicit JsonTiers(std::string const& path)
      : path_(path), places_(std::make_shared<std::vector<std::string>>()) {}

  TierTable read() {
    Json const file = parse_json(path_);
    if (!file.is_object()) {
      throw InputError(path_, "not an object of symbols", "brackets are found by symbol",
                       "give {\"SYMBOL\": [tiers]}");
    }
    TierTable result;
    for (auto const& [symbol, tiers] : file.items()) {
      check_name(path_ + ", symbol", symbol);
      result.symbols.push_back({symbol, read_symbol(symbol, tiers)});
    }
    result.place = [places = places_](std::size_t row, TierField field) {
      return fmt::format("{}, key '{}'", (*places)[row], key_of(field));
    };
    return result;
  }

 private:
  std::vector<PublishedTier> read_symbol(std::string const& symbol, Json const& tiers) {
    if (!tiers.is_array() || tiers.empty()) {
      throw InputError(fmt::format("{}, {}", path_, shown(symbol)), "no array of tiers",
                       "the symbol would have no brackets",
                       "give [{tier, minNotional, maxNotional, maintenanceMarginRate}, ...]");
    }
    std::vector<PublishedTier> result;
    for (Json const& tier : tiers) {
      places_->push_back(fmt::format("{}, {}, entry {}", path_, shown(symbol), result.size() + 1));
      result.push_back(read_tier(symbol, tier));
    }
    return result;
  }

  PublishedTier read_tier(std::string const& symbol, Json const& tier) {
    if (!tier.is_object() || (tier.contains("symbol") && tier["symbol"] != symbol)) {
      throw InputError(places_->back(), "not a tier of this symbol",
                       "each entry is an object, and its symbol, if named, is the key's",
                       "check how the file was made");
    }
    PublishedTier published{};
    published.row = places_->size() - 1;
    published.number = need(tier, TierField::tier);
    published.floor = need(tier, TierField::floor);
    bool const open = tier.contains("maxNotional") && tier["maxNotional"].is_null();
    published.cap = open ? unbounded : need(tier, TierField::cap);
    published.rate = need(tier, TierField::rate);
    bool const has_info = tier.contains("info") && tier["info"].is_object();
    if (has_info && tier["info"].contains("cum") && !tier["info"]["cum"].is_null()) {
      published.deduction = json_number(tier["info"]["cum"], place(TierField::deduction));
    }
    return published;
  }

  std::string place(TierField field) const {
    return fmt::format("{}, key '{}'", places_->back(), key_of(field));
  }

  double need(Json const& tier, TierField field) const {
    std::string const key(key_of(field));
    if (tier.contains(key)) return json_number(tier[key], place(field));
    throw InputError(places_->back(), fmt::format("no key '{}'", key),
                     "the bracket is not complete without it", "check how the file was made");
  }

  std::string path_;
  std::shared_ptr<std::vector<std::string>> places_;
};

}  // namespace

TierTable read_tier_table(std::string const& path) {
  if (path.ends_with(".json")) return JsonTiers(path).read();
  if (path.ends_with(".csv")) return read_csv(path);
  throw InputError(path, "neither .csv nor .json", "the shape of the table is told by its name",
                   "name the file accordingly");
}

}  // namespace plimsoll
