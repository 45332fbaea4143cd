#include "host/result_store.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <functional>

#include "host/book_store.hpp"
#include "host/hdf5.hpp"
#include "host/market_store.hpp"
#include "host/result_check.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

// NaN equals itself: bit for bit.
void expect_same(std::vector<double> const& a, std::vector<double> const& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a[i]), std::bit_cast<std::uint64_t>(b[i])) << i;
}

void expect_equal(Result::Accounts const& a, Result::Accounts const& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.segregation_class, b.segregation_class);
  EXPECT_EQ(a.breaches, b.breaches);
  EXPECT_EQ(a.worst_pool, b.worst_pool);
  expect_same(a.probability, b.probability);
  expect_same(a.low, b.low);
  expect_same(a.high, b.high);
}

void expect_equal(Result::Pools const& a, Result::Pools const& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.account, b.account);
  EXPECT_EQ(a.isolated, b.isolated);
  expect_same(a.equity, b.equity);
  expect_same(a.requirement, b.requirement);
  expect_same(a.excess, b.excess);
  expect_same(a.margin_ratio, b.margin_ratio);
  expect_same(a.net_exposure, b.net_exposure);
  expect_same(a.gross_exposure, b.gross_exposure);
  expect_same(a.leverage, b.leverage);
  EXPECT_EQ(a.breaches, b.breaches);
  expect_same(a.probability, b.probability);
  expect_same(a.low, b.low);
  expect_same(a.high, b.high);
  EXPECT_EQ(a.first_passages, b.first_passages);
  expect_same(a.mean_shortfall, b.mean_shortfall);
  EXPECT_EQ(a.worst_shortfall, b.worst_shortfall);
  EXPECT_EQ(a.worst_scenario, b.worst_scenario);
  expect_same(a.value_at_risk, b.value_at_risk);
  expect_same(a.expected_shortfall, b.expected_shortfall);
}

void expect_equal(Result::Firm const& a, Result::Firm const& b) {
  EXPECT_EQ(a.breaching_cells, b.breaching_cells);
  EXPECT_EQ(a.flagged_accounts, b.flagged_accounts);
  EXPECT_EQ(a.flagged_pools, b.flagged_pools);
  EXPECT_EQ(a.limited_draws, b.limited_draws);
  EXPECT_EQ(a.undefined_cells, b.undefined_cells);
  expect_same(a.exceedance_probability, b.exceedance_probability);
  expect_same(a.exceedance_shortfall, b.exceedance_shortfall);
  EXPECT_EQ(a.asset, b.asset);
  expect_same(a.asset_breaches, b.asset_breaches);
  EXPECT_EQ(a.asset_fall, b.asset_fall);
}

void expect_equal(Result const& a, Result const& b) {
  EXPECT_EQ(a.shape.seed, b.shape.seed);
  EXPECT_EQ(a.shape.scenarios, b.shape.scenarios);
  EXPECT_EQ(a.shape.steps, b.shape.steps);
  EXPECT_EQ(a.shape.horizon_days, b.shape.horizon_days);
  EXPECT_EQ(a.shape.source, b.shape.source);
  EXPECT_EQ(a.shape.tails, b.shape.tails);
  EXPECT_EQ(a.reporting_currency, b.reporting_currency);
  EXPECT_EQ(a.as_of, b.as_of);
  EXPECT_EQ(a.packs, b.packs);
  EXPECT_EQ(a.classes, b.classes);
  expect_equal(a.accounts, b.accounts);
  expect_equal(a.pools, b.pools);
  EXPECT_EQ(a.scenarios.accounts_in_breach, b.scenarios.accounts_in_breach);
  EXPECT_EQ(a.scenarios.pools_in_breach, b.scenarios.pools_in_breach);
  EXPECT_TRUE(a.scenarios.shortfall == b.scenarios.shortfall);
  expect_equal(a.firm, b.firm);
  EXPECT_EQ(a.engine, b.engine);
  EXPECT_EQ(a.config, b.config);
  EXPECT_EQ(a.engine_note, b.engine_note);
  EXPECT_EQ(a.seconds_total, b.seconds_total);
  EXPECT_EQ(a.stage_name, b.stage_name);
  EXPECT_EQ(a.stage_seconds, b.stage_seconds);
  EXPECT_EQ(a.peak_memory_bytes, b.peak_memory_bytes);
  EXPECT_EQ(a.provenance.command, b.provenance.command);
}

TEST(ResultStore, ReadsBackWhatItWrote) {
  TestFolder const folder;
  write_result(sample_result(), folder / "results.h5");
  expect_equal(read_result(folder / "results.h5"), sample_result());
}

// Sums beyond 2^64 ticks come back whole, and show the nearest double.
TEST(ResultStore, SumsOfTicksKeepAllTheirBits) {
  TestFolder const folder;
  Result result = sample_result();
  std::size_t cell = 0;
  while (result.scenarios.shortfall[cell] == TickSum{}) ++cell;
  result.scenarios.shortfall[cell] = {0xfedcba9876543210u, 5};
  write_result(result, folder / "results.h5");
  EXPECT_TRUE(read_result(folder / "results.h5").scenarios.shortfall[cell] ==
              (TickSum{0xfedcba9876543210u, 5}));
  Hdf5Reader const file(folder / "results.h5");
  EXPECT_EQ(file.read<double>("/scenarios/shortfall")[cell],
            (5.0 * 18446744073709551616.0 + 18364758544493064720.0) / 1e4);
}

TEST(ResultStore, RefusesOtherSchemas) {
  TestFolder const folder;
  write_book(sample_book(), folder / "book.h5");
  std::string const message = refusal([&] { read_result(folder / "book.h5"); });
  EXPECT_NE(message.find("the schema is plimsoll.book (plimsoll.result is expected)"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("Hint: give a file written by plimsoll run"), std::string::npos);
  refusal([&] { read_market(folder / "book.h5"); });
  write_result(sample_result(), folder / "results.h5");
  refusal([&] { read_book(folder / "results.h5"); });
}

// A file of any schema whose columns a test chooses.
void write_columns(std::string const& path, std::string_view schema, std::uint64_t version,
                   std::function<void(Hdf5Writer&)> const& columns) {
  Hdf5Writer file(path, path);
  if (!schema.empty()) file.attribute("/", "schema", schema);
  file.attribute("/", "schema_version", version);
  columns(file);
  file.close();
}

void write_text(Hdf5Writer& file, std::string const& name, DatasetInfo const& info) {
  std::vector<std::string> const texts(info.shape.empty() ? 1 : info.shape[0], "USD");
  file.write<std::string>(name, info, texts);
}

TEST(ResultStore, RefusesOtherVersionsUnitsAxesShapesAndTypes) {
  TestFolder const folder;
  std::string const path = folder / "x.h5", currency = "/reporting_currency";
  auto const message = [&](std::string_view schema, std::uint64_t version,
                           std::function<void(Hdf5Writer&)> const& columns) {
    write_columns(path, schema, version, columns);
    return refusal([&] { read_book(path); });
  };
  auto const nothing = [](Hdf5Writer&) {};
  EXPECT_NE(message("", 1, nothing).find("says no schema"), std::string::npos);
  EXPECT_NE(message("plimsoll.book", 9, nothing).find("version 9 of plimsoll.book"),
            std::string::npos);
  EXPECT_NE(message("plimsoll.book", book_schema.version, nothing)
                .find(path + ":/reporting_currency: is missing"),
            std::string::npos);
  EXPECT_NE(message("plimsoll.book", book_schema.version,
                    [&](Hdf5Writer& f) {
                      write_text(f, currency, {ElementType::text, {}, "ccy", ""});
                    })
                .find("the unit is \"ccy\" (\"text\" is expected)"),
            std::string::npos);
  EXPECT_NE(message("plimsoll.book", book_schema.version,
                    [&](Hdf5Writer& f) {
                      write_text(f, currency, {ElementType::text, {}, "text", "pool"});
                    })
                .find("the axes are \"pool\""),
            std::string::npos);
  EXPECT_NE(message("plimsoll.book", book_schema.version,
                    [&](Hdf5Writer& f) {
                      write_text(f, currency, {ElementType::text, {2}, "text", ""});
                    })
                .find("the shape is [2] (one value is expected"),
            std::string::npos);
  EXPECT_NE(message("plimsoll.book", book_schema.version,
                    [&](Hdf5Writer& f) {
                      std::vector<double> const one = {1.0};
                      f.write<double>(currency, {ElementType::float64, {}, "text", ""}, one);
                    })
                .find("the type is float64 (text is expected)"),
            std::string::npos);
}

// A whole book with one column replaced, one more, and one of another length.
TEST(ResultStore, RefusesColumnsThatDoNotFitTheOthers) {
  TestFolder const folder;
  write_book(sample_book(), folder / "book.h5");
  Hdf5Reader const good(folder / "book.h5");
  auto const copy_with = [&](std::string const& changed, std::size_t longer) {
    std::string const path = folder / "changed.h5";
    write_columns(path, "plimsoll.book", book_schema.version, [&](Hdf5Writer& file) {
      for (std::string const& name : good.datasets()) {
        DatasetInfo info = good.describe(name);
        auto const copy = [&]<class T>(std::vector<T> values) {
          if (name == changed) {
            values.resize(values.size() + longer);
            info.shape = {values.size()};
          }
          file.write<T>(name, info, values);
        };
        switch (info.type) {
          case ElementType::uint8:
            copy(good.read<std::uint8_t>(name));
            break;
          case ElementType::uint32:
            copy(good.read<std::uint32_t>(name));
            break;
          case ElementType::float64:
            copy(good.read<double>(name));
            break;
          case ElementType::text:
            copy(good.read<std::string>(name));
            break;
          default:
            FAIL() << name;
        }
      }
      file.attribute("/", "program_version", std::string_view("0"));
      file.attribute("/", "commit", std::string_view("0"));
      file.attribute("/", "command", std::string_view("0"));
      if (changed == "more") {
        std::vector<double> const one = {1.0};
        file.write<double>("/surprise", {ElementType::float64, {1}, "ccy", "x"}, one);
      }
    });
    return path;
  };
  EXPECT_NO_THROW(read_book(copy_with("", 0)));
  std::string const longer = refusal([&] { read_book(copy_with("/positions/entry_price", 1)); });
  EXPECT_NE(longer.find("changed.h5:/positions/entry_price: the shape is [9] ([8] is expected: "
                        "position as in /positions/pool)"),
            std::string::npos)
      << longer;
  EXPECT_NE(refusal([&] {
              read_book(copy_with("more", 0));
            }).find(":/surprise: is not part of the schema"),
            std::string::npos);
}

struct Wrong {
  char const* what;
  std::function<void(Result&)> spoil;
  char const* column;
};

std::vector<Wrong> wrong_results() {
  return {
      {"no scenarios", [](Result& r) { r.shape.scenarios = 0; }, "/run/scenarios"},
      {"no horizon", [](Result& r) { r.shape.horizon_days = 0.0; }, "/run/horizon_days"},
      {"unknown source", [](Result& r) { r.shape.source = "dice"; }, "/run/source"},
      {"pack twice", [](Result& r) { r.packs[2] = r.packs[0]; }, "/axes/pack[2]"},
      {"column short", [](Result& r) { r.pools.excess.pop_back(); }, "/pools/excess"},
      {"no such account", [](Result& r) { r.pools.account[8] = 7; }, "/pools/account[8]"},
      {"pools disordered", [](Result& r) { r.pools.account[8] = 1; }, "/pools/account[8]"},
      {"half isolated", [](Result& r) { r.pools.isolated[3] = 2; }, "/pools/isolated[3]"},
      {"probability drifts", [](Result& r) { r.pools.probability[0] += 1e-15; },
       "/pools/probability[0]"},
      {"interval misses", [](Result& r) { r.accounts.high[0] = 0.0; }, "/accounts/probability[0]"},
      {"equity NaN", [](Result& r) { r.pools.equity[2] = std::nan(""); }, "/pools/equity[2]"},
      {"ratio NaN", [](Result& r) { r.pools.margin_ratio[2] = std::nan(""); },
       "/pools/margin_ratio[2]"},
      {"passage added", [](Result& r) { ++r.pools.first_passages[0]; }, "/pools/first_passages[0]"},
      {"worst scenario without breach", [](Result& r) { r.pools.worst_scenario[4] = 0; },
       "/pools/worst_scenario[4]"},
      {"worst scenario beyond", [](Result& r) { r.pools.worst_scenario[0] = 40; },
       "/pools/worst_scenario[0]"},
      {"breach without shortfall", [](Result& r) { r.pools.worst_shortfall[0] = 0; },
       "/pools/worst_scenario[0]"},
      {"tail mean within", [](Result& r) { r.pools.expected_shortfall[0] = 1.0; },
       "/pools/expected_shortfall[0]"},
      {"unasked tail", [](Result& r) { r.shape.tails = "none"; }, "/pools/value_at_risk[0]"},
      {"worst pool of another", [](Result& r) { r.accounts.worst_pool[0] = 5; },
       "/accounts/worst_pool[0]"},
      {"cells miscounted", [](Result& r) { ++r.firm.breaching_cells[1]; },
       "/firm/breaching_cells[1]"},
      {"flags miscounted", [](Result& r) { --r.firm.flagged_accounts[2]; },
       "/firm/flagged_accounts[2]"},
      {"scenario moved", [](Result& r) { ++r.scenarios.pools_in_breach[3]; },
       "/scenarios/pools_in_breach[0]"},
      {"shortfall negative", [](Result& r) { r.scenarios.shortfall[0] = tick_sum(-1); },
       "/scenarios/shortfall[0]"},
      {"shortfall out of nothing",
       [](Result& r) {
         for (std::size_t i = 0; i < r.scenarios.pools_in_breach.size(); ++i)
           if (r.scenarios.pools_in_breach[i] == 0) r.scenarios.shortfall[4 * i] = tick_sum(1);
       },
       "/scenarios/pools_in_breach["},
      {"exceedance rises", [](Result& r) { r.firm.exceedance_probability[1] = 1.0; },
       "/firm/exceedance_probability[1]"},
      {"exceedance falls", [](Result& r) { r.firm.exceedance_shortfall[1] = 99.0; },
       "/firm/exceedance_shortfall[2]"},
  };
}

TEST(ResultCheck, RefusesWhatDoesNotAddUp) {
  EXPECT_NO_THROW(check_result(sample_result(), "results"));
  TestFolder const folder;
  for (Wrong const& wrong : wrong_results()) {
    SCOPED_TRACE(wrong.what);
    Result result = sample_result();
    wrong.spoil(result);
    std::string const message = refusal([&] { check_result(result, "r.h5"); });
    EXPECT_NE(message.find(fmt::format("r.h5:{}", wrong.column)), std::string::npos) << message;
    EXPECT_THROW(write_result(result, folder / "r.h5"), std::logic_error);
  }
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace plimsoll
