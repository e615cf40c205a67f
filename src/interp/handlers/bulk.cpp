// Memories and tables as a whole: size, growth, bulk operations; table elements.
#include "interp/handlers/misc_handlers.h"

namespace zwasm::interp {

namespace {

// Grown memories and tables report through slots: no handler takes the address of a local.
[[gnu::noinline]] Trap grow_memory(Slot* result, Instance* inst, uint32_t memory, uint64_t pages) {
  builtins::GrowResult r = builtins::memory_grow(*inst, memory, pages);
  bool is64 = inst->module->module().memories[memory].type.limits.is64;
  result->u64 = is64 ? r.previous : static_cast<uint32_t>(r.previous);
  return r.trap;
}
[[gnu::noinline]] Trap grow_table(Slot* result, Instance* inst, uint32_t table, Slot value,
                                  uint64_t count) {
  builtins::GrowResult r = builtins::table_grow(*inst, table, value, count);
  bool is64 = inst->module->module().tables[table].type.limits.is64;
  result->u64 = is64 ? r.previous : static_cast<uint32_t>(r.previous);
  return r.trap;
}

}  // namespace

void op_memory_size(ZW_PARAMS) {
  uint64_t bytes = inst->memories[ip[3]]->byte_length.load(std::memory_order_acquire);
  slot_at(fp, ip[2]).u64 = bytes >> inst->module->module().memories[ip[3]].type.page_size_log2;
  ZW_NEXT(4);
}
void op_memory_grow(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = grow_memory(&slot_at(fp, ip[2]), inst, ip[4], slot_at(fp, ip[3]).u64);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_RELOAD_MEMORY();
  ZW_NEXT(5);
}
void op_memory_fill(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap =
      builtins::memory_fill(*inst, ip[5], slot_at(fp, ip[2]).u64,
                            static_cast<uint8_t>(slot_at(fp, ip[3]).u32), slot_at(fp, ip[4]).u64);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(6);
}
void op_memory_copy(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = builtins::memory_copy(*inst, ip[5], ip[6], slot_at(fp, ip[2]).u64,
                                    slot_at(fp, ip[3]).u64, slot_at(fp, ip[4]).u64);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(7);
}
void op_memory_init(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = builtins::memory_init(*inst, ip[6], ip[5], slot_at(fp, ip[2]).u64,
                                    slot_at(fp, ip[3]).u32, slot_at(fp, ip[4]).u32);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(7);
}
void op_data_drop(ZW_PARAMS) {
  builtins::data_drop(*inst, ip[2]);
  ZW_NEXT(3);
}

void op_table_get_func(ZW_PARAMS) {
  const runtime::TableView* table = inst->tables[ip[4]];
  uint64_t at = slot_at(fp, ip[3]).u64;
  if (at >= table->size) [[unlikely]]
    ZW_TRAP(Trap::table_out_of_bounds);
  slot_at(fp, ip[2]).func = table->funcs[at].ref;
  ZW_NEXT(5);
}
void op_table_get_ref(ZW_PARAMS) {
  const runtime::TableView* table = inst->tables[ip[4]];
  uint64_t at = slot_at(fp, ip[3]).u64;
  if (at >= table->size) [[unlikely]]
    ZW_TRAP(Trap::table_out_of_bounds);
  slot_at(fp, ip[2]).u64 = table->refs[at];
  ZW_NEXT(5);
}
void op_table_set_func(ZW_PARAMS) {
  runtime::TableView* table = inst->tables[ip[4]];
  uint64_t at = slot_at(fp, ip[2]).u64;
  if (at >= table->size) [[unlikely]]
    ZW_TRAP(Trap::table_out_of_bounds);
  runtime::FuncRef* ref = slot_at(fp, ip[3]).func;
  table->funcs[at] = {ref, ref == nullptr ? module::CanonId{0} : ref->type, 0};
  ZW_NEXT(5);
}
void op_table_set_ref(ZW_PARAMS) {
  runtime::TableView* table = inst->tables[ip[4]];
  uint64_t at = slot_at(fp, ip[2]).u64;
  if (at >= table->size) [[unlikely]]
    ZW_TRAP(Trap::table_out_of_bounds);
  table->refs[at] = slot_at(fp, ip[3]).ref;
  ZW_NEXT(5);
}
void op_table_size(ZW_PARAMS) {
  slot_at(fp, ip[2]).u64 = inst->tables[ip[3]]->size;
  ZW_NEXT(4);
}
void op_table_grow(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap =
      grow_table(&slot_at(fp, ip[2]), inst, ip[5], slot_at(fp, ip[3]), slot_at(fp, ip[4]).u64);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(6);
}
void op_table_fill(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = builtins::table_fill(*inst, ip[5], slot_at(fp, ip[2]).u64, slot_at(fp, ip[3]),
                                   slot_at(fp, ip[4]).u64);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(6);
}
void op_table_copy(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = builtins::table_copy(*inst, ip[5], ip[6], slot_at(fp, ip[2]).u64,
                                   slot_at(fp, ip[3]).u64, slot_at(fp, ip[4]).u64);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(7);
}
void op_table_init(ZW_PARAMS) {
  leave(ip, fp, inst, false);
  Trap trap = builtins::table_init(*inst, ip[6], ip[5], slot_at(fp, ip[2]).u64,
                                   slot_at(fp, ip[3]).u32, slot_at(fp, ip[4]).u32);
  if (trap != Trap::none) [[unlikely]]
    ZW_TRAP(trap);
  ZW_NEXT(7);
}
void op_elem_drop(ZW_PARAMS) {
  builtins::elem_drop(*inst, ip[2]);
  ZW_NEXT(3);
}
void op_ref_func(ZW_PARAMS) {
  slot_at(fp, ip[2]).func = inst->funcs[ip[3]];
  ZW_NEXT(4);
}

}  // namespace zwasm::interp
