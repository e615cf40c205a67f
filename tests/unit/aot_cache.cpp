// Kept code: its seal, its directory, and everything that must make it be refused.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aot/cache.h"
#include "aot/code_object.h"
#include "interp_fixture.h"
#include "jit/link.h"

using namespace zwasm;

namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}
std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("SHA-256 and HMAC have the values of their standards") {
  CHECK(hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256(bytes_of("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  std::string many(1'000'000, 'a');
  Sha256 in_pieces;
  for (size_t at = 0, size = 1; at < many.size(); at += size, size = size % 200 + 1)
    in_pieces.update(bytes_of(std::string_view(many).substr(at, size)));
  CHECK(hex(in_pieces.finish()) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(hex(hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("a tree of hashes is the same on any number of threads") {
  std::vector<uint8_t> many((20 << 20) + 5, 7);
  std::vector<uint8_t> leaves;
  for (size_t at = 0; at < many.size(); at += 1 << 20) {
    Digest leaf = sha256(std::span(many).subspan(at, std::min<size_t>(1 << 20, many.size() - at)));
    leaves.insert(leaves.end(), leaf.begin(), leaf.end());
  }
  CHECK(tree_sha256(many) == sha256(leaves));
  CHECK(tree_sha256({}) == sha256({}));
}

TEST_CASE("a code object is read back, and never when anything differs") {
  interp_test::Machine m;
  runtime::Instance* instance = m.load("(module (func (export \"f\")) (func))");
  runtime::LoadedModule& module = *instance->module;
  const runtime::NativeTrap traps[] = {{1, 2, isa::Trap::unreachable}};
  const runtime::NativeCallSite calls[] = {{3, 4, runtime::NativeCallSite::kNoPad, 0, 1}};
  const runtime::NativeRoot roots[] = {{-24, false}};
  const runtime::NativeRelocation relocations[] = {{0, 1}};
  runtime::NativeFunction function;
  function.function = &module.function(1);
  function.end = 4;
  function.traps = traps;
  function.calls = calls;
  function.roots = roots;
  function.relocations = relocations;
  const uint8_t code[] = {1, 2, 3, 4};
  aot::ObjectParts parts;
  parts.stamp = {1, 2, 3, 4, 5};
  parts.module_hash = sha256(bytes_of("module"));
  parts.module = bytes_of("module");
  parts.code = code;
  parts.functions = {&function, 1};
  std::vector<uint8_t> key(32, 7), other(32, 8);
  const auto bytes = aot::write_object(parts, key);
  auto open = [&](const std::vector<uint8_t>& from, const std::vector<uint8_t>& with) {
    return aot::Object::open(SharedBytes::copy(from), with);
  };

  auto read = open(bytes, key);
  REQUIRE(read);
  CHECK(read->sealed());
  CHECK(read->stamp() == parts.stamp);
  CHECK(read->module_hash() == parts.module_hash);
  CHECK(std::ranges::equal(*read->module(), parts.module));
  CHECK(std::ranges::equal(read->code(), code));
  auto functions = read->functions(module);
  REQUIRE(functions);
  REQUIRE(functions->functions.size() == 1);
  CHECK(functions->functions[0].function == function.function);
  CHECK(functions->functions[0].traps[0].trap == isa::Trap::unreachable);
  CHECK(functions->functions[0].roots[0].where == -24);
  CHECK(functions->functions[0].relocations[0].func == 1);

  auto foreign = open(bytes, other);
  REQUIRE(foreign);
  CHECK_FALSE(foreign->sealed());
  auto nobodys = open(aot::write_object(parts, {}), {});
  REQUIRE(nobodys);
  CHECK_FALSE(nobodys->sealed());
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= 1;
    auto opened = open(changed, key);
    CHECK_FALSE((opened.ok() && opened->sealed()));
    CHECK_FALSE(
        open(std::vector(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(i)), key).ok());
  }
  auto longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(open(longer, key).ok());
  CHECK(aot::object_version(bytes) != std::nullopt);
  CHECK(aot::object_version(code) == std::nullopt);
}

TEST_CASE("functions that are linked call each other, again after they were moved") {
  interp_test::Machine m;
  runtime::Instance* instance = m.load("(module (func (export \"f\")) (func) (func))");
  const runtime::LoadedModule& module = *instance->module;
  using jit::Linker;
  const auto word_at = [](const std::vector<uint8_t>& bytes, size_t at) {
    uint32_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    return word;
  };
  // func 0 calls func 1 and func 2, which is elsewhere.
  std::vector<uint8_t> caller = {0xE8, 0, 0, 0, 0, 0xE8, 0, 0, 0, 0, 0xC3}, callee(40, 0xC3);
  const runtime::NativeRelocation calls[] = {{1, 1}, {6, 2}};
  for (int round = 0; round < 2; ++round) {
    Linker linker(module, codegen::Arch::x64);
    if (round == 1) linker.add(1, Linker::Reached::entry, callee, {});
    const uint32_t begin = *linker.add(0, Linker::Reached::entry, caller, calls);
    const uint32_t other = round == 1 ? 0 : *linker.add(1, Linker::Reached::entry, callee, {});
    const std::vector<uint8_t> bytes = linker.finish();
    const uint32_t called = begin + 5 + word_at(bytes, begin + 1);
    CHECK(called == other);
    const uint32_t jump = begin + 10 + word_at(bytes, begin + 6);
    const size_t jump_end = jump + 10;
    REQUIRE(jump_end <= bytes.size());
    CHECK(jump >= std::max(begin + caller.size(), other + callee.size()));
    const uint32_t lea = word_at(bytes, jump) << 8;
    CHECK(lea == 0x978D4D00);  // lea r10, [r15 + …
    std::copy_n(bytes.begin() + begin, caller.size(), caller.begin());
  }
  Linker linker(module, codegen::Arch::arm64);
  const std::vector<uint8_t> branch = {0, 0, 0, 0x94};
  const runtime::NativeRelocation call[] = {{0, 1}};
  const uint32_t begin = *linker.add(0, Linker::Reached::entry, branch, call);
  const uint32_t other = *linker.add(1, Linker::Reached::entry, branch, {});
  const uint32_t distance = 0x94000000 | (other - begin) / 4;
  CHECK(word_at(linker.finish(), begin) == distance);
}

TEST_CASE("code that calls do not reach over is cut into sections") {
  interp_test::Machine m;
  const runtime::LoadedModule& module =
      *m.load("(module (func (export \"f\")) (func) (func))")->module;
  using jit::Linker;
  constexpr uint32_t kSection = 64;
  Linker linker(module, codegen::Arch::x64, kSection);
  // All functions call each other; two of them fill a section.
  std::vector<uint8_t> code(32, 0xC3);
  code[0] = code[5] = code[10] = 0xE8;
  const runtime::NativeRelocation calls[] = {{1, 0}, {6, 1}, {11, 2}};
  uint32_t begin[3];
  for (uint32_t func = 0; func < 3; ++func)
    begin[func] = *linker.add(func, Linker::Reached::entry, code, calls);
  CHECK_FALSE(linker.add(2, Linker::Reached::entry, std::vector<uint8_t>(kSection + 1), {}));
  const std::vector<uint8_t> bytes = linker.finish();
  CHECK(begin[1] == 32);
  CHECK(begin[2] > kSection);  // behind the jump of the first section
  const auto section = [&](uint32_t func) { return func < 2 ? 0 : 1; };
  for (uint32_t from = 0; from < 3; ++from)
    for (uint32_t to = 0; to < 3; ++to) {
      CAPTURE(from);
      CAPTURE(to);
      const uint32_t place = begin[from] + calls[to].offset;
      int32_t distance;
      std::memcpy(&distance, bytes.data() + place, sizeof distance);
      const auto target = static_cast<uint32_t>(static_cast<int32_t>(place + 4) + distance);
      REQUIRE(target < bytes.size());
      CHECK((target == begin[to]) == (section(from) == section(to)));
      CHECK((bytes[target] == 0xE8) == (section(from) == section(to)));  // else a jump
    }
}

// Who can write a check sum may write anything before it: the reader takes nothing for granted.
TEST_CASE("a code object whose parts contradict each other is refused") {
  interp_test::Machine m;
  runtime::Instance* instance = m.load("(module (func (export \"f\")) (func))");
  runtime::NativeFunction function;
  function.function = &instance->module->function(1);
  function.end = 4;
  const uint8_t code[] = {1, 2, 3, 4};
  aot::ObjectParts parts;
  parts.code = code;
  parts.functions = {&function, 1};
  const auto bytes = aot::write_object(parts, {});
  size_t refused = 0, cases = 0;
  for (size_t i = 16; i + 64 < bytes.size(); ++i)
    for (uint8_t value : {uint8_t{0xFF}, uint8_t{0x7F}, uint8_t{1}}) {
      auto changed = bytes;
      changed[i] = value;
      Digest sum = tree_sha256(std::span(changed).first(changed.size() - 64));
      std::copy(sum.begin(), sum.end(), changed.end() - 64);
      auto opened = aot::Object::open(SharedBytes::copy(changed), {});
      ++cases;
      if (!opened || !opened->functions(*instance->module)) ++refused;
    }
  CHECK(refused > cases / 4);
}

namespace {

// A cache and a key of this test's own.
class PrivatePlaces {
 public:
  PrivatePlaces() {
    REQUIRE(::mkdtemp(path_) != nullptr);
    for (Variable& v : variables_) {
      if (const char* value = ::getenv(v.name)) v.before = value;
      ::setenv(v.name, (std::string(path_) + v.below).c_str(), 1);
    }
  }
  ~PrivatePlaces() {
    for (Variable& v : variables_) {
      if (v.before) ::setenv(v.name, v.before->c_str(), 1);
      else ::unsetenv(v.name);
    }
    std::string command = std::string("rm -r ") + path_;
    CHECK(::system(command.c_str()) == 0);
  }

 private:
  struct Variable {
    const char *name, *below;
    std::optional<std::string> before{};
  };
  char path_[32] = "/tmp/zwasm-cache-XXXXXX";
  Variable variables_[2] = {{"XDG_CACHE_HOME", "/cache"}, {"XDG_STATE_HOME", "/state"}};
};

}  // namespace

TEST_CASE("the cache's directory is private, or not used") {
  PrivatePlaces places;
  Digest name = sha256(bytes_of("entry"));
  {
    auto cache = aot::CodeCache::open();
    REQUIRE(cache);
    CHECK(!cache->load(name));
    cache->store(name, bytes_of("contents"));
    auto again = aot::CodeCache::open();
    REQUIRE(again);
    auto found = again->load(name);
    REQUIRE(found);
    CHECK(found->size() == 8);
    CHECK(again->usage().entries == 1);
    CHECK(again->clear().bytes == 8);
    CHECK(!cache->load(name));
  }
  std::string directory = aot::CodeCache::directory();
  struct stat info;
  CHECK(::stat(directory.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  ::chmod(directory.c_str(), 0770);
  CHECK(!aot::CodeCache::open());
  ::chmod(directory.c_str(), 0700);
  CHECK(aot::CodeCache::open());
  // A link is not followed, wherever it leads.
  CHECK(::rename(directory.c_str(), (directory + "-real").c_str()) == 0);
  CHECK(::symlink((directory + "-real").c_str(), directory.c_str()) == 0);
  CHECK(!aot::CodeCache::open());
}

TEST_CASE("entries that are not private files are not read") {
  PrivatePlaces places;
  auto cache = aot::CodeCache::open();
  REQUIRE(cache);
  Digest name = sha256(bytes_of("entry"));
  std::string path = aot::CodeCache::directory() + "/" + hex(name);
  cache->store(name, bytes_of("contents"));
  ::chmod(path.c_str(), 0644);
  CHECK(!cache->load(name));
  ::unlink(path.c_str());
  CHECK(::symlink("/etc/hostname", path.c_str()) == 0);
  CHECK(!cache->load(name));
  // It is replaced, and what it led to is not touched.
  cache->store(name, bytes_of("contents"));
  CHECK(cache->load(name).has_value());
  ::unlink(path.c_str());
  CHECK(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(!cache->load(name));
}

TEST_CASE("the cache keeps to its size: what was not used for longest goes first") {
  PrivatePlaces places;
  auto cache = aot::CodeCache::open(4000);
  REQUIRE(cache);
  std::vector<uint8_t> kilobyte(1000, 1), huge(5000, 1);
  auto name = [](uint8_t n) { return sha256({&n, 1}); };
  auto set_time = [&](uint8_t n, time_t seconds) {
    timespec times[2] = {{seconds, 0}, {seconds, 0}};
    std::string path = aot::CodeCache::directory() + "/" + hex(name(n));
    CHECK(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  };
  for (uint8_t n = 0; n < 4; ++n) {
    cache->store(name(n), kilobyte);
    set_time(n, 1000 + n);
  }
  CHECK(cache->usage().bytes == 4000);
  CHECK(cache->load(name(0)));  // used now
  cache->store(name(4), kilobyte);
  CHECK(cache->usage().bytes <= 4000);
  CHECK(cache->load(name(0)));
  CHECK(!cache->load(name(1)));
  CHECK(cache->load(name(4)));
  cache->store(name(5), huge);
  CHECK(!cache->load(name(5)));
}
