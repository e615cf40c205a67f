// Lists of scripts (tables with the columns path, step, mode, switches), and the mode `program`.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "script_runner.h"

namespace zwasm::cli {

enum class ScriptMode : uint8_t {
  run,
  static_,  // parse and validate only
  reject,   // a text that must be refused
  program,  // a program for `zwasm run`
};

struct ScriptEntry {
  std::string path;  // as listed
  std::string file;  // to be opened
  ScriptMode mode = ScriptMode::run;
  std::string switches;
};

// The entries of a step (empty: all). Errors: io, malformed with the line.
Result<std::vector<ScriptEntry>> read_manifest(const std::string& path, const std::string& step);

// Runs a program on an engine (empty: the default) and compares with what is on record for it in
// WASMTIME-RUN.tsv beside it, where our contract does not decide otherwise.
ScriptResult run_program_check(const ScriptEntry& entry, std::string_view engine);

}  // namespace zwasm::cli
