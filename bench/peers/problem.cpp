#include "bench/peers/problem.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace plimsoll::bench {
namespace {

struct Factor {
  std::uint32_t row;
  double times;  // the position's row is `times` that row
};

Factor as_it_is(Job const&, std::uint32_t row) {
  return {row, 1.0};
}

Factor of_underlying(Job const& job, std::uint32_t row) {
  if (job.rows.kind[row] != RowKind::linear) return {row, 1.0};
  return {job.rows.underlying[row], job.rows.ratio[row]};
}

void demand(bool holds, char const* what) {
  if (!holds) throw std::invalid_argument(std::string("problem_of: ") + what);
}

double maintenance_rate(RulesView const& rules, std::uint32_t row) {
  std::uint32_t const curve = rules.exposure_curve[row];
  demand(rules.curves.begin[curve + 1] - rules.curves.begin[curve] == 1, "brackets are not linear");
  return rules.curves.slope[rules.curves.begin[curve]];
}

// The credit of one unit of positive value.
double collateral_credit_rate(RulesView const& rules, std::uint32_t asset) {
  std::uint32_t const curve = rules.asset_curve[asset];
  std::uint32_t const first = rules.curves.begin[curve];
  demand(rules.curves.begin[curve + 1] - first == 2 && rules.curves.floor[first + 1] == 0.0,
         "haircuts have tiers");
  return rules.curves.slope[first + 1];
}

// Net weights by row, in the order of rows.
std::map<std::uint32_t, double> weights_of(Job const& job, std::uint32_t pool, double credit,
                                           Factor (*factor_of)(Job const&, std::uint32_t)) {
  BookView const& book = job.book;
  std::map<std::uint32_t, double> weights;
  std::uint32_t const group = book.group_begin[pool];
  for (std::uint64_t t = book.term_begin[group]; t < book.term_begin[group + 1]; ++t) {
    double const w = book.term_weight[t];
    double const rate = maintenance_rate(job.rules, book.term_row[t]);
    Factor const factor = factor_of(job, book.term_row[t]);
    weights[factor.row] += (credit * w - rate * std::fabs(w)) * factor.times;
  }
  return weights;
}

// Leaves out the rows that nobody holds, and takes the columns of the others.
void take_columns(Problem& problem, std::uint32_t rows, std::vector<double> const& columns) {
  std::vector<int> place(rows, -1);
  for (int const row : problem.index) place[static_cast<std::size_t>(row)] = 0;
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (place[row] < 0) continue;
    place[row] = static_cast<int>(problem.rows++);
    auto const first = columns.begin() + static_cast<std::ptrdiff_t>(row) * problem.columns;
    std::transform(first, first + problem.columns, std::back_inserter(problem.values),
                   [](double value) { return static_cast<float>(value); });
  }
  for (int& row : problem.index) row = place[static_cast<std::size_t>(row)];
}

Problem assemble(Job const& job, std::vector<double> const& columns,
                 Factor (*factor_of)(Job const&, std::uint32_t)) {
  BookView const& book = job.book;
  Problem problem;
  problem.pools = book.pools;
  problem.columns = static_cast<std::uint32_t>(job.shape.scenarios);
  problem.begin.push_back(0);
  for (std::uint32_t pool = 0; pool < book.pools; ++pool) {
    std::uint32_t const group = book.group_begin[pool];
    std::uint32_t const asset = book.group_asset[group];
    demand(book.group_begin[pool + 1] == group + 1, "a pool has several kinds of collateral");
    demand(job.rows.kind[asset] == RowKind::constant, "collateral moves");
    double const credit = collateral_credit_rate(job.rules, asset);
    for (auto const& [row, weight] : weights_of(job, pool, credit, factor_of)) {
      problem.index.push_back(static_cast<int>(row));
      problem.weight.push_back(static_cast<float>(weight));
    }
    problem.begin.push_back(static_cast<int>(problem.index.size()));
    double const units = book.group_balance[group] + book.group_settled[group];
    problem.cash.push_back(static_cast<float>(credit * job.rows.ratio[asset] * units));
  }
  take_columns(problem, job.rows.rows, columns);
  return problem;
}

}  // namespace

Problem problem_of(Job const& job, std::vector<double> const& columns) {
  return assemble(job, columns, as_it_is);
}

Problem netted_problem_of(Job const& job, std::vector<double> const& columns) {
  return assemble(job, columns, of_underlying);
}

bool can_be_netted(Job const& job) {
  return std::any_of(job.rows.kind, job.rows.kind + job.rows.rows,
                     [](RowKind kind) { return kind == RowKind::linear; });
}

}  // namespace plimsoll::bench
