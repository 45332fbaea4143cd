// exp, log, normal_cdf and normal_quantile: worked numbers, laws, published values, MPFR, edges.
#include "models/elementary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/models/published.hpp"
#include "tests/models/ulp.hpp"

namespace plimsoll::tests {
namespace {

constexpr double largest = std::numeric_limits<double>::max();
constexpr double least_normal = std::numeric_limits<double>::min();
constexpr double least = std::numeric_limits<double>::denorm_min();

double up(double x) {
  return std::nextafter(x, infinity);
}
double down(double x) {
  return std::nextafter(x, -infinity);
}

std::vector<double> random_points(double low, double high, std::size_t count) {
  std::mt19937_64 generator(7);
  std::vector<double> points(count);
  for (double& point : points) point = between(low, high, generator());
  std::sort(points.begin(), points.end());
  return points;
}

// The worked numbers of docs/elementary.md.

TEST(Elementary, WorkedNumbers) {
  EXPECT_DOUBLE_EQ(exp(1.0), 2.718281828459045);
  EXPECT_DOUBLE_EQ(log(10.0), 2.302585092994046);
  EXPECT_DOUBLE_EQ(normal_cdf(-1.0), 0.15865525393145705);
  EXPECT_DOUBLE_EQ(normal_quantile(0.975), 1.959963984540054);
}

// Laws.

TEST(Elementary, FixedPoints) {
  EXPECT_EQ(exp(0.0), 1.0);
  EXPECT_EQ(exp(-0.0), 1.0);
  EXPECT_EQ(log(1.0), 0.0);
  EXPECT_EQ(normal_cdf(0.0), 0.5);
  EXPECT_EQ(normal_quantile(0.5), 0.0);
}

TEST(Elementary, ExpSpansTheWholeRange) {
  EXPECT_LT(exp(709.782712893384), infinity);
  EXPECT_EQ(exp(709.7827128933841), infinity);
  EXPECT_EQ(exp(largest), infinity);
  EXPECT_EQ(exp(infinity), infinity);
  EXPECT_EQ(exp(-745.1332191019411), least);
  EXPECT_EQ(exp(-745.1332191019412), 0.0);
  EXPECT_EQ(exp(-largest), 0.0);
  EXPECT_EQ(exp(-infinity), 0.0);
}

TEST(Elementary, NormalCdfSpansTheWholeRange) {
  EXPECT_EQ(normal_cdf(infinity), 1.0);
  EXPECT_EQ(normal_cdf(largest), 1.0);
  EXPECT_EQ(normal_cdf(-infinity), 0.0);
  EXPECT_EQ(normal_cdf(-largest), 0.0);
  EXPECT_EQ(normal_cdf(-38.5), 0.0);
  EXPECT_EQ(normal_cdf(-38.46), least);
  EXPECT_LT(normal_cdf(8.2), 1.0);
  EXPECT_EQ(normal_cdf(8.4), 1.0);
}

TEST(Elementary, NothingFallsWhereTheFunctionRises) {
  struct Rising {
    const char* name;
    double (*value)(double);
    double low, high;
  };
  for (const Rising& f :
       {Rising{"exp", exp, -745.0, 709.0}, Rising{"exp", exp, -1.0, 1.0},
        Rising{"log", log, 1e-300, 3.0}, Rising{"cdf", normal_cdf, -38.0, 8.0},
        Rising{"cdf", normal_cdf, -2.0, 2.0}, Rising{"quantile", normal_quantile, 1e-17, 1.0}}) {
    const auto points = random_points(f.low, f.high, 10'000);
    for (std::size_t i = 1; i < points.size(); ++i) {
      ASSERT_LE(f.value(points[i - 1]), f.value(points[i])) << f.name << " at " << points[i];
    }
  }
}

TEST(Elementary, QuantileIsOdd) {
  std::vector<double> points = {0x1p-53, 0x1p-52, 0x1p-30, 0.025, 0.075, 0.25, 0.4, 0.5};
  for (double p : random_points(0.0, 0.5, 10'000)) points.push_back(p);
  for (const double wish : points) {
    const double above = 1.0 - wish;
    const double p = 1.0 - above;  // exact, and 1 - p is above exactly
    ASSERT_EQ(normal_quantile(above), -normal_quantile(p)) << "p = " << p;
  }
}

TEST(Elementary, BothTailsOfNormalCdfMakeOne) {
  for (const double x : random_points(0.0, 10.0, 10'000)) {
    ASSERT_EQ(normal_cdf(x), 1.0 - normal_cdf(-x)) << "x = " << x;
  }
}

TEST(Elementary, LogUndoesExp) {
  for (const double x : random_points(-700.0, 700.0, 10'000)) {
    // An ulp of exp(x) moves the logarithm by 2^-52.
    ASSERT_NEAR(log(exp(x)), x, 0x1p-52 * (1.0 + std::fabs(x)));
  }
}

TEST(Elementary, QuantileUndoesNormalCdf) {
  for (const double x : random_points(-37.0, 2.0, 10'000)) {
    const double p = normal_cdf(x);
    // One ulp of p, through the slope 1 / density(x); exp(x^2/2) beyond 37 is still a double.
    const double slope = 2.5066282746310002 * exp(0.5 * x * x);
    ASSERT_NEAR(normal_quantile(p), x, 0x1p-52 * (p * slope + 4.0 * std::fabs(x)));
  }
}

// Published values.

void expect_published(const std::string& category, const char* argument, const char* result,
                      double (*value)(double)) {
  const auto examples = published_examples(category);
  if (!examples) GTEST_SKIP() << no_examples;
  for (const auto& example : *examples) {
    const double x = example.at("inputs").at(argument).get<double>();
    EXPECT_NEAR(value(x), example.at("expected").at(result).get<double>(),
                example.at("tolerance").at("abs").get<double>())
        << example.at("id");
  }
  EXPECT_FALSE(examples->empty()) << "no example of category " << category;
}

TEST(Elementary, PublishedNormalCdf) {
  expect_published("normal_cdf", "x", "p", normal_cdf);
}

TEST(Elementary, PublishedNormalQuantile) {
  expect_published("normal_inverse_cdf", "p", "x", normal_quantile);
}

// Against MPFR.

TEST(Elementary, RandomPointsAgreeWithMpfr) {
  for (const Measured& measured : measured_functions()) {
    const Errors errors = measured_errors(measured, 10'000, 20260102);
    EXPECT_LE(errors.worst, measured.bound)
        << measured.function << "(" << measured.domain << ") at " << errors.where;
    std::printf("%-16s %-28s max %.3f ulp at %.17g, mean %.3f\n", measured.function,
                measured.domain, errors.worst, errors.where, errors.mean());
  }
}

/// Each point with the next three doubles on either side.
std::vector<double> with_neighbours(const std::vector<double>& centres) {
  std::vector<double> points;
  for (const double centre : centres) {
    double below = centre, above = centre;
    points.push_back(centre);
    for (int i = 0; i < 3; ++i) {
      points.push_back(below = down(below));
      points.push_back(above = up(above));
    }
  }
  return points;
}

void expect_close(const char* name, const std::vector<double>& points, double (*value)(double),
                  double (*off)(double, double), double bound) {
  Errors errors;
  for (const double x : points) errors.add(x, off(x, value(x)));
  EXPECT_LE(errors.worst, bound) << name << " at " << errors.where;
  std::printf("%-16s %5zu chosen points: max %.3f ulp at %.17g\n", name, errors.points,
              errors.worst, errors.where);
}

TEST(Elementary, ExpAtItsSeams) {
  std::vector<double> centres = {0.0, 1e-300, least, -708.3964185322641, 709.782712893384};
  for (int k = -2149; k <= 2047; ++k) centres.push_back(k * 0.34657359027997264);
  for (int k = -1074; k <= 9; ++k) {
    centres.push_back(std::ldexp(1.0, k));
    centres.push_back(-std::ldexp(1.0, k));
  }
  expect_close("exp", with_neighbours(centres), exp, exp_ulps_off, 2.0);
}

TEST(Elementary, LogAtItsSeams) {
  std::vector<double> points;
  for (int k = -1073; k <= 1023; ++k) {
    for (const double m : {1.0, 1.4142135623730951, 1.25, 1.9}) {
      points.push_back(std::ldexp(m, k));
      points.push_back(up(points.back()));
      points.push_back(down(std::ldexp(m, k)));
    }
  }
  for (int k = 0; k <= 60; ++k) {
    points.push_back(1.0 + std::ldexp(1.0, -k));
    if (k > 0) points.push_back(1.0 - std::ldexp(1.0, -k));
  }
  for (const double x : {least, up(least), least_normal, down(least_normal), largest}) {
    points.push_back(x);
  }
  expect_close("log", points, log, log_ulps_off, 2.0);
}

TEST(Elementary, NormalCdfAtItsSeams) {
  std::vector<double> centres = {-38.4, -38.485, -37.5193793471445, -37.67, 4.0, -4.0, 0.0, least};
  for (int k = -300; k <= 70; ++k) centres.push_back(k * 0.125);
  for (int k = -60; k <= 3; ++k) {
    centres.push_back(std::ldexp(1.0, k));
    centres.push_back(-std::ldexp(1.0, k));
  }
  expect_close("normal_cdf", with_neighbours(centres), normal_cdf, normal_cdf_ulps_off, 2.0);
}

TEST(Elementary, NormalQuantileAtItsSeams) {
  std::vector<double> points = with_neighbours(
      {0.025, 0.075, 0.25, 0.5, 0.75, 0.925, 0.975, 1e-300, 1e-17, 1e-10, 1e-5, least_normal});
  for (int k = 1; k <= 1074; ++k) {
    points.push_back(std::ldexp(1.0, -k));
    if (k <= 53) points.push_back(1.0 - std::ldexp(1.0, -k));
    if (k >= 3 && k <= 52) points.push_back(std::ldexp(1.0, -k) + 0x1p-53);
    if (k <= 55) points.push_back(0.5 - std::ldexp(0.25, -k));
    if (k <= 50) points.push_back(0.5 + std::ldexp(0.25, -k));
  }
  expect_close("normal_quantile", points, normal_quantile, normal_quantile_ulps_off, 4.0);
}

// Bits. A digest of 100,000 results a function, drawn as in the sweep; it was the same from g++ and
// clang++, scalar and vectorised, with and without an fma instruction. Another digest means that
// the functions were changed on purpose, or that a compiler was let loose on them.

std::uint64_t digest_of(const Measured& measured) {
  std::mt19937_64 generator(5);
  std::uint64_t digest = 0xcbf29ce484222325;  // FNV-1a over words
  for (int i = 0; i < 100'000; ++i) {
    digest = (digest ^ bits_of(measured.value(measured.draw(generator())))) * 0x100000001b3;
  }
  return digest;
}

TEST(Elementary, BitsAreTheSameEverywhere) {
  constexpr std::uint64_t known[] = {
      0xaec17550244fa8ca,  // exp
      0xba5163fe42f2cd18,  // exp
      0xc7966117afe4d158,  // log
      0xc395419894d4c93b,  // log
      0xd5b55c3ac182f77f,  // normal_cdf
      0x1581a0c042896193,  // normal_cdf
      0xa5963e473d5a26da,  // normal_quantile
      0x7df174f6292e00d2,  // normal_quantile
  };
  const auto functions = measured_functions();
  ASSERT_EQ(functions.size(), std::size(known));
  for (std::size_t i = 0; i < functions.size(); ++i) {
    EXPECT_EQ(digest_of(functions[i]), known[i]) << functions[i].function;
  }
}

// Illegal inputs.

TEST(Elementary, OutsideTheDomain) {
  EXPECT_TRUE(std::isnan(exp(not_a_number)));
  EXPECT_TRUE(std::isnan(normal_cdf(not_a_number)));
  EXPECT_EQ(log(0.0), -infinity);
  EXPECT_EQ(log(-0.0), -infinity);
  EXPECT_EQ(log(infinity), infinity);
  for (const double x : {-least, -1.0, -largest, -infinity, not_a_number}) {
    EXPECT_TRUE(std::isnan(log(x))) << x;
  }
  EXPECT_EQ(normal_quantile(0.0), -infinity);
  EXPECT_EQ(normal_quantile(-0.0), -infinity);
  EXPECT_EQ(normal_quantile(1.0), infinity);
  for (const double p : {-least, -1.0, up(1.0), 2.0, infinity, -infinity, not_a_number}) {
    EXPECT_TRUE(std::isnan(normal_quantile(p))) << p;
  }
}

}  // namespace
}  // namespace plimsoll::tests
