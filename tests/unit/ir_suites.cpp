// Every function of every module of the conformance suites and of the guests has a graph, and the
// verifier finds nothing wrong with it: plainly, with all checks explicit and fuel, and entered at
// each of its loops.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "ir/build.h"
#include "ir/print.h"
#include "ir/verifier.h"
#include "module/decoder.h"
#include "module/encoder.h"
#include "opt/optimize.h"
#include "text/script.h"
#include "validate/func_decoder.h"
#include "validate/validator.h"

using namespace zwasm;
namespace fs = std::filesystem;

namespace {

fs::path shared(const char* what, const char* variable) {
  if (const char* env = std::getenv(variable)) return env;
  for (fs::path at = fs::current_path(); at != at.root_path(); at = at.parent_path())
    if (fs::exists(at / "shared" / what)) return at / "shared" / what;
  return {};
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Nothing {};
// The places of the loops of a body.
struct Loops : validate::NullConsumer<Nothing, Nothing> {
  validate::FuncDecoder<Loops, false>* decoder = nullptr;
  uint64_t body = 0;
  std::vector<uint32_t> places;
  void loop(F&, Es) { places.push_back(static_cast<uint32_t>(decoder->code_offset() - body)); }
};

struct Tally {
  size_t functions = 0, graphs = 0, instructions = 0, bytes = 0;
};

void check_function(const std::string& where, const module::Module& m,
                    const module::ModuleTypes& types, uint32_t func, size_t max_loops,
                    Tally& tally) {
  const module::FuncBody& body = m.bodies[func - m.imported_funcs];
  ++tally.functions;
  tally.bytes += body.code.size();
  auto one = [&](const ir::BuildSettings& settings, const char* how) {
    ir::Function function;
    std::string error;
    if (ir::build(m, types, func, settings, function, error)) error = ir::verify(function);
    if (error.empty()) {
      opt::optimize(function, 2);
      error = ir::verify(function);
      if (!error.empty()) error = "optimized: " + error;
    }
    tally.instructions += function.insts.size();
    ++tally.graphs;
    if (!error.empty()) {
      std::string text = function.order.size() < 200 ? ir::print(function) : "";
      FAIL_CHECK(where << " function " << func << " " << how << ": " << error << "\n" << text);
    }
  };
  one({}, "plainly");
  ir::BuildSettings checked;
  checked.signals = checked.reserved_memory = false;
  checked.fuel = checked.nan_canonicalization = true;
  one(checked, "checked");
  Loops loops;
  validate::FuncDecoder<Loops, false> decoder(m, types, loops);
  loops.decoder = &decoder;
  loops.body = body.offset;
  CHECK(decoder.run_function(func).ok());
  for (size_t i = 0; i < loops.places.size() && i < max_loops; ++i) {
    ir::BuildSettings osr;
    osr.osr_position = loops.places[i];
    one(osr, "entered at a loop");
  }
}

void check_module(const std::string& where, std::span<const uint8_t> bytes, size_t max_loops,
                  uint32_t stride, Tally& tally) {
  auto m = module::decode(bytes, isa::FeatureSet::all());
  if (!m.ok()) return;
  module::TypeRegistry registry;
  auto types = validate::validate_module(*m, registry, isa::FeatureSet::all(), 1);
  if (!types.ok()) return;
  for (uint32_t i = 0; i < m->bodies.size(); i += stride)
    check_function(where, *m, *types, m->imported_funcs + i, max_loops, tally);
}

void check_directives(const std::string& path, const std::string& text,
                      const std::vector<text::Directive>& directives, Tally& tally) {
  for (const text::Directive& directive : directives) {
    check_directives(path, text, directive.commands, tally);
    if (!directive.module || directive.module->is_component) continue;
    std::string where = path + ":" + std::to_string(directive.line);
    if (directive.module->form == text::ScriptModule::Form::binary) {
      const std::string& b = directive.module->bytes;
      check_module(where, {reinterpret_cast<const uint8_t*>(b.data()), b.size()}, 8, 1, tally);
    } else {
      auto parsed = text::parse_script_module(text, *directive.module, isa::FeatureSet::all());
      if (parsed.ok()) check_module(where, module::encode(parsed->module), 8, 1, tally);
    }
  }
}

}  // namespace

TEST_CASE("every function of the suites has a sound graph") {
  fs::path root = shared("suites", "ZWASM_SUITES");
  if (root.empty()) {
    MESSAGE("SKIPPED: the conformance suites are absent");
    return;
  }
  Tally tally;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".wast") continue;
    std::string text = read(entry.path());
    auto script = text::parse_script(text);
    if (script.ok())
      check_directives(entry.path().filename().string(), text, script->directives, tally);
  }
  MESSAGE(tally.functions << " functions, " << tally.graphs << " graphs, " << tally.instructions
                          << " instructions of " << tally.bytes << " bytes");
  CHECK(tally.functions > 1000);
}

// Of the guests one function in seven, or all if ZWASM_TEST_ALL is set.
TEST_CASE("functions of the guests have sound graphs") {
  const uint32_t stride = std::getenv("ZWASM_TEST_ALL") != nullptr ? 1 : 7;
  fs::path root = shared("guests", "ZWASM_GUESTS");
  if (root.empty()) {
    MESSAGE("SKIPPED: the guests are absent");
    return;
  }
  Tally tally;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.path().extension() != ".wasm") continue;
    std::string bytes = read(entry.path());
    check_module(entry.path().filename().string(),
                 {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 1, stride, tally);
  }
  MESSAGE(tally.functions << " functions, " << tally.graphs << " graphs, " << tally.instructions
                          << " instructions of " << tally.bytes << " bytes");
}
