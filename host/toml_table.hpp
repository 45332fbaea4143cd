// A table of a TOML file, read key by key with types checked: the only user of toml++.
// A key that nobody asks for is a mistake of the writer's; refuse_others() says so. Errors name
// "FILE:line:column, key 'KEY'".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error.hpp"

namespace plimsoll {

class TomlTable {
 public:
  static TomlTable read(std::string const& path);
  static TomlTable parse(std::string_view text, std::string const& place);

  // Whether the key is there; asking makes it a known one.
  bool has(std::string_view key) const;

  // The value of a key that must be there. InputError if it is absent or of another type.
  std::string text(std::string_view key) const;
  bool flag(std::string_view key) const;
  std::int64_t integer(std::string_view key) const;
  double number(std::string_view key) const;  // whole or not; finite
  std::vector<std::string> texts(std::string_view key) const;
  std::vector<double> numbers(std::string_view key) const;
  std::vector<TomlTable> tables(std::string_view key) const;  // none if the key is absent

  // The table under a key; none if the key is absent.
  std::optional<TomlTable> table(std::string_view key) const;

  bool is_text(std::string_view key) const;
  bool is_table(std::string_view key) const;

  // InputError naming the first key that was never asked for, and those that were.
  void refuse_others() const;

  // Of the key where it is present, of the table otherwise.
  std::string place(std::string_view key) const;
  std::string place() const;
  InputError error(std::string_view key, std::string_view problem, std::string_view why,
                   std::string_view hint) const;

 private:
  struct Node;
  explicit TomlTable(std::shared_ptr<Node> node) : node_(std::move(node)) {}

  std::shared_ptr<Node> node_;
};

// `text` as a TOML string, quoted and escaped.
std::string toml_text(std::string_view text);

// `value` as a TOML number that reads back as the same double.
std::string toml_number(double value);

}  // namespace plimsoll
