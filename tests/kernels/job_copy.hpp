// A job whose book and table of moves may be changed: what the views of another job point to,
// copied. Rules, rows and market stay the other's.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/engine.hpp"
#include "models/evaluate.hpp"

namespace plimsoll::testing {

struct JobCopy {
  explicit JobCopy(Job const& job) : from(job) {
    BookView const& book = job.book;
    std::uint32_t const groups = book.group_begin[book.pools];
    std::uint64_t const terms = book.term_begin[groups];
    group_asset.assign(book.group_asset, book.group_asset + groups);
    balance.assign(book.group_balance, book.group_balance + groups);
    settled.assign(book.group_settled, book.group_settled + groups);
    share.assign(book.group_share, book.group_share + groups);
    term_begin.assign(book.term_begin, book.term_begin + groups + 1);
    row.assign(book.term_row, book.term_row + terms);
    weight.assign(book.term_weight, book.term_weight + terms);
    today.assign(job.today, job.today + book.pools);
    if (job.market.table != nullptr)
      table.assign(job.market.table,
                   job.market.table + job.shape.scenarios * job.shape.steps * job.market.factors);
  }
  JobCopy(JobCopy const&) = delete;
  JobCopy& operator=(JobCopy const&) = delete;

  Job job() const {
    Job changed = from;
    changed.book.group_asset = group_asset.data();
    changed.book.group_balance = balance.data();
    changed.book.group_settled = settled.data();
    changed.book.group_share = share.data();
    changed.book.term_begin = term_begin.data();
    changed.book.term_row = row.data();
    changed.book.term_weight = weight.data();
    changed.today = today.data();
    if (!table.empty()) changed.market.table = table.data();
    return changed;
  }

  Job from;
  std::vector<std::uint32_t> group_asset, row;
  std::vector<double> balance, settled, share, weight, table;
  std::vector<std::uint64_t> term_begin;
  std::vector<PoolToday> today;
};

}  // namespace plimsoll::testing
