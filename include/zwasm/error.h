/// Errors are values: what can fail returns a `Result<T>`, which holds a T or an `Error`.
///
///     zwasm::Result<zwasm::Module> module = zwasm::Module::load(engine, "f.wasm");
///     if (!module) return report(module.error());      // without C++ exceptions
///     zwasm::Module m = std::move(module).value();      // or: throws zwasm::Exception
///
/// An Error is plain data, independent of the store it came from, except for `exception`.
#pragma once
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "zwasm/detail/export.h"

namespace zwasm ZWASM_PUBLIC {

class Ref;

/// What kind of thing went wrong; decides which other members of an Error are meaningful.
enum class ErrorKind : uint8_t {
  io,         ///< a file could not be read or written
  malformed,  ///< bytes or text do not follow the grammar; has a place
  invalid,    ///< well-formed, but does not validate, or a proposal is switched off; has a place
  limit,      ///< a limit of the implementation or of the store was exceeded
  link,       ///< an import is missing or has the wrong type
  usage,      ///< the API was misused: wrong argument types, unknown export, foreign handle …
  trap,       ///< running code trapped; has `trap` and a backtrace
  exit,       ///< the program ended itself (`proc_exit`); has `exit_status`
  exception,  ///< a WebAssembly exception was not caught; has `exception`
  host,       ///< a host function failed with an error of its own, or threw a C++ exception
};

/// Every way in which running code can stop abnormally.
enum class Trap : uint8_t {
  unreachable = 1,
  memory_out_of_bounds,
  table_out_of_bounds,
  array_out_of_bounds,
  integer_divide_by_zero,
  integer_overflow,
  invalid_conversion,
  undefined_element,
  uninitialized_element,
  indirect_call_type_mismatch,
  null_reference,
  null_function_reference,
  null_structure_reference,
  null_array_reference,
  null_i31_reference,
  null_exception_reference,
  cast_failure,
  unaligned_atomic,
  expected_shared_memory,
  stack_exhausted,
  out_of_fuel,
  interrupted,
  timeout,
  heap_exhausted,
  grow_failed,
  unknown_import,
  host_error,
  uncaught_exception,
};

/// The words of the trap, as the specification's tests use them: "integer divide by zero".
std::string_view trap_message(Trap trap) noexcept;

/// One frame of a backtrace, innermost first.
struct Frame {
  std::string module;        ///< name of the module, empty if it has none
  uint32_t func_index = 0;   ///< index of the function in its module
  std::string func_name;     ///< from the name section or an export, empty if it has none
  uint64_t offset = 0;       ///< byte offset in the module's binary of the instruction
  uint64_t func_offset = 0;  ///< the same from the start of the function's body
  /// Where the instruction comes from, when the module carries DWARF: the source file, its line
  /// and column from 1; empty and 0 where unknown.
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  const void* instance = nullptr;  ///< identifies the instance while its store lives
  friend bool operator==(const Frame&, const Frame&) = default;
};

/// What went wrong, where and why.
struct Error {
  ErrorKind kind = ErrorKind::usage;
  std::string message;
  std::string file;                     ///< the file the error is in, when there is one
  std::optional<uint64_t> offset;       ///< byte offset in a binary module
  uint32_t line = 0;                    ///< 1-based line in a text module; 0: none
  uint32_t column = 0;                  ///< 1-based, in bytes
  std::string source_line;              ///< the text of that line
  std::optional<Trap> trap;             ///< kind trap
  std::vector<Frame> backtrace;         ///< innermost frame first; for trap, exception, host, exit
  uint64_t inner_frames = 0;            ///< so many of them are the innermost; after them come
  uint64_t omitted_frames = 0;          ///< frames left out; the rest are the outermost
  std::optional<uint32_t> exit_status;  ///< kind exit: the program's status, 0 is success
  /// kind exception: the exception object, rooted; do not use it after its store is gone.
  std::shared_ptr<const Ref> exception;
  /// kind host: the C++ exception that left the host function, if it was one.
  std::exception_ptr host_exception;

  /// An error that a host function returns to say that it failed.
  static Error host(std::string message);
  /// A trap that a host function raises as if its caller had executed it.
  static Error from_trap(Trap trap);
  /// Ends the program with this status from within a host function.
  static Error exit(uint32_t status);
  /// A WebAssembly exception that a host function throws; a guest can catch it.
  static Error throw_exception(const Ref& exception);
  static Error usage(std::string message);

  /// One line: place (file:line:column or file:offset) and message, without a final newline.
  std::string summary() const;
  /// The summary, the source line with a mark under the column, and the backtrace; several lines.
  std::string to_string() const;
};

/// What `Result::value()` throws.
class Exception : public std::exception {
 public:
  explicit Exception(Error error) : error_(std::move(error)), what_(error_.summary()) {}
  const char* what() const noexcept override { return what_.c_str(); }
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
  std::string what_;
};

namespace detail {
/// Throws Exception, or the C++ exception that the error carries. Ends the process with a message
/// where the library was built without exceptions.
[[noreturn]] void throw_error(Error&& error);
}  // namespace detail

/// A value or an error. Small: an error lives on the heap.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : value_(std::move(value)) {}
  template <class U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !std::is_same_v<std::remove_cvref_t<U>, std::unique_ptr<Error>>)
  Result(U&& value) : value_(std::forward<U>(value)) {}
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}
  Result(std::unique_ptr<Error> error) : error_(std::move(error)) {}

  bool ok() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }

  /// The value; only when ok().
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

  /// The error; only when !ok().
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

  /// The value, or throws Exception (a C++ exception of a host function is rethrown unchanged).
  T& value() & { return require(), *value_; }
  const T& value() const& { return require(), *value_; }
  T&& value() && { return require(), *std::move(value_); }
  template <class U>
  T value_or(U&& other) && {
    return ok() ? *std::move(value_) : static_cast<T>(std::forward<U>(other));
  }

 private:
  void require() const {
    if (!ok()) detail::throw_error(Error(*error_));
  }
  std::optional<T> value_;
  std::unique_ptr<Error> error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}
  Result(std::unique_ptr<Error> error) : error_(std::move(error)) {}

  bool ok() const noexcept { return error_ == nullptr; }
  explicit operator bool() const noexcept { return ok(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }
  void value() const {
    if (!ok()) detail::throw_error(Error(*error_));
  }

 private:
  std::unique_ptr<Error> error_;
};

}  // namespace zwasm ZWASM_PUBLIC
