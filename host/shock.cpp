#include "host/shock.hpp"

#include <algorithm>

#include "kernels/cpu/tile.hpp"
#include "kernels/cpu/worker_pool.hpp"
#include "models/elementary.hpp"

namespace plimsoll {
namespace {

constexpr std::uint64_t chunk_accounts = 4096;

// Keeps the `most` worst of what is added.
class WorstPools {
 public:
  explicit WorstPools(std::size_t most) : most_(most) {}

  void add(ShockedPool const& pool) {
    if (most_ == 0 || (full_ && !pool.is_worse_than(limit_))) return;
    kept_.push_back(pool);
    if (kept_.size() >= 2 * most_ + 1024) shrink();
  }

  std::vector<ShockedPool> sorted() {
    shrink();
    std::sort(kept_.begin(), kept_.end(), worse);
    return std::move(kept_);
  }

 private:
  static bool worse(ShockedPool const& a, ShockedPool const& b) { return a.is_worse_than(b); }

  void shrink() {
    if (kept_.size() <= most_) return;
    auto const last = kept_.begin() + static_cast<std::ptrdiff_t>(most_ - 1);
    std::nth_element(kept_.begin(), last, kept_.end(), worse);
    limit_ = *last;
    full_ = true;
    kept_.resize(most_);
  }

  std::size_t most_;
  bool full_ = false;
  ShockedPool limit_{};
  std::vector<ShockedPool> kept_;
};

// What one thread adds up.
class alignas(128) ShockSum {
 public:
  ShockSum(std::size_t worst, std::uint32_t classes) : worst_(worst) {
    figures_.shortfall.resize(classes);
  }

  void add_account(ShockedBook const& of, BookView const& view, RulesView const& rules,
                   std::uint32_t account) {
    double const* const rows = of.rows.data();
    bool any = false;
    for (std::uint32_t p = view.pool_begin[account]; p < view.pool_begin[account + 1]; ++p) {
      Margin<double> const margin =
          evaluate<double>(view, rules, p, [rows](std::uint32_t r) { return rows[r]; });
      ++figures_.pools;
      if (!is_defined(margin.excess)) {
        ++figures_.undefined;
        continue;
      }
      worst_.add({of.first_pool + p, margin, of.book.pools_today()[p].excess});
      if (!(margin.excess < 0.0)) continue;
      ++figures_.pools_in_breach;
      figures_.shortfall[view.account_class[account]] += ticks_up(-margin.excess);
      any = true;
    }
    figures_.accounts_in_breach += any ? 1 : 0;
  }

  void add_to(ShockFigures& sum, WorstPools& worst) {
    sum.pools += figures_.pools;
    sum.pools_in_breach += figures_.pools_in_breach;
    sum.accounts_in_breach += figures_.accounts_in_breach;
    sum.undefined += figures_.undefined;
    for (std::size_t c = 0; c < sum.shortfall.size(); ++c)
      sum.shortfall[c] += figures_.shortfall[c];
    for (ShockedPool const& pool : worst_.sorted()) worst.add(pool);
  }

 private:
  ShockFigures figures_;
  WorstPools worst_;
};

}  // namespace

std::vector<double> log_moves_of(Market const& market, Shock const& shock) {
  std::vector<double> moves(market.factors.size(), 0.0);
  for (auto const& [factor, simple] : shock) moves[factor] = log(1.0 + simple);
  return moves;
}

RunShape shape_of_shock(double days) {
  return {0, 1, 1, days / days_per_year};
}

std::vector<double> rows_under(ResolvedBook const& book, Market const& market,
                               std::span<double const> log_moves, RunShape const& shape) {
  MoveTable table{1, 1, {log_moves.begin(), log_moves.end()}};
  RowsView const rows = book.rows();
  cpu::Tile tile(view_of(market, &table), rows, shape, 1);
  tile.price(0, 0, 1);
  std::vector<double> values(rows.rows);
  for (std::uint32_t r = 0; r < rows.rows; ++r) values[r] = tile.value(r, 1, 0);
  return values;
}

ShockFigures shock_figures(std::span<ShockedBook const> books, std::size_t worst,
                           unsigned threads) {
  std::uint32_t const classes = books.front().book.book().classes;
  cpu::WorkerPool workers(threads);
  std::vector<ShockSum> sums(workers.threads(), ShockSum(worst, classes));
  for (ShockedBook const& of : books) {
    BookView const view = of.book.book();
    RulesView const rules = of.book.rules();
    workers.for_chunks(view.accounts, chunk_accounts,
                       [&](unsigned thread, std::uint64_t begin, std::uint64_t end) {
                         for (std::uint64_t account = begin; account < end; ++account)
                           if (of.left_out == nullptr || (*of.left_out)[account] == 0)
                             sums[thread].add_account(of, view, rules,
                                                      static_cast<std::uint32_t>(account));
                       });
  }
  ShockFigures figures;
  figures.shortfall.resize(classes);
  WorstPools all(worst);
  for (ShockSum& sum : sums) sum.add_to(figures, all);
  figures.worst = all.sorted();
  return figures;
}

}  // namespace plimsoll
