// Rows that credits move with: how far a price is off its peg, how much wilder it has become, how
// far what has been lent of an asset is beyond where debts begin to weigh more.
// Method: docs/rules.md, "Haircuts that move" and "Weights by total"; docs/models.md.
#include <algorithm>

#include "host/book_totals.hpp"
#include "host/error.hpp"
#include "host/resolve_parts.hpp"

namespace plimsoll {
namespace {

bool moves_haircuts(CollateralFigures const& figures) {
  return figures.off_peg || figures.by_volatility;
}

HaircutMove move_of(CollateralFigures const& figures) {
  return figures.off_peg         ? figures.off_peg->move
         : figures.by_volatility ? figures.by_volatility->move
                                 : HaircutMove{};
}

// Figures by size hold for tonight's debts: models know no root of a size in a scenario.
bool moves_debts(CollateralFigures const& figures) {
  return figures.by_total && figures.by_total->borrow_start && !figures.by_size;
}

std::uint32_t asset_named(Book const& book, RulePack const& rules, std::string const& name,
                          std::string const& by) {
  auto const found = std::find(book.assets.begin(), book.assets.end(), name);
  if (found != book.assets.end()) return static_cast<std::uint32_t>(found - book.assets.begin());
  throw InputError(
      rules.place, "asset '" + name + "' is not in the book",
      "the haircut of '" + by + "' rises as it loses its peg, and it has no price here",
      "hold it, if only a balance of 0, or give off_peg without `of`");
}

}  // namespace

// max(0, offset + price x ratio)
std::uint32_t ResolvedBook::add_beyond(std::uint32_t of, double ratio, double offset) {
  OptionRow figures{};
  figures.offset = offset;
  option_.push_back(figures);
  return add_row(RowKind::beyond, of, no_index, ratio);
}

std::uint32_t ResolvedBook::owned_state(Rules const& rules, Market const& market,
                                        std::uint32_t asset, CollateralFigures const& figures) {
  if (!moves_haircuts(figures)) return no_index;
  std::string const& name = rules.book.assets[asset];
  if (figures.off_peg) {
    OffPeg const& off = *figures.off_peg;
    std::uint32_t const of =
        off.of.empty() ? asset : asset_named(rules.book, rules.pack, off.of, name);
    return add_beyond(of, -1.0 / off.peg, 1.0 - off.tolerance);
  }
  if (level_row_[asset] != no_index) return add_beyond(level_row_[asset], 1.0, -1.0);
  if (row_kind_[asset] == RowKind::constant || shape_.steps == 0) return no_index;
  double const volatility = market.volatility[row_factor_[asset]];
  if (!(volatility > 0.0)) return no_index;  // it never moves
  double const decay = figures.by_volatility->decay;
  OptionRow row{};
  row.persistence = decay;
  row.newness = (1.0 - decay) / (volatility * volatility * shape_.years_per_step);
  option_.push_back(row);
  return add_row(RowKind::wilder, asset, no_index, 1.0);
}

void ResolvedBook::add_states(Rules const& rules, Market const& market) {
  Book::Totals const totals = totals_of(rules.book);
  std::vector<CreditState> states;
  bool any = false;
  for (std::uint32_t asset = 0; asset < assets(); ++asset) {
    std::string const& name = rules.book.assets[asset];
    CollateralFigures const& figures = haircut_of(rules.pack, name).figures.at(rules.threshold);
    if (moves_haircuts(figures) && rules.threshold == Threshold::initial &&
        slow_price(rules.pack, name))
      throw InputError(rules.pack.place,
                       "asset '" + name + "' has a slow price and haircuts that move",
                       "which of the two prices the moved haircut is of is not said",
                       "give initial figures without off_peg and by_volatility, or no slow price");
    HaircutMove const move = move_of(figures);
    CreditState state{owned_state(rules, market, asset, figures), no_index, move.stretch,
                      move.surcharge};
    if (moves_debts(figures)) {
      double const borrows = figures.by_total->borrows.value_or(totals.borrows[asset]);
      if (borrows > 0.0)
        state.owed = add_beyond(asset, borrows / *figures.by_total->borrow_start, -1.0);
    }
    any = any || state.owned != no_index || state.owed != no_index;
    states.push_back(state);
  }
  if (!any) return;
  states.resize(assets_, {no_index, no_index, 0.0, 0.0});
  asset_state_ = std::move(states);
}

}  // namespace plimsoll
