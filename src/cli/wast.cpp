// `zwasm wast`: scripts by the list. Each runs in a process of its own, so that a crash is one
// failure and several run at the same time.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zwasm/zwasm.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "commands.h"
#include "files.h"
#include "json.h"
#include "manifest.h"
#include "report.h"
#include "script_runner.h"

namespace zwasm::cli {
namespace {

Json to_json(const Counts& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json.set(name, count);
  return json;
}

// --- one script, in its process ---

ScriptResult failed(std::string directive, std::string message) {
  ScriptResult result;
  result.failed[std::move(directive)] = 1;
  result.messages.push_back(std::move(message));
  return result;
}

ScriptResult run_entry(const ScriptEntry& entry, const ScriptOptions& given,
                       const std::vector<Option>& overrides) {
  if (entry.mode == ScriptMode::program) {
    std::string_view engine;
    for (const Option& option : overrides)
      if (option.id == OptionId::engine) engine = option.value.value_or("");
    return run_program_check(entry, engine);
  }
  ScriptOptions options = given;
  auto bytes = read_file(entry.file);
  if (!bytes) return failed("script", bytes.error().summary());
  std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  auto script = script::parse(text, entry.file);
  const bool reject = entry.mode == ScriptMode::reject;
  ScriptResult accepted;
  if (reject) accepted.executed["reject"] = 1;
  if (!script) return reject ? accepted : failed("script", script.error().to_string());
  apply_headers(*script, options.settings);
  if (!entry.switches.empty())
    if (auto error = apply_switches('W', entry.switches, options.settings))
      return failed("script", concat({entry.file, ": ", error->message}));
  for (const Option& option : overrides) apply_switch_option(option, "wast", options.settings);
  if (reject) {
    Engine engine(options.settings.config);
    // As a file, it must not even hold what scripts may.
    if (!entry.file.ends_with(".wast") && !Module::from_wat(engine, text, entry.file))
      return accepted;
    for (const script::Command& command : *script)
      if (const auto* module = std::get_if<script::ModuleCommand>(&command.what))
        if (!script->compile(engine, module->source)) return accepted;
    ScriptResult result = failed("reject", entry.file + ": accepted, but must be rejected");
    result.executed["reject"] = 1;
    return result;
  }
  options.validate_only = options.validate_only || entry.mode == ScriptMode::static_;
  return run_script(*script, options);
}

// --- what the process of a script tells the one that started it ---

// Stands before each name that is counted and each message, and as the last: that it is all.
struct Record {
  enum class Kind : uint8_t { executed, failed, skipped, reason, message, end };
  Kind kind;
  uint64_t count;
  uint64_t length;  // of the text that follows
};

std::string packed(const ScriptResult& result) {
  std::string out;
  auto put = [&](Record::Kind kind, uint64_t count, const std::string& text) {
    Record record{kind, count, text.size()};
    out.append(reinterpret_cast<const char*>(&record), sizeof record);
    out += text;
  };
  for (const auto& [name, count] : result.executed) put(Record::Kind::executed, count, name);
  for (const auto& [name, count] : result.failed) put(Record::Kind::failed, count, name);
  for (const auto& [name, count] : result.skipped) put(Record::Kind::skipped, count, name);
  for (const std::string& text : result.reasons) put(Record::Kind::reason, 0, text);
  for (const std::string& text : result.messages) put(Record::Kind::message, 0, text);
  put(Record::Kind::end, 0, {});
  return out;
}

// Nothing if the end is missing.
std::optional<ScriptResult> unpacked(std::string_view bytes) {
  ScriptResult result;
  for (;;) {
    Record record;
    if (bytes.size() < sizeof record) return std::nullopt;
    std::memcpy(&record, bytes.data(), sizeof record);
    bytes.remove_prefix(sizeof record);
    if (bytes.size() < record.length) return std::nullopt;
    std::string text(bytes.substr(0, record.length));
    bytes.remove_prefix(record.length);
    switch (record.kind) {
      case Record::Kind::executed: result.executed[std::move(text)] = record.count; break;
      case Record::Kind::failed: result.failed[std::move(text)] = record.count; break;
      case Record::Kind::skipped: result.skipped[std::move(text)] = record.count; break;
      case Record::Kind::reason: result.reasons.push_back(std::move(text)); break;
      case Record::Kind::message: result.messages.push_back(std::move(text)); break;
      case Record::Kind::end: return result;
    }
  }
}

// --- processes ---

struct Job {
  size_t index = 0;
  pid_t pid = 0;
  int pipe = -1;
  std::string output;
};

[[noreturn]] void child(int pipe, const ScriptEntry& entry, const ScriptOptions& options,
                        const std::vector<Option>& overrides) {
  std::string text = packed(run_entry(entry, options, overrides));
  for (size_t done = 0; done < text.size();) {
    ssize_t count = ::write(pipe, text.data() + done, text.size() - done);
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  _exit(0);
}

ScriptResult result_of(const Job& job, int status, const std::string& file) {
  if (auto result = unpacked(job.output)) return *std::move(result);
  std::string how = WIFSIGNALED(status)
                        ? std::string("was killed: ") + ::strsignal(WTERMSIG(status))
                        : "ended with status " + std::to_string(WEXITSTATUS(status));
  return failed("script", concat({file, ": the process that ran it ", how}));
}

bool start(Job& job, const ScriptEntry& entry, const ScriptOptions& options,
           const std::vector<Option>& overrides) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  std::fflush(nullptr);
  job.pid = ::fork();
  if (job.pid == 0) child(ends[1], entry, options, overrides);
  ::close(ends[1]);
  job.pipe = ends[0];
  return job.pid > 0;
}

template <class Done>
void run_all(const std::vector<ScriptEntry>& entries, const ScriptOptions& options,
             const std::vector<Option>& overrides, size_t limit, Done&& done) {
  std::vector<Job> running;
  size_t next = 0;
  while (next < entries.size() || !running.empty()) {
    while (running.size() < limit && next < entries.size()) {
      Job job;
      job.index = next++;
      if (start(job, entries[job.index], options, overrides)) running.push_back(std::move(job));
      else done(job.index, failed("script", "no process could be started"));
    }
    std::vector<pollfd> fds;
    for (const Job& job : running) fds.push_back({job.pipe, POLLIN, 0});
    ::poll(fds.data(), fds.size(), -1);
    for (size_t i = running.size(); i-- > 0;) {
      if (fds[i].revents == 0) continue;
      char buffer[16384];
      ssize_t count = ::read(running[i].pipe, buffer, sizeof buffer);
      if (count > 0) {
        running[i].output.append(buffer, static_cast<size_t>(count));
        continue;
      }
      ::close(running[i].pipe);
      int status = 0;
      ::waitpid(running[i].pid, &status, 0);
      size_t index = running[i].index;
      done(index, result_of(running[i], status, entries[index].file));
      running.erase(running.begin() + static_cast<ptrdiff_t>(i));
    }
  }
}

// --- the list ---

void add_operand(const std::string& path, std::vector<ScriptEntry>& entries) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    entries.push_back({path, path, ScriptMode::run, ""});
    return;
  }
  std::vector<std::string> files;
  for (auto it = fs::recursive_directory_iterator(path, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error))
    if (it->path().extension() == ".wast") files.push_back(it->path().string());
  std::sort(files.begin(), files.end());
  for (std::string& file : files) entries.push_back({file, file, ScriptMode::run, ""});
}

uint64_t total(const Counts& counts) {
  uint64_t sum = 0;
  for (const auto& [name, count] : counts)
    if (name != "in_thread") sum += count;  // counted by their own names, too
  return sum;
}

}  // namespace

int wast(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  ScriptOptions options;
  std::vector<Option> overrides;
  size_t jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string manifest, step;
  bool json = false;
  for (const Option& option : parsed.options) {
    std::string value(option.value.value_or(""));
    Settings scratch;
    if (apply_switch_option(option, command.name, scratch)) {
      overrides.push_back(option);
      continue;
    }
    switch (option.id) {
      case OptionId::manifest: manifest = value; break;
      case OptionId::step: step = value; break;
      case OptionId::validate_only: options.validate_only = true; break;
      case OptionId::ignore_messages: options.ignore_messages = true; break;
      case OptionId::json: json = true; break;
      case OptionId::jobs: {
        auto number = parse_number(value);
        if (!number || *number == 0 || *number > 1024)
          return usage_error(concat({"--jobs takes a number from 1 on, not \"", value, "\""}),
                             command.name);
        jobs = *number;
        break;
      }
      default: break;
    }
  }
  std::vector<ScriptEntry> entries;
  if (!manifest.empty()) {
    auto listed = read_manifest(manifest, step);
    if (!listed) return report(listed.error());
    entries = *std::move(listed);
    options.ignore_refusal_messages = true;
    if (entries.empty()) {
      std::fprintf(stderr, "zwasm: error: %s lists no script of step \"%s\"\n",
                   printable(manifest).c_str(), printable(step).c_str());
      return kFailed;
    }
  } else if (!step.empty()) {
    return usage_error("--step needs a --manifest", command.name);
  }
  for (std::string_view operand : parsed.operands) add_operand(input_name(operand), entries);
  if (entries.empty())
    return parsed.operands.empty()
               ? usage_error("wast needs script FILES or a --manifest", command.name)
               : (std::fprintf(stderr, "zwasm: error: there are no scripts in %s\n",
                               std::string(parsed.operands[0]).c_str()),
                  kFailed);

  const bool progress = ::isatty(2) != 0 && entries.size() > 1;
  std::vector<ScriptResult> results(entries.size());
  size_t finished = 0;
  run_all(entries, options, overrides, jobs, [&](size_t index, ScriptResult result) {
    results[index] = std::move(result);
    if (progress)
      std::fprintf(stderr, "\r\033[K%zu/%zu %s", ++finished, entries.size(),
                   entries[index].path.c_str());
  });
  if (progress) std::fprintf(stderr, "\r\033[K");

  ScriptResult all;
  uint64_t bad_files = 0;
  Json files = Json::array();
  for (size_t i = 0; i < entries.size(); ++i) {
    const ScriptResult& result = results[i];
    for (const std::string& message : result.messages)
      std::fprintf(stderr, "%s\n", printable(message).c_str());
    bad_files += !result.failed.empty() || !result.skipped.empty();
    all.merge(result);
    if (json) {
      Json entry = Json::object();
      entry.set("path", entries[i].path).set("executed", to_json(result.executed));
      entry.set("failed", to_json(result.failed)).set("skipped", to_json(result.skipped));
      if (!result.reasons.empty()) entry.set("reasons", result.reasons);
      if (!result.messages.empty()) entry.set("messages", result.messages);
      files.push(std::move(entry));
    }
  }
  const uint64_t executed = total(all.executed), wrong = total(all.failed),
                 skipped = total(all.skipped);
  for (const std::string& reason : all.reasons)
    std::fprintf(stderr, "skipped: %s\n", printable(reason).c_str());
  if (json) {
    Json sum = Json::object(), document = Json::object();
    sum.set("files", entries.size()).set("executed", executed).set("failed", wrong);
    sum.set("skipped", skipped).set("directives", to_json(all.executed));
    document.set("files", std::move(files)).set("total", std::move(sum));
    std::printf("%s\n", document.dump(1).c_str());
  } else {
    std::printf(
        "%zu scripts, %llu with problems: %llu directives executed, %llu failed, %llu skipped\n",
        entries.size(), static_cast<unsigned long long>(bad_files),
        static_cast<unsigned long long>(executed), static_cast<unsigned long long>(wrong),
        static_cast<unsigned long long>(skipped));
  }
  if (std::fflush(stdout) != 0) return kFailed;
  return wrong == 0 && skipped == 0 ? kOk : kFailed;
}

}  // namespace zwasm::cli
