// The basis rows of a job, found once: which factor, or pair of factors, moves each row, and what
// each row is tonight.
// Method: docs/models.md, "Basis".
#pragma once

#include <vector>

#include "models/basis.hpp"

namespace plimsoll {

class BasisTable {
 public:
  explicit BasisTable(RowsView const& rows);

  BasisView view() const {
    return {static_cast<std::uint32_t>(factors_.size()), factors_.data(), row_basis_.data(),
            row_today_.data(), row_scale_.data()};
  }

  // How many basis rows there are at most.
  static std::uint64_t most(RowsView const& rows);

  // [byte] at most.
  static std::uint64_t bytes(RowsView const& rows) {
    return rows.rows * (sizeof(BasisRow) + sizeof(std::uint32_t) + 2 * sizeof(double));
  }

 private:
  double scale_of(RowsView const& rows, std::uint32_t row) const;

  std::vector<BasisRow> factors_;
  std::vector<std::uint32_t> row_basis_;
  std::vector<double> row_today_, row_scale_;
};

}  // namespace plimsoll
