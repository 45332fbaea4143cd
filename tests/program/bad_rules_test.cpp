// Packs, contracts and custody that cannot be meant, one row a mistake: each is made in a copy of
// datasets/shown/every, which the program takes as it stands, and refused with its place, what is
// wrong, why, and what to do.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdint>
#include <functional>

#include "tests/program/refused.hpp"

namespace plimsoll {
namespace {

std::string const every = PLIMSOLL_SOURCE_DIR "/datasets/shown/every/";
std::string const book_import =
    "import --instruments instruments.csv --accounts accounts.csv --positions positions.csv "
    "--balances balances.csv --orders orders.csv --custody custody.csv --out made.h5 ";
std::string const value_all = "value --book book.h5 --market market.h5 --rules rules.toml";

class BadRules : public testing::Test {
 protected:
  void SetUp() override {
    for (auto const& entry : std::filesystem::directory_iterator(every))
      std::filesystem::copy_file(entry.path(), place.file(entry.path().filename().string()));
    std::string command = book_import;
    command.replace(command.find("made.h5"), 7, "book.h5");
    ASSERT_EQ(place.plimsoll(command).code, 0) << place.read("stderr.txt");
    ASSERT_EQ(place
                  .plimsoll("import --factors factors.csv --correlation correlation.csv --as-of "
                            "2026-01-01 --constant USDT=1 --out market.h5")
                  .code,
              0)
        << place.read("stderr.txt");
    ASSERT_EQ(place.plimsoll(value_all).code, 0) << place.read("stderr.txt");
  }

  // `from`, at its first place behind `after` in the file, becomes `to`.
  struct Mistake {
    char const* name;
    std::string after, from, to;
    std::vector<std::string> said;
  };
  void expect_refused_in(std::string const& file, std::string const& command,
                         std::vector<Mistake> const& mistakes) const {
    for (Mistake const& m : mistakes) {
      std::string const good = place.read(file);
      std::size_t const behind = good.find(m.after);
      ASSERT_NE(behind, std::string::npos) << m.name;
      std::size_t const at = good.find(m.from, behind);
      ASSERT_NE(at, std::string::npos) << m.name;
      std::string bad = good;
      place.write(file, bad.replace(at, m.from.size(), m.to));
      expect_refused(place, m.name, command, m.said);
      place.write(file, good);
    }
  }
  Workplace const place;
};

TEST_F(BadRules, Brackets) {
  expect_refused_in(
      "rules.toml", value_all,
      {{"rates fall", "\"brackets\"", "rate = 0.005", "rate = 0.003", {"rules.toml:36", "falls"}},
       {"deduction jumps",
        "\"brackets\"",
        "deduction = 50",
        "deduction = 60",
        {"rules.toml:36", "write 50"}},
       {"rate above 1", "\"brackets\"", "rate = 0.005", "rate = 1.005", {"rules.toml:36", "1.005"}},
       {"floors fall", "\"brackets\"", "floor = 50000", "floor = 0", {"rules.toml:36"}},
       {"whole notional falls",
        "\"whole\"",
        "rate = 0.04",
        "rate = 0.01",
        {"rules.toml:42", "falls"}},
       {"whole notional with a deduction",
        "\"whole\"",
        "rate = 0.04",
        "rate = 0.04, deduction = 500",
        {"rules.toml:42", "deduction"}},
       {"no bracket",
        "\"brackets\"",
        "brackets = [{ floor = 0, rate = 0.004 }, { floor = 50000, rate = 0.005, deduction = 50 }]",
        "brackets = []",
        {"rules.toml:36"}}});
}

TEST_F(BadRules, WeightsAndHaircuts) {
  expect_refused_in(
      "rules.toml", value_all,
      {{"asset above 1", "\"*\"", "asset = 0.98", "asset = 1.2", {"rules.toml", "1.2"}},
       {"asset below 0", "\"*\"", "asset = 0.98", "asset = -0.1", {"rules.toml", "-0.1"}},
       {"asset nan", "\"*\"", "asset = 0.98", "asset = nan", {"rules.toml"}},
       {"liability below 1", "\"*\"", "liability = 1.02", "liability = 0.9", {"rules.toml", "0.9"}},
       {"liability nan", "\"*\"", "liability = 1.02", "liability = nan", {"rules.toml"}},
       {"haircut above 1", "\"BTC\"", "haircut = 0.2", "haircut = 1.2", {"rules.toml", "1.2"}},
       {"haircut below 0", "\"BTC\"", "haircut = 0.1", "haircut = -0.1", {"rules.toml", "-0.1"}},
       {"haircuts fall", "\"BTC\"", "haircut = 0.2", "haircut = 0.05", {"rules.toml", "falls"}},
       {"limit below the last tier", "\"BTC\"", "limit = 100000", "limit = 20000", {"rules.toml"}},
       {"surcharge below 0",
        "\"BTC\"",
        "borrow_surcharge = 0.05",
        "borrow_surcharge = -1",
        {"rules.toml", "-1"}},
       {"tiers beside weights",
        "\"*\"",
        "weights =",
        "tiers = [{ from = 0, haircut = 0 }]\nweights =",
        {"rules.toml"}},
       {"size factor below 0", "by_size", "factor = 0.1", "factor = -0.1", {"rules.toml", "-0.1"}},
       {"share above 1",
        "by_size",
        "liability_share = 0.8",
        "liability_share = 1.8",
        {"rules.toml", "1.8"}},
       {"start of nothing",
        "by_total",
        "borrow_start = 4000",
        "borrow_start = 0",
        {"rules.toml", "0"}},
       {"totals below 0", "by_total", "deposits = 100000", "deposits = -1", {"rules.toml", "-1"}},
       {"gain weight above 1", "gain_weight", "0.9", "1.9", {"rules.toml", "1.9"}},
       {"charge below 0", "order_charge", "2", "-2", {"rules.toml", "-2"}},
       {"the same asset twice", "\"ETH\"", "\"ETH\"", "\"BTC\"", {"rules.toml", "'BTC'"}},
       {"nobody may owe it",
        "\"SOL\"",
        "\"SOL\"",
        "\"SOL\"\nborrowing = false",
        {"book.h5:/balances/amount[3]", "'eve'", "40", "SOL", "borrowing"}}});
}

TEST_F(BadRules, Components) {
  expect_refused_in(
      "rules.toml", value_all,
      {{"unknown kind",
        "\"whole\"",
        "kind = \"whole_notional\"",
        "kind = \"concentration\"",
        {"rules.toml:40", "concentration"}},
       {"key without effect",
        "\"root\"",
        "factor = 0.01",
        "factor = 0.01\nfaktor = 1",
        {"rules.toml", "'faktor'"}},
       {"key missing", "\"root\"", "factor = 0.01", "", {"rules.toml", "'factor'"}},
       {"unknown table",
        "[[open_interest]]",
        "[[open_interest]]",
        "[[addons]]\nrate = 1\n[[open_interest]]",
        {"rules.toml", "addons"}},
       {"unknown schedule",
        "match = \"WHOLE\"",
        "schedule = \"whole\"",
        "schedule = \"hole\"",
        {"rules.toml", "hole"}},
       {"slope below 0", "\"slope\"", "slope = 0.005", "slope = -0.005", {"rules.toml", "-0.005"}},
       {"base above 1", "\"root\"", "base = 0.03", "base = 3", {"rules.toml", "3"}},
       {"bounds do not rise", "\"interest\"", "upper = 9000000", "upper = 1000000", {"rules.toml"}},
       {"one bound", "\"interest\"", "upper = 9000000", "", {"rules.toml"}},
       {"open interest missing",
        "[[open_interest]]",
        "instrument = \"INTEREST\"",
        "instrument = \"WHOLE\"",
        {"rules.toml", "'INTEREST'"}},
       {"fraction below 0",
        "\"fraction\"",
        "fraction = 0.6",
        "fraction = -0.6",
        {"rules.toml", "-0.6"}},
       {"health of a long above 1",
        "\"health\"",
        "long = 0.95",
        "long = 1.05",
        {"rules.toml", "1.05"}},
       {"health of a short below 1",
        "\"health\"",
        "short = 1.05",
        "short = 0.95",
        {"rules.toml", "0.95"}},
       {"least above the rate", "\"options\"", "least = 0.1", "least = 0.2", {"rules.toml"}},
       {"unknown spreads",
        "\"options\"",
        "\"maximum_loss\"",
        "\"calendar\"",
        {"rules.toml", "calendar"}},
       {"option margin of no option",
        "match = \"WHOLE\"",
        "schedule = \"whole\"",
        "schedule = \"options\"",
        {"rules.toml", "'WHOLE'", "no option"}},
       {"no rule",
        "match = \"*\"",
        "match = \"*\"",
        "match = \"CALL*\"",
        {"rules.toml", "'PUT'"}}});
}

TEST_F(BadRules, Scans) {
  expect_refused_in(
      "rules.toml", value_all,
      {{"no neutral price",
        "\"grid\"\nspots",
        "-0.05, 0, 0.05",
        "-0.05, 0.05",
        {"rules.toml", "neutral"}},
       {"no neutral volatility",
        "\"grid\"\nspots",
        "-0.25, 0, 0.25",
        "-0.25, 0.25",
        {"rules.toml", "neutral"}},
       {"a fall of everything", "\"grid\"\nspots", "-0.15", "-1", {"rules.toml", "-1"}},
       {"volatility below 0", "\"grid\"\nspots", "-0.25", "-1.5", {"rules.toml", "-1.5"}},
       {"nan", "\"grid\"\nspots", "-0.15", "nan", {"rules.toml"}},
       {"offset above 1", "\"grid\"\nspots", "offset = 0.5", "offset = 1.5", {"rules.toml", "1.5"}},
       {"an asset in two groups",
        "\"grid\"\nspots",
        "[\"BTC\", \"ETH\"], offset = 0.5 }",
        "[\"BTC\", \"ETH\"], offset = 0.5 }, { assets = [\"BTC\", \"SOL\"], offset = 0.1 }",
        {"rules.toml", "BTC"}},
       {"least below 0",
        "\"grid\"\nspots",
        "least_per_contract = 5",
        "least_per_contract = -5",
        {"rules.toml", "-5"}},
       {"unknown grid",
        "grid = \"grid\"",
        "grid = \"grid\"",
        "grid = \"other\"",
        {"rules.toml", "other"}}});
}

TEST_F(BadRules, Contracts) {
  expect_refused_in(
      "instruments.csv", book_import,
      {{"expired option",
        "CALL-LOW",
        ",20,",
        ",-1,",
        {"instruments.csv:row 10, column 'days_to_expiry'", "expired"}},
       {"option without expiry",
        "CALL-LOW",
        ",20,",
        ",,",
        {"instruments.csv:row 10, column 'days_to_expiry'"}},
       {"expired future",
        "SCAN-FUTURE",
        ",30,",
        ",-30,",
        {"instruments.csv:row 13, column 'days_to_expiry'"}},
       {"volatility below 0",
        "CALL-LOW",
        "0.7",
        "-0.7",
        {"instruments.csv:row 10, column 'volatility'", "-0.7"}},
       {"volatility nan",
        "CALL-LOW",
        "0.7",
        "nan",
        {"instruments.csv:row 10, column 'volatility'"}},
       {"strike 0", "CALL-LOW", "3200", "0", {"instruments.csv:row 10, column 'strike'"}},
       {"strike of a future",
        "SCAN-FUTURE",
        ",30,,",
        ",30,5,",
        {"instruments.csv:row 13, column 'strike'"}},
       {"unknown kind",
        "CALL-LOW",
        "call",
        "cliquet",
        {"instruments.csv:row 10, column 'kind'", "cliquet"}},
       {"inverse that settles elsewhere",
        "SLOPE",
        "BTC,BTC",
        "BTC,USDT",
        {"instruments.csv:row 4"}}});
}

TEST_F(BadRules, PoolsClassesAndCustody) {
  expect_refused_in("positions.csv", book_import,
                    {{"unknown pool",
                      "eve,,WHOLE",
                      "eve,,",
                      "eve,margin,",
                      {"positions.csv:row 3, column 'pool'", "'margin'"}},
                     {"unknown account",
                      "eve,,WHOLE",
                      "eve,,",
                      "adam,,",
                      {"positions.csv:row 3, column 'account'", "'adam'"}}});
  expect_refused_in("accounts.csv", book_import,
                    {{"two classes",
                      "eve",
                      "eve,client segregated",
                      "eve,client segregated\neve,house",
                      {"accounts.csv:row 3, column 'name'", "eve"}},
                     {"unknown class",
                      "eve",
                      "client segregated",
                      "clients",
                      {"accounts.csv:row 2, column 'class'", "clients"}}});
  expect_refused_in(
      "custody.csv", book_import,
      {{"less than nothing", "USDT", "40000", "-1", {"custody.csv:row 2, column 'units'", "-1"}},
       {"nan", "USDT", "40000", "nan", {"custody.csv:row 2, column 'units'"}},
       {"too much", "USDT", "40000", "1e15", {"custody.csv:row 2, column 'units'"}},
       {"unknown class",
        "USDT",
        "client segregated,BTC",
        "clients,BTC",
        {"custody.csv:row 3, column 'class'"}},
       {"unknown asset", "USDT", "USDT", "XYZ", {"custody.csv:row 2, column 'asset'"}},
       {"twice", "USDT", "segregated,BTC", "segregated,USDT", {"custody.csv:row 3"}}});
  expect_refused_in("orders.csv", book_import,
                    {{"side", "eve", "buy", "hold", {"orders.csv:row 2, column 'side'", "hold"}},
                     {"nothing open", "eve", "0.2", "0", {"orders.csv:row 2, column 'quantity'"}}});
}

// Datasets of HDF5 files as another program, or a disk, may leave them.
class File {
 public:
  explicit File(std::string const& path) : id_(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)) {}
  ~File() { H5Fclose(id_); }
  File(File const&) = delete;
  File& operator=(File const&) = delete;

  // All elements become `value`, in the type of the file.
  void fill(char const* dataset, double value) const {
    hid_t const data = H5Dopen2(id_, dataset, H5P_DEFAULT);
    hid_t const space = H5Dget_space(data);
    std::vector<double> const values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)),
                                     value);
    EXPECT_GE(H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0)
        << dataset;
    H5Sclose(space);
    H5Dclose(data);
  }
  void remove(char const* dataset) const {
    EXPECT_GE(H5Ldelete(id_, dataset, H5P_DEFAULT), 0) << dataset;
  }

 private:
  hid_t id_;
};

struct Damage {
  char const* name;
  std::function<void(File const&)> spoil;
  std::vector<std::string> said;
};

TEST_F(BadRules, DamagedCustodyInBooks) {
  std::string const good = place.read("book.h5");
  for (Damage const& d : std::vector<Damage>{
           {"units nan",
            [](File const& f) { f.fill("/custody/units", NAN); },
            {"book.h5:/custody/units[0]"}},
           {"units below 0",
            [](File const& f) { f.fill("/custody/units", -1.0); },
            {"book.h5:/custody/units[0]"}},
           {"units beyond ticks",
            [](File const& f) { f.fill("/custody/units", 1e15); },
            {"book.h5:/custody/units[0]", "ticks"}},
           {"an asset of nothing",
            [](File const& f) { f.fill("/custody/asset", 77.0); },
            {"book.h5:/custody/asset[0]", "77"}},
           {"a class of nothing",
            [](File const& f) { f.fill("/custody/segregation_class", 9.0); },
            {"book.h5:/custody/segregation_class[0]", "9"}},
           {"the same twice",
            [](File const& f) { f.fill("/custody/asset", 1.0); },
            {"book.h5:/custody"}},
           {"no units",
            [](File const& f) { f.remove("/custody/units"); },
            {"book.h5:/custody/units", "missing"}},
           {"an account of no class",
            [](File const& f) { f.fill("/accounts/segregation_class", 200.0); },
            {"book.h5:/accounts/segregation_class[0]", "200"}},
       }) {
    d.spoil(File(place.file("book.h5")));
    expect_refused(place, d.name, value_all, d.said);
    place.write("book.h5", good);
  }
}

TEST_F(BadRules, DamagedClassesInResults) {
  ASSERT_EQ(place
                .plimsoll("run --book book.h5 --market market.h5 --rules rules.toml --scenarios 40 "
                          "--out night")
                .code,
            0)
      << place.read("stderr.txt");
  place.write("stdout.txt", "");
  std::string const good = place.read("night/results.h5");
  for (Damage const& d : std::vector<Damage>{
           {"custody neither given nor not",
            [](File const& f) { f.fill("/classes/custody_given", 2.0); },
            {"night/results.h5:/classes/custody_given[0]"}},
           {"held without custody",
            [](File const& f) { f.fill("/classes/held_tonight", 5.0); },
            {"night/results.h5:/classes/held_tonight[0]", "custody"}},
           {"held nan",
            [](File const& f) { f.fill("/classes/held_tonight", NAN); },
            {"night/results.h5:/classes/held_tonight[0]"}},
           {"owed below 0",
            [](File const& f) { f.fill("/classes/owed_tonight", -5.0); },
            {"night/results.h5:/classes/owed_tonight[0]"}},
           {"owed nan",
            [](File const& f) { f.fill("/classes/owed_tonight", NAN); },
            {"night/results.h5:/classes/owed_tonight[0]"}},
           {"more columns than there are",
            [](File const& f) { f.fill("/classes/undefined_columns", 1e6); },
            {"night/results.h5:/classes/undefined_columns[0]"}},
           {"no class",
            [](File const& f) { f.remove("/classes/owed_tonight"); },
            {"night/results.h5:/classes/owed_tonight", "missing"}},
           {"lack of nothing given",
            [](File const& f) { f.fill("/scenarios/custody_lack_low", 7.0); },
            {"night/results.h5:/scenarios/custody_lack"}},
           {"lack below 0",
            [](File const& f) { f.fill("/scenarios/custody_lack_high", -1.0); },
            {"night/results.h5:/scenarios/custody_lack"}},
       }) {
    d.spoil(File(place.file("night/results.h5")));
    expect_refused(place, d.name, "report night --out made.html", d.said);
    expect_refused(place, d.name, "exposure night", d.said);
    place.write("night/results.h5", good);
  }
  EXPECT_EQ(place.plimsoll("exposure night --all").code, 0) << place.read("stderr.txt");
}

}  // namespace
}  // namespace plimsoll
