#include "kernels/cuda/resident.hpp"

#include <algorithm>

#include "kernels/basis.hpp"

namespace plimsoll::cuda {
namespace {

// How many curves the rules and the book name.
std::uint32_t curves_named(Job const& job) {
  std::uint32_t count = 0;
  auto const add = [&count](std::uint32_t const* curve, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i < end; ++i)
      if (curve[i] != no_index) count = std::max(count, curve[i] + 1);
  };
  BookView const& book = job.book;
  add(job.rules.asset_curve, 0, job.rows.assets);
  add(job.rules.exposure_curve, job.rows.assets, job.rows.rows);
  std::uint32_t const groups = book.group_begin[book.pools];
  if (book.group_curve != nullptr) add(book.group_curve, 0, groups);
  if (book.term_curve != nullptr) add(book.term_curve, 0, book.term_begin[groups]);
  if (book.charge_begin != nullptr) add(book.charge_curve, 0, book.charge_begin[book.pools]);
  return count;
}

}  // namespace

ResidentWorld::ResidentWorld(Job const& job, Transfer& transfer) {
  put_market(job.market, transfer);
  put_rows(job.rows, transfer);
  put_rules(job, transfer);
  put_basis(job.rows, transfer);
  put_grids(job.book.scans, transfer);
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
  option_ = transfer.upload(rows.option, rows.stored - rows.assets);
  rows_ = {rows.rows,          rows.assets,    rows.stored,   kind_.data(),  factor_.data(),
           underlying_.data(), settle_.data(), ratio_.data(), option_.data()};
}

void ResidentWorld::put_rules(Job const& job, Transfer& transfer) {
  RulesView const& rules = job.rules;
  RowsView const& rows = job.rows;
  std::uint32_t const curves = curves_named(job);
  std::uint32_t const segments = curves == 0 ? 0 : rules.curves.begin[curves];
  curve_begin_ = transfer.upload(rules.curves.begin, curves + 1u);
  floor_ = transfer.upload(rules.curves.floor, segments);
  slope_ = transfer.upload(rules.curves.slope, segments);
  intercept_ = transfer.upload(rules.curves.intercept, segments);
  asset_curve_ = transfer.upload(rules.asset_curve, rows.assets);
  asset_in_units_ = transfer.upload(rules.asset_in_units, rows.assets);
  if (rules.asset_state != nullptr) asset_state_ = transfer.upload(rules.asset_state, rows.assets);
  exposure_curve_ = transfer.upload(rules.exposure_curve, rows.rows);
  exposure_unit_ = transfer.upload(rules.exposure_unit, rows.rows);
  rules_ = {{curve_begin_.data(), floor_.data(), slope_.data(), intercept_.data()},
            asset_curve_.data(),
            asset_in_units_.data(),
            exposure_curve_.data(),
            exposure_unit_.data(),
            rules.gain_weight,
            rules.asset_state == nullptr ? nullptr : asset_state_.data()};
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

void ResidentWorld::put_grids(ScanView const& scans, Transfer& transfer) {
  if (scans.begin == nullptr) return;
  point_begin_ = transfer.upload(scans.point_begin, scans.grids + 1u);
  part_ = transfer.upload(scans.part, scans.point_begin[scans.grids]);
  grids_.grids = scans.grids;
  grids_.point_begin = point_begin_.data();
  grids_.part = part_.data();
}

std::uint32_t most_scan_lines(ScanView const& scans) {
  std::uint32_t most = 0;
  for (std::uint32_t grid = 0; scans.begin != nullptr && grid < scans.grids; ++grid)
    most = std::max(most, scans.point_begin[grid + 1] - scans.point_begin[grid] + 1);
  return most;
}

BatchSize batch_size(BookView const& book, BatchRange range) {
  std::uint32_t const first_pool = book.pool_begin[range.begin];
  std::uint32_t const end_pool = book.pool_begin[range.end];
  std::uint32_t const first_group = book.group_begin[first_pool];
  std::uint32_t const end_group = book.group_begin[end_pool];
  BatchSize size = {range.end - range.begin, end_pool - first_pool, end_group - first_group,
                    book.term_begin[end_group] - book.term_begin[first_group],
                    book.charge_begin == nullptr
                        ? 0
                        : book.charge_begin[end_pool] - book.charge_begin[first_pool]};
  ScanView const& scans = book.scans;
  if (scans.begin == nullptr) return size;
  std::uint64_t const first_scan = scans.begin[first_pool];
  std::uint64_t const end_scan = scans.begin[end_pool];
  std::uint64_t const first_class = scans.class_begin[first_scan];
  std::uint64_t const end_class = scans.class_begin[end_scan];
  size.scans = end_scan - first_scan;
  size.scan_classes = end_class - first_class;
  size.scan_terms = scans.term_begin[end_class] - scans.term_begin[first_class];
  for (std::uint32_t pool = first_pool; pool < end_pool; ++pool) {
    if (!has_scans(scans, pool)) continue;
    ++size.scanned;
    ScanSize const one = scan_size(scans, pool);
    if (!fits(one, most_scan_room)) continue;
    size.most_scanned.terms = std::max(size.most_scanned.terms, one.terms);
    size.most_scanned.lines = std::max(size.most_scanned.lines, one.lines);
    size.most_scanned.parts = std::max(size.most_scanned.parts, one.parts);
  }
  return size;
}

std::uint64_t ResidentBatch::bytes(BookView const& book, BatchSize const& size,
                                   std::uint32_t steps) {
  std::uint64_t const book_bytes =
      std::uint64_t{size.accounts} * (sizeof(std::uint32_t) + sizeof(std::uint8_t)) +
      std::uint64_t{size.pools} * (sizeof(std::uint32_t) + sizeof(PoolToday)) +
      std::uint64_t{size.groups} *
          (sizeof(std::uint32_t) + 3 * sizeof(double) + sizeof(std::uint64_t)) +
      size.terms * (sizeof(std::uint32_t) + sizeof(double));
  std::uint64_t const own_bytes =
      (book.group_curve == nullptr ? 0 : size.groups * sizeof(std::uint32_t)) +
      (book.term_curve == nullptr ? 0 : size.terms * sizeof(std::uint32_t)) +
      (book.charge_begin == nullptr ? 0 : size.pools * sizeof(std::uint64_t)) +
      size.charges * (2 * sizeof(std::uint32_t) + sizeof(double));
  std::uint64_t const scan_bytes =
      (book.scans.begin == nullptr ? 0 : (size.pools + 3u) * sizeof(std::uint64_t)) +
      size.scans * (sizeof(std::uint32_t) + sizeof(double) + sizeof(std::uint64_t)) +
      size.scan_classes * (sizeof(double) + sizeof(std::uint64_t)) +
      size.scan_terms * (2 * sizeof(std::uint32_t) + sizeof(double));
  std::uint64_t const tally_bytes =
      size.pools * (sizeof(PoolTally) + sizeof(std::uint32_t) + steps * sizeof(std::uint64_t)) +
      size.accounts * sizeof(std::uint64_t);
  return book_bytes + own_bytes + scan_bytes + tally_bytes;
}

ResidentBatch::ResidentBatch(Job const& job, ResidentWorld const& world, BatchRange range,
                             Stream const& stream, Transfer& transfer)
    : range_(range),
      size_(batch_size(job.book, range)),
      first_pool_(job.book.pool_begin[range.begin]),
      steps_(job.shape.steps) {
  BookView const& book = job.book;
  std::uint32_t const accounts = size_.accounts;
  std::uint32_t const pools = size_.pools;
  std::uint32_t const groups = size_.groups;
  std::uint64_t const terms = size_.terms;
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
  put_own(book, first_group, first_term, transfer);
  book_.scans = world.grids();
  if (book.scans.begin != nullptr) put_scans(book.scans, transfer);

  pool_tallies_ = DeviceBuffer<PoolTally>(pools, stream);
  first_passages_ = DeviceBuffer<unsigned long long>(std::uint64_t{pools} * steps_, stream);
  account_breaches_ = DeviceBuffer<unsigned long long>(accounts, stream);
  pool_account_ = DeviceBuffer<std::uint32_t>(pools, stream);
  pool_tallies_.zero();
  first_passages_.zero();
  account_breaches_.zero();
  launch_name_accounts(book_, tally(), stream.get());
}

// What the book has of a pool's own; the rest stays null.
void ResidentBatch::put_own(BookView const& book, std::uint32_t first_group,
                            std::uint64_t first_term, Transfer& transfer) {
  if (book.group_curve != nullptr)
    group_curve_ = transfer.upload(book.group_curve + first_group, size_.groups);
  if (book.term_curve != nullptr)
    term_curve_ = transfer.upload(book.term_curve + first_term, size_.terms);
  book_.group_curve = group_curve_.data();
  book_.term_curve = term_curve_.data();
  if (book.charge_begin == nullptr) return;
  std::uint64_t const first = book.charge_begin[first_pool_];
  charge_begin_ = transfer.upload_offsets(book.charge_begin + first_pool_, size_.pools + 1u);
  charge_row_ = transfer.upload(book.charge_row + first, size_.charges);
  charge_weight_ = transfer.upload(book.charge_weight + first, size_.charges);
  charge_curve_ = transfer.upload(book.charge_curve + first, size_.charges);
  book_.charge_begin = charge_begin_.data();
  book_.charge_row = charge_row_.data();
  book_.charge_weight = charge_weight_.data();
  book_.charge_curve = charge_curve_.data();
}

void ResidentBatch::put_scans(ScanView const& scans, Transfer& transfer) {
  std::uint64_t const first_scan = scans.begin[first_pool_];
  std::uint64_t const first_class = scans.class_begin[first_scan];
  std::uint64_t const first_term = scans.term_begin[first_class];
  scan_begin_ = transfer.upload_offsets(scans.begin + first_pool_, size_.pools + 1u);
  scan_grid_ = transfer.upload(scans.grid + first_scan, size_.scans);
  scan_least_ = transfer.upload(scans.least + first_scan, size_.scans);
  scan_class_begin_ = transfer.upload_offsets(scans.class_begin + first_scan, size_.scans + 1);
  scan_offset_ = transfer.upload(scans.class_offset + first_class, size_.scan_classes);
  scan_term_begin_ =
      transfer.upload_offsets(scans.term_begin + first_class, size_.scan_classes + 1);
  scan_row_ = transfer.upload(scans.term_row + first_term, size_.scan_terms);
  scan_shocked_ = transfer.upload(scans.term_shocked + first_term, size_.scan_terms);
  scan_weight_ = transfer.upload(scans.term_weight + first_term, size_.scan_terms);
  book_.scans.begin = scan_begin_.data();
  book_.scans.grid = scan_grid_.data();
  book_.scans.least = scan_least_.data();
  book_.scans.class_begin = scan_class_begin_.data();
  book_.scans.class_offset = scan_offset_.data();
  book_.scans.term_begin = scan_term_begin_.data();
  book_.scans.term_row = scan_row_.data();
  book_.scans.term_shocked = scan_shocked_.data();
  book_.scans.term_weight = scan_weight_.data();
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
