#include "host/dependence.hpp"

#include <cmath>
#include <stdexcept>

#include "host/error.hpp"
#include "host/gamma.hpp"
#include "models/elementary.hpp"

namespace plimsoll {
namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double least_degrees = 2.1;
constexpr double most_degrees = 60.0;
constexpr int golden_steps = 45;  // shrinks the bracket below 1e-7

// A pivot is the part of a factor's variance that the factors before it do not explain.
constexpr double least_pivot = 1e-10;

std::vector<double> cross_products(Residuals const& residuals) {
  std::size_t const n = residuals.factors;
  std::vector<double> sums(n * n, 0.0);
  for (std::size_t t = 0; t < residuals.rows; ++t) {
    double const* const x = residuals.row(t);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) sums[i * n + j] = fused(x[i], x[j], sums[i * n + j]);
    }
  }
  return sums;
}

double square_length(double const* x, std::size_t n) {
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum = fused(x[i], x[i], sum);
  return sum;
}

// What the likelihood needs of the data, whatever the degrees of freedom.
struct Distances {
  std::vector<double> square;  // [rows] x' R^-1 x
  double log_determinant = 0;
  double factors = 0;
};

Distances distances(Residuals const& residuals, std::vector<double> const& loading) {
  std::size_t const n = residuals.factors;
  Distances result;
  result.factors = static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) result.log_determinant += 2.0 * log(loading[i * n + i]);
  std::vector<double> y(n);
  for (std::size_t t = 0; t < residuals.rows; ++t) {
    double const* const x = residuals.row(t);
    for (std::size_t i = 0; i < n; ++i) {
      double rest = x[i];
      for (std::size_t j = 0; j < i; ++j) rest = fused(-loading[i * n + j], y[j], rest);
      y[i] = rest / loading[i * n + i];
    }
    result.square.push_back(square_length(y.data(), n));
  }
  return result;
}

double log_likelihood(Distances const& data, double nu) {
  double const p = data.factors;
  double const exponent = 0.5 * (nu + p);
  double const constant = log_gamma(exponent) - log_gamma(0.5 * nu) -
                          0.5 * (p * log(pi * (nu - 2.0)) + data.log_determinant);
  double sum = 0.0;
  for (double const q : data.square) sum += constant - exponent * log(1.0 + q / (nu - 2.0));
  return sum;
}

}  // namespace

void standardise(Residuals& residuals) {
  std::size_t const n = residuals.factors;
  for (std::size_t f = 0; f < n; ++f) {
    double sum = 0.0;
    for (std::size_t t = 0; t < residuals.rows; ++t) {
      double const x = residuals.values[t * n + f];
      sum = fused(x, x, sum);
    }
    if (!(sum > 0.0)) throw std::logic_error("standardise: a factor without any move");
    double const scale = 1.0 / std::sqrt(sum / static_cast<double>(residuals.rows));
    for (std::size_t t = 0; t < residuals.rows; ++t) residuals.values[t * n + f] *= scale;
  }
}

ShrunkCorrelation shrunk_correlation(Residuals const& residuals) {
  std::size_t const n = residuals.factors;
  auto const rows = static_cast<double>(residuals.rows);
  ShrunkCorrelation result;
  result.values = cross_products(residuals);
  double off_diagonal = 0.0;  // sum of squares of S - I
  for (std::size_t i = 0; i < n; ++i) {
    result.values[i * n + i] = 1.0;
    for (std::size_t j = 0; j < i; ++j) {
      double& s = result.values[i * n + j];
      s /= rows;
      off_diagonal = fused(2.0 * s, s, off_diagonal);
    }
  }
  // sum over t of |x x' - S|^2 = sum of |x|^4 - rows |S|^2, as the mean of x x' is S.
  double fourth = 0.0;
  for (std::size_t t = 0; t < residuals.rows; ++t) {
    double const length = square_length(residuals.row(t), n);
    fourth = fused(length, length, fourth);
  }
  double const noise = (fourth - rows * (off_diagonal + static_cast<double>(n))) / (rows * rows);
  // Without any correlation there is nothing to shrink, and both spellings are the identity.
  if (off_diagonal > 0.0) {
    result.shrinkage = noise <= 0.0 ? 0.0 : (noise < off_diagonal ? noise / off_diagonal : 1.0);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      result.values[i * n + j] *= 1.0 - result.shrinkage;
      result.values[j * n + i] = result.values[i * n + j];
    }
  }
  return result;
}

std::vector<double> loading_of(std::vector<double> const& correlation,
                               std::vector<std::string> const& names, std::string_view place) {
  std::size_t const n = names.size();
  std::vector<double> loading(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      double rest = correlation[i * n + j];
      for (std::size_t k = 0; k < j; ++k) {
        rest = fused(-loading[i * n + k], loading[j * n + k], rest);
      }
      loading[i * n + j] = rest / loading[j * n + j];
    }
    double pivot = correlation[i * n + i];
    for (std::size_t k = 0; k < i; ++k) {
      pivot = fused(-loading[i * n + k], loading[i * n + k], pivot);
    }
    if (!(pivot > least_pivot)) {
      throw InputError(
          place, fmt::format("the correlation matrix is not positive definite at '{}'", names[i]),
          "the factors before it already fix its moves",
          fmt::format("leave it out with --exclude {}, or give a longer history", names[i]));
    }
    loading[i * n + i] = std::sqrt(pivot);
  }
  for (std::size_t i = 0; i < n; ++i) {
    double const length = std::sqrt(square_length(loading.data() + i * n, i + 1));
    for (std::size_t j = 0; j <= i; ++j) loading[i * n + j] /= length;
  }
  return loading;
}

double student_log_likelihood(Residuals const& residuals, std::vector<double> const& loading,
                              double degrees_of_freedom) {
  return log_likelihood(distances(residuals, loading), degrees_of_freedom);
}

TailFit student_fit(Residuals const& residuals, std::vector<double> const& loading) {
  Distances const data = distances(residuals, loading);
  double const golden = 0.5 * (std::sqrt(5.0) - 1.0);
  double low = least_degrees;
  double high = most_degrees;
  double left = high - golden * (high - low);
  double right = low + golden * (high - low);
  double at_left = log_likelihood(data, left);
  double at_right = log_likelihood(data, right);
  for (int step = 0; step < golden_steps; ++step) {
    if (at_left > at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - golden * (high - low);
      at_left = log_likelihood(data, left);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + golden * (high - low);
      at_right = log_likelihood(data, right);
    }
  }
  return at_left > at_right ? TailFit{left, at_left} : TailFit{right, at_right};
}

}  // namespace plimsoll
