// How factors move together: shrunk correlation, its Cholesky loading, and the tail of their
// common mixing.
// Units:  residuals are returns over their own predicted deviation: pure numbers.
// Method: docs/calibration.md, "Dependence" (Ledoit & Wolf 2004) and "Tail".
// Trusts: each column of residuals has mean square 1 (standardised below); checked positive
//         definite before the loading is used.
// Bits:   host/gamma.hpp, models/elementary.hpp and + - * / sqrt, sums in the order of the rows. No
//         linear algebra library: theirs block their sums by the size of the machine's caches.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

struct Residuals {
  std::size_t rows = 0;
  std::size_t factors = 0;
  std::vector<double> values;  // [rows][factors]

  double const* row(std::size_t t) const { return values.data() + t * factors; }
};

// Divides every column by the root of its mean square. Throws std::logic_error for a column of
// zeros.
void standardise(Residuals& residuals);

struct ShrunkCorrelation {
  std::vector<double> values;  // [factors][factors], diagonal exactly 1
  double shrinkage = 0;        // weight of the identity, 0 to 1
};

// (1 - shrinkage) S + shrinkage I with S the correlation of standardised residuals.
ShrunkCorrelation shrunk_correlation(Residuals const& residuals);

// The lower triangular L with L L' = correlation, rows of unit length: [names][names]. InputError
// at `place`, naming the factor, if the correlation is not positive definite.
std::vector<double> loading_of(std::vector<double> const& correlation,
                               std::vector<std::string> const& names, std::string_view place);

struct TailFit {
  double degrees_of_freedom = 0;
  double log_likelihood = 0;  // of all residuals, at degrees_of_freedom
};

// Log-likelihood of the residuals as independent rows of a multivariate Student-t whose covariance
// is loading loading'; and its maximum over degrees of freedom from 2.1 to 60.
double student_log_likelihood(Residuals const& residuals, std::vector<double> const& loading,
                              double degrees_of_freedom);
TailFit student_fit(Residuals const& residuals, std::vector<double> const& loading);

}  // namespace plimsoll
