#include "host/column_check.hpp"

#include "host/error.hpp"
#include "host/name_check.hpp"

namespace plimsoll {

namespace {

constexpr std::string_view hint = "correct it where the file was made";

template <class Index>
void check_each(std::string_view place, std::vector<Index> const& indices, std::size_t count,
                std::string_view target) {
  for (std::size_t row = 0; row < indices.size(); ++row)
    if (indices[row] >= count)
      throw InputError(element(place, row), fmt::format("names row {}", indices[row]),
                       fmt::format("{} has {} rows, counted from 0", target, count), hint);
}

}  // namespace

std::string column_place(std::string_view place, std::string_view column) {
  return fmt::format("{}:{}", place, column);
}

void check_lengths(std::string_view place, std::initializer_list<ColumnLength> columns) {
  ColumnLength const first = *columns.begin();
  if (first.length >= UINT32_MAX)
    throw InputError(column_place(place, first.column), fmt::format("has {} rows", first.length),
                     "rows are numbered in 32 bits", "split the file");
  for (ColumnLength const& column : columns)
    if (column.length != first.length)
      throw InputError(column_place(place, column.column),
                       fmt::format("has {} rows", column.length),
                       fmt::format("{} has {}", first.column, first.length), hint);
}

void check_indices(std::string_view place, std::vector<std::uint32_t> const& indices,
                   std::size_t count, std::string_view target) {
  check_each(place, indices, count, target);
}

void check_indices(std::string_view place, std::vector<std::uint8_t> const& indices,
                   std::size_t count, std::string_view target) {
  check_each(place, indices, count, target);
}

void check_range(std::string_view place, std::vector<double> const& values, double low, double high,
                 std::string_view why) {
  for (std::size_t row = 0; row < values.size(); ++row)
    if (!(values[row] >= low && values[row] <= high))
      throw InputError(element(place, row),
                       fmt::format("{} is not within {} to {}", values[row], low, high), why, hint);
}

void check_positive(std::string_view place, std::vector<double> const& values, double high,
                    std::string_view why) {
  for (std::size_t row = 0; row < values.size(); ++row)
    if (!(values[row] > 0.0 && values[row] <= high))
      throw InputError(element(place, row),
                       fmt::format("{} is not above 0 and at most {}", values[row], high), why,
                       hint);
}

}  // namespace plimsoll
