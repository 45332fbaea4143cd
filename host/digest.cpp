#include "host/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "host/error.hpp"
#include "host/hdf5.hpp"
#include "host/output_file.hpp"

namespace plimsoll {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers enter as they lie in memory");

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    require(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(void const* bytes, std::size_t count) {
    require(EVP_DigestUpdate(context_.get(), bytes, count) == 1);
  }
  void add(std::uint64_t number) { add(&number, sizeof number); }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    add(text.data(), text.size());
  }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned count = 0;
    require(EVP_DigestFinal_ex(context_.get(), bytes.data(), &count) == 1);
    return fmt::format("{:02x}", fmt::join(bytes.begin(), bytes.begin() + count, ""));
  }

 private:
  static void require(bool success) {
    if (!success)
      throw SystemError("SHA-256 of libcrypto failed. Hint: check the installation of OpenSSL");
  }

  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

constexpr std::uint64_t block_values = 1 << 22;

std::uint64_t values_in(Shape const& shape) {
  std::uint64_t count = 1;
  for (std::uint64_t const length : shape) count *= length;
  return count;
}

// visit(part) for parts of a dataset, none of them large, that make it in the order of its values.
template <class Visit>
void for_blocks(Slab const& all, Visit visit) {
  if (values_in(all.count) <= block_values) return visit(all);
  std::size_t axis = 0;  // the first along which it can be cut
  while (all.count[axis] == 1) ++axis;
  std::uint64_t const half = all.count[axis] / 2;
  Slab front = all, back = all;
  front.count[axis] = half;
  back.first[axis] += half;
  back.count[axis] -= half;
  for_blocks(front, visit);
  for_blocks(back, visit);
}

template <class T>
void add_numbers(Sha256& hash, Hdf5Reader const& file, std::string const& name, Slab const& part) {
  std::vector<T> const values = file.read<T>(name, part);
  hash.add(values.data(), values.size() * sizeof(T));
}

void add_texts(Sha256& hash, Hdf5Reader const& file, std::string const& name, Slab const& part) {
  for (std::string const& text : file.read<std::string>(name, part)) hash.add(text);
}

void add_values(Sha256& hash, Hdf5Reader const& file, std::string const& name, ElementType type,
                Slab const& part) {
  switch (type) {
    case ElementType::uint8:
      return add_numbers<std::uint8_t>(hash, file, name, part);
    case ElementType::uint32:
      return add_numbers<std::uint32_t>(hash, file, name, part);
    case ElementType::uint64:
      return add_numbers<std::uint64_t>(hash, file, name, part);
    case ElementType::int64:
      return add_numbers<std::int64_t>(hash, file, name, part);
    case ElementType::float64:
      return add_numbers<double>(hash, file, name, part);
    case ElementType::text:
      return add_texts(hash, file, name, part);
  }
}

}  // namespace

std::string file_sha256(std::string const& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (file == nullptr)
    throw InputError(path, fmt::format("cannot be opened: {}", std::strerror(errno)),
                     "its bytes are to be read", "check the path and the rights");
  Sha256 hash;
  std::vector<char> block(1 << 20);
  while (std::size_t const count = std::fread(block.data(), 1, block.size(), file.get()))
    hash.add(block.data(), count);
  if (std::ferror(file.get())) throw SystemError(failed_call("read", path, errno));
  return hash.hex();
}

std::string text_sha256(std::string_view text) {
  Sha256 hash;
  hash.add(text.data(), text.size());
  return hash.hex();
}

std::string digest(std::string const& path) {
  Hdf5Reader const file(path);
  Sha256 hash;
  for (std::string const& name : file.datasets()) {
    DatasetInfo const info = file.describe(name);
    hash.add(std::string_view(name));
    hash.add(name_of(info.type));
    hash.add(std::uint64_t{info.shape.size()});
    for (std::uint64_t const length : info.shape) hash.add(length);
    for_blocks(whole(info.shape),
               [&](Slab const& part) { add_values(hash, file, name, info.type, part); });
  }
  return hash.hex();
}

}  // namespace plimsoll
