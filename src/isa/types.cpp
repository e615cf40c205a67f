// Names of types, for messages and for printing; the rows stand in types.def.
#include "isa/types.h"

namespace zwasm::isa {

std::string_view heap_name(AbsHeap heap) {
  switch (heap) {
#define HEAP_TYPE(id, name, code, shorthand) \
  case AbsHeap::id: return name;
#include "isa/types.def"
  }
  return "?";
}

std::string to_string(HeapType heap) {
  if (heap.is_bottom()) return "bottom";
  return heap.is_concrete() ? std::to_string(heap.index()) : std::string(heap_name(heap.abs()));
}

std::string to_string(ValType type) {
  switch (type.kind()) {
#define VAL_TYPE(id, name, code) \
  case ValKind::id: return name;
#include "isa/types.def"
    case ValKind::bottom: return "bottom";
    case ValKind::ref: break;
  }
  HeapType heap = type.heap();
  if (type.nullable() && !heap.is_concrete() && !heap.is_bottom()) {
    switch (heap.abs()) {
#define HEAP_TYPE(id, name, code, shorthand) \
  case AbsHeap::id: return shorthand;
#include "isa/types.def"
    }
  }
  return (type.nullable() ? "(ref null " : "(ref ") + to_string(heap) + ")";
}

}  // namespace zwasm::isa
