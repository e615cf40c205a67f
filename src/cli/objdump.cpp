// `zwasm objdump`: the machine code of a compiled module, or what a module would be compiled to,
// with the places where the module is known to call or trap.
#include <zwasm/zwasm.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "commands.h"
#include "disassembler.h"
#include "files.h"
#include "report.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

using Functions = std::vector<FunctionCode>;

std::string label(const FunctionCode& function) {
  return function.name.empty() ? "function " + std::to_string(function.func_index)
                               : printable(function.name);
}

// "<name>" of the function that a branch out of `from` leads to; empty: it stays, or leads nowhere.
std::string target_of(const Functions& all, const FunctionCode& from, const std::string& operands) {
  size_t at = operands.find("0x");
  if (at > 1 || operands.find(',') != std::string::npos) return {};
  const auto address = std::strtoull(operands.c_str() + at, nullptr, 16);
  auto f = std::upper_bound(all.begin(), all.end(), address,
                            [](uint64_t a, const FunctionCode& b) { return a < b.begin; });
  if (f == all.begin()) return {};
  --f;
  if (&*f == &from || address >= f->begin + f->code.size()) return {};
  return concat({" <", label(*f), ">"});
}

std::string describe(const CodeSite& site) {
  char offset[32];
  std::snprintf(offset, sizeof offset, "0x%llx", static_cast<unsigned long long>(site.offset));
  std::string text = concat({offset, " ", (site.op.empty() ? "?" : site.op)});
  if (site.kind == CodeSite::Kind::trap)
    text += ", may trap: " + std::string(trap_message(site.trap));
  if (!site.file.empty())
    text += concat({" (", printable(site.file), ":", std::to_string(site.line), ")"});
  return text;
}

// What is known of the bytes [begin, end) of a function; sites are taken in order.
class Sites {
 public:
  explicit Sites(const std::vector<CodeSite>& sites) : next_(sites.begin()), end_(sites.end()) {}
  std::vector<std::string> of(size_t begin, size_t end) {
    std::vector<std::string> texts;
    for (; next_ != end_; ++next_) {
      // A call is known by what stands behind it.
      const size_t at = next_->code_offset - (next_->kind == CodeSite::Kind::call ? 1 : 0);
      if (at >= end) break;
      if (at >= begin) texts.push_back(describe(*next_));
    }
    return texts;
  }

 private:
  std::vector<CodeSite>::const_iterator next_, end_;
};

void print_line(uint64_t address, std::span<const uint8_t> bytes, const std::string& text,
                const std::vector<std::string>& notes) {
  constexpr size_t kShown = 8;
  std::string hex;
  for (size_t i = 0; i < std::min(bytes.size(), kShown); ++i) {
    char two[4];
    std::snprintf(two, sizeof two, "%02x ", bytes[i]);
    hex += two;
  }
  if (bytes.size() > kShown) hex += "…";
  hex.resize(std::max<size_t>(hex.size(), 3 * kShown + 3 * (bytes.size() > kShown)), ' ');
  std::string line = text;
  if (!notes.empty()) line.resize(std::max<size_t>(line.size() + 1, 40), ' ');
  std::printf("%8llx  %s %s%s%s\n", static_cast<unsigned long long>(address), hex.c_str(),
              line.c_str(), notes.empty() ? "" : "; ", notes.empty() ? "" : notes[0].c_str());
  for (size_t i = 1; i < notes.size(); ++i)
    std::printf("%*s; %s\n", static_cast<int>(11 + 3 * kShown + 40), "", notes[i].c_str());
}

void print_function(const Functions& all, const FunctionCode& f, Disassembler* disassembler,
                    size_t step) {
  std::printf("\nfunction %u%s%s: %zu bytes at 0x%x; its body at 0x%llx of the module\n",
              f.func_index, f.name.empty() ? "" : " ", printable(f.name).c_str(), f.code.size(),
              f.begin, static_cast<unsigned long long>(f.body_offset));
  Sites sites(f.sites);
  for (size_t at = 0; at < f.code.size();) {
    Disassembler::Instruction instruction;
    std::span<const uint8_t> rest = f.code.subspan(at);
    size_t size = std::min(step, rest.size());
    std::string text;
    if (disassembler != nullptr && disassembler->decode(rest, f.begin + at, instruction)) {
      size = instruction.size;
      text = instruction.mnemonic;
      text.resize(std::max<size_t>(text.size() + 1, 8), ' ');
      text += instruction.operands + target_of(all, f, instruction.operands);
    } else if (disassembler != nullptr) {
      text = "(data)";
    }
    print_line(f.begin + at, rest.first(size), text, sites.of(at, at + size));
    at += size;
  }
}

bool is_wanted(const FunctionCode& f, std::string_view wanted) {
  if (auto index = parse_number(wanted)) return *index == f.func_index;
  return f.name == wanted;
}

}  // namespace

int objdump(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  const std::string file = one_file(parsed, command);
  Settings settings = settings_of(parsed, command);
  settings.config.fuel = settings.fuel.has_value();
  settings.config.tier = Tier::compiled;
  auto bytes = read_file(file);
  if (!bytes) return report(bytes.error(), "cannot load " + file);
  if (!is_compiled(*bytes)) {
    auto module = Module::from_any(Engine(settings.config), *bytes, file);
    if (!module) return report(module.error(), "cannot load " + file);
    PrecompileOptions options;
    options.target.arch = parsed.value(OptionId::target).value_or("");
    options.target.cpu = parsed.value(OptionId::cpu).value_or("");
    auto made = module->precompile(options);
    if (!made) return usage_error(made.error().message, command.name);
    *bytes = std::move(made->bytes);
  }
  auto info = compiled_info(*bytes, file);
  if (!info) return report(info.error());
  auto functions = compiled_functions(*bytes, file);
  if (!functions) return report(functions.error());

  auto disassembler = Disassembler::open(info->arch);
  if (disassembler == nullptr && !functions->empty())
    std::fprintf(stderr,
                 "zwasm: note: no disassembler here, so machine code is shown as bytes: install "
                 "libcapstone (Debian: libcapstone4)\n");
  std::printf("%s: %s, %zu functions, %llu bytes of machine code\n", printable(file).c_str(),
              info->arch.empty() ? "no machine code" : info->arch.c_str(), functions->size(),
              static_cast<unsigned long long>(info->code_bytes));
  const size_t step = info->arch == "arm64" ? 4 : disassembler != nullptr ? 1 : 8;
  const auto wanted = parsed.value(OptionId::func);
  bool found = false;
  for (const FunctionCode& f : *functions) {
    if (wanted && !is_wanted(f, *wanted)) continue;
    found = true;
    print_function(*functions, f, disassembler.get(), step);
  }
  if (wanted && !found) {
    std::vector<std::string_view> names;
    for (const FunctionCode& f : *functions) names.push_back(f.name);
    std::fprintf(stderr, "zwasm: error: there is no compiled function %s in %s%s\n",
                 printable(*wanted).c_str(), printable(file).c_str(),
                 suggestion(*wanted, names).c_str());
    return kFailed;
  }
  return std::fflush(stdout) == 0 ? kOk : kFailed;
}

}  // namespace zwasm::cli
