#include "host/toml_table.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>

#include "host/text_file.hpp"

namespace plimsoll {

namespace {

constexpr std::uint64_t largest_file = std::uint64_t{1} << 28;  // [byte]

std::string position(std::string const& path, toml::source_position at) {
  return at.line == 0 ? path : fmt::format("{}:{}:{}", path, at.line, at.column);
}

std::string_view type_name(toml::node const& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a point";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

}  // namespace

struct TomlTable::Node {
  std::shared_ptr<toml::table const> root;
  toml::table const* table;
  std::string path;
  mutable std::vector<std::string> asked;

  toml::node const* find(std::string_view key) const {
    if (std::find(asked.begin(), asked.end(), key) == asked.end()) asked.emplace_back(key);
    return table->get(key);
  }

  std::string place_of(toml::node const& node, std::string_view key) const {
    return fmt::format("{}, key '{}'", position(path, node.source().begin), key);
  }

  InputError wrong_type(toml::node const& node, std::string_view key,
                        std::string_view wanted) const {
    return InputError(place_of(node, key), fmt::format("{} stands here", type_name(node)),
                      fmt::format("{} is needed", wanted),
                      "see docs/inputs.md for the keys and their types");
  }

  toml::node const& need(std::string_view key) const {
    toml::node const* const node = find(key);
    if (node != nullptr) return *node;
    throw InputError(position(path, table->source().begin), fmt::format("no key '{}'", key),
                     "it has no default", fmt::format("add {} = ... to this table", key));
  }
};

TomlTable TomlTable::read(std::string const& path) {
  return parse(read_text_file(path, largest_file), path);
}

TomlTable TomlTable::parse(std::string_view text, std::string const& path) {
  try {
    auto root = std::make_shared<toml::table const>(toml::parse(text, path));
    toml::table const* const table = root.get();
    return TomlTable(std::make_shared<Node>(Node{std::move(root), table, path, {}}));
  } catch (toml::parse_error const& error) {
    throw InputError(position(path, error.source().begin), "not TOML", error.description(),
                     "correct the line; texts stand in quotes, tables begin with [name]");
  }
}

bool TomlTable::has(std::string_view key) const {
  return node_->find(key) != nullptr;
}

bool TomlTable::is_text(std::string_view key) const {
  return node_->need(key).is_string();
}

bool TomlTable::is_table(std::string_view key) const {
  return node_->need(key).is_table();
}

std::optional<TomlTable> TomlTable::table(std::string_view key) const {
  toml::node const* const node = node_->find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_table()) throw node_->wrong_type(*node, key, "a table");
  return TomlTable(std::make_shared<Node>(Node{node_->root, node->as_table(), node_->path, {}}));
}

std::string TomlTable::text(std::string_view key) const {
  toml::node const& node = node_->need(key);
  if (auto const value = node.value_exact<std::string>()) return *value;
  throw node_->wrong_type(node, key, "a text in quotes");
}

bool TomlTable::flag(std::string_view key) const {
  toml::node const& node = node_->need(key);
  if (auto const value = node.value_exact<bool>()) return *value;
  throw node_->wrong_type(node, key, "true or false");
}

std::int64_t TomlTable::integer(std::string_view key) const {
  toml::node const& node = node_->need(key);
  if (auto const value = node.value_exact<std::int64_t>()) return *value;
  throw node_->wrong_type(node, key, "a whole number");
}

double TomlTable::number(std::string_view key) const {
  toml::node const& node = node_->need(key);
  if (auto const value = node.value_exact<std::int64_t>()) return static_cast<double>(*value);
  auto const value = node.value_exact<double>();
  if (value && std::isfinite(*value)) return *value;
  throw node_->wrong_type(node, key, "a finite number");
}

std::vector<std::string> TomlTable::texts(std::string_view key) const {
  toml::node const& node = node_->need(key);
  std::vector<std::string> result;
  if (!node.is_array()) throw node_->wrong_type(node, key, "an array of texts");
  for (toml::node const& item : *node.as_array()) {
    auto const value = item.value_exact<std::string>();
    if (!value) throw node_->wrong_type(item, key, "an array of texts");
    result.push_back(*value);
  }
  return result;
}

std::vector<double> TomlTable::numbers(std::string_view key) const {
  toml::node const& node = node_->need(key);
  std::vector<double> result;
  if (!node.is_array()) throw node_->wrong_type(node, key, "an array of numbers");
  for (toml::node const& item : *node.as_array()) {
    auto const whole = item.value_exact<std::int64_t>();
    auto const value = whole ? static_cast<double>(*whole) : item.value_exact<double>();
    if (!value || !std::isfinite(*value))
      throw node_->wrong_type(item, key, "an array of finite numbers");
    result.push_back(*value);
  }
  return result;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) const {
  std::vector<TomlTable> result;
  toml::node const* const node = node_->find(key);
  if (node == nullptr) return result;
  if (!node->is_array()) throw node_->wrong_type(*node, key, "an array of tables");
  for (toml::node const& item : *node->as_array()) {
    if (!item.is_table()) throw node_->wrong_type(item, key, "an array of tables");
    result.push_back(
        TomlTable(std::make_shared<Node>(Node{node_->root, item.as_table(), node_->path, {}})));
  }
  return result;
}

void TomlTable::refuse_others() const {
  for (auto const& [name, node] : *node_->table) {
    std::string_view const key = name.str();
    std::vector<std::string> const& asked = node_->asked;
    if (std::find(asked.begin(), asked.end(), key) != asked.end()) continue;
    throw InputError(fmt::format("{}, key '{}'", position(node_->path, name.source().begin), key),
                     "unknown key", "it would have no effect",
                     fmt::format("remove it; this table knows {}", fmt::join(asked, ", ")));
  }
}

std::string TomlTable::place() const {
  return position(node_->path, node_->table->source().begin);
}

std::string TomlTable::place(std::string_view key) const {
  toml::node const* const node = node_->find(key);
  return node == nullptr ? place() : node_->place_of(*node, key);
}

InputError TomlTable::error(std::string_view key, std::string_view problem, std::string_view why,
                            std::string_view hint) const {
  return InputError(place(key), problem, why, hint);
}

std::string toml_text(std::string_view text) {
  std::string result = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string toml_number(double value) {
  return fmt::format("{}", value);
}

}  // namespace plimsoll
