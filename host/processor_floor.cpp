// Runs before everything else of the program, compiled for any x86-64: says no on a processor whose
// missing instructions would otherwise end the program without a word.
#include <unistd.h>

#include <cstring>

namespace {

void refuse(char const* missing) {
  char const* const parts[] = {
      "plimsoll: wrong input: processor: it lacks ", missing,
      " (the program is compiled for x86-64-v3: AVX2, FMA, BMI2). Hint: run it on a newer "
      "processor\n"};
  for (char const* const part : parts)
    if (write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  _exit(2);
}

__attribute__((constructor(101))) void check_processor() {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2")) refuse("AVX2");
  if (!__builtin_cpu_supports("fma")) refuse("FMA");
  if (!__builtin_cpu_supports("bmi2")) refuse("BMI2");
}

}  // namespace
