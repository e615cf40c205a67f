// Validation: rules that are easily got wrong, with what the message says, and that the error does
// not depend on the number of threads. The specification's suites cover the rest.
#include <doctest/doctest.h>

#include <string>

#include "base/leb128.h"
#include "module_fixture.h"

using namespace zwasm;
using namespace zwasm::test;

namespace {

struct Case {
  std::string_view text;
  std::string_view verdict;  // a prefix
};

void check(std::span<const Case> cases) {
  for (const Case& c : cases) {
    std::string got = verdict(c.text);
    INFO(std::string(c.text));
    INFO(got);
    CHECK(got.starts_with(c.verdict));
  }
}

}  // namespace

TEST_CASE("operands") {
  static constexpr Case kCases[] = {
      {"(module (func (result i32) i64.const 1))",
       "invalid: type mismatch: instruction requires [i32] but stack has [i64] (operand 1 of end)"},
      {"(module (func i32.const 1 i32.add drop))",
       "invalid: type mismatch: instruction requires [i32 i32] but stack has [i32] in i32.add"},
      {"(module (func i32.const 1 f32.const 2 i32.add drop))",
       "invalid: type mismatch: instruction requires [i32] but stack has [f32] (operand 2 of"},
      {"(module (func i32.const 1))",
       "invalid: type mismatch: block requires [] but stack has [i32] in end"},
      {"(module (func (block (i32.const 1) (br 0)) drop))",
       "invalid: type mismatch: instruction requires [_] but stack has [] in drop"},
      // Operands of the frame around are out of reach.
      {"(module (func i32.const 1 (block drop) drop))", "invalid: type mismatch"},
      {"(module (func i32.const 1 (block (param i32) drop)))", "ok"},
  };
  check(kCases);
}

TEST_CASE("code that is never reached") {
  static constexpr Case kCases[] = {
      {"(module (func unreachable i32.add drop))", "ok"},
      {"(module (func (result i32) unreachable i64.const 1 i32.add))", "invalid: type mismatch"},
      {"(module (func (result i32) unreachable))", "ok"},
      {"(module (func unreachable i32.const 1))", "invalid: type mismatch: block requires []"},
      {"(module (func br 0 (block drop)))", "invalid: type mismatch"},
      {"(module (func (block br 0 drop drop drop)))", "ok"},
      {"(module (func unreachable select drop))", "ok"},
      {"(module (func unreachable i32.const 1 f32.const 2 i32.const 3 select drop))",
       "invalid: type mismatch: select without a type"},
      {"(module (func (result i32) unreachable ref.as_non_null))", "invalid: type mismatch"},
      {"(module (func (result anyref) unreachable ref.as_non_null))", "ok"},
      {"(module (func unreachable br_if 5))", "invalid: unknown label 5"},
      {"(module (func (local (ref func)) unreachable (drop (local.get 0))))",
       "invalid: uninitialized local 0"},
      {"(module (func (result i32) (block unreachable (br_table 0 1 (i32.const 0)))))",
       "invalid: type mismatch: the labels of br_table"},
  };
  check(kCases);
}

TEST_CASE("locals without a default value") {
  static constexpr Case kCases[] = {
      {"(module (func (local (ref func)) (drop (local.get 0))))", "invalid: uninitialized local 0"},
      {"(module (func (param (ref func)) (local (ref func)) (local.set 1 (local.get 0)) "
       "(drop (local.get 1))))",
       "ok"},
      {"(module (func (param (ref func)) (local (ref func)) "
       "(block (local.set 1 (local.get 0))) (drop (local.get 1))))",
       "invalid: uninitialized local 1"},
      {"(module (func (param (ref func)) (local (ref func)) (local.set 1 (local.get 0)) "
       "(block (drop (local.get 1)))))",
       "ok"},
      {"(module (func (param (ref func)) (local (ref func)) (if (i32.const 1) "
       "(then (local.set 1 (local.get 0))) (else (drop (local.get 1))))))",
       "invalid: uninitialized local 1"},
  };
  check(kCases);
}

TEST_CASE("constant expressions") {
  static constexpr Case kCases[] = {
      {"(module (global i32 (i32.const 1)) (global i32 (global.get 0)))", "ok"},
      {"(module (global i32 (global.get 1)) (global i32 (i32.const 1)))",
       "invalid: unknown global 1"},
      {"(module (global i32 (global.get 0)))", "invalid: unknown global 0"},
      {"(module (global (mut i32) (i32.const 1)) (global i32 (global.get 0)))",
       "invalid: constant expression required: global 0 is mutable"},
      {"(module (global i32 (i32.clz (i32.const 1))))",
       "invalid: constant expression required: i32.clz is not constant"},
      {"(module (global i32))", "invalid: type mismatch"},
      {"(module (global i32 (i32.const 1) (i32.const 2)))", "invalid: type mismatch"},
      {"(module (table 1 (ref func)))", "invalid: type mismatch: a table of non-nullable"},
      {"(module (global $g funcref (ref.null func)) (table 1 funcref (global.get $g)))",
       "invalid: unknown global 0"},
      {"(module (memory i64 1) (data (i32.const 0) \"\"))", "invalid: type mismatch"},
      {"(module (func) (global funcref (ref.func 1)))", "invalid: unknown function 1"},
  };
  check(kCases);
}

TEST_CASE("declarations") {
  static constexpr Case kCases[] = {
      {"(module (memory 2 1))", "invalid: size minimum must not be greater than maximum"},
      {"(module (memory 65537))", "invalid: memory size must be at most 65536 pages (4GiB)"},
      {"(module (memory i64 0x1000000000001))", "invalid: memory size must be at most 2^48"},
      {"(module (memory 1 shared))", "invalid: shared memory must have maximum"},
      {"(module (memory 1 (pagesize 2)))", "invalid: invalid custom page size 2^1"},
      {"(module (memory 4294967295 (pagesize 1)))", "ok"},
      {"(module (func (export \"a\")) (func (export \"b\") (export \"a\")))",
       "invalid: duplicate export name \"a\""},
      {"(module (func (param i32)) (start 0))", "invalid: start function"},
      {"(module (tag (result i32)))", "invalid: non-empty tag result type"},
      {"(module (func (ref.func 0) drop))", "invalid: undeclared function reference 0"},
      {"(module (func) (export \"f\" (func 0)) (func (ref.func 0) drop))", "ok"},
      {"(module (elem (i32.const 0) 0) (func))", "invalid: unknown table 0"},
      {"(module (table 1 externref) (elem (i32.const 0) 0) (func))",
       "invalid: type mismatch: the segment holds (ref func), the table externref"},
      {"(module (data (i32.const 0) \"\"))", "invalid: unknown memory 0"},
      {"(module (func (memory.size) drop))", "invalid: unknown memory 0"},
  };
  check(kCases);
}

TEST_CASE("types") {
  static constexpr Case kCases[] = {
      {"(module (type (func (param (ref 1)))))", "invalid: unknown type 1"},
      {"(module (rec (type (func (param (ref 1)))) (type (func))))", "ok"},
      {"(module (type (struct)) (type (sub 0 (struct))))", "invalid: sub type 1: its supertype 0"},
      {"(module (type (sub (struct (field i32)))) (type (sub 0 (struct (field i64)))))",
       "invalid: sub type 1 does not match its supertype 0"},
      {"(module (type (sub (struct (field (mut anyref))))) "
       "(type (sub 0 (struct (field (mut eqref))))))",
       "invalid: sub type"},
      {"(module (type (sub (struct (field anyref)))) (type (sub 0 (struct (field eqref)))))", "ok"},
      {"(module (type (sub (func (param eqref) (result anyref)))) "
       "(type (sub 0 (func (param anyref) (result eqref)))))",
       "ok"},
      {"(module (type (sub (func (param anyref)))) (type (sub 0 (func (param eqref)))))",
       "invalid: sub type"},
      {"(module (rec (type (sub 1 (struct))) (type (sub (struct)))))", "invalid: unknown type 1"},
      {"(module (type (struct)) (func (type 0)))", "invalid: unknown type"},
  };
  check(kCases);
}

TEST_CASE("accesses") {
  static constexpr Case kCases[] = {
      {"(module (memory 1) (func (drop (i32.load align=8 (i32.const 0)))))",
       "invalid: alignment must not be larger than natural: found 2^3 bytes, natural is 2^2"},
      {"(module (memory 1) (func (drop (i32.atomic.load align=2 (i32.const 0)))))",
       "invalid: atomic alignment must be natural"},
      {"(module (memory 1) (func (drop (i32.load offset=0x100000000 (i32.const 0)))))",
       "invalid: offset out of range"},
      {"(module (memory i64 1) (func (drop (i32.load offset=0x100000000 (i64.const 0)))))", "ok"},
      {"(module (func (drop (i8x16.extract_lane_s 16 (v128.const i32x4 0 0 0 0)))))",
       "invalid: invalid lane index 16: there are 16 lanes"},
      {"(module (memory 1) (memory i64 1) (func (memory.copy 0 1 (i32.const 0) (i64.const 0) "
       "(i32.const 0))))",
       "ok"},
      {"(module (memory 1) (memory i64 1) (func (memory.copy 1 1 (i64.const 0) (i64.const 0) "
       "(i32.const 0))))",
       "invalid: type mismatch"},
  };
  check(kCases);
}

TEST_CASE("legacy exceptions") {
  static constexpr Case kCases[] = {
      {"(module (func (try (do) (catch_all (rethrow 0)))))", "ok"},
      {"(module (func (try (do (rethrow 0)) (catch_all))))", "invalid: invalid rethrow label"},
      {"(module (func (try (do) (delegate 0))))", "ok"},
      {"(module (func (try (do) (delegate 1))))", "invalid: unknown label 1"},
      {"(module (tag (param i32)) (func (result i32) (try (result i32) (do (i32.const 1)) "
       "(catch 0))))",
       "ok"},
      {"(module (tag (param i64)) (func (result i32) (try (result i32) (do (i32.const 1)) "
       "(catch 0))))",
       "invalid: type mismatch"},
  };
  check(kCases);
}

TEST_CASE("misplaced structure is malformed") {
  // (func) with the body given in bytes.
  auto body = [](std::string code) {
    std::string text("\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x0A", 11);
    size_t size = code.size() + 1;
    text += static_cast<char>(size + 2);
    text += '\x01';
    text += static_cast<char>(size);
    text += '\0';
    return verdict(with_header(text + code));
  };
  CHECK(body("\x0B") == "ok");
  CHECK(body("\x05\x0B").starts_with("malformed: illegal opcode 05: else without if"));
  CHECK(body("\x19\x0B").starts_with("malformed: illegal opcode 19"));
  CHECK(body("\x01").find("END opcode expected") != std::string::npos);
  CHECK(body("\x0B\x0B").find("operators remaining after end of function") != std::string::npos);
  CHECK(body("\xFF\x0B").starts_with("malformed: illegal opcode ff"));
}

TEST_CASE("large bodies take linear time and bounded memory") {
  auto one_function = [](const std::string& code) {
    std::string body = std::string(1, '\0') + code;
    Bytes bytes = with_header(std::string("\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00", 10));
    Bytes section;
    write_uleb(section, 1);
    write_uleb(section, body.size());
    section.insert(section.end(), body.begin(), body.end());
    bytes.push_back(10);
    write_uleb(bytes, section.size());
    bytes.insert(bytes.end(), section.begin(), section.end());
    return verdict(bytes);
  };
  // 500,000 nested blocks.
  std::string nested;
  for (int i = 0; i < 500'000; ++i) nested += "\x02\x40";
  CHECK(one_function(nested + std::string(500'001, '\x0B')) == "ok");
  std::string deeper;
  for (int i = 0; i < 1'100'000; ++i) deeper += "\x02\x40";
  CHECK(one_function(deeper).starts_with("limit: blocks are nested too deeply"));
  // A br_table of a million labels.
  std::string table("\x41\x00\x0E\xC0\x84\x3D", 6);
  table.append(1'000'001, '\0');
  CHECK(one_function(table + "\x0B") == "ok");
  // Half a million operands.
  std::string operands;
  for (int i = 0; i < 500'000; ++i) operands += std::string("\x41\x00", 2);
  CHECK(one_function(operands + std::string(500'000, '\x1A') + "\x0B") == "ok");
}

TEST_CASE("the error does not depend on the number of threads") {
  std::string text = "(module (memory 1)";
  for (int i = 0; i < 3000; ++i) {
    text += "(func ";
    for (int j = 0; j < 60; ++j) text += "(i32.store (i32.const 1) (i32.const 2))";
    if (i % 700 == 699) text += "(drop (local.get " + std::to_string(i) + "))";
    text += ")";
  }
  Bytes bytes = assemble(text + ")");
  CHECK(bytes.size() > 1'000'000);
  for (unsigned threads : {1u, 2u, 3u, 8u})
    CHECK(verdict(bytes, isa::FeatureSet::all(), threads) == "invalid: unknown local 699");
}
