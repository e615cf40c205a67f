// Decoding and encoding: what is malformed and how it is said, what survives a round trip, and
// that no cut and no flipped bit does more than yield an error.
#include <doctest/doctest.h>

#include <string>

#include "module/branch_hints.h"
#include "module/decoder.h"
#include "module/sections.h"
#include "module_fixture.h"

using namespace zwasm;
using namespace zwasm::test;
using namespace std::string_literals;

namespace {

std::string decode_error(const Bytes& bytes, isa::FeatureSet features = isa::FeatureSet::all()) {
  auto decoded = module::decode(std::span<const uint8_t>(bytes), features);
  return decoded ? "ok" : decoded.error().message;
}

}  // namespace

TEST_CASE("what the encoder wrote decodes and encodes to the same bytes") {
  for (std::string_view text : kSamples) {
    Bytes bytes = assemble(text);
    auto decoded = module::decode(share(bytes), isa::FeatureSet::all());
    REQUIRE(decoded);
    CHECK(module::encode(*decoded) == bytes);
    CHECK(verdict(bytes) == "ok");
  }
}

TEST_CASE("truncated anywhere, a module is refused") {
  for (std::string_view text : kSamples) {
    Bytes bytes = assemble(text);
    // A cut between two sections leaves a module, but for one that lacks its code.
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      Bytes part(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(cut));
      auto decoded = module::decode(share(part), isa::FeatureSet::all());
      if (decoded) {
        CHECK(cut >= 8);
        CHECK(module::encode(*decoded) == part);
        (void)verdict(part);
      } else {
        CHECK(decoded.error().offset <= cut);
        CHECK(!decoded.error().message.empty());
      }
    }
  }
}

TEST_CASE("no flipped bit crashes") {
  for (std::string_view text : kSamples) {
    Bytes bytes = assemble(text);
    for (size_t i = 8; i < bytes.size(); ++i)
      for (int bit = 0; bit < 8; ++bit) {
        Bytes flipped = bytes;
        flipped[i] ^= static_cast<uint8_t>(1 << bit);
        std::string first = verdict(flipped);
        CHECK(!first.empty());
      }
  }
}

TEST_CASE("headers") {
  CHECK(decode_error({}) == "unexpected end");
  CHECK(decode_error({0, 'a', 's'}) == "unexpected end");
  CHECK(decode_error({'a', 's', 'm', 0}).starts_with("magic header not detected"));
  CHECK(decode_error({0, 'a', 's', 'm', 1, 0, 0}) == "unexpected end");
  CHECK(decode_error({0, 'a', 's', 'm', 2, 0, 0, 0}) == "unknown binary version 2: expected 1");
  CHECK(decode_error({0, 'a', 's', 'm', 13, 0, 1, 0}).find("component") != std::string::npos);
  CHECK(decode_error({0, 'a', 's', 'm', 1, 0, 0, 0}) == "ok");
}

TEST_CASE("sections") {
  CHECK(decode_error(with_header("\x0E\x00"s)) == "malformed section id 14");
  CHECK(decode_error(with_header("\x01\x01"s)).starts_with("unexpected end"));
  CHECK(decode_error(with_header("\x01\x02\x00\x00"s)).starts_with("section size mismatch"));
  CHECK(decode_error(with_header("\x02\x01\x00\x01\x01\x00"s)) ==
        "unexpected content after last section: section 1 is out of order");
  CHECK(decode_error(with_header("\x01\x01\x00\x01\x01\x00"s)) ==
        "unexpected content after last section: section 1 is repeated");
  // Tags stand between memories and globals, the data count before the code.
  CHECK(decode_error(with_header("\x05\x01\x00\x0D\x01\x00\x06\x01\x00"s)) == "ok");
  CHECK(decode_error(with_header("\x06\x01\x00\x0D\x01\x00"s)).starts_with("unexpected content"));
  CHECK(decode_error(with_header("\x0C\x01\x00\x0A\x01\x00\x0B\x01\x00"s)) == "ok");
  // A type, and two functions without bodies.
  CHECK(decode_error(with_header("\x01\x04\x01\x60\x00\x00\x03\x03\x02\x00\x00"s))
            .starts_with("function and code section have inconsistent lengths"));
  CHECK(decode_error(with_header("\x0C\x01\x01"s))
            .starts_with("data count and data section have inconsistent lengths"));
}

TEST_CASE("custom sections keep their name, contents and place") {
  Bytes bytes = assemble(kSamples[4]);
  auto decoded = module::decode(share(bytes), isa::FeatureSet::all());
  REQUIRE(decoded);
  auto find = [&](std::string_view name) -> const module::CustomSection& {
    for (const module::CustomSection& c : decoded->customs)
      if (c.name == name) return c;
    FAIL("no section " << std::string(name));
    return decoded->customs[0];
  };
  CHECK(find("first").after == 0);
  CHECK(find("mine").after == module::section_position(module::SectionId::code));
  CHECK(find("last").bytes.size() == 2);
  CHECK(bytes[find("last").offset + 1] == 1);
  CHECK(decode_error(with_header("\x00\x02\x01\xFF"s)).starts_with("malformed UTF-8 encoding"));
}

TEST_CASE("limits of the implementation are errors of their own kind") {
  // 60,000 locals in one body.
  Bytes bytes = with_header(
      "\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x0A\x08\x01\x06\x01\xE0\xD4\x03\x7F\x0B"s);
  auto decoded = module::decode(share(bytes), isa::FeatureSet::all());
  REQUIRE(!decoded);
  CHECK(decoded.error().kind == LoadError::Kind::limit);
  CHECK(decoded.error().message == "too many locals: 60000, the limit is 50000");
  // More than 2^32 are malformed.
  CHECK(decode_error(with_header("\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x0A\x0F\x01\x0D\x02"
                                 "\xFF\xFF\xFF\xFF\x0F\x7F\x02\x7F\x0B\x00\x00\x00"s))
            .starts_with("too many locals"));
}

TEST_CASE("functions that constant expressions and segments name are declared") {
  Bytes bytes = assemble(R"((module (func) (func) (func) (func) (func) (func)
    (export "a" (func 1)) (elem func 2) (elem funcref (ref.func 3))
    (global funcref (ref.func 4)) (start 5)))");
  auto decoded = module::decode(share(bytes), isa::FeatureSet::all());
  REQUIRE(decoded);
  CHECK(decoded->declared_funcs == module::List<bool>{false, true, true, true, true, false});
}

TEST_CASE("disabled proposals are named") {
  using isa::Feature;
  auto without = [](Feature feature) { return isa::FeatureSet::all().set(feature, false); };
  auto error = [&](std::string_view text, Feature off) {
    return verdict(assemble(text), without(off));
  };
  auto names = [&](std::string_view text, Feature off) {
    std::string message = error(text, off);
    CAPTURE(message);
    bool named = message.find(std::string(isa::feature_info(off).name) +
                              " support is not enabled") != std::string::npos;
    CHECK(named);
    CHECK(verdict(text) == "ok");
  };
  names("(module (memory i64 1))", Feature::memory64);
  names("(module (table i64 1 funcref))", Feature::memory64);
  names("(module (memory 1 2 shared))", Feature::threads);
  names("(module (memory 1 (pagesize 1)))", Feature::custom_page_sizes);
  names("(module (memory 1) (memory 1))", Feature::multi_memory);
  names("(module (table 1 funcref) (table 1 funcref))", Feature::reference_types);
  names("(module (import \"\" \"\" (global (mut i32))))", Feature::mutable_globals);
  names("(module (type (struct)))", Feature::gc);
  names("(module (rec (type (func)) (type (func))))", Feature::gc);
  names("(module (func (result i32 i32) unreachable))", Feature::multi_value);
  names("(module (func (block (param) (result i32 i32) unreachable) drop drop))",
        Feature::multi_value);
  names("(module (func (param v128)))", Feature::simd);
  names("(module (func (local v128)))", Feature::simd);
  names("(module (func (drop (v128.const i32x4 0 0 0 0))))", Feature::simd);
  names("(module (func (param externref)))", Feature::reference_types);
  names("(module (func (return_call 0)))", Feature::tail_call);
  names("(module (func (drop (i32.extend8_s (i32.const 0)))))", Feature::sign_extension);
  names("(module (func (drop (i32.trunc_sat_f32_s (f32.const 0)))))",
        Feature::saturating_float_to_int);
  names("(module (memory 1) (data \"x\") (func (data.drop 0)))", Feature::bulk_memory);
  names("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))", Feature::extended_const);
  names(
      "(module (func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) "
      "(local.get 1) (local.get 2) (local.get 3))))",
      Feature::wide_arithmetic);
  names("(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))",
        Feature::threads);
  names(
      "(module (func (drop (i8x16.relaxed_swizzle (v128.const i32x4 0 0 0 0) "
      "(v128.const i32x4 0 0 0 0)))))",
      Feature::relaxed_simd);
  names("(module (func (try (do))))", Feature::legacy_exceptions);
  names("(module (func (throw_ref (ref.null exn))))", Feature::exceptions);
}
