// JSON to be printed. What the commands print is put together here and rendered once, by RapidJSON;
// nothing is ever read back.
#pragma once
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zwasm::cli {

class Json {
 public:
  static Json object() { return Json(Kind::object, {}); }
  static Json array() { return Json(Kind::array, {}); }

  Json(std::nullptr_t) : Json(Kind::literal, "null") {}
  Json(bool value) : Json(Kind::literal, value ? "true" : "false") {}
  template <std::integral Number>
  Json(Number value) : Json(Kind::literal, std::to_string(value)) {}
  // Bytes that are not UTF-8 are shown as U+FFFD.
  Json(std::string_view value) : Json(Kind::string, std::string(value)) {}
  Json(const std::string& value) : Json(Kind::string, value) {}
  Json(const char* value) : Json(Kind::string, value) {}
  Json(const std::vector<std::string>& values);

  // Adds a member to an object; of those with the same key, readers take the last. Returns the
  // object.
  Json& set(std::string_view key, Json value);
  // Adds an element to an array.
  Json& push(Json value);

  // Text on many lines, indented by so many spaces per level.
  std::string dump(unsigned indent) const;
  // For people: the text of a string (`""` if it has none), `none` for null, the elements of an
  // array with spaces between.
  std::string plain() const;
  // Keys and values of an object, in the order in which they were set.
  const std::vector<std::pair<std::string, Json>>& items() const { return items_; }

 private:
  enum class Kind : unsigned char { literal, string, array, object };
  Json(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
  template <class Writer>
  void write(Writer& writer) const;

  Kind kind_;
  std::string text_;                                 // of a literal or string
  std::vector<std::pair<std::string, Json>> items_;  // of an array: without keys
};

}  // namespace zwasm::cli
