#include "wasi/core/trace.h"

#include <fcntl.h>

#include "base/format.h"
#include "base/utf8.h"
#include "sys/files_io.h"
#include "wasi/core/errno.h"

namespace zwasm::wasi {

std::string Tracer::create(TraceConfig config, std::unique_ptr<Tracer>& tracer) {
  if (config.target == TraceConfig::Target::none) return {};
  std::unique_ptr<Tracer> made(new Tracer(std::move(config)));
  if (made->config_.target == TraceConfig::Target::file) {
    made->file_.reset(::open(made->config_.file_path.c_str(),
                             O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
    if (!made->file_) {
      return fmt::format("cannot write the trace to '{}': {}", made->config_.file_path,
                         errno_text(errno_from_host(errno)));
    }
    made->config_.descriptor = made->file_.get();
  }
  tracer = std::move(made);
  return {};
}

void Tracer::line(std::string text) {
  if (config_.target == TraceConfig::Target::callback) {
    std::lock_guard lock(mutex_);
    if (config_.callback) config_.callback(text);
    return;
  }
  text += '\n';
  std::string_view rest = text;
  std::lock_guard lock(mutex_);
  while (!rest.empty()) {
    ::iovec buffer{const_cast<char*>(rest.data()), rest.size()};
    auto written = sys::write(config_.descriptor, {&buffer, 1});
    if (!written) return;  // a trace that cannot be written does not stop the guest
    rest.remove_prefix(*written);
  }
}

void append_quoted(std::string& out, std::string_view text, TraceFormat format) {
  out += '"';
  while (!text.empty()) {
    auto byte = static_cast<unsigned char>(text.front());
    Utf8Char c = decode_utf8(text);
    if (c.length == 0) {
      // JSON strings are Unicode: there, a stray byte can only be told by its look.
      if (format == TraceFormat::json) out += '\\';
      append_format(out, "\\x{:02x}", byte);
      text.remove_prefix(1);
      continue;
    }
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text.front();
    } else if (byte == '\n') {
      out += "\\n";
    } else if (c.code < 0x20 || (c.code >= 0x7f && c.code < 0xa0)) {
      append_format(out, "\\u{:04x}", c.code);
    } else {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
  out += '"';
}

}  // namespace zwasm::wasi
