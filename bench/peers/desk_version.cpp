#include "bench/peers/desk_version.hpp"

#include <cmath>
#include <numeric>

#include "bench/peers/chunks.hpp"

namespace plimsoll::bench {
namespace {

// An asset's prices lie together: with a scenario's prices together instead, every pool would walk
// through all of memory.
struct Market {
  std::vector<std::vector<double>> prices;  // [assets][scenarios]
};

class Position {
 public:
  Position(double quantity, double rate) : quantity_(quantity), rate_(rate) {}
  virtual ~Position() = default;
  virtual double price(Market const& market, std::size_t scenario) const = 0;
  double value(Market const& market, std::size_t scenario) const {
    return quantity_ * price(market, scenario);
  }
  double requirement(double value) const { return rate_ * std::fabs(value); }

 private:
  double quantity_, rate_;
};

class LinearPosition final : public Position {
 public:
  LinearPosition(double quantity, double rate, std::uint32_t underlying, double ratio)
      : Position(quantity, rate), underlying_(underlying), ratio_(ratio) {}
  double price(Market const& market, std::size_t scenario) const override {
    return market.prices[underlying_][scenario] * ratio_;
  }

 private:
  std::uint32_t underlying_;
  double ratio_;
};

class InversePosition final : public Position {
 public:
  InversePosition(double quantity, double rate, std::uint32_t underlying, std::uint32_t settle,
                  double ratio)
      : Position(quantity, rate), underlying_(underlying), settle_(settle), ratio_(ratio) {}
  double price(Market const& market, std::size_t scenario) const override {
    return market.prices[settle_][scenario] / (market.prices[underlying_][scenario] * ratio_);
  }

 private:
  std::uint32_t underlying_, settle_;
  double ratio_;
};

struct Pool {
  std::vector<std::unique_ptr<Position>> positions;
  double cash = 0.0, settled = 0.0;      // [ccy]
  double credit = 1.0, borrowing = 1.0;  // of collateral above and below zero

  double excess(Market const& market, std::size_t scenario) const {
    double pnl = settled, requirement = 0.0;
    for (auto const& position : positions) {
      double const value = position->value(market, scenario);
      pnl += value;
      requirement += position->requirement(value);
    }
    double const collateral = cash + pnl;
    return collateral * (collateral > 0.0 ? credit : borrowing) - requirement;
  }
};

std::unique_ptr<Position> position_of(Job const& job, std::uint64_t term) {
  std::uint32_t const row = job.book.term_row[term];
  double const quantity = job.book.term_weight[term];
  double const rate = job.rules.curves.slope[job.rules.curves.begin[job.rules.exposure_curve[row]]];
  RowsView const& rows = job.rows;
  if (rows.kind[row] == RowKind::inverse)
    return std::make_unique<InversePosition>(quantity, rate, rows.underlying[row], rows.settle[row],
                                             rows.ratio[row]);
  return std::make_unique<LinearPosition>(quantity, rate, rows.underlying[row], rows.ratio[row]);
}

Pool pool_of(Job const& job, std::uint32_t number) {
  BookView const& book = job.book;
  std::uint32_t const group = book.group_begin[number];
  std::uint32_t const asset = book.group_asset[group];
  std::uint32_t const curve = job.rules.curves.begin[job.rules.asset_curve[asset]];
  Pool pool;
  for (std::uint64_t t = book.term_begin[group]; t < book.term_begin[group + 1]; ++t)
    pool.positions.push_back(position_of(job, t));
  pool.cash = book.group_balance[group] * job.rows.ratio[asset];
  pool.settled = book.group_settled[group] * job.rows.ratio[asset];
  pool.borrowing = job.rules.curves.slope[curve];
  pool.credit = job.rules.curves.slope[curve + 1];
  return pool;
}

class DeskVersion final : public Contestant {
 public:
  DeskVersion(Job const& job, std::vector<double> const& columns, std::uint32_t pools,
              unsigned threads)
      : scenarios_(job.shape.scenarios), threads_(threads) {
    for (std::uint32_t pool = 0; pool < pools; ++pool) pools_.push_back(pool_of(job, pool));
    for (std::uint32_t asset = 0; asset < job.rows.assets; ++asset) {
      auto const first = columns.begin() + static_cast<std::ptrdiff_t>(asset * scenarios_);
      market_.prices.emplace_back(first, first + static_cast<std::ptrdiff_t>(scenarios_));
    }
  }

  std::string name() const override { return "desk version"; }
  std::string description() const override {
    return "double, virtual price(), " + std::to_string(threads_) + " threads over pools";
  }
  std::uint32_t pools() const override { return static_cast<std::uint32_t>(pools_.size()); }

  Answer answer() override {
    Answer answer = {{}, CellFlags(pools(), scenarios_), true};
    answer.breaches = revalue(&answer.flags);
    return answer;
  }

  std::uint64_t run() override {
    std::vector<std::uint32_t> const breaches = revalue(nullptr);
    return std::accumulate(breaches.begin(), breaches.end(), std::uint64_t{0});
  }

 private:
  std::vector<std::uint32_t> revalue(CellFlags* flags) const {
    std::vector<std::uint32_t> breaches(pools_.size());
    for_chunks(threads_, pools(), 16, [&](std::uint32_t begin, std::uint32_t end) {
      for (std::uint32_t pool = begin; pool < end; ++pool)
        for (std::size_t scenario = 0; scenario < scenarios_; ++scenario) {
          if (!(pools_[pool].excess(market_, scenario) < 0.0)) continue;
          ++breaches[pool];
          if (flags != nullptr) flags->set(pool, scenario);
        }
    });
    return breaches;
  }

  std::vector<Pool> pools_;
  Market market_;
  std::size_t scenarios_;
  unsigned threads_;
};

}  // namespace

std::unique_ptr<Contestant> desk_version(Job const& job, std::vector<double> const& columns,
                                         std::uint32_t pools, unsigned threads) {
  return std::make_unique<DeskVersion>(job, columns, pools, threads);
}

}  // namespace plimsoll::bench
