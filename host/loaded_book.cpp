#include "host/loaded_book.hpp"

#include <algorithm>
#include <utility>

#include "host/book_check.hpp"
#include "host/book_totals.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/exploded_book.hpp"
#include "host/rules_file.hpp"
#include "host/version.hpp"

namespace plimsoll {
namespace {

constexpr double day_of_shock = 1.0;
// Lengths of time for which a book is kept laid: that of shocks and that of scenarios.
constexpr std::size_t most_laid = 2;

// Whether figures of a pack hang on what the whole book holds of an asset.
bool looks_at_totals(LaidRules const& rules) {
  auto const by_total = [](CollateralFigures const& f) { return f.by_total.has_value(); };
  return std::any_of(rules.packs.begin(), rules.packs.end(), [&](RulePack const& pack) {
    return std::any_of(pack.haircuts.begin(), pack.haircuts.end(), [&](HaircutSchedule const& s) {
      return by_total(s.figures.at(Threshold::maintenance));
    });
  });
}

// Whether figures of the book under a pack hang on when the steps are.
bool hangs_on_time(Book const& book, RulePack const& pack) {
  std::vector<double> const& days = book.instruments.days_to_expiry;
  return std::any_of(days.begin(), days.end(), [](double d) { return d > 0.0; }) ||
         !pack.funding.empty() ||
         std::any_of(pack.haircuts.begin(), pack.haircuts.end(), [](HaircutSchedule const& s) {
           return s.borrow_interest > 0.0 ||
                  s.figures.at(Threshold::maintenance).by_volatility.has_value();
         });
}

}  // namespace

LoadedBook::LoadedBook(RunConfig config)
    : config_(std::move(config)), inputs_(read_inputs(config_)) {
  for (std::string const& path : config_.rules) rules_.files.push_back(file_sha256(path));
  rules_.packs = inputs_.rules;
  laid(rules_, shape_of_shock(day_of_shock));
}

LaidRules LoadedBook::read(std::vector<std::string> const& paths) const {
  LaidRules rules;
  for (std::string const& path : paths) {
    rules.files.push_back(file_sha256(path));
    rules.packs.push_back(read_rules(path));
    for (std::size_t i = 0; i + 1 < rules.packs.size(); ++i)
      if (rules.packs[i].name == rules.packs.back().name)
        throw InputError(path, "rule pack '" + rules.packs.back().name + "' is given twice",
                         "answers are told apart by the pack's name",
                         "rename one of them or leave it out");
  }
  return rules;
}

LaidRules& LoadedBook::other_rules(std::vector<std::string> const& paths) {
  LaidRules fresh = read(paths);
  if (fresh.files != other_.files) other_ = std::move(fresh);
  return other_;
}

void LoadedBook::lay(std::vector<std::string> const& paths) {
  LaidRules fresh = read(paths);
  laid(fresh, shape_of_shock(day_of_shock));
  if (first_rules_.files.empty()) first_rules_ = {rules_.files, rules_.packs, {}};
  rules_ = std::move(fresh);
}

LaidRules::Laid& LoadedBook::laid(LaidRules& rules, RunShape const& shape) {
  bool const any_time = std::none_of(rules.packs.begin(), rules.packs.end(), [&](auto const& pack) {
    return hangs_on_time(inputs_.book, pack);
  });
  auto const found = std::find_if(rules.laid.begin(), rules.laid.end(), [&](auto const& l) {
    return any_time || (l.years_per_step == shape.years_per_step && l.steps == shape.steps);
  });
  if (found != rules.laid.end()) {
    rules.laid.splice(rules.laid.begin(), rules.laid, found);
    return rules.laid.front();
  }
  if (rules.laid.size() == most_laid) rules.laid.pop_back();
  LaidRules::Laid fresh{shape.years_per_step, shape.steps, {}, {}};
  for (RulePack const& pack : rules.packs)
    fresh.books.emplace_back(inputs_.book, inputs_.market, pack, Threshold::maintenance, shape);
  ResolvedBook::share_rows(fresh.books);
  rules.laid.push_front(std::move(fresh));
  return rules.laid.front();
}

std::vector<ShockFigures> LoadedBook::shock(LaidRules& rules, Shock const& shock, double days,
                                            std::size_t worst) {
  RunShape const shape = shape_of_shock(days);
  std::vector<double> const moves = log_moves_of(inputs_.market, shock);
  LaidRules::Laid const& whole = laid(rules, shape);
  Book::Totals const totals = totals_of(inputs_.book);
  std::vector<ShockFigures> figures;
  for (std::size_t p = 0; p < rules.packs.size(); ++p) {
    std::list<std::vector<double>> rows;  // they stay where they are
    std::list<ResolvedBook> parts;
    std::vector<ShockedBook> books;
    rows.push_back(rows_under(whole.books[p], inputs_.market, moves, shape));
    books.push_back({whole.books[p], rows.back(), 0, whole.stale.empty() ? nullptr : &whole.stale});
    for (std::uint32_t account = 0; account < whole.stale.size(); ++account) {
      if (whole.stale[account] == 0) continue;
      Book const part = account_part(inputs_.book, account, totals);
      parts.emplace_back(part, inputs_.market, rules.packs[p], Threshold::maintenance, shape);
      rows.push_back(rows_under(parts.back(), inputs_.market, moves, shape));
      books.push_back({parts.back(), rows.back(), first_pool_of(inputs_.book, account)});
    }
    figures.push_back(shock_figures(books, worst, config_.threads));
  }
  return figures;
}

Result LoadedBook::scenarios(LaidRules& rules, RunConfig const& config) {
  RunShape const shape = shape_of(config, inputs_);
  if (LaidRules::Laid const& found = laid(rules, shape); !found.stale.empty()) rules.laid.clear();
  LaidRules::Laid const& whole = laid(rules, shape);
  inputs_.rules = rules.packs;
  Result result = evaluate_books(config, inputs_, whole.books, {});
  result.provenance = {program_version, program_commit, inputs_.command_line, inputs_.files};
  result.config = to_toml(config);
  return result;
}

LoadedBook::Part LoadedBook::part_of(std::uint32_t pool) const {
  std::uint32_t const account = inputs_.book.pools.account[pool];
  return {account_part(inputs_.book, account, totals_of(inputs_.book)),
          pool - first_pool_of(inputs_.book, account)};
}

ResolvedBook LoadedBook::tonight(Part const& part, RulePack const& rules) const {
  return {part.book, inputs_.market, rules};
}

double LoadedBook::mark_of(std::uint32_t instrument) const {
  DerivedBook one(inputs_.book);
  one.add_account(0);
  one.add_pool("one contract", PoolKind::cross);
  one.add_position(instrument, 1.0, 1.0);
  Book made = one.book();
  made.totals = totals_of(inputs_.book);
  ResolvedBook const laid(made, inputs_.market, rules_.packs.front());
  std::vector<double> const& rows = laid.rows_today();
  double const settle = rows[made.instruments.settle[instrument]];
  double const mark = rows[laid.book().term_row[0]] / settle;
  return made.instruments.kind[instrument] == InstrumentKind::inverse ? 1.0 / mark : mark;
}

// The account must be a book that rules can be laid over.
void LoadedBook::check_part(std::uint32_t pool) const {
  Part const part = part_of(pool);
  check_book(part.book, "the changed account");
  for (RulePack const& pack : rules_.packs) tonight(part, pack);
}

void LoadedBook::note_change(LaidRules& rules, std::uint32_t account) {
  if (looks_at_totals(rules)) {
    rules.laid.clear();
    return;
  }
  for (LaidRules::Laid& laid : rules.laid) {
    laid.stale.resize(inputs_.book.accounts.name.size(), 0);
    laid.stale[account] = 1;
  }
}

void LoadedBook::note_change(std::uint32_t pool) {
  std::uint32_t const account = inputs_.book.pools.account[pool];
  note_change(rules_, account);
  note_change(other_, account);
}

void LoadedBook::change(std::uint32_t pool, std::uint32_t instrument, double quantity,
                        double price) {
  PositionChange const before = change_position(inputs_.book, pool, instrument, quantity, price);
  try {
    check_part(pool);
  } catch (...) {
    change_back(inputs_.book, before);
    throw;
  }
  changes_.push_back(before);
  note_change(pool);
}

bool LoadedBook::undo() {
  if (changes_.empty()) return false;
  change_back(inputs_.book, changes_.back());
  note_change(changes_.back().pool);
  changes_.pop_back();
  return true;
}

void LoadedBook::reset() {
  while (undo()) continue;
  if (!first_rules_.files.empty()) rules_ = std::exchange(first_rules_, {});
  laid(rules_, shape_of_shock(day_of_shock));
}

}  // namespace plimsoll
