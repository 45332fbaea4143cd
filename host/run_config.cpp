#include "host/run_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

#include "host/error.hpp"
#include "host/market.hpp"
#include "host/toml_table.hpp"

namespace plimsoll {

namespace {

// The least and the most of a count; the same for a file and for flags.
struct Range {
  std::string_view key;
  std::uint64_t least, most;
  std::string_view why;
};

constexpr Range scenarios_range{"scenarios", 1, std::uint64_t{1} << 40,
                                "a run has 1 to 2^40 scenarios"};
constexpr Range steps_range{"steps", 1, most_steps, "a scenario has 1 to 64 steps"};
static_assert(most_steps == 64);
constexpr Range seed_range{"seed", 0, std::numeric_limits<std::int64_t>::max(),
                           "a seed lies in 0 to 2^63 - 1, so that every file can hold it"};
constexpr Range threads_range{"threads", 0, 4096, "0 means all processors, and 4,096 is the most"};
constexpr Range tile_range{"tile", 0, std::uint64_t{1} << 20,
                           "0 means the engine's choice, and 2^20 is the most"};
constexpr Range batch_range{"batch", 0, std::uint64_t{1} << 31,
                            "0 means the engine's choice, and 2^31 is the most"};
constexpr Range slice_range{"slice", 0, std::uint64_t{1} << 32,
                            "0 means as many as fit the memory, and 2^32 is the most"};
constexpr Range const* ranges[] = {&scenarios_range, &steps_range, &seed_range, &threads_range,
                                   &tile_range,      &batch_range, &slice_range};
constexpr double longest_horizon = 365;                          // [day]
constexpr std::uint64_t least_memory = std::uint64_t{64} << 20;  // [byte]
constexpr std::uint64_t most_memory = std::uint64_t{1} << 50;    // [byte]
constexpr std::string_view horizon_why = "a horizon is longer than 0 and at most 365 days";
constexpr std::string_view memory_why = "a budget is 64 MiB to 1 PiB";
constexpr std::string_view range_hint = "give a value in that range";

struct TailsName {
  Tails tails;
  std::string_view name;
};
constexpr TailsName tails_names[] = {
    {Tails::none, "none"}, {Tails::flagged, "flagged"}, {Tails::all, "all"}};

std::optional<Tails> tails_named(std::string_view name) {
  for (TailsName const& entry : tails_names) {
    if (entry.name == name) return entry.tails;
  }
  return std::nullopt;
}

Range const& range_of(std::string_view key) {
  for (Range const* const range : ranges)
    if (range->key == key) return *range;
  throw std::logic_error(fmt::format("no range of '{}'", key));
}

bool good_horizon(double days) {
  return days > 0.0 && days <= longest_horizon;
}
bool good_memory(std::uint64_t bytes) {
  return bytes >= least_memory && bytes <= most_memory;
}

template <class Count>
void read_count(TomlTable const& file, Range const& range, Count& into) {
  if (!file.has(range.key)) return;
  std::int64_t const value = file.integer(range.key);
  if (value < 0 || static_cast<std::uint64_t>(value) < range.least ||
      static_cast<std::uint64_t>(value) > range.most) {
    throw file.error(range.key, fmt::format("{} is {}", range.key, value), range.why, range_hint);
  }
  into = static_cast<Count>(value);
}

void read_text(TomlTable const& file, std::string_view key, std::string& into) {
  if (!file.has(key)) return;
  into = file.text(key);
  if (into.empty()) {
    throw file.error(key, "an empty text", "it names nothing", "fill it in or remove the key");
  }
}

void read_rules_list(TomlTable const& file, RunConfig& config) {
  if (!file.has("rules")) return;
  config.rules = file.is_text("rules") ? std::vector{file.text("rules")} : file.texts("rules");
  if (std::find(config.rules.begin(), config.rules.end(), "") != config.rules.end()) {
    throw file.error("rules", "an empty text", "it names nothing", "remove it");
  }
}

void read_horizon(TomlTable const& file, RunConfig& config) {
  if (!file.has("horizon_days")) return;
  config.horizon_days = file.number("horizon_days");
  config.horizon_given = true;
  if (!good_horizon(config.horizon_days)) {
    throw file.error("horizon_days", fmt::format("{} days", config.horizon_days), horizon_why,
                     range_hint);
  }
}

void read_tails(TomlTable const& file, RunConfig& config) {
  if (!file.has("tails")) return;
  auto const tails = tails_named(file.text("tails"));
  if (!tails) {
    throw file.error("tails", fmt::format("'{}'", file.text("tails")), "there is no such choice",
                     "write \"all\", \"flagged\" or \"none\"");
  }
  config.tails = *tails;
}

void read_memory(TomlTable const& file, RunConfig& config) {
  if (!file.has("memory")) return;
  if (file.is_text("memory")) {
    try {
      config.memory = parse_bytes(file.text("memory"));
    } catch (InputError const& error) {
      throw InputError(file.place("memory"), "not an amount of memory", error.what(),
                       "write it like \"4GiB\"");
    }
  } else {
    config.memory = static_cast<std::uint64_t>(std::max<std::int64_t>(file.integer("memory"), 1));
  }
  if (!good_memory(config.memory)) {
    throw file.error("memory", fmt::format("{} bytes", config.memory), memory_why, range_hint);
  }
}

RunConfig config_in(TomlTable const& file) {
  RunConfig config;
  read_text(file, "book", config.book);
  read_text(file, "market", config.market);
  read_rules_list(file, config);
  read_text(file, "moves", config.moves);
  read_count(file, scenarios_range, config.scenarios);
  read_horizon(file, config);
  read_count(file, steps_range, config.steps);
  read_count(file, seed_range, config.seed);
  read_tails(file, config);
  read_text(file, "engine", config.engine);
  read_count(file, threads_range, config.threads);
  read_memory(file, config);
  read_count(file, tile_range, config.tile);
  read_count(file, batch_range, config.batch);
  read_count(file, slice_range, config.slice);
  read_text(file, "out", config.out);
  if (file.has("check_work")) config.check_work = file.flag("check_work");
  if (file.has("force")) config.force = file.flag("force");
  if (file.has("resume")) config.resume = file.flag("resume");
  file.refuse_others();
  return config;
}

std::string flag_of(std::string_view key) {
  std::string flag = fmt::format("--{}", key);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

void check_count(Range const& range, std::uint64_t value) {
  if (value >= range.least && value <= range.most) return;
  throw InputError(flag_of(range.key), fmt::format("{} is {}", range.key, value), range.why,
                   range_hint);
}

void check_given(std::string_view key, bool given) {
  if (given) return;
  throw InputError(flag_of(key), "is missing", "a run cannot do without it",
                   fmt::format("give the flag, or {} = ... in run.toml", key));
}

}  // namespace

RunConfig read_run_config(std::string const& path) {
  return config_in(TomlTable::read(path));
}

RunConfig parse_run_config(std::string_view text, std::string const& place) {
  return config_in(TomlTable::parse(text, place));
}

void check_run_config(RunConfig const& config) {
  check_given("book", !config.book.empty());
  check_given("market", !config.market.empty());
  check_given("rules", !config.rules.empty());
  check_given("out", !config.out.empty());
  for (std::size_t i = 0; i < config.rules.size(); ++i) {
    auto const end = config.rules.begin() + static_cast<std::ptrdiff_t>(i);
    if (config.rules[i].empty() || std::find(config.rules.begin(), end, config.rules[i]) != end) {
      throw InputError("--rules", fmt::format("'{}' stands twice or is empty", config.rules[i]),
                       "each rule pack is evaluated once", "remove it");
    }
  }
  check_count(scenarios_range, config.scenarios);
  check_count(steps_range, config.steps);
  check_count(seed_range, config.seed);
  check_count(threads_range, config.threads);
  check_count(tile_range, config.tile);
  check_count(batch_range, config.batch);
  check_count(slice_range, config.slice);
  if (!good_horizon(config.horizon_days)) {
    throw InputError("--horizon-days", fmt::format("{} days", config.horizon_days), horizon_why,
                     range_hint);
  }
  if (config.memory != 0 && !good_memory(config.memory)) {
    throw InputError("--memory", fmt::format("{} bytes", config.memory), memory_why, range_hint);
  }
  if (config.engine.empty()) {
    throw InputError("--engine", "an empty text", "it names no engine",
                     "write auto, or one of `plimsoll engines`");
  }
}

std::string to_toml(RunConfig const& config) {
  std::string text;
  auto const line = [&text](std::string_view key, std::string const& value) {
    text += fmt::format("{} = {}\n", key, value);
  };
  auto const line_if = [&](std::string_view key, std::string const& value) {
    if (!value.empty()) line(key, toml_text(value));
  };
  line_if("book", config.book);
  line_if("market", config.market);
  if (!config.rules.empty()) {
    std::vector<std::string> quoted;
    for (std::string const& path : config.rules) quoted.push_back(toml_text(path));
    line("rules", fmt::format("[{}]", fmt::join(quoted, ", ")));
  }
  line_if("moves", config.moves);
  line("scenarios", std::to_string(config.scenarios));
  line("horizon_days", toml_number(config.horizon_days));
  line("steps", std::to_string(config.steps));
  line("seed", std::to_string(config.seed));
  line("tails", toml_text(name_of(config.tails)));
  line("engine", toml_text(config.engine));
  line("threads", std::to_string(config.threads));
  if (config.memory != 0) line("memory", std::to_string(config.memory));
  line("tile", std::to_string(config.tile));
  line("batch", std::to_string(config.batch));
  line("slice", std::to_string(config.slice));
  line_if("out", config.out);
  line("check_work", config.check_work ? "true" : "false");
  line("force", config.force ? "true" : "false");
  line("resume", config.resume ? "true" : "false");
  return text;
}

std::string_view name_of(Tails tails) {
  for (TailsName const& entry : tails_names) {
    if (entry.tails == tails) return entry.name;
  }
  throw std::logic_error("tails without a name");
}

std::uint64_t parse_count(std::string_view key, std::string_view text) {
  Range const& range = range_of(key);
  std::uint64_t value = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const whole = code == std::errc{} && end == text.data() + text.size();
  if (!whole || value < range.least || value > range.most)
    throw InputError(flag_of(key), fmt::format("'{}'", text), range.why,
                     "give a whole number in that range");
  return value;
}

double parse_horizon(std::string_view text) {
  double days = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), days);
  bool const number = code == std::errc{} && end == text.data() + text.size();
  if (!number || !good_horizon(days))
    throw InputError("--horizon-days", fmt::format("'{}'", text), horizon_why, range_hint);
  return days;
}

Tails parse_tails(std::string_view text) {
  if (auto const tails = tails_named(text)) return *tails;
  throw InputError("--tails", fmt::format("'{}'", text), "there is no such choice",
                   "write all, flagged or none");
}

std::uint64_t parse_bytes(std::string_view text) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr Unit units[] = {{"", 1},         {"B", 1},       {"kB", 1e3},     {"MB", 1e6},
                            {"GB", 1e9},     {"TB", 1e12},   {"KiB", 0x1p10}, {"MiB", 0x1p20},
                            {"GiB", 0x1p30}, {"TiB", 0x1p40}};
  double value = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (Unit const& known : units) {
    double const bytes = value * known.bytes;
    bool const good = code == std::errc{} && unit == known.name && bytes >= 1 &&
                      bytes <= static_cast<double>(most_memory);
    if (good) return static_cast<std::uint64_t>(bytes);
  }
  throw InputError("--memory", fmt::format("'{}'", text),
                   "it is no amount of memory between 1 byte and 1 PiB",
                   "write a number and B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 4GiB");
}

}  // namespace plimsoll
