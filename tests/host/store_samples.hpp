// Small files with something in every column, axes of different lengths, and a folder to put them
// in.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "host/book.hpp"
#include "host/error.hpp"
#include "host/market.hpp"
#include "host/result.hpp"
#include "models/sampling.hpp"

namespace plimsoll {

// A folder of the running test, removed at its end.
class TestFolder {
 public:
  TestFolder() {
    auto const* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("plimsoll-{}-{}-{}", test->test_suite_name(), test->name(), ::getpid());
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(TestFolder const&) = delete;
  TestFolder& operator=(TestFolder const&) = delete;
  std::string operator/(std::string const& name) const { return (path_ / name).string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

inline std::string bytes_of(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(std::string const& path, std::string const& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// The message of the InputError that `call` throws; fails the test where it throws none.
template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (InputError const& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return "";
}

inline Provenance sample_provenance() {
  return {"0.1.0",
          "0123abc",
          "plimsoll sample --name \"Zürich\"",
          {{"prices", "prices.csv", std::string(64, 'a')}, {"rules", "r.toml", ""}}};
}

inline Book sample_book() {
  Book book;
  book.reporting_currency = "USD";
  book.assets = {"USD", "USDT", "BTC", "ETH", "naïve coin"};
  book.instruments = {{"BTC/USDT:USDT", "ETH/USDT:USDT", "BTC/USD:BTC"},
                      {InstrumentKind::linear, InstrumentKind::linear, InstrumentKind::inverse},
                      {2, 3, 2},
                      {1, 1, 2},
                      {0.001, 0.01, 100.0},
                      {0.0005, -0.0002, 0.0},
                      {0.0, 0.0, 0.0},
                      {0.0, 0.0, 0.0},
                      {0.0, 0.0, 0.0},
                      {0.0, 0.0, 0.0},
                      {0.0, 0.0, 0.0}};
  book.classes = {"house", "client omnibus"};
  book.accounts = {{"alpha", "beta", "gamma", "delta"}, {0, 1, 1, 1}};
  book.pools = {{"alpha", "alpha/iso-1", "beta", "gamma", "gamma/iso-1", "delta/iso-1"},
                {0, 0, 1, 2, 2, 3},
                {PoolKind::cross, PoolKind::isolated, PoolKind::cross, PoolKind::cross,
                 PoolKind::isolated, PoolKind::isolated}};
  book.balances = {{0, 0, 1, 2, 3, 3, 3, 4, 5},
                   {0, 2, 1, 1, 0, 1, 4, 2, 1},
                   {1e6, 2.5, 300.0, -20.25, 0.1, 1e-9, 5.0, 0.75, 40.0}};
  book.positions = {{0, 0, 1, 2, 3, 3, 4, 5},
                    {0, 2, 1, 0, 0, 1, 2, 1},
                    {1000.0, -12.0, 5.0, -400.0, 7.0, -0.000001, 3.0, 9.0},
                    {60000.0, 61000.0, 2500.0, 59000.0, 1e-8, 2600.0, 58000.0, 2400.0}};
  book.orders = {{0, 0, 5},
                 {0, 2, 1},
                 {OrderSide::buy, OrderSide::sell, OrderSide::sell},
                 {10.0, 2.5, 1e-3},
                 {59000.0, 62000.0, 2500.0}};
  book.custody = {{0, 0, 1}, {0, 2, 1}, {1.5e6, 0.0, 250.25}};
  book.provenance = sample_provenance();
  return book;
}

inline Market sample_market() {
  Market market;
  market.reporting_currency = "USD";
  market.as_of = "2024-02-29";
  market.factors = {"BTC", "ETH", "SOL"};
  market.price = {62000.0, 3400.0, 0.1};
  market.volatility = {0.5, 0.65, 0.9};
  market.limit = {1.5, 2.0, 3.0};
  double const a = 0.75, b = 0.5, c = 0.625;
  market.correlation = {1.0, a, b, a, 1.0, c, b, c, 1.0};
  double const l11 = std::sqrt(1.0 - a * a), l21 = (c - a * b) / l11;
  market.loading = {1.0, 0.0, 0.0, a, l11, 0.0, b, l21, std::sqrt(1.0 - b * b - l21 * l21)};
  market.degrees_of_freedom = 4.5;
  for (std::uint32_t i = 0; i < mixing_nodes; ++i) {
    market.mixing_low.push_back(0.25 + 0.001 * i);
    market.mixing_high.push_back(2.0 - 0.0015 * i);
  }
  market.constants = {{"USD", "USDT"}, {1.0, 0.9995}};
  market.dropped = {{"DOGE", "PEPE", "LUNA", "FTT"}, {"too short", "gaps", "ends in 2022", ""}};
  market.calibration = {"2022-01-01",    "2024-02-29",    789, 0.94, 0.125, -1234.5,
                        {789, 788, 600}, {1.0, 1.0, 1.25}};
  market.provenance = sample_provenance();
  return market;
}

// A result that adds up: who breaches when, and by how much, is a small deterministic rule.
class SampleResult {
 public:
  static constexpr std::size_t packs = 3, classes = 4, accounts = 7, pools = 9;
  static constexpr std::uint32_t scenarios = 40, steps = 5;

  Result build() {
    describe();
    for (std::size_t pack = 0; pack < packs; ++pack) add_pack(pack);
    add_segregation();
    return result_;
  }

 private:
  static std::uint32_t account_of(std::size_t pool) {
    return static_cast<std::uint32_t>(pool < 3 ? 0 : pool - 2);
  }
  static bool breaches(std::size_t pack, std::size_t pool, std::size_t scenario) {
    return pool != 4 && (scenario * 7 + pool * 3 + pack) % (5 + pool) == 0;
  }
  static Ticks shortfall(std::size_t pool, std::size_t scenario) {
    return static_cast<Ticks>(1 + pool * 1000 + (scenario * 37) % 11);
  }

  void describe() {
    result_.shape = {42, scenarios, steps, 2.5, "model", "flagged"};
    result_.reporting_currency = "USD";
    result_.as_of = "2024-02-29";
    result_.packs = {"venue one", "venue two", "tightened"};
    result_.classes = {"house", "client omnibus", "segregated", "affiliate"};
    for (std::size_t i = 0; i < accounts; ++i) {
      result_.accounts.name.push_back(fmt::format("account {}", i));
      result_.accounts.segregation_class.push_back(static_cast<std::uint8_t>(i % classes));
    }
    for (std::size_t i = 0; i < pools; ++i) {
      result_.pools.name.push_back(fmt::format("pool {}", i));
      result_.pools.account.push_back(account_of(i));
      result_.pools.isolated.push_back(i == 1 || i == 2);
    }
    result_.firm.asset = {"USD", "USDT", "BTC", "ETH", "SOL", "DOGE"};
    for (int const count : {40, 30, 20, 10, 5, 3, 2, 1})
      result_.firm.exceedance_probability.push_back(count / static_cast<double>(scenarios));
    result_.config = "book = \"book.h5\"\nscenarios = 40\n";
    result_.engine = "reference";
    result_.engine_note = "no device";
    result_.seconds_total = 1.5;
    result_.stage_name = {"read", "evaluate"};
    result_.stage_seconds = {0.5, 1.0};
    result_.peak_memory_bytes = 123456789;
    result_.provenance = sample_provenance();
  }

  template <class Table>
  static void add_frequency(Table& table, std::uint64_t count) {
    Interval const interval = wilson_interval(count, scenarios);
    table.breaches.push_back(count);
    table.probability.push_back(static_cast<double>(count) / scenarios);
    table.low.push_back(interval.low);
    table.high.push_back(interval.high);
  }

  void add_today(std::size_t pool) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    double const equity = pool == 8 ? -5.0 : 1000.0 + 10.0 * static_cast<double>(pool);
    result_.pools.equity.push_back(equity);
    result_.pools.requirement.push_back(100.0);
    result_.pools.excess.push_back(equity - 100.0);
    result_.pools.margin_ratio.push_back(equity > 0.0 ? 100.0 / equity : infinite);
    result_.pools.net_exposure.push_back(-2000.0);
    result_.pools.gross_exposure.push_back(3000.0);
    result_.pools.leverage.push_back(equity > 0.0 ? 3000.0 / equity : infinite);
  }

  void add_pool(std::size_t pack, std::size_t pool) {
    std::vector<std::uint64_t> passages(steps);
    std::uint64_t count = 0;
    Ticks sum = 0, worst = 0;
    std::int64_t worst_scenario = -1;
    for (std::uint32_t s = 0; s < scenarios; ++s) {
      if (!breaches(pack, pool, s)) continue;
      ++count;
      ++passages[(s + pool) % steps];
      sum += shortfall(pool, s);
      if (shortfall(pool, s) > worst) {
        worst = shortfall(pool, s);
        worst_scenario = s;
      }
    }
    add_today(pool);
    add_frequency(result_.pools, count);
    auto& p = result_.pools;
    p.first_passages.insert(p.first_passages.end(), passages.begin(), passages.end());
    p.mean_shortfall.push_back(count == 0 ? 0.0 : currency(sum) / static_cast<double>(count));
    p.worst_shortfall.push_back(worst);
    p.worst_scenario.push_back(worst_scenario);
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    for (double const level : {1.0, 2.0}) {
      p.value_at_risk.push_back(count == 0 ? unknown : 50.0 * level);
      p.expected_shortfall.push_back(count == 0 ? unknown : 60.0 * level);
    }
  }

  void add_pack(std::size_t pack) {
    for (std::size_t pool = 0; pool < pools; ++pool) add_pool(pack, pool);
    std::vector<std::uint64_t> account_count(accounts);
    for (std::uint32_t s = 0; s < scenarios; ++s) add_scenario(pack, s, account_count);
    for (std::size_t a = 0; a < accounts; ++a) {
      add_frequency(result_.accounts, account_count[a]);
      result_.accounts.worst_pool.push_back(worst_pool(pack, a));
    }
    add_firm(pack, account_count);
  }

  void add_scenario(std::size_t pack, std::uint32_t s, std::vector<std::uint64_t>& account_count) {
    std::vector<bool> hit(accounts);
    std::vector<TickSum> parts(classes);
    std::uint32_t pool_count = 0, accounts_hit = 0;
    for (std::size_t pool = 0; pool < pools; ++pool) {
      if (!breaches(pack, pool, s)) continue;
      ++pool_count;
      hit[account_of(pool)] = true;
      parts[account_of(pool) % classes] += shortfall(pool, s);
    }
    for (std::size_t a = 0; a < accounts; ++a) {
      accounts_hit += hit[a];
      account_count[a] += hit[a];
    }
    result_.scenarios.pools_in_breach.push_back(pool_count);
    result_.scenarios.accounts_in_breach.push_back(accounts_hit);
    for (TickSum const part : parts) result_.scenarios.shortfall.push_back(part);
  }

  std::uint32_t worst_pool(std::size_t pack, std::size_t account) const {
    std::size_t worst = pools;
    for (std::size_t pool = 0; pool < pools; ++pool) {
      if (account_of(pool) != account) continue;
      auto const at = [&](std::size_t i) { return result_.pools.breaches[pack * pools + i]; };
      if (worst == pools || at(pool) > at(worst)) worst = pool;
    }
    return static_cast<std::uint32_t>(worst);
  }

  void add_segregation() {
    Result::Segregation& s = result_.segregation;
    for (std::size_t c = 0; c < classes; ++c) {
      bool const given = c % 2 == 0;
      s.custody_given.push_back(given ? 1 : 0);
      s.owed_tonight.push_back(tick_sum(10'000'000 + static_cast<Ticks>(c)));
      s.held_tonight.push_back(given ? 999.5 : 0.0);
      s.undefined_columns.push_back(c);
    }
    for (std::uint32_t i = 0; i < scenarios * classes; ++i)
      s.lack.push_back(tick_sum(i % classes % 2 == 0 ? Ticks{7} * i : 0));
  }

  void add_firm(std::size_t pack, std::vector<std::uint64_t> const& account_count) {
    auto& firm = result_.firm;
    std::uint64_t cells = 0, flagged = 0, flagged_accounts = 0;
    for (std::size_t pool = 0; pool < pools; ++pool) {
      cells += result_.pools.breaches[pack * pools + pool];
      flagged += result_.pools.breaches[pack * pools + pool] > 0;
    }
    for (std::uint64_t const count : account_count) flagged_accounts += count > 0;
    firm.breaching_cells.push_back(cells);
    firm.flagged_pools.push_back(flagged);
    firm.flagged_accounts.push_back(flagged_accounts);
    firm.limited_draws.push_back(17);
    firm.undefined_cells.push_back(0);
    for (std::size_t i = 0; i < firm.exceedance_probability.size(); ++i)
      firm.exceedance_shortfall.push_back(0.25 * static_cast<double>(i));
    for (std::size_t i = 0; i < firm.asset.size(); ++i) {
      firm.asset_breaches.push_back(static_cast<double>(i));
      firm.asset_fall.push_back(tick_sum(Ticks{-15'000} * static_cast<Ticks>(i)));
    }
  }

  Result result_;
};

inline Result sample_result() {
  return SampleResult().build();
}

}  // namespace plimsoll
