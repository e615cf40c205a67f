// The lookup structures over opcodes.def: by enumerator, by code, by name.
#include "isa/opcodes.h"

#include <algorithm>

namespace zwasm::isa {
namespace {

// Texts stand one behind the other, and signatures, of which there are few, once each: a row with
// two pointers would be three times as long, and relocated at each start.
constexpr char kTexts[] =
#define OP(name, prefix, code, text, imm, sig, feature, effect, width) text
#include "isa/opcodes.def"
    ;

struct Row {
  uint16_t text;  // where in kTexts
  uint16_t code;
  uint8_t text_size, sig_size;
  uint16_t sig;  // where in Table::sigs
  uint8_t prefix;
  Imm imm;
  Feature feature;
  Effect effect;
  uint8_t width;
};

struct Table {
  std::array<Row, kOpCount> rows{};
  std::array<char, 512> sigs{};

  constexpr Table() {
    uint16_t op = 0, text_end = 0;
    size_t sigs_end = 0;
#define OP(name, prefix, code, text, imm, sig, feature, effect, width)                       \
  rows[op++] = {text_end, code,     sizeof(text) - 1, sizeof(sig) - 1, place(sig, sigs_end), \
                prefix,   Imm::imm, Feature::feature, Effect::effect,  width};               \
  text_end += sizeof(text) - 1;
#include "isa/opcodes.def"
  }
  constexpr std::string_view text(size_t op) const {
    return {kTexts + rows[op].text, rows[op].text_size};
  }

 private:
  constexpr uint16_t place(std::string_view sig, size_t& end) {
    // By hand: std::string_view looks whether the address of an object under construction is null.
    size_t at = 0, equal = 0;
    while (at + equal < end && equal < sig.size()) {
      if (sigs[at + equal] == sig[equal]) ++equal;
      else ++at, equal = 0;
    }
    if (equal < sig.size()) {
      at = end;
      for (char c : sig) sigs[end++] = c;
    }
    return static_cast<uint16_t>(at);
  }
};
constexpr Table kOps;

constexpr uint16_t kNoOp = 0xFFFF;
constexpr uint32_t kMaxCode = 0x140;

constexpr uint32_t row_of(uint8_t prefix) { return prefix == 0 ? 0 : prefix - 0xFAu; }

struct CodeTable {
  std::array<std::array<uint16_t, kMaxCode>, 5> rows;
  constexpr CodeTable() : rows() {
    for (auto& row : rows) row.fill(kNoOp);
    for (uint32_t i = 0; i < kOpCount; ++i)
      rows[row_of(kOps.rows[i].prefix)][kOps.rows[i].code] = static_cast<uint16_t>(i);
  }
};
constexpr CodeTable kByCode;

// Indices of kOps sorted by (name, table order).
struct NameTable {
  std::array<uint16_t, kOpCount> order;
  constexpr NameTable() : order() {
    for (uint32_t i = 0; i < kOpCount; ++i) order[i] = static_cast<uint16_t>(i);
    std::sort(order.begin(), order.end(), [](uint16_t a, uint16_t b) {
      return kOps.text(a) != kOps.text(b) ? kOps.text(a) < kOps.text(b) : a < b;
    });
  }
};
constexpr NameTable kByName;

}  // namespace

OpInfo op_info(Op op) {
  const auto i = static_cast<uint32_t>(op);
  const Row& row = kOps.rows[i];
  return {.text = kOps.text(i),
          .sig = {kOps.sigs.data() + row.sig, row.sig_size},
          .code = row.code,
          .prefix = row.prefix,
          .imm = row.imm,
          .feature = row.feature,
          .effect = row.effect,
          .width = row.width};
}

std::optional<Op> op_by_code(uint8_t prefix, uint32_t code) {
  if (prefix != 0 && (prefix < 0xFB || prefix > 0xFE)) return std::nullopt;
  if (code >= kMaxCode) return std::nullopt;
  uint16_t index = kByCode.rows[row_of(prefix)][code];
  if (index == kNoOp) return std::nullopt;
  return static_cast<Op>(index);
}

std::optional<Op> op_by_name(std::string_view text) {
  auto it = std::lower_bound(kByName.order.begin(), kByName.order.end(), text,
                             [](uint16_t i, std::string_view t) { return kOps.text(i) < t; });
  if (it == kByName.order.end() || kOps.text(*it) != text) return std::nullopt;
  return static_cast<Op>(*it);
}

}  // namespace zwasm::isa
