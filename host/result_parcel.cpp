#include "host/result_parcel.hpp"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace plimsoll {
namespace {

class Packer {
 public:
  template <class... Fields>
  void operator()(Fields const&... fields) {
    (put(fields), ...);
  }
  std::string take() { return std::move(bytes_); }

 private:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void put(T const& value) { append(&value, sizeof value); }
  void put(std::string const& text) {
    put(static_cast<std::uint64_t>(text.size()));
    append(text.data(), text.size());
  }
  template <class T>
  void put(std::vector<T> const& values) {
    put(static_cast<std::uint64_t>(values.size()));
    if constexpr (std::is_trivially_copyable_v<T>)
      append(values.data(), values.size() * sizeof(T));
    else
      for (T const& value : values) put(value);
  }
  void append(void const* from, std::size_t size) {
    if (size > 0) bytes_.append(static_cast<char const*>(from), size);
  }

  std::string bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string const& bytes) : bytes_(bytes) {}
  template <class... Fields>
  void operator()(Fields&... fields) {
    (get(fields), ...);
  }
  void finish() const {
    if (at_ != bytes_.size()) throw std::logic_error("a parcel holds more than a result");
  }

 private:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void get(T& value) { copy(&value, sizeof value); }
  void get(std::string& text) {
    text.resize(count(1));
    copy(text.data(), text.size());
  }
  template <class T>
  void get(std::vector<T>& values) {
    constexpr bool plain = std::is_trivially_copyable_v<T>;
    values.resize(count(plain ? sizeof(T) : 1));
    if constexpr (plain)
      copy(values.data(), values.size() * sizeof(T));
    else
      for (T& value : values) get(value);
  }
  // How many elements of `size` bytes at least follow.
  std::size_t count(std::size_t size) {
    std::uint64_t number = 0;
    get(number);
    if (number > (bytes_.size() - at_) / size) throw std::logic_error("a parcel was cut short");
    return number;
  }
  void copy(void* to, std::size_t size) {
    if (size > bytes_.size() - at_) throw std::logic_error("a parcel was cut short");
    if (size > 0) std::memcpy(to, bytes_.data() + at_, size);
    at_ += size;
  }

  std::string const& bytes_;
  std::size_t at_ = 0;
};

template <class Archive, class Fields>
void visit_rows(Archive& archive, Fields& r) {
  auto& a = r.accounts;
  archive(a.name, a.segregation_class, a.breaches, a.probability, a.low, a.high, a.worst_pool);
  auto& p = r.pools;
  archive(p.name, p.account, p.isolated, p.equity, p.requirement, p.excess, p.margin_ratio);
  archive(p.net_exposure, p.gross_exposure, p.leverage, p.breaches, p.probability, p.low, p.high);
  archive(p.first_passages, p.mean_shortfall, p.worst_shortfall, p.worst_scenario);
  archive(p.value_at_risk, p.expected_shortfall);
}

template <class Archive, class Fields>
void visit_sums(Archive& archive, Fields& r) {
  archive(r.scenarios.accounts_in_breach, r.scenarios.pools_in_breach, r.scenarios.shortfall);
  auto& s = r.segregation;
  archive(s.custody_given, s.owed_tonight, s.held_tonight, s.undefined_columns, s.lack);
  auto& c = r.class_sums;
  archive(c.unit_class, c.unit_of, c.units, c.deficit, c.undefined);
  auto& f = r.firm;
  archive(f.breaching_cells, f.flagged_accounts, f.flagged_pools, f.limited_draws);
  archive(f.undefined_cells, f.exceedance_probability, f.exceedance_shortfall, f.asset);
  archive(f.asset_breaches, f.asset_fall);
  auto& rest = r.rest;
  archive(rest.accounts, rest.pools, rest.of_class, rest.accounts_below_tonight);
  archive(rest.pools_below_tonight, rest.breaches, rest.account_breaches, rest.flagged_accounts);
  archive(rest.flagged_pools, rest.accounts_by_band, rest.first_passages);
}

template <class Archive, class ResultOrConst>
void visit(Archive& archive, ResultOrConst& r) {
  auto& e = r.shape;
  archive(e.seed, e.scenarios, e.steps, e.horizon_days, e.source, e.tails);
  archive(r.reporting_currency, r.as_of, r.packs, r.classes);
  visit_rows(archive, r);
  visit_sums(archive, r);
  archive(r.config, r.engine, r.engine_note, r.work, r.seconds_total, r.stage_name, r.stage_seconds,
          r.peak_memory_bytes);
}

}  // namespace

std::string pack_result(Result const& result) {
  Packer packer;
  visit(packer, result);
  return packer.take();
}

Result unpack_result(std::string const& bytes) {
  Unpacker unpacker(bytes);
  Result result;
  visit(unpacker, result);
  unpacker.finish();
  return result;
}

}  // namespace plimsoll
