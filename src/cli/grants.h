// What a program is granted: --dir, --env, --allow-…, --deny-…, --sandbox, and -S.
#pragma once
#include <zwasm/wasi.h>

#include <optional>
#include <string>
#include <vector>

#include "args.h"
#include "switches.h"

namespace zwasm::cli {

struct Grants {
  struct Directory {
    std::string host, guest;
    Access access;
  };
  struct Variable {
    std::string name;
    std::optional<std::string> value;  // nothing: inherited
  };
  std::vector<Directory> directories;
  std::vector<Variable> variables;
  std::vector<std::string> listen;
  bool all_env = false;
  // What --allow-… or --deny-… said last; nothing: by default.
  std::optional<bool> clock, random, stdio, threads;
  bool no_read = false, no_write = false, no_env = false, no_net = false;
  bool sandbox = false;
};

// Reads an option that grants or denies; ends the process on wrong usage. False: another option.
bool apply_grant(const Option& option, Grants& grants);

void apply(const Grants& grants, const Settings& settings, WasiConfig& wasi);

}  // namespace zwasm::cli
