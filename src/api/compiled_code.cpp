// The machine code of a compiled module, for those who want to read it.
#include <algorithm>

#include "aot/code_object.h"
#include "aot/seal_key.h"
#include "api/loader.h"
#include "base/sort.h"
#include "module/immediates.h"
#include "module/reader.h"
#include "runtime/loaded_module.h"
#include "zwasm/tools.h"

namespace zwasm {

using detail::Internals;

namespace {

// The instruction at an offset of the binary; empty: there is none.
std::string op_at(std::span<const uint8_t> binary, uint64_t offset) {
  if (offset >= binary.size()) return {};
  module::Reader reader(binary.subspan(offset), 0);
  const isa::Op op = module::read_op(reader);
  return reader.ok() ? std::string(isa::op_info(op).text) : std::string();
}

class Describe {
 public:
  explicit Describe(const runtime::LoadedModule& module) : module_(module) {}

  FunctionCode function(const aot::Object::Extent& extent, std::span<const uint8_t> code) const {
    FunctionCode to;
    const module::Module& m = module_.module();
    to.func_index = extent.func;
    to.begin = extent.begin;
    to.code = code.subspan(extent.begin, extent.end - extent.begin);
    if (extent.func < m.imported_funcs || extent.func >= m.funcs.size()) return to;
    to.name = module_.function_name(extent.func);
    to.body_offset = m.bodies[extent.func - m.imported_funcs].offset;
    for (const runtime::NativeTrap& t : extent.traps)
      to.sites.push_back(site(to, t.offset, t.position, CodeSite::Kind::trap, t.trap));
    for (const runtime::NativeCallSite& c : extent.calls)
      to.sites.push_back(
          site(to, c.return_offset, c.position, CodeSite::Kind::call, isa::Trap::none));
    sort_by(to.sites, [](const CodeSite& s) { return s.code_offset; });
    return to;
  }

 private:
  CodeSite site(const FunctionCode& function, uint32_t at, uint32_t position, CodeSite::Kind kind,
                isa::Trap trap) const {
    CodeSite to;
    to.code_offset = at;
    to.kind = kind;
    to.trap = static_cast<Trap>(trap);
    to.offset = function.body_offset + position;
    to.op = op_at(*module_.module().bytes, to.offset);
    module::SourcePlace place = module_.source_place(to.offset);
    to.file = std::move(place.file);
    to.line = place.line;
    return to;
  }

  const runtime::LoadedModule& module_;
};

}  // namespace

Result<std::vector<FunctionCode>> compiled_functions(std::span<const uint8_t> bytes,
                                                     std::string_view file) {
  // Tables are read where they stand, at addresses that suit them; the caller's may not.
  const SharedBytes copy = SharedBytes::copy(bytes);
  auto object = aot::Object::open(copy, aot::seal_key().bytes);
  auto refused = [&](std::string why) {
    Error error;
    error.kind = ErrorKind::malformed;
    error.file = file;
    error.message = std::move(why);
    return error;
  };
  if (!object) return refused(std::move(object.error().text));
  auto module = Module::from_any(Engine({.features = Features::all(), .tier = Tier::interpreter}),
                                 *object->module(), file);
  if (!module) return std::move(module).error();
  const std::vector<aot::Object::Extent> extents = object->extents();
  if (extents.size() != object->function_count())
    return refused("the compiled module contradicts itself");
  const auto code = bytes.subspan(static_cast<size_t>(object->code().data() - copy->data()),
                                  object->code().size());
  const Describe describe(*Internals::module(*module));
  std::vector<FunctionCode> functions;
  functions.reserve(extents.size());
  for (const aot::Object::Extent& extent : extents)
    functions.push_back(describe.function(extent, code));
  return functions;
}

}  // namespace zwasm
