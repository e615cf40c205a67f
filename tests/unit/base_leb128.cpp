// LEB128: every boundary of every width the format uses, and what is not a number.
#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

#include "base/leb128.h"

using namespace zwasm;

namespace {

template <class T, unsigned Bits>
Leb<T> read(std::initializer_list<uint8_t> bytes) {
  std::vector<uint8_t> v(bytes);
  return read_leb<T, Bits>(v.data(), v.data() + v.size());
}

}  // namespace

TEST_CASE("numbers come back as they were written") {
  for (int shift = 0; shift < 64; ++shift) {
    for (int64_t delta : {-1, 0, 1}) {
      uint64_t value = (uint64_t{1} << shift) + static_cast<uint64_t>(delta);
      std::vector<uint8_t> out;
      write_uleb(out, value);
      auto u = read_leb<uint64_t, 64>(out.data(), out.data() + out.size());
      CHECK(u.status == LebStatus::ok);
      CHECK(u.value == value);
      CHECK(u.length == out.size());
      for (int64_t s : {static_cast<int64_t>(value), -static_cast<int64_t>(value >> 1)}) {
        out.clear();
        write_sleb(out, s);
        auto i = read_leb<int64_t, 64>(out.data(), out.data() + out.size());
        CHECK(i.status == LebStatus::ok);
        CHECK(i.value == s);
      }
    }
  }
}

TEST_CASE("the shortest form is written") {
  auto size = [](int64_t v) {
    std::vector<uint8_t> out;
    write_sleb(out, v);
    return out.size();
  };
  CHECK(size(63) == 1);
  CHECK(size(64) == 2);
  CHECK(size(-64) == 1);
  CHECK(size(-65) == 2);
  CHECK(size(std::numeric_limits<int32_t>::min()) == 5);
  CHECK(size(std::numeric_limits<int64_t>::min()) == 10);
}

TEST_CASE("padding is allowed up to the width") {
  CHECK(read<uint32_t, 32>({0x82, 0x80, 0x80, 0x80, 0x00}).value == 2);
  CHECK(read<int32_t, 32>({0xFF, 0xFF, 0xFF, 0xFF, 0x7F}).value == -1);
  CHECK(read<int64_t, 33>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).value == 0xFFFFFFFF);
}

TEST_CASE("what is too long, too large or cut off") {
  CHECK(read<uint32_t, 32>({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}).status == LebStatus::too_long);
  CHECK(read<uint32_t, 32>({0xFF, 0xFF, 0xFF, 0xFF, 0x1F}).status == LebStatus::too_large);
  CHECK(read<int32_t, 32>({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).status == LebStatus::too_large);
  CHECK(read<int32_t, 32>({0x80, 0x80, 0x80, 0x80, 0x70}).status == LebStatus::too_large);
  CHECK(read<int32_t, 32>({0x80, 0x80, 0x80, 0x80, 0x78}).status == LebStatus::ok);
  CHECK(read<uint64_t, 64>({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}).status ==
        LebStatus::too_large);
  CHECK(read<uint32_t, 32>({0x80, 0x80}).status == LebStatus::truncated);
  CHECK(read<uint32_t, 32>({}).status == LebStatus::truncated);
}
