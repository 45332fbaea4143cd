// Portfolio scans by hand: an option book's published risk array, offsets, dampened points and
// least charges.
#include "models/scan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace plimsoll {
namespace {

// Rows: for every instrument its value tonight, then what it is under each point.
class Array {
 public:
  explicit Array(std::vector<double> part) : part_(std::move(part)) {
    point_begin_ = {0, static_cast<std::uint32_t>(part_.size())};
  }
  void instrument(double value, std::vector<double> const& profit) {
    held_.push_back(static_cast<std::uint32_t>(rows_.size()));
    rows_.push_back(value);
    for (double const p : profit) rows_.push_back(value + p);
  }
  void term(std::size_t instrument, double weight) {
    row_.push_back(held_[instrument]);
    shocked_.push_back(held_[instrument] + 1);
    weight_.push_back(weight);
  }
  void end_class(double offset) {
    offset_.push_back(offset);
    term_begin_.push_back(row_.size());
  }
  ScanView view(double least = 0.0) {
    least_ = {least};
    class_begin_ = {0, offset_.size()};
    return {scan_begin_.data(),  grid_.data(), least_.data(),   class_begin_.data(), offset_.data(),
            term_begin_.data(),  row_.data(),  shocked_.data(), weight_.data(),      1,
            point_begin_.data(), part_.data()};
  }
  double required(double least = 0.0) {
    return scan_requirement<double>(view(least), 0, [this](std::uint32_t r) { return rows_[r]; });
  }
  double loss(std::uint32_t point) {
    return point_loss<double>(view(), 0, point, [this](std::uint32_t r) { return rows_[r]; });
  }

 private:
  std::vector<double> part_, rows_, weight_, offset_, least_;
  std::vector<std::uint32_t> held_, row_, shocked_, grid_{0}, point_begin_;
  std::vector<std::uint64_t> scan_begin_{0, 1}, class_begin_, term_begin_{0};
};

// A covered write as a published risk array has it: McMillan, Options as a Strategic Investment,
// Part V: one future on an index held, one call sold; profit of the instrument held, per point.
TEST(Scan, ACoveredWriteAsPublished) {
  Array array(std::vector<double>(16, 1.0));
  array.instrument(100000, {0, 0, 3330, 3330, -3330, -3330, 6670, 6670, -6670, -6670, 10000, 10000,
                            -10000, -10000, 7000, -7000});
  array.instrument(10000, {460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060,
                           7640, -3380, -3990, 3130, -1500});
  array.term(0, 1.0);
  array.term(1, -1.0);
  array.end_class(1.0);
  EXPECT_EQ(array.required(), 6620.0);
  double const losses[] = {460,  -610, -690,  -1600, 2060, 990,  -1460, -2130,
                           4130, 3240, -1940, -2360, 6620, 6010, -3870, 5500};
  for (std::uint32_t p = 0; p < 16; ++p) EXPECT_EQ(array.loss(p), losses[p]) << p;
}

// Two underlyings that move against each other: of a gain of 30 half counts against a loss of 50.
TEST(Scan, OffsetsCountGainsInPart) {
  Array array({1.0, 1.0});
  array.instrument(100, {0, -50});
  array.instrument(100, {0, 30});
  array.term(0, 1.0);
  array.end_class(0.5);
  array.term(1, 1.0);
  array.end_class(0.5);
  EXPECT_EQ(array.required(), 35.0);
}

TEST(Scan, PartsDampenAPointAndNotTheOthers) {
  Array array({1.0, 0.25, 1.0});
  array.instrument(100, {0, -80, -15});
  array.term(0, 2.0);
  array.end_class(0.0);
  EXPECT_EQ(array.required(), 40.0);  // 0.25 x 160, against 30
}

TEST(Scan, RequiresTheLeastWhereNothingLosesMore) {
  Array array({1.0, 1.0});
  array.instrument(100, {0, 10});
  array.term(0, 1.0);
  array.end_class(1.0);
  EXPECT_EQ(array.required(), 0.0);
  EXPECT_EQ(array.required(7.5), 7.5);
}

}  // namespace
}  // namespace plimsoll
