// The lookup structures over opcodes.def: by enumerator, by code, by name.
#include "isa/opcodes.h"

#include <algorithm>

namespace zwasm::isa {
namespace {

constexpr std::array<OpInfo, kOpCount> kOps = {{
#define OP(name, prefix, code, text, imm, sig, feature, effect, width) \
  {text, sig, code, prefix, Imm::imm, Feature::feature, Effect::effect, width},
#include "isa/opcodes.def"
}};

constexpr uint16_t kNoOp = 0xFFFF;
constexpr uint32_t kMaxCode = 0x140;

constexpr uint32_t row_of(uint8_t prefix) { return prefix == 0 ? 0 : prefix - 0xFAu; }

struct CodeTable {
  std::array<std::array<uint16_t, kMaxCode>, 5> rows;
  constexpr CodeTable() : rows() {
    for (auto& row : rows) row.fill(kNoOp);
    for (uint32_t i = 0; i < kOpCount; ++i)
      rows[row_of(kOps[i].prefix)][kOps[i].code] = static_cast<uint16_t>(i);
  }
};
constexpr CodeTable kByCode;

// Indices of kOps sorted by (name, table order).
struct NameTable {
  std::array<uint16_t, kOpCount> order;
  constexpr NameTable() : order() {
    for (uint32_t i = 0; i < kOpCount; ++i) order[i] = static_cast<uint16_t>(i);
    std::sort(order.begin(), order.end(), [](uint16_t a, uint16_t b) {
      return kOps[a].text != kOps[b].text ? kOps[a].text < kOps[b].text : a < b;
    });
  }
};
constexpr NameTable kByName;

}  // namespace

const OpInfo& op_info(Op op) { return kOps[static_cast<uint32_t>(op)]; }

std::optional<Op> op_by_code(uint8_t prefix, uint32_t code) {
  if (prefix != 0 && (prefix < 0xFB || prefix > 0xFE)) return std::nullopt;
  if (code >= kMaxCode) return std::nullopt;
  uint16_t index = kByCode.rows[row_of(prefix)][code];
  if (index == kNoOp) return std::nullopt;
  return static_cast<Op>(index);
}

std::optional<Op> op_by_name(std::string_view text) {
  auto it = std::lower_bound(kByName.order.begin(), kByName.order.end(), text,
                             [](uint16_t i, std::string_view t) { return kOps[i].text < t; });
  if (it == kByName.order.end() || kOps[*it].text != text) return std::nullopt;
  return static_cast<Op>(*it);
}

}  // namespace zwasm::isa
