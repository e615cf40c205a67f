// What stands for structs and arrays in a library without them (ZWASM_GC=OFF). The gc proposal
// cannot be switched on there, so that no module that validates comes to any of this.
#include <cstdlib>

#include "interp/handlers/machine.h"
#include "interp/translator.h"
#include "runtime/gc/arrays.h"

namespace zwasm {
namespace interp {

#define MISC(name)
#define MISC_OBJECT(name)                 \
  [[noreturn]] void op_##name(ZW_PARAMS); \
  void op_##name(ZW_PARAMS) { std::abort(); }
#include "interp/misc.def"

void Translator::struct_op(Op, Imm, Es, Es) { std::abort(); }
void Translator::array_op(Op, Imm, Es, Es) { std::abort(); }

}  // namespace interp

namespace runtime {

using gc::Shape;
using Bytes = std::span<const uint8_t>;
using Slots = std::span<const Slot>;

GcRef array_new(StoreContext&, const Shape&, uint64_t, const Slot*) { std::abort(); }
GcRef array_new_fixed(StoreContext&, const Shape&, uint32_t, const Slot*) { std::abort(); }
Trap array_new_data(StoreContext&, const Shape&, Bytes, uint32_t, uint32_t, GcRef&) {
  std::abort();
}
Trap array_init_data(StoreContext&, GcRef, uint32_t, Bytes, uint32_t, uint32_t) { std::abort(); }
Trap array_new_elem(StoreContext&, const Shape&, Slots, uint32_t, uint32_t, GcRef&) {
  std::abort();
}
Trap array_init_elem(StoreContext&, GcRef, uint32_t, Slots, uint32_t, uint32_t) { std::abort(); }
Trap array_fill(StoreContext&, GcRef, uint32_t, const Slot*, uint32_t) { std::abort(); }
Trap array_copy(StoreContext&, GcRef, uint32_t, GcRef, uint32_t, uint32_t) { std::abort(); }

}  // namespace runtime
}  // namespace zwasm
