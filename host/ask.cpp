#include "host/ask.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "host/answer_text.hpp"
#include "host/csv.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/explain.hpp"
#include "host/figure_text.hpp"
#include "host/markup.hpp"
#include "host/output_file.hpp"
#include "host/question.hpp"
#include "host/result_store.hpp"
#include "host/summary.hpp"

namespace plimsoll {
namespace {

constexpr std::size_t listed = 10;
constexpr double longest_days = 365.0;

constexpr std::string_view help_text =
    "shock FACTOR=MOVE ... [days D] [worst N | worst all]   every pool under a shock; -0.3 is -30 "
    "%\n"
    "shock NAME [days D] [worst N | worst all]              a shock of --shocks by its name\n"
    "shocks                                                 those names\n"
    "scenarios N [seed S] [steps K] [days D] [tails T]      what `plimsoll run` finds\n"
    "pool NAME                                              one pool tonight\n"
    "change POOL INSTRUMENT QUANTITY [PRICE]                the position becomes QUANTITY "
    "contracts\n"
    "undo | reset                                           the last change | all, and the rules\n"
    "rules [PACK.toml ...]                                  lay other rules over the book, or name "
    "them\n"
    "with PACK.toml QUESTION                                other rules for a shock, scenarios, a "
    "pool\n"
    "help | quit\n"
    "A word with blanks stands in double quotes. Lines that begin with # are passed over.\n";

// A folder for one file, gone with the object.
class PassingFolder {
 public:
  PassingFolder() {
    path_ = (std::filesystem::temp_directory_path() / "plimsoll-ask-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) throw SystemError(failed_call("mkdtemp", path_, errno));
  }
  ~PassingFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  PassingFolder(PassingFolder const&) = delete;
  PassingFolder& operator=(PassingFolder const&) = delete;
  std::string file(std::string const& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string digest_of(Result const& result) {
  PassingFolder const folder;
  write_result(result, folder.file("results.h5"));
  return digest(folder.file("results.h5"));
}

InputError unknown_word(std::string const& word, std::string_view hint) {
  return InputError(shown(word), "is not understood here", "a question is made of known words",
                    hint);
}

std::string const& value_behind(std::vector<std::string> const& words, std::size_t& next) {
  if (next + 1 >= words.size())
    throw InputError(words[next], "nothing follows", "it needs a value", "see help");
  ++next;
  return words[next++];
}

double days_of(std::string const& word) {
  double const days = number_of("days", word);
  if (!(days > 0.0 && days <= longest_days))
    throw InputError("days", shown(word), "a length of time lies above 0 and up to 365 days",
                     "choose one");
  return days;
}

std::string names(std::vector<std::string> const& all, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i)
    out += (i == 0 ? "" : ", ") + plain_name(all[i], 32);
  return out + (all.size() > most ? ", ..." : "");
}

std::uint32_t factor_named(Market const& market, std::string const& name) {
  auto const found = std::find(market.factors.begin(), market.factors.end(), name);
  if (found != market.factors.end())
    return static_cast<std::uint32_t>(found - market.factors.begin());
  auto const& constants = market.constants.name;
  bool const constant = std::find(constants.begin(), constants.end(), name) != constants.end();
  throw InputError(shown(name), constant ? "is declared constant" : "is no factor of the market",
                   "how it moves with what is held is not known",
                   "name one of " + names(market.factors, 12));
}

// FACTOR=MOVE
std::pair<std::uint32_t, double> move_of(Market const& market, std::string const& word) {
  std::size_t const at = word.rfind('=');
  std::uint32_t const factor = factor_named(market, word.substr(0, at));
  double const simple = number_of(shown(word), word.substr(at + 1));
  if (!(simple > -1.0))
    throw InputError(shown(word), "a price cannot lose all of its value or more",
                     "moves are simple returns", "write fractions: -0.3 is -30 %");
  return {factor, simple};
}

std::size_t worst_of(std::string const& word, std::size_t pools) {
  if (word == "all") return pools;
  double const count = number_of("worst", word);
  if (!(count >= 0.0 && count == std::floor(count)))
    throw InputError("worst", shown(word), "pools are counted in whole numbers",
                     "write how many are listed, or all");
  return count >= static_cast<double>(pools) ? pools : static_cast<std::size_t>(count);
}

std::string with_number(std::uint64_t number, std::string const& json) {
  return fmt::format("{{\"line\":{},{}", number, json.substr(1));
}

}  // namespace

Answer Asked::answer(std::string_view line, std::uint64_t number) {
  auto const begin = std::chrono::steady_clock::now();
  Answer answer;
  try {
    Words const words = words_of(line);
    if (words.empty() || words[0].starts_with('#')) return {};
    answer = this->answer(words);
  } catch (InputError const& error) {
    answer = refused(ExitCode::wrong_input, error.what(), number);
  } catch (SystemError const& error) {
    answer = refused(ExitCode::machine, error.what(), number);
  } catch (MachineError const& error) {
    answer = refused(ExitCode::machine, error.what(), number);
  } catch (std::bad_alloc const&) {
    answer = refused(ExitCode::machine,
                     "not enough memory for this question. Hint: ask for fewer scenarios", number);
  }
  if (format_ == AnswerFormat::text) return answer;
  double const seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  answer.text.resize(answer.text.rfind('}'));
  answer.text = with_number(number, fmt::format("{},\"seconds\":{:.6f}}}\n", answer.text, seconds));
  return answer;
}

Answer Asked::refused(ExitCode code, std::string_view message, std::uint64_t number) const {
  std::string text = format_ == AnswerFormat::json
                         ? fmt::format("{{\"error\":{}}}\n", json_string(message))
                         : fmt::format("line {}: {}\n", number, message);
  return {std::move(text), false, code};
}

Answer Asked::answer(Words const& words) {
  std::string const& verb = words[0];
  if (words.size() == 1 && (verb == "quit" || verb == "exit"))
    return {format_ == AnswerFormat::json ? "{\"question\":\"quit\"}\n" : "", true};
  if (verb == "with") return {with(words)};
  if (verb == "rules") return {lay(words)};
  if (verb == "change") return {change(words)};
  if (words.size() == 1 && verb == "undo") return {undo(false)};
  if (words.size() == 1 && verb == "reset") return {undo(true)};
  if (words.size() == 1 && verb == "shocks") return {shocks()};
  if (words.size() == 1 && verb == "help") {
    if (format_ == AnswerFormat::text) return {std::string(help_text)};
    return {fmt::format("{{\"question\":\"help\",\"text\":{}}}\n", json_string(help_text))};
  }
  return {answer(words, book_.rules())};
}

std::string Asked::answer(Words const& words, LaidRules& rules) {
  if (words[0] == "shock") return shock(words, rules);
  if (words[0] == "scenarios") return scenarios(words, rules);
  if (words[0] == "pool") return pool(words, rules);
  throw InputError(shown(words[0]), "is no question, or has words behind it that it does not take",
                   "it is not known what is asked", "`help` lists the questions");
}

std::string Asked::with(Words const& words) {
  if (words.size() < 3)
    throw InputError("with", "a file of rules and a question must follow", "nothing is asked",
                     "with PACK.toml shock BTC=-0.3");
  LaidRules& rules = book_.other_rules({words[1]});
  return answer(Words(words.begin() + 2, words.end()), rules);
}

Shock Asked::shock_of(Words const& words, std::size_t& next) const {
  Shock shock;
  for (; next < words.size() && words[next].find('=') != std::string::npos; ++next) {
    auto const move = move_of(book_.market(), words[next]);
    bool const twice = std::any_of(shock.begin(), shock.end(),
                                   [&](auto const& known) { return known.first == move.first; });
    if (twice)
      throw InputError(shown(words[next]), "the factor stands twice",
                       "it is not known which move is meant", "leave one out");
    shock.push_back(move);
  }
  if (!shock.empty()) return shock;
  if (next >= words.size())
    throw InputError("shock", "no move follows", "nothing would move",
                     "write FACTOR=MOVE, such as BTC=-0.3, or the name of a shock");
  auto const found = shocks_.find(words[next]);
  if (found == shocks_.end())
    throw InputError(shown(words[next]), "is neither FACTOR=MOVE nor the name of a shock",
                     shocks_.empty() ? "no shocks were given by --shocks" : "--shocks lacks it",
                     "write FACTOR=MOVE, such as BTC=-0.3, or see `shocks`");
  ++next;
  return found->second;
}

std::string Asked::shock(Words const& words, LaidRules& rules) {
  std::size_t next = 1;
  Shock const shock = shock_of(words, next);
  double days = 1.0;
  std::size_t worst = listed;
  while (next < words.size()) {
    if (words[next] == "days")
      days = days_of(value_behind(words, next));
    else if (words[next] == "worst")
      worst = worst_of(value_behind(words, next), book_.book().pools.name.size());
    else
      throw unknown_word(words[next], "shock FACTOR=MOVE ... [days D] [worst N]");
  }
  std::vector<ShockFigures> const found = book_.shock(rules, shock, days, worst);
  std::string packs;
  bool const json = format_ == AnswerFormat::json;
  for (std::size_t p = 0; p < found.size(); ++p)
    packs += json ? (p == 0 ? "" : ",") + shock_json(book_.book(), rules.packs[p].name, found[p])
                  : shock_text(book_.book(), rules.packs[p].name, found[p]);
  if (json)
    return fmt::format(
        "{{\"question\":\"shock\",\"moves\":{{{}}},\"days\":{},\"changes\":{},\"packs\":[{}]}}\n",
        moves_json(book_.market(), shock), json_number(days), book_.changes().size(), packs);
  return fmt::format("shock {} over {}\n{}", moves_text(book_.market(), shock), days_text(days),
                     packs);
}

std::string Asked::scenarios(Words const& words, LaidRules& rules) {
  if (words.size() < 2)
    throw InputError("scenarios", "no number follows", "it is not known how many",
                     "scenarios 1000");
  RunConfig config = book_.config();
  config.scenarios = parse_count("scenarios", words[1]);
  for (std::size_t next = 2; next < words.size();) {
    std::string const& key = words[next];
    if (key == "seed")
      config.seed = parse_count("seed", value_behind(words, next));
    else if (key == "steps")
      config.steps = static_cast<std::uint32_t>(parse_count("steps", value_behind(words, next)));
    else if (key == "days")
      config.horizon_days = days_of(value_behind(words, next));
    else if (key == "tails")
      config.tails = parse_tails(value_behind(words, next));
    else
      throw unknown_word(key, "scenarios N [seed S] [steps K] [days D] [tails T]");
  }
  Result const result = book_.scenarios(rules, config);
  std::string const digest = digest_of(result);
  bool const json = format_ == AnswerFormat::json;
  std::string packs;
  for (std::size_t p = 0; p < result.packs.size(); ++p)
    packs += json ? (p == 0 ? "" : ",") + breaches_json(result, p) : breaches_text(result, p);
  if (!json) return fmt::format("{}\n{}digest {}\n", summary_table(result), packs, digest);
  std::string summary = summary_json(result);
  while (summary.ends_with('\n')) summary.pop_back();
  return fmt::format(
      "{{\"question\":\"scenarios\",\"scenarios\":{},\"steps\":{},\"horizon_days\":{},\"seed\":{},"
      "\"changes\":{},\"digest\":\"{}\",\"packs\":[{}],\"summary\":{}}}\n",
      config.scenarios, config.steps, json_number(config.horizon_days), config.seed,
      book_.changes().size(), digest, packs, summary);
}

std::uint32_t Asked::pool_of(std::string const& name) const {
  std::vector<std::string> const& pools = book_.book().pools.name;
  auto const found = std::find(pools.begin(), pools.end(), name);
  if (found == pools.end())
    throw InputError(shown(name), "no pool of that name", "the book does not hold it",
                     "the cross pool of an account has its name, others are ACCOUNT/NAME");
  return static_cast<std::uint32_t>(found - pools.begin());
}

std::string Asked::pool(Words const& words, LaidRules& rules) {
  if (words.size() != 2)
    throw InputError("pool", "one name must follow", "one pool is shown at a time",
                     "pool NAME, in double quotes where it holds blanks");
  std::uint32_t const pool = pool_of(words[1]);
  Book const& book = book_.book();
  LoadedBook::Part const part = book_.part_of(pool);
  std::string out, text;
  for (RulePack const& pack : rules.packs) {
    ResolvedBook const laid = book_.tonight(part, pack);
    std::string margin = margin_json(laid, part.pool);
    out += fmt::format("{}{{\"rules\":{},{}", out.empty() ? "" : ",", json_string(pack.name),
                       margin.substr(1));
    text += explain_today(part.book, pack, laid, part.pool).text;
  }
  if (format_ == AnswerFormat::text) return text;
  std::uint32_t const account = book.pools.account[pool];
  return fmt::format(
      "{{\"question\":\"pool\",\"pool\":{},\"account\":{},\"kind\":\"{}\",\"class\":{},\"packs\":[{"
      "}]}}"
      "\n",
      json_string(words[1]), json_string(book.accounts.name[account]),
      book.pools.kind[pool] == PoolKind::isolated ? "isolated" : "cross",
      json_string(book.classes[book.accounts.segregation_class[account]]), out);
}

std::string Asked::change(Words const& words) {
  if (words.size() != 4 && words.size() != 5)
    throw InputError("change", "pool, instrument, quantity and perhaps a price must follow",
                     "it is not known what changes", "change POOL INSTRUMENT QUANTITY [PRICE]");
  Book const& book = book_.book();
  std::uint32_t const pool = pool_of(words[1]);
  std::vector<std::string> const& instruments = book.instruments.name;
  auto const found = std::find(instruments.begin(), instruments.end(), words[2]);
  if (found == instruments.end())
    throw InputError(shown(words[2]), "no instrument of that name", "the book does not know it",
                     "name one of " + names(instruments, 12));
  auto const instrument = static_cast<std::uint32_t>(found - instruments.begin());
  double const quantity = number_of("quantity", words[3]);
  double const price = words.size() == 5 ? number_of("price", words[4]) : book_.mark_of(instrument);
  if (!(price > 0.0))
    throw InputError("price", shown(words[4]), "positions are opened at a positive price",
                     "leave it out for tonight's mark");
  LoadedBook::Part const before = book_.part_of(pool);
  book_.change(pool, instrument, quantity, price);
  LoadedBook::Part const after = book_.part_of(pool);
  std::string json, text;
  for (RulePack const& pack : book_.rules().packs) {
    ResolvedBook const was = book_.tonight(before, pack), is = book_.tonight(after, pack);
    json += fmt::format("{}{{\"rules\":{},\"before\":{},\"after\":{}}}", json.empty() ? "" : ",",
                        json_string(pack.name), margin_json(was, before.pool),
                        margin_json(is, after.pool));
    text += fmt::format("  rules {}\n    before  {}\n    after   {}\n", plain_name(pack.name, 60),
                        margin_text(was, before.pool), margin_text(is, after.pool));
  }
  if (format_ == AnswerFormat::text)
    return fmt::format("{} holds {} {}, traded at {}; {}\n{}", plain_name(words[1], 60), quantity,
                       plain_name(words[2], 40), price,
                       counted(book_.changes().size(), "change", "changes"), text);
  return fmt::format(
      "{{\"question\":\"change\",\"pool\":{},\"instrument\":{},\"quantity\":{},\"price\":{},"
      "\"changes\":{},\"packs\":[{}]}}\n",
      json_string(words[1]), json_string(words[2]), json_number(quantity), json_number(price),
      book_.changes().size(), json);
}

std::string Asked::undo(bool all) {
  if (all)
    book_.reset();
  else if (!book_.undo())
    throw InputError("undo", "nothing was changed", "there is nothing to take back",
                     "`change` changes a position");
  if (format_ == AnswerFormat::text)
    return fmt::format("{} left\n", counted(book_.changes().size(), "change", "changes"));
  return fmt::format("{{\"question\":\"{}\",\"changes\":{},\"rules\":[{}]}}\n",
                     all ? "reset" : "undo", book_.changes().size(), rules_named());
}

std::string Asked::lay(Words const& words) {
  if (words.size() > 1) book_.lay({words.begin() + 1, words.end()});
  if (format_ == AnswerFormat::json)
    return fmt::format("{{\"question\":\"rules\",\"rules\":[{}]}}\n", rules_named());
  std::string out;
  for (RulePack const& pack : book_.rules().packs)
    out += fmt::format("rules {} ({})\n", plain_name(pack.name, 80), pack.date);
  return out;
}

std::string Asked::rules_named() const {
  std::string out;
  for (RulePack const& pack : book_.rules().packs)
    out += (out.empty() ? "" : ",") + json_string(pack.name);
  return out;
}

std::string Asked::shocks() const {
  std::string json, text;
  for (auto const& [name, shock] : shocks_) {
    json += fmt::format("{}{}:{{{}}}", json.empty() ? "" : ",", json_string(name),
                        moves_json(book_.market(), shock));
    text += fmt::format("{:<24} {}\n", plain_name(name, 24), moves_text(book_.market(), shock));
  }
  if (format_ == AnswerFormat::json)
    return fmt::format("{{\"question\":\"shocks\",\"shocks\":{{{}}}}}\n", json);
  return text.empty() ? "no shocks were given by --shocks\n" : text;
}

}  // namespace plimsoll
