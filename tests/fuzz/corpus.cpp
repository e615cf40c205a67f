#include "corpus.h"

#include <zwasm/script.h>
#include <zwasm/tools.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/make/generate.h"

namespace fuzz {

namespace {

std::vector<uint8_t> read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void add(std::string name, std::vector<uint8_t> bytes, std::vector<Input>& inputs) {
  bool valid = zwasm::is_binary(bytes) && zwasm::validate(bytes, zwasm::Features::all());
  inputs.push_back({std::move(name), std::move(bytes), valid});
}

void add_module(const std::string& name, const zwasm::script::ModuleSource& source,
                std::vector<Input>& inputs) {
  if (!source.bytes.empty()) add(name, source.bytes, inputs);
  if (source.text.empty()) return;
  add(name, {source.text.begin(), source.text.end()}, inputs);
  // Text seldom survives a flipped bit as a module; its binary often does.
  zwasm::Wat2WasmOptions options;
  options.validate = false;
  auto binary = zwasm::wat2wasm(source.text, options);
  if (binary) add(name + " in binary", *std::move(binary), inputs);
}

void add_script(const std::string& path, const std::vector<uint8_t>& bytes,
                std::vector<Input>& inputs) {
  using namespace zwasm::script;
  std::string text(bytes.begin(), bytes.end());
  auto commands = parse(text, path);
  if (!commands) return;  // written for a later step
  for (const Command& command : *commands) {
    std::string name = path + ":" + std::to_string(command.line);
    if (auto* module = std::get_if<ModuleCommand>(&command.what)) {
      add_module(name, module->source, inputs);
    } else if (auto* definition = std::get_if<ModuleDefinition>(&command.what)) {
      add_module(name, definition->source, inputs);
    } else if (auto* assertion = std::get_if<AssertModule>(&command.what)) {
      add_module(name, assertion->source, inputs);
    }
  }
  // The script's text itself is food for the lexer and the parser of modules.
  add(path, bytes, inputs);
}

}  // namespace

void add_inputs(const std::string& path, std::vector<Input>& inputs) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) files.push_back(entry.path());
  } else {
    files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    std::string extension = file.extension();
    if (extension == ".wast") add_script(file, read(file), inputs);
    if (extension == ".wasm" || extension == ".wat") add(file, read(file), inputs);
  }
}

void add_generated(size_t count, std::vector<Input>& inputs) {
  for (size_t i = 0; i < count; ++i) {
    Random random(i);
    add("generated " + std::to_string(i), generate(random), inputs);
  }
}

std::vector<uint8_t> mutate_bytes(const std::vector<uint8_t>& original, Random& random) {
  std::vector<uint8_t> bytes = original;
  if (bytes.empty()) return bytes;
  auto place = [&] { return random.below(bytes.size()); };
  // Half of all places are in the first kilobyte, where large inputs have their structure.
  auto early = [&] {
    return random.below(2) ? place() : random.below(std::min<size_t>(bytes.size(), 1024));
  };
  switch (random.below(8)) {
    case 0:
    case 1:  // cut off
      bytes.resize(early());
      break;
    case 2:
    case 3:                                                   // flip bits
      for (size_t i = 1 + random.below(4) / 3; i > 0; i--) {  // mostly one: more stay valid
        bytes[early()] ^= static_cast<uint8_t>(1 << random.below(8));
      }
      break;
    case 4: {  // values at the edges
      static constexpr uint8_t kEdges[] = {0x00, 0x01, 0x0b, 0x40, 0x7f,
                                           0x80, 0xff, 0xfb, 0xfc, 0xfd};
      for (size_t i = 1 + random.below(3); i > 0; i--) bytes[early()] = kEdges[random.below(10)];
      break;
    }
    case 5: {  // a number grows to its largest
      size_t at = early();
      static constexpr uint8_t kLargest[] = {0xff, 0xff, 0xff, 0xff, 0x0f};
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), std::begin(kLargest),
                   std::end(kLargest));
      break;
    }
    case 6: {  // a piece is lost
      size_t at = early(), length = 1 + random.below(std::min<size_t>(bytes.size() - at, 16));
      auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      bytes.erase(first, first + static_cast<std::ptrdiff_t>(length));
      break;
    }
    case 7: {  // a piece stands twice, elsewhere
      size_t at = early(), length = 1 + random.below(std::min<size_t>(bytes.size() - at, 64));
      std::vector<uint8_t> piece(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                 bytes.begin() + static_cast<std::ptrdiff_t>(at + length));
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(early()), piece.begin(),
                   piece.end());
      break;
    }
    default: break;
  }
  return bytes;
}

}  // namespace fuzz
