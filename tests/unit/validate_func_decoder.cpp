// FuncDecoder and its consumers: which hooks come, in what order, with which types; and that a walk
// without checks reports exactly what the checked one does.
#include <doctest/doctest.h>

#include <string>

#include "module_fixture.h"
#include "validate/func_decoder.h"

using namespace zwasm;
using namespace zwasm::test;
using namespace zwasm::validate;

namespace {

struct TraceValue {
  int id = 0;
};
struct TraceControl {
  int id = 0;
};

// Writes every hook as a line. Values are numbered as they are made, so that a lost or a swapped
// one shows.
struct Tracer {
  using Value = TraceValue;
  using Control = TraceControl;
  using E = Entry<Value>;
  using F = Frame<Control>;
  using Es = std::span<E>;

  std::string out;
  int next_value = 1, next_frame = 1;

  std::string show(const E& e) {
    return "v" + std::to_string(e.value.id) + ":" + isa::to_string(e.type);
  }
  std::string show(Es es) {
    std::string text = "(";
    for (const E& e : es) text += (text.size() > 1 ? " " : "") + show(e);
    return text + ")";
  }
  std::string show(const F& f) { return "#" + std::to_string(f.control.id); }
  void fresh(Es es) {
    for (E& e : es) e.value.id = next_value++;
  }
  void line(const std::string& text) { out += text + "\n"; }
  void open(const char* what, F& f, Es params) {
    f.control.id = next_frame++;
    line(what + (" " + show(f)) + " " + show(params));
  }

  void begin_function(F& f) { open("begin", f, {}); }
  void block(F& f, Es p) { open("block", f, p); }
  void loop(F& f, Es p) { open("loop", f, p); }
  void if_(F& f, E& c, Es p) {
    open("if", f, p);
    line("  on " + show(c));
  }
  void try_(F& f, Es p) { open("try", f, p); }
  void try_table(F& f, Es p, std::span<const module::CatchClause> catches) {
    open("try_table", f, p);
    for (const auto& c : catches) line("  catch to depth " + std::to_string(c.label));
  }
  void fallthrough(F& f, Es v) { line("fallthrough " + show(f) + " " + show(v)); }
  void else_(F& f, Es p) {
    fresh(p);
    line((f.implicit_else ? "implicit else " : "else ") + show(f) + " " + show(p));
  }
  void catch_(F& f, uint32_t tag, Es p) {
    fresh(p);
    line("catch " + show(f) + " tag " + std::to_string(tag) + " " + show(p));
  }
  void catch_all(F& f) { line("catch_all " + show(f)); }
  void delegate(F& f, F& to) { line("delegate " + show(f) + " to " + show(to)); }
  void end(F& f, Es r) {
    fresh(r);
    line((f.end_live ? "end " : "dead end ") + show(f) + " " + show(r));
  }
  void end_function() { line("end_function"); }
  void br(F& f, uint32_t, Es v) { line("br " + show(f) + " " + show(v)); }
  void br_if(F& f, uint32_t, E& c, Es v) { line("br_if " + show(f) + " " + show(c) + show(v)); }
  void br_table(E& i, std::span<const uint32_t> d, uint32_t last, Es v) {
    std::string text = "br_table " + show(i);
    for (uint32_t depth : d) text += " " + std::to_string(depth);
    line(text + " else " + std::to_string(last) + " " + show(v));
  }
  void br_on_null(F& f, uint32_t, E& r, Es v) { line("br_on_null " + show(f) + show(r) + show(v)); }
  void br_on_non_null(F& f, uint32_t, Es v) { line("br_on_non_null " + show(f) + show(v)); }
  void br_on_cast(F& f, uint32_t, Es v, ValType, ValType to) {
    line("br_on_cast " + show(f) + show(v) + isa::to_string(to));
  }
  void br_on_cast_fail(F& f, uint32_t, Es v, ValType, ValType to) {
    line("br_on_cast_fail " + show(f) + show(v) + isa::to_string(to));
  }
  void return_(Es v) { line("return " + show(v)); }
  void unreachable() { line("unreachable"); }
  void throw_(uint32_t tag, Es v) { line("throw " + std::to_string(tag) + show(v)); }
  void throw_ref(E& e) { line("throw_ref " + show(e)); }
  void rethrow(F& f, uint32_t) { line("rethrow " + show(f)); }
  void op_line(const std::string& text, Es args, Es results) {
    fresh(results);
    line(text + " " + show(args) + " -> " + show(results));
  }
  void call(uint32_t f, const module::FuncType&, Es a, Es r) {
    op_line("call " + std::to_string(f), a, r);
  }
  void call_indirect(uint32_t t, uint32_t, const module::FuncType&, E& i, Es a, Es r) {
    op_line("call_indirect " + std::to_string(t) + show(i), a, r);
  }
  void call_ref(uint32_t t, const module::FuncType&, E& f, Es a, Es r) {
    op_line("call_ref " + std::to_string(t) + show(f), a, r);
  }
  void return_call(uint32_t f, const module::FuncType&, Es a) {
    op_line("return_call " + std::to_string(f), a, {});
  }
  void return_call_indirect(uint32_t t, uint32_t, const module::FuncType&, E& i, Es a) {
    op_line("return_call_indirect " + std::to_string(t) + show(i), a, {});
  }
  void return_call_ref(uint32_t t, const module::FuncType&, E& f, Es a) {
    op_line("return_call_ref " + std::to_string(t) + show(f), a, {});
  }
  using Imm = const module::Immediates&;
  void simple(isa::Op op, Imm, Es a, Es r) { op_line(std::string(isa::op_info(op).text), a, r); }
  void memory_op(isa::Op op, Imm i, Es a, Es r) { simple(op, i, a, r); }
  void table_op(isa::Op op, Imm i, Es a, Es r) { simple(op, i, a, r); }
  void ref_op(isa::Op op, Imm i, Es a, Es r) { simple(op, i, a, r); }
  void struct_op(isa::Op op, Imm i, Es a, Es r) { simple(op, i, a, r); }
  void array_op(isa::Op op, Imm i, Es a, Es r) { simple(op, i, a, r); }
  void drop(E& e) { line("drop " + show(e)); }
  void select(Es a, E& r) { op_line("select", a, Es(&r, 1)); }
  void local_get(uint32_t i, E& r) { op_line("local.get " + std::to_string(i), {}, Es(&r, 1)); }
  void local_set(uint32_t i, E& v) { op_line("local.set " + std::to_string(i), Es(&v, 1), {}); }
  void local_tee(uint32_t i, E& v, E& r) {
    op_line("local.tee " + std::to_string(i), Es(&v, 1), Es(&r, 1));
  }
  void global_get(uint32_t i, E& r) { op_line("global.get " + std::to_string(i), {}, Es(&r, 1)); }
  void global_set(uint32_t i, E& v) { op_line("global.set " + std::to_string(i), Es(&v, 1), {}); }
};

template <bool kChecked>
std::string trace(const module::Module& module, const module::ModuleTypes& types) {
  Tracer tracer;
  FuncDecoder<Tracer, kChecked> decoder(module, types, tracer);
  for (uint32_t f = module.imported_funcs; f < module.funcs.size(); ++f)
    CHECK(decoder.run_function(f));
  return tracer.out;
}

// The trace of all functions of a module, which is the same with checks and without.
std::string trace(std::string_view text) {
  auto decoded = module::decode(share(assemble(text)), isa::FeatureSet::all());
  REQUIRE(decoded);
  module::TypeRegistry registry;
  auto types = validate_module(*decoded, registry, isa::FeatureSet::all(), 1);
  if (!types) FAIL(types.error().message);
  std::string checked = trace<true>(*decoded, *types);
  CHECK(checked == trace<false>(*decoded, *types));
  return checked;
}

}  // namespace

TEST_CASE("values go from results to arguments") {
  CHECK(trace("(module (func (param i32) (result i32) local.get 0 i32.const 1 i32.add))") ==
        "begin #1 ()\n"
        "local.get 0 () -> (v1:i32)\n"
        "i32.const () -> (v2:i32)\n"
        "i32.add (v1:i32 v2:i32) -> (v3:i32)\n"
        "fallthrough #1 (v3:i32)\n"
        "end #1 (v4:i32)\n"
        "end_function\n");
}

TEST_CASE("an if without else has an empty one") {
  CHECK(trace("(module (func (param i32) (if (local.get 0) (then nop))))") ==
        "begin #1 ()\n"
        "local.get 0 () -> (v1:i32)\n"
        "if #2 ()\n"
        "  on v1:i32\n"
        "nop () -> ()\n"
        "fallthrough #2 ()\n"
        "implicit else #2 ()\n"
        "fallthrough #2 ()\n"
        "end #2 ()\n"
        "fallthrough #1 ()\n"
        "end #1 ()\n"
        "end_function\n");
}

TEST_CASE("dead code is silent until its frame ends") {
  CHECK(trace(R"((module (func (result i32)
      (block (result i32)
        (br 0 (i32.const 1))
        (block (i32.const 2) drop)
        (loop unreachable))
      (block (unreachable))
      (i32.const 3) drop)))") ==
        "begin #1 ()\n"
        "block #2 ()\n"
        "i32.const () -> (v1:i32)\n"
        "br #2 (v1:i32)\n"
        "end #2 (v2:i32)\n"
        "block #3 ()\n"
        "unreachable\n"
        "dead end #3 ()\n"
        "dead end #1 (v3:i32)\n"
        "end_function\n");
}

TEST_CASE("both arms, and branches with values") {
  CHECK(trace(R"((module (func (param i32) (result i64)
      (block $l (result i64)
        (if (param) (result i64) (local.get 0)
          (then (br_if $l (i64.const 1) (local.get 0)))
          (else (br $l (i64.const 2))))))))") ==
        "begin #1 ()\n"
        "block #2 ()\n"
        "local.get 0 () -> (v1:i32)\n"
        "if #3 ()\n"
        "  on v1:i32\n"
        "i64.const () -> (v2:i64)\n"
        "local.get 0 () -> (v3:i32)\n"
        "br_if #2 v3:i32(v2:i64)\n"
        "fallthrough #3 (v2:i64)\n"
        "else #3 ()\n"
        "i64.const () -> (v4:i64)\n"
        "br #2 (v4:i64)\n"
        "end #3 (v5:i64)\n"
        "fallthrough #2 (v5:i64)\n"
        "end #2 (v6:i64)\n"
        "fallthrough #1 (v6:i64)\n"
        "end #1 (v7:i64)\n"
        "end_function\n");
}

TEST_CASE("labels of catches are counted from inside") {
  CHECK(trace(R"((module (tag $e) (func
      (block $h (try_table (catch $e $h) (catch_all 1) (throw $e))))))") ==
        "begin #1 ()\n"
        "block #2 ()\n"
        "try_table #3 ()\n"
        "  catch to depth 1\n"
        "  catch to depth 2\n"
        "throw 0()\n"
        "dead end #3 ()\n"
        "end #2 ()\n"
        "fallthrough #1 ()\n"
        "end #1 ()\n"
        "end_function\n");
}

TEST_CASE("legacy try") {
  CHECK(trace(R"((module (tag $e (param i32)) (func (result i32)
      (try (result i32)
        (do (call 0))
        (catch $e)
        (catch_all (rethrow 0))))))") ==
        "begin #1 ()\n"
        "try #2 ()\n"
        "call 0 () -> (v1:i32)\n"
        "fallthrough #2 (v1:i32)\n"
        "catch #2 tag 0 (v2:i32)\n"
        "fallthrough #2 (v2:i32)\n"
        "catch_all #2\n"
        "rethrow #2\n"
        "end #2 (v3:i32)\n"
        "fallthrough #1 (v3:i32)\n"
        "end #1 (v4:i32)\n"
        "end_function\n");
}

TEST_CASE("checked and unchecked walks report the same") {
  for (std::string_view text : kSamples) (void)trace(text);
  CHECK(!trace(R"((module
    (type $s (struct (field i32) (field (mut anyref))))
    (type $f (func (param i32 i32) (result i32 i64)))
    (table $t 1 funcref) (memory 1) (elem declare func $g)
    (func $g (type $f) (i32.const 1) (i64.const 2))
    (func (param $r (ref null $s)) (param $n i32) (result i32)
      (local.get $n) (local.get $n)
      (block (param i32 i32) (result i32 i64) (call_ref $f (ref.func $g)))
      drop drop
      (block $l (result (ref $s))
        (br_on_non_null $l (local.get $r))
        (loop $again (param) (br_if $again (local.get $n)) 
          (if (local.get $n) (then (br 1))
            (else (return_call 1 (local.get $r) (i32.const 1))))
          (br_table 0 0 (local.get $n)))
        (unreachable))
      (struct.set $s 1 (ref.i31 (i32.const 1)))
      (block $n (result anyref)
        (drop (br_on_null 1 (i32.const 5) (local.get $r))) drop
        (br_on_cast_fail 0 anyref (ref i31) (struct.get $s 1 (local.get $r))))
      drop
      (select (result i32) (i32.const 1) (table.grow $t (ref.null func) (i32.const 1))
        (memory.grow (i32.const 1)))))
  )")
             .empty());
}

TEST_CASE("hints are found at their instruction") {
  struct HintReader : NullConsumer<TraceValue, TraceControl> {
    FuncDecoder<HintReader, false>* decoder = nullptr;
    std::string out;
    void hint() {
      Hint h = decoder->branch_hint();
      out += h == Hint::none ? '-' : h == Hint::likely ? '1' : '0';
    }
    void if_(F&, E&, Es) { hint(); }
    void br_if(F&, uint32_t, E&, Es) { hint(); }
  };
  auto decoded = module::decode(share(assemble(R"((module (func (param i32) (local i64 f32)
    (if (local.get 0) (then))
    (@metadata.code.branch_hint "\01") (if (local.get 0) (then))
    (block (@metadata.code.branch_hint "\00") (br_if 0 (local.get 0))))))")),
                                isa::FeatureSet::all());
  REQUIRE(decoded);
  module::TypeRegistry registry;
  auto types = validate_module(*decoded, registry, isa::FeatureSet::all(), 1);
  REQUIRE(types);
  HintReader reader;
  FuncDecoder<HintReader, false> decoder(*decoded, *types, reader);
  reader.decoder = &decoder;
  CHECK(decoder.run_function(0));
  CHECK(reader.out == "-10");
}

TEST_CASE("a consumer that fails gets no more hooks") {
  struct Refuser : NullConsumer<TraceValue, TraceControl> {
    FuncDecoder<Refuser, false>* decoder = nullptr;
    int calls = 0;
    void local_get(uint32_t, E&) {
      ++calls;
      decoder->fail(LoadError::Kind::limit, "enough");
    }
    void drop(E&) { ++calls; }
    void end(F&, Es) { ++calls; }
  };
  auto decoded = module::decode(share(assemble("(module (func (param i32) (drop (local.get 0))))")),
                                isa::FeatureSet::all());
  REQUIRE(decoded);
  module::TypeRegistry registry;
  auto types = validate_module(*decoded, registry, isa::FeatureSet::all(), 1);
  REQUIRE(types);
  Refuser refuser;
  FuncDecoder<Refuser, false> decoder(*decoded, *types, refuser);
  refuser.decoder = &decoder;
  auto result = decoder.run_function(0);
  REQUIRE(!result);
  CHECK(result.error().message == "enough");
  CHECK(result.error().offset == decoded->bodies[0].offset);
  CHECK(refuser.calls == 1);
}
