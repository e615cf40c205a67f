// zwasm.h: memories that several stores use.
#include "api/c/errors.h"
#include "api/c/objects.h"

using namespace zwasm::capi;

struct zwasm_shared_memory_t {
  zwasm::SharedMemory memory;
};

zwasm_shared_memory_t* zwasm_shared_memory_new(const wasm_engine_t* engine, uint32_t min_pages,
                                               uint32_t max_pages, zwasm_error_t** error) {
  if (engine == nullptr) {
    report(error, zwasm::Result<void>(null_error("the engine")));
    return nullptr;
  }
  zwasm::MemoryType type;
  type.limits = {min_pages, max_pages};
  type.shared = true;
  auto memory = zwasm::SharedMemory::create(engine->engine, type);
  return report(error, memory) ? new zwasm_shared_memory_t{*std::move(memory)} : nullptr;
}

zwasm_shared_memory_t* zwasm_memory_share(const wasm_memory_t* memory) {
  if (memory == nullptr) return nullptr;
  auto shared = as<zwasm::Memory>(memory).share();
  return shared ? new zwasm_shared_memory_t{*std::move(shared)} : nullptr;
}

wasm_memory_t* zwasm_memory_from_shared(wasm_store_t* store, const zwasm_shared_memory_t* shared) {
  if (!usable(store) || shared == nullptr) return nullptr;
  auto memory = zwasm::Memory::from_shared(*store->store, shared->memory);
  return memory ? make<wasm_memory_t>(store->shared_from_this(), *memory) : nullptr;
}

zwasm_shared_memory_t* zwasm_shared_memory_copy(const zwasm_shared_memory_t* memory) {
  return memory != nullptr ? new zwasm_shared_memory_t(*memory) : nullptr;
}
void zwasm_shared_memory_delete(zwasm_shared_memory_t* memory) { delete memory; }
uint8_t* zwasm_shared_memory_data(const zwasm_shared_memory_t* memory) {
  return memory != nullptr ? memory->memory.data().data() : nullptr;
}
size_t zwasm_shared_memory_data_size(const zwasm_shared_memory_t* memory) {
  return memory != nullptr ? memory->memory.data().size() : 0;
}
uint64_t zwasm_shared_memory_size(const zwasm_shared_memory_t* memory) {
  return memory != nullptr ? memory->memory.pages() : 0;
}
bool zwasm_shared_memory_grow(zwasm_shared_memory_t* memory, uint64_t pages) {
  return memory != nullptr && memory->memory.grow(pages).ok();
}
