#include "kernels/cuda/resident.hpp"

#include <algorithm>

#include "kernels/basis.hpp"

namespace plimsoll::cuda {
namespace {

// How many curves the rules name.
std::uint32_t curves_named(RulesView const& rules, RowsView const& rows) {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < rows.assets; ++i) count = std::max(count, rules.asset_curve[i] + 1);
  for (std::uint32_t i = rows.assets; i < rows.rows; ++i)
    count = std::max(count, rules.exposure_curve[i] + 1);
  return count;
}

}  // namespace

ResidentWorld::ResidentWorld(Job const& job, Transfer& transfer) {
  put_market(job.market, transfer);
  put_rows(job.rows, transfer);
  put_rules(job.rules, job.rows, transfer);
  put_basis(job.rows, transfer);
}

void ResidentWorld::put_market(MarketView const& market, Transfer& transfer) {
  market_.factors = market.factors;
  if (market.table != nullptr) return;  // a table gives the moves; the rest is not read
  volatility_ = transfer.upload(market.volatility, market.factors);
  limit_ = transfer.upload(market.limit, market.factors);
  loading_ =
      transfer.upload(market.loading, static_cast<std::uint64_t>(market.factors) * market.factors);
  mixing_low_ = transfer.upload(market.mixing_low, mixing_nodes);
  mixing_high_ = transfer.upload(market.mixing_high, mixing_nodes);
  market_.volatility = volatility_.data();
  market_.limit = limit_.data();
  market_.loading = loading_.data();
  market_.mixing_low = mixing_low_.data();
  market_.mixing_high = mixing_high_.data();
}

void ResidentWorld::put_rows(RowsView const& rows, Transfer& transfer) {
  kind_ = transfer.upload(rows.kind, rows.rows);
  factor_ = transfer.upload(rows.factor, rows.assets);
  underlying_ = transfer.upload(rows.underlying, rows.rows);
  settle_ = transfer.upload(rows.settle, rows.rows);
  ratio_ = transfer.upload(rows.ratio, rows.rows);
  rows_ = {rows.rows,      rows.assets,        rows.stored,    kind_.data(),
           factor_.data(), underlying_.data(), settle_.data(), ratio_.data()};
}

void ResidentWorld::put_rules(RulesView const& rules, RowsView const& rows, Transfer& transfer) {
  std::uint32_t const curves = curves_named(rules, rows);
  std::uint32_t const segments = curves == 0 ? 0 : rules.curves.begin[curves];
  curve_begin_ = transfer.upload(rules.curves.begin, curves + 1u);
  floor_ = transfer.upload(rules.curves.floor, segments);
  slope_ = transfer.upload(rules.curves.slope, segments);
  intercept_ = transfer.upload(rules.curves.intercept, segments);
  asset_curve_ = transfer.upload(rules.asset_curve, rows.assets);
  asset_in_units_ = transfer.upload(rules.asset_in_units, rows.assets);
  exposure_curve_ = transfer.upload(rules.exposure_curve, rows.rows);
  exposure_unit_ = transfer.upload(rules.exposure_unit, rows.rows);
  rules_ = {{curve_begin_.data(), floor_.data(), slope_.data(), intercept_.data()},
            asset_curve_.data(),
            asset_in_units_.data(),
            exposure_curve_.data(),
            exposure_unit_.data(),
            rules.gain_weight};
}

void ResidentWorld::put_basis(RowsView const& rows, Transfer& transfer) {
  BasisTable const table(rows);
  BasisView const basis = table.view();
  basis_factors_ = transfer.upload(basis.factors, basis.count);
  row_basis_ = transfer.upload(basis.row_basis, rows.rows);
  row_today_ = transfer.upload(basis.row_today, rows.rows);
  row_scale_ = transfer.upload(basis.row_scale, rows.rows);
  basis_ = {basis.count, basis_factors_.data(), row_basis_.data(), row_today_.data(),
            row_scale_.data()};
}

BatchSize batch_size(BookView const& book, BatchRange range) {
  std::uint32_t const first_pool = book.pool_begin[range.begin];
  std::uint32_t const end_pool = book.pool_begin[range.end];
  std::uint32_t const first_group = book.group_begin[first_pool];
  std::uint32_t const end_group = book.group_begin[end_pool];
  return {range.end - range.begin, end_pool - first_pool, end_group - first_group,
          book.term_begin[end_group] - book.term_begin[first_group]};
}

std::uint64_t ResidentBatch::bytes(BatchSize const& size, std::uint32_t steps) {
  std::uint64_t const book_bytes =
      std::uint64_t{size.accounts} * (sizeof(std::uint32_t) + sizeof(std::uint8_t)) +
      std::uint64_t{size.pools} * (sizeof(std::uint32_t) + sizeof(PoolToday)) +
      std::uint64_t{size.groups} *
          (sizeof(std::uint32_t) + 3 * sizeof(double) + sizeof(std::uint64_t)) +
      size.terms * (sizeof(std::uint32_t) + sizeof(double));
  std::uint64_t const tally_bytes =
      size.pools * (sizeof(PoolTally) + sizeof(std::uint32_t) + steps * sizeof(std::uint64_t)) +
      size.accounts * sizeof(std::uint64_t);
  return book_bytes + tally_bytes;
}

ResidentBatch::ResidentBatch(Job const& job, BatchRange range, Stream const& stream,
                             Transfer& transfer)
    : range_(range),
      size_(batch_size(job.book, range)),
      first_pool_(job.book.pool_begin[range.begin]),
      steps_(job.shape.steps) {
  BookView const& book = job.book;
  auto const [accounts, pools, groups, terms] = size_;
  std::uint32_t const first_group = book.group_begin[first_pool_];
  std::uint64_t const first_term = book.term_begin[first_group];

  pool_begin_ = transfer.upload_offsets(book.pool_begin + range.begin, accounts + 1u);
  account_class_ = transfer.upload(book.account_class + range.begin, accounts);
  group_begin_ = transfer.upload_offsets(book.group_begin + first_pool_, pools + 1u);
  group_asset_ = transfer.upload(book.group_asset + first_group, groups);
  balance_ = transfer.upload(book.group_balance + first_group, groups);
  settled_ = transfer.upload(book.group_settled + first_group, groups);
  share_ = transfer.upload(book.group_share + first_group, groups);
  term_begin_ = transfer.upload_offsets(book.term_begin + first_group, groups + 1u);
  term_row_ = transfer.upload(book.term_row + first_term, terms);
  weight_ = transfer.upload(book.term_weight + first_term, terms);
  today_ = transfer.upload(job.today + first_pool_, pools);
  book_ = {accounts,
           pools,
           book.classes,
           pool_begin_.data(),
           account_class_.data(),
           nullptr,  // the kind of a pool is in at_risk already
           group_begin_.data(),
           group_asset_.data(),
           balance_.data(),
           settled_.data(),
           share_.data(),
           term_begin_.data(),
           term_row_.data(),
           weight_.data()};

  pool_tallies_ = DeviceBuffer<PoolTally>(pools, stream);
  first_passages_ = DeviceBuffer<unsigned long long>(std::uint64_t{pools} * steps_, stream);
  account_breaches_ = DeviceBuffer<unsigned long long>(accounts, stream);
  pool_account_ = DeviceBuffer<std::uint32_t>(pools, stream);
  pool_tallies_.zero();
  first_passages_.zero();
  account_breaches_.zero();
  launch_name_accounts(book_, tally(), stream.get());
}

BatchTallyView ResidentBatch::tally() const {
  return {pool_tallies_.data(), first_passages_.data(), account_breaches_.data(),
          pool_account_.data()};
}

void ResidentBatch::add_to(Tally& tally, Transfer& transfer) const {
  transfer.download(pool_tallies_,
                    [&](PoolTally const* parts, std::uint64_t first, std::uint64_t count) {
                      std::copy_n(parts, count, tally.pools.data() + first_pool_ + first);
                    });
  auto const add = [&transfer](auto const& buffer, std::uint64_t* into) {
    transfer.download(
        buffer, [&](unsigned long long const* parts, std::uint64_t first, std::uint64_t count) {
          for (std::uint64_t i = 0; i < count; ++i) into[first + i] += parts[i];
        });
  };
  add(first_passages_, tally.first_passages.data() + std::uint64_t{first_pool_} * steps_);
  add(account_breaches_, tally.account_breaches.data() + range_.begin);
}

}  // namespace plimsoll::cuda
