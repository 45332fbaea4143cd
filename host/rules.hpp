// A rule pack: one venue's haircuts and requirements as data.
// Units: rates and weights as fractions, edges in the unit named beside them.
// Method: docs/rules.md describes every primitive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace plimsoll {

// What an account is held against: to open, to keep, and how far a liquidation goes. A run decides
// by maintenance.
enum class Threshold : std::uint8_t { initial, maintenance, liquidation_end };
inline constexpr Threshold thresholds[] = {Threshold::initial, Threshold::maintenance,
                                           Threshold::liquidation_end};

// One thing at each threshold; those not given are the one of maintenance.
template <class T>
struct ByThreshold {
  T maintenance{};
  std::optional<T> initial{}, liquidation_end{};

  T const& at(Threshold threshold) const {
    if (threshold == Threshold::initial && initial) return *initial;
    if (threshold == Threshold::liquidation_end && liquidation_end) return *liquidation_end;
    return maintenance;
  }
};

enum class EdgeUnit : std::uint8_t {
  currency,
  asset
};  // asset: units of the collateral / settle asset

struct HaircutTier {
  double from;     // lower edge of the value to which it applies
  double haircut;  // in [0, 1], not falling
};
struct FlatWeights {
  double asset;      // in [0, 1]
  double liability;  // >= 1
};
struct SizeScaling {
  double factor;           // [1/sqrt(unit)]
  double asset_numerator;  // the asset's weight is at most this / (1 + factor sqrt(size))
  double liability_share;  // the liability's at least this x weight + factor sqrt(size)
};
// Weights that go to others in a straight line, day by day, and stay there.
struct WeightShift {
  std::string start, end;  // ISO dates, in this order
  FlatWeights to;
};
struct TotalScaling {
  std::optional<double> deposit_start, borrow_start;  // [ccy] above these, weights are scaled
  std::optional<double> deposits, borrows;            // [units]; else what the book holds
};
// What a row x >= 0 of the scenario makes of marginal haircuts: min(1, h (1 + stretch x) +
// surcharge x).
struct HaircutMove {
  double stretch = 0, surcharge = 0;  // not negative, not both 0
};
// x = max(0, 1 - tolerance - price / peg): how far a price is below its peg.
struct OffPeg {
  double peg;        // [ccy]
  double tolerance;  // in [0, 1)
  std::string of;    // the asset that is looked at; empty: the collateral itself
  HaircutMove move;
};
// x = max(0, sigma / sigma_0 - 1): how much more volatile the asset is than tonight, by its factor
// of volatility where it has one, else by its moves, v' = decay v + (1 - decay) r^2 / dt.
struct ByVolatility {
  double decay;  // in [0, 1), per step
  HaircutMove move;
};
// Either tiers with a surcharge, or flat weights, which alone may be scaled.
struct CollateralFigures {
  EdgeUnit unit = EdgeUnit::currency;
  std::vector<HaircutTier> tiers;  // the first from 0
  double borrow_surcharge = 0;     // b >= 0: borrowed value counts (1 + b)
  std::optional<FlatWeights> weights{};
  std::optional<WeightShift> shift{};
  std::optional<SizeScaling> by_size{};
  std::optional<TotalScaling> by_total{};
  std::optional<double> limit{};  // [unit] what lies above does not count
  // One at most: haircuts that move with the scenario.
  std::optional<OffPeg> off_peg{};
  std::optional<ByVolatility> by_volatility{};
};
struct HaircutSchedule {
  std::string asset;  // name, or "*" for those not named
  ByThreshold<CollateralFigures> figures;
  bool borrowing = true;       // else a balance below zero is refused
  double borrow_interest = 0;  // [1/year] that a balance below zero grows by, of itself
};

struct Bracket {
  double floor;      // lower edge of the notional
  double rate;       // in [0, 1], not falling
  double deduction;  // requirement = rate |N| - deduction, continuous
};
struct Brackets {
  EdgeUnit unit = EdgeUnit::currency;
  std::vector<Bracket> brackets;
};
// The rate of the tier that the whole notional lies in: jumps at the floors. Deductions are 0.
struct WholeNotional {
  EdgeUnit unit = EdgeUnit::currency;
  std::vector<Bracket> tiers;
};
// rate = base + slope x size
struct SizeSlope {
  double base;
  double slope;  // [1/unit]
};
// rate = max(base, base_share x base + factor sqrt(size))
struct RootSize {
  double base;
  double factor;  // [1/sqrt(unit)]
  double base_share;
};
// rate = base + (1 - base) x clamp((open interest - lower) / (upper - lower)); without bounds: base
struct OpenInterest {
  double base;
  std::optional<double> lower{}, upper{};  // [ccy]
};
// A long position counts at `asset` of its value, a short one at `liability`.
struct HealthWeights {
  FlatWeights weights;
  bool in_profit;  // taken from profit and loss, before it counts as collateral; else required
};
// A part of the figures of the initial threshold, open interest aside.
struct InitialFraction {
  double fraction;
};
// A short option requires max(rate F - OTM, least F) and its price, a long one nothing.
struct OptionStandard {
  double rate;
  double least;            // not above the rate
  bool by_spread = false;  // a short one beside a long one no more than what both may lose
};
// What a portfolio of contracts would lose at the worst point of a grid.
struct Scan {
  std::string grid;  // name of one of the pack's scans
  double factor;     // above 0: of that loss
};
using RequirementFigures = std::variant<Brackets, WholeNotional, SizeSlope, RootSize, OpenInterest,
                                        HealthWeights, InitialFraction, OptionStandard, Scan>;
struct MaintenanceSchedule {
  std::string name;
  ByThreshold<RequirementFigures> figures;
  bool until_expiry = false;  // what is required ends when the contract settles
  bool at_entry = false;      // of the notional at the entry price, not at the mark
};
struct InstrumentRule {
  std::string instrument;  // name, or pattern with * at its end
  std::uint32_t schedule;  // index into schedules
};

struct ScanPoint {
  double spot;        // the price moves by this fraction, above -1
  double volatility;  // so does implied volatility, by at least -1
  double part;        // in (0, 1]: of the loss there that counts
};
// The volatility shock of an option is multiplied by (reference / max(days to expiry,
// floor))^power, beyond the reference days by the long power.
struct VolatilityTerm {
  double reference_days, floor_days;  // above 0
  double power, long_power;           // not negative
};
// Underlyings that are scanned together: gains of one count at `offset` against losses of others.
struct ScanGroup {
  std::vector<std::string> assets;
  double offset;  // in [0, 1]
};
// What a pool holds on one underlying, in units of it: bought + sold, |bought - sold|, either, or
// the lesser of the two.
enum class AmountOf : std::uint8_t { gross, net, bought, sold, hedged };
enum class ContractsOf : std::uint8_t { all, futures, options };
// Required beside a scan, for what is held on each underlying: by brackets of its value, or an
// amount a unit.
struct ScanAddOn {
  AmountOf of;
  ContractsOf contracts;
  std::optional<Brackets> figures{};
  double per_unit = 0;  // [ccy] where there are no brackets
};
// What lies above `from` of what a scan requires at least counts `factor` times.
struct LeastTier {
  double from;    // [ccy]
  double factor;  // above 0, not falling
};
// What a venue publishes in place of a grid to price at: what one contract bought gains at each
// point.
struct RiskArray {
  std::string instrument;
  std::vector<double> profits;  // [ccy / contract]
  double delta = 1;             // units of the underlying per unit of the contract, for add-ons
};
struct ScanGrid {
  std::string name;
  std::vector<ScanPoint> points;  // one of them neutral: nothing moves, and all counts
  std::optional<VolatilityTerm> term{};
  std::vector<ScanGroup> groups{};    // underlyings in none are scanned each by itself
  double least_per_contract = 0;      // [ccy] required at least for every contract
  double least_per_short_option = 0;  // [ccy] for every option sold, beside that
  double least_per_unit = 0;          // [ccy] for every unit of the underlying, beside both
  std::vector<LeastTier> least_tiers{};
  bool least_with_add_ons = false;  // else the least of the scan alone
  std::vector<ScanAddOn> add_ons{};
  std::vector<RiskArray> arrays{};  // in place of points
  bool arrays_move = true;          // with the price of the underlying
};

// What an account has chosen to be held to when it opens: a leverage, for contracts and for debts.
struct AccountSetting {
  std::string account;             // name, or pattern with * at its end
  std::string instrument;          // the same; empty: no contract
  double leverage;                 // above 0: at least 1 / leverage of a notional is required
  std::vector<std::string> debts;  // assets, or "*": what is owed counts at least 1 + 1 / leverage
};

struct SlowPrice {
  std::string asset;
  double price;  // [ccy]
};
// What one side of a contract pays the other, of its notional.
struct FundingRate {
  std::string instrument;  // name, or pattern with * at its end
  double rate;             // [1/year] long pays short where it is above 0
};
struct MarketInterest {
  std::string instrument;
  double notional;  // [ccy]
};

struct RulePack {
  std::string name, date;
  std::vector<std::string> sources;
  ByThreshold<double> gain_weight{1.0, {}, {}};  // in [0, 1]: what a gain counts for as collateral
  double order_charge = 0;                       // [ccy] required for every open order
  std::vector<HaircutSchedule> haircuts;
  std::vector<MaintenanceSchedule> schedules;
  std::vector<ScanGrid> scans;
  std::vector<InstrumentRule> instruments;  // the first that matches applies
  std::vector<SlowPrice> slow_prices;       // at the initial threshold
  std::vector<AccountSetting> settings;     // the same; the first that matches applies
  std::vector<MarketInterest> open_interest;
  std::vector<FundingRate> funding;  // the first that matches applies; options have none
  std::string place = "rules";       // where messages say it is: the file that it was read from
};

// The brackets of a schedule that has nothing else, at the maintenance threshold.
inline std::vector<Bracket> const& brackets_of(MaintenanceSchedule const& schedule) {
  return std::get<Brackets>(schedule.figures.maintenance).brackets;
}

}  // namespace plimsoll
