// A plain array on pages as large as the system gives, because it is read in places far apart: with
// small pages the processor would look up addresses as often as data. Not filled: whoever first
// writes a part is given its pages, so that threads share that work.
//
// Errors: std::bad_alloc.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace plimsoll::cpu {

template <class T>
class LargeArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  LargeArray() = default;
  explicit LargeArray(std::uint64_t count) : size_(count) {
    if (count == 0) return;
    std::size_t const bytes = (count * sizeof(T) + page - 1) / page * page;
    // Small arrays share pages with others: nothing is gained by rounding them up to large ones.
    std::size_t const alignment = bytes >= large_page ? large_page : page;
    std::size_t const rounded = (bytes + alignment - 1) / alignment * alignment;
    void* const memory = std::aligned_alloc(alignment, rounded);
    if (memory == nullptr) throw std::bad_alloc();
    data_.reset(static_cast<T*>(memory));
    // Advice only: a system that does not take it is slower and no less right.
    if (alignment == large_page) static_cast<void>(madvise(memory, rounded, MADV_HUGEPAGE));
  }

  T* data() { return data_.get(); }
  T const* data() const { return data_.get(); }
  T* begin() { return data_.get(); }
  T* end() { return data_.get() + size_; }
  std::uint64_t size() const { return size_; }
  T& operator[](std::uint64_t i) { return data_.get()[i]; }
  T const& operator[](std::uint64_t i) const { return data_.get()[i]; }

 private:
  static constexpr std::size_t page = 4096;
  static constexpr std::size_t large_page = 2u << 20;

  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> data_;
  std::uint64_t size_ = 0;
};

}  // namespace plimsoll::cpu
