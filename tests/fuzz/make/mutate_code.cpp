#include "fuzz/make/mutate_code.h"

#include <algorithm>

#include "fuzz/make/code_writer.h"
#include "isa/op_shape.h"
#include "isa/opcodes.h"
#include "module/decoder.h"
#include "module/encoder.h"
#include "module/immediates.h"

namespace fuzz {

namespace isa = zwasm::isa;
namespace module = zwasm::module;
using isa::Imm;
using isa::Op;
using isa::ValType;

namespace {

struct Instruction {
  size_t begin, end;  // in the body
  Op op;
};

// One body and the changes to it.
class BodyMutator {
 public:
  BodyMutator(const module::Module& module, uint32_t func, Random& random)
      : module_(module), random_(random) {
    const module::FuncBody& body = module.bodies[func - module.imported_funcs];
    code_.assign(body.code.begin(), body.code.end());
    if (module.funcs[func].type >= module.types.size()) return;
    const module::FuncType& type = module.func_type(func);
    locals_.assign(type.params.begin(), type.params.end());
    results_ = type.results;
    for (const module::LocalRun& run : body.locals) {
      size_t count = std::min<size_t>(run.count, 1000);
      locals_.insert(locals_.end(), count, run.type);
    }
    scan();
  }

  bool mutate() {
    for (int tries = 0; tries < 16 && !instructions_.empty(); ++tries) {
      if (change()) return scan(), true;
    }
    return false;
  }

  const std::vector<uint8_t>& code() const { return code_; }

 private:
  void scan() {
    instructions_.clear();
    module::Reader reader(code_, 0);
    module::ImmediateStorage storage;
    while (!reader.at_end() && reader.ok()) {
      size_t begin = reader.offset();
      Op op = module::read_op(reader);
      module::Immediates imm;
      if (reader.ok()) read_immediates(reader, isa::op_info(op).imm, imm, storage);
      if (reader.ok()) instructions_.push_back({begin, reader.offset(), op});
    }
  }

  bool change() {
    const Instruction& at = random_.pick(instructions_);
    switch (random_.below(5)) {
      case 0: return put_in(at);
      case 1: return other_op(at);
      case 2: return random_.one_in(3) && lose(at);
      default: return other_immediate(at);
    }
  }

  // Puts `bytes` where the instruction was.
  bool replace(const Instruction& at, const std::vector<uint8_t>& bytes) {
    auto begin = code_.begin() + static_cast<std::ptrdiff_t>(at.begin);
    code_.erase(begin, begin + static_cast<std::ptrdiff_t>(at.end - at.begin));
    code_.insert(code_.begin() + static_cast<std::ptrdiff_t>(at.begin), bytes.begin(), bytes.end());
    return true;
  }

  bool replace(const Instruction& at, Op op, const module::Immediates& imm) {
    std::vector<uint8_t> bytes;
    module::write_op(bytes, op);
    module::write_immediates(bytes, isa::op_info(op).imm, imm);
    return replace(at, bytes);
  }

  CodeWriter writer() {
    static constexpr int kSizes[] = {3, 10, 40};
    CodeOptions options;
    options.size = random_.pick(std::span(kSizes));
    options.results = results_;
    return CodeWriter(module_, locals_, options, random_);
  }

  // Code before an instruction that leaves the stack as it was.
  bool put_in(const Instruction& at) {
    CodeWriter made = writer();
    made.statement();
    return replace({at.begin, at.begin, Op::nop}, made.take());
  }

  bool other_op(const Instruction& at) {
    const isa::OpShape& shape = isa::op_shape(at.op);
    if (!shape.simple || shape.result_count > 1) return false;
    std::span<const Op> candidates = ops_without_result();
    if (isa::op_info(at.op).imm == Imm::memory) return false;
    if (shape.result_count == 1)
      candidates = ops_resulting_in(static_cast<isa::ValKind>(shape.results[0]));
    const isa::OpInfo& info = isa::op_info(at.op);
    std::vector<Op> fitting;
    for (Op op : candidates) {
      const isa::OpInfo& other = isa::op_info(op);
      if (op != at.op && other.sig == info.sig && other.imm == info.imm &&
          (other.prefix == 0xFE) == (info.prefix == 0xFE))
        fitting.push_back(op);
    }
    if (fitting.empty()) return false;
    Op op = random_.pick(fitting);
    const isa::OpShape& new_shape = isa::op_shape(op);
    module::Immediates imm = read(at);
    bool atomic = info.prefix == 0xFE;
    imm.align = atomic ? new_shape.align : std::min(imm.align, new_shape.align);
    if (new_shape.lanes) imm.lane = static_cast<uint8_t>(imm.lane % new_shape.lanes);
    return replace(at, op, imm);
  }

  // An instruction that does nothing to the types on the stack goes; others turn into what has the
  // same effect on them.
  bool lose(const Instruction& at) {
    const isa::OpInfo& info = isa::op_info(at.op);
    const isa::OpShape& shape = isa::op_shape(at.op);
    if (!shape.simple || info.imm == Imm::memarg_lane) return false;
    if (info.sig.find('a') != std::string_view::npos) return false;
    if (shape.result_count == 1 && shape.arg_count == 1 && shape.args[0] == shape.results[0])
      return replace(at, {});
    std::vector<uint8_t> bytes;
    for (uint32_t i = 0; i < shape.arg_count; ++i) module::write_op(bytes, Op::drop);
    for (uint32_t i = 0; i < shape.result_count; ++i) {
      CodeWriter made = writer();
      made.expression(ValType(static_cast<isa::ValKind>(shape.results[i])));
      std::vector<uint8_t> more = made.take();
      bytes.insert(bytes.end(), more.begin(), more.end());
    }
    return replace(at, bytes);
  }

  module::Immediates read(const Instruction& at) {
    std::span<const uint8_t> code(code_);
    module::Reader reader(code.subspan(at.begin, at.end - at.begin), 0);
    module::read_op(reader);
    module::Immediates imm;
    read_immediates(reader, isa::op_info(at.op).imm, imm, storage_);
    return imm;
  }

  // An index of something that is like the one at `index`.
  template <class List, class Like>
  uint32_t other_index(uint32_t index, const List& list, Like&& like) {
    if (list.empty()) return index;
    for (int tries = 0; tries < 8; ++tries) {
      uint32_t other = random_.below32(static_cast<uint32_t>(list.size()));
      if (other != index && (index >= list.size() || like(list[index], list[other]))) return other;
    }
    return index;
  }

  bool other_immediate(const Instruction& at) {
    const isa::OpInfo& info = isa::op_info(at.op);
    module::Immediates imm = read(at);
    auto any = [](auto&, auto&) { return true; };
    switch (info.imm) {
      case Imm::i32_const:
      case Imm::i64_const:
      case Imm::f32_const:
      case Imm::f64_const:
      case Imm::v128_const: {
        CodeWriter made = writer();
        made.expression(ValType(static_cast<isa::ValKind>(isa::op_shape(at.op).results[0])));
        return replace(at, made.take());
      }
      case Imm::local:
        imm.index = other_index(imm.index, locals_, [](auto& a, auto& b) { return a == b; });
        break;
      case Imm::global:
        imm.index = other_index(imm.index, module_.globals, [](auto& a, auto& b) {
          return a.type.type == b.type.type && a.type.mut == b.type.mut;
        });
        break;
      case Imm::func:
        imm.index = other_index(imm.index, module_.funcs,
                                [](auto& a, auto& b) { return a.type == b.type; });
        break;
      case Imm::table:
      case Imm::type_table: {
        uint32_t& table = info.imm == Imm::table ? imm.index : imm.index2;
        table = other_index(table, module_.tables, [](auto& a, auto& b) {
          return a.type.elem == b.type.elem && a.type.limits.is64 == b.type.limits.is64;
        });
        break;
      }
      case Imm::memory: imm.index = other_index(imm.index, module_.memories, any); break;
      case Imm::memarg:
      case Imm::memarg_lane: {
        static constexpr uint64_t kOffsets[] = {
            0,    1,    2,     3,     4,     7,          8,          15,  16, 63, 255,
            4095, 4096, 32768, 65535, 65536, 0x7FFFFFFF, 0xFFFFFFFF, 100, 12, 24};
        imm.value = random_.one_in(4) ? imm.value + random_.below(9) - 4
                                      : random_.pick(std::span(kOffsets));
        if (random_.one_in(8)) imm.index = other_index(imm.index, module_.memories, any);
        break;
      }
      case Imm::lane:
        imm.lane =
            static_cast<uint8_t>(random_.below(std::max<size_t>(isa::op_shape(at.op).lanes, 1)));
        break;
      case Imm::label: imm.index = random_.below32(imm.index + 2); break;
      case Imm::data: imm.index = other_index(imm.index, module_.datas, any); break;
      case Imm::data_memory: imm.index = other_index(imm.index, module_.datas, any); break;
      case Imm::elem:
      case Imm::elem_table:
        imm.index = other_index(imm.index, module_.elems,
                                [](auto& a, auto& b) { return a.type == b.type; });
        break;
      case Imm::tag:
        imm.index =
            other_index(imm.index, module_.tags, [](auto& a, auto& b) { return a.type == b.type; });
        break;
      case Imm::type_field: imm.index2 = random_.below32(imm.index2 + 2); break;
      case Imm::type:
      case Imm::type_data:
      case Imm::type_elem:
        imm.index = other_index(imm.index, module_.types,
                                [](auto& a, auto& b) { return a.kind == b.kind; });
        break;
      case Imm::heap_type:
      case Imm::ref_type:
      case Imm::ref_type_null:
        imm.heap = isa::HeapType(static_cast<isa::AbsHeap>(random_.below(isa::kAbsHeapCount)));
        break;
      case Imm::none:
      case Imm::block_type:
      case Imm::try_table:
      case Imm::label_table:
      case Imm::table_table:
      case Imm::memory_memory:
      case Imm::lanes:
      case Imm::br_cast:
      case Imm::select_types:
      case Imm::type_type:
      case Imm::type_count:
      case Imm::fence: return false;
    }
    return replace(at, at.op, imm);
  }

  const module::Module& module_;
  Random& random_;
  std::vector<uint8_t> code_;
  std::vector<ValType> locals_;
  std::span<const ValType> results_;
  std::vector<Instruction> instructions_;
  module::ImmediateStorage storage_;
};

}  // namespace

std::optional<std::vector<uint8_t>> mutate_code(std::span<const uint8_t> bytes, Random& random) {
  auto decoded = module::decode(bytes, isa::FeatureSet::all());
  if (!decoded || decoded->bodies.empty()) return std::nullopt;
  module::Module& module = *decoded;
  std::vector<std::vector<uint8_t>> bodies(1 + random.below(2));
  for (std::vector<uint8_t>& code : bodies) {
    uint32_t body = random.below32(static_cast<uint32_t>(module.bodies.size()));
    BodyMutator mutator(module, module.imported_funcs + body, random);
    for (size_t i = 1 + random.below(2); i > 0; --i) mutator.mutate();
    code = mutator.code();
    module.bodies[body].code = code;
  }
  return module::encode(module);
}

}  // namespace fuzz
