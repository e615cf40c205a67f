/// What a call hook is told: which function is called or returns, with what, and how it ended.
///
///     store.set_call_hook([](const zwasm::CallInfo& call) {
///       if (call.event() != zwasm::CallEvent::returning_from_host) return;
///       if (auto wasi = call.wasi()) std::puts(wasi->to_string().c_str());
///     });
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zwasm/detail/export.h"
#include "zwasm/error.h"
#include "zwasm/func.h"
#include "zwasm/instance.h"
#include "zwasm/store.h"
#include "zwasm/types.h"
#include "zwasm/value.h"

namespace zwasm ZWASM_PUBLIC {

namespace detail {
struct CallRecord;
}

/// An argument or a result of a WASI call, in words.
struct WasiValue {
  std::string_view name;  ///< "path"; valid for ever
  std::string text;       ///< "\"a.txt\"", "3", "creat|trunc", "0x1000"
  friend bool operator==(const WasiValue&, const WasiValue&) = default;
};

/// A call of a WASI function that has ended.
struct WasiCall {
  std::string_view function;         ///< "path_open"
  std::vector<WasiValue> arguments;  ///< strings as the call read them, buffers by their size
  /// What it stored in the guest's memory; nothing if it failed.
  std::vector<WasiValue> results;
  uint16_t error = 0;           ///< the errno that the guest gets; 0: success
  std::string_view error_name;  ///< "success", "noent", …; "exit", "interrupted": it did not return
  /// As in the audit trail: `path_open(fd=3, path="a.txt", …) = success (opened=5)`.
  std::string to_string() const;
};

/// A passage between host and guest. Valid while the hook runs. What is asked for is looked up
/// then: a hook that asks for the event only costs little.
class CallInfo {
 public:
  CallEvent event() const noexcept;
  operator CallEvent() const noexcept { return event(); }

  /// The module of a guest's function, by the name it gives itself; for a host function, the module
  /// from which the caller imports it ("env", "wasi_snapshot_preview1"). Empty if there is none.
  std::string_view module() const;
  /// The name of a guest's function, from the name section or its export; for a host function, the
  /// name under which the caller imports it. Empty if there is none.
  std::string_view name() const;
  /// The index of a guest's function in its module; nothing for host functions.
  std::optional<uint32_t> func_index() const noexcept;
  FuncType type() const;
  /// The function; nothing for a start function, whose instance does not exist yet.
  std::optional<Func> func() const;
  /// Of host functions: the instance whose code makes the call; nothing if the host makes it.
  std::optional<Instance> caller() const;

  /// Of the events `calling_…`; else empty.
  std::vector<Value> arguments() const;
  /// Of the events `returning_…`, if the call returned; else empty.
  std::vector<Value> results() const;
  /// Of the events `returning_…`: why the call failed; null if it returned, or if a C++ exception
  /// passes.
  const Error* error() const noexcept;
  /// Of `returning_from_host`, when the function is one of WASI's.
  std::optional<WasiCall> wasi() const;

 private:
  friend struct detail::Internals;
  explicit CallInfo(const detail::CallRecord& record) noexcept : record_(record) {}
  CallInfo(const CallInfo&) = delete;
  CallInfo& operator=(const CallInfo&) = delete;
  const detail::CallRecord& record_;
};

}  // namespace zwasm ZWASM_PUBLIC
