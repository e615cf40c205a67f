// Kept code: its seal, its directory, and everything that must make it be refused.
#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "aot/cache.h"
#include "aot/code_object.h"
#include "interp_fixture.h"

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

TEST_CASE("a code object is read back, and never when anything differs") {
  interp_test::Machine m;
  runtime::Instance* instance = m.load("(module (func (export \"f\")) (func))");
  runtime::LoadedModule& module = *instance->module;
  runtime::NativeFunction function;
  function.function = &module.function(1);
  function.end = 4;
  function.traps = {{1, 2, isa::Trap::unreachable}};
  function.calls = {{3, 4, runtime::NativeCallSite::kNoPad, 0, 1}};
  function.roots = {{-24, false}};
  const uint8_t code[] = {1, 2, 3, 4};
  Digest print = sha256(bytes_of("settings")), hash = sha256(bytes_of("module"));
  std::vector<uint8_t> key(32, 7), other(32, 8);
  auto bytes = aot::write_object(code, {&function, 1}, print, hash, key);

  auto read = aot::read_object(bytes, module, print, hash, key);
  REQUIRE(read);
  CHECK(std::equal(read->code.begin(), read->code.end(), code, code + 4));
  REQUIRE(read->functions.size() == 1);
  CHECK(read->functions[0].function == function.function);
  CHECK(read->functions[0].traps[0].trap == isa::Trap::unreachable);
  CHECK(read->functions[0].roots[0].where == -24);

  CHECK(!aot::read_object(bytes, module, hash, hash, key));
  CHECK(!aot::read_object(bytes, module, print, print, key));
  CHECK(!aot::read_object(bytes, module, print, hash, other));
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= 1;
    CHECK(!aot::read_object(changed, module, print, hash, key));
    CHECK(!aot::read_object(std::span(bytes).first(i), module, print, hash, key));
  }
}

TEST_CASE("the cache's directory is private, or not used") {
  char path[] = "/tmp/zwasm-cache-XXXXXX";
  REQUIRE(::mkdtemp(path) != nullptr);
  const char* before = ::getenv("XDG_CACHE_HOME");
  std::string restore = before != nullptr ? before : "";
  ::setenv("XDG_CACHE_HOME", path, 1);
  Digest name = sha256(bytes_of("entry"));
  {
    auto cache = aot::CodeCache::open();
    REQUIRE(cache);
    CHECK(cache->key().size() == 32);
    CHECK(!cache->load(name));
    cache->store(name, bytes_of("contents"));
    auto again = aot::CodeCache::open();
    REQUIRE(again);
    CHECK(std::equal(cache->key().begin(), cache->key().end(), again->key().begin()));
    auto found = again->load(name);
    REQUIRE(found);
    CHECK(found->size() == 8);
  }
  std::string directory = aot::CodeCache::directory();
  ::chmod(directory.c_str(), 0770);
  CHECK(!aot::CodeCache::open());
  ::chmod(directory.c_str(), 0700);
  ::chmod((directory + "/key").c_str(), 0640);
  CHECK(!aot::CodeCache::open());
  std::string command = std::string("rm -r ") + path;
  CHECK(::system(command.c_str()) == 0);
  if (before != nullptr) ::setenv("XDG_CACHE_HOME", restore.c_str(), 1);
  else ::unsetenv("XDG_CACHE_HOME");
}
