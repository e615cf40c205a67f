// Function bodies and constant expressions as text: flat, one instruction on each line, or folded
// into expressions.
//
// Folding is a matter of looks only: an expression means its operands and then its operator, so
// whatever stands before an instruction may become its operand without changing the code. What
// should is told by how many values instructions take and leave. So code that does not validate
// prints as faithfully as code that does.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "text/print_instructions.h"
#include "text/print_output.h"

namespace zwasm::text {

// A branch hint of the function that is printed.
struct PrintHint {
  uint64_t offset = 0;  // from the first instruction on
  bool likely = false;
};

class CodePrinter {
 public:
  CodePrinter(const module::Module& module, InstructionText& text, Output& out)
      : module_(module), text_(text), out_(out) {}

  // The instructions of a body without its final `end`, each on a line of its own, at `depth`.
  void flat(std::span<const uint8_t> code, uint64_t offset, std::span<const PrintHint> hints,
            size_t depth);
  // The same as expressions.
  void folded(std::span<const uint8_t> code, uint64_t offset, std::span<const PrintHint> hints,
              size_t depth);
  // A constant expression on the current line, behind a space: one expression in parentheses where
  // it can be written so, else within `(wrapper …)`; several side by side where that is empty.
  void constant(const module::ConstExpr& expr, std::string_view wrapper);

  bool ok() const { return ok_; }
  const LoadError& error() const { return error_; }

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};
  // `(text child…)`
  struct Node {
    size_t begin = 0, end = 0;                           // of its text, in texts_
    uint32_t first = kNone, last = kNone, next = kNone;  // children; sibling
    size_t width = 0;                                    // on one line
    size_t results = 0;
    int8_t hint = -1;
  };
  // A construct that is open while the tree is built, or (the outermost) the body.
  struct Block {
    uint32_t node = kNone;
    uint32_t part = kNone;  // then, else, do, catch: what gets the items
    size_t results = 0;
    size_t label_arity = 0;
    std::vector<uint32_t> items;
  };
  struct Arity {
    size_t args = 0;
    size_t results = 0;
  };

  void fail(LoadError error) {
    if (ok_) error_ = std::move(error);
    ok_ = false;
  }
  void build(std::span<const uint8_t> code, uint64_t offset, std::span<const PrintHint> hints);
  void build_instruction(isa::Op op, const module::Immediates& imm, int8_t hint);
  void open_block(isa::Op op, const module::Immediates& imm, int8_t hint);
  void close_part();
  void close_block();
  uint32_t add_node(std::string text, size_t results);
  void add_child(uint32_t parent, uint32_t child);
  void take_operands(uint32_t node, size_t count);
  void write(std::span<const uint32_t> roots, size_t depth, bool one_line);

  Arity arity(isa::Op op, const module::Immediates& imm) const;
  Arity call_arity(uint32_t type, size_t extra) const;
  Arity block_arity(const module::BlockType& block) const;
  size_t label_arity(uint32_t depth) const;

  const module::Module& module_;
  InstructionText& text_;
  Output& out_;
  module::ImmediateStorage storage_;
  bool ok_ = true;
  LoadError error_;

  std::string texts_;
  std::vector<Node> nodes_;
  std::vector<Block> blocks_;
};

}  // namespace zwasm::text
