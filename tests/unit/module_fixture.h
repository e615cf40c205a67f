// Modules for tests, written as text, and the steps of loading them.
#pragma once
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "module/decoder.h"
#include "module/encoder.h"
#include "text/parser.h"
#include "validate/validator.h"

namespace zwasm::test {

using Bytes = std::vector<uint8_t>;

inline std::shared_ptr<const module::KeptBytes> share(const Bytes& bytes) {
  return std::make_shared<const module::KeptBytes>(bytes.begin(), bytes.end());
}

// The binary form of a text module. The text must parse.
inline Bytes assemble(std::string_view text, isa::FeatureSet features = isa::FeatureSet::all()) {
  auto parsed = text::parse_module(text, features);
  INFO(std::string(text));
  if (!parsed) FAIL(parsed.error().message);
  return module::encode(parsed->module);
}

// A module from its sections: what stands behind the header.
inline Bytes with_header(std::string_view sections) {
  Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0};
  bytes.insert(bytes.end(), sections.begin(), sections.end());
  return bytes;
}

// "ok", or the kind and the message of the first error.
inline std::string verdict(const Bytes& bytes, isa::FeatureSet features = isa::FeatureSet::all(),
                           unsigned threads = 1) {
  auto describe = [](const LoadError& error) {
    const char* kind = error.kind == LoadError::Kind::malformed ? "malformed: "
                       : error.kind == LoadError::Kind::invalid ? "invalid: "
                                                                : "limit: ";
    return kind + error.message;
  };
  auto decoded = module::decode(std::span<const uint8_t>(bytes), features);
  if (!decoded) return describe(decoded.error());
  module::TypeRegistry registry;
  auto types = validate::validate_module(*decoded, registry, features, threads);
  return types ? "ok" : describe(types.error());
}
inline std::string verdict(std::string_view text,
                           isa::FeatureSet features = isa::FeatureSet::all()) {
  return verdict(assemble(text), features);
}

// Modules that between them use every section and every kind of declaration.
inline constexpr std::string_view kSamples[] = {
    R"((module))",
    R"((module $names
  (type $t (func (param i32 i64) (result f32)))
  (import "env" "f" (func $imported (type $t)))
  (import "env" "t" (table $it 1 2 funcref))
  (import "env" "m" (memory $im 1))
  (import "env" "g" (global $ig (mut i32)))
  (import "env" "e" (tag $ie (param i32)))
  (table $table 10 100 externref)
  (table $init 3 (ref null func) (ref.func $imported))
  (memory $m2 1 2)
  (memory $m64 i64 1 2)
  (memory $shared 1 2 shared)
  (tag $tag (param i64 i32))
  (global $g i64 (i64.const -1))
  (global $r funcref (ref.func $f))
  (export "f" (func $f))
  (export "memory" (memory $m2))
  (start $s)
  (elem (i32.const 0) $f $imported)
  (elem (table $init) (offset (i32.const 1)) func $f)
  (elem $passive func $f)
  (elem declare func $f)
  (elem $exprs funcref (ref.null func) (item ref.func $f))
  (elem externref (ref.null extern))
  (data (i32.const 8) "hello")
  (data $p "passive\00\ff")
  (data (memory $m2) (i32.const 1) "x")
  (func $s)
  (func $f (type $t) (local $a i32) (local i32 f64 v128) (local $b (ref null $t))
    (local.set $a (i32.const 5))
    (block $l (result i32)
      (br_table $l $l (i32.const 1) (local.get $a)))
    (i32.load offset=8 align=2)
    (if (result f32) (then (f32.const 0x1p-3)) (else (unreachable)))
    (memory.init $p (i32.const 0) (i32.const 0) (i32.const 1))
    (data.drop $p)))
)",
    R"((module
  (rec (type $a (sub (struct (field $x (mut i8)) (field (ref null $b)))))
       (type $b (sub $a (struct (field (mut i8)) (field (ref null $b)) (field i64)))))
  (type $c (sub final $b (struct (field (mut i8)) (field (ref null $b)) (field i64))))
  (type $arr (array (mut f32)))
  (type $v (array v128))
  (global (ref $arr) (array.new_default $arr (i32.const 3)))
  (func (param (ref null any)) (result i32)
    (block $l (result (ref $b))
      (br_on_cast $l anyref (ref $b) (local.get 0))
      (return (ref.is_null)))
    (struct.get_s $b 0)
    (drop (array.new_fixed $arr 2 (f32.const 1) (f32.const 2)))))
)",
    R"((module
  (tag $e (param i32))
  (func (result i32)
    (block $h (result i32 exnref)
      (try_table (result i32) (catch_ref $e $h)
        (throw $e (i32.const 7)))
      (return))
    (drop))
  (func (result i32)
    (try (result i32)
      (do (throw $e (i32.const 1)))
      (catch $e (rethrow 0))
      (catch_all (i32.const 3)))))
)",
    R"((module
  (memory i64 1)
  (func (param i64) (result v128 i32)
    (v128.load32_lane offset=0x100000000 align=4 1
      (local.get 0) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31
        (v128.const i32x4 1 2 3 4) (v128.const f64x2 nan:0x123 -inf)))
    (i32.atomic.rmw.add offset=4 (local.get 0) (i32.const 1)))
  (@custom "mine" (after code) "anything")
  (@custom "first" (before first) "")
  (@custom "last" (after last) "\00\01"))
)",
};

}  // namespace zwasm::test
