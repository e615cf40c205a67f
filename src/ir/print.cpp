#include "ir/print.h"

#include <iterator>

#include "base/format.h"
#include "ir/ops.h"
#include "runtime/native_helpers.h"

namespace zwasm::ir {

std::string_view type_text(Type type) {
  switch (type) {
    case Type::none: return "none";
    case Type::i32: return "i32";
    case Type::i64: return "i64";
    case Type::f32: return "f32";
    case Type::f64: return "f64";
    case Type::v128: return "v128";
    case Type::ref: return "ref";
  }
  return "";
}

std::string_view mem_kind_text(MemKind kind) {
  static constexpr std::string_view kNames[] = {
      "i8_s",    "i8_u",   "i16_s",   "i16_u",   "i32_s",   "i32_u",   "i64",     "f32",
      "f64",     "v128",   "ref",     "v8x8_s",  "v8x8_u",  "v16x4_s", "v16x4_u", "v32x2_s",
      "v32x2_u", "splat8", "splat16", "splat32", "splat64", "zero32",  "zero64"};
  static_assert(std::size(kNames) == static_cast<size_t>(MemKind::zero64) + 1);
  return kNames[static_cast<size_t>(kind)];
}

std::string_view region_text(Region region) {
  static constexpr std::string_view kNames[] = {
      "invariant",   "memory_shape", "linear", "global", "table", "heap",
      "heap_length", "context",      "fuel",   "code",   "frame"};
  static_assert(std::size(kNames) == static_cast<size_t>(Region::frame) + 1);
  return kNames[static_cast<size_t>(region)];
}

std::string_view rmw_text(AtomicRmw rmw) {
  static constexpr std::string_view kNames[] = {"add", "sub", "and", "or", "xor", "xchg"};
  return kNames[static_cast<size_t>(rmw)];
}

std::string_view trap_text(isa::Trap trap) {
  static constexpr std::string_view kNames[] = {
      "none",
#define TRAP(id, message) #id,
#include "isa/traps.def"
  };
  return kNames[static_cast<size_t>(trap)];
}

namespace {

class Printer {
 public:
  explicit Printer(const Function& f) : f_(f) {}

  std::string run() {
    put("func {} (", f_.func_index);
    types(f_.signature.params);
    put(") -> (");
    types(f_.signature.results);
    put("){}\n", f_.osr ? fmt::format(" osr {}", f_.osr_position) : "");
    for (Block b : f_.order) block(b);
    return std::move(out_);
  }

 private:
  template <class... A>
  void put(fmt::format_string<A...> format, A&&... args) {
    append_format(out_, format, std::forward<A>(args)...);
  }
  void types(const std::vector<Type>& types) {
    for (size_t i = 0; i < types.size(); ++i) put("{}{}", i != 0 ? ", " : "", type_text(types[i]));
  }
  void values(std::span<const Value> values) {
    for (size_t i = 0; i < values.size(); ++i) put("{}v{}", i != 0 ? ", " : "", index(values[i]));
  }

  void block(Block b) {
    const BlockInfo& block = f_.block(b);
    put("b{}", index(b));
    if (!block.params.empty()) {
      put("(");
      for (size_t i = 0; i < block.params.size(); ++i)
        put("{}v{}: {}", i != 0 ? ", " : "", index(block.params[i]),
            type_text(f_.type_of(block.params[i])));
      put(")");
    }
    put("{}{}{}:\n", block.is_loop_header ? " loop" : "", block.cold ? " cold" : "",
        block.loop_depth != 0 ? fmt::format(" depth {}", block.loop_depth) : "");
    for (InstId id = block.first; id != InstId::none; id = f_.inst(id).next) inst(f_.inst(id));
  }

  void inst(const Inst& i) {
    put("  ");
    for (uint32_t r = 0; r < i.result_count; ++r) {
      Value v = Function::result(i, r);
      put("{}v{}: {}", r != 0 ? ", " : "", index(v), type_text(f_.type_of(v)));
    }
    if (i.result_count != 0) put(" = ");
    put("{}", op_text(i.op));
    details(i);
    if (i.arg_count != 0) put(" ");
    values(f_.args(i));
    if (i.target_count != 0) put(" ->");
    for (uint32_t t = 0; t < i.target_count; ++t) {
      const Target& target = f_.targets_of(i)[t];
      put("{} b{}", t != 0 ? "," : "", index(target.block));
      if (target.arg_count != 0) {
        put("(");
        values(f_.args(target));
        put(")");
      }
    }
    put("\n");
  }

  void details(const Inst& i) {
    if (is_wasm_op(i.op)) {
      if (isa::op_info(wasm_op(i.op)).imm == isa::Imm::lane) put(" #{}", i.aux);
      return;
    }
    switch (i.op) {
      case Op::const_i32:
      case Op::const_i64: put(" {:#x}", i.imm); return;
      case Op::const_f32:
      case Op::const_f64: put(" {:#x}", i.imm); return;
      case Op::const_v128:
      case Op::shuffle: put(" {:#x}:{:#x}", i.imm, i.imm2); return;
      case Op::trap_if:
      case Op::trap: put(" <{}>", trap_text(static_cast<isa::Trap>(i.imm))); return;
      case Op::call:
      case Op::tail_call: put(" @{}", i.aux); return;
      case Op::call_ref:
      case Op::tail_call_ref: put(" type {}", i.aux); return;
      case Op::call_helper:
        put(" @{}", runtime::helper_info(static_cast<runtime::NativeHelper>(i.aux)).name);
        return;
      case Op::branch:
        if (i.hint == Hint::likely) put(" likely");
        if (i.hint == Hint::unlikely) put(" unlikely");
        return;
      case Op::lea:
      case Op::load:
      case Op::store:
      case Op::load_lane:
      case Op::store_lane:
      case Op::atomic_rmw:
      case Op::atomic_cmpxchg: access(i); return;
      default: return;  // nothing but operands
    }
  }

  void access(const Inst& i) {
    const Access& a = i.access;
    put(" [{} {}", mem_kind_text(a.kind), region_text(a.region));
    if (a.scale != 0) put(" scale {}", a.scale);
    if (a.disp != 0) put(" disp {}", a.disp);
    if (i.op == Op::load_lane || i.op == Op::store_lane) put(" lane {}", a.lane);
    if (i.op == Op::atomic_rmw) put(" {}", rmw_text(a.rmw));
    if (a.faults) put(" faults");
    if (a.atomic) put(" atomic");
    if (a.guarded) put(" guarded");
    put("]");
  }

  const Function& f_;
  std::string out_;
};

}  // namespace

std::string print(const Function& function) { return Printer(function).run(); }

}  // namespace zwasm::ir
