#include "host/digest.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "host/book_store.hpp"
#include "host/hdf5.hpp"
#include "host/result_store.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

// FIPS 180-4, the examples published by NIST.
TEST(Digest, Sha256OfFilesMeetsTheStandard) {
  TestFolder const folder;
  write_bytes(folder / "empty", "");
  EXPECT_EQ(file_sha256(folder / "empty"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  write_bytes(folder / "abc", "abc");
  EXPECT_EQ(file_sha256(folder / "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  write_bytes(folder / "million", std::string(1'000'000, 'a'));
  EXPECT_EQ(file_sha256(folder / "million"),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  refusal([&] { file_sha256(folder / "none"); });
}

void append(std::string& bytes, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(number >> (8 * i));
}
void append(std::string& bytes, std::string_view text) {
  append(bytes, text.size());
  bytes += text;
}

// The layout as docs/determinism.md spells it, by hand.
TEST(Digest, HashesTheDocumentedBytes) {
  TestFolder const folder;
  std::string const path = folder / "a.h5";
  Hdf5Writer writer(path, path);
  std::vector<std::string> const texts = {"", "zwölf"};
  writer.write<std::string>("/b/texts", {ElementType::text, {2}, "text", "row"}, texts);
  std::vector<std::uint32_t> const numbers = {1, 2, 3, 4, 5, 0xfffefdfc};
  writer.write<std::uint32_t>("/a", {ElementType::uint32, {2, 3}, "1", "i, j"}, numbers);
  std::vector<std::uint8_t> const one = {7};
  writer.write<std::uint8_t>("/b-scalar", {ElementType::uint8, {}, "1", ""}, one);
  writer.close();

  std::string bytes;
  append(bytes, "/a");
  append(bytes, "uint32");
  for (std::uint64_t const number : {2, 2, 3}) append(bytes, number);
  for (std::uint32_t const number : numbers)
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(number >> (8 * i));
  append(bytes, "/b-scalar");
  append(bytes, "uint8");
  append(bytes, std::uint64_t{0});
  bytes += '\7';
  append(bytes, "/b/texts");
  append(bytes, "text");
  append(bytes, std::uint64_t{1});
  append(bytes, std::uint64_t{2});
  append(bytes, "");
  append(bytes, "zwölf");
  write_bytes(folder / "bytes", bytes);
  EXPECT_EQ(digest(path), file_sha256(folder / "bytes"));
}

TEST(Digest, LeavesAttributesOut) {
  TestFolder const folder;
  Result result = sample_result();
  write_result(result, folder / "a.h5");
  result.provenance.command = "another";
  result.seconds_total = 99.0;
  result.engine = "cuda";
  result.stage_name.clear();
  result.stage_seconds.clear();
  write_result(result, folder / "b.h5");
  EXPECT_EQ(digest(folder / "a.h5"), digest(folder / "b.h5"));
  EXPECT_NE(file_sha256(folder / "a.h5"), file_sha256(folder / "b.h5"));
}

TEST(Digest, SeesEveryChangeOfContent) {
  TestFolder const folder;
  write_book(sample_book(), folder / "a.h5");
  std::string const before = digest(folder / "a.h5");
  std::vector<std::function<void(Book&)>> const changes = {
      [](Book& b) { b.reporting_currency = "EUR"; },
      [](Book& b) { b.assets.back() = "x"; },
      [](Book& b) { b.instruments.basis[1] = 0.0; },
      [](Book& b) { b.balances.amount[3] = -20.250000000000004; },
      [](Book& b) { b.balances.amount[0] = -0.0; },
      [](Book& b) { b.pools.kind[5] = PoolKind::cross; },
      [](Book& b) { b.positions.quantity.back() = 9.5; },
  };
  std::vector<std::string> digests = {before};
  for (auto const& change : changes) {
    Book book = sample_book();
    change(book);
    write_book(book, folder / "b.h5", Overwrite::yes);
    digests.push_back(digest(folder / "b.h5"));
  }
  for (std::size_t i = 0; i < digests.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(digests[i], digests[j]) << i << " " << j;
}

}  // namespace
}  // namespace plimsoll
