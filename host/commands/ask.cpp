// plimsoll ask: questions on a loaded book, one line each.
#include "host/ask.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include "host/commands/command.hpp"
#include "host/engine_choice.hpp"
#include "host/error.hpp"
#include "host/question.hpp"
#include "host/stopwatch.hpp"

namespace plimsoll {
namespace {

struct Flags {
  std::string book, market, engine = "auto", threads, memory, questions, shocks, format = "json";
  std::vector<std::string> rules;
};

RunConfig config_of(Flags const& flags) {
  RunConfig config;
  config.book = flags.book;
  config.market = flags.market;
  config.rules = flags.rules;
  config.engine = flags.engine;
  config.out = "-";  // nothing is written
  if (!flags.threads.empty())
    config.threads = static_cast<unsigned>(parse_count("threads", flags.threads));
  if (!flags.memory.empty()) config.memory = parse_bytes(flags.memory);
  check_run_config(config);
  return config;
}

// Answers until there are no more questions; returns the worst code of an answer.
int answer_all(std::istream& in, Asked& asked) {
  int code = 0;
  std::uint64_t number = 0;
  while (auto const line = next_line(in)) {
    Answer const answer = asked.answer(*line, ++number);
    code = std::max(code, static_cast<int>(answer.code));
    if (!(std::cout << answer.text << std::flush))
      throw SystemError(
          "write to standard output failed. Hint: check where it is redirected to; nothing is "
          "asked "
          "further");
    if (answer.last) break;
  }
  return code;
}

int ask(Flags const& flags) {
  Stopwatch watch;
  RunConfig const config = config_of(flags);
  std::string note;
  chosen_engine(config.engine, note);  // refused before anything is read
  std::ifstream file;
  if (!flags.questions.empty()) {
    file.open(flags.questions, std::ios::binary);
    if (!file)
      throw InputError(flags.questions, "cannot be opened", "its lines are the questions",
                       "check the path and the rights");
  }
  LoadedBook book(config);
  Asked asked(book, flags.shocks.empty() ? NamedShocks{} : read_shocks(flags.shocks, book.market()),
              flags.format == "text" ? AnswerFormat::text : AnswerFormat::json);
  watch.lap("load");
  std::fputs(fmt::format("plimsoll: {} accounts, {} pools loaded in {:.1f} s; `help` lists the "
                         "questions\n",
                         book.book().accounts.name.size(), book.book().pools.name.size(),
                         watch.seconds.back())
                 .c_str(),
             stderr);
  return answer_all(flags.questions.empty() ? std::cin : file, asked);
}

}  // namespace

void add_ask(CLI::App& app, Action& chosen) {
  CLI::App* const command = app.add_subcommand(
      "ask",
      "Load a book once and answer questions on it, one a line: a named shock, scenarios, other\n"
      "rules, a changed position. Questions come from standard input, answers go to standard "
      "output.");
  auto const flags = std::make_shared<Flags>();
  command->add_option("--book", flags->book, "book.h5")->required()->type_name("FILE");
  command->add_option("--market", flags->market, "market.h5")->required()->type_name("FILE");
  command->add_option("--rules", flags->rules, "rule pack(s), TOML")->required()->type_name("FILE");
  command->add_option("--questions", flags->questions, "read the questions from this file")
      ->type_name("FILE");
  command->add_option("--shocks", flags->shocks, "shocks with names, CSV: name, factors")
      ->type_name("FILE");
  command->add_option("--format", flags->format, "json: an object a line | text (default json)")
      ->check(CLI::IsMember({"json", "text"}));
  command->add_option("--engine", flags->engine, "of scenarios: auto | one of `plimsoll engines`");
  command->add_option("--threads", flags->threads, "threads (default: all processors)");
  command->add_option("--memory", flags->memory, "refuse scenarios that take more, such as 4GiB");
  command->callback([flags, &chosen] { chosen = [flags] { return ask(*flags); }; });
}

}  // namespace plimsoll
