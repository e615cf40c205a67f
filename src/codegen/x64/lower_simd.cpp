// Vectors.
#include "codegen/x64/lower.h"

namespace zwasm::codegen::x64 {

using ir::MemKind;

namespace {
constexpr uint8_t u8(auto v) { return static_cast<uint8_t>(v); }
}  // namespace

void Lowering::load_vector(const ir::Inst& inst, const Rm& from, VReg to) {
  put(MOp::load_vec, {def(to)}, from).sub = u8(inst.access.kind);
}

}  // namespace zwasm::codegen::x64
