// The intermediate representation: static single assignment with block parameters.
//
// A Function is a list of blocks; a block has parameters, instructions in order, and ends with one
// terminator, whose targets carry the arguments for the parameters of the blocks they name.
// Everything is an index into a vector of the function; nothing points.
//
// The level is that of the machine's memory: an access to a global, a table, a field of an object
// is a load or store with an address, an alias region and explicit checks (`trap_if`), so that one
// set of passes serves all of them and the code generators know nothing of WebAssembly's objects.
// Only linear memory that is reserved relies on hardware faults (Access::faults).
//
//   Types        i32 i64 f32 f64 v128, and ref: a reference of the collected heap (GcRef), which
//                moves at every safepoint. References to functions are pointers: i64.
//   Safepoints   calls, helper calls, polls. A ref that lives across one is in a slot there.
//                A value computed from a ref (ref.bits, a heap address) must not live across one:
//                the verifier checks it.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.h"
#include "isa/opcodes.h"
#include "isa/traps.h"

namespace zwasm::ir {

enum class Type : uint8_t { none, i32, i64, f32, f64, v128, ref };

// Strong indices.
enum class Value : uint32_t { none = ~0u };
enum class Block : uint32_t { none = ~0u };
enum class InstId : uint32_t { none = ~0u };
template <class Id>
constexpr uint32_t index(Id id) {
  return static_cast<uint32_t>(id);
}

// Ops of isa::Op keep their numbers; those of ops.def follow.
enum class Op : uint16_t {
  first_own = isa::kOpCount - 1,
#define IR_OP(name, text, args, results, effects, about) name,
#include "ir/ops.def"
};
constexpr bool is_wasm_op(Op op) { return static_cast<uint32_t>(op) < isa::kOpCount; }
constexpr isa::Op wasm_op(Op op) { return static_cast<isa::Op>(op); }
constexpr Op op_of(isa::Op op) { return static_cast<Op>(op); }

// How an access reads or writes: what stands in memory, and what it is as a value. Vector loads
// that widen or splat are kinds of their own.
enum class MemKind : uint8_t {
  i8_s,  // sign-extended to the result type (i32 or i64)
  i8_u,  // stores use the _u kinds
  i16_s,
  i16_u,
  i32_s,  // to i64
  i32_u,  // i32; to i64 zero-extended
  i64,
  f32,
  f64,
  v128,
  ref,     // a GcRef, four bytes
  v8x8_s,  // eight bytes widened
  v8x8_u,
  v16x4_s,
  v16x4_u,
  v32x2_s,
  v32x2_u,
  splat8,
  splat16,
  splat32,
  splat64,
  zero32,  // low lane, the others zero
  zero64,
};

// Bytes of memory that an access of the kind touches.
constexpr uint32_t access_size(MemKind kind) {
  switch (kind) {
    case MemKind::i8_s:
    case MemKind::i8_u:
    case MemKind::splat8: return 1;
    case MemKind::i16_s:
    case MemKind::i16_u:
    case MemKind::splat16: return 2;
    case MemKind::i32_s:
    case MemKind::i32_u:
    case MemKind::f32:
    case MemKind::ref:
    case MemKind::splat32:
    case MemKind::zero32: return 4;
    case MemKind::i64:
    case MemKind::f64:
    case MemKind::v8x8_s:
    case MemKind::v8x8_u:
    case MemKind::v16x4_s:
    case MemKind::v16x4_u:
    case MemKind::v32x2_s:
    case MemKind::v32x2_u:
    case MemKind::splat64:
    case MemKind::zero64: return 8;
    case MemKind::v128: return 16;
  }
  return 0;
}
// As which a whole value of the type stands in memory.
constexpr MemKind mem_kind_of(Type type) {
  switch (type) {
    case Type::none:
    case Type::i32: return MemKind::i32_u;
    case Type::i64: return MemKind::i64;
    case Type::f32: return MemKind::f32;
    case Type::f64: return MemKind::f64;
    case Type::v128: return MemKind::v128;
    case Type::ref: return MemKind::ref;
  }
  return MemKind::i64;
}

// What an access may alias with. Two accesses of different regions never touch the same bytes.
enum class Region : uint8_t {
  invariant,     // not written while the function runs: the instance's arrays, FuncRef::type …
  memory_shape,  // base and length of explicit memories, sizes of tables, their element arrays
  linear,        // linear memory (any of them)
  global,
  table,
  heap,         // objects of the collected heap
  heap_length,  // array lengths and headers' shapes: written by allocation only
  context,      // StoreContext: nursery pointers, heap base
  fuel,
  code,   // FuncRef::code
  frame,  // the interpreter's frame, read at an on-stack replacement entry
};

enum class AtomicRmw : uint8_t { add, sub, and_, or_, xor_, xchg };

struct Access {
  MemKind kind = MemKind::i64;
  Region region = Region::linear;
  uint8_t scale = 0;  // log2, 0 to 3: of the index
  uint8_t lane = 0;   // load_lane, store_lane: of this access's width
  AtomicRmw rmw = AtomicRmw::add;
  bool faults = false;   // an address out of the reservation faults: trap out_of_bounds_memory
  bool atomic = false;   // sequentially consistent; alignment has been checked
  bool guarded = false;  // the address is one only behind a check: not to be done earlier
  int32_t disp = 0;      // not negative when `faults`
};
static_assert(sizeof(Access) == 12);

// What compiled code calls in the runtime: one row each in runtime/native_helpers.def, by number.
enum class Helper : uint32_t {};

struct Target {
  Block block = Block::none;
  uint32_t first_arg = 0;  // in Function::value_pool
  uint32_t arg_count = 0;
};

enum class Hint : uint8_t { none, unlikely, likely };  // of branch: that targets[0] is taken

struct Inst {
  Op op = Op::unreachable;
  Type type = Type::none;  // of the first result; for wasm ops with two results, of both
  Hint hint = Hint::none;
  bool is_invoke = false;
  uint8_t reserved[3] = {};
  uint32_t first_arg = 0;  // in Function::value_pool
  uint32_t arg_count = 0;
  Value first_result = Value::none;  // results are consecutive values
  uint32_t result_count = 0;
  uint32_t first_target = 0;  // in Function::targets
  uint32_t target_count = 0;
  uint32_t position = 0;  // of the wasm instruction: bytes from the start of the body's code
  uint32_t aux = 0;       // see ops.def; lane number of lane ops
  union {
    struct {
      uint64_t imm, imm2;
    };
    Access access;
  };
  InstId next = InstId::none, prev = InstId::none;
  Block block = Block::none;
  Inst() : imm(0), imm2(0) {}
};

struct ValueInfo {
  Type type = Type::none;
  bool is_param = false;  // of a block
  uint32_t definer = 0;   // InstId, or Block of a parameter
  uint32_t number = 0;    // which result, which parameter
};

struct BlockInfo {
  std::vector<Value> params;
  InstId first = InstId::none, last = InstId::none;
  // A wasm `loop` header, with its place: where on-stack replacement enters.
  bool is_loop_header = false;
  bool cold = false;  // ends in a trap, or hinted so: laid out behind everything else
  uint32_t position = 0;
  uint32_t loop_depth = 0;
};

// Signature in IR types. Narrow references to functions are i64.
struct Signature {
  std::vector<Type> params, results;
};

struct Function {
  uint32_t func_index = 0;
  uint32_t body_offset = 0;  // of the body's code in the module; positions count from it
  Signature signature;
  // OSR entry: the one parameter is the interpreter's frame pointer (i64).
  bool osr = false;
  uint32_t osr_position = 0;
  bool makes_calls = false;
  // Steps of the algorithms that made and improved it: what must not grow faster than the code.
  uint64_t work = 0;

  std::vector<Inst> insts;
  std::vector<BlockInfo> blocks;  // blocks[0] is the entry; its parameters are the function's
  std::vector<Block> order;       // reverse postorder: what is reachable, in layout order
  std::vector<ValueInfo> values;
  std::vector<Value> value_pool;
  std::vector<Target> targets;
  // Result types of calls by module type index, parameter types: as the builder met them.
  std::vector<std::pair<uint32_t, Signature>> signatures;

  Inst& inst(InstId id) { return insts[index(id)]; }
  const Inst& inst(InstId id) const { return insts[index(id)]; }
  BlockInfo& block(Block b) { return blocks[index(b)]; }
  const BlockInfo& block(Block b) const { return blocks[index(b)]; }
  Type type_of(Value v) const { return values[index(v)].type; }
  std::span<Value> args(const Inst& i) { return {value_pool.data() + i.first_arg, i.arg_count}; }
  std::span<const Value> args(const Inst& i) const {
    return {value_pool.data() + i.first_arg, i.arg_count};
  }
  std::span<Target> targets_of(const Inst& i) {
    return {targets.data() + i.first_target, i.target_count};
  }
  std::span<const Target> targets_of(const Inst& i) const {
    return {targets.data() + i.first_target, i.target_count};
  }
  std::span<Value> args(const Target& t) { return {value_pool.data() + t.first_arg, t.arg_count}; }
  std::span<const Value> args(const Target& t) const {
    return {value_pool.data() + t.first_arg, t.arg_count};
  }
  const Inst& terminator(Block b) const { return inst(block(b).last); }
  // The instruction that defines `v`, null for a parameter.
  const Inst* definer(Value v) const {
    const ValueInfo& info = values[index(v)];
    return info.is_param ? nullptr : &insts[info.definer];
  }
  static Value result(const Inst& i, uint32_t n = 0) {
    ZWASM_ASSERT(n < i.result_count);
    return static_cast<Value>(index(i.first_result) + n);
  }
};

// Has an Access.
constexpr bool is_access_op(Op op) {
  return op == Op::load || op == Op::store || op == Op::load_lane || op == Op::store_lane ||
         op == Op::atomic_rmw || op == Op::atomic_cmpxchg;
}

constexpr bool is_const_op(Op op) {
  switch (op) {
    case Op::const_i32:
    case Op::const_i64:
    case Op::const_f32:
    case Op::const_f64:
    case Op::const_v128:
    case Op::null_ref: return true;
    default: return false;  // Op is open: wasm's ops are in it
  }
}
constexpr Op const_op(Type type) {
  switch (type) {
    case Type::none:
    case Type::i32: return Op::const_i32;
    case Type::i64: return Op::const_i64;
    case Type::f32: return Op::const_f32;
    case Type::f64: return Op::const_f64;
    case Type::v128: return Op::const_v128;
    case Type::ref: return Op::null_ref;
  }
  return Op::const_i32;
}

constexpr bool is_terminator_op(Op op) {
  switch (op) {
    case Op::jump:
    case Op::branch:
    case Op::switch_:
    case Op::return_:
    case Op::tail_call:
    case Op::tail_call_ref:
    case Op::trap:
    case Op::unreachable: return true;
    default: return false;  // Op is open: wasm's ops are in it
  }
}

}  // namespace zwasm::ir
