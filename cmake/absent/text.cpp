// What stands for the text format in a library without it (ZWASM_WAT=OFF): everything that would
// read or write text says so.
#include "base/parts.h"
#include "text/printer.h"
#include "text/script.h"

namespace zwasm::text {
namespace {

LoadError absent() {
  LoadError error;
  error.kind = LoadError::Kind::limit;
  error.message = absent_part(Part::text);
  return error;
}

}  // namespace

LoadResult<ParsedModule> parse_module(std::string_view, isa::FeatureSet, const ParseOptions&) {
  return Err{absent()};
}
LoadResult<Script> parse_script(std::string_view) { return Err{absent()}; }
LoadResult<ParsedModule> parse_script_module(std::string_view, const ScriptModule&,
                                             isa::FeatureSet) {
  return Err{absent()};
}
LoadResult<void> print_module(const module::Module&, const PrintOptions&, TextSink) {
  return Err{absent()};
}

}  // namespace zwasm::text
