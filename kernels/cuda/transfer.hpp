// Arrays of any length through two pinned pieces, so that the host fills or empties one while the
// other travels.
// Errors: OutOfMemory, MachineError.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/cuda/memory.hpp"

namespace plimsoll::cuda {

class Transfer {
 public:
  static constexpr std::uint64_t host_bytes = 2 * (4u << 20);

  // Everything is ordered in `stream`, which outlives this.
  explicit Transfer(Stream const& stream) : stream_(stream) {
    for (Piece& piece : pieces_) piece.bytes = PinnedBuffer<std::byte>(piece_bytes);
  }
  ~Transfer() { static_cast<void>(cudaStreamSynchronize(stream_.get())); }
  Transfer(Transfer const&) = delete;
  Transfer& operator=(Transfer const&) = delete;

  // source[i] for i in [0, count); an empty buffer where the source is null.
  template <class T>
  DeviceBuffer<T> upload(T const* source, std::uint64_t count) {
    return upload(source, count, [](T value) { return value; });
  }

  // Offsets of a slice of a CSR structure, counted from the slice's own beginning.
  template <class T>
  DeviceBuffer<T> upload_offsets(T const* source, std::uint64_t count) {
    T const base = source[0];
    return upload(source, count, [base](T value) { return static_cast<T>(value - base); });
  }

  // Calls take(values, first, count) for consecutive pieces of the buffer.
  template <class T, class Take>
  void download(DeviceBuffer<T> const& buffer, Take take) {
    download(static_cast<T const*>(buffer.data()), buffer.size(), take);
  }
  template <class T, class Take>
  void download(T const* from, std::uint64_t size, Take take) {
    constexpr std::uint64_t most = piece_bytes / sizeof(T);
    std::uint64_t const pieces = (size + most - 1) / most;
    auto const length = [&](std::uint64_t i) { return std::min(most, size - i * most); };
    for (std::uint64_t i = 0; i <= pieces; ++i) {
      if (i < pieces) {
        Piece& piece = pieces_[i % 2];  // taken two rounds ago, or last read by this very stream
        copy_to_host(reinterpret_cast<T*>(piece.bytes.data()), from + i * most, length(i), stream_);
        piece.settled.record(stream_);
      }
      if (i == 0) continue;
      Piece& landed = pieces_[(i - 1) % 2];
      landed.settled.wait();
      take(reinterpret_cast<T const*>(landed.bytes.data()), (i - 1) * most, length(i - 1));
    }
  }

 private:
  static constexpr std::uint64_t piece_bytes = host_bytes / 2;

  struct Piece {
    PinnedBuffer<std::byte> bytes;
    Event settled;  // the last copy from or to the piece is done
  };

  template <class T, class Change>
  DeviceBuffer<T> upload(T const* source, std::uint64_t count, Change change) {
    if (source == nullptr) return {};
    constexpr std::uint64_t most = piece_bytes / sizeof(T);
    DeviceBuffer<T> buffer(count, stream_);
    for (std::uint64_t first = 0; first < count; first += most) {
      std::uint64_t const length = std::min(most, count - first);
      Piece& piece = pieces_[next_];
      next_ = 1 - next_;
      piece.settled.wait();
      T* const staged = reinterpret_cast<T*>(piece.bytes.data());
      std::transform(source + first, source + first + length, staged, change);
      copy_to_device(buffer.data() + first, staged, length, stream_);
      piece.settled.record(stream_);
    }
    return buffer;
  }

  Stream const& stream_;
  std::array<Piece, 2> pieces_;
  std::size_t next_ = 0;
};

}  // namespace plimsoll::cuda
