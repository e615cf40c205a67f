#include "text/source_map.h"

#include <algorithm>

#include "base/leb128.h"
#include "base/sort.h"

namespace zwasm::text {

LineColumn line_column(std::string_view text, size_t offset) {
  LineColumn at;
  offset = std::min(offset, text.size());
  size_t line_start = 0;
  for (size_t i = 0; i < offset; ++i) {
    if (text[i] == '\n' || (text[i] == '\r' && text.substr(i + 1, 1) != "\n")) {
      ++at.line;
      line_start = i + 1;
    }
  }
  at.column = static_cast<uint32_t>(offset - line_start) + 1;
  return at;
}

void SourceMap::begin_body(size_t text_offset) {
  bodies_.push_back({deltas_.size(), text_offset});
  last_code_ = 0;
  last_text_ = text_offset;
}

void SourceMap::note_instruction(size_t code_offset, size_t text_offset) {
  write_uleb(deltas_, code_offset - last_code_);
  write_sleb(deltas_, static_cast<int64_t>(text_offset) - static_cast<int64_t>(last_text_));
  last_code_ = code_offset;
  last_text_ = text_offset;
}

void SourceMap::bind(const module::Module& decoded) {
  anchors_.clear();
  auto add = [&](Space space, size_t index, uint64_t binary) {
    const std::vector<size_t>& places = places_[static_cast<size_t>(space)];
    if (index < places.size()) anchors_.push_back({binary, places[index], kNoBody});
  };
  for (size_t i = 0; i < decoded.rec_groups.size(); ++i)
    add(Space::rec_group, i, decoded.rec_groups[i].offset);
  for (size_t i = 0; i < decoded.imports.size(); ++i)
    add(Space::import, i, decoded.imports[i].offset);
  for (size_t i = decoded.imported_globals; i < decoded.globals.size(); ++i)
    add(Space::global, i - decoded.imported_globals, decoded.globals[i].init.offset);
  for (size_t i = 0; i < decoded.exports.size(); ++i)
    add(Space::export_, i, decoded.exports[i].offset);
  for (size_t i = 0; i < decoded.elems.size(); ++i) add(Space::elem, i, decoded.elems[i].offset);
  for (size_t i = 0; i < decoded.datas.size(); ++i) add(Space::data, i, decoded.datas[i].offset);
  for (size_t i = 0; i < decoded.bodies.size() && i < bodies_.size(); ++i) {
    anchors_.push_back(
        {decoded.bodies[i].offset, bodies_[i].text_offset, static_cast<uint32_t>(i)});
  }
  sort_by(anchors_, [](const Anchor& a) { return a.binary; });
}

std::optional<size_t> SourceMap::find(uint64_t binary_offset) const {
  auto after = std::upper_bound(anchors_.begin(), anchors_.end(), binary_offset,
                                [](uint64_t at, const Anchor& a) { return at < a.binary; });
  if (after == anchors_.begin()) return std::nullopt;
  const Anchor& anchor = *(after - 1);
  if (anchor.body == kNoBody) return anchor.text;
  return find_in_body(anchor.body, binary_offset - anchor.binary);
}

std::optional<size_t> SourceMap::find_in_body(uint32_t body, uint64_t code_offset) const {
  if (body >= bodies_.size()) return std::nullopt;
  const uint8_t* p = deltas_.data() + bodies_[body].start;
  const uint8_t* end =
      deltas_.data() + (body + 1 < bodies_.size() ? bodies_[body + 1].start : deltas_.size());
  size_t text = bodies_[body].text_offset;
  uint64_t code = 0;
  while (p < end) {
    auto step = read_leb<uint64_t, 64>(p, end);
    p += step.length;
    auto move = read_leb<int64_t, 64>(p, end);
    p += move.length;
    if (code + step.value > code_offset) break;
    code += step.value;
    text = static_cast<size_t>(static_cast<int64_t>(text) + move.value);
  }
  return text;
}

}  // namespace zwasm::text
