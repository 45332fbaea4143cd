#include "host/exposure_text.hpp"

#include <fmt/format.h>

#include <utility>

#include "host/csv.hpp"
#include "host/figure_text.hpp"
#include "host/markup.hpp"
#include "models/sampling.hpp"

namespace plimsoll {
namespace {

// Counts and sums of ticks as people read them.
class Figures {
 public:
  explicit Figures(std::uint64_t scenarios) : scenarios_(scenarios) {}

  double share(double count) const { return count / static_cast<double>(scenarios_); }
  double share(std::uint64_t count) const { return share(static_cast<double>(count)); }
  double share(std::int64_t count) const { return share(static_cast<double>(count)); }
  double mean(TickSum sum) const { return share(currency(sum)); }
  double tail(PassageCount const& count) const {
    return currency(count.tail_loss) /
           static_cast<double>(tail_count(scenarios_, tail_level_per_mille[0]));
  }
  Estimate estimate(std::uint64_t count) const {
    Interval const interval = wilson_interval(count, scenarios_);
    return {share(count), interval.low, interval.high};
  }
  std::string percent(std::uint64_t count) const { return percent_text(share(count)); }
  std::string signed_percent(std::int64_t count) const {
    std::string const size = percent_text(share(count < 0 ? -count : count));
    return (count < 0 ? "-" : count > 0 ? "+" : "") + size;
  }

 private:
  std::uint64_t scenarios_;
};

class Table : public ExposureWriter {
 public:
  Table(std::ostream& out, Book const& book, ExposureHead head)
      : out_(out), book_(book), head_(std::move(head)), figures_(head_.scenarios) {
    out_ << fmt::format("rules {}, {} ({}), {} scenarios, {}\n", head_.rules,
                        counted(head_.pools, "pool", "pools"), head_.selection,
                        count_text(head_.scenarios), book_.reporting_currency);
  }

  void add(PoolExposure const& found) override {
    PassageCount const isolated = found.isolated();
    breaches_ += found.as_is.breaches;
    any_ += found.any_isolated;
    shortfall_ += found.as_is.shortfall;
    isolated_ += isolated.shortfall;
    out_ << fmt::format("\npool {} of account {}\n", plain_name(book_.pools.name[found.pool], 40),
                        plain_name(book_.accounts.name[book_.pools.account[found.pool]], 40));
    if (found.positions.empty()) {
      out_ << fmt::format("  no positions; in breach {} of scenarios\n",
                          figures_.percent(found.as_is.breaches));
      return;
    }
    out_ << fmt::format("  {:<26} {:>12} {:>20} {:>10} {:>16} {:>16}\n", "", "P(breach)",
                        "95 % interval", "expected", "mean shortfall", "ES 99 %");
    row("as it is", found.as_is.breaches, found.as_is, figures_.share(found.as_is.breaches));
    row("every position isolated", found.any_isolated, isolated, figures_.share(isolated.breaches));
    out_ << fmt::format("  in breach only because they share: {}; spared because they share: {}\n",
                        figures_.percent(found.dragged_down()), figures_.percent(found.spared()));
    out_ << fmt::format("  {:<26} {:>16} {:>9} {:>12} {:>14} {:>12} {:>10}\n", "position", "need",
                        "share", "P(isolated)", "dragged along", "P(without)", "drag");
    for (PositionExposure const& p : found.positions)
      out_ << fmt::format("  {:<26} {:>16} {:>9} {:>12} {:>14} {:>12} {:>10}\n",
                          plain_name(book_.instruments.name[p.instrument], 26),
                          decimal_text(p.need, 2), percent_text(p.share),
                          figures_.percent(p.isolated.breaches),
                          figures_.percent(p.dragged_along()), figures_.percent(p.without.breaches),
                          figures_.signed_percent(p.drag(found.as_is)));
  }

  void finish() override {
    if (head_.pools < 2) return;
    out_ << fmt::format(
        "\nall {} pools: in breach per scenario {} as they are, {} with every position isolated;\n"
        "mean shortfall {} as they are, {} isolated\n",
        count_text(head_.pools), decimal_text(figures_.share(breaches_), 4),
        decimal_text(figures_.share(any_), 4), decimal_text(figures_.mean(shortfall_), 2),
        decimal_text(figures_.mean(isolated_), 2));
  }

 private:
  void row(char const* what, std::uint64_t breaches, PassageCount const& count, double expected) {
    out_ << fmt::format("  {:<26} {:>12} {:>20} {:>10} {:>16} {:>16}\n", what,
                        figures_.percent(breaches), percent_interval(figures_.estimate(breaches)),
                        decimal_text(expected, 4), decimal_text(figures_.mean(count.shortfall), 2),
                        decimal_text(figures_.tail(count), 2));
  }

  std::ostream& out_;
  Book const& book_;
  ExposureHead head_;
  Figures figures_;
  std::uint64_t breaches_ = 0, any_ = 0;
  TickSum shortfall_, isolated_;
};

class Csv : public ExposureWriter {
 public:
  Csv(std::ostream& out, Book const& book, ExposureHead head)
      : out_(out), book_(book), head_(std::move(head)), figures_(head_.scenarios) {
    out_ << "rules,account,pool,position,need,share,breach,isolated_breach,without_breach,drag,"
            "expected_isolated_breaches,only_shared_breach,only_isolated_breach,mean_shortfall,"
            "isolated_mean_shortfall,without_mean_shortfall,expected_shortfall,"
            "isolated_expected_shortfall\n";
  }

  void add(PoolExposure const& found) override {
    PassageCount const isolated = found.isolated();
    begin(found.pool);
    out_ << fmt::format(",,,{},{},,,{},{},{},{},{},,{},{}\n", figures_.share(found.as_is.breaches),
                        figures_.share(found.any_isolated), figures_.share(isolated.breaches),
                        figures_.share(found.dragged_down()), figures_.share(found.spared()),
                        figures_.mean(found.as_is.shortfall), figures_.mean(isolated.shortfall),
                        figures_.tail(found.as_is), figures_.tail(isolated));
    for (PositionExposure const& p : found.positions) {
      begin(found.pool);
      out_ << fmt::format(
          "{},{},{},,{},{},{},,{},{},,{},{},,{}\n", csv_cell(book_.instruments.name[p.instrument]),
          p.need, p.share, figures_.share(p.isolated.breaches), figures_.share(p.without.breaches),
          figures_.share(p.drag(found.as_is)), figures_.share(p.dragged_along()),
          figures_.share(p.spared(found.as_is)), figures_.mean(p.isolated.shortfall),
          figures_.mean(p.without.shortfall), figures_.tail(p.isolated));
    }
  }
  void finish() override {}

 private:
  void begin(std::uint32_t pool) {
    out_ << fmt::format("{},{},{},", csv_cell(head_.rules),
                        csv_cell(book_.accounts.name[book_.pools.account[pool]]),
                        csv_cell(book_.pools.name[pool]));
  }

  std::ostream& out_;
  Book const& book_;
  ExposureHead head_;
  Figures figures_;
};

class Json : public ExposureWriter {
 public:
  Json(std::ostream& out, Book const& book, ExposureHead head)
      : out_(out), book_(book), head_(std::move(head)), figures_(head_.scenarios) {
    out_ << fmt::format(
        "{{\n  \"rules\": {}, \"currency\": {}, \"scenarios\": {}, \"selection\": {},\n"
        "  \"pools\": [",
        json_string(head_.rules), json_string(book_.reporting_currency), head_.scenarios,
        json_string(head_.selection));
  }

  void add(PoolExposure const& found) override {
    out_ << fmt::format(
        "{}\n    {{\"account\": {}, \"pool\": {},\n     \"as_is\": {},\n     \"isolated\": {},\n"
        "     \"only_shared_breaches\": {}, \"only_isolated_breaches\": {},\n     \"positions\": [",
        any_ ? "," : "", json_string(book_.accounts.name[book_.pools.account[found.pool]]),
        json_string(book_.pools.name[found.pool]), counts(found.as_is.breaches, found.as_is),
        counts(found.any_isolated, found.isolated(),
               fmt::format(", \"expected_breaches\": {}",
                           json_number(figures_.share(found.isolated().breaches)))),
        found.dragged_down(), found.spared());
    char const* comma = "";
    for (PositionExposure const& p : found.positions) {
      out_ << fmt::format(
          "{}\n       {{\"position\": {}, \"need\": {}, \"share\": {}, \"drag\": {},\n"
          "        \"only_shared_breaches\": {}, \"only_isolated_breaches\": {},\n"
          "        \"isolated\": {},\n        \"without\": {}}}",
          comma, json_string(book_.instruments.name[p.instrument]), json_number(p.need),
          json_number(p.share), json_number(figures_.share(p.drag(found.as_is))), p.dragged_along(),
          p.spared(found.as_is), counts(p.isolated.breaches, p.isolated), without(p.without));
      comma = ",";
    }
    out_ << "]}";
    any_ = true;
  }
  void finish() override { out_ << "\n  ]\n}\n"; }

 private:
  std::string without(PassageCount const& count) const {
    return fmt::format("{{\"breaches\": {}, \"probability\": {}, \"mean_shortfall\": {}}}",
                       count.breaches, json_number(figures_.share(count.breaches)),
                       json_number(figures_.mean(count.shortfall)));
  }
  std::string counts(std::uint64_t breaches, PassageCount const& count,
                     std::string const& more = "") const {
    Estimate const estimate = figures_.estimate(breaches);
    return fmt::format(
        "{{\"breaches\": {}, \"probability\": {}, \"low\": {}, \"high\": {}{}, "
        "\"mean_shortfall\": {}, \"expected_shortfall\": {}}}",
        breaches, json_number(estimate.value), json_number(estimate.low),
        json_number(estimate.high), more, json_number(figures_.mean(count.shortfall)),
        json_number(figures_.tail(count)));
  }

  std::ostream& out_;
  Book const& book_;
  ExposureHead head_;
  Figures figures_;
  bool any_ = false;
};

}  // namespace

std::unique_ptr<ExposureWriter> ExposureWriter::make(std::ostream& out, Book const& book,
                                                     ExposureHead head, TableFormat format) {
  if (format == TableFormat::csv) return std::make_unique<Csv>(out, book, std::move(head));
  if (format == TableFormat::json) return std::make_unique<Json>(out, book, std::move(head));
  return std::make_unique<Table>(out, book, std::move(head));
}

}  // namespace plimsoll
