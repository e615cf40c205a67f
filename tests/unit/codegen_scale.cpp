// Functions of extreme shape: what compiling them takes, in steps (see Work) and in memory, must
// grow with their size and not faster. Each shape is compiled once, and then four times as large.
#include <doctest/doctest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "codegen/compile.h"
#include "ir/build.h"
#include "module_fixture.h"
#include "opt/optimize.h"

using namespace zwasm;
using namespace zwasm::test;

// --- memory: all that is allocated, at its highest. Sanitizers have allocators of their own.

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZWASM_COUNTS_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ZWASM_COUNTS_MEMORY 0
#endif
#endif
#ifndef ZWASM_COUNTS_MEMORY
#define ZWASM_COUNTS_MEMORY 1
#endif

namespace {

std::atomic<int64_t> allocated{0}, most_allocated{0};

#if ZWASM_COUNTS_MEMORY
void count_memory(int64_t bytes) {
  int64_t now = allocated.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (now > most_allocated.load(std::memory_order_relaxed))
    most_allocated.store(now, std::memory_order_relaxed);
}
#endif

}  // namespace

#if ZWASM_COUNTS_MEMORY
void* operator new(size_t size) {
  void* p = std::malloc(size == 0 ? 1 : size);
  if (p == nullptr) std::abort();
  count_memory(static_cast<int64_t>(malloc_usable_size(p)));
  return p;
}
void operator delete(void* p) noexcept {
  if (p != nullptr) count_memory(-static_cast<int64_t>(malloc_usable_size(p)));
  std::free(p);
}
void operator delete(void* p, size_t) noexcept { operator delete(p); }
#endif

namespace {

// --- WebAssembly, written a byte at a time

struct Code {
  Bytes bytes;
  Code& byte(unsigned b) {
    bytes.push_back(static_cast<uint8_t>(b));
    return *this;
  }
  Code& u(uint64_t n) {
    for (; n >= 0x80; n >>= 7) byte(static_cast<unsigned>(n & 0x7F) | 0x80);
    return byte(static_cast<unsigned>(n));
  }
  Code& s(int64_t n) {
    for (; n < -64 || n > 63; n >>= 7) byte(static_cast<unsigned>(n & 0x7F) | 0x80);
    return byte(static_cast<unsigned>(n & 0x7F));
  }
  Code& add(const Code& more) {
    bytes.insert(bytes.end(), more.bytes.begin(), more.bytes.end());
    return *this;
  }
  Code& sized(const Code& more) { return u(more.bytes.size()).add(more); }

  Code& get(uint32_t local) { return byte(0x20).u(local); }
  Code& set(uint32_t local) { return byte(0x21).u(local); }
  Code& i32(int32_t value) { return byte(0x41).s(value); }
  Code& op(unsigned opcode) { return byte(opcode); }
  Code& block() { return byte(0x02).byte(0x40); }
  Code& loop() { return byte(0x03).byte(0x40); }
  Code& if_() { return byte(0x04).byte(0x40); }
  Code& else_() { return byte(0x05); }
  Code& end() { return byte(0x0B); }
  Code& br_if(uint32_t depth) { return byte(0x0D).u(depth); }
  Code& call(uint32_t func) { return byte(0x10).u(func); }
};
constexpr unsigned kAdd = 0x6A, kXor = 0x73, kMul = 0x6C, kI32 = 0x7F, kF64 = 0x7C,
                   kExternRef = 0x6F;
constexpr uint32_t kLocals = 4;  // i32: the parameter, and three more; then those a shape asks for

struct Shape {
  Code code;
  uint32_t locals = 0, refs = 0, floats = 0;  // more of them, in this order
  static constexpr uint32_t local(uint32_t n) { return kLocals + n; }
  uint32_t ref(uint32_t n) const { return kLocals + locals + n; }
  uint32_t flt(uint32_t n) const { return kLocals + locals + refs + n; }
};

// func 0: [i32] -> [i32], imported; func 1: [] -> [externref], imported; func 2: [i32] -> [i32]
Bytes module_of(const Shape& shape) {
  Code body;
  body.u(4).u(kLocals - 1).byte(kI32).u(shape.locals).byte(kI32).u(shape.refs).byte(kExternRef);
  body.u(shape.floats).byte(kF64);
  // Nothing is a constant.
  body.get(0).i32(77).op(kMul).set(1).get(0).i32(55).op(kXor).set(2);
  for (uint32_t i = 0; i < shape.floats; ++i) body.get(0).op(0xB7).set(shape.flt(i));
  body.add(shape.code).end();
  Code module;
  module.bytes = with_header("");
  auto section = [&](unsigned id, const Code& content) { module.byte(id).sized(content); };
  section(1, Code()
                 .u(3)
                 .byte(0x60)
                 .u(1)
                 .byte(kI32)
                 .u(1)
                 .byte(kI32)
                 .byte(0x60)
                 .u(0)
                 .u(1)
                 .byte(kExternRef)
                 .byte(0x60)
                 .u(0)
                 .u(0));
  section(2, Code()
                 .u(2)
                 .u(1)
                 .byte('e')
                 .u(1)
                 .byte('f')
                 .byte(0)
                 .u(0)
                 .u(1)
                 .byte('e')
                 .u(1)
                 .byte('r')
                 .byte(0)
                 .u(1));
  section(3, Code().u(1).u(0));
  section(5, Code().u(1).byte(0).u(1));
  section(13, Code().u(1).byte(0).u(2));
  section(10, Code().u(1).sized(body));
  return module.bytes;
}

// --- shapes

Shape straight_line(uint32_t n) {
  Shape s;
  s.code.get(0);
  for (uint32_t i = 0; i < n; ++i)
    s.code.i32(static_cast<int32_t>(i * 77 + 3)).op(i % 3 == 0 ? kAdd : i % 3 == 1 ? kXor : kMul);
  return s;
}

// Values on the operand stack, all there at once.
Shape many_operands(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i) s.code.get(0).i32(static_cast<int32_t>(i) + 3).op(kMul);
  for (uint32_t i = 1; i < n; ++i) s.code.op(kAdd);
  return s;
}

Shape many_locals(uint32_t n) {
  Shape s;
  s.locals = n;
  for (uint32_t i = 0; i < n; ++i)
    s.code.get(0).i32(static_cast<int32_t>(i) + 3).op(kMul).set(Shape::local(i));
  s.code.get(0);
  for (uint32_t round = 0; round < 3; ++round)
    for (uint32_t i = 0; i < n; ++i) s.code.get(Shape::local(i)).op(round == 1 ? kXor : kAdd);
  return s;
}

Shape nested_blocks(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i) s.code.block();
  for (uint32_t i = 0; i < n; ++i) {
    s.code.get(1).br_if(0);
    s.code.get(1).i32(5).op(kAdd).set(1).end();
  }
  s.code.get(1);
  return s;
}

Shape sequential_blocks(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i) {
    s.code.block().get(0).br_if(0);
    s.code.get(1).i32(5).op(kAdd).set(1).end();
  }
  s.code.get(1);
  return s;
}

// Each local is written in an arm of its own, and all are read at the end.
Shape locals_in_arms(uint32_t n) {
  Shape s;
  s.locals = n;
  for (uint32_t i = 0; i < n; ++i)
    s.code.get(0).if_().get(0).i32(3).op(kMul).set(Shape::local(i)).end();
  s.code.get(0);
  for (uint32_t i = 0; i < n; ++i) s.code.get(Shape::local(i)).op(kAdd);
  return s;
}

// Values made before, read after each of many blocks.
Shape live_through_blocks(uint32_t n) {
  Shape s;
  s.locals = n / 2;
  for (uint32_t i = 0; i < n / 2; ++i)
    s.code.get(0).i32(static_cast<int32_t>(i) + 3).op(kMul).set(Shape::local(i));
  for (uint32_t i = 0; i < n / 2; ++i) {
    s.code.block().get(0).br_if(0);
    s.code.get(1).get(Shape::local(i)).op(kAdd).set(1).end();
  }
  s.code.get(1);
  for (uint32_t i = 0; i < n / 2; ++i) s.code.get(Shape::local(i)).op(kXor);
  return s;
}

Shape nested_ifs(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i) s.code.get(1).i32(7).op(kMul).set(1).get(1).if_();
  for (uint32_t i = 0; i < n; ++i) s.code.get(2).get(1).op(kAdd).set(2).end();
  s.code.get(2);
  return s;
}

// All from one place to another; and each to a place of its own.
Shape jump_table(uint32_t n, bool distinct) {
  Shape s;
  const uint32_t blocks = distinct ? n : 2;
  for (uint32_t i = 0; i < blocks; ++i) s.code.block();
  s.code.get(0).byte(0x0E).u(n - 1);
  for (uint32_t i = 0; i < n; ++i) s.code.u(i % blocks);
  for (uint32_t i = 0; i < blocks; ++i) {
    s.code.end();
    s.code.get(1).i32(static_cast<int32_t>(i)).op(kAdd).set(1);
  }
  s.code.get(1);
  return s;
}
Shape jump_table_of_few(uint32_t n) { return jump_table(n, false); }
Shape jump_table_of_many(uint32_t n) { return jump_table(n, true); }

// Every case leads to the same place with another value.
Shape jump_table_to_one(uint32_t n) {
  Shape s;
  s.code.block();
  for (uint32_t i = 0; i < n; ++i) s.code.block();
  s.code.get(0).byte(0x0E).u(n - 1);
  for (uint32_t i = 0; i < n; ++i) s.code.u(i);
  for (uint32_t i = 0; i < n; ++i) {
    s.code.end();
    s.code.get(0).i32(static_cast<int32_t>(i) + 3).op(kMul).set(1).byte(0x0C).u(n - 1 - i);
  }
  s.code.end().get(1);
  return s;
}

Shape loop_of_variables(uint32_t n) {
  Shape s;
  s.locals = n;
  s.code.loop();
  for (uint32_t i = 0; i < n; ++i)
    s.code.get(Shape::local(i)).get(Shape::local((i + 1) % n)).op(kAdd).set(Shape::local(i));
  s.code.get(0).i32(-1).op(kAdd).byte(0x22).u(0).br_if(0).end();
  s.code.get(0);
  for (uint32_t i = 0; i < n; ++i) s.code.get(Shape::local(i)).op(kXor);
  return s;
}

Shape nested_loops(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i) s.code.loop().get(1).i32(3).op(kAdd).set(1);
  for (uint32_t i = 0; i < n; ++i) s.code.get(1).get(0).op(kXor).br_if(0).end();
  s.code.get(1);
  return s;
}

Shape sequential_loops(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i)
    s.code.loop().get(1).i32(3).op(kAdd).byte(0x22).u(1).get(0).op(kXor).br_if(0).end();
  s.code.get(1);
  return s;
}

// One loop around blocks of which each may go on with it.
Shape loop_of_many_continues(uint32_t n) {
  Shape s;
  s.code.loop();
  for (uint32_t i = 0; i < n; ++i)
    s.code.get(1).i32(static_cast<int32_t>(i)).op(kAdd).set(1).get(1).get(0).op(kXor).br_if(0);
  s.code.end().get(1);
  return s;
}

Shape constants(uint32_t n) {
  Shape s;
  s.floats = 1;
  for (uint32_t i = 0; i < n; ++i) {
    s.code.get(s.flt(0)).byte(0x44);
    uint64_t bits = 0x3FF0000000000000 + uint64_t{i} * 0x12345;
    for (int b = 0; b < 8; ++b) s.code.byte((bits >> (8 * b)) & 0xFF);
    s.code.op(0xA0).set(s.flt(0));
  }
  s.code.get(s.flt(0)).byte(0xFC).u(2);  // i32.trunc_sat_f64_s
  return s;
}

Shape calls(uint32_t n) {
  Shape s;
  s.locals = 48, s.refs = 12;
  for (uint32_t i = 0; i < 12; ++i) s.code.call(1).set(s.ref(i));
  for (uint32_t i = 0; i < 48; ++i)
    s.code.get(0).i32(static_cast<int32_t>(i) + 3).op(kMul).set(Shape::local(i));
  for (uint32_t i = 0; i < n; ++i) {
    s.code.get(Shape::local(i % 48)).call(0).get(Shape::local(i * 7 % 48)).op(kAdd);
    s.code.set(Shape::local(i * 11 % 48));
    if (i % 16 == 0) s.code.get(s.ref(i / 16 % 12)).set(s.ref(i * 5 % 12));
  }
  s.code.get(0);
  for (uint32_t i = 0; i < 48; ++i) s.code.get(Shape::local(i)).op(kAdd);
  for (uint32_t i = 0; i < 12; ++i) s.code.get(s.ref(i)).byte(0xD1).op(kAdd);  // ref.is_null
  return s;
}

// As many references as calls across which they live.
Shape references(uint32_t n) {
  Shape s;
  s.refs = n / 2;
  for (uint32_t i = 0; i < n / 2; ++i) s.code.call(1).set(s.ref(i));
  for (uint32_t i = 0; i < n / 2; ++i) s.code.get(0).call(0).set(0);
  s.code.get(0);
  for (uint32_t i = 0; i < n / 2; ++i) s.code.get(s.ref(i)).byte(0xD1).op(kAdd);
  return s;
}

Code try_table(Code inside) {  // (block (try_table (catch_all 0) …))
  Code c;
  c.block().byte(0x1F).byte(0x40).u(1).byte(0x02).u(0).add(inside).end().end();
  return c;
}

Shape sequential_tries(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i) {
    s.code.add(try_table(Code().get(1).call(0).set(1).get(1).call(0).set(2)));
    s.code.get(1).get(2).op(kAdd).set(1);
  }
  s.code.get(1);
  return s;
}

Shape nested_tries(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i) s.code.block().byte(0x1F).byte(0x40).u(1).byte(0x00).u(0).u(0);
  for (uint32_t i = 0; i < n; ++i) s.code.get(1).call(0).set(1).end().end();
  s.code.get(1);
  return s;
}

Shape calls_in_a_try(uint32_t n) {
  Shape s;
  s.locals = 8;
  Code inside;
  for (uint32_t i = 0; i < n; ++i)
    inside.get(Shape::local(i % 8)).call(0).set(Shape::local(i * 3 % 8));
  s.code.add(try_table(inside)).get(0);
  for (uint32_t i = 0; i < 8; ++i) s.code.get(Shape::local(i)).op(kAdd);
  return s;
}

Shape memory_accesses(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i) {
    s.code.get(0).get(0).byte(0x28).u(2).u(i * 4 % 60000);  // i32.load
    s.code.get(1).op(kAdd).byte(0x36).u(2).u(i * 12 % 60000);
    if (i % 8 == 0) s.code.get(0).i32(1).op(kAdd).set(0);
    if (i % 32 == 0) s.code.get(0).if_().get(0).i32(9).op(kAdd).set(1).end();
  }
  s.code.get(1);
  return s;
}

Shape bulk_operations(uint32_t n) {
  Shape s;
  for (uint32_t i = 0; i < n; ++i) {
    s.code.get(0).get(1).i32(static_cast<int32_t>(i % 64)).byte(0xFC).u(10).u(0).u(0);
    if (i % 4 == 0) s.code.get(0).get(2).get(1).byte(0xFC).u(11).u(0);
  }
  s.code.get(1);
  return s;
}

// --- measuring

struct Cost {
  uint64_t build = 0, passes = 0, lowering = 0, allocation = 0, emission = 0;
  int64_t bytes = 0;
  std::string refused;
  uint64_t steps() const { return build + passes + lowering + allocation + emission; }
};

Cost compile(const Shape& shape, uint8_t opt_level) {
  Bytes bytes = module_of(shape);
  auto decoded = module::decode(std::span<const uint8_t>(bytes), isa::FeatureSet::all());
  REQUIRE_MESSAGE(decoded.ok(), decoded.error().message);
  module::TypeRegistry registry;
  auto types = validate::validate_module(*decoded, registry, isa::FeatureSet::all(), 1);
  REQUIRE_MESSAGE(types.ok(), types.error().message);
  Cost cost;
  const int64_t before = allocated.load();
  most_allocated = before;
  {
    ir::Function function;
    ir::BuildSettings build;
    build.opt_level = opt_level;
    if (!ir::build(*decoded, *types, 2, build, function, cost.refused)) return cost;
    cost.build = function.work;
    opt::optimize(function, opt_level);
    cost.passes = function.work - cost.build;
    codegen::CodegenSettings settings;
    settings.opt_level = opt_level;
    codegen::MachineCode code;
    codegen::CompileError error;
    if (!codegen::generate(function, settings, {}, code, error)) cost.refused = error.message;
    cost.lowering = code.work.lowering;
    cost.allocation = code.work.allocation;
    cost.emission = code.work.emission;
  }
  cost.bytes = most_allocated.load() - before;
  return cost;
}

struct Case {
  const char* name;
  Shape (*make)(uint32_t);
  uint32_t size;  // of the larger one
  bool refused = false;
};

// Large enough for what grows with the square to show, and small enough for all to take seconds.
constexpr Case kCases[] = {
    {"straight line", straight_line, 100'000},
    {"operands on the stack", many_operands, 20'000},
    {"locals in one block", many_locals, 10'000},
    {"nested blocks", nested_blocks, 24'000},
    {"sequential blocks", sequential_blocks, 24'000},
    {"locals written in arms", locals_in_arms, 8'000},
    {"values that live through blocks", live_through_blocks, 16'000},
    {"nested ifs", nested_ifs, 12'000},
    {"jump table of two targets", jump_table_of_few, 50'000},
    {"jump table of as many targets as cases", jump_table_of_many, 16'000},
    {"jump table whose cases meet", jump_table_to_one, 16'000},
    {"loop of many variables", loop_of_variables, 4'000},
    {"nested loops", nested_loops, 6'000},
    {"sequential loops", sequential_loops, 10'000},
    {"loop continued at many places", loop_of_many_continues, 12'000},
    {"constants", constants, 30'000},
    {"calls", calls, 16'000},
    {"references across calls", references, 10'000, true},
    {"sequential try_tables", sequential_tries, 6'000},
    {"nested try_tables", nested_tries, 6'000},
    {"calls in one try_table", calls_in_a_try, 12'000},
    {"memory accesses", memory_accesses, 30'000},
    {"bulk operations", bulk_operations, 12'000},
};

}  // namespace

TEST_CASE("compiling takes steps and memory that grow with the function") {
  // So that what grows slowly, as logarithms do, passes; a square is 16. On arm64 a large function
  // is emitted up to three times, because its branches need longer forms.
  const double most = codegen::kHostArch == codegen::Arch::arm64 ? 6.5 : 4.6;
  for (const Case& c : kCases)
    for (uint8_t level : {uint8_t{1}, uint8_t{2}}) {
      CAPTURE(std::string(c.name));
      CAPTURE(int{level});
      Cost small = compile(c.make(c.size / 4), level), large = compile(c.make(c.size), level);
      CHECK(large.refused.empty() != c.refused);
      CHECK(static_cast<double>(large.steps()) < most * static_cast<double>(small.steps()));
      CHECK(static_cast<double>(large.bytes) < most * static_cast<double>(small.bytes));
    }
}
