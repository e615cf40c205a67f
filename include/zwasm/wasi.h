/// What a guest of WASI Preview 1 may see and do. A new WasiConfig grants nothing: no arguments,
/// no environment, empty stdin, discarded output, no files, no clocks, no randomness.
///
///     zwasm::OutputCapture out;
///     zwasm::WasiConfig wasi;
///     wasi.args({"prog", "-v"})
///         .preopen("data", "/data", zwasm::Access::read)
///         .capture_stdout(out);
///     store.set_wasi(wasi).value();
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zwasm/detail/export.h"
#include "zwasm/error.h"

namespace zwasm ZWASM_PUBLIC {

namespace wasi {
class CapturedOutput;
class MemoryFs;
}  // namespace wasi
namespace detail {
struct WasiState;
struct Internals;
}  // namespace detail

/// What may be done below a preopened directory.
enum class Access : uint8_t { read = 1, write = 2, read_write = 3 };

/// Collects what a guest writes. A shared handle; thread-safe, may be read while the guest runs.
class OutputCapture {
 public:
  /// A write beyond `limit` bytes is refused with ENOSPC.
  explicit OutputCapture(size_t limit = size_t{64} << 20);
  OutputCapture(const OutputCapture&) = default;  // moving copies: what was moved from is whole
  OutputCapture& operator=(const OutputCapture&) = default;
  std::string text() const;  ///< what was written so far
  std::string take();        ///< the same, and forgets it

 private:
  friend struct detail::Internals;
  std::shared_ptr<wasi::CapturedOutput> output_;
};

/// A directory in memory, for guests that need files which exist nowhere else. A shared handle;
/// thread-safe. Paths are relative, with `/` between names; missing directories are made.
class MemoryDirectory {
 public:
  /// Errors (io): a name that cannot be, or `max_bytes` of contents are exceeded.
  explicit MemoryDirectory(uint64_t max_bytes = uint64_t{256} << 20);
  MemoryDirectory(const MemoryDirectory&) = default;
  MemoryDirectory& operator=(const MemoryDirectory&) = default;
  Result<void> add_file(std::string_view path, std::string_view contents);
  Result<void> add_directory(std::string_view path);
  /// The contents of a file; nothing if there is none.
  std::optional<std::string> read_file(std::string_view path) const;

 private:
  friend struct detail::Internals;
  std::shared_ptr<wasi::MemoryFs> fs_;
};

/// How the lines of a trace look.
enum class TraceFormat : uint8_t { text, json };

/// A value; copies are independent (captures and directories are shared). Used by one thread at a
/// time.
class WasiConfig {
 public:
  WasiConfig();
  WasiConfig(const WasiConfig&);
  WasiConfig(WasiConfig&&) noexcept;
  WasiConfig& operator=(WasiConfig) noexcept;
  ~WasiConfig();

  WasiConfig& args(std::span<const std::string> args);  ///< the first is the program's name
  WasiConfig& args(std::initializer_list<std::string> args);
  /// The arguments of this process, its name included.
  WasiConfig& inherit_args();
  WasiConfig& env(std::string_view name, std::string_view value);
  WasiConfig& inherit_env();                       ///< the whole environment of the process
  WasiConfig& inherit_env(std::string_view name);  ///< one variable, if it is set

  WasiConfig& inherit_stdin();
  WasiConfig& inherit_stdout();
  WasiConfig& inherit_stderr();
  WasiConfig& inherit_stdio() { return inherit_stdin().inherit_stdout().inherit_stderr(); }
  WasiConfig& stdin_bytes(std::string bytes);
  /// Files of the host's, opened by Store::set_wasi; output goes to a new or emptied file, or, with
  /// `append`, to the end of one.
  WasiConfig& stdin_file(std::string_view path);
  WasiConfig& stdout_file(std::string_view path, bool append = false);
  WasiConfig& stderr_file(std::string_view path, bool append = false);
  WasiConfig& capture_stdout(const OutputCapture& to);
  WasiConfig& capture_stderr(const OutputCapture& to);
  /// Gets what the guest writes as it writes it, one write at a time, on the thread that writes. It
  /// must not throw, and not call functions of the store.
  WasiConfig& capture_stdout(std::function<void(std::string_view bytes)> to);
  WasiConfig& capture_stderr(std::function<void(std::string_view bytes)> to);

  /// A host directory as `guest`. Nothing outside of it can be reached through it.
  WasiConfig& preopen(std::string_view host, std::string_view guest,
                      Access access = Access::read_write);
  WasiConfig& preopen(const MemoryDirectory& directory, std::string_view guest,
                      Access access = Access::read_write);
  /// A listening TCP socket, bound to "host:port", as the next descriptor after the directories.
  WasiConfig& listen(std::string_view address);
  /// How many descriptors the guest may have open at the same time, those it starts with included
  /// (default 65536); beyond it opening fails with EMFILE. Each may take one of the process.
  WasiConfig& max_descriptors(uint32_t count);

  WasiConfig& allow_clocks(bool on = true);
  WasiConfig& allow_random(bool on = true);
  /// For Linker::wasi_threads; without it `thread-spawn` fails.
  WasiConfig& allow_threads(bool on = true);

  /// Gets a line for every WASI call with its arguments and result, without a newline, one at a
  /// time, from the thread that makes the call. The sink must not throw.
  WasiConfig& trace(std::function<void(std::string_view line)> sink,
                    TraceFormat format = TraceFormat::text);
  /// The same into a file, which is created or truncated.
  WasiConfig& trace_file(std::string_view path, TraceFormat format = TraceFormat::text);

 private:
  friend struct detail::Internals;
  std::unique_ptr<detail::WasiState> state_;
};

}  // namespace zwasm ZWASM_PUBLIC
