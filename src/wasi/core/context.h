// A guest's world: its arguments, environment, descriptors, and what it was granted.
//
// A fresh ContextConfig grants nothing: no arguments, no environment, no files, standard streams
// that refuse, no clock, no random numbers. Each field that is filled in is a grant. What is not
// granted is refused with `acces` (a descriptor that does not exist is `badf`), and the guest runs
// on.
//
//   ContextConfig config;
//   config.args = {"prog", "-v"};
//   config.out = StdStream::inherit();
//   config.preopens.push_back({.guest_name = "/data", .host_path = "data", .access = kReadOnly});
//   auto context = Context::create(std::move(config));
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/files.h"
#include "sys/unique_fd.h"
#include "wasi/core/descriptors.h"
#include "wasi/core/memory_fs.h"
#include "wasi/core/stdio.h"
#include "wasi/core/trace.h"

namespace zwasm::wasi {

// Where one of the guest's standard streams leads.
class StdStream {
 public:
  enum class Kind : uint8_t { refused, inherited, null, descriptor, input, captured };

  // Reading and writing are `acces`. The default.
  static StdStream refused() { return {}; }
  // The process's own stream of the same number.
  static StdStream inherit() { return StdStream(Kind::inherited); }
  // Empty input, output into nothing.
  static StdStream null() { return StdStream(Kind::null); }
  // A descriptor of the host's, owned from now on.
  static StdStream descriptor(sys::UniqueFd fd) {
    StdStream s(Kind::descriptor);
    s.fd_ = std::move(fd);
    return s;
  }
  // Input from memory.
  static StdStream input(std::string text) {
    StdStream s(Kind::input);
    s.text_ = std::move(text);
    return s;
  }
  // Output into memory. Two streams may share a buffer.
  static StdStream captured(std::shared_ptr<CapturedOutput> output) {
    StdStream s(Kind::captured);
    s.output_ = std::move(output);
    return s;
  }

  StdStream() = default;
  Kind kind() const { return kind_; }

 private:
  friend class Context;
  explicit StdStream(Kind kind) : kind_(kind) {}

  Kind kind_ = Kind::refused;
  sys::UniqueFd fd_;
  std::string text_;
  std::shared_ptr<CapturedOutput> output_;
};

inline constexpr Access kReadOnly{.read = true, .write = false};
inline constexpr Access kReadWrite{.read = true, .write = true};
inline constexpr Access kWriteOnly{.read = false, .write = true};

// A directory that the guest finds opened under `guest_name`: one of the host's or one in memory.
struct Preopen {
  std::string guest_name;
  std::string host_path;             // used if `memory` is empty
  std::shared_ptr<MemoryFs> memory;  // used if set
  Access access = kReadOnly;
};

// A listening socket that the guest may accept connections from.
struct Listener {
  std::string address;  // "host:port"; used if `descriptor` is empty
  sys::UniqueFd descriptor;
};

struct ContextConfig {
  std::vector<std::string> args;
  std::vector<std::string> env;  // "NAME=value"
  StdStream in, out, err;
  std::vector<Preopen> preopens;  // descriptors 3 and up, in this order
  // Absolute paths of directories that are out of every guest's reach, though they lie in one.
  std::vector<std::string> withheld;
  std::vector<Listener> listeners;  // then these
  bool clock = false;               // telling the time, and waiting for it
  bool random = false;
  TraceConfig trace;
  // Each open file takes one of the host's descriptors, of which a process has often only 1024.
  Fd max_descriptors = DescriptorTable::kDefaultLimit;
  // How paths below host directories are confined; `walk` serves tests of that way.
  sys::Resolver resolver = sys::Resolver::automatic;
};

// What could not be set up, in words: "cannot open directory 'x': no such file or directory".
struct ContextError {
  std::string message;
};

class Context {
 public:
  static BasicResult<std::unique_ptr<Context>, ContextError> create(ContextConfig config);

  const std::vector<std::string>& args() const { return args_; }
  const std::vector<std::string>& env() const { return env_; }
  bool clock_granted() const { return clock_; }
  bool random_granted() const { return random_; }
  DescriptorTable& descriptors() { return descriptors_; }
  Tracer* tracer() { return tracer_.get(); }

 private:
  explicit Context(Fd max_descriptors) : descriptors_(max_descriptors) {}
  std::string add_stream(StdStream stream, int number);
  std::string add_preopen(Preopen preopen, const ContextConfig& config);
  std::string add_listener(Listener listener);

  std::vector<std::string> args_;
  std::vector<std::string> env_;
  bool clock_ = false;
  bool random_ = false;
  DescriptorTable descriptors_;
  std::unique_ptr<Tracer> tracer_;
};

}  // namespace zwasm::wasi
