// Checks of single columns, shared by the checks of books, markets and results. Each throws
// InputError at "PLACE[row]", rows counted from 0.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

// Where a column is: file or table, and the path of the dataset in it.
std::string column_place(std::string_view place, std::string_view column);

struct ColumnLength {
  std::string_view column;
  std::size_t length;
};
// All columns have the length of the first.
void check_lengths(std::string_view place, std::initializer_list<ColumnLength> columns);

// Every index names one of `count` rows of `target`; their number fits 32 bits.
void check_indices(std::string_view place, std::vector<std::uint32_t> const& indices,
                   std::size_t count, std::string_view target);
void check_indices(std::string_view place, std::vector<std::uint8_t> const& indices,
                   std::size_t count, std::string_view target);

// Every value is finite and within [low, high]. `why` says what would break.
void check_range(std::string_view place, std::vector<double> const& values, double low, double high,
                 std::string_view why);

// As check_range, but zero is refused too: (0, high].
void check_positive(std::string_view place, std::vector<double> const& values, double high,
                    std::string_view why);

}  // namespace plimsoll
