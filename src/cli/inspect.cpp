// inspect and features: facts as text or JSON.
#include <zwasm/zwasm.h>

#include <cstdio>
#include <string>
#include <utility>

#include "commands.h"
#include "files.h"
#include "json.h"
#include "report.h"
#include "switches.h"

namespace zwasm::cli {
namespace {

void print_json(const Json& json) { std::printf("%s\n", json.dump(2).c_str()); }

Json extern_json(std::string_view name, const ExternType& type) {
  Json json = Json::object();
  json.set("name", name);
  json.set("kind", to_string(type.kind()));
  json.set("type", type.to_string());
  return json;
}

Json module_json(const Module& module, const std::string& file) {
  Json json = Json::object();
  json.set("file", file);
  json.set("name", module.name());
  json.set("size", module.bytes().size());
  const uint32_t imported = module.imported_func_count();
  Json functions = Json::object();
  functions.set("imported", imported).set("defined", module.func_count() - imported);
  json.set("functions", std::move(functions));
  Json types = Json::array(), imports = Json::array(), exports = Json::array();
  for (uint32_t i = 0; i < module.type_count(); ++i) types.push(module.type(i).to_string());
  json.set("types", std::move(types));
  for (const ImportType& import : module.imports())
    imports.push(extern_json(import.name, import.type).set("module", import.module));
  json.set("imports", std::move(imports));
  for (const ExportType& item : module.exports()) exports.push(extern_json(item.name, item.type));
  json.set("exports", std::move(exports));
  Json sections = Json::array(), producers = Json::object(), names = Json::object();
  for (const SectionInfo& section : module.sections()) {
    Json item = Json::object();
    item.set("id", section.id).set("name", section.name).set("offset", section.offset);
    sections.push(item.set("size", section.size).set("entries", section.count));
  }
  json.set("sections", std::move(sections));
  for (const ProducerField& field : module.producers()) {
    Json values = Json::array();
    for (const auto& [name, version] : field.values)
      values.push(Json::object().set("name", name).set("version", version));
    producers.set(field.name, std::move(values));
  }
  json.set("producers", std::move(producers));
  json.set("target_features", module.target_features());
  for (uint32_t i = 0; i < module.func_count(); ++i)
    if (auto name = module.func_name(i); !name.empty()) names.set(std::to_string(i), name);
  json.set("function_names", std::move(names));
  return json;
}

void print_module(const Module& module, const std::string& file) {
  std::printf("%s: %zu bytes, %u functions (%u imported)\n", printable(file).c_str(),
              module.bytes().size(), module.func_count(), module.imported_func_count());
  if (!module.name().empty()) std::printf("name: %s\n", printable(module.name()).c_str());
  auto imports = module.imports();
  if (!imports.empty()) std::printf("\nimports:\n");
  for (const ImportType& import : imports)
    std::printf("  \"%s\" \"%s\" %s\n", printable(import.module).c_str(),
                printable(import.name).c_str(), import.type.to_string().c_str());
  auto exports = module.exports();
  if (!exports.empty()) std::printf("\nexports:\n");
  for (const ExportType& item : exports)
    std::printf("  \"%s\" %s\n", printable(item.name).c_str(), item.type.to_string().c_str());
  if (module.type_count() != 0) std::printf("\ntypes:\n");
  for (uint32_t i = 0; i < module.type_count(); ++i)
    std::printf("  %u %s\n", i, module.type(i).to_string().c_str());
  auto sections = module.sections();
  if (!sections.empty()) std::printf("\nsections:\n      offset        size  entries\n");
  for (const SectionInfo& section : sections) {
    std::string count = section.count != 0 ? std::to_string(section.count) : "";
    std::printf("  0x%08llx  %10llu  %7s  %s%s\n", static_cast<unsigned long long>(section.offset),
                static_cast<unsigned long long>(section.size), count.c_str(),
                printable(section.name).c_str(), section.id == 0 ? " (custom)" : "");
  }
  auto producers = module.producers();
  if (!producers.empty()) std::printf("\nproducers:\n");
  for (const ProducerField& field : producers)
    for (const auto& [name, version] : field.values)
      std::printf("  %s: %s %s\n", printable(field.name).c_str(), printable(name).c_str(),
                  printable(version).c_str());
  auto needed = module.target_features();
  if (!needed.empty()) std::printf("\ntarget features:");
  for (const std::string& feature : needed) std::printf(" %s", printable(feature).c_str());
  if (!needed.empty()) std::printf("\n");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text.empty() ? "none" : text;
}

Json compiled_json(const CompiledInfo& info) {
  Json json = Json::object();
  json.set("version", info.version);
  json.set("sealed_by_this_user", info.sealed);
  json.set("target", info.arch.empty() ? Json(nullptr) : Json(info.arch));
  json.set("cpu", info.extensions);
  json.set("opt_level", info.opt_level);
  json.set("settings", info.settings);
  json.set("functions", info.functions);
  json.set("code_bytes", info.code_bytes);
  return json;
}

void print_compiled(const CompiledInfo& info, const std::string& file) {
  std::printf("%s: a module compiled by zwasm %s\n", printable(file).c_str(), info.version.c_str());
  std::printf("  sealed by    %s\n",
              info.sealed ? "this user" : "another user or machine: runs with --allow-precompiled");
  if (info.arch.empty()) {
    std::printf("  target       none: no machine code\n\n");
    return;
  }
  std::printf("  target       %s, cpu: %s\n", info.arch.c_str(), joined(info.extensions).c_str());
  std::printf("  settings     -O opt-level=%u; %s\n", info.opt_level,
              joined(info.settings).c_str());
  std::printf("  machine code %llu bytes, %u functions\n\nthe module in it:\n",
              static_cast<unsigned long long>(info.code_bytes), info.functions);
}

}  // namespace

int inspect(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  const std::string file = one_file(parsed, command);
  Settings settings;
  settings.config.features = Features::all();
  settings = settings_of(parsed, command, std::move(settings));
  // Nothing runs: the module in a compiled one is looked at, whoever made it.
  settings.config.tier = Tier::interpreter;
  auto bytes = read_file(file);
  if (!bytes) return report(bytes.error());
  std::span<const uint8_t> binary = *bytes;
  std::optional<CompiledInfo> compiled;
  if (is_compiled(binary)) {
    auto info = compiled_info(binary, file);
    if (!info) return report(info.error());
    compiled = *std::move(info);
    binary = compiled->module;
  }
  auto module = Module::from_any(Engine(settings.config), binary, file);
  if (!module) return report(module.error());
  if (parsed.has(OptionId::json)) {
    Json json = module_json(*module, file);
    json.set("compiled", compiled ? compiled_json(*compiled) : Json(nullptr));
    print_json(json);
  } else {
    if (compiled) print_compiled(*compiled, file);
    print_module(*module, file);
  }
  return std::fflush(stdout) == 0 ? kOk : kFailed;
}

int list_features(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  if (!parsed.operands.empty()) return usage_error("features takes no operands", command.name);
  if (parsed.has(OptionId::json)) {
    Json json = Json::array();
    for (const FeatureInfo& feature : features()) {
      Json level = nullptr;
      if (feature.level != 0) level = feature.level;
      Json item = Json::object();
      item.set("name", feature.name).set("level", level).set("default", feature.in_default);
      item.set("included", feature.included).set("since", feature.since);
      json.push(item.set("about", feature.about));
    }
    print_json(json);
    return kOk;
  }
  std::printf("%-24s  %-6s  %-3s  %-6s  %s\n", "proposal", "level", "on", "since", "about");
  for (const FeatureInfo& feature : features()) {
    std::string level = feature.level != 0 ? std::to_string(feature.level) + ".0" : "-";
    std::printf("%-24.*s  %-6s  %-3s  %-6.*s  %.*s\n", static_cast<int>(feature.name.size()),
                feature.name.data(), level.c_str(),
                !feature.included    ? "-"
                : feature.in_default ? "yes"
                                     : "no",
                static_cast<int>(feature.since.size()), feature.since.data(),
                static_cast<int>(feature.about.size()), feature.about.data());
  }
  for (const BuildPart& part : build_parts())
    if (!part.included)
      std::printf("\nThis build was made without %.*s (%.*s=OFF): %.*s.\n",
                  static_cast<int>(part.name.size()), part.name.data(),
                  static_cast<int>(part.option.size()), part.option.data(),
                  static_cast<int>(part.about.size()), part.about.data());
  return kOk;
}

}  // namespace zwasm::cli
