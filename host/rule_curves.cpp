#include "host/rule_curves.hpp"

#include <algorithm>
#include <cmath>

#include "models/margin_rates.hpp"

namespace plimsoll {

namespace {

constexpr double everywhere = -std::numeric_limits<double>::infinity();

FlatWeights scaled_weights(CollateralFigures const& figures, AssetTonight const& asset,
                           double size) {
  FlatWeights weights = *figures.weights;
  if (figures.by_total) {
    TotalScaling const& scaling = *figures.by_total;
    if (scaling.deposit_start && !(size > 0.0))
      weights.asset = discounted_by_deposits(weights.asset, *scaling.deposit_start, asset.deposits);
    // Without figures by size, what is owed follows the price of the scenario: CreditState::owed.
    if (scaling.borrow_start && figures.by_size)
      weights.liability =
          raised_by_borrows(weights.liability, *scaling.borrow_start, asset.borrows);
  }
  if (figures.by_size) {
    SizeScaling const& scaling = *figures.by_size;
    weights.asset =
        discounted_by_size(weights.asset, scaling.asset_numerator, scaling.factor, std::fabs(size));
    weights.liability =
        raised_by_size(weights.liability, scaling.liability_share, scaling.factor, std::fabs(size));
  }
  return weights;
}

double price_part(AssetTonight const& asset) {
  return asset.slow ? price_part_of_asset(asset.price, *asset.slow) : 1.0;
}

// A second price: what is owned counts at the lower of the two, what is owed at the higher.
// Value v is a x v at the lower one; edges in the asset's units stay, edges in ccy are met at v /
// a.
void apply_slow_price(Segments& segments, EdgeUnit unit, double price, double slow) {
  double const asset_part = price_part_of_asset(price, slow);
  segments.front().slope *= price_part_of_liability(price, slow);
  for (std::size_t i = 1; i < segments.size(); ++i) {
    segments[i].slope *= asset_part;
    if (unit == EdgeUnit::asset) segments[i].intercept *= asset_part;
    if (unit == EdgeUnit::currency) segments[i].floor /= asset_part;
  }
}

// Scaled by the total of deposits, `size` > 0 units count w v min(1, start / total): no more than
// they would at the price at which the total is the start, whatever the price.
void cap_by_deposits(Segments& segments, CollateralFigures const& figures,
                     AssetTonight const& asset, double size, double share) {
  double const most = asset.price * size * *figures.by_total->deposit_start / asset.deposits;
  double const slope = segments[1].slope;
  double const edge = most * figures.weights->asset * price_part(asset) / slope;
  if (segments.size() > 2 && edge / share >= segments[2].floor) return;  // above the limit
  segments.resize(2);
  segments.push_back({edge / share, 0.0, slope * (edge / share)});
}

class RequirementSegments {
 public:
  RequirementSegments(Requirement const& requirement, ContractTonight const& contract, double size)
      : requirement_(requirement), contract_(contract), size_(size) {}

  Segments operator()(Brackets const& f) const { return list(f.brackets); }
  Segments operator()(WholeNotional const& f) const { return list(f.tiers); }
  Segments operator()(SizeSlope const& f) const {
    return flat(rate_by_slope(f.base, f.slope, std::fabs(size_)));
  }
  Segments operator()(RootSize const& f) const {
    return flat(raised_by_size(f.base, f.base_share, f.factor, std::fabs(size_)));
  }
  Segments operator()(OpenInterest const& f) const {
    return flat(f.lower && requirement_.by_open_interest
                    ? rate_by_open_interest(f.base, *f.lower, *f.upper, contract_.open_interest)
                    : f.base);
  }
  Segments operator()(HealthWeights const& f) const {
    auto const [price, slow, open_interest] = contract_;
    if (size_ < 0.0)
      return flat(rate_of_short(f.weights.liability *
                                (slow ? price_part_of_liability(price, *slow) : 1.0)));
    return flat(rate_of_long(f.weights.asset * (slow ? price_part_of_asset(price, *slow) : 1.0)));
  }
  Segments operator()(Scan const&) const { return {}; }             // no position by itself
  Segments operator()(InitialFraction const&) const { return {}; }  // requirement_at() followed it
  // Of what the written option must be backed by.
  Segments operator()(OptionStandard const&) const { return flat(size_ < 0.0 ? 1.0 : 0.0); }

 private:
  static Segments flat(double rate) { return {{everywhere, rate, 0.0}}; }
  static Segments list(std::vector<Bracket> const& brackets) {
    Segments segments;
    for (Bracket const& b : brackets)
      segments.push_back({segments.empty() ? everywhere : b.floor, b.rate, -b.deduction});
    return segments;
  }

  Requirement const& requirement_;
  ContractTonight const& contract_;
  double size_;
};

}  // namespace

bool is_capped_by_deposits(CollateralFigures const& figures) {
  return figures.by_total && figures.by_total->deposit_start;
}

std::uint32_t CurveTable::add(Segments const& segments) {
  std::vector<double> key;
  for (Segment const& s : segments) key.insert(key.end(), {s.floor, s.slope, s.intercept});
  auto const [found, fresh] =
      known_.emplace(std::move(key), static_cast<std::uint32_t>(begin_.size() - 1));
  if (!fresh) return found->second;
  for (Segment const& s : segments) {
    floor_.push_back(s.floor);
    slope_.push_back(s.slope);
    intercept_.push_back(s.intercept);
  }
  begin_.push_back(static_cast<std::uint32_t>(floor_.size()));
  return found->second;
}

Segments credit_segments(CollateralFigures const& figures, AssetTonight const& asset, double size,
                         double share) {
  Segments segments;
  double slope = 1.0;
  double intercept = 0.0;
  auto const tier = [&](double from, double weight) {
    if (from > 0.0) intercept += (slope - weight) * from;
    slope = weight;
    segments.push_back({from, slope, intercept});
  };
  if (figures.weights) {
    FlatWeights const weights = scaled_weights(figures, asset, size);
    segments.push_back({everywhere, weights.liability, 0.0});
    tier(0.0, weights.asset);
  } else {
    segments.push_back({everywhere, 1.0 + figures.borrow_surcharge, 0.0});
    for (HaircutTier const& t : figures.tiers) tier(t.from, 1.0 - t.haircut);
  }
  if (figures.limit) tier(*figures.limit, 0.0);
  if (asset.slow) apply_slow_price(segments, figures.unit, asset.price, *asset.slow);
  if (is_capped_by_deposits(figures) && size > 0.0 && asset.deposits > 0.0 &&
      segments[1].slope > 0.0)
    cap_by_deposits(segments, figures, asset, size, share);
  return segments;
}

Requirement requirement_at(MaintenanceSchedule const& schedule, Threshold threshold) {
  RequirementFigures const& figures = schedule.figures.at(threshold);
  if (auto const* const part = std::get_if<InitialFraction>(&figures))
    return {&schedule.figures.at(Threshold::initial), part->fraction, false};
  return {&figures, 1.0, true};
}

bool is_by_position(Requirement const& requirement) {
  RequirementFigures const& f = *requirement.figures;
  return std::holds_alternative<SizeSlope>(f) || std::holds_alternative<RootSize>(f) ||
         std::holds_alternative<HealthWeights>(f) || std::holds_alternative<OptionStandard>(f);
}

bool is_in_profit(Requirement const& requirement) {
  auto const* const health = std::get_if<HealthWeights>(requirement.figures);
  return health != nullptr && health->in_profit;
}

OptionStandard const* option_standard(Requirement const& requirement) {
  return std::get_if<OptionStandard>(requirement.figures);
}

Segments spread_segments(Requirement const& requirement, double loss) {
  double const part = requirement.fraction;
  return {{everywhere, part, 0.0}, {loss, 0.0, part * loss}};
}

bool needs_open_interest(Requirement const& requirement) {
  auto const* const figures = std::get_if<OpenInterest>(requirement.figures);
  return figures != nullptr && figures->lower && requirement.by_open_interest;
}

Scan const* scan_of(Requirement const& requirement) {
  return std::get_if<Scan>(requirement.figures);
}

EdgeUnit edge_unit(Requirement const& requirement) {
  if (auto const* const f = std::get_if<Brackets>(requirement.figures)) return f->unit;
  if (auto const* const f = std::get_if<WholeNotional>(requirement.figures)) return f->unit;
  return EdgeUnit::currency;
}

Segments requirement_segments(Requirement const& requirement, ContractTonight const& contract,
                              double size) {
  Segments segments =
      std::visit(RequirementSegments(requirement, contract, size), *requirement.figures);
  if (requirement.fraction == 1.0) return segments;
  for (Segment& s : segments) {
    s.slope *= requirement.fraction;
    s.intercept *= requirement.fraction;
  }
  return segments;
}

// Rates rise from segment to segment, so that the line through zero is left once, and not met
// again.
Segments at_least(Segments const& segments, double rate) {
  Segments result;
  auto const add = [&](Segment const& s) {
    if (result.empty() || result.back().slope != s.slope || result.back().intercept != s.intercept)
      result.push_back(s);
  };
  for (std::size_t i = 0; i < segments.size(); ++i) {
    Segment const& s = segments[i];
    if (s.slope <= rate) {
      add({s.floor, rate, 0.0});
      continue;
    }
    double const from = s.intercept == 0.0 ? 0.0 : -s.intercept / (s.slope - rate);
    bool const before = !(from > std::max(s.floor, 0.0));
    if (!before) add({s.floor, rate, 0.0});
    if (before)
      add(s);
    else if (i + 1 == segments.size() || from < segments[i + 1].floor)
      add({from, s.slope, s.intercept});
  }
  return result;
}

double value_of(Segments const& segments, double amount) {
  Segment const* found = &segments.front();
  for (Segment const& s : segments)
    if (amount > s.floor) found = &s;
  return std::fma(found->slope, amount, found->intercept);
}

}  // namespace plimsoll
