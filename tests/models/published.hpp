// The published examples of worked_examples.json, where that file is.
#pragma once

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::tests {

/// The folder of the real data that some tests read.
inline std::string shared_data() {
  const char* folder = std::getenv("PLIMSOLL_SHARED_DATA");
  return folder != nullptr ? folder : PLIMSOLL_SHARED_DATA;
}

/// Why a test of published numbers is skipped.
inline constexpr const char* no_examples =
    "worked_examples.json is absent (set PLIMSOLL_SHARED_DATA to its folder)";

/// All examples; nothing where the file is absent.
inline std::optional<std::vector<nlohmann::json>> published_examples() {
  std::ifstream file(shared_data() + "/worked_examples.json");
  if (!file) return std::nullopt;
  return nlohmann::json::parse(file).at("examples").get<std::vector<nlohmann::json>>();
}

/// The examples of one category; nothing where the file is absent.
inline std::optional<std::vector<nlohmann::json>> published_examples(const std::string& category) {
  auto all = published_examples();
  if (all)
    std::erase_if(*all, [&](const auto& example) { return example.at("category") != category; });
  return all;
}

}  // namespace plimsoll::tests
