// zwasm.h: errors, traps, configuration, text, limits.
#include "zwasm.h"

#include "api/c/errors.h"
#include "api/c/objects.h"
#include "isa/traps.h"

using namespace zwasm::capi;

struct zwasm_interrupt_handle_t {
  zwasm::InterruptHandle handle;
};

namespace {

std::span<const uint8_t> bytes_of(const char* data, size_t size) {
  return {reinterpret_cast<const uint8_t*>(data), data != nullptr ? size : 0};
}
std::span<const uint8_t> bytes_of(const wasm_byte_vec_t* vec) {
  return vec != nullptr ? bytes_of(vec->data, vec->size) : std::span<const uint8_t>();
}

// A module of a store of the C API, of what `load` gives for its engine.
template <class Load>
wasm_module_t* load_module(wasm_store_t* store, zwasm_error_t** error, Load&& load) {
  if (!usable(store)) {
    report(error, zwasm::Result<void>(null_error("the store")));
    return nullptr;
  }
  zwasm::Result<zwasm::Module> module = load(store->store->engine());
  if (!report(error, module)) return nullptr;
  return make<wasm_module_t>(store->shared_from_this(), *std::move(module));
}

}  // namespace

const char* zwasm_version(void) { return zwasm::version().data(); }
bool zwasm_has_part(const char* name) { return name != nullptr && zwasm::has_part(name); }

// --- errors ---

void zwasm_error_delete(zwasm_error_t* error) { delete error; }
zwasm_error_kind_t zwasm_error_kind(const zwasm_error_t* e) {
  return static_cast<zwasm_error_kind_t>(e != nullptr ? e->error.kind : zwasm::ErrorKind::usage);
}
const char* zwasm_error_message(const zwasm_error_t* e) {
  return e != nullptr ? e->message.c_str() : "";
}
const char* zwasm_error_details(const zwasm_error_t* e) {
  return e != nullptr ? e->details.c_str() : "";
}
uint32_t zwasm_error_line(const zwasm_error_t* e) { return e != nullptr ? e->error.line : 0; }
uint32_t zwasm_error_column(const zwasm_error_t* e) { return e != nullptr ? e->error.column : 0; }
uint64_t zwasm_error_offset(const zwasm_error_t* e) {
  return e != nullptr ? e->error.offset.value_or(UINT64_MAX) : UINT64_MAX;
}

static_assert(ZWASM_ERROR_TRAP == static_cast<int>(zwasm::ErrorKind::trap));
static_assert(ZWASM_ERROR_HOST == static_cast<int>(zwasm::ErrorKind::host));

// --- traps ---

#define SAME(c, cpp) static_assert(ZWASM_TRAP_##c == static_cast<int>(zwasm::Trap::cpp))
SAME(UNREACHABLE, unreachable);
SAME(MEMORY_OUT_OF_BOUNDS, memory_out_of_bounds);
SAME(TABLE_OUT_OF_BOUNDS, table_out_of_bounds);
SAME(ARRAY_OUT_OF_BOUNDS, array_out_of_bounds);
SAME(INTEGER_DIVIDE_BY_ZERO, integer_divide_by_zero);
SAME(INTEGER_OVERFLOW, integer_overflow);
SAME(INVALID_CONVERSION, invalid_conversion);
SAME(UNDEFINED_ELEMENT, undefined_element);
SAME(UNINITIALIZED_ELEMENT, uninitialized_element);
SAME(INDIRECT_CALL_TYPE_MISMATCH, indirect_call_type_mismatch);
SAME(NULL_REFERENCE, null_reference);
SAME(NULL_FUNCTION_REFERENCE, null_function_reference);
SAME(NULL_STRUCTURE_REFERENCE, null_structure_reference);
SAME(NULL_ARRAY_REFERENCE, null_array_reference);
SAME(NULL_I31_REFERENCE, null_i31_reference);
SAME(NULL_EXCEPTION_REFERENCE, null_exception_reference);
SAME(CAST_FAILURE, cast_failure);
SAME(UNALIGNED_ATOMIC, unaligned_atomic);
SAME(EXPECTED_SHARED_MEMORY, expected_shared_memory);
SAME(STACK_EXHAUSTED, stack_exhausted);
SAME(OUT_OF_FUEL, out_of_fuel);
SAME(INTERRUPTED, interrupted);
SAME(TIMEOUT, timeout);
SAME(HEAP_EXHAUSTED, heap_exhausted);
SAME(GROW_FAILED, grow_failed);
SAME(UNKNOWN_IMPORT, unknown_import);
SAME(HOST_ERROR, host_error);
SAME(UNCAUGHT_EXCEPTION, uncaught_exception);

zwasm_error_kind_t zwasm_trap_kind(const wasm_trap_t* trap) {
  if (trap == nullptr) return ZWASM_ERROR_USAGE;
  return static_cast<zwasm_error_kind_t>(trap_info(trap).error.kind);
}
zwasm_trap_code_t zwasm_trap_code(const wasm_trap_t* trap) {
  if (trap == nullptr) return ZWASM_TRAP_NONE;
  const auto& code = trap_info(trap).error.trap;
  return code ? static_cast<zwasm_trap_code_t>(*code) : zwasm_trap_code_t{ZWASM_TRAP_NONE};
}
bool zwasm_trap_exit_status(const wasm_trap_t* trap, uint32_t* status) {
  if (trap == nullptr) return false;
  const auto& exit = trap_info(trap).error.exit_status;
  if (exit && status != nullptr) *status = *exit;
  return exit.has_value();
}
void zwasm_trap_details(const wasm_trap_t* trap, wasm_message_t* out) {
  if (trap == nullptr) return wasm_byte_vec_new_empty(out);
  wasm_name_new_from_string_nt(out, trap_info(trap).error.to_string().c_str());
}
void zwasm_trap_core_dump(const wasm_trap_t* trap, wasm_byte_vec_t* out) {
  if (trap == nullptr || !usable(trap->store.get())) return wasm_byte_vec_new_empty(out);
  const std::vector<uint8_t> dump = trap->store->store->core_dump(trap_info(trap).error);
  wasm_byte_vec_new(out, dump.size(), reinterpret_cast<const wasm_byte_t*>(dump.data()));
}
wasm_trap_t* zwasm_trap_new_code(wasm_store_t* store, zwasm_trap_code_t code) {
  if (code == ZWASM_TRAP_NONE || code > ZWASM_TRAP_UNCAUGHT_EXCEPTION)
    return make_trap(share(store),
                     zwasm::Error::usage("there is no trap of number " + std::to_string(code)));
  return make_trap(share(store), zwasm::Error::from_trap(static_cast<zwasm::Trap>(code)));
}
wasm_trap_t* zwasm_trap_new_exit(wasm_store_t* store, uint32_t status) {
  return make_trap(share(store), zwasm::Error::exit(status));
}

const char* zwasm_frame_func_name(const wasm_frame_t* f) {
  return f != nullptr ? f->frame.func_name.c_str() : "";
}
const char* zwasm_frame_module_name(const wasm_frame_t* f) {
  return f != nullptr ? f->frame.module.c_str() : "";
}
const char* zwasm_frame_file(const wasm_frame_t* f) {
  return f != nullptr ? f->frame.file.c_str() : "";
}
uint32_t zwasm_frame_line(const wasm_frame_t* f) { return f != nullptr ? f->frame.line : 0; }
uint32_t zwasm_frame_column(const wasm_frame_t* f) { return f != nullptr ? f->frame.column : 0; }

// --- configuration ---

bool zwasm_config_set_feature(wasm_config_t* config, const char* name, bool on) {
  auto feature = zwasm::Features::by_name(name != nullptr ? name : "");
  if (!feature || config == nullptr) return false;
  config->config.features.set(*feature, on);
  return true;
}
bool zwasm_config_set_level(wasm_config_t* config, uint32_t level) {
  if (config == nullptr || level < 1 || level > 3) return false;
  config->config.features = zwasm::Features::level(level);
  return true;
}
void zwasm_config_set_fuel(wasm_config_t* config, bool on) {
  if (config != nullptr) config->config.fuel = on;
}
void zwasm_config_set_max_wasm_stack(wasm_config_t* config, uint64_t bytes) {
  if (config != nullptr) config->config.max_wasm_stack = bytes;
}
void zwasm_config_set_guard_pages(wasm_config_t* config, bool on) {
  if (config != nullptr) config->config.guard_pages = on;
}
void zwasm_config_set_tier(wasm_config_t* config, zwasm_tier_t tier) {
  if (config != nullptr)
    config->config.tier = static_cast<zwasm::Tier>(tier <= ZWASM_TIER_COMPILED ? tier : 0);
}
void zwasm_config_set_opt_level(wasm_config_t* config, uint32_t level) {
  if (config != nullptr) config->config.opt_level = level;
}
void zwasm_config_set_background_compilation(wasm_config_t* config, bool on) {
  if (config != nullptr) config->config.background_compilation = on;
}
void zwasm_config_set_cache(wasm_config_t* config, bool on) {
  if (config != nullptr) config->config.cache = on;
}
void zwasm_config_set_cache_bytes(wasm_config_t* config, uint64_t bytes) {
  if (config != nullptr) config->config.cache_bytes = bytes;
}
void zwasm_config_set_debug_info(wasm_config_t* config, bool on) {
  if (config != nullptr) config->config.debug_info = on;
}
void zwasm_config_set_code_profile(wasm_config_t* config, zwasm_code_profile_t profile) {
  static_assert(ZWASM_CODE_PROFILE_JITDUMP == static_cast<int>(zwasm::CodeProfile::jitdump));
  if (config != nullptr && profile <= ZWASM_CODE_PROFILE_JITDUMP)
    config->config.code_profile = static_cast<zwasm::CodeProfile>(profile);
}
void zwasm_config_set_sample_us(wasm_config_t* config, uint32_t microseconds) {
  if (config != nullptr) config->config.sample_us = microseconds;
}
void zwasm_engine_samples(const wasm_engine_t* engine, wasm_byte_vec_t* out) {
  std::string text;
  if (engine != nullptr)
    for (const zwasm::GuestSample& sample : engine->engine.samples()) {
      for (const std::string& frame : sample.frames)
        text += (&frame == &sample.frames.front() ? "" : ";") + frame;
      text += " " + std::to_string(sample.count) + "\n";
    }
  wasm_byte_vec_new(out, text.size(), text.data());
}
wasm_engine_t* zwasm_engine_copy(const wasm_engine_t* engine) {
  return engine != nullptr ? new wasm_engine_t(*engine) : nullptr;
}
zwasm_mapped_memory_t zwasm_mapped_memory(void) {
  const zwasm::MappedMemory mapped = zwasm::mapped_memory();
  return {mapped.memories, mapped.tables, mapped.heaps, mapped.stacks, mapped.code};
}
void zwasm_config_set_nan_canonicalization(wasm_config_t* config, bool on) {
  if (config != nullptr) config->config.nan_canonicalization = on;
}
void zwasm_config_set_relaxed_simd_deterministic(wasm_config_t* config, bool on) {
  if (config != nullptr) config->config.relaxed_simd_deterministic = on;
}
// --- modules and text ---

bool zwasm_wat2wasm(const char* text, size_t size, wasm_byte_vec_t* out, zwasm_error_t** error) {
  auto bytes = zwasm::wat2wasm({text, text != nullptr ? size : 0});
  if (!report(error, bytes)) return false;
  wasm_byte_vec_new(out, bytes->size(), reinterpret_cast<const char*>(bytes->data()));
  return true;
}
bool zwasm_wasm2wat(const wasm_byte_vec_t* binary, wasm_byte_vec_t* out, zwasm_error_t** error) {
  auto text = zwasm::wasm2wat(bytes_of(binary));
  if (!report(error, text)) return false;
  wasm_byte_vec_new(out, text->size(), text->data());
  return true;
}
wasm_module_t* zwasm_module_new(wasm_store_t* store, const char* bytes, size_t size,
                                zwasm_error_t** error) {
  return load_module(store, error, [&](const zwasm::Engine& engine) {
    return zwasm::Module::from_any(engine, bytes_of(bytes, size));
  });
}
wasm_module_t* zwasm_module_load(wasm_store_t* store, const char* path, zwasm_error_t** error) {
  return load_module(store, error,
                     [&](const zwasm::Engine& engine) -> zwasm::Result<zwasm::Module> {
                       if (path == nullptr) return null_error("the path");
                       return zwasm::Module::load(engine, path);
                     });
}
wasm_module_t* zwasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* bytes,
                                        zwasm_error_t** error) {
  return load_module(store, error, [&](const zwasm::Engine& engine) {
    return zwasm::Module::deserialize(engine, bytes_of(bytes));
  });
}
wasm_module_t* zwasm_module_deserialize_trusted(wasm_store_t* store, const wasm_byte_vec_t* bytes,
                                                zwasm_error_t** error) {
  return load_module(store, error, [&](const zwasm::Engine& engine) {
    return zwasm::Module::deserialize_trusted(engine, bytes_of(bytes));
  });
}
bool zwasm_module_precompile(const wasm_module_t* module, const char* arch, const char* cpu,
                             wasm_byte_vec_t* out, zwasm_error_t** error) {
  if (module == nullptr) return report(error, zwasm::Result<void>(null_error("the module")));
  zwasm::PrecompileOptions options;
  if (arch != nullptr) options.target.arch = arch;
  if (cpu != nullptr) options.target.cpu = cpu;
  auto made = as<zwasm::Module>(module).precompile(options);
  if (made)
    wasm_byte_vec_new(out, made->bytes.size(),
                      reinterpret_cast<const wasm_byte_t*>(made->bytes.data()));
  return report(error, made);
}
zwasm_error_t* zwasm_module_check(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  if (!usable(store)) return new zwasm_error_t(null_error("the store"));
  zwasm_error_t* error = nullptr;
  report(&error, zwasm::Module::validate(store->store->engine(), bytes_of(binary)));
  return error;
}

// --- limits ---

zwasm_limits_t zwasm_limits_none(void) {
  const zwasm::StoreLimits none;
  return {none.max_memory_bytes,     none.max_table_elements, none.max_instances,
          none.max_memories,         none.max_tables,         none.max_backtrace,
          none.trap_on_grow_failure, none.max_gc_heap,        none.max_threads};
}
zwasm::StoreLimits zwasm::capi::from_c(const zwasm_limits_t& from) {
  zwasm::StoreLimits limits;
  limits.max_memory_bytes = from.max_memory_bytes;
  limits.max_table_elements = from.max_table_elements;
  limits.max_instances = from.max_instances;
  limits.max_memories = from.max_memories;
  limits.max_tables = from.max_tables;
  limits.max_backtrace = from.max_backtrace;
  limits.trap_on_grow_failure = from.trap_on_grow_failure;
  limits.max_gc_heap = from.max_gc_heap;
  limits.max_threads = from.max_threads;
  return limits;
}
void zwasm_store_set_limits(wasm_store_t* store, const zwasm_limits_t* from) {
  if (!usable(store) || from == nullptr) return;
  zwasm::StoreLimits limits = from_c(*from);
  limits.max_gc_heap = store->store->limits().max_gc_heap;  // what it was made with
  store->store->set_limits(limits);
}
bool zwasm_store_set_fuel(wasm_store_t* store, uint64_t fuel) {
  return usable(store) && store->store->set_fuel(fuel).ok();
}
uint64_t zwasm_store_fuel(const wasm_store_t* store) {
  return usable(store) ? store->store->fuel() : 0;
}
void zwasm_store_set_timeout(wasm_store_t* store, uint64_t nanoseconds) {
  if (!usable(store)) return;
  constexpr uint64_t kMax = INT64_MAX;
  store->store->set_timeout(
      std::chrono::nanoseconds(static_cast<int64_t>(nanoseconds < kMax ? nanoseconds : kMax)));
}
zwasm_interrupt_handle_t* zwasm_store_interrupt_handle(const wasm_store_t* store) {
  return usable(store) ? new zwasm_interrupt_handle_t{store->store->interrupt_handle()} : nullptr;
}
void zwasm_interrupt(const zwasm_interrupt_handle_t* handle) {
  if (handle != nullptr) handle->handle.interrupt();
}
void zwasm_interrupt_handle_delete(zwasm_interrupt_handle_t* handle) { delete handle; }
void zwasm_store_clear_interrupt(wasm_store_t* store) {
  if (usable(store)) store->store->clear_interrupt();
}

void zwasm_store_collect(wasm_store_t* store) {
  if (usable(store)) store->store->collect();
}
uint64_t zwasm_store_heap_bytes(const wasm_store_t* store) {
  return usable(store) ? store->store->heap_bytes() : 0;
}
void zwasm_store_set_data(wasm_store_t* store, void* data) {
  if (usable(store)) store->store->set_data(data);
}
void* zwasm_store_data(const wasm_store_t* store) {
  return usable(store) ? store->store->data() : nullptr;
}

// --- memories ---

bool zwasm_memory_read(const wasm_memory_t* memory, uint64_t offset, void* to, size_t size) {
  if (memory == nullptr || (to == nullptr && size != 0)) return false;
  return as<zwasm::Memory>(memory).read_bytes(offset, to, size);
}
bool zwasm_memory_write(wasm_memory_t* memory, uint64_t offset, const void* from, size_t size) {
  if (memory == nullptr || (from == nullptr && size != 0)) return false;
  return as<zwasm::Memory>(memory).write_bytes(offset, from, size);
}
