// Scans with add-ons, and arrays in place of a grid, as a person meets them: engines agree,
// cells are replayed and splits sum.
#include <gtest/gtest.h>

#include <set>

#include "tests/program/program.hpp"

namespace plimsoll {
namespace {

std::string const defaults = PLIMSOLL_SOURCE_DIR "/datasets/default";

std::string const head = R"(name = "add-ons"
date = "2026-01-01"
sources = ["made for tests"]
counts_gains = true

[[haircuts]]
asset = "*"
weights = { asset = 1, liability = 1 }

[[schedules]]
name = "arrays"
kind = "scan"
grid = "published"

[[schedules]]
name = "grid"
kind = "scan"
grid = "priced"

[[instruments]]
match = "BTC*"
schedule = "arrays"

[[instruments]]
match = "*"
schedule = "grid"

[[scans]]
name = "priced"
spots = [-0.1, 0, 0.1]
volatilities = [0]
least_per_unit = 9
least_tiers = [{ from = 0, factor = 1 }, { from = 200, factor = 3 }]
least_of = "sum"
add_ons = [
  { of = "net", unit = "currency", brackets = [{ floor = 0, rate = 0.01 }, { floor = 20000, rate = 0.05 }] },
  { of = "hedged", per_unit = 3 },
]

[[scans]]
name = "published"
add_ons = [{ of = "sold", contracts = "options", unit = "asset", brackets = [{ floor = 0, rate = 0.01 }] }]
arrays = [
  { instrument = "BTC-PERP", profits = [0, -9000, 9000, -20000, 20000] },
  { instrument = "BTC-CALL", losses = [1000, 4000, -5000, 5000, -14000], delta = 0.4 },
]
)";

void import_all(Workplace const& place) {
  place.write("rules.toml", head);
  place.write("instruments.csv",
              "name,kind,underlying,settle,contract_size,days_to_expiry,strike,volatility\n"
              "SOL-PERP,linear,SOL,USDT,1,,,\nSOL-LATER,linear,SOL,USDT,1,60,,\n"
              "BTC-PERP,linear,BTC,USDT,1,,,\nBTC-CALL,call,BTC,USDT,1,20,125000,0.5\n");
  place.write("accounts.csv", "name,class\nann,house\nben,house\ncat,house\n");
  place.write("positions.csv",
              "account,pool,instrument,quantity,entry_price\n"
              "ann,,SOL-PERP,500,150\nann,,SOL-LATER,-300,150\n"
              "ben,,BTC-PERP,2,100000\nben,,BTC-CALL,-3,4000\ncat,,SOL-PERP,-100,180\n");
  place.write("balances.csv",
              "account,pool,asset,amount\nann,,USDT,9000\nben,,USDT,60000\ncat,,USDT,4500\n");
  place.write("orders.csv",
              "account,pool,instrument,side,quantity,price\ncat,,SOL-PERP,sell,20,200\n");
  ASSERT_EQ(place
                .plimsoll("import --instruments instruments.csv --accounts accounts.csv "
                          "--positions positions.csv --balances balances.csv --orders orders.csv "
                          "--out book.h5")
                .code,
            0);
  ASSERT_EQ(
      place
          .plimsoll("import --factors " + defaults + "/factors.csv --correlation " + defaults +
                    "/correlation.csv --as-of 2025-08-13 --constant USDT=1 --out market.h5")
          .code,
      0);
}

TEST(AddOns, EnginesAgreeAndCellsAreExplained) {
  Workplace const place;
  import_all(place);
  std::set<std::string> digests;
  for (std::string const engine : {"reference", "simd", "cuda"}) {
    if (engine == "cuda" && simulated().empty()) continue;  // built without nvcc
    Outcome const run = place.plimsoll(
        "run --book book.h5 --market market.h5 --rules rules.toml --scenarios 3000 --steps 3 "
        "--horizon-days 30 --tails all --engine " +
            engine + " --out " + engine,
        engine == "cuda" ? simulated() : "");
    ASSERT_EQ(run.code, 0) << run.err;
    digests.insert(place.plimsoll("digest " + engine).out);
  }
  EXPECT_EQ(digests.size(), 1u);
  for (std::string const pool : {"ann", "ben", "cat"}) {
    Outcome const found = place.plimsoll("explain simd --pool " + pool);
    ASSERT_EQ(found.code, 0) << found.err;
    EXPECT_NE(found.out.find("agrees with results.h5 to the tick"), std::string::npos) << found.out;
    EXPECT_NE(found.out.find("  add-on for "), std::string::npos) << found.out;
    EXPECT_NE(found.out.find("attribution of the excess"), std::string::npos) << found.out;
    EXPECT_EQ(found.out.find("for open orders as such"), std::string::npos) << found.out;
  }
}

}  // namespace
}  // namespace plimsoll
