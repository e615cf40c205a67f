/// What a guest of WASI Preview 1 may see and do. A new WasiConfig grants nothing: no arguments,
/// no environment, empty stdin, discarded output, no files, no clocks, no randomness.
///
///     zwasm::WasiConfig wasi;
///     std::string out;
///     wasi.args({"prog", "-v"}).preopen("data", "/data",
///     zwasm::Access::read).capture_stdout(&out); store.set_wasi(wasi).value();
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zwasm/error.h"

namespace zwasm {

namespace detail {
struct WasiState;
struct Access;
}  // namespace detail

/// What may be done below a preopened directory.
enum class Access : uint8_t { read = 1, write = 2, read_write = 3 };

/// One finished WASI call, as the trace tells it.
struct WasiCall {
  std::string_view line;  ///< "fd_write(fd=1, …) = success"; valid during the call
};

/// A value; copies are independent (captured strings are shared). Used by one thread at a time.
class WasiConfig {
 public:
  WasiConfig();
  WasiConfig(const WasiConfig&);
  WasiConfig(WasiConfig&&) noexcept;
  WasiConfig& operator=(WasiConfig) noexcept;
  ~WasiConfig();

  WasiConfig& args(std::span<const std::string> args);  ///< the first is the program's name
  WasiConfig& args(std::initializer_list<std::string> args);
  WasiConfig& env(std::string_view name, std::string_view value);
  WasiConfig& inherit_env();                       ///< the whole environment of the process
  WasiConfig& inherit_env(std::string_view name);  ///< one variable, if it is set

  WasiConfig& inherit_stdin();
  WasiConfig& inherit_stdout();
  WasiConfig& inherit_stderr();
  WasiConfig& inherit_stdio() { return inherit_stdin().inherit_stdout().inherit_stderr(); }
  WasiConfig& stdin_bytes(std::string bytes);
  /// Output is appended to the string, which must outlive the store.
  WasiConfig& capture_stdout(std::string* to);
  WasiConfig& capture_stderr(std::string* to);

  /// A host directory as `guest`. Nothing outside of it can be reached through it.
  WasiConfig& preopen(std::string_view host, std::string_view guest,
                      Access access = Access::read_write);
  /// A listening socket (a file descriptor of the process, which it keeps).
  WasiConfig& listener(int fd, std::string_view guest_name = {});

  WasiConfig& allow_clocks(bool on = true);
  WasiConfig& allow_random(bool on = true);
  WasiConfig& allow_threads(bool on = true, uint32_t max_threads = 1024);

  /// Called for every WASI call with its arguments and result, from the thread that makes it.
  WasiConfig& trace(std::function<void(const WasiCall&)> sink, bool json = false);

 private:
  friend struct detail::Access;
  std::unique_ptr<detail::WasiState> state_;
};

}  // namespace zwasm
