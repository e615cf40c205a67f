#include "json.h"

#include <rapidjson/prettywriter.h>

namespace zwasm::cli {
namespace {

// How many of the bytes at the start of a text are a character of UTF-8, or could be one's first.
struct Prefix {
  size_t length;
  bool is_character;
};

Prefix first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(i < text.size() ? text[i] : 0);
    // The second byte says whether it is overlong, a surrogate or beyond U+10FFFF.
    const unsigned least = i > 1 ? 0x80 : first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned most = i > 1 ? 0xBF : first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte < least || byte > most) return {i, false};
  }
  return {length, true};
}

template <class Writer>
void write_string(Writer& writer, std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const Prefix prefix = first_character(bytes);
    text += prefix.is_character ? bytes.substr(0, prefix.length) : "\xEF\xBF\xBD";
    bytes.remove_prefix(prefix.length);
  }
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

}  // namespace

Json::Json(const std::vector<std::string>& values) : Json(array()) {
  for (const std::string& value : values) push(value);
}

Json& Json::set(std::string_view key, Json value) {
  items_.emplace_back(key, std::move(value));
  return *this;
}

Json& Json::push(Json value) { return set({}, std::move(value)); }

std::string Json::dump(unsigned indent) const {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', indent);
  write(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

template <class Writer>
void Json::write(Writer& writer) const {
  switch (kind_) {
    case Kind::literal: writer.RawValue(text_.data(), text_.size(), rapidjson::kNumberType); break;
    case Kind::string: write_string(writer, text_); break;
    case Kind::array:
      writer.StartArray();
      for (const auto& item : items_) item.second.write(writer);
      writer.EndArray();
      break;
    case Kind::object:
      writer.StartObject();
      for (const auto& [key, value] : items_) {
        write_string(writer, key);
        value.write(writer);
      }
      writer.EndObject();
      break;
  }
}

std::string Json::plain() const {
  if (kind_ == Kind::string) return text_.empty() ? "\"\"" : text_;
  if (kind_ == Kind::literal) return text_ == "null" ? "none" : text_;
  std::string out;
  for (const auto& [key, value] : items_) out += (out.empty() ? "" : " ") + value.plain();
  return out;
}

}  // namespace zwasm::cli
