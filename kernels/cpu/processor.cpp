#include "kernels/cpu/processor.hpp"

#include <string>
#include <thread>

namespace plimsoll::cpu {

Availability processor() {
  __builtin_cpu_init();
  std::string missing;
  auto const need = [&missing](bool present, char const* name) {
    if (!present) missing += (missing.empty() ? "" : ", ") + std::string(name);
  };
  need(__builtin_cpu_supports("avx2") != 0, "AVX2");
  need(__builtin_cpu_supports("fma") != 0, "FMA");
  need(__builtin_cpu_supports("bmi2") != 0, "BMI2");
  if (!missing.empty())
    return {false, false, "this processor lacks " + missing + " (x86-64-v3 is the floor)"};
  std::string const level = has_avx512() ? "AVX-512" : "AVX2";
  return {true, false,
          level + ", " + std::to_string(std::thread::hardware_concurrency()) + " processors"};
}

bool has_avx512() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512cd") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
}

}  // namespace plimsoll::cpu
