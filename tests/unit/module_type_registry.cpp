// Canonical types: which groups are the same, what matches what, and that nothing is left behind.
#include <doctest/doctest.h>

#include <thread>

#include "module/type_registry.h"
#include "module_fixture.h"

using namespace zwasm;
using namespace zwasm::test;
using namespace zwasm::module;
using isa::AbsHeap;
using isa::HeapType;
using isa::ValType;

namespace {

struct Loaded {
  Module module;
  ModuleTypes types;
};

Loaded load(TypeRegistry& registry, std::string_view text) {
  auto decoded = decode(share(assemble(text)), isa::FeatureSet::all());
  REQUIRE(decoded);
  auto types = validate::validate_module(*decoded, registry, isa::FeatureSet::all(), 1);
  if (!types) FAIL(types.error().message);
  return {std::move(*decoded), std::move(*types)};
}

}  // namespace

TEST_CASE("equal groups are one, in one module and in two") {
  TypeRegistry registry;
  Loaded a = load(registry, R"((module
    (type (func (param i32))) (type (func (param i32))) (type (func (param i64)))
    (rec (type (func (param i32))) (type (struct)))
    (rec (type (struct (field (ref null 5)))))
    (rec (type (struct (field (ref null 6)))))))");
  CHECK(a.types.id(0) == a.types.id(1));
  CHECK(a.types.id(0) != a.types.id(2));
  CHECK(a.types.id(0) != a.types.id(3));  // the same, but in a larger group
  CHECK(a.types.id(5) == a.types.id(6));  // recursion is relative
  CHECK(a.types.id(0) != kNoCanon);
  Loaded b = load(registry, "(module (type (func (param i64))) (type (func (param i32))))");
  CHECK(b.types.id(1) == a.types.id(0));
  CHECK(b.types.id(0) == a.types.id(2));
}

TEST_CASE("groups that differ anywhere are not the same") {
  TypeRegistry registry;
  Loaded m = load(registry, R"((module
    (type (struct (field i32))) (type (struct (field (mut i32)))) (type (struct (field i8)))
    (type (sub (struct (field i32)))) (type (sub 3 (struct (field i32)))) (type (array i32))
    (type (func (result i32))) (type (func (param i32))) (type (sub final 3 (struct (field i32))))))");
  for (uint32_t i = 0; i < m.types.ids().size(); ++i)
    for (uint32_t j = 0; j < i; ++j) CHECK(m.types.id(i) != m.types.id(j));
}

TEST_CASE("subtyping follows the declarations") {
  TypeRegistry registry;
  Loaded m = load(registry, R"((module
    (type $a (sub (struct))) (type $b (sub $a (struct (field i32))))
    (type $c (sub $b (struct (field i32) (field i32)))) (type $d (sub $a (struct (field i64))))
    (type $f (func))))");
  auto sub = [&](uint32_t x, uint32_t y) {
    return registry.is_subtype(m.types.id(x), m.types.id(y));
  };
  CHECK(sub(2, 0));
  CHECK(sub(2, 1));
  CHECK(sub(1, 1));
  CHECK(!sub(0, 1));
  CHECK(!sub(3, 1));
  CHECK(!sub(4, 0));
  CHECK(registry.type(m.types.id(2)).display.size() == 3);
  CHECK(registry.type(m.types.id(2)).super == m.types.id(1));
  auto ref = [](HeapType heap, bool nullable) { return ValType::ref(heap, nullable); };
  auto matches = [&](ValType x, ValType y) { return m.types.matches(x, y); };
  HeapType c = HeapType::concrete(2), f = HeapType::concrete(4);
  CHECK(matches(ref(c, false), ref(AbsHeap::any, true)));
  CHECK(matches(ref(c, false), ref(AbsHeap::struct_, false)));
  CHECK(!matches(ref(c, true), ref(AbsHeap::struct_, false)));
  CHECK(!matches(ref(c, false), ref(AbsHeap::array, true)));
  CHECK(matches(ref(f, false), ref(AbsHeap::func, true)));
  CHECK(!matches(ref(f, false), ref(AbsHeap::any, true)));
  CHECK(matches(ref(AbsHeap::none, true), ref(c, true)));
  CHECK(!matches(ref(AbsHeap::nofunc, true), ref(c, true)));
  CHECK(matches(ref(AbsHeap::nofunc, false), ref(f, false)));
  CHECK(!matches(ref(AbsHeap::struct_, false), ref(c, false)));
  CHECK(!matches(isa::kI32, isa::kI64));
}

TEST_CASE("matching of abstract types") {
  ModuleTypes none;
  auto matches = [&](AbsHeap x, AbsHeap y) {
    return none.matches(ValType::ref(x, false), ValType::ref(y, false));
  };
  CHECK(matches(AbsHeap::i31, AbsHeap::eq));
  CHECK(matches(AbsHeap::eq, AbsHeap::any));
  CHECK(matches(AbsHeap::none, AbsHeap::i31));
  CHECK(!matches(AbsHeap::any, AbsHeap::eq));
  CHECK(!matches(AbsHeap::none, AbsHeap::func));
  CHECK(matches(AbsHeap::nofunc, AbsHeap::func));
  CHECK(matches(AbsHeap::noextern, AbsHeap::extern_));
  CHECK(!matches(AbsHeap::extern_, AbsHeap::any));
  CHECK(matches(AbsHeap::noexn, AbsHeap::exn));
  CHECK(!matches(AbsHeap::struct_, AbsHeap::array));
}

TEST_CASE("ids of groups that nobody uses are given out again") {
  TypeRegistry registry;
  CanonId first;
  {
    Loaded m = load(registry, "(module (type (sub (struct))) (type (sub 0 (struct (field i32)))))");
    first = std::min(m.types.id(0), m.types.id(1));
  }
  for (int i = 0; i < 100; ++i) {
    Loaded m = load(registry, "(module (type (sub (struct))) (type (sub 0 (struct (field i32)))))");
    CHECK(m.types.id(0) <= first + 1);
    CHECK(m.types.id(1) <= first + 1);
  }
}

TEST_CASE("a group keeps alive what it refers to") {
  TypeRegistry registry;
  ModuleTypes keeper;
  CanonId func;
  {
    Loaded m = load(registry, "(module (type (struct (field i64))))");
    ValType param = m.types.canon(ValType::ref(HeapType::concrete(0), true));
    func = registry.add_func_type({std::span(&param, 1), {}}, keeper);
  }
  Loaded other = load(registry, "(module (type (array i8)))");
  CanonId of_param = registry.type(func).func.params[0].heap().index();
  CHECK(registry.type(of_param).kind == CompositeKind::struct_);
  CHECK(registry.type(of_param).fields[0].type == isa::kI64);
  CHECK(of_param != other.types.id(0));
}

TEST_CASE("modules are loaded on several threads") {
  TypeRegistry registry;
  Bytes bytes = assemble(kSamples[2]);
  auto work = [&] {
    for (int i = 0; i < 50; ++i) {
      auto decoded = decode(std::span<const uint8_t>(bytes), isa::FeatureSet::all());
      auto types = validate::validate_module(*decoded, registry, isa::FeatureSet::all(), 1);
      if (!types || !registry.is_subtype(types->id(2), types->id(0))) std::abort();
    }
  };
  std::thread other(work);
  work();
  other.join();
}
