#include "fuzz/make/generate.h"

#include <algorithm>
#include <string>

#include "fuzz/make/code_writer.h"
#include "module/encoder.h"

namespace fuzz {

namespace isa = zwasm::isa;
namespace module = zwasm::module;
using isa::AbsHeap;
using isa::ExternKind;
using isa::HeapType;
using isa::Op;
using isa::ValType;
using module::CompositeKind;

namespace {

constexpr int32_t kBudget = 300;
constexpr ValType kNumbers[] = {isa::kI32, isa::kI64, isa::kF32, isa::kF64};

class Generator {
 public:
  Generator(Random& random, const GenerateOptions& options) : random_(random), options_(options) {}

  std::vector<uint8_t> generate() {
    gc_ = random_.one_in(2);
    refs_ = gc_ || random_.one_in(2);
    vectors_ = random_.one_in(2);
    types();
    memories();
    tables();
    globals();
    tags();
    declare_functions();
    segments();
    for (uint32_t i = 1; i < m_.funcs.size(); ++i) define(i);
    exports();
    return module::encode(m_);
  }

 private:
  bool chance(size_t n) { return random_.one_in(n); }
  std::string_view name(const char* prefix, size_t i) {
    return m_.arena.copy(std::string_view(prefix + std::to_string(i)));
  }
  template <class T>
  std::span<const T> keep(const std::vector<T>& list) {
    return m_.arena.copy(list);
  }

  ValType number() { return random_.pick(std::span(kNumbers)); }

  // Of locals, globals and functions that are only called from within.
  ValType any_type() {
    if (vectors_ && chance(4)) return isa::kV128;
    if (refs_ && chance(4)) return chance(2) ? isa::kFuncRef : isa::kExternRef;
    if (gc_ && chance(4)) {
      static constexpr AbsHeap kHeaps[] = {AbsHeap::any, AbsHeap::eq, AbsHeap::i31,
                                           AbsHeap::struct_, AbsHeap::array};
      if (aggregates_ == 0 || chance(2)) return ValType::ref(random_.pick(std::span(kHeaps)), true);
      return ValType::ref(HeapType::concrete(random_.below32(aggregates_)), true);
    }
    return number();
  }

  std::span<const ValType> some(size_t count, bool numbers) {
    std::vector<ValType> list;
    for (size_t i = 0; i < count; ++i) list.push_back(numbers ? number() : any_type());
    return keep(list);
  }

  void add_type(module::SubType type) {
    m_.rec_groups.push_back({.first = static_cast<uint32_t>(m_.types.size())});
    m_.types.push_back(type);
  }

  void types() {
    if (gc_) {
      for (size_t i = 1 + random_.below(4); i > 0; --i) {
        std::vector<module::FieldType> fields;
        bool array = chance(3);
        for (size_t f = array ? 1 : random_.below(5); f > 0; --f) {
          ValType type = any_type();
          if (chance(5)) type = chance(2) ? isa::ValKind::i8 : isa::ValKind::i16;
          fields.push_back({type, !chance(4)});
        }
        module::SubType type;
        type.kind = array ? CompositeKind::array : CompositeKind::struct_;
        type.fields = keep(fields);
        add_type(type);
        ++aggregates_;
      }
      // A subtype of an open struct.
      if (chance(2)) {
        std::vector<module::FieldType> fields = {{number(), true}};
        module::SubType open;
        open.kind = CompositeKind::struct_;
        open.final = false;
        open.explicit_sub = true;
        open.fields = keep(fields);
        add_type(open);
        fields.push_back({any_type(), true});
        module::SubType sub = open;
        sub.final = chance(2);
        sub.super = aggregates_;
        sub.fields = keep(fields);
        add_type(sub);
        aggregates_ += 2;
      }
    }
    first_func_type_ = static_cast<uint32_t>(m_.types.size());
    add_func_type({}, {});
    for (ValType type : kNumbers) add_func_type({}, {&type, 1});
    for (size_t i = 2 + random_.below(4); i > 0; --i) {
      bool numbers = chance(2);
      add_func_type(some(random_.below(4), numbers), some(random_.below(3), numbers));
    }
    // What handlers of exceptions with several values are.
    std::span<const ValType> carried = some(2, false);
    carried_type_ = static_cast<uint32_t>(m_.types.size());
    add_func_type(carried, {});
    add_func_type({}, carried);
  }

  void add_func_type(std::span<const ValType> params, std::span<const ValType> results) {
    module::SubType type;
    type.func.params = m_.arena.copy(params);
    type.func.results = m_.arena.copy(results);
    add_type(type);
  }

  void memories() {
    for (size_t i = random_.below(3); i > 0; --i) {
      module::MemoryType type;
      type.limits.min = 1;
      type.limits.max = 1 + random_.below(3);
      type.limits.is64 = chance(5);
      type.limits.shared = !options_.for_peer && chance(5);
      if (chance(8)) {
        type.page_size_log2 = 0;
        type.explicit_page_size = true;
        type.limits.min = 300 + random_.below(5000);
        type.limits.max = 8192;
      }
      m_.memories.push_back({type});
    }
  }

  void tables() {
    if (!refs_ && chance(2)) return;
    for (size_t i = 1 + random_.below(2); i > 0; --i) {
      module::TableType type;
      type.elem = m_.tables.empty() || chance(2) ? isa::kFuncRef
                  : gc_ && chance(2)             ? isa::kAnyRef
                                                 : isa::kExternRef;
      type.limits.min = 8;
      type.limits.max = 8 + random_.below(20);
      type.limits.is64 = chance(6);
      m_.tables.push_back({type, std::nullopt});
    }
  }

  module::ConstExpr constant(ValType type) {
    std::vector<uint8_t> code;
    module::Immediates imm;
    uint64_t bits = chance(2) ? random_.below(100) : random_.next();
    uint8_t bytes[16];
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_.next() >> 32);
    imm.bytes = bytes;
    imm.value = bits;
    Op op = Op::ref_null;
    switch (type.kind()) {
      case isa::ValKind::i32:
        op = Op::i32_const;
        imm.value = static_cast<uint64_t>(int64_t{static_cast<int32_t>(bits)});
        break;
      case isa::ValKind::i64: op = Op::i64_const; break;
      case isa::ValKind::f32:
        op = Op::f32_const;
        imm.value = static_cast<uint32_t>(bits);
        break;
      case isa::ValKind::f64: op = Op::f64_const; break;
      case isa::ValKind::v128: op = Op::v128_const; break;
      case isa::ValKind::ref: imm.heap = type.heap(); break;
      case isa::ValKind::i8:
      case isa::ValKind::i16:
      case isa::ValKind::bottom: break;
    }
    return expr(op, imm);
  }

  module::ConstExpr expr(Op op, const module::Immediates& imm) {
    std::vector<uint8_t> code;
    module::write_op(code, op);
    module::write_immediates(code, isa::op_info(op).imm, imm);
    module::write_op(code, Op::end);
    return {.code = keep(code)};
  }

  void globals() {
    module::Immediates imm;
    imm.value = kBudget;
    m_.globals.push_back({{isa::kI32, true}, expr(Op::i32_const, imm)});
    for (size_t i = random_.below(6); i > 0; --i) {
      ValType type = any_type();
      m_.globals.push_back({{type, !chance(5)}, constant(type)});
    }
  }

  void tags() {
    if (chance(2)) return;
    m_.tags.push_back({carried_type_});
    if (chance(2)) m_.tags.push_back({first_func_type_});
  }

  void declare_functions() {
    m_.funcs.push_back({first_func_type_});
    size_t types = m_.types.size() - first_func_type_;
    for (size_t i = 3 + random_.below(8); i > 0; --i)
      m_.funcs.push_back({first_func_type_ + random_.below32(static_cast<uint32_t>(types))});
    m_.declared_funcs.assign(m_.funcs.size(), true);
    m_.declared_funcs[0] = false;
    // refill
    std::vector<uint8_t> code;
    module::Immediates imm;
    imm.value = kBudget;
    module::write_op(code, Op::i32_const);
    module::write_immediates(code, isa::Imm::i32_const, imm);
    imm.index = 0;
    module::write_op(code, Op::global_set);
    module::write_immediates(code, isa::Imm::global, imm);
    module::write_op(code, Op::end);
    m_.bodies.resize(m_.funcs.size());
    m_.bodies[0].code = keep(code);
  }

  void segments() {
    std::vector<uint32_t> all;
    for (uint32_t i = 1; i < m_.funcs.size(); ++i) all.push_back(i);
    module::ElemSegment declared;
    declared.mode = module::ElemSegment::Mode::declarative;
    declared.type = ValType::ref(AbsHeap::func, false);
    declared.funcs = keep(all);
    m_.elems.push_back(declared);
    for (uint32_t t = 0; t < m_.tables.size(); ++t) {
      if (m_.tables[t].type.elem != isa::kFuncRef) continue;
      std::vector<uint32_t> some;
      for (size_t i = 0; i < 7; ++i) some.push_back(random_.pick(all));
      module::ElemSegment segment;
      segment.mode =
          chance(4) ? module::ElemSegment::Mode::passive : module::ElemSegment::Mode::active;
      segment.table = t;
      bool is64 = m_.tables[t].type.limits.is64;
      module::Immediates imm;
      if (segment.mode == module::ElemSegment::Mode::active)
        segment.start = expr(is64 ? Op::i64_const : Op::i32_const, imm);
      segment.type = ValType::ref(AbsHeap::func, false);
      segment.funcs = keep(some);
      m_.elems.push_back(segment);
    }
    for (uint32_t m = 0; m < m_.memories.size(); ++m) {
      std::vector<uint8_t> bytes(random_.below(200));
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_.next() >> 40);
      module::DataSegment segment;
      segment.active = !chance(3);
      segment.memory = m;
      module::Immediates imm;
      imm.value = random_.below(50);
      if (segment.active)
        segment.start = expr(m_.memories[m].type.limits.is64 ? Op::i64_const : Op::i32_const, imm);
      segment.bytes = keep(bytes);
      m_.datas.push_back(segment);
    }
    if (!m_.datas.empty()) m_.data_count = static_cast<uint32_t>(m_.datas.size());
  }

  void define(uint32_t func) {
    const module::FuncType& type = m_.func_type(func);
    std::vector<ValType> locals(type.params.begin(), type.params.end());
    std::vector<module::LocalRun> runs;
    for (size_t i = random_.below(8); i > 0; --i) {
      runs.push_back({1, any_type()});
      locals.push_back(runs.back().type);
    }
    static constexpr int kSizes[] = {10, 50, 200, 600};
    CodeOptions code;
    code.budget = 0;
    code.first_callable = 1;
    code.size = random_.pick(std::span(kSizes));
    code.results = type.results;
    CodeWriter writer(m_, locals, code, random_);
    writer.spend();
    writer.body(type.results);
    writer.op(Op::end);
    m_.bodies[func].locals = keep(runs);
    m_.bodies[func].code = keep(writer.take());
  }

  bool showable(std::span<const ValType> types) {
    return !options_.for_peer ||
           std::all_of(types.begin(), types.end(), [](ValType type) { return type.is_num(); });
  }

  void exports() {
    auto add = [&](std::string_view name, ExternKind kind, size_t index) {
      m_.exports.push_back({name, kind, static_cast<uint32_t>(index), 0});
    };
    add("refill", ExternKind::func, 0);
    for (uint32_t i = 1; i < m_.funcs.size(); ++i) {
      const module::FuncType& type = m_.func_type(i);
      if (showable(type.params) && showable(type.results)) add(name("f", i), ExternKind::func, i);
    }
    for (size_t i = 0; i < m_.memories.size(); ++i) add(name("m", i), ExternKind::memory, i);
    for (size_t i = 0; i < m_.globals.size(); ++i) {
      ValType type = m_.globals[i].type.type;
      if (showable(std::span(&type, 1))) add(name("g", i), ExternKind::global, i);
    }
  }

  Random& random_;
  GenerateOptions options_;
  module::Module m_;
  bool gc_ = false, refs_ = false, vectors_ = false;
  uint32_t aggregates_ = 0, first_func_type_ = 0, carried_type_ = 0;
};

}  // namespace

std::vector<uint8_t> generate(Random& random, const GenerateOptions& options) {
  return Generator(random, options).generate();
}

}  // namespace fuzz
