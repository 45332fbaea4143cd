// The jobs on which engines are compared: each has something that the others lack.
#pragma once

#include <string>
#include <vector>

#include "tests/kernels/job_builder.hpp"

namespace plimsoll::testing {

struct NamedJob {
  std::string name;
  JobConfig config;
};

// Below 2 x 10^5 cells together.
inline std::vector<NamedJob> job_list() {
  return {
      {"mixed", {.seed = 1, .scenarios = 203, .steps = 2, .tails = Tails::flagged}},
      {"three_steps", {.seed = 2, .scenarios = 130, .steps = 3, .tails = Tails::all}},
      {"losses_only_of_gains",
       {.seed = 3, .scenarios = 150, .steps = 2, .gain_weight = 0.0, .tails = Tails::flagged}},
      {"table", {.seed = 4, .scenarios = 170, .steps = 2, .table = true, .tails = Tails::all}},
      {"undefined_cells",
       {.seed = 16, .accounts = 20, .scenarios = 140, .extreme_pool = true, .tails = Tails::all}},
      {"all_in_breach",
       {.seed = 6, .accounts = 20, .scenarios = 160, .steps = 1, .thin_buffer = 0.001}},
      {"one_scenario", {.seed = 7, .accounts = 25, .scenarios = 1, .tails = Tails::all}},
      {"one_pool", {.seed = 8, .accounts = 1, .most_pools = 1, .scenarios = 700, .steps = 1}},
      {"no_factors_no_exposures",
       {.seed = 9, .factors = 0, .assets = 3, .exposures = 0, .accounts = 30, .scenarios = 40}},
      {"more_lines_than_a_grid_has",
       {.seed = 10, .factors = 9, .exposures = 190, .accounts = 12, .scenarios = 70, .steps = 3}},
      {"more_factors_than_a_grid_has_lines",
       {.seed = 13, .factors = 520, .accounts = 6, .scenarios = 10, .steps = 2}},
      {"many_small_accounts",
       {.seed = 11, .accounts = 1500, .most_pools = 1, .most_terms = 2, .scenarios = 40}},
      // Prices that stop at one of three steps, options on these and on assets, contracts on both.
      {"options",
       {.seed = 14,
        .derived = 17,
        .accounts = 30,
        .scenarios = 90,
        .steps = 3,
        .tails = Tails::flagged}},
      {"own_curves_and_charges",
       {.seed = 15,
        .accounts = 30,
        .scenarios = 110,
        .own_curves = true,
        .most_charges = 3,
        .tails = Tails::all}},
      // Some pools with scans, beside some with none; all kinds of rows under shocks.
      {"portfolio_scans",
       {.seed = 18,
        .derived = 17,
        .accounts = 40,
        .scenarios = 130,
        .gain_weight = 0.8,
        .own_curves = true,
        .most_charges = 1,
        .most_scans = 2,
        .tails = Tails::flagged}},
      // Haircuts and debts that move with prices and with how wild they are; some rules of gains.
      {"states_of_credit",
       {.seed = 19,
        .states = 6,
        .accounts = 40,
        .scenarios = 120,
        .steps = 3,
        .own_curves = true,
        .tails = Tails::all}},
      {"states_and_weighed_gains",
       {.seed = 20,
        .derived = 7,
        .states = 9,
        .accounts = 40,
        .scenarios = 120,
        .gain_weight = 0.6,
        .most_charges = 1,
        .tails = Tails::flagged}},
      {"portfolio_scans_of_futures_and_options",
       {.seed = 21,
        .derived = 12,
        .accounts = 40,
        .scenarios = 130,
        .most_scans = 4,
        .shocked = true,
        .thin_buffer = 0.6,
        .tails = Tails::all}},
      {"weighed_gains", {.seed = 17, .accounts = 30, .scenarios = 120, .gain_weight = 0.35}},
      {"one_class",
       {.seed = 12, .accounts = 30, .most_pools = 7, .classes = 1, .scenarios = 100, .steps = 1}},
  };
}

}  // namespace plimsoll::testing
