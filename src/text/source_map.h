// From places in the binary form of a module back to places in the text it was made from, so that
// a validation error or a trap in a `.wat` can name a line.
//
// The parser notes where each declaration and each instruction stands in the text. Where they
// stand in the binary is only known once it has been encoded; so the map is bound to the module
// decoded from those bytes, whose declarations carry their offsets.
//
// An instruction costs two or three bytes here: the distances to the previous one, as LEB128.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "module/module.h"

namespace zwasm::text {

struct LineColumn {
  uint32_t line = 1;    // 1-based
  uint32_t column = 1;  // 1-based, in bytes
};
// A line ends with \n, \r or \r\n.
LineColumn line_column(std::string_view text, size_t offset);

class SourceMap {
 public:
  // What has entries in the binary of its own, and the order in which they are noted.
  enum class Space : uint8_t { rec_group, import, global, export_, elem, data };
  static constexpr size_t kSpaces = 6;

  // --- for the parser
  void note(Space space, size_t text_offset) {
    places_[static_cast<size_t>(space)].push_back(text_offset);
  }
  void begin_body(size_t text_offset);
  // Instructions in the order of the code; their text may go back and forth (folded forms).
  void note_instruction(size_t code_offset, size_t text_offset);

  // --- for the user
  // Makes `find` answer for offsets in the bytes that `decoded` was decoded from.
  void bind(const module::Module& decoded);
  // The text offset of what stands at, or most closely before, a binary offset.
  std::optional<size_t> find(uint64_t binary_offset) const;
  // The same within the body of a function, counted without the imported ones; needs no binding.
  std::optional<size_t> find_in_body(uint32_t body, uint64_t code_offset) const;

 private:
  struct Body {
    size_t start = 0;  // in deltas_
    size_t text_offset = 0;
  };
  struct Anchor {
    uint64_t binary = 0;
    size_t text = 0;
    uint32_t body = kNoBody;
  };
  static constexpr uint32_t kNoBody = ~uint32_t{0};

  std::vector<size_t> places_[kSpaces];
  std::vector<Body> bodies_;
  std::vector<uint8_t> deltas_;
  size_t last_code_ = 0, last_text_ = 0;
  std::vector<Anchor> anchors_;  // sorted by `binary`
};

}  // namespace zwasm::text
