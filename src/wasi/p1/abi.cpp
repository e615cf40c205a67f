#include "wasi/p1/abi.h"

namespace zwasm::wasi::p1 {

Result<std::string> read_string(P1Call& call, uint32_t address, uint32_t length) {
  Memory memory(call.mem);
  if (!memory.contains(address, length)) return fail(Errno::fault);
  if (length >= kMaxPathBytes) return fail(Errno::nametoolong);
  std::string text(length, '\0');
  if (length > 0) std::memcpy(text.data(), memory.at(address), length);
  if (call.strings_read) call.strings_read->push_back(text);
  return text;
}

Errno GuestBuffers::load(const P1Call& call, uint32_t address, uint32_t count) {
  Memory memory(call.mem);
  if (!memory.contains(address, uint64_t{count} * layout::kIovec)) return Errno::fault;
  if (count > kMaxListed) return Errno::inval;
  count_ = 0;
  for (uint32_t i = 0; i < count && count_ < buffers_.size(); ++i) {
    uint64_t at = address + uint64_t{i} * layout::kIovec;
    auto base = memory.load<uint32_t>(at);
    auto length = memory.load<uint32_t>(at + 4);
    if (!memory.contains(base, length)) return Errno::fault;
    if (length > 0) buffers_[count_++] = {memory.at(base), length};
  }
  return Errno::success;
}

}  // namespace zwasm::wasi::p1
