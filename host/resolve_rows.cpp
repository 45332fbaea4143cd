// One table of rows for a book under several rule packs, so that columns are priced once for all.
// Method: rows are equal that say the same of the same rows, and stand for the same instrument.
//   Those that take work come first, as models/rows.hpp wants them; each pack's keep their order.
//   A contract that one pack scans, and another does not, has a row for each: the stored one is a
//   basis row of its own, and whoever does not scan it nets better without.
// Bits: values are those of the pack alone, since a row's value does not hang on its number.
#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include "host/resolve.hpp"

namespace plimsoll {

// The rows of all packs as they are gathered.
class ResolvedBook::RowUnion {
 public:
  // Begins with the prices, which are those of every pack.
  explicit RowUnion(ResolvedBook const& first) {
    for (std::uint32_t row = 0; row < first.assets_; ++row) add(row_of(first, row, {}));
  }

  // Adds what is not there yet of the rows [begin, end) of a pack, and writes place[row].
  void add_rows(ResolvedBook const& from, std::uint32_t begin, std::uint32_t end,
                std::vector<std::uint32_t>& place) {
    std::map<std::uint32_t, std::uint32_t> const blocks = from.shocked_blocks();
    for (std::uint32_t row = begin; row < end;) {
      auto const block = blocks.find(row);
      std::uint32_t const last = block == blocks.end() ? row + 1 : block->second;
      std::vector<Row> rows;
      for (std::uint32_t r = row; r < last; ++r) rows.push_back(row_of(from, r, place));
      std::uint32_t next = place_of(rows);
      for (; row < last; ++row) place[row] = next++;
    }
  }

  // From here on rows take no work.
  void end_stored() { stored_ = size(); }

  std::uint32_t size() const { return static_cast<std::uint32_t>(rows_.size()); }

 private:
  friend class ResolvedBook;

  struct Row {
    bool takes_work;
    RowKind kind;
    std::uint32_t underlying, settle, instrument;
    double ratio;
    OptionRow option;

    bool operator==(Row const&) const = default;
  };

  static Row row_of(ResolvedBook const& from, std::uint32_t row,
                    std::vector<std::uint32_t> const& place) {
    auto const placed = [&](std::uint32_t named) {
      if (named == no_index) return no_index;
      if (named < from.assets_) return named;
      if (place[named] == no_index)
        throw std::logic_error("a row hangs on one that comes after it");
      return place[named];
    };
    bool const takes_work = row >= from.assets_ && row < from.stored_;
    OptionRow option{};
    if (takes_work) {
      option = from.option_[row - from.assets_];
      option.strike_unit = placed(option.strike_unit);
    }
    return {takes_work,
            from.row_kind_[row],
            placed(from.row_underlying_[row]),
            placed(from.row_settle_[row]),
            from.row_instrument_[row],
            from.row_ratio_[row],
            option};
  }

  static std::uint64_t key_of(Row const& row) {
    std::uint64_t const key = (std::uint64_t{row.underlying} << 32) | row.instrument;
    return key ^ (static_cast<std::uint64_t>(row.kind) << 24) ^ std::hash<double>()(row.ratio);
  }

  void add(Row const& row) {
    known_.emplace(key_of(row), size());
    rows_.push_back(row);
  }

  // Where these rows stand side by side; they are added where they do not.
  std::uint32_t place_of(std::vector<Row> const& rows) {
    auto const [begin, end] = known_.equal_range(key_of(rows.front()));
    for (auto each = begin; each != end; ++each) {
      std::uint32_t const first = each->second;
      if (rows_.size() - first >= rows.size() &&
          std::equal(rows.begin(), rows.end(), rows_.begin() + first))
        return first;
    }
    std::uint32_t const first = size();
    for (Row const& row : rows) add(row);
    return first;
  }

  std::vector<Row> rows_;
  std::uint32_t stored_ = 0;
  std::unordered_multimap<std::uint64_t, std::uint32_t> known_;
};

// Rows that scans read side by side: the first of each block, and the end of it.
std::map<std::uint32_t, std::uint32_t> ResolvedBook::shocked_blocks() const {
  std::map<std::uint32_t, std::uint32_t> blocks;
  for (std::uint32_t s = 0; s < scan_grid_.size(); ++s) {
    std::uint32_t const points = point_begin_[scan_grid_[s] + 1] - point_begin_[scan_grid_[s]];
    std::uint64_t const end = scan_term_begin_[scan_class_begin_[s + 1]];
    for (std::uint64_t t = scan_term_begin_[scan_class_begin_[s]]; t < end; ++t) {
      std::uint32_t& last = blocks[scan_shocked_[t]];
      last = std::max(last, scan_shocked_[t] + points);
    }
  }
  for (auto block = blocks.begin(); block != blocks.end();) {
    auto const next = std::next(block);
    if (next == blocks.end() || next->first >= block->second) {
      block = next;
      continue;
    }
    block->second = std::max(block->second, next->second);
    blocks.erase(next);
  }
  return blocks;
}

// place[row]: where the table has each row of this book.
void ResolvedBook::renumber_rows(RowUnion const& rows, std::vector<std::uint32_t> const& place) {
  auto const renumber = [&place](std::vector<std::uint32_t>& column) {
    for (std::uint32_t& row : column)
      if (row != no_index) row = place[row];
  };
  for (std::vector<std::uint32_t>* const column :
       {&instrument_row_, &written_row_, &instrument_shocked_, &term_row_, &charge_row_, &scan_row_,
        &scan_shocked_})
    renumber(*column);
  for (auto& [key, row] : stopped_) row = place[row];
  auto const spread = [&](std::vector<std::uint32_t>& column) {
    std::vector<std::uint32_t> const own = std::move(column);
    column.assign(rows.size(), no_index);
    for (std::size_t row = 0; row < own.size(); ++row)
      if (own[row] != no_index) column[place[row]] = own[row];
  };
  spread(exposure_curve_);
  renumber(exposure_unit_);
  spread(exposure_unit_);
  stored_ = rows.stored_;
  row_kind_.clear();
  row_underlying_.clear();
  row_settle_.clear();
  row_ratio_.clear();
  row_instrument_.clear();
  option_.clear();
  for (RowUnion::Row const& row : rows.rows_) {
    row_kind_.push_back(row.kind);
    row_underlying_.push_back(row.underlying);
    row_settle_.push_back(row.settle);
    row_ratio_.push_back(row.ratio);
    row_instrument_.push_back(row.instrument);
    if (row.takes_work) option_.push_back(row.option);
  }
  price_rows();
}

void ResolvedBook::share_rows(std::span<ResolvedBook> books) {
  if (books.size() < 2) return;
  RowUnion rows(books.front());
  std::vector<std::vector<std::uint32_t>> places;
  for (ResolvedBook const& book : books) {
    std::vector<std::uint32_t>& place = places.emplace_back(book.row_kind_.size(), no_index);
    for (std::uint32_t row = 0; row < book.assets_; ++row) place[row] = row;
    rows.add_rows(book, book.assets_, book.stored_, place);
  }
  rows.end_stored();
  for (std::size_t b = 0; b < books.size(); ++b)
    rows.add_rows(books[b], books[b].stored_, static_cast<std::uint32_t>(books[b].row_kind_.size()),
                  places[b]);
  for (std::size_t b = 0; b < books.size(); ++b) books[b].renumber_rows(rows, places[b]);
}

}  // namespace plimsoll
