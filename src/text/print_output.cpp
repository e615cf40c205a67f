#include "text/print_output.h"

#include <algorithm>

#include "base/utf8.h"

namespace zwasm::text {
namespace {

void append_ascii(std::string& out, uint8_t c) {
  if (c == '"' || c == '\\') {
    out += '\\';
    out += static_cast<char>(c);
  } else if (c >= 0x20 && c < 0x7F) {
    out += static_cast<char>(c);
  } else {
    out += '\\';
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
}

// Controls, separators and marks that change what is seen around them.
bool is_invisible(uint32_t c) {
  return (c >= 0x80 && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF0 && c <= 0xFFFF) || (c >= 0xE000 && c <= 0xF8FF);
}

bool is_id_char(char c) {
  return c > 0x20 && c < 0x7F && std::string_view("\"(),;[]{}").find(c) == std::string_view::npos;
}

}  // namespace

void append_bytes(std::string& out, std::string_view bytes) {
  out += '"';
  for (char c : bytes) append_ascii(out, static_cast<uint8_t>(c));
  out += '"';
}

void append_name(std::string& out, std::string_view name) {
  out += '"';
  while (!name.empty()) {
    Utf8Char c = decode_utf8(name);
    if (c.length <= 1) {
      append_ascii(out, static_cast<uint8_t>(name[0]));
    } else if (is_invisible(c.code)) {
      append_format(out, "\\u{{{:x}}}", c.code);
    } else {
      out += name.substr(0, c.length);
    }
    name.remove_prefix(c.length == 0 ? 1 : c.length);
  }
  out += '"';
}

void append_id(std::string& out, std::string_view name) {
  out += '$';
  if (std::all_of(name.begin(), name.end(), is_id_char)) out += name;
  else append_name(out, name);
}

}  // namespace zwasm::text
