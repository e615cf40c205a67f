#include "zwasm/memory.h"

#include <cstring>

#include "api/convert.h"
#include "base/concat.h"

namespace zwasm {

using detail::Internals;
using detail::StoreState;

namespace {

std::unique_ptr<Error> check_type(const MemoryType& type) {
  auto bad = [](const char* why) { return std::make_unique<Error>(Error::usage(why)); };
  if (type.page_size_log2 != 16 && type.page_size_log2 != 0)
    return bad("the page size of a memory is 65536 bytes or 1 byte");
  if (type.shared && !type.limits.max) return bad("a shared memory needs a maximum");
  if (type.limits.max && *type.limits.max < type.limits.min)
    return bad("the maximum of a memory is below its minimum");
  unsigned bits = (type.limits.is64 ? 64u : 32u) - type.page_size_log2;
  uint64_t most = bits == 64 ? UINT64_MAX : uint64_t{1} << bits;
  if (type.limits.min > most || (type.limits.max && *type.limits.max > most))
    return bad("a memory has more pages than its addresses can reach");
  return nullptr;
}

Result<uint64_t> grow(runtime::Memory& memory, uint64_t pages) {
  uint64_t old = memory.grow(pages);
  if (old != runtime::Memory::kRefused) return old;
  Error error;
  error.kind = ErrorKind::limit;
  error.message = concat({"the memory cannot grow by ", std::to_string(pages), " pages"});
  return error;
}

}  // namespace

Result<SharedMemory> SharedMemory::create(const Engine& engine, const MemoryType& type) {
  if (Internals::engine(engine) == nullptr) return Error::usage("the engine was moved from");
  if (auto error = check_type(type)) return error;
  if (!type.shared) return Error::usage("the memory is not shared");
  runtime::Memory::Options options{Internals::engine(engine)->settings().guard_pages,
                                   std::make_shared<runtime::Quota>(runtime::Limits{})};
  auto memory = runtime::Memory::create(detail::to_internal(type), options);
  if (!memory) {
    Error error = Error::usage(
        concat({"the system refuses a memory of ", std::to_string(type.limits.min), " pages"}));
    error.kind = ErrorKind::limit;
    return error;
  }
  return Internals::make_shared_memory(std::move(memory));
}

MemoryType SharedMemory::type() const {
  if (memory_ == nullptr) return {};
  MemoryType type = detail::to_public(memory_->type());
  type.limits.min = memory_->pages();
  return type;
}

std::span<uint8_t> SharedMemory::data() const noexcept {
  if (memory_ == nullptr) return {};
  return {memory_->base, memory_->byte_length.load(std::memory_order_acquire)};
}

uint64_t SharedMemory::pages() const noexcept { return memory_ ? memory_->pages() : 0; }

Result<uint64_t> SharedMemory::grow(uint64_t pages) const {
  if (memory_ == nullptr) return Error::usage("the memory was moved from");
  return zwasm::grow(*memory_, pages);
}

Result<Memory> Memory::create(Store& store, const MemoryType& type) {
  StoreState* state = Internals::store(store);
  if (auto error = detail::check_usable(state)) return error;
  if (auto error = check_type(type)) return error;
  auto memory = state->runtime->add_memory(detail::to_internal(type));
  if (!memory) return detail::to_error(*state, std::move(memory.error()));
  return Memory(state, *memory);
}

Result<Memory> Memory::from_shared(Store& store, const SharedMemory& memory) {
  StoreState* state = Internals::store(store);
  if (auto error = detail::check_usable(state)) return error;
  if (Internals::memory(memory) == nullptr) return Error::usage("the memory was moved from");
  return Memory(state, state->runtime->adopt(Internals::memory(memory)));
}

Result<SharedMemory> Memory::share() const {
  if (auto error = detail::check_usable(store_.get())) return error;
  runtime::Memory* memory = Internals::memory(*this);
  if (!memory->shared()) return Error::usage("the memory is not shared");
  return Internals::make_shared_memory(store_.get()->runtime->share(memory));
}

MemoryType Memory::type() const {
  if (detail::live(store_.get()) == nullptr) return {};
  const runtime::Memory* memory = Internals::memory(*this);
  MemoryType type = detail::to_public(memory->type());
  type.limits.min = memory->pages();
  return type;
}

uint64_t Memory::pages() const noexcept {
  return detail::live(store_.get()) != nullptr ? Internals::memory(*this)->pages() : 0;
}

uint64_t Memory::byte_size() const noexcept { return data().size(); }

std::span<uint8_t> Memory::data() const noexcept {
  if (detail::live(store_.get()) == nullptr) return {};
  const runtime::Memory* memory = Internals::memory(*this);
  return {memory->base, memory->byte_length.load(std::memory_order_acquire)};
}

Result<uint64_t> Memory::grow(uint64_t pages) const {
  if (auto error = detail::check_usable(store_.get())) return error;
  return zwasm::grow(*Internals::memory(*this), pages);
}

bool Memory::read_bytes(uint64_t offset, void* to, size_t size) const noexcept {
  std::span<uint8_t> bytes = data();
  if (size > bytes.size() || offset > bytes.size() - size) return false;
  if (size != 0) std::memcpy(to, bytes.data() + offset, size);
  return true;
}

bool Memory::write_bytes(uint64_t offset, const void* from, size_t size) const noexcept {
  std::span<uint8_t> bytes = data();
  if (size > bytes.size() || offset > bytes.size() - size) return false;
  if (size != 0) std::memcpy(bytes.data() + offset, from, size);
  return true;
}

std::optional<std::string> Memory::read_string(uint64_t offset, uint64_t size) const {
  std::span<uint8_t> bytes = data();
  if (size > bytes.size() || offset > bytes.size() - size) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(bytes.data()) + offset, size);
}

}  // namespace zwasm
