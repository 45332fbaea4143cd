#include "host/result_store.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "host/column_check.hpp"
#include "host/error.hpp"
#include "host/name_check.hpp"
#include "host/result_check.hpp"
#include "models/sampling.hpp"

namespace plimsoll {

namespace {

std::vector<double> tail_level_labels() {
  std::vector<double> levels;
  for (std::uint32_t const per_mille : tail_level_per_mille) levels.push_back(per_mille / 1000.0);
  return levels;
}

// Every run has few steps; a damaged number must not take memory.
std::vector<std::uint32_t> step_labels(std::uint32_t steps) {
  std::vector<std::uint32_t> labels(std::min<std::uint32_t>(steps, 1u << 20));
  std::iota(labels.begin(), labels.end(), 1u);
  return labels;
}

template <class Fields, class Shape>
void visit_run(Fields& file, Shape& shape) {
  file.value("/run/seed", "1", shape.seed);
  file.value("/run/scenarios", "scenario", shape.scenarios);
  file.value("/run/steps", "step", shape.steps);
  file.value("/run/horizon_days", "day", shape.horizon_days);
  file.value("/run/source", "text", shape.source);
  file.value("/run/tails", "text", shape.tails);
}

template <class Fields, class ResultOrConst>
void visit_axes(Fields& file, ResultOrConst& result) {
  file.column("/axes/pack", "text", {"pack"}, result.packs);
  file.column("/axes/class", "text", {"class"}, result.classes);
  file.axis("level", tail_levels);
  file.labels("/axes/level", "fraction", {"level"}, tail_level_labels());
  file.axis("step", result.shape.steps);
  file.labels("/axes/step", "step", {"step"}, step_labels(result.shape.steps));
  file.axis("scenario", result.shape.scenarios);
  file.column("/axes/asset", "text", {"asset"}, result.firm.asset);
}

template <class Fields, class Accounts>
void visit_accounts(Fields& file, Accounts& accounts) {
  file.column("/accounts/name", "text", {"account"}, accounts.name);
  file.column("/accounts/segregation_class", "row of /axes/class", {"account"},
              accounts.segregation_class);
  Axes const axes = {"pack", "account"};
  file.column("/accounts/breaches", "scenario", axes, accounts.breaches);
  file.column("/accounts/probability", "fraction", axes, accounts.probability);
  file.column("/accounts/low", "fraction", axes, accounts.low);
  file.column("/accounts/high", "fraction", axes, accounts.high);
  file.column("/accounts/worst_pool", "row of /pools", axes, accounts.worst_pool);
}

template <class Fields, class Pools>
void visit_pools_today(Fields& file, Pools& pools) {
  file.column("/pools/name", "text", {"pool"}, pools.name);
  file.column("/pools/account", "row of /accounts", {"pool"}, pools.account);
  file.column("/pools/isolated", "0 cross, 1 isolated", {"pool"}, pools.isolated);
  Axes const axes = {"pack", "pool"};
  file.column("/pools/equity", "ccy", axes, pools.equity);
  file.column("/pools/requirement", "ccy", axes, pools.requirement);
  file.column("/pools/excess", "ccy", axes, pools.excess);
  file.column("/pools/margin_ratio", "fraction", axes, pools.margin_ratio);
  file.column("/pools/net_exposure", "ccy", axes, pools.net_exposure);
  file.column("/pools/gross_exposure", "ccy", axes, pools.gross_exposure);
  file.column("/pools/leverage", "fraction", axes, pools.leverage);
}

template <class Fields, class Pools>
void visit_pools_over_scenarios(Fields& file, Pools& pools) {
  Axes const axes = {"pack", "pool"};
  file.column("/pools/breaches", "scenario", axes, pools.breaches);
  file.column("/pools/probability", "fraction", axes, pools.probability);
  file.column("/pools/low", "fraction", axes, pools.low);
  file.column("/pools/high", "fraction", axes, pools.high);
  file.column("/pools/first_passages", "scenario", {"pack", "pool", "step"}, pools.first_passages);
  file.column("/pools/mean_shortfall", "ccy", axes, pools.mean_shortfall);
  file.column("/pools/worst_shortfall_ticks", "tick", axes, pools.worst_shortfall);
  file.column("/pools/worst_scenario", "scenario number", axes, pools.worst_scenario);
  Axes const tails = {"pack", "pool", "level"};
  file.column("/pools/value_at_risk", "ccy", tails, pools.value_at_risk);
  file.column("/pools/expected_shortfall", "ccy", tails, pools.expected_shortfall);
}

template <class Fields, class Scenarios>
void visit_scenarios(Fields& file, Scenarios& scenarios) {
  Axes const axes = {"pack", "scenario"};
  file.column("/scenarios/accounts_in_breach", "account", axes, scenarios.accounts_in_breach);
  file.column("/scenarios/pools_in_breach", "pool", axes, scenarios.pools_in_breach);
  file.sums("/scenarios/shortfall", {"pack", "scenario", "class"}, scenarios.shortfall);
}

template <class Fields, class Segregation>
void visit_segregation(Fields& file, Segregation& classes) {
  file.column("/classes/custody_given", "0 no custody given, 1 given", {"class"},
              classes.custody_given);
  file.sums("/classes/owed_tonight", {"class"}, classes.owed_tonight);
  file.column("/classes/held_tonight", "ccy", {"class"}, classes.held_tonight);
  file.column("/classes/undefined_columns", "scenario x step", {"class"},
              classes.undefined_columns);
  file.sums("/scenarios/custody_lack", {"scenario", "class"}, classes.lack);
}

// Of shards of a run with custody only.
template <class Fields, class ClassSums>
void visit_class_sums(Fields& file, ClassSums& sums) {
  file.column("/class_sums/unit_class", "row of /axes/class", {"unit"}, sums.unit_class);
  file.column("/class_sums/unit_of", "asset, or assets + instrument", {"unit"}, sums.unit_of);
  file.column("/class_sums/units", "1", {"unit"}, sums.units);
  Axes const axes = {"scenario", "step", "class"};
  file.sums("/class_sums/deficit", axes, sums.deficit);
  file.column("/class_sums/undefined", "0 defined, 1 undefined", axes, sums.undefined);
}

bool any_custody(Result const& result) {
  std::vector<std::uint8_t> const& given = result.segregation.custody_given;
  return std::any_of(given.begin(), given.end(), [](std::uint8_t of) { return of != 0; });
}

template <class Fields, class Firm>
void visit_firm(Fields& file, Firm& firm) {
  file.column("/firm/breaching_cells", "pool x scenario", {"pack"}, firm.breaching_cells);
  file.column("/firm/flagged_accounts", "account", {"pack"}, firm.flagged_accounts);
  file.column("/firm/flagged_pools", "pool", {"pack"}, firm.flagged_pools);
  file.column("/firm/limited_draws", "draw", {"pack"}, firm.limited_draws);
  file.column("/firm/undefined_cells", "cell", {"pack"}, firm.undefined_cells);
  file.column("/firm/exceedance_probability", "fraction", {"point"}, firm.exceedance_probability);
  file.column("/firm/exceedance_shortfall", "ccy", {"pack", "point"}, firm.exceedance_shortfall);
  file.column("/firm/asset_breaches", "pool x scenario", {"pack", "asset"}, firm.asset_breaches);
  file.sums("/firm/asset_fall", {"pack", "asset"}, firm.asset_fall);
}

template <class Fields, class ResultOrConst>
void visit(Fields& file, ResultOrConst& result) {
  visit_run(file, result.shape);
  file.value("/reporting_currency", "text", result.reporting_currency);
  file.value("/as_of", "date", result.as_of);
  visit_axes(file, result);
  visit_accounts(file, result.accounts);
  visit_pools_today(file, result.pools);
  visit_pools_over_scenarios(file, result.pools);
  visit_scenarios(file, result.scenarios);
  visit_segregation(file, result.segregation);
  visit_firm(file, result.firm);
  file.attribute("config", result.config);
  file.attribute("engine", result.engine);
  file.attribute("engine_note", result.engine_note);
  file.attribute("seconds_total", result.seconds_total);
  file.attribute("peak_memory_bytes", result.peak_memory_bytes);
  file.provenance(result.provenance);
}

void write_stages(SchemaWriter& file, Result const& result) {
  for (std::size_t i = 0; i < result.stage_name.size(); ++i) {
    file.attribute(fmt::format("stage_{}_name", i), result.stage_name[i]);
    file.attribute(fmt::format("stage_{}_seconds", i), result.stage_seconds.at(i));
  }
}

void read_stages(SchemaReader& file, Result& result) {
  for (std::size_t i = 0; file.has_attribute(fmt::format("stage_{}_name", i)); ++i) {
    file.attribute(fmt::format("stage_{}_name", i), result.stage_name.emplace_back());
    file.attribute(fmt::format("stage_{}_seconds", i), result.stage_seconds.emplace_back());
  }
}

// Rows of accounts and pools are counted from `account` and `pool` on.
void count_from(Result& result, std::uint64_t account, std::uint64_t pool) {
  for (std::uint32_t& row : result.pools.account) row += static_cast<std::uint32_t>(account);
  for (std::uint32_t& row : result.accounts.worst_pool) row += static_cast<std::uint32_t>(pool);
}

void require_sound(Result const& result, std::string const& path) {
  try {
    check_result(result, path);
  } catch (InputError const& error) {
    throw std::logic_error(error.what());
  }
}

void check_class_sums(Result const& result, std::string const& path) {
  Result::ClassSums const& sums = result.class_sums;
  auto const refuse = [&](std::string const& column, std::size_t row) {
    throw InputError(element(column_place(path, "/class_sums/" + column), row), "is out of range",
                     "no part of a run sums to it", "remove the file, so that it is made again");
  };
  for (std::size_t i = 0; i < sums.unit_class.size(); ++i)
    if (sums.unit_class[i] >= result.classes.size() ||
        result.segregation.custody_given[sums.unit_class[i]] == 0)
      refuse("unit_class", i);
  for (std::size_t i = 0; i < sums.deficit.size(); ++i) {
    if (sums.deficit[i].high < 0) refuse("deficit_high", i);
    if (sums.undefined[i] > 1) refuse("undefined", i);
  }
}

void write_all(SchemaWriter& file, Result const& result) {
  visit(file, result);
  write_stages(file, result);
  file.finish();
}

}  // namespace

void write_result(Result const& result, std::string const& path, Overwrite overwrite) {
  require_sound(result, path);
  SchemaWriter file(path, result_schema, overwrite);
  write_all(file, result);
}

Result read_result(std::string const& path) {
  SchemaReader file(path, result_schema);
  Result result;
  visit(file, result);
  read_stages(file, result);
  file.finish();
  check_result(result, path);
  return result;
}

void write_shard(Result& part, Shard const& shard, std::string const& path) {
  require_sound(part, path);
  count_from(part, shard.account, shard.pool);
  SchemaWriter file(path, result_schema, Overwrite::yes);
  file.attribute("run_id", shard.run_id);
  file.attribute("shard", shard.file);
  if (any_custody(part)) {
    file.axis("scenario", part.shape.scenarios);
    file.axis("step", part.shape.steps);
    file.axis("class", part.classes.size());
    visit_class_sums(file, part.class_sums);
  }
  write_all(file, part);
  count_from(part, -shard.account, -shard.pool);
}

Result read_shard(Shard const& shard, std::string const& path) {
  SchemaReader file(path, result_schema);
  std::string run_id, name;
  file.attribute("run_id", run_id);
  file.attribute("shard", name);
  if (run_id != shard.run_id || name != shard.file)
    throw InputError(path, fmt::format("is {} of run {:.12}", name, run_id),
                     fmt::format("{} of run {:.12} is expected", shard.file, shard.run_id),
                     "remove it, so that it is made again");
  Result part;
  visit(file, part);
  if (any_custody(part)) visit_class_sums(file, part.class_sums);
  read_stages(file, part);
  file.finish();
  if (part.accounts.name.size() != shard.accounts || part.pools.name.size() != shard.pools)
    throw InputError(path,
                     fmt::format("has {} accounts and {} pools", part.accounts.name.size(),
                                 part.pools.name.size()),
                     fmt::format("{} and {} are expected", shard.accounts, shard.pools),
                     "remove it, so that it is made again");
  count_from(part, -shard.account, -shard.pool);
  check_result(part, path);
  check_class_sums(part, path);
  return part;
}

void write_joined(Result const& sums, std::vector<Shard> const& shards, std::string const& folder,
                  std::string const& path, Overwrite overwrite) {
  SchemaWriter file(path, result_schema, overwrite);
  std::vector<AxisPart> accounts, pools;
  for (Shard const& shard : shards) {
    accounts.push_back({folder + "/" + shard.file, shard.file, shard.accounts});
    pools.push_back({folder + "/" + shard.file, shard.file, shard.pools});
  }
  file.joined("account", std::move(accounts));
  file.joined("pool", std::move(pools));
  file.attribute("run_id", shards.front().run_id);
  write_all(file, sums);
}

}  // namespace plimsoll
