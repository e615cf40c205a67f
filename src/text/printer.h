// Module to text: what parse_module turns back into the same module, byte for byte where our own
// encoder wrote it. Forms that mean the same stay apart (segment flags, explicit groups and
// supertypes); custom sections appear as `@custom` annotations at their places, branch hints as
// annotations of their instructions, names as identifiers.
//
// Output is streamed, so that the text of a large module need not fit into memory. No recursion:
// depth of nesting costs heap only.
#pragma once
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/function_ref.h"
#include "module/module.h"

namespace zwasm::text {

struct PrintOptions {
  bool names = true;    // identifiers from the name section; otherwise indices
  bool folded = false;  // instructions as nested expressions instead of one on each line
  bool customs = true;  // custom sections as annotations
};

using TextSink = FunctionRef<void(std::string_view)>;

// Pieces of text go to `sink` in order. The module need not be valid; code that is malformed is an
// error with its offset, behind which the text already written is of no use.
LoadResult<void> print_module(const module::Module& module, const PrintOptions& options,
                              TextSink sink);

}  // namespace zwasm::text
