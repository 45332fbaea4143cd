#include "host/instrument_check.hpp"

#include <fmt/format.h>

#include <cmath>

#include "models/american.hpp"
#include "models/ticks.hpp"

namespace plimsoll {
namespace {

constexpr double most_days = 36500.0;
constexpr double most_volatility = 100.0;
constexpr double most_rate = 10.0;

std::optional<ContractFault> plain_fault(Book::Instruments const& t, std::size_t row) {
  struct Unused {
    std::string_view column;
    double value;
  };
  for (Unused const& unused :
       {Unused{"strike", t.strike[row]}, Unused{"volatility", t.volatility[row]},
        Unused{"rate", t.rate[row]}, Unused{"carry", t.carry[row]}})
    if (unused.value != 0.0)
      return ContractFault{unused.column, fmt::format("{} {}", unused.column, unused.value),
                           "only options have one", "leave it blank, or make it an option"};
  return std::nullopt;
}

// An asset in another, at the price that both have.
std::optional<ContractFault> spot_fault(Book::Instruments const& t, std::size_t row) {
  if (t.settle[row] == t.underlying[row])
    return ContractFault{"settle", "an asset traded for itself", "an order would change nothing",
                         "name the asset that is paid with"};
  if (t.basis[row] != 0.0 || t.days_to_expiry[row] != 0.0)
    return ContractFault{t.basis[row] != 0.0 ? "basis" : "days_to_expiry",
                         t.basis[row] != 0.0 ? "spot with a basis" : "spot with an expiry",
                         "it is the asset itself", "leave it blank"};
  return std::nullopt;
}

std::optional<ContractFault> option_fault(Book::Instruments const& t, std::size_t row) {
  InstrumentKind const kind = t.kind[row];
  if (t.days_to_expiry[row] == 0.0)
    return ContractFault{"days_to_expiry", "an option without expiry",
                         "its value hangs on the time that is left",
                         "give the days from tonight to its expiry, which may be a fraction"};
  if (!(t.strike[row] > 0.0 && t.strike[row] <= largest_amount))
    return ContractFault{"strike", fmt::format("strike {}", t.strike[row]),
                         "an option is struck at a price", "give a price above 0"};
  if (!(t.volatility[row] >= 0.0 && t.volatility[row] <= most_volatility))
    return ContractFault{"volatility", fmt::format("volatility {}", t.volatility[row]),
                         "it is a standard deviation, per square root of a year",
                         "write 65 % as 0.65"};
  for (std::string_view const column : {"rate", "carry"}) {
    double const value = column == "rate" ? t.rate[row] : t.carry[row];
    if (!(std::fabs(value) <= most_rate))
      return ContractFault{column, fmt::format("{} {}", column, value),
                           "it is a continuous rate per year", "write 4 % as 0.04"};
  }
  if (!is_american(kind)) {
    if (t.carry[row] != 0.0)
      return ContractFault{"carry", fmt::format("carry {}", t.carry[row]),
                           "European options are priced on the mark, spot x (1 + basis)",
                           "give the basis instead"};
    return std::nullopt;
  }
  if (t.settle[row] == t.underlying[row])
    return ContractFault{"settle", "an American option that is paid in coin",
                         "no formula for it is known here", "let it settle in a currency"};
  OptionSide const side = is_put(kind) ? OptionSide::put : OptionSide::call;
  if (!is_american_domain(side, t.rate[row], t.carry[row]))
    return ContractFault{
        "rate", fmt::format("rate {} and carry {}", t.rate[row], t.carry[row]),
        "exercise would pay between two boundaries, which the formula does not know",
        "check their signs"};
  return std::nullopt;
}

}  // namespace

std::optional<ContractFault> contract_fault(Book::Instruments const& t, std::size_t row) {
  double const days = t.days_to_expiry[row];
  if (!(days >= 0.0 && days <= most_days))
    return ContractFault{"days_to_expiry", fmt::format("{} days to expiry", days),
                         "what has expired is cash, not a position",
                         "leave it blank for a contract without expiry, or remove the contract"};
  if (t.kind[row] == InstrumentKind::spot) {
    if (auto fault = spot_fault(t, row)) return fault;
  }
  return is_option(t.kind[row]) ? option_fault(t, row) : plain_fault(t, row);
}

}  // namespace plimsoll
