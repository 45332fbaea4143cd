// What is an account's or a pool's own: credit by what it holds, a leverage that it chose, and
// requirements of what its contracts were entered at.
// Method: docs/rules.md, "Weights by size", "Weights over time", "A leverage of the account's own"
//   and "The notional at entry".
#include <algorithm>
#include <limits>
#include <utility>

#include "host/price_history.hpp"
#include "host/resolve_parts.hpp"
#include "models/margin_rates.hpp"

namespace plimsoll {
namespace {

// Units of the settlement asset that a position of `held` contracts, entered at `entry` each, has
// cost once `filled` more of the same sign, or of the other where it is negative, are entered at
// `limit`.
double cost_after(double held, double entry, double filled, double limit) {
  if (held * filled >= 0.0) return magnitude(held) * entry + magnitude(filled) * limit;
  double const left = magnitude(held) - magnitude(filled);
  return left >= 0.0 ? left * entry : -left * limit;
}

}  // namespace

// What a contract entered at a price is worth in its settlement asset, per unit of its size.
double cost_of(InstrumentKind kind, double price) {
  return kind == InstrumentKind::inverse ? 1.0 / price : price;
}

namespace {

AccountSetting const* setting_of(RulePack const& rules, std::string const& account,
                                 std::string const& instrument) {
  for (AccountSetting const& setting : rules.settings)
    if (matches(setting.account, account) && !setting.instrument.empty() &&
        matches(setting.instrument, instrument))
      return &setting;
  return nullptr;
}

AccountSetting const* setting_of_debt(RulePack const& rules, std::string const& account,
                                      std::string const& asset) {
  for (AccountSetting const& setting : rules.settings) {
    auto const names = [&](std::string const& name) { return name == "*" || name == asset; };
    if (matches(setting.account, account) &&
        std::any_of(setting.debts.begin(), setting.debts.end(), names))
      return &setting;
  }
  return nullptr;
}

}  // namespace

double least_rate(RulePack const& rules, Threshold threshold, std::string const& account,
                  std::string const& instrument) {
  if (threshold != Threshold::initial) return 0.0;
  AccountSetting const* const setting = setting_of(rules, account, instrument);
  return setting == nullptr ? 0.0 : 1.0 / setting->leverage;
}

// Figures of which the weights are those of a day.
CollateralFigures shifted(CollateralFigures figures, std::string const& as_of) {
  WeightShift const& shift = *figures.shift;
  double const start = *day_number(shift.start);
  double const days = required_day("market, as_of", as_of) - start;
  double const length = *day_number(shift.end) - start;
  FlatWeights& weights = *figures.weights;
  weights.asset = shifted_weight(weights.asset, shift.to.asset, days, length);
  weights.liability = shifted_weight(weights.liability, shift.to.liability, days, length);
  return figures;
}

// What is required stays as the price of the contract moves: an amount of the settlement asset.
void ResolvedBook::add_entry_charges(Rules const& rules, std::vector<Contract> const& contracts) {
  Book::Instruments const& t = rules.book.instruments;
  for (Contract const& contract : contracts) {
    std::uint32_t const i = contract.instrument;
    if (rules.at_entry[i] == 0) continue;
    double const entry = contract.quantity == 0.0 ? 0.0 : cost_of(t.kind[i], contract.entry);
    auto const required = [&](double filled, double cost) {
      double const limit = filled == 0.0 ? 0.0 : cost / magnitude(filled);
      double const amount =
          t.contract_size[i] * cost_after(contract.quantity, entry, filled, limit);
      Segments const segments =
          own_segments(rules, contract, fill(rules, i, contract.quantity + filled).size);
      return std::pair(amount, segments);
    };
    auto const [bought, when_bought] = required(contract.bids, contract.bids_cost);
    auto const [sold, when_sold] = required(-contract.asks, contract.asks_cost);
    double const price = rows_today_[contract.settle];
    bool const in_units = edge_unit(rules.requirements[i]) == EdgeUnit::asset;
    double const scale = in_units ? 1.0 : price;
    bool const sells = value_of(when_sold, scale * sold) > value_of(when_bought, scale * bought);
    double const amount = sells ? sold : bought;
    Segments const& segments = sells ? when_sold : when_bought;
    if (in_units)
      add_charge(contract.settle, value_of(segments, amount),
                 curves_.add({{-std::numeric_limits<double>::infinity(), 1.0, 0.0}}),
                 ChargeCause::at_entry, i);
    else
      add_charge(contract.settle, amount, curves_.add(segments), ChargeCause::at_entry, i);
  }
}

// Weights that hang on what the pool holds of an asset tonight, or on what its account chose.
void ResolvedBook::add_own_credit(Rules const& rules) {
  auto const by_size = [](CollateralFigures const* figures) {
    return figures->by_size.has_value() || is_capped_by_deposits(*figures);
  };
  bool const chosen = rules.threshold == Threshold::initial && !rules.pack.settings.empty();
  if (!chosen && std::none_of(rules.collateral.begin(), rules.collateral.end(), by_size)) return;
  Book const& names = rules.book;
  BookView const view = book_as_held();
  auto const today = [this](std::uint32_t r) { return rows_today_[r]; };
  std::vector<std::uint32_t> curves;
  for (std::uint32_t pool = 0; pool < view.pools; ++pool) {
    std::string const& account = names.accounts.name[names.pools.account[pool]];
    for (std::uint32_t group = group_begin_[pool]; group < group_begin_[pool + 1]; ++group) {
      std::uint32_t const asset = group_asset_[group];
      CollateralFigures const& figures = *rules.collateral[asset];
      AccountSetting const* const setting =
          chosen ? setting_of_debt(rules.pack, account, names.assets[asset]) : nullptr;
      curves.push_back(asset_curve_[asset]);
      if (!by_size(&figures) && setting == nullptr) continue;
      double unused = 0.0;  // the views of curves last until the next is added
      double const value = group_value<double>(view, this->rules(), group, today, unused);
      Segments segments = credit_segments(figures, rules.assets[asset], value / rows_today_[asset],
                                          group_share_[group]);
      if (setting != nullptr) {
        AssetTonight const& at = rules.assets[asset];
        double const part = at.slow ? price_part_of_liability(at.price, *at.slow) : 1.0;
        double& owed = segments.front().slope;
        owed = std::max(owed, part * (1.0 + 1.0 / setting->leverage));
      }
      curves.back() = curves_.add(segments);
    }
  }
  group_curve_ = std::move(curves);
}

}  // namespace plimsoll
