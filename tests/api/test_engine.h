// The same tests on every way of running code: $ZWASM_TEST_TIER is interp, jit or auto (each
// function is compiled at its first call, on the calling thread); engines that a test wants in one
// way only say so in their Config.
#pragma once
#include <unistd.h>
#include <zwasm/zwasm.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace zwasm {

class TestEngine : public Engine {
 public:
  TestEngine() : TestEngine(Config{}) {}
  explicit TestEngine(const Config& config) : Engine(with_tier(config)) {}

 private:
  static Config with_tier(Config config) {
    const char* asked = std::getenv("ZWASM_TEST_TIER");
    if (asked == nullptr || config.tier != Tier::automatic) return config;
    const std::string_view tier = asked;
    if (tier == "interp") config.tier = Tier::interpreter;
    if (tier == "jit") config.tier = Tier::compiled;
    if (tier == "auto") {
      config.tier_calls = 1;
      config.tier_loops_ms = 0;
      config.background_compilation = false;
    }
    return config;
  }
};

// A file of this process's own, for a test to write and remove.
inline std::string temporary_file(std::string_view name) {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr ? folder : "/tmp") + "/zwasm-test-" +
         std::to_string(::getpid()) + "-" + std::string(name);
}

}  // namespace zwasm
