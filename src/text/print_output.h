// A buffer in front of the sink, and the few things that every part of the printer writes.
#pragma once
#include <string>
#include <string_view>

#include "base/format.h"
#include "text/printer.h"

namespace zwasm::text {

class Output {
 public:
  explicit Output(TextSink sink) : sink_(sink) {}

  std::string& text() { return text_; }
  void put(std::string_view piece) { text_ += piece; }
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    append_format(text_, format, std::forward<Args>(args)...);
  }
  // A new line, indented by `depth` steps. Deep nesting indents no further than the eye follows.
  void line(size_t depth) {
    if (text_.size() > kFlush) flush();
    text_ += '\n';
    text_.append(2 * (depth < kMaxIndent ? depth : kMaxIndent), ' ');
  }
  void flush() {
    sink_(text_);
    text_.clear();
  }

 private:
  static constexpr size_t kFlush = 64 * 1024;
  static constexpr size_t kMaxIndent = 20;
  TextSink sink_;
  std::string text_;
};

// Bytes between quotes; what is not printable ASCII as `\hh`.
void append_bytes(std::string& out, std::string_view bytes);
// The same for UTF-8: characters stay readable, save those that cannot be seen.
void append_name(std::string& out, std::string_view name);
// `$name`, or `$"…"` where the characters demand it. The name is UTF-8 and not empty.
void append_id(std::string& out, std::string_view name);

}  // namespace zwasm::text
