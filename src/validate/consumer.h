// What walks along with FuncDecoder. The decoder knows types and structure; a consumer attaches
// data of its own to each operand and each control frame and is told what happens:
//
//   struct Consumer {
//     struct Value { … };     // per operand; trivially copyable, default: "none yet"
//     struct Control { … };   // per control frame; default constructible, movable
//     … the hooks below …
//   };
//
// Hooks are called only for *live* code: what the structure of the function alone shows to be
// unreachable (behind br, return, unreachable …; behind a block whose end nothing reaches) is
// checked but not reported, and a frame that was not entered live gets no hook at all. So in every
// hook all operands are real. `args` are the operands in stack order (last = top of stack), which
// are popped after the hook; `results` are pushed after it: their types are set and their values
// default, the hook fills the values in. The two never overlap. References and spans are valid
// during the hook only.
//
// Structure. Every live frame sees: its opening hook; the hooks of its code; `fallthrough` where
// its code runs into else, catch or end alive; `else_` / `catch_` / `catch_all`; and `end`.
//
//   begin_function(frame)           frame.kind == func; its label is the function's end. Locals:
//                                   decoder.locals() (parameters first)
//   block(frame, params)            params are the top of the stack and stay there, as the first
//   loop(frame, params)             operands inside the frame; the hook may change their values.
//   try_(frame, params)             The frame is already on the control stack.
//   try_table(frame, params, catches)    labels of catches are counted from *inside* the new frame,
//                                   so that decoder.frame(label) is their target
//   if_(frame, cond, params)
//   fallthrough(frame, values)      values are the frame's results (top of the stack)
//   else_(frame, params)            the operands of the second arm: new entries, values default.
//                                   For an `if` without `else` the decoder does as if an empty one
//                                   stood there; frame.implicit_else is set from the preceding
//                                   `fallthrough` on
//   catch_(frame, tag, params)      legacy catch of `tag`; params: the exception's values, new
//   catch_all(frame)
//   delegate(frame, target)         legacy; comes before `end`, in its place
//   end(frame, results)             results are new entries on the stack of the frame around (for
//                                   the function itself: what it returns). frame.end_live tells
//                                   whether anything reaches this place
//   end_function()                  last of all
//
// Branches. `target` is decoder.frame(depth); target.label_types() are the types that travel.
// `values` are the top operands, as many as the label has; they stay (br_if …) or die (br …).
//
//   br(target, depth, values)
//   br_if(target, depth, cond, values)
//   br_table(index, depths, default_depth, values)       depths without the default
//   br_on_null(target, depth, ref, values)      ref is above values; falls through as non-null
//   br_on_non_null(target, depth, values)       values include the reference, last; it is popped
//                                               when falling through
//   br_on_cast(target, depth, values, from, to)          values include the reference, last; it
//   br_on_cast_fail(target, depth, values, from, to)     stays, with another type
//   return_(values)
//   unreachable()
//   throw_(tag, args) / throw_ref(ref) / rethrow(target, depth)
//
// Calls. For call_indirect the last operand is the index, for call_ref the function reference;
// they are handed over apart from args. `type` is a module type index.
//
//   call(func, func_type, args, results)
//   call_indirect(type, table, func_type, index, args, results)
//   call_ref(type, func_type, ref, args, results)
//   return_call(func, func_type, args)   return_call_indirect(type, table, func_type, index, args)
//   return_call_ref(type, func_type, ref, args)
//
// Everything else:
//
//   simple(op, imm, args, results)   every op with a signature in opcodes.def: constants, numerics,
//                                    vectors, loads, stores, atomics, memory.size and .grow, nop.
//                                    The address type is args[0].type (or decoder.memory_is64)
//   drop(value)
//   select(args, result)             args: the two values, then the condition
//   local_get(local, result)         local_set(local, value)      local_tee(local, value, result)
//   global_get(global, result)       global_set(global, value)
//   memory_op(op, imm, args, results)   memory.copy .fill .init, data.drop
//   table_op(op, imm, args, results)    table.get .set .size .grow .fill .copy .init, elem.drop
//   ref_op(op, imm, args, results)      ref.null .is_null .func .eq .as_non_null .test .cast .i31,
//                                       i31.get_*, any.convert_extern, extern.convert_any
//   struct_op(op, imm, args, results)   array_op(op, imm, args, results)
//
// A consumer that cannot go on calls decoder.fail(); it gets no more hooks.
#pragma once
#include <cstdint>
#include <span>

#include "isa/types.h"
#include "module/immediates.h"
#include "module/module.h"

namespace zwasm::validate {

using isa::ValType;
using TypeSpan = std::span<const ValType>;

template <class Value>
struct Entry {
  ValType type;
  [[no_unique_address]] Value value;
};

enum class ControlKind : uint8_t {
  func,
  block,
  loop,
  if_,
  else_,
  try_,
  catch_,
  catch_all,
  try_table,
};

template <class Control>
struct Frame {
  ControlKind kind = ControlKind::block;
  bool live = false;           // is the code at this point, in this frame, reported?
  bool entered = false;        // was it live where the frame starts?
  bool polymorphic = false;    // after br, unreachable …: the stack supplies any operand
  bool end_live = false;       // has anything live reached the end (so far)?
  bool implicit_else = false;  // see above
  uint32_t height = 0;         // of the operand stack below the frame's parameters
  uint32_t init_height = 0;    // of the list of locals initialized before the frame
  module::Offset offset = 0;   // of the instruction that opened it
  TypeSpan params;
  TypeSpan results;
  [[no_unique_address]] Control control;

  TypeSpan label_types() const { return kind == ControlKind::loop ? params : results; }
};

// Does nothing, in all hooks. Also the base for consumers that want only some of them.
template <class V, class C>
struct NullConsumer {
  using Value = V;
  using Control = C;
  using E = Entry<V>;
  using F = Frame<C>;
  using Es = std::span<E>;
  using Imm = const module::Immediates&;
  using Func = const module::FuncType&;

  void begin_function(F&) {}
  void block(F&, Es) {}
  void loop(F&, Es) {}
  void if_(F&, E&, Es) {}
  void try_(F&, Es) {}
  void try_table(F&, Es, std::span<const module::CatchClause>) {}
  void fallthrough(F&, Es) {}
  void else_(F&, Es) {}
  void catch_(F&, uint32_t, Es) {}
  void catch_all(F&) {}
  void delegate(F&, F&) {}
  void end(F&, Es) {}
  void end_function() {}

  void br(F&, uint32_t, Es) {}
  void br_if(F&, uint32_t, E&, Es) {}
  void br_table(E&, std::span<const uint32_t>, uint32_t, Es) {}
  void br_on_null(F&, uint32_t, E&, Es) {}
  void br_on_non_null(F&, uint32_t, Es) {}
  void br_on_cast(F&, uint32_t, Es, ValType, ValType) {}
  void br_on_cast_fail(F&, uint32_t, Es, ValType, ValType) {}
  void return_(Es) {}
  void unreachable() {}
  void throw_(uint32_t, Es) {}
  void throw_ref(E&) {}
  void rethrow(F&, uint32_t) {}

  void call(uint32_t, Func, Es, Es) {}
  void call_indirect(uint32_t, uint32_t, Func, E&, Es, Es) {}
  void call_ref(uint32_t, Func, E&, Es, Es) {}
  void return_call(uint32_t, Func, Es) {}
  void return_call_indirect(uint32_t, uint32_t, Func, E&, Es) {}
  void return_call_ref(uint32_t, Func, E&, Es) {}

  void simple(isa::Op, Imm, Es, Es) {}
  void drop(E&) {}
  void select(Es, E&) {}
  void local_get(uint32_t, E&) {}
  void local_set(uint32_t, E&) {}
  void local_tee(uint32_t, E&, E&) {}
  void global_get(uint32_t, E&) {}
  void global_set(uint32_t, E&) {}
  void memory_op(isa::Op, Imm, Es, Es) {}
  void table_op(isa::Op, Imm, Es, Es) {}
  void ref_op(isa::Op, Imm, Es, Es) {}
  void struct_op(isa::Op, Imm, Es, Es) {}
  void array_op(isa::Op, Imm, Es, Es) {}
};

}  // namespace zwasm::validate
