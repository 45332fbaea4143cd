// plimsoll import: tables that people and venues write become our files.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "host/book_store.hpp"
#include "host/commands/command.hpp"
#include "host/commands/constants.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/import_book.hpp"
#include "host/import_market.hpp"
#include "host/import_tiers.hpp"
#include "host/market_store.hpp"
#include "host/rules_file.hpp"
#include "host/version.hpp"

namespace plimsoll {
namespace {

struct Flags {
  BookFiles book;
  MarketFiles market;
  TierImport tiers;
  bool ignore_gains = false;
  std::vector<std::string> constants;
  std::string currency = "USD", out;
  bool force = false;
};

Provenance provenance_of(std::vector<std::pair<char const*, std::string>> const& files) {
  Provenance provenance{program_version, program_commit, command_line(), {}};
  for (auto const& [role, path] : files)
    provenance.inputs.push_back({role, path, file_sha256(path)});
  return provenance;
}

// A flag without effect is a misunderstanding.
void refuse_other_groups(CLI::App const& command, std::string const& group) {
  for (CLI::Option const* const option : command.get_options()) {
    std::string const& of = option->get_group();
    bool const idle = (of == "Book" || of == "Market" || of == "Rules") && of != group;
    if (idle && option->count() > 0)
      throw InputError(
          "--" + option->get_lnames().front(), "has no effect here",
          fmt::format("it belongs to \"{}\" of `plimsoll import --help`, and the other "
                      "flags ask for \"{}\"",
                      of, group),
          "leave it out, or import one after the other");
  }
}

int import_a_book(Flags const& flags, Overwrite overwrite) {
  for (auto const& [flag, path] : {std::pair{"--instruments", &flags.book.instruments},
                                   std::pair{"--accounts", &flags.book.accounts},
                                   std::pair{"--positions", &flags.book.positions},
                                   std::pair{"--balances", &flags.book.balances}})
    if (path->empty())
      throw InputError("import", std::string(flag) + " is missing", "a book comes from four tables",
                       "give --instruments, --accounts, --positions and --balances");
  BookFiles files = flags.book;
  files.reporting_currency = flags.currency;
  Book book = import_book(files);
  std::vector<std::pair<char const*, std::string>> read = {{"instruments", files.instruments},
                                                           {"accounts", files.accounts},
                                                           {"positions", files.positions},
                                                           {"balances", files.balances}};
  if (!files.orders.empty()) read.emplace_back("orders", files.orders);
  if (!files.custody.empty()) read.emplace_back("custody", files.custody);
  book.provenance = provenance_of(read);
  write_book(book, flags.out, overwrite);
  std::string const orders =
      files.orders.empty() ? "" : fmt::format(", {} open orders", book.orders.pool.size());
  std::string const custody =
      files.custody.empty() ? "" : fmt::format(", {} custody holdings", book.custody.asset.size());
  fmt::print("{} accounts, {} pools, {} positions, {} balances{}{}\n", book.accounts.name.size(),
             book.pools.name.size(), book.positions.pool.size(), book.balances.pool.size(), orders,
             custody);
  return 0;
}

int import_a_market(Flags const& flags, Overwrite overwrite) {
  MarketFiles files = flags.market;
  files.reporting_currency = flags.currency;
  files.constants = parsed_constants(flags.constants, files.reporting_currency);
  Market market = import_market(files);
  market.provenance =
      provenance_of({{"factors", files.factors}, {"correlation", files.correlation}});
  write_market(market, flags.out, overwrite);
  fmt::print("{} factors as of {}\n", market.factors.size(), market.as_of);
  return 0;
}

int import_rules(Flags const& flags, Overwrite overwrite) {
  RulePack const rules = import_tiers(flags.tiers);
  write_rules(rules, flags.out, overwrite);
  fmt::print("{} instruments, {} schedules\n", rules.instruments.size(), rules.schedules.size());
  return 0;
}

// Adds options of one group, so that --help shows and refuse_other_groups() knows what they are
// for.
class Group {
 public:
  Group(CLI::App& command, char const* name) : command_(command), name_(name) {}
  template <class T>
  CLI::Option* add(char const* flag, T& into, char const* what) const {
    return command_.add_option(flag, into, what)->group(name_);
  }
  CLI::Option* file(char const* flag, std::string& into, char const* what) const {
    return add(flag, into, what)->type_name("FILE");
  }
  CLI::Option* flag(char const* flag, bool& into, char const* what) const {
    return command_.add_flag(flag, into, what)->group(name_);
  }

 private:
  CLI::App& command_;
  char const* name_;
};

void add_book_flags(Group const& group, Flags& flags) {
  group.file("--instruments", flags.book.instruments,
             "CSV: name, kind, underlying, settle, contract_size[, basis, days_to_expiry, strike, "
             "volatility, rate, carry]");
  group.file("--accounts", flags.book.accounts, "CSV: name, class");
  group.file("--positions", flags.book.positions,
             "CSV: account, pool, instrument, quantity, entry_price");
  group.file("--balances", flags.book.balances, "CSV: account, pool, asset, amount");
  group.file("--orders", flags.book.orders,
             "CSV of open orders, if any: account, pool, instrument, side, quantity, price");
  group.file("--custody", flags.book.custody,
             "CSV of what is held for each segregation class, if known: class, asset, units");
}

// Returns --factors, which asks for a market.
CLI::Option* add_market_flags(Group const& group, Flags& flags) {
  CLI::Option* const factors =
      group.file("--factors", flags.market.factors, "CSV: name, price, volatility, limit");
  CLI::Option* const correlation = group.file("--correlation", flags.market.correlation,
                                              "CSV: name, then one column per factor");
  factors->needs(correlation);
  correlation->needs(factors);
  group.add("--as-of", flags.market.as_of, "date of the prices");
  group.add("--degrees-of-freedom", flags.market.degrees_of_freedom,
            "of the Student-t (default 4)");
  group.add("--constant", flags.constants, "NAME=PRICE: an asset declared not to move");
  return factors;
}

// Returns --tiers, which asks for rules.
CLI::Option* add_rules_flags(Group const& group, Flags& flags) {
  CLI::Option* const tiers =
      group.file("--tiers", flags.tiers.tiers, "leverage tiers: CSV, or JSON as ccxt writes them");
  group.add("--name", flags.tiers.name, "name of the rule pack");
  group.add("--date", flags.tiers.date, "date of the tiers");
  group.add("--source", flags.tiers.sources, "where the figures come from");
  group.flag("--largest-first", flags.tiers.largest_first,
             "instruments by the notional at which the rate reaches 5 %; `synth` takes their order "
             "as rank (default: order of the file)");
  group.flag("--ignore-gains", flags.ignore_gains, "unrealised gains do not count");
  group.file("--haircuts", flags.tiers.haircuts, "CSV of collateral weights");
  group.add("--venue", flags.tiers.venue, "rows of --haircuts to take");
  group.add("--scheme", flags.tiers.scheme, "rows of --haircuts to take");
  group.add("--default-haircut", flags.tiers.default_haircut, "of assets without one of their own");
  return tiers;
}

}  // namespace

void add_import(CLI::App& app, Action& chosen) {
  CLI::App* const command =
      app.add_subcommand("import",
                         "Make a book, a market or a rule pack from tables. One of three:\n"
                         "  a book:    --instruments F --accounts F --positions F --balances F "
                         "[--orders F] [--custody F] --out book.h5\n"
                         "  a market:  --factors F --correlation F --as-of DATE --out market.h5\n"
                         "  rules:     --tiers F --out rules.toml");
  auto const flags = std::make_shared<Flags>();
  add_book_flags({*command, "Book"}, *flags);
  CLI::Option* const factors = add_market_flags({*command, "Market"}, *flags);
  CLI::Option* const tiers = add_rules_flags({*command, "Rules"}, *flags);
  command->add_option("--currency", flags->currency, "reporting currency (default USD)");
  command->add_option("--out", flags->out, "the file to write")->required()->type_name("FILE");
  command->add_flag("--force", flags->force, "replace the file");
  command->callback([command, factors, tiers, flags, &chosen] {
    chosen = [command, factors, tiers, flags] {
      Overwrite const overwrite = flags->force ? Overwrite::yes : Overwrite::no;
      flags->tiers.counts_gains = !flags->ignore_gains;
      char const* const group = tiers->count() > 0     ? "Rules"
                                : factors->count() > 0 ? "Market"
                                                       : "Book";
      refuse_other_groups(*command, group);
      if (tiers->count() > 0) return import_rules(*flags, overwrite);
      if (factors->count() > 0) return import_a_market(*flags, overwrite);
      return import_a_book(*flags, overwrite);
    };
  });
}

}  // namespace plimsoll
