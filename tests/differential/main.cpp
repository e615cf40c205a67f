// Engine against engine: random modules (fuzz/make) must look the same however they are run. The
// first row of kWays is what all others are compared with; a way to run code that is added there is
// compared from then on. Cases run in a forked worker, so that a crash is one failed case.
//
//   zwasm_differential [--seconds N] [--cases N] [--first N] [--seed N] [--save DIR] [FILE…]
//       compares: generated modules, and mutations of those in the files
//   zwasm_differential --generate DIR --first N --cases N      only writes modules, for compare.py
//   zwasm_differential --observe [--way NAME] FILE…            prints what is observed
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>

#include "fuzz/make/generate.h"
#include "fuzz/make/mutate_code.h"
#include "observe.h"
#include "zwasm/tools.h"

namespace {

using differential::observe;

zwasm::Config base() {
  return {.features = zwasm::Features::all(),
          .nan_canonicalization = true,
          .relaxed_simd_deterministic = true};
}

struct Way {
  const char* name;
  void (*change)(zwasm::Config&);
  bool through_text = false;  // printed and parsed before
  uint64_t every = 1;         // of the cases; for what is slow
};

void compile(zwasm::Config& config, uint32_t opt_level) {
  config.tier = zwasm::Tier::compiled;
  config.opt_level = opt_level;
}

constexpr Way kWays[] = {
    {"interpreter", [](zwasm::Config&) {}},
    {"compiled-0", [](zwasm::Config& config) { compile(config, 0); }},
    {"compiled-1", [](zwasm::Config& config) { compile(config, 1); }},
    {"compiled-2", [](zwasm::Config& config) { compile(config, 2); }},
    {"compiled-no-guard-pages",
     [](zwasm::Config& config) {
       compile(config, 2);
       config.guard_pages = false;
     },
     false, 2},
    {"compiled-fuel",
     [](zwasm::Config& config) {
       compile(config, 2);
       config.fuel = true;
     },
     false, 2},
    {"compiled-gc-stress",
     [](zwasm::Config& config) {
       compile(config, 2);
       config.gc_stress = true;
     },
     false, 4},
    {"tiers",  // from the interpreter into compiled code, at every call and loop
     [](zwasm::Config& config) {
       config.tier = zwasm::Tier::automatic;
       config.background_compilation = false;
       config.tier_calls = 1;
       config.tier_loops_ms = 0;
     },
     false, 2},
    {"no-guard-pages", [](zwasm::Config& config) { config.guard_pages = false; }},
    {"fuel", [](zwasm::Config& config) { config.fuel = true; }},
    {"gc-stress", [](zwasm::Config& config) { config.gc_stress = true; }, false, 4},
    {"text", [](zwasm::Config&) {}, true, 2},
};

struct Options {
  uint64_t seconds = 0, cases = 1000, first = 0, seed = 1;
  std::string save = "differential-failures", generate, way = kWays[0].name;
  bool only_observe = false;
  std::vector<std::string> files;
  std::vector<std::vector<uint8_t>> seeds;
};

std::vector<uint8_t> case_bytes(const Options& options, uint64_t number) {
  fuzz::Random random(options.seed * 1000003 + number);
  if (!options.seeds.empty() && random.one_in(3)) {
    auto mutated = fuzz::mutate_code(random.pick(options.seeds), random);
    if (mutated) return *std::move(mutated);
  }
  return fuzz::generate(random);
}

bool save(const std::string& path, const std::vector<uint8_t>& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return file.good();
}

// The engines, each made when first needed.
const zwasm::Engine& engine(size_t way) {
  static std::unique_ptr<zwasm::Engine> engines[std::size(kWays)];
  if (!engines[way]) {
    zwasm::Config config = base();
    kWays[way].change(config);
    engines[way] = std::make_unique<zwasm::Engine>(config);
  }
  return *engines[way];
}

struct Counts {
  std::atomic<uint64_t> at, refused, calls, trapped;
  char difference[2000];
};

// Empty if all ways agree.
std::string compare(const std::vector<uint8_t>& bytes, uint64_t number, bool generated,
                    Counts& counts) {
  auto expected = observe(engine(0), bytes);
  if (!expected.empty() && expected[0].starts_with("refused")) {
    counts.refused++;
    return generated ? "a generated module is " + expected[0] : "";
  }
  for (const std::string& line : expected) {
    if (line.find(" ->") != std::string::npos) counts.calls++;
    if (line.find("trap: ") != std::string::npos) counts.trapped++;
  }
  for (size_t way = 1; way < std::size(kWays); ++way) {
    if (number % kWays[way].every != 0) continue;
    std::vector<uint8_t> printed;
    if (kWays[way].through_text) {
      zwasm::Wasm2WatOptions print;
      print.features = zwasm::Features::all();
      auto text = zwasm::wasm2wat(bytes, print);
      if (!text) return "cannot be printed: " + text.error().to_string();
      printed.assign(text->begin(), text->end());
    }
    auto seen = observe(engine(way), kWays[way].through_text ? printed : bytes);
    if (seen == expected) continue;
    size_t i = 0;
    while (i < seen.size() && i < expected.size() && seen[i] == expected[i]) ++i;
    // A bulk operation pays for its length before it looks at bounds.
    if (i < seen.size() && seen[i].ends_with("trap: all fuel consumed")) continue;
    auto line = [&](const auto& lines) { return i < lines.size() ? lines[i] : "nothing"; };
    return std::string(kWays[0].name) + ": " + line(expected) + "\n     " + kWays[way].name + ": " +
           line(seen);
  }
  return "";
}

uint64_t seconds_now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec);
}

// Works until the end, or until a case fails: then the exit status is 3.
[[noreturn]] void work(const Options& options, uint64_t end, uint64_t deadline, Counts& counts) {
  for (; counts.at < end && (deadline == 0 || seconds_now() < deadline); ++counts.at) {
    std::vector<uint8_t> bytes = case_bytes(options, counts.at);
    std::string difference = compare(bytes, counts.at, options.seeds.empty(), counts);
    if (difference.empty()) continue;
    std::snprintf(counts.difference, sizeof counts.difference, "%s", difference.c_str());
    _exit(3);
  }
  _exit(0);
}

int compare_all(const Options& options) {
  auto* counts = static_cast<Counts*>(
      mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (counts == MAP_FAILED) return std::perror("mmap"), 70;
  counts->at = options.first;
  uint64_t deadline = options.seconds ? seconds_now() + options.seconds : 0;
  uint64_t end = options.seconds ? UINT64_MAX : options.first + options.cases, failed = 0;
  for (;;) {
    std::fflush(nullptr);
    pid_t pid = fork();
    if (pid < 0) return std::perror("fork"), 70;
    if (pid == 0) work(options, end, deadline, *counts);
    int status = 0;
    if (waitpid(pid, &status, 0) < 0) return std::perror("waitpid"), 70;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) break;
    uint64_t number = counts->at++;
    std::filesystem::create_directories(options.save);
    std::string path = options.save + "/case-" + std::to_string(number) + ".wasm";
    save(path, case_bytes(options, number));
    std::printf("DIFFERENT: case %" PRIu64 " (%s; again: --seed %" PRIu64 " --first %" PRIu64
                " --cases 1)\n     %s\n",
                number, path.c_str(), options.seed, number,
                WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : counts->difference);
    if (++failed == 50) break;
  }
  uint64_t done = counts->at - options.first;
  std::printf("%" PRIu64 " calls, %" PRIu64 " of them trapped; %" PRIu64 " modules refused\n",
              counts->calls.load(), counts->trapped.load(), counts->refused.load());
  std::printf("%" PRIu64 " passed, %" PRIu64 " failed\n", done - failed, failed);
  return failed ? 1 : 0;
}

int observe_files(const Options& options) {
  for (size_t way = 0; way < std::size(kWays); ++way) {
    if (options.way != kWays[way].name) continue;
    for (const std::string& file : options.files) {
      std::printf("module %s\n", file.c_str());
      auto bytes = zwasm::read_file(file);
      if (!bytes) return std::fprintf(stderr, "%s\n", bytes.error().to_string().c_str()), 1;
      for (const std::string& line : observe(engine(way), *bytes, {.for_peer = true}))
        std::puts(line.c_str());
      std::fflush(stdout);
    }
    return 0;
  }
  std::fprintf(stderr, "no way to run code is called '%s'\n", options.way.c_str());
  return 2;
}

int generate_files(const Options& options) {
  std::filesystem::create_directories(options.generate);
  for (uint64_t i = options.first; i < options.first + options.cases; ++i) {
    fuzz::Random random(options.seed * 1000003 + i);
    if (!save(options.generate + "/" + std::to_string(i) + ".wasm",
              fuzz::generate(random, {.for_peer = true})))
      return std::perror(options.generate.c_str()), 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i++) {
    std::string arg = argv[i];
    auto next = [&] { return i + 1 < argc ? argv[++i] : ""; };
    auto number = [&] { return std::strtoull(next(), nullptr, 10); };
    if (arg == "--seconds") options.seconds = number();
    else if (arg == "--cases") options.cases = number();
    else if (arg == "--first") options.first = number();
    else if (arg == "--seed") options.seed = number();
    else if (arg == "--save") options.save = next();
    else if (arg == "--generate") options.generate = next();
    else if (arg == "--way") options.way = next();
    else if (arg == "--observe") options.only_observe = true;
    else options.files.push_back(arg);
  }
  rlimit no_cores{0, 0};
  setrlimit(RLIMIT_CORE, &no_cores);
  if (options.only_observe) return observe_files(options);
  if (!options.generate.empty()) return generate_files(options);
  for (const std::string& file : options.files) {
    auto bytes = zwasm::read_file(file);
    if (bytes && zwasm::validate(*bytes, zwasm::Features::all())) options.seeds.push_back(*bytes);
  }
  return compare_all(options);
}
