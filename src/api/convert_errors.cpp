#include "api/convert.h"
#include "api/wasi_threads.h"

namespace zwasm::detail {

#define TRAP(id, message) \
  static_assert(static_cast<int>(Trap::id) == static_cast<int>(isa::Trap::id));
#include "isa/traps.def"

Error usage_error(std::string message) { return Error::usage(std::move(message)); }

namespace {

void add_backtrace(Error& error, const runtime::Backtrace& trace) {
  for (const runtime::BacktraceFrame& frame : trace.frames)
    error.backtrace.push_back({.module = frame.module_name,
                               .func_index = frame.function,
                               .func_name = frame.name,
                               .offset = frame.offset,
                               .func_offset = frame.offset - frame.body,
                               .file = frame.source.file,
                               .line = frame.source.line,
                               .column = frame.source.column,
                               .instance = frame.instance});
  error.omitted_frames = trace.omitted;
  error.inner_frames = trace.inner;
}

}  // namespace

Error to_error(StoreState& store, runtime::Failure failure) {
  using Kind = runtime::Failure::Kind;
  Error error;
  error.message = std::move(failure.message);
  switch (failure.kind) {
    case Kind::link: error.kind = ErrorKind::link; break;
    case Kind::limit: error.kind = ErrorKind::limit; break;
    case Kind::trap:
      error.kind = ErrorKind::trap;
      error.trap = static_cast<Trap>(failure.trap);
      if (error.message.empty()) error.message = isa::trap_message(failure.trap);
      break;
    case Kind::exception:
      error.kind = ErrorKind::exception;
      error.exception =
          std::make_shared<Ref>(root(store, HeapKind::exn, store.runtime->pending_exception()));
      store.runtime->set_pending_exception(runtime::kNullRef);
      break;
    case Kind::host:
      error.kind = ErrorKind::host;
      error.host_exception = failure.host_exception;
      break;
    case Kind::exit:
      error.kind = ErrorKind::exit;
      error.exit_status = static_cast<uint32_t>(failure.exit_status);
      break;
  }
  add_backtrace(error, failure.backtrace);
  return error;
}

std::unique_ptr<Error> take_error(StoreState& store, runtime::CallStatus status) {
  Error error = to_error(store, store.runtime->take_failure(status));
  // A thread of the guest that failed has interrupted its group: its error is the cause.
  if (store.threads && store.threads->main == &store && error.trap == Trap::interrupted)
    if (auto cause = store.threads->take_failure()) return cause;
  return std::make_unique<Error>(std::move(error));
}

runtime::HostOutcome fail_call(StoreState& store, Error error) {
  using runtime::HostOutcome;
  using Kind = runtime::Failure::Kind;
  HostOutcome outcome;
  outcome.kind = HostOutcome::Kind::failed;
  runtime::Failure failure;
  switch (error.kind) {
    case ErrorKind::exception:
      // Another store's heap means nothing here: it is reported, but no guest can catch it.
      if (error.exception && !error.exception->is_null() &&
          Internals::store_of(*error.exception) == &store) {
        store.runtime->set_pending_exception(gc_ref(*error.exception));
        outcome.kind = HostOutcome::Kind::threw;
        return outcome;
      }
      failure.kind = Kind::host;
      break;
    case ErrorKind::trap:
      if (error.trap && error.message == trap_message(*error.trap) && error.backtrace.empty()) {
        outcome.kind = HostOutcome::Kind::trapped;
        outcome.trap = static_cast<isa::Trap>(*error.trap);
        return outcome;
      }
      failure.kind = Kind::trap;
      failure.trap = error.trap ? static_cast<isa::Trap>(*error.trap) : isa::Trap::host_error;
      break;
    case ErrorKind::exit:
      failure.kind = Kind::exit;
      failure.exit_status = static_cast<int32_t>(error.exit_status.value_or(0));
      break;
    case ErrorKind::io:
    case ErrorKind::malformed:
    case ErrorKind::invalid:
    case ErrorKind::limit:
    case ErrorKind::link:
    case ErrorKind::usage:
    case ErrorKind::host:
      failure.kind = Kind::host;
      failure.trap = isa::Trap::host_error;
      failure.host_exception = error.host_exception;
      break;
  }
  failure.message = std::move(error.message);
  failure.backtrace = store.runtime->backtrace();
  store.runtime->set_pending_failure(std::move(failure));
  return outcome;
}

Error to_error(const LoadError& load, std::string_view file, std::string_view text) {
  Error error;
  switch (load.kind) {
    case LoadError::Kind::malformed: error.kind = ErrorKind::malformed; break;
    case LoadError::Kind::invalid: error.kind = ErrorKind::invalid; break;
    case LoadError::Kind::limit: error.kind = ErrorKind::limit; break;
  }
  error.message = load.message;
  error.file = file;
  error.line = load.line;
  error.column = load.column;
  if (load.line == 0) {
    if (load.offset != LoadError::kNoOffset) error.offset = load.offset;
    return error;
  }
  size_t begin = 0;
  for (uint32_t line = 1; line < load.line && begin != std::string_view::npos; ++line) {
    begin = text.find('\n', begin);
    if (begin != std::string_view::npos) ++begin;
  }
  if (begin != std::string_view::npos && begin <= text.size())
    error.source_line = text.substr(begin, text.find('\n', begin) - begin);
  return error;
}

}  // namespace zwasm::detail
