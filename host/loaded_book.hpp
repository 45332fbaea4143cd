// A book that is held with rules laid over it, to be asked again and again: a named shock,
// scenarios, other rules, changed positions. What a question needs is prepared once and kept.
// Method: docs/ask.md. Rules are laid over the whole book once for each length of time that is
// asked
//         about, since contracts expire and interest runs; after a position has changed, its
//         account is laid anew by itself, and the whole only where scenarios are asked for or where
//         rules look at what the whole book holds.
// Errors: InputError for what cannot be done; the book is then as it was.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "host/book_change.hpp"
#include "host/run.hpp"
#include "host/shock.hpp"

namespace plimsoll {

// Rule packs, and the whole book under them at the lengths of time asked about lately.
struct LaidRules {
  std::vector<std::string> files;  // SHA-256 of each
  std::vector<RulePack> packs;
  struct Laid {
    double years_per_step;
    std::uint32_t steps;
    std::vector<ResolvedBook> books;  // [packs], with one table of rows
    std::vector<std::uint8_t> stale;  // [accounts] 1: changed since; empty: none
  };
  std::list<Laid> laid;  // the last one asked for first
};

class LoadedBook {
 public:
  // Reads and checks every input of `config`, and lays its rules over the book for a shock of a
  // day.
  explicit LoadedBook(RunConfig config);
  LoadedBook(LoadedBook const&) = delete;
  LoadedBook& operator=(LoadedBook const&) = delete;

  Book const& book() const { return inputs_.book; }
  Market const& market() const { return inputs_.market; }
  RunConfig const& config() const { return config_; }
  std::vector<PositionChange> const& changes() const { return changes_; }

  LaidRules& rules() { return rules_; }
  // Other rules, for the questions that name them. The last ones are kept.
  LaidRules& other_rules(std::vector<std::string> const& paths);
  // Other rules from here on.
  void lay(std::vector<std::string> const& paths);

  // [packs]
  std::vector<ShockFigures> shock(LaidRules& rules, Shock const& shock, double days,
                                  std::size_t worst);
  // What `plimsoll run` finds on the book as it is.
  Result scenarios(LaidRules& rules, RunConfig const& config);

  // The account of a pool as it is, under one pack tonight; its pools are counted from its first.
  struct Part {
    Book book;
    std::uint32_t pool;
  };
  Part part_of(std::uint32_t pool) const;
  ResolvedBook tonight(Part const& part, RulePack const& rules) const;

  // Tonight's mark of an instrument in the unit of entry prices, under the first of the rules.
  double mark_of(std::uint32_t instrument) const;

  void change(std::uint32_t pool, std::uint32_t instrument, double quantity, double price);
  // Takes the last change back, or all of them and other rules; false where there is none.
  bool undo();
  void reset();

 private:
  LaidRules read(std::vector<std::string> const& paths) const;
  LaidRules::Laid& laid(LaidRules& rules, RunShape const& shape);
  void check_part(std::uint32_t pool) const;
  void note_change(std::uint32_t pool);
  void note_change(LaidRules& rules, std::uint32_t account);

  RunConfig config_;
  RunInputs inputs_;
  LaidRules rules_, first_rules_, other_;
  std::vector<PositionChange> changes_;
};

}  // namespace plimsoll
