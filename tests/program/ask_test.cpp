// plimsoll ask as a person meets it: its answers are those of `run` and `value` on the same inputs,
// before and after positions and rules change, and no question ends the session.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <sstream>
#include <vector>

#include "tests/program/refused.hpp"

namespace plimsoll {
namespace {

std::string const defaults = PLIMSOLL_SOURCE_DIR "/datasets/default";

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// What stands behind the first "KEY": behind `from`, up to the next comma or brace.
std::string field(std::string const& json, std::string const& key, std::string const& from = "") {
  std::size_t const begin = from.empty() ? 0 : json.find(from);
  if (begin == std::string::npos) return "no " + from;
  std::size_t const at = json.find("\"" + key + "\":", begin);
  if (at == std::string::npos) return "no " + key;
  std::size_t const first = at + key.size() + 3;
  return json.substr(first, json.find_first_of(",}", first) - first);
}

// An answer without its line and the time that it took.
std::string content(std::string const& answer) {
  return std::regex_replace(answer, std::regex("\"line\":[0-9]+,|,\"seconds\":[0-9.]+"), "");
}

class Ask : public testing::Test {
 protected:
  void SetUp() override {
    must("import --factors " + defaults + "/factors.csv --correlation " + defaults +
         "/correlation.csv --as-of 2025-08-13 --degrees-of-freedom 6.323 --constant USDT=1 --out "
         "market.h5");
    must("synth --pools 600 --market market.h5 --rules " + defaults +
         "/rules.toml --leverage 1.5 --out book.h5");
    std::filesystem::copy_file(defaults + "/rules.toml", place.file("rules.toml"));
  }

  Outcome must(std::string const& command) const {
    Outcome outcome = place.plimsoll(command);
    EXPECT_EQ(outcome.code, 0) << command << ": " << outcome.err;
    return outcome;
  }
  // The answers to some questions, one for each.
  std::vector<std::string> asked(std::vector<std::string> const& questions,
                                 std::string const& more = "", int code = 0) const {
    std::string text;
    for (std::string const& question : questions) text += question + "\n";
    place.write("questions.txt", text);
    Outcome const outcome = place.plimsoll("ask " + inputs + more + " --questions questions.txt");
    EXPECT_EQ(outcome.code, code) << outcome.err;
    std::vector<std::string> answers = lines_of(outcome.out);
    EXPECT_EQ(answers.size(), questions.size()) << outcome.out;
    answers.resize(questions.size());
    return answers;
  }
  std::string digest(std::string const& run) const {
    must(run + " --force --out out");
    std::string text = must("digest out").out;
    text.pop_back();
    return "\"" + text + "\"";
  }

  Workplace const place;
};

// A table of moves with one scenario of one step.
std::string table_of(std::string const& factors, std::map<std::string, std::string> const& moves) {
  std::string head = "scenario,step", row = "0,1";
  std::vector<std::string> const rows = lines_of(factors);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    std::string const name = rows[i].substr(0, rows[i].find(','));
    head += "," + name;
    row += "," + (moves.contains(name) ? moves.at(name) : "0");
  }
  return head + "\n" + row + "\n";
}

TEST_F(Ask, AShockIsARunOfOneScenario) {
  std::ifstream stream(defaults + "/factors.csv");
  std::string const factors{std::istreambuf_iterator<char>(stream), {}};
  using Moves = std::map<std::string, std::string>;
  std::vector<Moves> const shocks = {{{"BTC", "-0.3"}, {"ETH", "-0.2"}},
                                     {{"BTC", "0.25"}},
                                     {{"SOL", "-0.6"}, {"BTC", "-0.05"}, {"XRP", "0.4"}},
                                     {{"ETH", "-0.999"}, {"BTC", "-0.98"}},
                                     {{"DOGE", "1e3"}}};
  std::size_t breaches = 0;
  for (Moves const& moves : shocks) {
    std::string question = "shock";
    for (auto const& [name, move] : moves) question += " " + name + "=" + move;
    place.write("moves.csv", table_of(factors, moves));
    std::string const answer = asked({question}).front();
    for (char const* const engine : {"reference", "simd"}) {
      std::string const run = must("run " + inputs +
                                   "--moves moves.csv --json --force --out out "
                                   "--engine " +
                                   engine)
                                  .out;
      EXPECT_EQ(field(answer, "pools_in_breach"), field(run, "flagged_pools")) << question;
      EXPECT_EQ(field(answer, "accounts_in_breach"), field(run, "flagged_accounts")) << question;
      EXPECT_EQ(field(answer, "shortfall"), field(run, "worst", "\"total_shortfall\"")) << question;
      for (char const* const name : {"house", "client omnibus", "client segregated"})
        EXPECT_EQ(field(answer, name, "\"shortfall_by_class\""),
                  field(run, "worst", std::string("\"") + name + "\":{\"scenarios_with\""))
            << question << ", " << name;
      EXPECT_EQ(field(answer, "undefined_pools"), field(run, "undefined_cells")) << question;
    }
    breaches += std::stoul(field(answer, "pools_in_breach"));
  }
  EXPECT_GT(breaches, 50u) << "nothing fell";
}

TEST_F(Ask, WithoutAMoveEveryPoolIsWhatValueSays) {
  std::string const answer = asked({"shock BTC=0 worst all"}).front();
  std::map<std::string, std::string> excess;
  for (std::size_t at = answer.find("{\"pool\":"); at != std::string::npos;
       at = answer.find("{\"pool\":", at + 1)) {
    std::string const pool = answer.substr(at, answer.find('}', at) - at + 1);
    excess[field(pool, "pool")] = field(pool, "excess");
    EXPECT_EQ(field(pool, "excess"), field(pool, "excess_tonight"));
  }
  std::vector<std::string> const rows = lines_of(must("value " + inputs + "--format csv").out);
  ASSERT_EQ(rows.size(), 601u);
  EXPECT_EQ(excess.size(), 600u);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    std::vector<std::string> cells;
    std::istringstream row(rows[i]);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    EXPECT_EQ(std::stod(excess["\"" + cells[2] + "\""]), std::stod(cells[6])) << rows[i];
  }
}

TEST_F(Ask, ScenariosAreARun) {
  std::vector<std::string> const answers =
      asked({"scenarios 300", "shock BTC=-0.3", "scenarios 200 seed 7 steps 3 days 5 tails all",
             "scenarios 300"});
  std::string const first = digest("run " + inputs + "--scenarios 300");
  EXPECT_EQ(field(answers[0], "digest"), first);
  EXPECT_EQ(field(answers[2], "digest"), digest("run " + inputs +
                                                "--scenarios 200 --seed 7 --steps 3 "
                                                "--horizon-days 5 --tails all"));
  EXPECT_EQ(content(answers[3]), content(answers[0]));
  std::string summary = must("run " + inputs + "--scenarios 300 --json --force --out out").out;
  summary.pop_back();
  EXPECT_NE(answers[0].find("\"summary\":" + summary), std::string::npos) << answers[0];
  EXPECT_EQ(field(answers[0], "expected_shortfall"), field(summary, "value", "\"mean\""));
}

TEST_F(Ask, NoFigureHangsOnThreads) {
  std::vector<std::string> const questions = {"shock BTC=-0.3 ETH=-0.4 worst 25", "scenarios 100"};
  std::vector<std::string> const one = asked(questions, "--threads 1");
  std::vector<std::string> const three = asked(questions, "--threads 3");
  for (std::size_t i = 0; i < questions.size(); ++i) EXPECT_EQ(content(one[i]), content(three[i]));
}

TEST_F(Ask, OtherRulesForOneQuestionOrFromThenOn) {
  std::string rules = place.read("rules.toml");
  std::string const name = "name = \"default\"";
  rules.replace(rules.find(name), name.size(), "name = \"no gains\"\ncounts_gains = false");
  rules = std::regex_replace(rules, std::regex("\ncounts_gains = true"), "");
  place.write("other.toml", rules);
  std::string const both = "rules rules.toml other.toml";
  std::vector<std::string> const answers =
      asked({"shock BTC=-0.2", "with other.toml shock BTC=-0.2", "shock BTC=-0.2",
             "rules other.toml", "shock BTC=-0.2", "scenarios 150", both, "shock BTC=-0.2",
             "scenarios 150", "reset", "shock BTC=-0.2", "with other.toml pool A0000003"});
  EXPECT_NE(field(answers[0], "shortfall"), field(answers[1], "shortfall"));
  EXPECT_EQ(content(answers[2]), content(answers[0]));
  EXPECT_EQ(content(answers[4]), content(answers[1]));
  EXPECT_EQ(content(answers[10]), content(answers[0]));
  std::string const run = "run --book book.h5 --market market.h5 --scenarios 150 --rules ";
  EXPECT_EQ(field(answers[5], "digest"), digest(run + "other.toml"));
  EXPECT_EQ(field(answers[8], "digest"), digest(run + "rules.toml other.toml"));
  std::string const pack_of_first = answers[0].substr(answers[0].find("{\"rules\""));
  std::string const only = pack_of_first.substr(0, pack_of_first.find("]}]") + 2);
  EXPECT_NE(answers[7].find(only), std::string::npos);
  EXPECT_EQ(field(answers[11], "rules"), "\"no gains\"");
}

// The sample book, whose changes can be written down by hand.
class AskAboutChanges : public BadInput {
 protected:
  std::vector<std::string> asked(std::string const& book, std::string const& rules,
                                 std::vector<std::string> const& questions) const {
    std::string text;
    for (std::string const& question : questions) text += question + "\n";
    place.write("questions.txt", text);
    Outcome const outcome = place.plimsoll("ask --book " + book + " --market market.h5 --rules " +
                                           rules + " --questions questions.txt");
    EXPECT_EQ(outcome.code, 0) << outcome.err << outcome.out;
    std::vector<std::string> answers = lines_of(outcome.out);
    answers.resize(questions.size());
    return answers;
  }

  // The book as five trades leave it.
  void write_changed() const {
    double const realised = 20000.0 * (1.0 / 62500.0 - 1.0 / 64000.0);
    place.write("positions.csv",
                "account,pool,instrument,quantity,entry_price\n"
                "alice,cross,BTC/USDT:USDT,2,60500\nalice,cross,ETH/USDT:USDT,-10,3100\n"
                "bob,isolated:scalp,BTC/USDT:USDT,-1,65000\n"
                "dave,cross,ETH/USDT:USDT,5,3000\n"
                "erin,cross,BTC/USD:BTC,1000,62500\n");
    std::ostringstream balances;
    balances.precision(17);
    balances << "account,pool,asset,amount\nalice,cross,USDT,10000\nalice,cross,BTC,0.5\n"
                "bob,cross,USDT,2000\nbob,isolated:scalp,USDT,5000\ncarol,cross,BTC,2\n"
                "carol,cross,USDT,2000\ndave,cross,ETH,10\ndave,cross,USDT,-15000\nerin,cross,BTC,"
             << 1.0 + realised << "\n";
    place.write("balances.csv", balances.str());
    std::string command = import_book;
    Outcome const outcome = place.plimsoll(command.replace(command.find("made.h5"), 7, "new.h5"));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  std::vector<std::string> const trades = {
      "change alice BTC/USDT:USDT 2 61000", "change bob/scalp BTC/USDT:USDT -1 65000",
      "change carol BTC/USDT:USDT 0 65000", "change dave ETH/USDT:USDT 5",
      "change erin BTC/USD:BTC 1000 64000"};

  // Whether the trades, undone and made again, make the book that was imported so.
  void expect_same_book(std::string const& rules) const {
    std::vector<std::string> const what = {"shock BTC=-0.15 ETH=0.1 worst all",
                                           "scenarios 80",
                                           "pool alice",
                                           "pool bob/scalp",
                                           "pool carol",
                                           "pool dave",
                                           "pool erin"};
    std::vector<std::string> questions = what;
    questions.insert(questions.end(), trades.begin(), trades.end());
    questions.insert(questions.end(), what.begin(), what.end());
    for (std::size_t i = 0; i < trades.size(); ++i) questions.push_back("undo");
    questions.insert(questions.end(), what.begin(), what.end());
    questions.insert(questions.end(), trades.begin(), trades.end());
    questions.push_back("reset");
    questions.insert(questions.end(), what.begin(), what.end());
    std::vector<std::string> const answers = asked("book.h5", rules, questions);
    std::vector<std::string> const old = asked("book.h5", rules, what);
    std::vector<std::string> const fresh = asked("new.h5", rules, what);
    auto const same = [](std::string const& a, std::string const& b) {
      std::regex const changes("\"changes\":[0-9]+,");
      EXPECT_EQ(std::regex_replace(content(a), changes, ""),
                std::regex_replace(content(b), changes, ""));
    };
    std::size_t const n = what.size(), t = trades.size();
    for (std::size_t i = 0; i < n; ++i) {
      if (i < 2) {
        EXPECT_NE(content(old[i]), content(fresh[i])) << what[i];
      }
      same(answers[i], old[i]);
      same(answers[n + t + i], fresh[i]);
      same(answers[2 * n + 2 * t + i], old[i]);
      same(answers[3 * n + 3 * t + 1 + i], old[i]);
    }
    std::string const run = place
                                .plimsoll("run --book new.h5 --market market.h5 --rules " + rules +
                                          " --scenarios 80 --force --out out")
                                .err;
    std::string digest = place.plimsoll("digest out").out;
    digest.pop_back();
    EXPECT_EQ(field(answers[n + t + 1], "digest"), "\"" + digest + "\"") << run;
  }
};

TEST_F(AskAboutChanges, AreTheBookThatWouldHaveBeenImported) {
  write_changed();
  expect_same_book("rules.toml");
}

TEST_F(AskAboutChanges, SayWhatTheyDoToTheirPool) {
  write_changed();
  std::vector<std::string> const pools = {"pool alice", "pool bob/scalp", "pool carol", "pool dave",
                                          "pool erin"};
  std::vector<std::string> const old = asked("book.h5", "rules.toml", pools);
  std::vector<std::string> const fresh = asked("new.h5", "rules.toml", pools);
  std::vector<std::string> const answers = asked("book.h5", "rules.toml", trades);
  auto const margin = [](std::string const& text, std::string const& from) {
    EXPECT_NE(text.find(from), std::string::npos) << text;
    return text.substr(text.find(from) + from.size(), 60);
  };
  std::string const of_pool = "\"rules\":\"worked example\",";
  for (std::size_t i = 0; i < trades.size(); ++i) {
    EXPECT_EQ(margin(answers[i], "\"before\":{"), margin(old[i], of_pool));
    EXPECT_EQ(margin(answers[i], "\"after\":{"), margin(fresh[i], of_pool));
  }
}

TEST_F(AskAboutChanges, AlsoWhereRulesLookAtTheWholeBook) {
  place.write("total.toml",
              "name = \"by total\"\ndate = \"2026-01-01\"\nsources = [\"made by hand\"]\n"
              "counts_gains = true\n[[haircuts]]\nasset = \"*\"\n"
              "weights = { asset = 0.9, liability = 1.1 }\n"
              "by_total = { deposit_start = 10000, borrow_start = 1000 }\n"
              "[[schedules]]\nname = \"all\"\nunit = \"currency\"\n"
              "brackets = [{ floor = 0, rate = 0.01 }]\n"
              "[[instruments]]\nmatch = \"*\"\nschedule = \"all\"\n");
  write_changed();
  expect_same_book("total.toml");
}

TEST_F(AskAboutChanges, MoveNoMoneyTonightAtTheMark) {
  std::vector<std::string> const answers = asked(
      "book.h5", "rules.toml",
      {"change alice BTC/USDT:USDT 3", "change erin BTC/USD:BTC 9000", "pool alice", "pool erin"});
  for (std::size_t i = 0; i < 2; ++i) {
    double const before = std::stod(field(answers[i], "equity", "\"before\""));
    double const after = std::stod(field(answers[i], "equity", "\"after\""));
    EXPECT_NEAR(before, after, 1e-9 * before) << answers[i];
    EXPECT_LT(std::stod(field(answers[i], "requirement", "\"before\"")),
              std::stod(field(answers[i], "requirement", "\"after\"")));
  }
}

TEST_F(AskAboutChanges, ShocksHaveNamesInATable) {
  place.write("shocks.csv", "name,ETH,BTC\n\"black day\",-0.4,-0.3\nwinter,,-0.5\n");
  place.write(
      "questions.txt",
      "shocks\nshock \"black day\"\nshock BTC=-0.3 ETH=-0.4\nshock winter\nshock BTC=-0.5\n");
  Outcome const outcome =
      place.plimsoll("ask " + inputs + "--shocks shocks.csv --questions questions.txt");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::vector<std::string> const answers = lines_of(outcome.out);
  ASSERT_EQ(answers.size(), 5u);
  EXPECT_NE(answers[0].find("\"winter\":{\"BTC\":-0.5}"), std::string::npos) << answers[0];
  auto const packs = [](std::string const& answer) {
    return content(answer.substr(answer.find("\"packs\"")));
  };
  EXPECT_EQ(packs(answers[1]), packs(answers[2]));
  EXPECT_EQ(packs(answers[3]), packs(answers[4]));
  EXPECT_NE(packs(answers[1]), packs(answers[3]));
  std::map<std::string, std::string> const wrong = {{"name,BTX\na,1\n", "'BTX' is no factor"},
                                                    {"BTC\n1\n", "name"},
                                                    {"name,BTC\na,-1\n", "row 2, column 'BTC'"},
                                                    {"name,BTC\na,x\n", "row 2, column 'BTC'"},
                                                    {"name,BTC\na,1\na,2\n", "row 3"},
                                                    {"name,BTC\nworst,1\n", "row 2"},
                                                    {"name,BTC\na=1,1\n", "row 2, column 'name'"}};
  for (auto const& [table, said] : wrong) {
    place.write("shocks.csv", table);
    expect_refused(place, table, "ask " + inputs + "--shocks shocks.csv", {"shocks.csv", said});
  }
}

TEST_F(AskAboutChanges, AWrongQuestionIsAnsweredAndTheSessionGoesOn) {
  std::string const good = "shock BTC=-0.1 worst all";
  std::vector<std::pair<std::string, std::string>> const wrong = {
      {"nonsense", "help"},
      {"shock", "BTC=-0.3"},
      {"shock USDT=-0.1", "constant"},
      {"shock BTX=-0.1", "BTC, ETH"},
      {"shock =-0.1", "no factor"},
      {"shock BTC=", "not a number"},
      {"shock BTC=nan", "not a number"},
      {"shock BTC=inf", "not a number"},
      {"shock BTC=1e999", "not a number"},
      {"shock BTC=-1", "-0.3 is -30 %"},
      {"shock BTC=-30%", "not a number"},
      {"shock BTC=-0.1 BTC=-0.2", "twice"},
      {"shock winter", "--shocks"},
      {"shock BTC=-0.1 worst", "nothing follows"},
      {"shock BTC=-0.1 worst -1", "whole numbers"},
      {"shock BTC=-0.1 worst 1.5", "whole numbers"},
      {"shock BTC=-0.1 days 0", "365"},
      {"shock BTC=-0.1 days 1e9", "365"},
      {"shock BTC=-0.1 loudly", "loudly"},
      {"scenarios", "scenarios 1000"},
      {"scenarios 0", "scenarios"},
      {"scenarios -5", "scenarios"},
      {"scenarios 1e6", "scenarios"},
      {"scenarios 1099511627776", "memory"},
      {"scenarios 10 steps 65", "steps"},
      {"scenarios 10 tails some", "flagged"},
      {"scenarios 10 at once", "at"},
      {"pool", "one name"},
      {"pool nobody", "no pool"},
      {"pool alice bob", "one name"},
      {"change alice BTC/USDT:USDT", "change POOL INSTRUMENT QUANTITY"},
      {"change nobody BTC/USDT:USDT 1", "no pool"},
      {"change alice GOLD 1", "no instrument"},
      {"change alice BTC/USDT:USDT 1", "already"},
      {"change alice BTC/USDT:USDT 1e300", ""},
      {"change alice BTC/USDT:USDT 1e13", ""},
      {"change alice BTC/USDT:USDT 2 0", "positive price"},
      {"change alice BTC/USDT:USDT 2 -1", "positive price"},
      {"change erin BTC/USD:BTC 1 1e-310", ""},
      {"undo", "nothing was changed"},
      {"undo twice", "help"},
      {"rules nowhere.toml", "nowhere.toml"},
      {"rules rules.toml rules.toml", "given twice"},
      {"with rules.toml", "question"},
      {"with nowhere.toml " + good, "nowhere.toml"},
      {"with rules.toml change alice BTC/USDT:USDT 2", "help"},
      {"pool \"alice", "not closed"},
      {std::string("pool \0 alice", 12), "control"},
      {"pool \x1b[31m", "control"},
      {"pool \xff\xfe", "UTF-8"},
      {"pool " + std::string(200000, 'a'), "too long"}};
  std::string text = good + "\n# a remark\n\n";
  for (auto const& [question, said] : wrong) text += question + "\n" + good + "\n";
  place.write("questions.txt", text + "quit\n" + good + "\n");
  Outcome const outcome = place.plimsoll("ask " + inputs + "--questions questions.txt");
  EXPECT_EQ(outcome.code, 3);  // one needs more memory than there is; the others are wrong
  std::vector<std::string> const answers = lines_of(outcome.out);
  ASSERT_EQ(answers.size(), 2 + 2 * wrong.size()) << outcome.out << outcome.err;
  EXPECT_EQ(field(answers[0], "line"), "1");
  EXPECT_EQ(field(answers[1], "line"), "4");
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    std::string const& answer = answers[1 + 2 * i];
    EXPECT_NE(answer.find("\"error\":"), std::string::npos) << wrong[i].first << answer;
    EXPECT_NE(answer.find("Hint: "), std::string::npos) << wrong[i].first << answer;
    EXPECT_NE(answer.find(wrong[i].second), std::string::npos) << wrong[i].first << answer;
    EXPECT_EQ(content(answers[2 + 2 * i]), content(answers[0])) << wrong[i].first;
  }
  EXPECT_EQ(field(answers.back(), "question"), "\"quit\"");
}

TEST_F(AskAboutChanges, QuestionsComeFromStandardInputToo) {
  place.write("q", "shock BTC=-0.1\nshock BTX=1");  // no line feed at the end
  Outcome const outcome = place.plimsoll("ask " + inputs, "sh -c 'exec \"$0\" \"$@\" <q'");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(lines_of(outcome.out).size(), 2u) << outcome.out;
  EXPECT_NE(outcome.err.find("5 accounts, 6 pools"), std::string::npos) << outcome.err;
  Outcome const text = place.plimsoll("ask --format text " + inputs + "--questions q");
  EXPECT_EQ(text.code, 2);
  EXPECT_NE(text.out.find("line 2: 'BTX'"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("shock BTC -10 % over 1 day"), std::string::npos) << text.out;
}

TEST_F(AskAboutChanges, WhatItIsGivenIsChecked) {
  expect_refused(place, "questions", "ask " + inputs + "--questions none.txt", {"none.txt"});
  expect_refused(place, "book", "ask --book none.h5 --market market.h5 --rules rules.toml",
                 {"none.h5"});
  expect_refused(place, "engine", "ask " + inputs + "--engine abacus", {"abacus"});
  expect_refused(place, "threads", "ask " + inputs + "--threads -1", {"threads"});
  place.write("questions.txt", "shock BTC=-0.1\nshock BTC=-0.1\n");
  Outcome const full = place.plimsoll("ask " + inputs + "--questions questions.txt",
                                      "sh -c 'exec \"$0\" \"$@\" >/dev/full'");
  EXPECT_EQ(full.code, 3) << full.err;
  EXPECT_NE(full.err.find("Hint: "), std::string::npos) << full.err;
}

}  // namespace
}  // namespace plimsoll
