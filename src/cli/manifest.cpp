#include "manifest.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "args.h"
#include "commands.h"
#include "report.h"

namespace zwasm::cli {
namespace {

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields;
  for (size_t from = 0;;) {
    size_t tab = line.find('\t', from);
    fields.emplace_back(line.substr(from, tab == std::string_view::npos ? tab : tab - from));
    if (tab == std::string_view::npos) return fields;
    from = tab + 1;
  }
}

// The rows of a table, without comments; rows have at least as many fields as the header.
Result<std::vector<std::vector<std::string>>> read_table(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return std::move(bytes).error();
  std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  std::vector<std::vector<std::string>> rows;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    rows.push_back(split(line));
    if (rows.back().size() < rows[0].size()) rows.back().resize(rows[0].size());
  }
  return rows;
}

std::optional<ScriptMode> mode_of(std::string_view word) {
  if (word == "run") return ScriptMode::run;
  if (word == "static") return ScriptMode::static_;
  if (word == "reject") return ScriptMode::reject;
  if (word == "program") return ScriptMode::program;
  return std::nullopt;
}

std::string directory_of(const std::string& path) {
  size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

// --- programs ---

struct Outcome {
  int status = 0;
  bool timed_out = false;
  std::string output;
};

constexpr int kProgramSeconds = 240;  // one of them is five billion iterations
// Of a program that is on record as running forever, to see that ours does not end either.
constexpr int kForeverSeconds = 1;

// By a fork without a new start, which an emulator could not do.
std::optional<Outcome> run_self(const std::string& file, std::string_view engine, int seconds) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  pid_t pid = ::fork();
  if (pid < 0) return std::nullopt;
  if (pid == 0) {
    int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, 0);
    ::dup2(ends[1], 1);
    ::dup2(null, 2);
    std::vector<std::string_view> args = {file, "1", "2"};
    if (!engine.empty()) args.insert(args.begin(), {"--engine", engine});
    int status = run(command_rows()[static_cast<size_t>(CommandId::run)], args);
    std::fflush(nullptr);
    _exit(status);
  }
  ::close(ends[1]);
  Outcome outcome;
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd fd{ends[0], POLLIN, 0};
    int ready = left.count() <= 0 ? 0 : ::poll(&fd, 1, static_cast<int>(left.count()));
    if (ready == 0) {
      outcome.timed_out = true;
      ::kill(pid, SIGKILL);
      break;
    }
    char buffer[4096];
    ssize_t count = ::read(ends[0], buffer, sizeof buffer);
    if (count <= 0) break;
    outcome.output.append(buffer, static_cast<size_t>(count));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out.empty() ? "-" : out;
}

}  // namespace

Result<std::vector<ScriptEntry>> read_manifest(const std::string& path, const std::string& step) {
  auto rows = read_table(path);
  if (!rows) return std::move(rows).error();
  std::vector<ScriptEntry> entries;
  if (rows->empty()) return entries;
  auto column = [&](std::string_view name) {
    const auto& header = rows->front();
    for (size_t i = 0; i < header.size(); ++i)
      if (header[i] == name) return i;
    return header.size();
  };
  const size_t file = column("path"), steps = column("step"), mode = column("mode"),
               switches = column("switches");
  const size_t width = rows->front().size();
  if (file == width || mode == width) {
    Error error;
    error.kind = ErrorKind::malformed;
    error.file = path;
    error.message = "the table has no columns \"path\" and \"mode\"";
    return error;
  }
  for (size_t i = 1; i < rows->size(); ++i) {
    const auto& row = (*rows)[i];
    if (!step.empty() && (steps == width || row[steps] != step)) continue;
    auto known = mode_of(row[mode]);
    if (!known) {
      Error error;
      error.kind = ErrorKind::malformed;
      error.file = path;
      error.message = concat({row[file], " has the unknown mode \"", row[mode], "\""});
      return error;
    }
    entries.push_back({row[file], directory_of(path) + row[file], *known,
                       switches == width ? "" : row[switches]});
  }
  return entries;
}

ScriptResult run_program_check(const ScriptEntry& entry, std::string_view engine) {
  ScriptResult result;
  result.executed["program"] = 1;
  auto wrong = [&](const std::string& why) {
    result.failed["program"] = 1;
    result.messages.push_back(concat({entry.file, ": ", why}));
    return result;
  };
  const std::string record_file = directory_of(entry.file) + "WASMTIME-RUN.tsv";
  auto record = read_table(record_file);
  if (!record) return wrong(record.error().summary());
  const std::string name = entry.file.substr(directory_of(entry.file).size());
  const std::vector<std::string>* row = nullptr;
  for (const auto& candidate : *record)
    if (candidate[0] == name && candidate.size() >= 4) row = &candidate;
  if (row == nullptr) return wrong("is not on record in " + record_file);
  const bool forever = (*row)[1] == "timeout";
  auto outcome = run_self(entry.file, engine, forever ? kForeverSeconds : kProgramSeconds);
  if (!outcome) return wrong("no process could be started");
  if (outcome->timed_out != forever)
    return wrong(forever ? "ends, but should run forever" : "does not end");
  if (forever) return result;
  if (outcome->status == kFault) return wrong("crashed the runtime");
  // WASI as we have it leaves to the program what the reference takes for an error of its host:
  // any exit status, and pointers that are not aligned.
  const std::string& words = (*row)[3];
  if (words.find("invalid exit status") != std::string::npos ||
      words.find("Pointer not aligned") != std::string::npos)
    return result;
  if (std::to_string(outcome->status) != (*row)[1])
    return wrong(
        concat({"expected exit status ", (*row)[1], ", actual ", std::to_string(outcome->status)}));
  if (escaped(outcome->output) != (*row)[2])
    return wrong(concat({"expected output ", (*row)[2], ", actual ", escaped(outcome->output)}));
  return result;
}

}  // namespace zwasm::cli
