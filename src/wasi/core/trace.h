// The audit trail: one line for each call of a guest, as text or as a JSON object.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "sys/unique_fd.h"

namespace zwasm::wasi {

enum class TraceFormat : uint8_t { text, json };

struct TraceConfig {
  enum class Target : uint8_t { none, callback, descriptor, file };
  Target target = Target::none;
  TraceFormat format = TraceFormat::text;
  // Gets each line without its newline, one at a time.
  std::function<void(std::string_view line)> callback;
  int descriptor = 2;     // borrowed
  std::string file_path;  // created or truncated
};

class Tracer {
 public:
  // Makes the tracer that the configuration asks for, or none. The problem in words, or nothing.
  static std::string create(TraceConfig config, std::unique_ptr<Tracer>& tracer);

  TraceFormat format() const { return config_.format; }
  // Thread-safe; lines of several threads do not mix.
  void line(std::string text);

 private:
  explicit Tracer(TraceConfig config) : config_(std::move(config)) {}

  TraceConfig config_;
  sys::UniqueFd file_;
  std::mutex mutex_;
};

// Appends `text` in quotes, with whatever could confuse a reader or a terminal escaped. The
// result is a JSON string if `format` is json.
void append_quoted(std::string& out, std::string_view text, TraceFormat format);

}  // namespace zwasm::wasi
