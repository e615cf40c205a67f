// `zwasm compile`: a module with machine code of all its functions, as a file.
#include <unistd.h>
#include <zwasm/zwasm.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "commands.h"
#include "files.h"
#include "report.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

// A line on a terminal that shows how far it is; nothing elsewhere, and nothing for what is quick.
class ProgressLine {
 public:
  explicit ProgressLine(const std::string& file) : file_(printable(file)) {}
  ~ProgressLine() {
    if (shown_) std::fprintf(stderr, "\r\033[K");
  }
  void operator()(size_t done, size_t all) {
    if (!terminal_) return;
    const auto now = Clock::now();
    if (now - shown_at_ < std::chrono::milliseconds(100)) return;
    shown_at_ = now;
    shown_ = true;
    std::fprintf(stderr, "\r\033[K%s: %zu of %zu functions", file_.c_str(), done, all);
  }

 private:
  using Clock = std::chrono::steady_clock;
  const std::string file_;
  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  Clock::time_point shown_at_ = Clock::now();
  bool shown_ = false;
};

}  // namespace

int compile(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  const std::string file = one_file(parsed, command);
  Settings settings = settings_of(parsed, command);
  if (settings.config.tier == Tier::interpreter)
    return usage_error("compile has no use for --engine interp", command.name);
  settings.config.fuel = settings.fuel.has_value();
  settings.config.tier = Tier::compiled;
  settings.config.cache = false;

  PrecompileOptions options;
  options.target.arch = parsed.value(OptionId::target).value_or("");
  options.target.cpu = parsed.value(OptionId::cpu).value_or("");
  auto bytes = read_file(file);
  if (!bytes) return report(bytes.error(), "cannot load " + file);
  if (is_compiled(*bytes)) {
    std::fprintf(stderr, "zwasm: error: %s is compiled already: zwasm inspect shows for what\n",
                 printable(file).c_str());
    return kFailed;
  }
  auto module = Module::from_any(Engine(settings.config), *bytes, file);
  if (!module) return report(module.error(), "cannot load " + file);
  Result<Precompiled> made = [&] {
    ProgressLine line(file);
    options.progress = [&line](size_t done, size_t all) { line(done, all); };
    return module->precompile(options);
  }();
  if (!made) {
    if (made.error().kind == ErrorKind::usage)
      return usage_error(made.error().message, command.name);
    return report(made.error(), "cannot compile " + file);
  }
  for (const auto& [func, why] : made->refused) {
    std::string name = printable(module->func_name(func));
    std::fprintf(stderr, "zwasm: note: function %u%s%s will be interpreted: %s\n", func,
                 name.empty() ? "" : " ", name.c_str(), why.c_str());
  }
  std::string output(parsed.value(OptionId::output).value_or(""));
  if (output.empty()) output = output_beside(file, ".cwasm");
  return write_file(output, made->bytes.data(), made->bytes.size());
}

}  // namespace zwasm::cli
