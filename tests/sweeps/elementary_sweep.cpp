// Measures models/elementary.hpp against MPFR and prints a Markdown table, one row per function and
// domain. usage: elementary_sweep [POINTS]; exit 1 if an error is above what is promised.
#include <cstdio>
#include <cstdlib>

#include "tests/models/ulp.hpp"

int main(int argc, char** argv) {
  const long long points = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  if (points <= 0) {
    std::fprintf(stderr, "elementary_sweep: the number of points must be a positive integer\n");
    return 2;
  }
  bool kept = true;
  std::printf(
      "| function | domain | points | max error [ulp] | mean [ulp] | worst at | promised |\n");
  std::printf("| --- | --- | ---: | ---: | ---: | --- | ---: |\n");
  for (const auto& measured : plimsoll::tests::measured_functions()) {
    const auto errors =
        plimsoll::tests::measured_errors(measured, static_cast<std::size_t>(points), 20260101);
    std::printf("| %s | %s | %zu | %.3f | %.3f | %.17g | %.0f |\n", measured.function,
                measured.domain, errors.points, errors.worst, errors.mean(), errors.where,
                measured.bound);
    std::fflush(stdout);
    kept = kept && errors.worst <= measured.bound;
  }
  return kept ? 0 : 1;
}
