#include "kernels/cpu/pool_cut.hpp"

namespace plimsoll::cpu {

PoolCut::PoolCut(Job const& job)
    : job_(job),
      assets_(job.rows.assets),
      asset_curve_(job.rows.assets),
      is_held_(job.rows.assets),
      has_group_(job.rows.assets) {
  make_room(64, 8);
}

// Vectors only grow, and what does not depend on the pool is filled in once.
void PoolCut::make_room(std::uint64_t terms, std::uint64_t groups) {
  std::uint64_t const rows = assets_ + terms;
  if (rows > kind_.size()) {
    kind_.resize(rows);
    underlying_.resize(rows);
    settle_.resize(rows);
    unit_.resize(rows, no_index);
    ratio_.resize(rows);
    weight_.resize(terms);
    exposure_curve_.resize(rows);
    term_row_.resize(terms);
    for (std::uint32_t t = 0; t < terms; ++t) {
      exposure_curve_[assets_ + t] = t;
      term_row_[t] = assets_ + t;
    }
  }
  if (groups > group_asset_.size()) {
    group_asset_.resize(groups);
    balance_.resize(groups);
    settled_.resize(groups);
    share_.resize(groups);
    term_begin_.resize(groups + 1);
  }
}

bool PoolCut::make(std::uint32_t pool, CurveSegments const* segments) {
  BookView const& book = job_.book;
  std::uint32_t const first_group = book.group_begin[pool];
  std::uint32_t const groups = book.group_begin[pool + 1] - first_group;
  std::uint64_t const first_term = book.term_begin[first_group];
  std::uint64_t const terms = book.term_begin[first_group + groups] - first_term;
  make_room(terms, groups);
  curve_begin_.assign(1, 0);
  floor_.clear();
  slope_.clear();
  intercept_.clear();
  for (std::uint32_t const asset : held_) is_held_[asset] = 0;
  held_.clear();
  bool twice = false;
  CurveSegments const* next = segments;
  for (std::uint32_t g = 0; g < groups; ++g) {
    std::uint32_t const from = first_group + g;
    std::uint32_t const asset = book.group_asset[from];
    twice = twice || has_group_[asset] != 0;
    has_group_[asset] = 1;
    hold(asset);
    group_asset_[g] = asset;
    balance_[g] = book.group_balance[from];
    settled_[g] = book.group_settled[from];
    share_[g] = book.group_share[from];
    term_begin_[g] = book.term_begin[from] - first_term;
    for (std::uint64_t t = book.term_begin[from]; t < book.term_begin[from + 1]; ++t)
      add_curve(*next++);
    ++next;  // the group's own
  }
  term_begin_[groups] = terms;
  next = segments;
  for (std::uint32_t g = 0; g < groups; ++g) {
    next += term_begin_[g + 1] - term_begin_[g];
    asset_curve_[group_asset_[g]] = static_cast<std::uint32_t>(terms) + g;
    add_curve(*next++);
    has_group_[group_asset_[g]] = 0;
  }
  if (twice) return false;
  group_begin_.assign({0, groups});
  copy_terms(first_term, terms);
  point();
  return true;
}

void PoolCut::copy_terms(std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t t = 0; t < count; ++t) {
    std::uint32_t const row = job_.book.term_row[first + t];
    kind_[assets_ + t] = job_.rows.kind[row];
    underlying_[assets_ + t] = job_.rows.underlying[row];
    settle_[assets_ + t] = job_.rows.settle[row];
    ratio_[assets_ + t] = job_.rows.ratio[row];
    unit_[assets_ + t] = job_.rules.exposure_unit[row];
    weight_[t] = job_.book.term_weight[first + t];
    hold(underlying_[assets_ + t]);
    if (kind_[assets_ + t] == RowKind::inverse) hold(settle_[assets_ + t]);
    if (unit_[assets_ + t] != no_index) hold(unit_[assets_ + t]);
  }
}

void PoolCut::hold(std::uint32_t asset) {
  if (is_held_[asset] != 0) return;
  is_held_[asset] = 1;
  held_.push_back(asset);
}

void PoolCut::add_curve(CurveSegments segments) {
  CurvesView const& curves = job_.rules.curves;
  for (std::uint32_t i = segments.begin; i < segments.end; ++i) {
    floor_.push_back(curves.floor[i]);
    slope_.push_back(curves.slope[i]);
    intercept_.push_back(curves.intercept[i]);
  }
  curve_begin_.push_back(static_cast<std::uint32_t>(floor_.size()));
}

void PoolCut::point() {
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
           term_row_.data(),
           weight_.data()};
  rows_ = {static_cast<std::uint32_t>(kind_.size()),
           assets_,
           kind_.data(),
           nullptr,
           underlying_.data(),
           settle_.data(),
           ratio_.data()};
  rules_ = {{curve_begin_.data(), floor_.data(), slope_.data(), intercept_.data()},
            asset_curve_.data(),
            job_.rules.asset_in_units,
            exposure_curve_.data(),
            unit_.data(),
            job_.rules.counts_gains};
}

}  // namespace plimsoll::cpu
