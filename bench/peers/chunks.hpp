// Peers have no thread pool of ours: fresh jthreads take chunks from a counter.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace plimsoll::bench {

// Calls body(begin, end) for chunks of [0, count) on `threads` threads.
template <class Body>
void for_chunks(unsigned threads, std::uint32_t count, std::uint32_t chunk, Body const& body) {
  std::atomic<std::uint32_t> next{0};
  auto const work = [&] {
    for (std::uint32_t begin; (begin = next.fetch_add(chunk)) < count;)
      body(begin, begin + std::min(chunk, count - begin));
  };
  std::vector<std::jthread> others;
  for (unsigned t = 1; t < threads; ++t) others.emplace_back(work);
  work();
}

// A chunk that leaves each thread a few.
inline std::uint32_t large_chunk(unsigned threads, std::uint32_t count) {
  return std::max(1u, count / (4 * threads));
}

}  // namespace plimsoll::bench
