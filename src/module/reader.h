// A cursor over bytes of the binary format. The first error sticks: after it every read returns
// zero and the cursor stands at the end, so that callers may read several things and look once.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/leb128.h"

namespace zwasm::module {

class Reader {
 public:
  Reader() = default;
  // `offset` is where `bytes` stand in the whole input; errors are reported relative to that.
  Reader(std::span<const uint8_t> bytes, uint64_t offset)
      : begin_(bytes.data()), p_(bytes.data()), end_(bytes.data() + bytes.size()), base_(offset) {}

  bool ok() const { return !failed_; }
  bool at_end() const { return p_ == end_; }
  uint64_t offset() const { return base_ + static_cast<uint64_t>(p_ - begin_); }
  size_t remaining() const { return static_cast<size_t>(end_ - p_); }
  const uint8_t* position() const { return p_; }
  const LoadError& error() const { return error_; }

  // What a read beyond the end is called, where it is not the usual message.
  void set_end_message(const char* message) { end_message_ = message; }

  // Errors are not inlined: a read is in a hundred places, and its failing costs more than it.
  [[gnu::cold]] void fail(LoadError::Kind kind, std::string message, uint64_t offset);
  [[gnu::cold]] void malformed(std::string message, uint64_t at);
  [[gnu::cold]] void malformed(const char* message, uint64_t at);
  [[gnu::cold]] void malformed(std::string message);
  [[gnu::cold]] void malformed(const char* message);

  uint8_t u8() {
    if (p_ == end_) return fail_end(), uint8_t{0};
    return *p_++;
  }
  uint8_t peek() const { return p_ == end_ ? uint8_t{0} : *p_; }
  uint32_t u32() {
    if (p_ != end_ && *p_ < 0x80) return *p_++;
    return leb<uint32_t, 32>();
  }
  uint64_t u64() {
    if (p_ != end_ && *p_ < 0x80) return *p_++;
    return leb<uint64_t, 64>();
  }
  int32_t s32() {
    if (p_ != end_ && *p_ < 0x80) {
      int32_t low = *p_++;
      return low < 0x40 ? low : low - 0x80;
    }
    return leb<int32_t, 32>();
  }
  int64_t s33() { return leb<int64_t, 33>(); }
  int64_t s64() { return leb<int64_t, 64>(); }
  uint32_t fixed32() {
    const uint8_t* p = take(4);
    return p ? p[0] | uint32_t{p[1]} << 8 | uint32_t{p[2]} << 16 | uint32_t{p[3]} << 24 : 0;
  }
  uint64_t fixed64() {
    uint64_t low = fixed32();
    return low | uint64_t{fixed32()} << 32;
  }
  // `count` bytes, or null after an error.
  const uint8_t* take(size_t count) {
    if (remaining() < count) return fail_end(), nullptr;
    const uint8_t* p = p_;
    p_ += count;
    return p;
  }
  std::span<const uint8_t> bytes(size_t count) {
    const uint8_t* p = take(count);
    return p ? std::span<const uint8_t>(p, count) : std::span<const uint8_t>();
  }

 private:
  template <class T, unsigned Bits>
  [[gnu::noinline]] T leb() {
    auto r = read_leb<T, Bits>(p_, end_);
    if (r.status != LebStatus::ok) return fail_leb(r.status), T{0};
    p_ += r.length;
    return r.value;
  }
  [[gnu::cold]] void fail_end();
  [[gnu::cold]] void fail_leb(LebStatus status);

  const uint8_t* begin_ = nullptr;
  const uint8_t* p_ = nullptr;
  const uint8_t* end_ = nullptr;
  uint64_t base_ = 0;
  const char* end_message_ = "unexpected end of section or function";
  bool failed_ = false;
  LoadError error_;
};

}  // namespace zwasm::module
