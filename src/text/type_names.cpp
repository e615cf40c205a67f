#include "text/type_names.h"

namespace zwasm::text {

std::optional<isa::ValType> type_by_name(std::string_view name) {
#define VAL_TYPE(id, text, code) \
  if (name == text) return isa::ValType(isa::ValKind::id);
#define HEAP_TYPE(id, text, code, shorthand) \
  if (name == shorthand) return isa::ValType::ref(isa::AbsHeap::id, true);
#include "isa/types.def"
  return std::nullopt;
}

std::optional<isa::AbsHeap> heap_by_name(std::string_view name) {
#define HEAP_TYPE(id, text, code, shorthand) \
  if (name == text) return isa::AbsHeap::id;
#include "isa/types.def"
  return std::nullopt;
}

std::string_view shorthand_of(isa::AbsHeap heap) {
  switch (heap) {
#define HEAP_TYPE(id, text, code, shorthand) \
  case isa::AbsHeap::id: return shorthand;
#include "isa/types.def"
  }
  return {};
}

}  // namespace zwasm::text
