// What modules import and export: functions, tables, memories, globals and tags. Pointers stay
// valid as long as the store they belong to (memories: as long as a store keeps them).
#pragma once
#include <string>

#include "isa/types.h"
#include "runtime/layout.h"
#include "runtime/memory.h"
#include "runtime/table.h"

namespace zwasm::runtime {

struct Global : GlobalCell {
  isa::ValType type;  // canonical
  bool mut = false;
};

struct Tag : TagCell {};

struct Extern {
  isa::ExternKind kind = isa::ExternKind::func;
  union {
    FuncRef* func = nullptr;
    Table* table;
    Memory* memory;
    Global* global;
    Tag* tag;
  };

  static Extern of(FuncRef* func) { return {isa::ExternKind::func, {.func = func}}; }
  static Extern of(Table* table) { return {isa::ExternKind::table, {.table = table}}; }
  static Extern of(Memory* memory) { return {isa::ExternKind::memory, {.memory = memory}}; }
  static Extern of(Global* global) { return {isa::ExternKind::global, {.global = global}}; }
  static Extern of(Tag* tag) { return {isa::ExternKind::tag, {.tag = tag}}; }
};

}  // namespace zwasm::runtime
