// Mutated inputs by the thousand: each must end, within a time limit, in an error message or a
// valid run. A crash must not end the test, so cases run in forked workers, in batches: a worker
// says in shared memory which case it is at; when it dies or takes too long, that case is written
// down, its bytes are saved, and a new worker goes on behind it.
//
// Half of the cases are valid modules, of the inputs or generated, with their code changed so that
// most stay valid; the others are any input with its bytes changed, whatever they mean.
//
//     mutate [--cases N] [--first N] [--seed N] [--jobs N] [--limit MS] [--save DIR] INPUT…
//     mutate --first 4711 --cases 1 …      repeats one case
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "corpus.h"
#include "exercise.h"
#include "fuzz/make/mutate_code.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace {

constexpr uint64_t kBatch = 256;
constexpr size_t kGenerated = 2000;
constexpr int kProblem = 3;  // exit status of a worker whose case broke a rule
constexpr int kLeak = 4;

struct Options {
  uint64_t cases = 10000, first = 0, seed = 1;
  int jobs = 2;
  int limit_ms = 1000;
  std::string save = "mutated-failures";
  std::vector<fuzz::Input> inputs;
  std::vector<size_t> valid;  // of inputs
};

// What a worker tells the parent, in memory that both map.
struct Progress {
  std::atomic<uint64_t> at;          // the case it is working on
  std::atomic<uint64_t> started_ms;  // when it began that case, by the clock on the wall
  std::atomic<uint64_t> used_ms;     // processor time it had used by then
  std::atomic<uint64_t> loaded, ran;
  char problem[1024];
};

struct Worker {
  pid_t pid = 0;
  uint64_t end = 0;
  Progress* progress = nullptr;
};

uint64_t ms(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000 + static_cast<uint64_t>(time.tv_nsec) / 1000000;
}

std::vector<uint8_t> case_bytes(const Options& options, uint64_t number, std::string* name) {
  // A stride by a prime: few cases are spread over all inputs, many visit each equally often.
  uint64_t place = number / 2 * 1000003;
  fuzz::Random random(options.seed * 1000003 + number);
  if (number % 2 && !options.valid.empty()) {
    const fuzz::Input& input = options.inputs[options.valid[place % options.valid.size()]];
    if (name) *name = input.name;
    if (auto changed = fuzz::mutate_code(input.bytes, random)) return *std::move(changed);
  }
  const fuzz::Input& input = options.inputs[place % options.inputs.size()];
  if (name) *name = input.name;
  return fuzz::mutate_bytes(input.bytes, random);
}

[[noreturn]] void work(const Options& options, Progress& progress, uint64_t end) {
  while (progress.at < end) {
    std::vector<uint8_t> bytes = case_bytes(options, progress.at, nullptr);
    progress.started_ms = ms(CLOCK_MONOTONIC);
    progress.used_ms = ms(CLOCK_PROCESS_CPUTIME_ID);
    fuzz::Verdict verdict = fuzz::exercise(bytes);
    progress.loaded += verdict.loaded;
    progress.ran += verdict.ran;
    if (!verdict.problem.empty()) {
      std::snprintf(progress.problem, sizeof progress.problem, "%s", verdict.problem.c_str());
      _exit(kProblem);
    }
    ++progress.at;
  }
#if defined(__SANITIZE_ADDRESS__)
  if (__lsan_do_recoverable_leak_check()) _exit(kLeak);
#endif
  _exit(0);
}

void start(const Options& options, Worker& worker) {
  worker.progress->started_ms = ms(CLOCK_MONOTONIC);
  worker.progress->used_ms = 0;
  worker.progress->problem[0] = 0;
  std::fflush(nullptr);
  worker.pid = fork();
  if (worker.pid == 0) work(options, *worker.progress, worker.end);
  if (worker.pid < 0) std::perror("fork"), std::exit(70);
}

// Processor time is what counts, so that a busy machine makes no failures; one that waits for
// something is late too.
bool is_late(const Options& options, const Worker& worker) {
  clockid_t clock;
  auto limit = static_cast<uint64_t>(options.limit_ms);
  if (ms(CLOCK_MONOTONIC) > worker.progress->started_ms + 100 * limit) return true;
  return clock_getcpuclockid(worker.pid, &clock) == 0 &&
         ms(clock) > worker.progress->used_ms + limit;
}

void report(const Options& options, uint64_t number, const std::string& what) {
  std::string name;
  std::vector<uint8_t> bytes = case_bytes(options, number, &name);
  std::filesystem::create_directories(options.save);
  std::string path = options.save + "/case-" + std::to_string(number) + ".wasm";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  std::printf("FAIL case %" PRIu64 " (%s): %s\n     saved as %s; again: --seed %" PRIu64
              " --first %" PRIu64 " --cases 1\n",
              number, name.c_str(), what.c_str(), path.c_str(), options.seed, number);
  std::fflush(stdout);
}

// What an ended worker's status means; empty for success.
std::string meaning(int status, const Progress& progress) {
  if (WIFSIGNALED(status)) return std::string("killed by ") + strsignal(WTERMSIG(status));
  switch (WEXITSTATUS(status)) {
    case 0: return "";
    case kProblem: return progress.problem;
    case kLeak: return "memory leaked in this batch";
    default: return "ended with status " + std::to_string(WEXITSTATUS(status));
  }
}

uint64_t run_all(const Options& options) {
  uint64_t next = options.first, end = options.first + options.cases, failed = 0;
  uint64_t loaded = 0, ran = 0;
  size_t jobs = static_cast<size_t>(options.jobs);
  auto* progress = static_cast<Progress*>(mmap(
      nullptr, sizeof(Progress) * jobs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (progress == MAP_FAILED) std::perror("mmap"), std::exit(70);
  std::vector<Worker> workers(jobs);
  for (size_t i = 0; i < jobs; i++) workers[i].progress = new (&progress[i]) Progress{};

  for (bool busy = true; busy;) {
    busy = false;
    for (Worker& worker : workers) {
      if (worker.pid == 0) {
        if (next >= end) continue;
        worker.progress->at = next;
        next = std::min(next + kBatch, end);
        worker.end = next;
        start(options, worker);
      }
      busy = true;
      int status = 0;
      bool late = is_late(options, worker);
      bool leaving = worker.progress->at >= worker.end;  // only the leak check is left to do
      if (late && !leaving) kill(worker.pid, SIGKILL);
      if (waitpid(worker.pid, &status, late && !leaving ? 0 : WNOHANG) == 0) continue;
      worker.pid = 0;
      std::string what =
          late && !leaving ? "no end within the time limit" : meaning(status, *worker.progress);
      if (what.empty() || leaving) {
        if (!what.empty()) failed++, report(options, worker.end - 1, what);
        continue;
      }
      failed++;
      report(options, worker.progress->at, what);
      if (failed >= 100) return std::puts("too many failures; stopped"), failed;
      if (++worker.progress->at < worker.end) start(options, worker);
    }
    usleep(2000);
  }
  for (Worker& worker : workers) loaded += worker.progress->loaded, ran += worker.progress->ran;
  std::printf("%zu inputs, %zu of them valid binaries; %" PRIu64
              " cases were valid modules, %" PRIu64 " ran\n",
              options.inputs.size(), options.valid.size(), loaded, ran);
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i++) {
    std::string arg = argv[i];
    auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (arg == "--cases") options.cases = number();
    else if (arg == "--first") options.first = number();
    else if (arg == "--seed") options.seed = number();
    else if (arg == "--jobs") options.jobs = static_cast<int>(number());
    else if (arg == "--limit") options.limit_ms = static_cast<int>(number());
    else if (arg == "--save" && i + 1 < argc) options.save = argv[++i];
    else fuzz::add_inputs(arg, options.inputs);
  }
  if (options.inputs.empty() || options.jobs < 1) {
    std::fprintf(stderr,
                 "usage: mutate [--cases N] [--first N] [--seed N] [--jobs N] [--limit MS] "
                 "[--save DIR] INPUT…\n");
    return 2;
  }
  fuzz::add_generated(kGenerated, options.inputs);
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    if (options.inputs[i].valid) options.valid.push_back(i);
  }
  rlimit no_cores{0, 0};
  setrlimit(RLIMIT_CORE, &no_cores);
  uint64_t failed = run_all(options);
  std::printf("%" PRIu64 " passed, %" PRIu64 " failed\n", options.cases - failed, failed);
  return failed ? 1 : 0;
}
