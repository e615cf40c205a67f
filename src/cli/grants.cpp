#include "grants.h"

#include "report.h"

namespace zwasm::cli {
namespace {

// HOST, HOST::GUEST, HOST::GUEST::ro
Grants::Directory parse_directory(std::string_view text) {
  std::string all(text);
  Grants::Directory directory{all, all, Access::read_write};
  size_t first = all.find("::");
  if (first != std::string::npos) {
    directory.host = all.substr(0, first);
    directory.guest = all.substr(first + 2);
    size_t second = directory.guest.find("::");
    if (second != std::string::npos) {
      std::string suffix = directory.guest.substr(second + 2);
      directory.guest.resize(second);
      if (suffix == "ro") directory.access = Access::read;
      else if (suffix != "rw")
        usage_exit(concat({"--dir ", all, ": the suffix is ro or rw, not \"", suffix, "\""}),
                   "run");
    }
  }
  if (directory.host.empty() || directory.guest.empty())
    usage_exit(concat({"--dir takes HOST, HOST::GUEST or HOST::GUEST::ro, not \"", all, "\""}),
               "run");
  return directory;
}

// One directory per path; reading and writing add up.
void grant_path(Grants& grants, std::string_view path, Access access) {
  std::string name(path.empty() ? "/" : path);
  for (Grants::Directory& known : grants.directories)
    if (known.host == name && known.guest == name) {
      known.access = static_cast<Access>(static_cast<int>(known.access) | static_cast<int>(access));
      return;
    }
  grants.directories.push_back({name, name, access});
}

}  // namespace

bool apply_grant(const Option& option, Grants& to) {
  std::string_view value = option.value.value_or("");
  switch (option.id) {
    case OptionId::dir: to.directories.push_back(parse_directory(value)); return true;
    case OptionId::env: {
      size_t equals = value.find('=');
      std::string name(value.substr(0, equals));
      if (name.empty())
        usage_exit(concat({"--env takes NAME=VALUE or NAME, not \"", value, "\""}), "run");
      if (equals == std::string_view::npos) to.variables.push_back({name, std::nullopt});
      else to.variables.push_back({name, std::string(value.substr(equals + 1))});
      return true;
    }
    case OptionId::allow_read: grant_path(to, value, Access::read); return true;
    case OptionId::allow_write: grant_path(to, value, Access::read_write); return true;
    case OptionId::allow_env:
      if (value.empty()) to.all_env = true;
      else to.variables.push_back({std::string(value), std::nullopt});
      return true;
    case OptionId::allow_clock: to.clock = true; return true;
    case OptionId::allow_random: to.random = true; return true;
    case OptionId::allow_stdio: to.stdio = true; return true;
    case OptionId::allow_threads: to.threads = true; return true;
    case OptionId::allow_net:
      if (!value.empty()) to.listen.emplace_back(value);
      return true;
    case OptionId::allow_all:
      grant_path(to, "/", Access::read_write);
      to.all_env = true;
      to.clock = to.random = to.stdio = to.threads = true;
      return true;
    case OptionId::deny_read: to.no_read = true; return true;
    case OptionId::deny_write: to.no_write = true; return true;
    case OptionId::deny_env: to.no_env = true; return true;
    case OptionId::deny_net: to.no_net = true; return true;
    case OptionId::deny_clock: to.clock = false; return true;
    case OptionId::deny_random: to.random = false; return true;
    case OptionId::deny_stdio: to.stdio = false; return true;
    case OptionId::deny_threads: to.threads = false; return true;
    case OptionId::sandbox: to.sandbox = true; return false;  // limits, too
    default: return false;
  }
}

void apply(const Grants& grants, const Settings& settings, WasiConfig& wasi) {
  const bool by_default = !grants.sandbox;
  wasi.allow_clocks(grants.clock.value_or(by_default));
  wasi.allow_random(grants.random.value_or(by_default));
  wasi.allow_threads(settings.threads.value_or(grants.threads.value_or(false)));
  const bool stdio = grants.stdio.value_or(true);
  if (settings.in.value_or(stdio)) wasi.inherit_stdin();
  if (settings.out.value_or(stdio)) wasi.inherit_stdout();
  if (settings.err.value_or(stdio)) wasi.inherit_stderr();
  if (!grants.no_env) {
    if (grants.all_env || settings.inherit_env) wasi.inherit_env();
    for (const Grants::Variable& variable : grants.variables) {
      if (variable.value) wasi.env(variable.name, *variable.value);
      else wasi.inherit_env(variable.name);
    }
  }
  for (const Grants::Directory& directory : grants.directories) {
    int access = static_cast<int>(directory.access);
    if (grants.no_read) access &= ~static_cast<int>(Access::read);
    if (grants.no_write) access &= ~static_cast<int>(Access::write);
    if (access != 0) wasi.preopen(directory.host, directory.guest, static_cast<Access>(access));
  }
  if (!grants.no_net) {
    for (const std::string& address : grants.listen) wasi.listen(address);
    for (const std::string& address : settings.listen) wasi.listen(address);
  }
}

}  // namespace zwasm::cli
