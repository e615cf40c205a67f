// The builder of a guest's WASI world.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <tuple>

#include "aot/cache.h"
#include "aot/seal_key.h"
#include "api/state.h"
#include "api/wasi_state.h"
#include "base/concat.h"
#include "base/parts.h"
#include "wasi/core/memory_fs.h"
#include "wasi/core/stdio.h"
#include "zwasm/tools.h"

extern char** environ;

namespace zwasm {

using detail::Internals;
using Stream = detail::WasiState::Stream;

OutputCapture::OutputCapture(size_t limit)
    : output_(std::make_shared<wasi::CapturedOutput>(limit)) {}
std::string OutputCapture::text() const { return output_->text(); }
std::string OutputCapture::take() { return output_->take(); }

MemoryDirectory::MemoryDirectory(uint64_t max_bytes) {
  wasi::MemoryFsLimits limits;
  limits.bytes = max_bytes;
  fs_ = wasi::MemoryFs::create(limits);
}

namespace {

Result<void> file_result(wasi::Errno error, std::string_view path) {
  if (error == wasi::Errno::success) return {};
  Error failed;
  failed.kind = ErrorKind::io;
  failed.message =
      concat({"cannot add '", path, "' to a directory in memory: ", wasi::errno_text(error)});
  return failed;
}

}  // namespace

Result<void> MemoryDirectory::add_file(std::string_view path, std::string_view contents) {
  return file_result(fs_->add_file(std::string(path), contents), path);
}
Result<void> MemoryDirectory::add_directory(std::string_view path) {
  return file_result(fs_->add_directory(std::string(path)), path);
}
std::optional<std::string> MemoryDirectory::read_file(std::string_view path) const {
  return fs_->read_file(std::string(path));
}

WasiConfig::WasiConfig() : state_(std::make_unique<detail::WasiState>()) {
  state_->in.kind = state_->out.kind = state_->err.kind = Stream::Kind::refused;
}
WasiConfig::WasiConfig(const WasiConfig& other)
    : state_(std::make_unique<detail::WasiState>(*other.state_)) {}
// What was moved from is as new.
WasiConfig::WasiConfig(WasiConfig&& other) noexcept : WasiConfig() { state_.swap(other.state_); }
WasiConfig& WasiConfig::operator=(WasiConfig other) noexcept {
  state_.swap(other.state_);
  return *this;
}
WasiConfig::~WasiConfig() = default;

WasiConfig& WasiConfig::args(std::span<const std::string> args) {
  state_->args.assign(args.begin(), args.end());
  return *this;
}
WasiConfig& WasiConfig::args(std::initializer_list<std::string> args) {
  state_->args = args;
  return *this;
}
WasiConfig& WasiConfig::inherit_args() {
  state_->args.clear();
  // Each argument ends with a zero byte.
  auto line = read_file("/proc/self/cmdline");
  if (!line) return *this;
  std::string argument;
  for (uint8_t byte : *line) {
    if (byte != 0) {
      argument += static_cast<char>(byte);
      continue;
    }
    state_->args.push_back(std::exchange(argument, {}));
  }
  return *this;
}

WasiConfig& WasiConfig::env(std::string_view name, std::string_view value) {
  std::string start = std::string(name) + "=";
  auto& env = state_->env;
  env.erase(std::remove_if(env.begin(), env.end(),
                           [&](const std::string& entry) { return entry.starts_with(start); }),
            env.end());
  env.push_back(start + std::string(value));
  return *this;
}
WasiConfig& WasiConfig::inherit_env() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals != std::string_view::npos && equals != 0)
      env(text.substr(0, equals), text.substr(equals + 1));
  }
  return *this;
}
WasiConfig& WasiConfig::inherit_env(std::string_view name) {
  if (const char* value = std::getenv(std::string(name).c_str())) env(name, value);
  return *this;
}

WasiConfig& WasiConfig::inherit_stdin() {
  state_->in = {Stream::Kind::inherited, {}, nullptr};
  return *this;
}
WasiConfig& WasiConfig::inherit_stdout() {
  state_->out = {Stream::Kind::inherited, {}, nullptr};
  return *this;
}
WasiConfig& WasiConfig::inherit_stderr() {
  state_->err = {Stream::Kind::inherited, {}, nullptr};
  return *this;
}
WasiConfig& WasiConfig::stdin_bytes(std::string bytes) {
  state_->in = {Stream::Kind::text, std::move(bytes), nullptr};
  return *this;
}
WasiConfig& WasiConfig::stdin_file(std::string_view path) {
  state_->in = {Stream::Kind::file, std::string(path), nullptr};
  return *this;
}
WasiConfig& WasiConfig::stdout_file(std::string_view path, bool append) {
  state_->out = {append ? Stream::Kind::append : Stream::Kind::file, std::string(path), nullptr};
  return *this;
}
WasiConfig& WasiConfig::stderr_file(std::string_view path, bool append) {
  state_->err = {append ? Stream::Kind::append : Stream::Kind::file, std::string(path), nullptr};
  return *this;
}
WasiConfig& WasiConfig::capture_stdout(const OutputCapture& to) {
  state_->out = {Stream::Kind::captured, {}, Internals::output(to)};
  return *this;
}
WasiConfig& WasiConfig::capture_stderr(const OutputCapture& to) {
  state_->err = {Stream::Kind::captured, {}, Internals::output(to)};
  return *this;
}
WasiConfig& WasiConfig::capture_stdout(std::function<void(std::string_view)> to) {
  state_->out = {Stream::Kind::captured, {}, std::make_shared<wasi::CapturedOutput>(std::move(to))};
  return *this;
}
WasiConfig& WasiConfig::capture_stderr(std::function<void(std::string_view)> to) {
  state_->err = {Stream::Kind::captured, {}, std::make_shared<wasi::CapturedOutput>(std::move(to))};
  return *this;
}

WasiConfig& WasiConfig::preopen(std::string_view host, std::string_view guest, Access access) {
  state_->preopens.push_back({std::string(host), std::string(guest), nullptr, access});
  return *this;
}
WasiConfig& WasiConfig::preopen(const MemoryDirectory& directory, std::string_view guest,
                                Access access) {
  state_->preopens.push_back({{}, std::string(guest), Internals::memory_fs(directory), access});
  return *this;
}
WasiConfig& WasiConfig::listen(std::string_view address) {
  state_->listeners.emplace_back(address);
  return *this;
}

WasiConfig& WasiConfig::max_descriptors(uint32_t count) {
  state_->max_descriptors = count;
  return *this;
}

WasiConfig& WasiConfig::allow_clocks(bool on) {
  state_->clocks = on;
  return *this;
}
WasiConfig& WasiConfig::allow_random(bool on) {
  state_->random = on;
  return *this;
}
WasiConfig& WasiConfig::allow_threads(bool on) {
  state_->threads = on;
  return *this;
}

WasiConfig& WasiConfig::trace(std::function<void(std::string_view)> sink, TraceFormat format) {
  state_->trace = std::move(sink);
  state_->trace_format = format;
  return *this;
}
WasiConfig& WasiConfig::trace_file(std::string_view path, TraceFormat format) {
  state_->trace_file = path;
  state_->trace_format = format;
  return *this;
}

namespace detail {
namespace {

Error io_error(std::string message) {
  Error error;
  error.kind = has_part(Part::wasi) ? ErrorKind::io : ErrorKind::limit;
  error.message = std::move(message);
  return error;
}

Result<wasi::StdStream> make_stream(const Stream& stream, int open_flags) {
  switch (stream.kind) {
    case Stream::Kind::refused: break;
    case Stream::Kind::inherited: return wasi::StdStream::inherit();
    case Stream::Kind::text: return wasi::StdStream::input(stream.text);
    case Stream::Kind::captured: return wasi::StdStream::captured(stream.output);
    case Stream::Kind::append:
    case Stream::Kind::file: {
      if (open_flags != O_RDONLY)
        open_flags |= stream.kind == Stream::Kind::append ? O_APPEND : O_TRUNC;
      sys::UniqueFd fd(::open(stream.text.c_str(), open_flags | O_CLOEXEC | O_NOCTTY, 0666));
      if (fd) return wasi::StdStream::descriptor(std::move(fd));
      return io_error(concat(
          {"cannot open '", stream.text, "' for a standard stream: ", std::strerror(errno)}));
    }
  }
  return wasi::StdStream::refused();
}

}  // namespace

Result<std::shared_ptr<wasi::Context>> make_wasi_context(const WasiState& state) {
  wasi::ContextConfig config;
  config.args = state.args;
  config.env = state.env;
  for (auto [from, to, flags] : {std::tuple(&state.in, &config.in, O_RDONLY),
                                 std::tuple(&state.out, &config.out, O_WRONLY | O_CREAT),
                                 std::tuple(&state.err, &config.err, O_WRONLY | O_CREAT)}) {
    auto stream = make_stream(*from, flags);
    if (!stream) return std::move(stream).error();
    *to = *std::move(stream);
  }
  if (state.max_descriptors) config.max_descriptors = *state.max_descriptors;
  for (const WasiState::Preopen& preopen : state.preopens) {
    wasi::Access access;
    access.read = (static_cast<int>(preopen.access) & static_cast<int>(Access::read)) != 0;
    access.write = (static_cast<int>(preopen.access) & static_cast<int>(Access::write)) != 0;
    config.preopens.push_back({preopen.guest, preopen.host, preopen.memory, access});
  }
  // Who could change these could have us run machine code of his own.
  config.withheld = {aot::CodeCache::directory(), aot::seal_key_directory()};
  for (const std::string& address : state.listeners) {
    wasi::Listener& listener = config.listeners.emplace_back();
    listener.address = address;
  }
  config.clock = state.clocks;
  config.random = state.random;
  config.trace.format =
      state.trace_format == TraceFormat::json ? wasi::TraceFormat::json : wasi::TraceFormat::text;
  if (state.trace) {
    config.trace.target = wasi::TraceConfig::Target::callback;
    config.trace.callback = state.trace;
  } else if (!state.trace_file.empty()) {
    config.trace.target = wasi::TraceConfig::Target::file;
    config.trace.file_path = state.trace_file;
  }
  auto context = wasi::Context::create(std::move(config));
  if (!context) return io_error(std::move(context.error().message));
  return std::shared_ptr<wasi::Context>(std::move(*context));
}

}  // namespace detail
}  // namespace zwasm
