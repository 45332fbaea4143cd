#include "kernels/cpu/pool_cut.hpp"

#include <algorithm>

namespace plimsoll::cpu {

PoolCut::PoolCut(Job const& job) : job_(job), stored_(job.rows.stored), is_held_(job.rows.stored) {
  make_room(64, 8);
  std::copy(job.rules.exposure_unit, job.rules.exposure_unit + stored_, unit_.begin());
}

// Vectors only grow, and what does not depend on the pool is filled in once. items: terms and
// charges.
void PoolCut::make_room(std::uint64_t items, std::uint64_t groups) {
  std::uint64_t const rows = stored_ + items;
  if (rows > kind_.size()) {
    kind_.resize(rows);
    underlying_.resize(rows);
    settle_.resize(rows);
    unit_.resize(rows, no_index);
    ratio_.resize(rows);
    weight_.resize(items);
    item_row_.resize(items);
    item_curve_.resize(items);
  }
  if (groups > group_asset_.size()) {
    group_asset_.resize(groups);
    group_curve_.resize(groups);
    balance_.resize(groups);
    settled_.resize(groups);
    share_.resize(groups);
    term_begin_.resize(groups + 1);
  }
}

void PoolCut::make(std::uint32_t pool, CurveSegments const* segments) {
  BookView const& book = job_.book;
  std::uint32_t const first_group = book.group_begin[pool];
  std::uint32_t const groups = book.group_begin[pool + 1] - first_group;
  std::uint64_t const first_term = book.term_begin[first_group];
  std::uint64_t const terms = book.term_begin[first_group + groups] - first_term;
  std::uint64_t const first_charge = book.charge_begin == nullptr ? 0 : book.charge_begin[pool];
  std::uint64_t const charges =
      book.charge_begin == nullptr ? 0 : book.charge_begin[pool + 1] - first_charge;
  make_room(terms + charges, groups);
  curve_begin_.assign(1, 0);
  floor_.clear();
  slope_.clear();
  intercept_.clear();
  for (std::uint32_t const asset : held_) is_held_[asset] = 0;
  held_.clear();
  CurveSegments const* next = segments;
  std::uint64_t item = 0;
  for (std::uint32_t g = 0; g < groups; ++g) {
    std::uint32_t const from = first_group + g;
    hold(book.group_asset[from]);
    hold_state(book.group_asset[from]);
    group_asset_[g] = book.group_asset[from];
    balance_[g] = book.group_balance[from];
    settled_[g] = book.group_settled[from];
    share_[g] = book.group_share[from];
    term_begin_[g] = item;
    for (std::uint64_t t = book.term_begin[from]; t < book.term_begin[from + 1]; ++t)
      add_item(item++, book.term_row[t], book.term_weight[t], *next++);
    group_curve_[g] = add_curve(*next++);
  }
  term_begin_[groups] = terms;
  for (std::uint64_t c = first_charge; c < first_charge + charges; ++c)
    add_item(item++, book.charge_row[c], book.charge_weight[c], *next++);
  group_begin_.assign({0, groups});
  charge_begin_.assign({terms, terms + charges});
  point(charges > 0);
}

void PoolCut::add_item(std::uint64_t item, std::uint32_t row, double weight,
                       CurveSegments segments) {
  weight_[item] = weight;
  item_curve_[item] = segments.begin == segments.end ? no_index : add_curve(segments);
  std::uint32_t const unit = job_.rules.exposure_unit[row];
  if (unit != no_index) hold(unit);
  if (row < stored_) {
    item_row_[item] = row;
    hold(row);
    return;
  }
  std::uint64_t const place = stored_ + item;
  item_row_[item] = static_cast<std::uint32_t>(place);
  kind_[place] = job_.rows.kind[row];
  underlying_[place] = job_.rows.underlying[row];
  settle_[place] = job_.rows.settle[row];
  ratio_[place] = job_.rows.ratio[row];
  unit_[place] = unit;
  hold(underlying_[place]);
  if (kind_[place] == RowKind::inverse) hold(settle_[place]);
}

void PoolCut::hold(std::uint32_t asset) {
  if (is_held_[asset] != 0) return;
  is_held_[asset] = 1;
  held_.push_back(asset);
}

// The rows that the credit of an asset moves with.
void PoolCut::hold_state(std::uint32_t asset) {
  if (!has_state(job_.rules, asset)) return;
  CreditState const& state = job_.rules.asset_state[asset];
  for (std::uint32_t const row : {state.owned, state.owed})
    if (row != no_index) hold(row);
}

std::uint32_t PoolCut::add_curve(CurveSegments segments) {
  CurvesView const& curves = job_.rules.curves;
  for (std::uint32_t i = segments.begin; i < segments.end; ++i) {
    floor_.push_back(curves.floor[i]);
    slope_.push_back(curves.slope[i]);
    intercept_.push_back(curves.intercept[i]);
  }
  curve_begin_.push_back(static_cast<std::uint32_t>(floor_.size()));
  return static_cast<std::uint32_t>(curve_begin_.size() - 2);
}

void PoolCut::point(bool charged) {
  book_ = {1,
           1,
           1,
           nullptr,
           nullptr,
           nullptr,
           group_begin_.data(),
           group_asset_.data(),
           balance_.data(),
           settled_.data(),
           share_.data(),
           term_begin_.data(),
           item_row_.data(),
           weight_.data(),
           group_curve_.data(),
           item_curve_.data(),
           charged ? charge_begin_.data() : nullptr,
           item_row_.data(),
           weight_.data(),
           item_curve_.data()};
  rows_ = {static_cast<std::uint32_t>(kind_.size()),
           stored_,
           stored_,
           kind_.data(),
           nullptr,
           underlying_.data(),
           settle_.data(),
           ratio_.data()};
  rules_ = {{curve_begin_.data(), floor_.data(), slope_.data(), intercept_.data()},
            nullptr,
            job_.rules.asset_in_units,
            nullptr,
            unit_.data(),
            job_.rules.gain_weight,
            job_.rules.asset_state};
}

}  // namespace plimsoll::cpu
