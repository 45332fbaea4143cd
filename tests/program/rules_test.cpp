// Rules of every kind as a person meets them: orders from a table, margins at every threshold, a
// run by two engines, and a cell explained.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/program/program.hpp"

namespace plimsoll {
namespace {

std::string const defaults = PLIMSOLL_SOURCE_DIR "/datasets/default";

// alice: 10,000 USDT, long 5 SOL entered at 100, and an isolated pool with a short. bob has orders.
void write_book(Workplace const& place) {
  place.write("instruments.csv",
              "name,kind,underlying,settle,contract_size,days_to_expiry,strike,volatility\n"
              "SOL-PERP,linear,SOL,USDT,1,,,\nETH-PERP,linear,ETH,USDT,1,,,\n"
              "BTC-PERP,inverse,BTC,BTC,100,,,\n"
              "OPT-1,call,BTC,BTC,1,20,125000,0.5\nOPT-2,call,BTC,BTC,1,20,140000,0.5\n"
              "OPT-3,american_put,ETH,USDT,1,90,4500,0.7\n");
  place.write("accounts.csv", "name,class\nalice,house\nbob,client omnibus\n");
  place.write("positions.csv",
              "account,pool,instrument,quantity,entry_price\n"
              "alice,,SOL-PERP,500,150\nalice,isolated:short,ETH-PERP,-4,4000\n"
              "bob,,BTC-PERP,300,100000\nbob,,OPT-1,-0.02,0.01\nbob,,OPT-2,0.01,0.005\n"
              "bob,,OPT-3,-0.2,400\n");
  place.write("balances.csv",
              "account,pool,asset,amount\nalice,,USDT,9000\nalice,,SOL,20\n"
              "alice,isolated:short,USDT,2600\nbob,,BTC,0.08\nbob,,SOL,-2\n");
  place.write("orders.csv",
              "account,pool,instrument,side,quantity,price\n"
              "bob,,BTC-PERP,sell,100,130000\nbob,,BTC-PERP,buy,60,90000\n"
              "alice,isolated:short,ETH-PERP,sell,1,5000\n");
  place.write("rules.toml", R"(name = "kinds"
date = "2026-01-01"
sources = ["made for tests"]
gain_weight = { maintenance = 0.9, initial = 0.5 }
order_charge = 1

[[haircuts]]
asset = "SOL"
weights = { asset = 0.9, liability = 1.1 }
by_size = { factor = 0.1, asset_numerator = 1.1, liability_share = 0.8 }
initial = { weights = { asset = 0.7, liability = 1.3 } }

[[haircuts]]
asset = "*"
weights = { asset = 1, liability = 1 }

[[schedules]]
name = "root"
kind = "root_size"
base = 0.05
factor = 0.004
initial = { kind = "root_size", base = 0.1, factor = 0.008 }

[[schedules]]
name = "health"
kind = "health"
long = 0.9
short = 1.1
taken_from = "profit"

[[schedules]]
name = "whole"
kind = "whole_notional"
unit = "currency"
tiers = [{ floor = 0, rate = 0.02 }, { floor = 39000, rate = 0.05 }]

[[schedules]]
name = "options"
kind = "option_standard"
rate = 0.1
least = 0.07
spreads = "maximum_loss"
initial = { kind = "option_standard", rate = 0.15, least = 0.1 }

[[instruments]]
match = "OPT*"
schedule = "options"

[[instruments]]
match = "SOL*"
schedule = "root"

[[instruments]]
match = "ETH*"
schedule = "health"

[[instruments]]
match = "*"
schedule = "whole"
)");
}

void import_all(Workplace const& place) {
  write_book(place);
  Outcome const book = place.plimsoll(
      "import --instruments instruments.csv --accounts accounts.csv --positions positions.csv "
      "--balances balances.csv --orders orders.csv --out book.h5");
  ASSERT_EQ(book.code, 0) << book.err;
  EXPECT_EQ(book.out, "2 accounts, 3 pools, 6 positions, 5 balances, 3 open orders\n");
  Outcome const market = place.plimsoll("import --factors " + defaults +
                                        "/factors.csv "
                                        "--correlation " +
                                        defaults +
                                        "/correlation.csv "
                                        "--as-of 2025-08-13 --constant USDT=1 --out market.h5");
  ASSERT_EQ(market.code, 0) << market.err;
}

std::string const inputs = "--book book.h5 --market market.h5 --rules rules.toml ";

std::size_t count(std::string const& text, std::string const& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Rules, ValueShowsEveryThreshold) {
  Workplace const place;
  import_all(place);
  Outcome const all = place.plimsoll("value " + inputs + "--threshold all --format csv");
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(all.out.substr(0, all.out.find('\n')),
            "rules,account,pool,kind,initial_equity,initial_requirement,initial_excess,"
            "maintenance_equity,maintenance_requirement,maintenance_excess,"
            "liquidation_end_equity,liquidation_end_requirement,liquidation_end_excess,"
            "net_exposure,gross_exposure,breach,class");
  EXPECT_EQ(count(all.out, "\n"), 4u);

  // Side by side is what stands there alone.
  std::istringstream rows(all.out);
  std::string row;
  std::getline(rows, row);
  Outcome const initial = place.plimsoll("value " + inputs + "--threshold initial --format csv");
  Outcome const maintenance = place.plimsoll("value " + inputs + "--format csv");
  EXPECT_NE(initial.out, maintenance.out);
  std::istringstream initial_rows(initial.out), maintenance_rows(maintenance.out);
  std::string a, b;
  std::getline(initial_rows, a);
  std::getline(maintenance_rows, b);
  EXPECT_EQ(a, b);
  auto const cells = [](std::string const& line, int first, int n) {
    std::istringstream stream(line);
    std::string cell, text;
    for (int i = 0; std::getline(stream, cell, ','); ++i)
      if (i >= first && i < first + n) text += cell + ',';
    return text;
  };
  for (int pool = 0; pool < 3; ++pool) {
    std::getline(rows, row);
    std::getline(initial_rows, a);
    std::getline(maintenance_rows, b);
    EXPECT_EQ(cells(row, 4, 3), cells(a, 4, 3));
    EXPECT_EQ(cells(row, 7, 3), cells(b, 4, 3));
    EXPECT_EQ(cells(row, 10, 3), cells(b, 4, 3));  // no figures of its own
  }
  Outcome const table = place.plimsoll("value " + inputs + "--threshold all");
  EXPECT_EQ(count(table.out, "liquidation_end"), 1u);
  Outcome const json = place.plimsoll("value " + inputs + "--threshold all --format json");
  EXPECT_EQ(count(json.out, "\"liquidation_end\": {\"equity\""), 3u);
  Outcome const pool = place.plimsoll("value " + inputs + "--threshold all --pool bob");
  EXPECT_EQ(count(pool.out, "open orders in BTC-PERP: buy 60 at 90000, sell 100 at 130000"), 3u);
  EXPECT_EQ(count(pool.out, "threshold initial"), 1u);
  Outcome const wrong = place.plimsoll("value " + inputs + "--threshold final");
  EXPECT_EQ(wrong.code, 2);
}

TEST(Rules, EnginesAgreeAndCellsAreExplained) {
  Workplace const place;
  import_all(place);
  std::string digests[2];
  int i = 0;
  for (std::string const engine : {"reference", "simd"}) {
    Outcome const run = place.plimsoll("run " + inputs +
                                       "--scenarios 4000 --steps 3 --horizon-days 30 --tails all "
                                       "--engine " +
                                       engine + " --out " + engine);
    ASSERT_EQ(run.code, 0) << run.err;
    digests[i++] = place.plimsoll("digest " + engine).out;
  }
  EXPECT_EQ(digests[0], digests[1]);
  int replayed = 0;
  for (std::string const pool : {"alice", "alice/short", "bob"}) {
    Outcome const found = place.plimsoll("explain simd --pool " + pool);
    ASSERT_EQ(found.code, 0) << found.err;
    replayed += found.out.find("agrees with results.h5 to the tick") != std::string::npos;
  }
  EXPECT_EQ(replayed, 3);
}

}  // namespace
}  // namespace plimsoll
