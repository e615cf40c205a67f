// One instruction as text: its name and immediates. What stands around it (lines, parentheses) is
// up to the flat and the folded printer.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "module/immediates.h"
#include "module/module.h"
#include "text/label_stack.h"
#include "text/print_names.h"

namespace zwasm::text {

class InstructionText {
 public:
  InstructionText(const module::Module& module, const PrintNames& names)
      : module_(module), names_(names) {}

  // Before the first instruction of a function, or (kNoFunction) of a constant expression.
  static constexpr uint32_t kNoFunction = ~uint32_t{0};
  void begin(uint32_t function);
  const Identifiers& locals() const { return locals_; }

  // Appends the instruction; one that is a label is entered by it. Legacy `delegate` and `end`
  // leave one: `leave` is to be called before the former and after the latter.
  void append(std::string& out, isa::Op op, const module::Immediates& imm);
  void leave() { labels_.pop(); }
  size_t depth() const { return labels_.size(); }

  // Types, for declarations too.
  void append_val_type(std::string& out, isa::ValType type) const;
  void append_heap_type(std::string& out, isa::HeapType heap) const;
  void append_signature(std::string& out, const module::FuncType& type,
                        const Identifiers* param_names = nullptr) const;
  // `(type x)`, and what that is.
  void append_type_use(std::string& out, uint32_t type, const Identifiers* param_names) const;
  // The function type with this index, if it is one.
  const module::FuncType* func_type(uint32_t type) const;

 private:
  void append_immediates(std::string& out, isa::Op op, const module::Immediates& imm);
  void append_label(std::string& out, uint32_t depth) const;
  void append_block_type(std::string& out, const module::BlockType& block) const;
  void append_memarg(std::string& out, isa::Op op, const module::Immediates& imm) const;
  void append_vector(std::string& out, const uint8_t* bytes) const;
  void enter(std::string& out);

  const module::Module& module_;
  const PrintNames& names_;
  Identifiers locals_;
  std::span<const module::InnerName> label_names_;
  LabelStack labels_;
  uint32_t labels_seen_ = 0;
};

// Whether the op opens a construct that ends with `end` (or `delegate`).
constexpr bool opens_block(isa::Op op) {
  using isa::Op;
  return op == Op::block || op == Op::loop || op == Op::if_ || op == Op::try_ ||
         op == Op::try_table;
}

}  // namespace zwasm::text
