// What an option costs in one column: value and delta over 1,024 columns, in vector code of each
// instruction set and one by one. `moved`: the volatility differs from column to column.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "kernels/cpu/processor.hpp"
#include "models/random.hpp"
#include "tests/models/option_columns.hpp"

namespace plimsoll::tests {
namespace {

constexpr double strike = 100.0;
constexpr double volatility = 0.4;

struct Life {
  OptionLife european = option_life(OptionSide::put, 0.25, 0.99);
  AmericanLife american = american_life(OptionSide::put, 0.25, 0.04, 0.03);
};

void one_by_one(OptionColumns const& columns, auto price) {
  for (int i = 0; i < option_columns; ++i) {
    OptionValue found = price(columns.price[i], columns.volatility[i]);
    benchmark::DoNotOptimize(found);
    columns.value[i] = found.value;
    columns.delta[i] = found.delta;
  }
}

// The same loops as they come out where nothing is done for vector code.
OptionLoops const scalar_loops = {
    "one_by_one",
    [](EuropeanTerms const& terms, double k, OptionColumns const& columns) {
      one_by_one(columns, [&](double f, double) { return european_linear(terms, f, k); });
    },
    [](OptionLife const& life, double k, OptionColumns const& columns) {
      one_by_one(columns, [&](double f, double v) {
        return european_linear(european_terms(life, v), f, k);
      });
    },
    [](EuropeanTerms const& terms, double k, OptionColumns const& columns) {
      one_by_one(columns, [&](double f, double) { return european_coin_settled(terms, f, k); });
    },
    [](OptionLife const& life, double k, OptionColumns const& columns) {
      one_by_one(columns, [&](double f, double v) {
        return european_coin_settled(european_terms(life, v), f, k);
      });
    },
    [](AmericanTerms const& terms, double k, OptionColumns const& columns) {
      one_by_one(columns, [&](double s, double) { return american(terms, s, k); });
    },
    [](AmericanLife const& life, double k, OptionColumns const& columns) {
      one_by_one(columns,
                 [&](double s, double v) { return american(american_terms(life, v), s, k); });
    }};

struct Columns {
  std::vector<double> price, moved, value, delta;

  Columns() : value(option_columns), delta(option_columns) {
    for (std::uint32_t i = 0; i < option_columns; ++i) {
      price.push_back(60.0 + 80.0 * uniform(draws(1, Purpose::mixing, i, 1, 0).first));
      moved.push_back(0.2 + 0.6 * uniform(draws(1, Purpose::mixing, i, 2, 0).first));
    }
  }
  OptionColumns view() { return {price.data(), moved.data(), value.data(), delta.data()}; }
};

using Run = void (*)(OptionLoops const&, Life const&, OptionColumns const&);

void timed(benchmark::State& state, OptionLoops const& loops, Run run) {
  Columns columns, alone;
  Life const life;
  run(loops, life, columns.view());
  run(scalar_loops, life, alone.view());
  std::size_t const size = option_columns * sizeof(double);
  if (std::memcmp(columns.value.data(), alone.value.data(), size) != 0 ||
      std::memcmp(columns.delta.data(), alone.delta.data(), size) != 0) {
    std::fprintf(stderr, "option_bench: %s code has other bits than one price by itself\n",
                 loops.name);
    std::exit(1);
  }
  for (auto _ : state) {
    run(loops, life, columns.view());
    benchmark::ClobberMemory();
  }
  state.counters["time/price"] = {static_cast<double>(state.iterations()) * option_columns,
                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert};
}

void add(OptionLoops const& loops) {
  struct Named {
    char const* name;
    Run run;
  };
  for (Named const &each : {
           Named{"european",
                 [](OptionLoops const&l, Life const&life, OptionColumns const&c) {
                   l.european(european_terms(life.european, volatility), strike, c);
                 }},
           {"european_moved",
            [](OptionLoops const&l, Life const&life, OptionColumns const&c) {
              l.european_moved(life.european, strike, c);
            }},
           {"coin_settled",
            [](OptionLoops const&l, Life const&life, OptionColumns const&c) {
              l.coin_settled(european_terms(life.european, volatility), strike, c);
            }},
           {"coin_settled_moved",
            [](OptionLoops const&l, Life const&life, OptionColumns const&c) {
              l.coin_settled_moved(life.european, strike, c);
            }},
           {"american",
            [](OptionLoops const&l, Life const&life, OptionColumns const&c) {
              l.american(american_terms(life.american, volatility), strike, c);
            }},
           {"american_moved",
            [](OptionLoops const&l, Life const&life, OptionColumns const&c) {
              l.american_moved(life.american, strike, c);
            }},
       })
    benchmark::RegisterBenchmark((std::string("options_") + loops.name + "/" + each.name).c_str(),
                                 timed, loops, each.run);
}

}  // namespace
}  // namespace plimsoll::tests

int main(int argc, char** argv) {
  using namespace plimsoll::tests;
  add(scalar_loops);
  add(option_loops_avx2);
  if (plimsoll::cpu::has_avx512()) add(option_loops_avx512);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
