// The words of errors: the one line that says what and where, and the lines that show it.
#include "zwasm/error.h"

#include <cstdio>
#include <cstdlib>

#include "base/concat.h"
#include "isa/traps.h"
#include "zwasm/value.h"

namespace zwasm {

std::string_view trap_message(Trap trap) noexcept {
  return isa::trap_message(static_cast<isa::Trap>(trap));
}

Error Error::host(std::string message) {
  Error error;
  error.kind = ErrorKind::host;
  error.message = std::move(message);
  return error;
}

Error Error::from_trap(Trap trap) {
  Error error;
  error.kind = ErrorKind::trap;
  error.trap = trap;
  error.message = trap_message(trap);
  return error;
}

Error Error::exit(uint32_t status) {
  Error error;
  error.kind = ErrorKind::exit;
  error.exit_status = status;
  error.message = "exit with status " + std::to_string(status);
  return error;
}

Error Error::throw_exception(const Ref& exception) {
  Error error;
  error.kind = ErrorKind::exception;
  error.message = "exception";
  error.exception = std::make_shared<Ref>(exception);
  return error;
}

Error Error::usage(std::string message) {
  Error error;
  error.kind = ErrorKind::usage;
  error.message = std::move(message);
  return error;
}

namespace {

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

// Text of a stranger's file goes to a terminal: control characters do not.
std::string printable(std::string_view text) {
  std::string out;
  for (char c : text) out += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? ' ' : c;
  return out;
}

constexpr size_t kMaxShown = 120;  // bytes of a source line around the place

void add_source(std::string& text, const Error& error) {
  if (error.line == 0 || error.source_line.empty()) return;
  std::string_view line = error.source_line;
  size_t column = error.column != 0 ? error.column - 1 : 0;
  std::string_view before;
  if (line.size() > kMaxShown) {
    size_t from = column > kMaxShown / 2 ? column - kMaxShown / 2 : 0;
    if (from > line.size()) from = line.size();
    while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xC0) == 0x80) --from;
    if (from != 0) before = "… ";
    line = line.substr(from, kMaxShown);
    column -= from;
  }
  std::string number = std::to_string(error.line);
  text += concat({"\n  ", number, " | "});
  text += before;
  text += printable(line);
  text += concat({"\n  ", std::string(number.size(), ' '), " | "});
  text += std::string(before.empty() ? 0 : 2, ' ');
  // Columns are bytes; what follows a first byte takes no place.
  for (size_t i = 0; i < column && i < line.size(); ++i)
    if ((static_cast<unsigned char>(line[i]) & 0xC0) != 0x80) text += ' ';
  text += '^';
}

void add_frame(std::string& text, size_t number, const Frame& frame) {
  text += concat({"\n  ", std::to_string(number), ": ", hex(frame.offset), " - "});
  text += frame.module.empty() ? "<unnamed>" : printable(frame.module);
  text += '!';
  text += frame.func_name.empty() ? "func " + std::to_string(frame.func_index)
                                  : printable(frame.func_name);
  if (frame.line == 0) return;
  text += concat({"\n       at ", (frame.file.empty() ? "<unknown>" : printable(frame.file)), ":",
                  std::to_string(frame.line)});
  if (frame.column != 0) text += ":" + std::to_string(frame.column);
}

}  // namespace

std::string Error::summary() const {
  std::string text;
  if (!file.empty()) text += printable(file) + ":";
  if (line != 0) text += concat({std::to_string(line), ":", std::to_string(column), ":"});
  if (!text.empty()) text += " ";
  text += message;
  if (line == 0 && offset) text += concat({" (at offset ", hex(*offset), ")"});
  return text;
}

std::string Error::to_string() const {
  std::string text = summary();
  add_source(text, *this);
  if (backtrace.empty()) return text;
  text += "\nbacktrace:";
  for (size_t i = 0; i < backtrace.size(); ++i) {
    if (omitted_frames != 0 && i == inner_frames)
      text += concat({"\n  … ", std::to_string(omitted_frames), " more frames …"});
    add_frame(text, i < inner_frames ? i : i + omitted_frames, backtrace[i]);
  }
  return text;
}

namespace detail {

void throw_error(Error&& error) {
#if defined(__cpp_exceptions)
  if (error.host_exception) std::rethrow_exception(error.host_exception);
  throw Exception(std::move(error));
#else
  std::fprintf(stderr, "zwasm: Result::value() without a value: %s\n", error.summary().c_str());
  std::abort();
#endif
}

}  // namespace detail
}  // namespace zwasm
