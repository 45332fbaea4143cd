// plimsoll synth, calibrate, window: commands that make inputs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "host/book_store.hpp"
#include "host/calibrate.hpp"
#include "host/commands/command.hpp"
#include "host/commands/constants.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/history_window.hpp"
#include "host/market_store.hpp"
#include "host/moves_table.hpp"
#include "host/output_file.hpp"
#include "host/price_history.hpp"
#include "host/rules_file.hpp"
#include "host/run_config.hpp"
#include "host/synth.hpp"
#include "host/version.hpp"

namespace plimsoll {
namespace {

Provenance made_by_this(std::vector<InputFile> inputs) {
  return {program_version, program_commit, command_line(), std::move(inputs)};
}

Overwrite overwrite(bool force) {
  return force ? Overwrite::yes : Overwrite::no;
}

}  // namespace

namespace {

struct SynthFlags {
  SynthConfig config;
  std::string seed = "1", market, rules, out;
  bool force = false;
};

// Books larger than this are made and written in parts.
constexpr std::uint32_t most_part_pools = 1 << 18;

// Writes the first part and those after it; returns how much that is.
BookPlace write_parts(Book first, SyntheticParts& parts, SynthFlags const& flags) {
  // "A0123456" and "A0123456/isolated3"
  std::uint64_t const account_bytes = fmt::format("A{:07d}", flags.config.pools).size();
  BookWriter file(flags.out, overwrite(flags.force), account_bytes, account_bytes + 10);
  file.append(std::move(first));
  while (!parts.done()) file.append(parts.next(most_part_pools));
  file.finish();
  return file.end();
}

}  // namespace

void add_synth(CLI::App& app, Action& chosen) {
  CLI::App* const command = app.add_subcommand(
      "synth",
      "Make a synthetic book shaped like real ones, on the instruments that a rule pack\n"
      "names in full (BASE/QUOTE:SETTLE) and whose assets the market knows.");
  auto const flags = std::make_shared<SynthFlags>();
  command->add_option("--pools", flags->config.pools, "number of pools")->required();
  command->add_option("--market", flags->market, "market.h5")->required()->type_name("FILE");
  command->add_option("--rules", flags->rules, "rule pack")->required()->type_name("FILE");
  command->add_option("--seed", flags->seed, "seed of the book (default 1)");
  command->add_option("--leverage", flags->config.leverage,
                      "scales every account's leverage (default 1)");
  command->add_option("--further-positions", flags->config.further_positions,
                      "mean number of positions beside the first in a cross pool, of which at most "
                      "24 stay (default 2.2)");
  command->add_option("--out", flags->out, "the book to write")->required()->type_name("FILE");
  command->add_flag("--force", flags->force, "replace the file");
  command->callback([flags, &chosen] {
    chosen = [flags] {
      flags->config.seed = parse_count("seed", flags->seed);
      Market const market = read_market(flags->market);
      RulePack const rules = read_rules(flags->rules);
      SyntheticParts parts(flags->config, market, rules);
      Book book = parts.next(most_part_pools);
      book.provenance = made_by_this({{"market", flags->market, file_sha256(flags->market)},
                                      {"rules", flags->rules, file_sha256(flags->rules)}});
      BookPlace size = {book.accounts.name.size(), book.pools.name.size(),
                        book.balances.pool.size(), book.positions.pool.size(), 0};
      std::size_t const instruments = book.instruments.name.size();
      if (parts.done())
        write_book(book, flags->out, overwrite(flags->force));
      else
        size = write_parts(std::move(book), parts, *flags);
      fmt::print("{} accounts, {} pools, {} positions, {} balances on {} instruments\n",
                 size.account, size.pool, size.position, size.balance, instruments);
      return 0;
    };
  });
}

namespace {

void print_market(Market const& market) {
  Market::Calibration const& c = market.calibration;
  fmt::print("{} factors as of {}, {} complete common rows {} to {}\n", market.factors.size(),
             market.as_of, c.common_rows, c.first_date, c.last_date);
  fmt::print("EWMA lambda {}, shrinkage {:.4f}, t degrees of freedom {:.3f}\n", c.ewma_lambda,
             c.shrinkage, market.degrees_of_freedom);
  fmt::print("{:<14} {:>14} {:>12} {:>8} {:>8} {:>10}\n", "factor", "price", "vol per year",
             "limit", "returns", "mean days");
  for (std::size_t f = 0; f < market.factors.size(); ++f)
    fmt::print("{:<14} {:>14.6g} {:>12.4f} {:>8.3f} {:>8} {:>10.3f}\n", market.factors[f],
               market.price[f], market.volatility[f], market.limit[f], c.observations[f],
               c.day_count_mean[f]);
  for (std::size_t i = 0; i < market.constants.name.size(); ++i)
    fmt::print("{:<14} {:>14.6g}  declared constant\n", market.constants.name[i],
               market.constants.price[i]);
  for (std::size_t i = 0; i < market.dropped.name.size(); ++i)
    fmt::print("{:<14} left out: {}\n", market.dropped.name[i], market.dropped.reason[i]);
}

}  // namespace

void add_calibrate(CLI::App& app, Action& chosen) {
  CLI::App* const command = app.add_subcommand(
      "calibrate",
      "Make a market from price history: EWMA volatility, shrunk correlation, Student-t tails.\n"
      "Every column that does not become a factor is listed with its reason.");
  struct Flags {
    CalibrationConfig config;
    std::vector<std::string> constants;
    std::string prices, out;
    bool force = false;
  };
  auto const flags = std::make_shared<Flags>();
  command->add_option("--prices", flags->prices, "CSV: date column, one column per asset")
      ->required()
      ->type_name("FILE");
  command->add_option("--from", flags->config.from,
                      "first date used (default: the first there is)");
  command->add_option("--to", flags->config.to, "tonight (default: the last date there is)");
  command->add_option("--include", flags->config.include, "only these columns");
  command->add_option("--exclude", flags->config.exclude, "leave these columns out");
  command->add_option("--constant", flags->constants, "NAME=PRICE: an asset declared not to move");
  command->add_option("--lambda", flags->config.ewma_lambda, "EWMA weight (default 0.97)");
  command->add_option("--minimum-rows", flags->config.minimum_rows,
                      "complete common rows needed (default 400)");
  command->add_option("--currency", flags->config.reporting_currency,
                      "reporting currency (default USD)");
  command->add_option("--out", flags->out, "the market to write")->required()->type_name("FILE");
  command->add_flag("--force", flags->force, "replace the file");
  command->callback([flags, &chosen] {
    chosen = [flags] {
      flags->config.constants =
          parsed_constants(flags->constants, flags->config.reporting_currency);
      PriceHistory const history = read_price_history(flags->prices);
      Market market = calibrate(history, flags->config);
      market.provenance = made_by_this({{"prices", flags->prices, file_sha256(flags->prices)}});
      write_market(market, flags->out, overwrite(flags->force));
      print_market(market);
      return 0;
    };
  });
}

void add_window(CLI::App& app, Action& chosen) {
  CLI::App* const command = app.add_subcommand(
      "window",
      "Write a stretch of price history as a table of moves for `run --moves`: the worst\n"
      "consecutive moves of an equal-weighted basket of the market's factors, or named dates.");
  struct Flags {
    std::string prices, market, first, last, out;
    std::uint32_t worst = 2;
    bool force = false;
  };
  auto const flags = std::make_shared<Flags>();
  command->add_option("--prices", flags->prices, "CSV: date column, one column per asset")
      ->required()
      ->type_name("FILE");
  command->add_option("--market", flags->market, "market.h5 whose factors move")
      ->required()
      ->type_name("FILE");
  CLI::Option* const worst =
      command->add_option("--worst", flags->worst, "moves in the worst window (default 2)")
          ->check(CLI::Range(1u, most_steps));
  CLI::Option* const from =
      command->add_option("--from", flags->first, "first day of a named window")->excludes(worst);
  CLI::Option* const to =
      command->add_option("--to", flags->last, "last day of a named window")->needs(from);
  from->needs(to);
  command->add_option("--out", flags->out, "the table to write")->required()->type_name("FILE");
  command->add_flag("--force", flags->force, "replace the file");
  command->callback([flags, &chosen] {
    chosen = [flags] {
      Market const market = read_market(flags->market);
      PriceHistory const history = read_price_history(flags->prices);
      HistoryWindow const window = flags->first.empty()
                                       ? worst_window(history, market, flags->worst)
                                       : named_window(history, market, flags->first, flags->last);
      if (window.moves.steps > most_steps)
        throw InputError("--from " + flags->first + " --to " + flags->last,
                         fmt::format("{} moves", window.moves.steps),
                         fmt::format("a scenario has at most {} steps", most_steps),
                         "name a shorter window");
      write_moves(flags->out, market, window.moves, overwrite(flags->force));
      fmt::print("{} factors, prices of {}, moves ending", market.factors.size(), window.base_date);
      for (std::string const& date : window.dates) fmt::print(" {}", date);
      fmt::print("; equal-weighted return {:+.2f} %\n", 100.0 * window.basket_return);
      return 0;
    };
  });
}

}  // namespace plimsoll
