// Why instantiating or running something did not succeed, as a value that outlives its store.
#pragma once
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "base/result.h"
#include "isa/traps.h"
#include "module/source_lines.h"

namespace zwasm::runtime {

struct Instance;

// One guest frame of a backtrace, innermost first.
struct BacktraceFrame {
  uint32_t function = 0;         // function index in its module
  uint64_t offset = 0;           // byte offset in the module
  uint64_t body = 0;             // byte offset in the module of the function's body
  std::string name;              // from the name section or an export; empty: none known
  std::string module_name;       // likewise
  Instance* instance = nullptr;  // lives as long as its store
  module::SourcePlace source;    // where it comes from, if the module says
};

struct Backtrace {
  std::vector<BacktraceFrame> frames;
  uint32_t inner = 0;    // so many of them are the innermost; after them come
  uint64_t omitted = 0;  // frames left out, and then the rest, which are the outermost
};

struct Failure {
  enum class Kind : uint8_t {
    link,       // an import does not match
    limit,      // a limit of the store or of this implementation
    trap,       // `trap` says which
    exception,  // a wasm exception that nobody caught; Store::pending_exception holds it
    host,       // a host function reported an error or threw (`host_exception`)
    exit,       // a host function ended the program with `exit_status`
  };
  Kind kind = Kind::trap;
  isa::Trap trap = isa::Trap::none;
  int32_t exit_status = 0;
  std::string message;
  std::exception_ptr host_exception;
  Backtrace backtrace;
};

template <class T>
using RunResult = BasicResult<T, Failure>;

}  // namespace zwasm::runtime
