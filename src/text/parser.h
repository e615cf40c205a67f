// Text to module: the complete `.wat` language of WebAssembly 3.0 and the proposals in
// isa/features.def. Folded and flat instructions, every abbreviation, and the annotations
// `@custom`, `@name`, `@producers`, `@dylink.0` and `@metadata.code.branch_hint`.
//
// What the specification calls malformed is found here, in its words; what it calls invalid is
// left to validation, save a few things that cannot be written down in binary.
//
// Thread safety: all functions may be called from any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "isa/features.h"
#include "module/module.h"
#include "text/lexer.h"
#include "text/source_map.h"

namespace zwasm::text {

struct ParsedModule {
  module::Module module;  // spans point into its arena, not into the text
  SourceMap source_map;
};

// Modules of test scripts may hold what a file had better not (see BidiControls), and may be
// marked `definition`.
enum class TextOrigin : uint8_t { file, script };

struct ParseOptions {
  TextOrigin origin = TextOrigin::file;
  size_t offset = 0;  // where in the text the module starts
  bool names = true;  // write a name section with the identifiers
};

// Parses one module: `(module …)`, or its fields alone; also `(module quote "…")`. `(module binary
// "…")` yields what its bytes decode to. Errors carry offset, line and column in `text`.
LoadResult<ParsedModule> parse_module(std::string_view text, isa::FeatureSet features,
                                      const ParseOptions& options = {});

// The same, encoded; the source map is bound to the bytes' offsets. The features matter for what
// the text may say, not for validity.
struct AssembledModule {
  std::vector<uint8_t> bytes;
  SourceMap source_map;
};
LoadResult<AssembledModule> assemble(std::string_view text, isa::FeatureSet features,
                                     const ParseOptions& options = {});

// The error as people want to read it, without a newline at the end:
//
//   file.wat:3:7: error: unknown local $x
//     3 |   local.get $x
//       |             ^
//
// An error without a place is shown in one line.
std::string render_error(std::string_view file, std::string_view text, const LoadError& error);

}  // namespace zwasm::text
