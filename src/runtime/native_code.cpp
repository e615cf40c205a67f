#include "runtime/native_code.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>

#include "runtime/stubs.h"
#include "sys/code_pages.h"
#include "sys/faults.h"
#include "sys/pages.h"

namespace zwasm::runtime {
namespace {

// The owner of each page of the region for code. Untouched parts take no memory.
struct Owners {
  const uint8_t* base = nullptr;
  size_t pages = 0;
  size_t page_size = 1;
  std::atomic<const NativeCode*>* by_page = nullptr;
};
// Set once, before any code can run. Read in signal handlers.
Owners owners;
const uint8_t* copied_stubs = nullptr;  // of typed host calls; null: they are near as they are

bool claim_fault(const void* pc, sys::FaultTarget& target) {
  const NativeCode* code = NativeCode::find(pc);
  if (code == nullptr) return false;
  const NativeFunction* function = code->function_at(pc);
  if (function == nullptr) return false;
  auto offset = static_cast<uint32_t>(static_cast<const uint8_t*>(pc) - code->entry(*function));
  const NativeTrap* trap = function->trap_at(offset);
  if (trap == nullptr) return false;
  target.pc = reinterpret_cast<void*>(&zwasm_native_fault);
  target.argument = static_cast<uint64_t>(trap->trap);
  target.frameless = function->frameless;
  return true;
}

const uint8_t* stub_address(void (*stub)()) { return reinterpret_cast<const uint8_t*>(stub); }

// The stubs hold no addresses. What is near: see sys/code_pages.cpp.
void bring_stubs_near(const uint8_t* region) {
  constexpr uintptr_t kNear = uintptr_t{1} << 36;
  const uint8_t* begin = stub_address(&zwasm_typed_host_2);
  const auto from = reinterpret_cast<uintptr_t>(begin), to = reinterpret_cast<uintptr_t>(region);
  if ((from > to ? from - to : to - from) < kNear) return;
  copied_stubs =
      sys::add_code({begin, static_cast<size_t>(stub_address(&zwasm_typed_host_end) - begin)});
}

bool prepare() {
  sys::CodeRegion region = sys::code_region();
  if (region.base == nullptr) return false;
  size_t page = sys::page_size(), pages = region.bytes / page;
  uint64_t bytes = sys::round_up(pages * sizeof(*owners.by_page), page);
  void* table = sys::map_pages(bytes);
  if (table == nullptr) return false;
  owners = {region.base, pages, page, static_cast<std::atomic<const NativeCode*>*>(table)};
  bring_stubs_near(region.base);
  return sys::install_fault_handler(claim_fault);
}

size_t page_of(const void* at) {
  return static_cast<size_t>(static_cast<const uint8_t*>(at) - owners.base) / owners.page_size;
}

void set_owner(const uint8_t* begin, size_t size, const NativeCode* code) {
  for (size_t page = page_of(begin); page <= page_of(begin + size - 1); ++page)
    owners.by_page[page].store(code, std::memory_order_release);
}

}  // namespace

bool native_code_available() {
  static std::once_flag once;
  static bool available = false;
  std::call_once(once, [] { available = prepare(); });
  return available;
}

const void* near_stub(void (*stub)()) {
  if (copied_stubs == nullptr) return stub_address(stub);
  return copied_stubs + (stub_address(stub) - stub_address(&zwasm_typed_host_2));
}

const NativeTrap* NativeFunction::trap_at(uint32_t offset) const {
  auto it = std::lower_bound(traps.begin(), traps.end(), offset,
                             [](const NativeTrap& t, uint32_t at) { return t.offset < at; });
  return it != traps.end() && it->offset == offset ? &*it : nullptr;
}

const NativeCallSite* NativeFunction::call_at(uint32_t return_offset) const {
  auto it =
      std::lower_bound(calls.begin(), calls.end(), return_offset,
                       [](const NativeCallSite& c, uint32_t at) { return c.return_offset < at; });
  return it != calls.end() && it->return_offset == return_offset ? &*it : nullptr;
}

std::unique_ptr<NativeCode> NativeCode::publish(std::span<const uint8_t> bytes,
                                                std::vector<NativeFunction> functions,
                                                NativeTables tables) {
  if (!native_code_available()) return nullptr;
  const uint8_t* at = sys::add_code(bytes);
  if (at == nullptr) return nullptr;
  std::unique_ptr<NativeCode> code(new NativeCode);
  code->begin_ = at;
  code->size_ = bytes.size();
  code->functions_ = std::move(functions);
  code->tables_ = std::move(tables);
  set_owner(at, bytes.size(), code.get());
  return code;
}

NativeCode::~NativeCode() {
  kept_.reset();  // while the code stands
  set_owner(begin_, size_, nullptr);
  sys::remove_code(begin_, size_);
}

const NativeCode* NativeCode::find(const void* pc) {
  auto offset = reinterpret_cast<uintptr_t>(pc) - reinterpret_cast<uintptr_t>(owners.base);
  size_t page = offset / owners.page_size;
  if (page >= owners.pages) return nullptr;
  return owners.by_page[page].load(std::memory_order_acquire);
}

const NativeFunction* NativeCode::function_at(const void* pc) const {
  auto offset = static_cast<size_t>(static_cast<const uint8_t*>(pc) - begin_);
  auto it = std::upper_bound(functions_.begin(), functions_.end(), offset,
                             [](size_t at, const NativeFunction& f) { return at < f.begin; });
  if (it == functions_.begin()) return nullptr;
  --it;
  return offset < it->end ? &*it : nullptr;
}

NativePlace find_call(const void* return_address) {
  // A call that does not return may be the last instruction of its function.
  const void* inside = static_cast<const uint8_t*>(return_address) - 1;
  NativePlace place;
  place.code = NativeCode::find(inside);
  if (place.code == nullptr) return place;
  place.function = place.code->function_at(inside);
  if (place.function == nullptr) return place;
  place.site = place.function->call_at(static_cast<uint32_t>(
      static_cast<const uint8_t*>(return_address) - place.code->entry(*place.function)));
  return place;
}

}  // namespace zwasm::runtime
