// What comes and goes with time: requirements that end when their contract settles, funding, and
// interest on what is owed. All are charges on rows of their own.
// Method: docs/rules.md, "Until a contract settles" and "Funding and interest".
#include <limits>

#include "host/resolve_parts.hpp"

namespace plimsoll {
namespace {

constexpr double everywhere = -std::numeric_limits<double>::infinity();

double funding_of(RulePack const& rules, std::string const& instrument) {
  for (FundingRate const& funding : rules.funding)
    if (matches(funding.instrument, instrument)) return funding.rate;
  return 0.0;
}

}  // namespace

// Which requirements end within the run, and what pays as time goes by.
void ResolvedBook::find_timed(Rules& rules) {
  Book const& book = rules.book;
  Book::Instruments const& instruments = book.instruments;
  for (std::uint32_t i = 0; i < instruments.name.size(); ++i) {
    double const days = instruments.days_to_expiry[i];
    bool const ends =
        days > 0.0 &&
        rules.pack.schedules[schedule_of(rules.pack, instruments.name[i])].until_expiry;
    last_step_.push_back(
        ends ? step_of_expiry(days / days_per_year, shape_.years_per_step, shape_.steps) : 0);
    funding_.push_back(shape_.steps == 0 || is_option(instruments.kind[i]) ||
                               instruments.kind[i] == InstrumentKind::spot
                           ? 0.0
                           : funding_of(rules.pack, instruments.name[i]));
    rules.timed = rules.timed || is_timed(i);
  }
  for (std::string const& asset : book.assets)
    rules.timed =
        rules.timed || (shape_.steps > 0 && haircut_of(rules.pack, asset).borrow_interest > 0.0);
}

bool ResolvedBook::is_timed(std::uint32_t instrument) const {
  return last_step_[instrument] != 0 || funding_[instrument] != 0.0;
}

bool ResolvedBook::ends_within_run(std::uint32_t instrument) const {
  return last_step_[instrument] != 0;
}

// The row of a charge for a contract: `row`, or until the contract settles.
std::uint32_t ResolvedBook::charged_row(std::uint32_t instrument, std::uint32_t row) const {
  return ends_within_run(instrument) ? running_row_[instrument] : row;
}

// Rows of what ends and of what grows; those that they are values of are stored before them.
void ResolvedBook::add_timed(Rules const& rules) {
  Book const& book = rules.book;
  auto const count = static_cast<std::uint32_t>(book.instruments.name.size());
  running_row_.assign(count, no_index);
  aged_row_.assign(count, no_index);
  interest_row_.assign(assets(), no_index);
  auto const add = [this](RowKind kind, std::uint32_t of, std::uint32_t instrument,
                          double years = 0.0) {
    OptionRow figures{};
    figures.years = years;
    option_.push_back(figures);
    std::uint32_t const root = of < assets_ ? of : row_underlying_[of];
    std::uint32_t const row = add_row(kind, root, of, 1.0);
    row_instrument_.back() = instrument;
    return row;
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    if (ends_within_run(i))
      running_row_[i] =
          add(RowKind::running, written_row_[i] == no_index ? instrument_row_[i] : written_row_[i],
              i, last_step_[i] * shape_.years_per_step);
    if (funding_[i] != 0.0) aged_row_[i] = add(RowKind::aged, instrument_row_[i], i);
  }
  for (std::uint32_t asset = 0; asset < assets(); ++asset)
    if (haircut_of(rules.pack, book.assets[asset]).borrow_interest > 0.0)
      interest_row_[asset] = add(RowKind::aged, asset, no_index);
}

// Of one pool, whose balances begin at `first_balance`.
void ResolvedBook::add_timed_charges(Rules const& rules, std::vector<Contract> const& contracts,
                                     std::uint32_t pool, std::uint64_t first_balance) {
  Book const& book = rules.book;
  std::uint32_t const all = curves_.add({{everywhere, 1.0, 0.0}});
  for (Contract const& contract : contracts) {
    std::uint32_t const i = contract.instrument;
    if (contract.quantity == 0.0) continue;
    Fill const own = fill(rules, i, contract.quantity);
    Requirement const& requirement = rules.requirements[i];
    if (ends_within_run(i) && !contract.has_orders() && option_standard(requirement) == nullptr)
      add_charge(running_row_[i], own.weight, own_curve(rules, contract, own.size),
                 ChargeCause::until_settled);
    if (own.size * funding_[i] > 0.0)
      add_charge(aged_row_[i], own.weight * magnitude(funding_[i]), all, ChargeCause::funding);
  }
  for (std::uint64_t b = first_balance;
       b < book.balances.pool.size() && book.balances.pool[b] == pool; ++b) {
    std::uint32_t const asset = book.balances.asset[b];
    if (interest_row_[asset] == no_index || !(book.balances.amount[b] < 0.0)) continue;
    add_charge(interest_row_[asset],
               book.balances.amount[b] * haircut_of(rules.pack, book.assets[asset]).borrow_interest,
               all, ChargeCause::interest);
  }
}

}  // namespace plimsoll
