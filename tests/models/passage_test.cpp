#include "models/passage.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace plimsoll {
namespace {

// A pool whose excess is its one asset's price row: balance 1, no haircut; negative "prices" are
// allowed here because only the path logic is looked at.
struct Path {
  std::vector<double> excess;  // by step, from 1
  PoolToday today{100.0, largest_amount};

  Passage walk() const {
    static std::uint32_t const begin[2] = {0, 1};
    static double const floor[1] = {-std::numeric_limits<double>::infinity()};
    static double const slope[1] = {1.0}, intercept[1] = {0.0};
    static std::uint32_t const zero[2] = {0, 0}, one[2] = {0, 1};
    static std::uint8_t const classes[1] = {0}, in_units[1] = {0};
    static PoolKind const kind[1] = {PoolKind::cross};
    static double const balance[1] = {1.0}, settled[1] = {0.0}, share[1] = {1.0};
    static std::uint64_t const terms[2] = {0, 0};
    BookView const book{1,    1,       1,       one,   classes, kind,    one,
                        zero, balance, settled, share, terms,   nullptr, nullptr};
    RulesView const rules{{begin, floor, slope, intercept}, zero, in_units, nullptr, nullptr, true};
    return passage(book, rules, 0, today, static_cast<std::uint32_t>(excess.size()),
                   [this](std::uint32_t step, std::uint32_t) { return excess[step - 1]; });
  }
};

TEST(Passage, FirstBreachDecidesTheShortfall) {
  Passage const p = Path{{50.0, -10.0, -80.0}}.walk();
  EXPECT_EQ(p.step, 2u);
  EXPECT_EQ(p.shortfall, 100000);
  EXPECT_EQ(p.loss, 1800000);  // 100 - (-80), the whole unliquidated path
}

TEST(Passage, NoBreachNoShortfall) {
  Passage const p = Path{{50.0, 0.0, 30.0}}.walk();
  EXPECT_EQ(p.step, 0u);
  EXPECT_EQ(p.shortfall, 0);
  EXPECT_EQ(p.loss, 1000000);
}

TEST(Passage, GainIsANegativeLoss) {
  EXPECT_EQ((Path{{150.0, 120.0}}.walk().loss), -200000);
}

TEST(Passage, IsolatedPoolLosesNoMoreThanWasPutIn) {
  Passage const p = Path{{-300.0}, {100.0, 150.0}}.walk();
  EXPECT_EQ(p.shortfall, 3000000);
  EXPECT_EQ(p.loss, 1500000);
}

TEST(Passage, TheSlightestBreachIsOneTick) {
  Passage const p = Path{{-1e-300}}.walk();
  EXPECT_EQ(p.step, 1u);
  EXPECT_EQ(p.shortfall, 1);
}

TEST(Passage, UndefinedColumnsAreCountedAndNeverGuessed) {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  Passage const p = Path{{nan, 1e300, -1.0}}.walk();
  EXPECT_EQ(p.undefined, 2u);
  EXPECT_EQ(p.step, 3u);
  EXPECT_EQ(p.shortfall, 10000);
}

}  // namespace
}  // namespace plimsoll
