#include "ir/parse.h"

#include <charconv>
#include <unordered_map>
#include <vector>

#include "base/format.h"
#include "ir/ops.h"
#include "ir/print.h"
#include "isa/op_shape.h"
#include "runtime/native_helpers.h"

namespace zwasm::ir {

namespace {

class Parser {
 public:
  Parser(std::string_view text, Function& f) : text_(text), f_(f) {}

  bool run(std::string& error) {
    for (const auto& row : kOwnOps) ops_.emplace(op_text(row), row);
    for (uint32_t i = 0; i < isa::kOpCount; ++i) {
      Op op = static_cast<Op>(i);
      if (isa::op_shape(static_cast<isa::Op>(i)).simple) ops_.emplace(op_text(op), op);
    }
    // Two passes: values and blocks first, so that uses may come before definitions.
    for (bool defining : {true, false}) {
      defining_ = defining;
      rest_ = text_;
      line_ = 0;
      block_ = Block::none;
      next_inst_ = 0;
      bool header = false;
      while (error_.empty() && next_line()) {
        if (!header) {
          function();
          header = true;
        } else if (word_is('b') && !starts_with_value()) {
          begin_block();
        } else {
          instruction();
        }
        skip();
        if (error_.empty() && !at_.empty()) fail("unexpected '{}'", at_);
      }
    }
    error = error_;
    return error_.empty();
  }

 private:
  static constexpr Op kOwnOps[] = {
#define IR_OP(name, text, args, results, effects, about) Op::name,
#include "ir/ops.def"
  };

  template <class... A>
  void fail(fmt::format_string<A...> format, A&&... args) {
    if (error_.empty())
      error_ = fmt::format("line {}: {}", line_, fmt::format(format, std::forward<A>(args)...));
  }

  // --- the text
  bool next_line() {
    while (!rest_.empty()) {
      size_t end = rest_.find('\n');
      at_ = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
      ++line_;
      skip();
      if (!at_.empty()) return true;
    }
    return false;
  }
  void skip() {
    while (!at_.empty() && (at_[0] == ' ' || at_[0] == '\r' || at_[0] == '\t'))
      at_.remove_prefix(1);
  }
  bool eat(std::string_view what) {
    skip();
    if (!at_.starts_with(what)) return false;
    at_.remove_prefix(what.size());
    return true;
  }
  void expect(std::string_view what) {
    if (!eat(what)) fail("expected '{}'", what);
  }
  std::string_view word() {
    skip();
    size_t n = 0;
    while (n < at_.size() &&
           (std::isalnum(static_cast<unsigned char>(at_[n])) || at_[n] == '_' || at_[n] == '.'))
      ++n;
    std::string_view w = at_.substr(0, n);
    at_.remove_prefix(n);
    return w;
  }
  bool eat_word(std::string_view what) {
    std::string_view before = at_;
    if (word() == what) return true;
    at_ = before;
    return false;
  }
  bool word_is(char first) const {
    return at_.size() > 1 && at_[0] == first && std::isdigit(static_cast<unsigned char>(at_[1]));
  }
  bool starts_with_value() const { return word_is('v'); }
  uint64_t number() {
    skip();
    int base = 10;
    if (at_.starts_with("0x")) {
      base = 16;
      at_.remove_prefix(2);
    }
    bool minus = eat("-");
    uint64_t v = 0;
    auto [end, status] = std::from_chars(at_.data(), at_.data() + at_.size(), v, base);
    if (status != std::errc()) fail("expected a number");
    at_.remove_prefix(static_cast<size_t>(end - at_.data()));
    return minus ? 0 - v : v;
  }
  uint32_t number32() { return static_cast<uint32_t>(number()); }

  Type type() {
    std::string_view w = word();
    for (Type t : {Type::i32, Type::i64, Type::f32, Type::f64, Type::v128, Type::ref})
      if (type_text(t) == w) return t;
    fail("'{}' is no type", w);
    return Type::i32;
  }
  std::vector<Type> types() {
    std::vector<Type> out;
    expect("(");
    while (error_.empty() && !eat(")")) {
      if (!out.empty()) expect(",");
      out.push_back(type());
    }
    return out;
  }

  // --- names
  Value define(Type type, bool is_param, uint32_t definer, uint32_t n) {
    expect("v");
    uint32_t name = number32();
    if (!defining_) return values_[name];
    Value v = static_cast<Value>(f_.values.size());
    f_.values.push_back({type, is_param, definer, n});
    if (!values_.emplace(name, v).second) fail("v{} is defined twice", name);
    return v;
  }
  Value use() {
    expect("v");
    uint32_t name = number32();
    if (defining_) return Value::none;
    auto it = values_.find(name);
    if (it == values_.end()) {
      fail("v{} is not defined", name);
      return Value::none;
    }
    return it->second;
  }
  Block block_name() {
    expect("b");
    uint32_t name = number32();
    if (defining_) return Block::none;
    auto it = blocks_.find(name);
    if (it == blocks_.end()) {
      fail("b{} is not there", name);
      return Block::none;
    }
    return it->second;
  }

  // --- parts
  void function() {
    if (!eat_word("func")) return fail("expected 'func'");
    f_.func_index = number32();
    f_.signature.params = types();
    expect("->");
    f_.signature.results = types();
    if (eat_word("osr")) {
      f_.osr = true;
      f_.osr_position = number32();
    }
  }

  void begin_block() {
    expect("b");
    uint32_t name = number32();
    if (defining_) {
      block_ = static_cast<Block>(f_.blocks.size());
      f_.blocks.emplace_back();
      f_.order.push_back(block_);
      if (!blocks_.emplace(name, block_).second) fail("b{} is there twice", name);
    } else {
      block_ = blocks_[name];
    }
    if (eat("(")) {
      uint32_t n = 0;
      do {
        // The type stands behind the name.
        std::string_view before = at_;
        expect("v");
        number();
        expect(":");
        Type t = type();
        std::string_view after = at_;
        at_ = before;
        Value v = define(t, true, index(block_), n++);
        at_ = after;
        if (defining_) f_.block(block_).params.push_back(v);
      } while (error_.empty() && eat(","));
      expect(")");
    }
    BlockInfo& block = f_.block(block_);
    if (eat_word("loop")) block.is_loop_header = true;
    if (eat_word("cold")) block.cold = true;
    if (eat_word("depth")) block.loop_depth = number32();
    expect(":");
  }

  void instruction() {
    if (block_ == Block::none) return fail("an instruction outside of a block");
    Inst inst;
    const uint32_t id = next_inst_++;
    if (starts_with_value()) {
      do {
        std::string_view before = at_;
        expect("v");
        number();
        expect(":");
        Type t = type();
        std::string_view after = at_;
        at_ = before;
        Value v = define(t, false, id, inst.result_count);
        at_ = after;
        if (inst.result_count++ == 0) {
          inst.first_result = v;
          inst.type = t;
        }
      } while (error_.empty() && eat(","));
      expect("=");
    }
    std::string_view name = word();
    auto op = ops_.find(name);
    if (op == ops_.end()) return fail("'{}' is no op", name);
    inst.op = op->second;
    details(inst);
    std::vector<Value> args;
    while (error_.empty() && (skip(), starts_with_value())) {
      args.push_back(use());
      if (!eat(",")) break;
    }
    std::vector<Target> targets;
    std::vector<std::vector<Value>> target_args;
    if (eat("->")) {
      do {
        Target& t = targets.emplace_back();
        t.block = block_name();
        auto& values = target_args.emplace_back();
        if (!eat("(")) continue;
        do values.push_back(use());
        while (error_.empty() && eat(","));
        expect(")");
      } while (error_.empty() && eat(","));
    }
    if (defining_ || !error_.empty()) return;
    auto pool = [&](const std::vector<Value>& values) {
      auto first = static_cast<uint32_t>(f_.value_pool.size());
      f_.value_pool.insert(f_.value_pool.end(), values.begin(), values.end());
      return first;
    };
    inst.first_arg = pool(args);
    inst.arg_count = static_cast<uint32_t>(args.size());
    for (size_t i = 0; i < targets.size(); ++i) {
      targets[i].first_arg = pool(target_args[i]);
      targets[i].arg_count = static_cast<uint32_t>(target_args[i].size());
    }
    inst.first_target = static_cast<uint32_t>(f_.targets.size());
    inst.target_count = static_cast<uint32_t>(targets.size());
    f_.targets.insert(f_.targets.end(), targets.begin(), targets.end());
    bool is_call = inst.op == Op::call || inst.op == Op::call_ref || inst.op == Op::call_helper;
    inst.is_invoke = is_call && !targets.empty();
    f_.makes_calls |= op_is_safepoint(inst.op);
    BlockInfo& block = f_.block(block_);
    inst.block = block_;
    inst.prev = block.last;
    if (inst.prev != InstId::none) f_.inst(inst.prev).next = static_cast<InstId>(id);
    else block.first = static_cast<InstId>(id);
    block.last = static_cast<InstId>(id);
    f_.insts.push_back(inst);
  }

  void details(Inst& inst) {
    if (is_wasm_op(inst.op)) {
      if (eat("#")) inst.aux = number32();
      return;
    }
    switch (inst.op) {
      case Op::const_i32:
      case Op::const_i64:
      case Op::const_f32:
      case Op::const_f64: inst.imm = number(); return;
      case Op::const_v128:
      case Op::shuffle:
        inst.imm = number();
        expect(":");
        inst.imm2 = number();
        return;
      case Op::trap_if:
      case Op::trap: {
        expect("<");
        std::string_view name = word();
        expect(">");
        for (uint64_t i = 0; i <= static_cast<uint64_t>(isa::Trap::uncaught_exception); ++i)
          if (trap_text(static_cast<isa::Trap>(i)) == name) {
            inst.imm = i;
            return;
          }
        return fail("'{}' is no trap", name);
      }
      case Op::call:
      case Op::tail_call:
        expect("@");
        inst.aux = number32();
        return;
      case Op::call_ref:
      case Op::tail_call_ref:
        if (!eat_word("type")) return fail("expected 'type'");
        inst.aux = number32();
        return;
      case Op::call_helper: {
        expect("@");
        std::string_view name = word();
        for (uint32_t i = 0; i < runtime::kNativeHelperCount; ++i)
          if (runtime::kNativeHelperInfos[i].name == name) {
            inst.aux = i;
            return;
          }
        return fail("'{}' is no helper", name);
      }
      case Op::branch:
        if (eat_word("likely")) inst.hint = Hint::likely;
        else if (eat_word("unlikely")) inst.hint = Hint::unlikely;
        return;
      case Op::lea:
      case Op::load:
      case Op::store:
      case Op::load_lane:
      case Op::store_lane:
      case Op::atomic_rmw:
      case Op::atomic_cmpxchg: access(inst); return;
      default: return;  // nothing but operands
    }
  }

  void access(Inst& inst) {
    Access a;
    expect("[");
    std::string_view kind = word(), region = word();
    bool known = false;
    for (uint32_t i = 0; i <= static_cast<uint32_t>(MemKind::zero64); ++i)
      if (mem_kind_text(static_cast<MemKind>(i)) == kind)
        a.kind = static_cast<MemKind>(i), known = true;
    if (!known) fail("'{}' is no kind of access", kind);
    known = false;
    for (uint32_t i = 0; i <= static_cast<uint32_t>(Region::frame); ++i)
      if (region_text(static_cast<Region>(i)) == region)
        a.region = static_cast<Region>(i), known = true;
    if (!known) fail("'{}' is no region", region);
    while (error_.empty() && !eat("]")) {
      std::string_view w = word();
      if (w == "scale") a.scale = static_cast<uint8_t>(number());
      else if (w == "disp") a.disp = static_cast<int32_t>(number());
      else if (w == "lane") a.lane = static_cast<uint8_t>(number());
      else if (w == "faults") a.faults = true;
      else if (w == "atomic") a.atomic = true;
      else if (w == "guarded") a.guarded = true;
      else {
        known = false;
        for (uint32_t i = 0; i <= static_cast<uint32_t>(AtomicRmw::xchg); ++i)
          if (rmw_text(static_cast<AtomicRmw>(i)) == w)
            a.rmw = static_cast<AtomicRmw>(i), known = true;
        if (!known) fail("'{}' says nothing about an access", w);
      }
    }
    inst.access = a;
  }

  std::string_view text_, rest_, at_;
  Function& f_;
  std::string error_;
  uint32_t line_ = 0;
  bool defining_ = true;
  Block block_ = Block::none;
  uint32_t next_inst_ = 0;
  std::unordered_map<std::string_view, Op> ops_;
  std::unordered_map<uint32_t, Value> values_;
  std::unordered_map<uint32_t, Block> blocks_;
};

}  // namespace

bool parse(std::string_view text, Function& out, std::string& error) {
  out = {};
  return Parser(text, out).run(error);
}

}  // namespace zwasm::ir
