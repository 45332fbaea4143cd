// What the terms of a contract must be, asked where they are imported and where a book is read.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "host/book.hpp"

namespace plimsoll {

struct ContractFault {
  std::string_view column;  // as in the CSV and in /instruments of a book
  std::string problem;
  std::string_view why, hint;
};

// The first thing that is wrong with expiry and option terms of instrument `row`, or nothing.
std::optional<ContractFault> contract_fault(Book::Instruments const& instruments, std::size_t row);

}  // namespace plimsoll
