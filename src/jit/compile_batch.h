// A batch of functions of one module, compiled together and published at once: calls among them
// are direct.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codegen/compile.h"
#include "runtime/loaded_module.h"
#include "runtime/native_code.h"

namespace zwasm::jit {

// One version of a function to be made.
struct Job {
  static constexpr uint32_t kNoOsr = runtime::NativeFunction::kNoOsr;
  uint32_t func = 0;  // function index, of a defined function
  uint32_t osr_position = kNoOsr;
};

struct Compiled {
  Job job;
  bool ok = false;
  std::string error;        // why not
  double milliseconds = 0;  // of processor time
  codegen::MachineCode code;
};

// What code for an engine's modules depends on.
codegen::CodegenSettings codegen_settings(const runtime::EngineSettings& settings);

// What is written to stderr of each function.
struct Show {
  bool ir = false;  // the graph that code is made of
  bool code = false;
  bool passes = false;  // the graph as it was built, and behind each pass
};

// The pipeline, one function. `batch` as codegen::generate takes it.
Compiled compile_function(runtime::LoadedModule& module, const Job& job,
                          const codegen::CodegenSettings& settings, const codegen::Batch& batch,
                          const Show& show = {});

// Functions one behind the other, with their calls of each other filled in: position independent.
// A call of a function that could not be compiled goes through the instance. Takes the code out of
// `compiled`.
struct Layout {
  std::vector<uint8_t> bytes;
  std::vector<runtime::NativeFunction> functions;
  runtime::NativeTables tables;  // of the functions
};
Layout lay_out(runtime::LoadedModule& module, std::span<Compiled> compiled,
               const codegen::CodegenSettings& settings);

}  // namespace zwasm::jit
