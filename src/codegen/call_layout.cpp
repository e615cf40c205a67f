#include "codegen/call_layout.h"

namespace zwasm::codegen {
namespace {

uint32_t assign(std::span<const ir::Type> types, std::vector<ValuePlace>& places) {
  uint32_t ints = 0, vecs = 0, bytes = 0;
  places.reserve(types.size());
  for (ir::Type type : types) {
    bool is_vec = type == ir::Type::f32 || type == ir::Type::f64 || type == ir::Type::v128;
    if (is_vec && vecs < kVecArgRegs) {
      places.push_back({ValuePlace::Kind::vec_reg, vecs++});
    } else if (!is_vec && ints < kIntArgRegs) {
      places.push_back({ValuePlace::Kind::int_reg, ints++});
    } else {
      places.push_back({ValuePlace::Kind::stack, bytes});
      bytes += type == ir::Type::v128 ? 16 : 8;
    }
  }
  return (bytes + 15) & ~15u;
}

}  // namespace

CallLayout call_layout(std::span<const ir::Type> params, std::span<const ir::Type> results) {
  CallLayout layout;
  layout.param_bytes = assign(params, layout.params);
  layout.result_bytes = assign(results, layout.results);
  return layout;
}

}  // namespace zwasm::codegen
