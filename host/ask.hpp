// Questions on a loaded book, one line each, and their answers: as one JSON object on one line, or
// as text. Wrong questions are answered too, with what is wrong and what to do.
// Method: docs/ask.md.
// Bits:   figures are those of models/ and of the engines; the time that an answer took is the only
//         thing in it that differs from run to run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/error.hpp"
#include "host/loaded_book.hpp"
#include "host/shock_table.hpp"

namespace plimsoll {

enum class AnswerFormat : std::uint8_t { json, text };

struct Answer {
  std::string text;                   // ends with a line feed; empty where nothing was asked
  bool last = false;                  // asked to stop
  ExitCode code = ExitCode::success;  // of a question that was wrong, or that the machine refused
};

class Asked {
 public:
  // `book` outlives the object.
  Asked(LoadedBook& book, NamedShocks shocks, AnswerFormat format)
      : book_(book), shocks_(std::move(shocks)), format_(format) {}

  // Throws nothing but std::logic_error: the session goes on, and the book is as it was.
  Answer answer(std::string_view line, std::uint64_t number);

 private:
  using Words = std::vector<std::string>;
  Answer answer(Words const& words);
  Answer refused(ExitCode code, std::string_view message, std::uint64_t number) const;
  std::string answer(Words const& words, LaidRules& rules);
  std::string shock(Words const& words, LaidRules& rules);
  std::string scenarios(Words const& words, LaidRules& rules);
  std::string pool(Words const& words, LaidRules& rules);
  std::string with(Words const& words);
  std::string lay(Words const& words);
  std::string change(Words const& words);
  std::string undo(bool all);
  std::string shocks() const;

  Shock shock_of(Words const& words, std::size_t& next) const;
  std::uint32_t pool_of(std::string const& name) const;
  std::string rules_named() const;

  LoadedBook& book_;
  NamedShocks shocks_;
  AnswerFormat format_;
};

}  // namespace plimsoll
