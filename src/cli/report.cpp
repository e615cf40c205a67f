#include "report.h"

#include <cstdio>
#include <string>

#include "args.h"

namespace zwasm::cli {

std::string concat(std::initializer_list<std::string_view> pieces) {
  std::string text;
  for (std::string_view piece : pieces) text += piece;
  return text;
}

std::string printable(std::string_view text) {
  std::string out;
  for (char c : text) out += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? ' ' : c;
  return out;
}

namespace {

std::string exception_text(const Error& error) {
  std::string text = "uncaught exception";
  if (!error.exception) return text;
  auto tag = error.exception->tag();
  auto payload = error.exception->payload();
  if (!tag || !payload) return text;
  text += ": " + tag->type().to_string();
  if (!payload->empty()) text += " with";
  for (const Value& value : *payload) text += " " + value.to_string();
  return text;
}

}  // namespace

int report(const Error& error, std::string_view doing) {
  switch (error.kind) {
    case ErrorKind::exit: return static_cast<int>(error.exit_status.value_or(0) & 0xff);
    case ErrorKind::trap:
    case ErrorKind::exception:
    case ErrorKind::host: {
      Error shown = error;
      if (error.kind == ErrorKind::exception) shown.message = exception_text(error);
      std::fprintf(stderr, "zwasm: trap: %s\n", shown.to_string().c_str());
      if (!doing.empty())
        std::fprintf(stderr, "%.*s\n", static_cast<int>(doing.size()), doing.data());
      return kTrapped;
    }
    case ErrorKind::io:
    case ErrorKind::malformed:
    case ErrorKind::invalid:
    case ErrorKind::limit:
    case ErrorKind::link:
    case ErrorKind::usage: break;
  }
  std::string text(doing);
  if (!text.empty()) text += ": ";
  std::fprintf(stderr, "zwasm: error: %s%s\n", text.c_str(), error.to_string().c_str());
  return kFailed;
}

}  // namespace zwasm::cli
