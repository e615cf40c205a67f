// Runs one script: every directive is executed, or counted as failed or skipped with the reason.
//
// Text of assertions: an expected text matches when ours contains it, or when it goes on where ours
// ends ("uninitialized element 2").
#pragma once
#include <zwasm/script.h>
#include <zwasm/zwasm.h>

#include <map>
#include <string>
#include <vector>

#include "switches.h"

namespace zwasm::cli {

// Counts by name of directive.
using Counts = std::map<std::string, uint64_t, std::less<>>;

struct ScriptResult {
  Counts executed, failed, skipped;   // executed: those that failed included
  std::vector<std::string> reasons;   // of what was skipped
  std::vector<std::string> messages;  // of what failed: "file:line: …"

  void merge(const ScriptResult& other);
};

struct ScriptOptions {
  Settings settings;
  bool validate_only = false;
  bool ignore_messages = false;
  // A module that must be refused is judged by being refused, not by the words: the suites of a
  // manifest come from several tools, whose words for the same mistake differ.
  bool ignore_refusal_messages = false;
};

// Features that a script's header asks for, over those of `settings`.
void apply_headers(const script::Script& script, Settings& settings);

ScriptResult run_script(const script::Script& script, const ScriptOptions& options);

}  // namespace zwasm::cli
