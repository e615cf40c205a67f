// What a WasiConfig says, until a store makes a context of it.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wasi/core/context.h"
#include "zwasm/wasi.h"

namespace zwasm::detail {

struct ZWASM_HIDDEN WasiState {
  struct Stream {
    enum class Kind : uint8_t { refused, inherited, text, captured, file, append };
    Kind kind = Kind::refused;
    std::string text;  // what is read, or the path
    std::shared_ptr<wasi::CapturedOutput> output;
  };
  struct Preopen {
    std::string host, guest;
    std::shared_ptr<wasi::MemoryFs> memory;
    Access access;
  };

  std::vector<std::string> args;
  std::vector<std::string> env;  // "NAME=value"
  Stream in, out, err;
  std::vector<Preopen> preopens;
  std::vector<std::string> listeners;
  std::optional<uint32_t> max_descriptors;
  bool clocks = false, random = false, threads = false;
  std::function<void(std::string_view)> trace;
  std::string trace_file;
  TraceFormat trace_format = TraceFormat::text;
};

Result<std::shared_ptr<wasi::Context>> make_wasi_context(const WasiState& state);

}  // namespace zwasm::detail
