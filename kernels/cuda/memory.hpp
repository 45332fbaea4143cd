// Owners of streams, events, device memory and pinned host memory.
// A device buffer belongs to the stream that it was made on and is freed in that stream's order;
// who reads it from another stream brings both to Rest before the buffer goes.
//
// Errors: OutOfMemory, MachineError. Destructors stay silent: either all went well and nothing can
//         fail, or the failure that unwinds the stack has already been told.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "kernels/cuda/check.hpp"

namespace plimsoll::cuda {

class Stream {
 public:
  Stream() { PLIMSOLL_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  ~Stream() { static_cast<void>(cudaStreamDestroy(stream_)); }
  Stream(Stream const&) = delete;
  Stream& operator=(Stream const&) = delete;

  cudaStream_t get() const { return stream_; }
  void wait() const { PLIMSOLL_CUDA_CHECK(cudaStreamSynchronize(stream_)); }

 private:
  cudaStream_t stream_ = nullptr;
};

// Brings two streams to rest before buffers that both use go: declare it after them.
class Rest {
 public:
  Rest(Stream const& one, Stream const& other) : one_(one), other_(other) {}
  ~Rest() {
    static_cast<void>(cudaStreamSynchronize(one_.get()));
    static_cast<void>(cudaStreamSynchronize(other_.get()));
  }
  Rest(Rest const&) = delete;
  Rest& operator=(Rest const&) = delete;

 private:
  Stream const& one_;
  Stream const& other_;
};

class Event {
 public:
  Event() { PLIMSOLL_CUDA_CHECK(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming)); }
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  Event(Event const&) = delete;
  Event& operator=(Event const&) = delete;

  void record(Stream const& stream) { PLIMSOLL_CUDA_CHECK(cudaEventRecord(event_, stream.get())); }
  // The host waits; at once if nothing was recorded.
  void wait() const { PLIMSOLL_CUDA_CHECK(cudaEventSynchronize(event_)); }
  // Later work of `stream` waits.
  void hold(Stream const& stream) const {
    PLIMSOLL_CUDA_CHECK(cudaStreamWaitEvent(stream.get(), event_, 0));
  }

 private:
  cudaEvent_t event_ = nullptr;
};

template <class T>
std::size_t bytes_of(std::uint64_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count > std::numeric_limits<std::size_t>::max() / sizeof(T))
    check(cudaErrorMemoryAllocation, "size of a buffer");
  return static_cast<std::size_t>(count) * sizeof(T);
}

template <class T>
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(std::uint64_t count, Stream const& stream) : size_(count), stream_(stream.get()) {
    if (count == 0) return;
    void* memory = nullptr;
    PLIMSOLL_CUDA_CHECK(cudaMallocAsync(&memory, bytes_of<T>(count), stream_));
    data_ = static_cast<T*>(memory);
  }
  ~DeviceBuffer() {
    if (data_ != nullptr) static_cast<void>(cudaFreeAsync(data_, stream_));
  }
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        stream_(other.stream_) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(stream_, other.stream_);
    return *this;
  }

  T* data() const { return data_; }
  std::uint64_t size() const { return size_; }
  void zero() {
    if (size_ != 0) PLIMSOLL_CUDA_CHECK(cudaMemsetAsync(data_, 0, bytes_of<T>(size_), stream_));
  }

 private:
  T* data_ = nullptr;
  std::uint64_t size_ = 0;
  cudaStream_t stream_ = nullptr;
};

template <class T>
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  explicit PinnedBuffer(std::uint64_t count) : size_(count) {
    if (count == 0) return;
    void* memory = nullptr;
    PLIMSOLL_CUDA_CHECK(cudaMallocHost(&memory, bytes_of<T>(count)));
    data_ = static_cast<T*>(memory);
  }
  ~PinnedBuffer() {
    if (data_ != nullptr) static_cast<void>(cudaFreeHost(data_));
  }
  PinnedBuffer(PinnedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PinnedBuffer& operator=(PinnedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }

  T* data() const { return data_; }
  std::uint64_t size() const { return size_; }

 private:
  T* data_ = nullptr;
  std::uint64_t size_ = 0;
};

template <class T>
void copy_to_device(T* to, T const* from, std::uint64_t count, Stream const& stream) {
  if (count == 0) return;
  PLIMSOLL_CUDA_CHECK(
      cudaMemcpyAsync(to, from, bytes_of<T>(count), cudaMemcpyHostToDevice, stream.get()));
}

template <class T>
void copy_on_device(T* to, T const* from, std::uint64_t count, Stream const& stream) {
  if (count == 0) return;
  PLIMSOLL_CUDA_CHECK(
      cudaMemcpyAsync(to, from, bytes_of<T>(count), cudaMemcpyDeviceToDevice, stream.get()));
}

template <class T>
void copy_to_host(T* to, T const* from, std::uint64_t count, Stream const& stream) {
  if (count == 0) return;
  PLIMSOLL_CUDA_CHECK(
      cudaMemcpyAsync(to, from, bytes_of<T>(count), cudaMemcpyDeviceToHost, stream.get()));
}

template <class T>
void copy_to_host(T* to, DeviceBuffer<T> const& from, Stream const& stream) {
  copy_to_host(to, static_cast<T const*>(from.data()), from.size(), stream);
}

}  // namespace plimsoll::cuda
