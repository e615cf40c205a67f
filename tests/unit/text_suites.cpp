// The text side of the conformance suites: every script parses, its directives are those that the
// manifest counts, its modules parse, and what should be malformed is, for the reason given.
//
// The suites stand outside the project; where they are absent these tests say so.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "module/decoder.h"
#include "module/encoder.h"
#include "text/printer.h"
#include "text/script.h"

using namespace zwasm;
using namespace zwasm::text;
namespace fs = std::filesystem;

namespace {

fs::path suites() {
  if (const char* env = std::getenv("ZWASM_SUITES")) return env;
  for (fs::path at = fs::current_path(); at != at.root_path(); at = at.parent_path()) {
    if (fs::exists(at / "shared/suites/MANIFEST.tsv")) return at / "shared/suites";
  }
  return {};
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

using Row = std::map<std::string, std::string>;
std::vector<Row> table(const fs::path& path) {
  std::vector<Row> rows;
  std::vector<std::string> head;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells(1);
    for (char c : line) {
      if (c == '\t') cells.emplace_back();
      else cells.back() += c;
    }
    if (head.empty()) {
      head = cells;
      continue;
    }
    Row row;
    for (size_t i = 0; i < head.size() && i < cells.size(); ++i) row[head[i]] = cells[i];
    rows.push_back(row);
  }
  return rows;
}

void count(const std::vector<Directive>& directives, std::map<std::string, int>& counts,
           bool in_thread) {
  for (const Directive& directive : directives) {
    ++counts[std::string(directive.column_name)];
    if (in_thread) ++counts["in_thread"];
    count(directive.commands, counts, true);
  }
}

bool matches(const std::string& ours, const std::string& expected) {
  return expected.starts_with(ours) || ours.find(expected) != std::string::npos;
}

struct Tally {
  int good = 0, bad = 0;
  void check(bool ok, const std::string& message) {
    ok ? ++good : ++bad;
    CHECK_MESSAGE(ok, message);
  }
};

std::string print(const module::Module& module, bool folded) {
  std::string out;
  PrintOptions options;
  options.folded = folded;
  auto printed = print_module(module, options, [&](std::string_view piece) { out += piece; });
  return printed.ok() ? out : "error: " + printed.error().message;
}

// Bytes that our encoder wrote come back through the text as they are.
void check_round_trip(const std::string& where, const std::vector<uint8_t>& bytes, Tally& tally) {
  auto decoded = module::decode(std::span<const uint8_t>(bytes), isa::FeatureSet::all());
  if (!decoded.ok()) return;
  for (bool folded : {false, true}) {
    std::string text = print(*decoded, folded);
    auto again = parse_module(text, isa::FeatureSet::all());
    bool same = again.ok() && module::encode(again->module) == bytes;
    tally.check(same, where + (folded ? "folded: " : "flat: ") +
                          (again.ok() ? "other bytes" : again.error().message) + "\n" +
                          text.substr(0, 2000));
  }
}

void round_trips(const std::string& path, const std::string& text,
                 const std::vector<Directive>& directives, Tally& tally) {
  for (const Directive& directive : directives) {
    round_trips(path, text, directive.commands, tally);
    if (!directive.module || directive.module->is_component) continue;
    std::string where = fmt::format("{}:{}: ", path, directive.line);
    std::vector<uint8_t> bytes;
    if (directive.module->form == ScriptModule::Form::binary) {
      const std::string& given = directive.module->bytes;
      bytes.assign(given.begin(), given.end());
      auto decoded = module::decode(std::span<const uint8_t>(bytes), isa::FeatureSet::all());
      if (!decoded.ok()) continue;
      // Foreign bytes take our form at the first pass.
      std::string printed = print(*decoded, false);
      if (printed.starts_with("error")) continue;
      auto parsed = parse_module(printed, isa::FeatureSet::all());
      tally.check(parsed.ok(), where + (parsed.ok() ? "" : parsed.error().message) + printed);
      if (!parsed.ok()) continue;
      bytes = module::encode(parsed->module);
    } else {
      auto parsed = parse_script_module(text, *directive.module, isa::FeatureSet::all());
      if (!parsed.ok()) continue;
      bytes = module::encode(parsed->module);
      if (directive.kind == Directive::Kind::module) {
        auto decoded = module::decode(std::span<const uint8_t>(bytes), isa::FeatureSet::all());
        tally.check(decoded.ok(), where + (decoded.ok() ? "" : decoded.error().message));
      }
    }
    check_round_trip(where, bytes, tally);
  }
}

void check_modules(const std::string& path, const std::string& text,
                   const std::vector<Directive>& directives, isa::FeatureSet features,
                   Tally& tally) {
  for (const Directive& directive : directives) {
    check_modules(path, text, directive.commands, features, tally);
    if (!directive.module || directive.module->is_component) continue;
    if (directive.module->form == ScriptModule::Form::binary) continue;
    auto parsed = parse_script_module(text, *directive.module, features);
    std::string where = fmt::format("{}:{}: ", path, directive.line);
    switch (directive.kind) {
      case Directive::Kind::module:
      case Directive::Kind::definition:
      case Directive::Kind::assert_trap:
      case Directive::Kind::assert_exhaustion:
      case Directive::Kind::assert_exception:
      case Directive::Kind::assert_unlinkable:
        tally.check(parsed.ok(), where + (parsed.ok() ? "" : parsed.error().message));
        break;
      case Directive::Kind::assert_malformed:
      case Directive::Kind::assert_malformed_custom:
        // Some texts are assembled faithfully and only the bytes are malformed.
        if (parsed.ok() && directive.module->form == ScriptModule::Form::text) break;
        tally.check(!parsed.ok() && matches(parsed.error().message, directive.message),
                    where + "expected \"" + directive.message + "\", got " +
                        (parsed.ok() ? "a module" : '"' + parsed.error().message + '"'));
        break;
      case Directive::Kind::assert_invalid:
      case Directive::Kind::assert_invalid_custom:
        if (!parsed.ok()) {
          tally.check(matches(parsed.error().message, directive.message),
                      where + "expected \"" + directive.message + "\", got \"" +
                          parsed.error().message + '"');
        }
        break;
      case Directive::Kind::instance:
      case Directive::Kind::register_:
      case Directive::Kind::action:
      case Directive::Kind::assert_return:
      case Directive::Kind::assert_suspension:
      case Directive::Kind::thread:
      case Directive::Kind::wait: break;
    }
  }
}

}  // namespace

TEST_CASE("suites: every script parses into the directives of the manifest") {
  fs::path root = suites();
  if (root.empty()) {
    MESSAGE("SKIPPED: the conformance suites are absent");
    return;
  }
  Tally tally;
  for (Row& row : table(root / "MANIFEST.tsv")) {
    std::string path = row["path"];
    if (path == "TOTAL") continue;
    std::string text = read(root / path);
    auto script = parse_script(text);
    bool fails = row["lex_error"] != "-" || row["other"] != "0";
    tally.check(script.ok() != fails,
                path + ": " + (script.ok() ? "should not parse" : script.error().message));
    if (!script.ok()) {
      CHECK(script.error().line > 0);
      continue;
    }
    std::map<std::string, int> counts;
    count(script->directives, counts, false);
    for (const auto& [column, cell] : row) {
      if (column == "path" || column == "group" || column == "features" || column == "bytes" ||
          column == "sha256_16" || column == "other" || column == "lex_error") {
        continue;
      }
      tally.check(counts[column] == std::stoi(cell),
                  fmt::format("{}: {} {} instead of {}", path, counts[column], column, cell));
    }
  }
  MESSAGE(tally.good << " counts agree, " << tally.bad << " differ");
}

TEST_CASE("suites: modules parse, malformed text is refused for its reason") {
  fs::path root = suites();
  if (root.empty()) {
    MESSAGE("SKIPPED: the conformance suites are absent");
    return;
  }
  Tally tally;
  for (Row& row : table(root / "STEPS.tsv")) {
    if (row["step"] != "core") continue;
    std::string path = row["path"], text = read(root / path);
    if (row["mode"] == "reject" || row["mode"] == "program") {
      bool reject = row["mode"] == "reject" || path == "cli-wat/bad-syntax.wat";
      auto parsed = parse_module(text, isa::FeatureSet::all());
      tally.check(parsed.ok() != reject,
                  path + ": " + (parsed.ok() ? "should be refused" : parsed.error().message));
      continue;
    }
    auto script = parse_script(text);
    isa::FeatureSet features = isa::FeatureSet::all();
    if (row["switches"].find("memory64=n") != std::string::npos) {
      features.set(isa::Feature::memory64, false);
    }
    if (script.ok()) check_modules(path, text, script->directives, features, tally);
  }
  MESSAGE(tally.good << " modules as expected, " << tally.bad << " not");
}

TEST_CASE("suites: binary to text and back gives the same bytes") {
  fs::path root = suites();
  if (root.empty()) {
    MESSAGE("SKIPPED: the conformance suites are absent");
    return;
  }
  Tally tally;
  for (Row& row : table(root / "STEPS.tsv")) {
    if (row["step"] != "core") continue;
    std::string path = row["path"], text = read(root / path);
    auto script = parse_script(text);
    if (script.ok()) round_trips(path, text, script->directives, tally);
  }
  MESSAGE(tally.good << " round trips, " << tally.bad << " not the same");
}
