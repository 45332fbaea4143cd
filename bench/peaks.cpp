#include "bench/peaks.hpp"

#include <immintrin.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace plimsoll::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int tries = 5;
constexpr double work_of_a_try = 4e8;  // fused multiply-adds of registers
constexpr double bytes_of_a_try = 4e9;
constexpr std::size_t stride = 1024;        // [byte] loaded by one turn of a loop
constexpr std::size_t fma_bytes = 12 * 64;  // [byte] read by one turn of the loop with loads
constexpr std::size_t buffer_alignment = 4096;

// Twelve sums hide the latency of two units with four or five cycles each. The operations are
// spelled in assembly, so that no compiler shortens, reorders or spills them: operands 0 to 11 are
// the sums, 12 a factor, 13 an addend or where data begin.
#define PLIMSOLL_FMA(n) "vfmadd213ps %13, %12, %" #n "\n"
#define PLIMSOLL_FMA_LOAD(n, bytes) "vfmadd231ps " #n " * " #bytes "(%13), %12, %" #n "\n"

__attribute__((target("avx512f"))) void fma_512(std::uint64_t turns) {
  __m512 const factor = _mm512_set1_ps(1.0f);
  __m512 const addend = _mm512_set1_ps(1e-9f);
  __m512 sums[12];
  for (__m512& sum : sums) sum = factor;
  for (; turns > 0; --turns)
    asm volatile(PLIMSOLL_FMA(0) PLIMSOLL_FMA(1) PLIMSOLL_FMA(2) PLIMSOLL_FMA(3) PLIMSOLL_FMA(4)
                     PLIMSOLL_FMA(5) PLIMSOLL_FMA(6) PLIMSOLL_FMA(7) PLIMSOLL_FMA(8) PLIMSOLL_FMA(9)
                         PLIMSOLL_FMA(10) PLIMSOLL_FMA(11)
                 : "+v"(sums[0]), "+v"(sums[1]), "+v"(sums[2]), "+v"(sums[3]), "+v"(sums[4]),
                   "+v"(sums[5]), "+v"(sums[6]), "+v"(sums[7]), "+v"(sums[8]), "+v"(sums[9]),
                   "+v"(sums[10]), "+v"(sums[11])
                 : "v"(factor), "v"(addend));
}

__attribute__((target("avx2,fma"))) void fma_256(std::uint64_t turns) {
  __m256 const factor = _mm256_set1_ps(1.0f);
  __m256 const addend = _mm256_set1_ps(1e-9f);
  __m256 sums[12];
  for (__m256& sum : sums) sum = factor;
  for (; turns > 0; --turns)
    asm volatile(PLIMSOLL_FMA(0) PLIMSOLL_FMA(1) PLIMSOLL_FMA(2) PLIMSOLL_FMA(3) PLIMSOLL_FMA(4)
                     PLIMSOLL_FMA(5) PLIMSOLL_FMA(6) PLIMSOLL_FMA(7) PLIMSOLL_FMA(8) PLIMSOLL_FMA(9)
                         PLIMSOLL_FMA(10) PLIMSOLL_FMA(11)
                 : "+x"(sums[0]), "+x"(sums[1]), "+x"(sums[2]), "+x"(sums[3]), "+x"(sums[4]),
                   "+x"(sums[5]), "+x"(sums[6]), "+x"(sums[7]), "+x"(sums[8]), "+x"(sums[9]),
                   "+x"(sums[10]), "+x"(sums[11])
                 : "x"(factor), "x"(addend));
}

__attribute__((target("avx512f"))) void fma_load_512(char const* data, std::uint64_t turns) {
  __m512 const factor = _mm512_set1_ps(1e-6f);
  __m512 sums[12];
  for (__m512& sum : sums) sum = factor;
  for (; turns > 0; --turns)
    asm volatile(
        PLIMSOLL_FMA_LOAD(0, 64) PLIMSOLL_FMA_LOAD(1, 64) PLIMSOLL_FMA_LOAD(2, 64)
            PLIMSOLL_FMA_LOAD(3, 64) PLIMSOLL_FMA_LOAD(4, 64) PLIMSOLL_FMA_LOAD(5, 64)
                PLIMSOLL_FMA_LOAD(6, 64) PLIMSOLL_FMA_LOAD(7, 64) PLIMSOLL_FMA_LOAD(8, 64)
                    PLIMSOLL_FMA_LOAD(9, 64) PLIMSOLL_FMA_LOAD(10, 64) PLIMSOLL_FMA_LOAD(11, 64)
        : "+v"(sums[0]), "+v"(sums[1]), "+v"(sums[2]), "+v"(sums[3]), "+v"(sums[4]), "+v"(sums[5]),
          "+v"(sums[6]), "+v"(sums[7]), "+v"(sums[8]), "+v"(sums[9]), "+v"(sums[10]), "+v"(sums[11])
        : "v"(factor), "r"(data), "m"(*reinterpret_cast<char const(*)[768]>(data)));
}

__attribute__((target("avx2,fma"))) void fma_load_256(char const* data, std::uint64_t turns) {
  __m256 const factor = _mm256_set1_ps(1e-6f);
  __m256 sums[12];
  for (__m256& sum : sums) sum = factor;
  for (; turns > 0; --turns)
    asm volatile(
        PLIMSOLL_FMA_LOAD(0, 32) PLIMSOLL_FMA_LOAD(1, 32) PLIMSOLL_FMA_LOAD(2, 32)
            PLIMSOLL_FMA_LOAD(3, 32) PLIMSOLL_FMA_LOAD(4, 32) PLIMSOLL_FMA_LOAD(5, 32)
                PLIMSOLL_FMA_LOAD(6, 32) PLIMSOLL_FMA_LOAD(7, 32) PLIMSOLL_FMA_LOAD(8, 32)
                    PLIMSOLL_FMA_LOAD(9, 32) PLIMSOLL_FMA_LOAD(10, 32) PLIMSOLL_FMA_LOAD(11, 32)
        : "+x"(sums[0]), "+x"(sums[1]), "+x"(sums[2]), "+x"(sums[3]), "+x"(sums[4]), "+x"(sums[5]),
          "+x"(sums[6]), "+x"(sums[7]), "+x"(sums[8]), "+x"(sums[9]), "+x"(sums[10]), "+x"(sums[11])
        : "x"(factor), "r"(data), "m"(*reinterpret_cast<char const(*)[384]>(data)));
}

#undef PLIMSOLL_FMA
#undef PLIMSOLL_FMA_LOAD

__attribute__((target("avx512f"))) void load_512(char const* data, std::size_t bytes) {
  for (char const* at = data; at < data + bytes; at += stride)
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      __m512 loaded;
      auto const& place = *reinterpret_cast<__m512 const*>(at + 64 * i);
      asm volatile("vmovaps %1, %0" : "=v"(loaded) : "m"(place));
    }
}

__attribute__((target("avx2"))) void load_256(char const* data, std::size_t bytes) {
  for (char const* at = data; at < data + bytes; at += stride)
#pragma GCC unroll 32
    for (int i = 0; i < 32; ++i) {
      __m256 loaded;
      auto const& place = *reinterpret_cast<__m256 const*>(at + 32 * i);
      asm volatile("vmovaps %1, %0" : "=x"(loaded) : "m"(place));
    }
}

bool has_512() {
  return __builtin_cpu_supports("avx512f");
}

double lanes() {
  return has_512() ? 16.0 : 8.0;
}

// Seconds that `body(thread)` takes on all threads at once: the slowest's, from a common start.
double seconds_together(unsigned threads, std::function<void(unsigned)> const& body) {
  std::barrier start(static_cast<std::ptrdiff_t>(threads));
  std::vector<Clock::time_point> begins(threads), ends(threads);
  {
    std::vector<std::jthread> workers;
    for (unsigned t = 0; t < threads; ++t)
      workers.emplace_back([&, t] {
        start.arrive_and_wait();
        begins[t] = Clock::now();
        body(t);
        ends[t] = Clock::now();
      });
  }
  auto const begin = *std::min_element(begins.begin(), begins.end());
  auto const end = *std::max_element(ends.begin(), ends.end());
  return std::chrono::duration<double>(end - begin).count();
}

double best_rate(unsigned threads, double work_of_thread,
                 std::function<void(unsigned)> const& body) {
  double best = 0.0;
  for (int i = 0; i < tries; ++i)
    best = std::max(best, threads * work_of_thread / seconds_together(threads, body));
  return best;
}

struct Free {
  void operator()(char* memory) const { std::free(memory); }
};
using Buffer = std::unique_ptr<char, Free>;

// Pages are touched by writing: untouched ones may all be the same page of zeros.
Buffer buffer_of(std::size_t bytes) {
  Buffer buffer(static_cast<char*>(std::aligned_alloc(buffer_alignment, bytes)));
  if (!buffer) throw std::bad_alloc();
  std::fill_n(reinterpret_cast<float*>(buffer.get()), bytes / sizeof(float), 1.0f);
  return buffer;
}

std::size_t cache_size(int name, std::size_t otherwise) {
  long const size = sysconf(name);
  return size > 0 ? static_cast<std::size_t>(size) : otherwise;
}

// [byte/s] of every thread reading a buffer of its own again and again.
double load_rate(unsigned threads, std::size_t bytes) {
  bytes = std::max(buffer_alignment, bytes / buffer_alignment * buffer_alignment);
  std::vector<Buffer> buffers;
  for (unsigned t = 0; t < threads; ++t) buffers.push_back(buffer_of(bytes));
  auto const turns = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(bytes_of_a_try) / bytes);
  return best_rate(threads, static_cast<double>(turns * bytes), [&](unsigned t) {
    for (std::uint64_t turn = 0; turn < turns; ++turn)
      has_512() ? load_512(buffers[t].get(), bytes) : load_256(buffers[t].get(), bytes);
  });
}

double fma_rate(unsigned threads) {
  auto const turns = static_cast<std::uint64_t>(work_of_a_try / 12.0);
  return best_rate(threads, static_cast<double>(turns) * 12.0 * lanes(),
                   [&](unsigned) { has_512() ? fma_512(turns) : fma_256(turns); });
}

double fma_load_rate(unsigned threads) {
  auto const turns = static_cast<std::uint64_t>(work_of_a_try / 12.0);
  Buffer const buffer = buffer_of(buffer_alignment);
  static_assert(fma_bytes <= buffer_alignment);
  return best_rate(threads, static_cast<double>(turns) * 12.0 * lanes(), [&](unsigned) {
    has_512() ? fma_load_512(buffer.get(), turns) : fma_load_256(buffer.get(), turns);
  });
}

}  // namespace

std::string widest_vectors() {
  if (has_512()) return "AVX-512";
  bool const floor = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return floor ? "AVX2" : "";
}

Peaks measure_peaks(unsigned threads) {
  if (widest_vectors().empty()) return {.threads = threads};
  std::size_t const l1 = cache_size(_SC_LEVEL1_DCACHE_SIZE, 32u << 10);
  std::size_t const l2 = cache_size(_SC_LEVEL2_CACHE_SIZE, 1u << 20);
  std::size_t const l3 = cache_size(_SC_LEVEL3_CACHE_SIZE, 32u << 20);
  Peaks peaks = {.threads = threads};
  peaks.fma = fma_rate(threads);
  peaks.fma_with_load = fma_load_rate(threads);
  peaks.load_l1 = load_rate(threads, l1 / 2);
  peaks.load_l2 = load_rate(threads, l2 / 2);
  peaks.load_l3 = load_rate(threads, std::max(2 * l2, l3 / (2 * threads)));
  peaks.load_memory = load_rate(threads, 4 * l3 / threads);
  return peaks;
}

Peaks best_of(Peaks const& a, Peaks const& b) {
  return {a.threads,
          std::max(a.fma, b.fma),
          std::max(a.fma_with_load, b.fma_with_load),
          std::max(a.load_l1, b.load_l1),
          std::max(a.load_l2, b.load_l2),
          std::max(a.load_l3, b.load_l3),
          std::max(a.load_memory, b.load_memory)};
}

}  // namespace plimsoll::bench
