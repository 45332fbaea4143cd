#include "models/passage.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/models/path_builder.hpp"

namespace plimsoll {
namespace {

TEST(Passage, FirstBreachDecidesTheShortfall) {
  Passage const p = PathBuilder{{50.0, -10.0, -80.0}}.walk();
  EXPECT_EQ(p.step, 2u);
  EXPECT_EQ(p.shortfall, 100000);
  EXPECT_EQ(p.loss, 1800000);  // 100 - (-80), the whole unliquidated path
}

TEST(Passage, NoBreachNoShortfall) {
  Passage const p = PathBuilder{{50.0, 0.0, 30.0}}.walk();
  EXPECT_EQ(p.step, 0u);
  EXPECT_EQ(p.shortfall, 0);
  EXPECT_EQ(p.loss, 1000000);
}

TEST(Passage, GainIsANegativeLoss) {
  EXPECT_EQ((PathBuilder{{150.0, 120.0}}.walk().loss), -200000);
}

TEST(Passage, IsolatedPoolLosesNoMoreThanWasPutIn) {
  Passage const p = PathBuilder{{-300.0}, {100.0, 150.0}}.walk();
  EXPECT_EQ(p.shortfall, 3000000);
  EXPECT_EQ(p.loss, 1500000);
}

TEST(Passage, TheSlightestBreachIsOneTick) {
  Passage const p = PathBuilder{{-1e-300}}.walk();
  EXPECT_EQ(p.step, 1u);
  EXPECT_EQ(p.shortfall, 1);
}

TEST(Passage, UndefinedColumnsAreCountedAndNeverGuessed) {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  Passage const p = PathBuilder{{nan, 1e300, -1.0}}.walk();
  EXPECT_EQ(p.undefined, 2u);
  EXPECT_EQ(p.step, 3u);
  EXPECT_EQ(p.shortfall, 10000);
}

}  // namespace
}  // namespace plimsoll
