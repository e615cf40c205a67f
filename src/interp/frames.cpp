// Walks over the frames of all activations of a store: for backtraces, and for the collector.
#include "interp/activation.h"
#include "interp/code.h"
#include "interp/frame.h"
#include "interp/interpreter.h"
#include "interp/translate.h"
#include "interp/walk.h"
#include "runtime/gc/heap.h"

namespace zwasm::interp {

namespace {

// Calls visit(code, fp, ip, in_call) for each frame, innermost first, until it returns false.
template <class Visit>
void for_each_frame(StoreContext& context, Visit visit) {
  for (auto* a = static_cast<Activation*>(context.activation); a != nullptr; a = a->previous) {
    Ip ip = a->ip;
    Slot* fp = a->fp;
    bool in_call = a->in_call;
    if (ip == nullptr) continue;  // has not run yet
    while (const Code* code = find_code(ip)) {
      if (!visit(*code, fp, ip, in_call)) return;
      const Slot* header = header_of(fp, code->header_offset);
      ip = return_ip(header);
      fp = caller_fp(header);
      in_call = true;
    }
  }
}

}  // namespace

void walk_frames(StoreContext& context, runtime::FrameVisitor visit) {
  for_each_frame(context, [&](const Code& code, Slot* fp, Ip ip, bool in_call) {
    uint32_t word = code.word_of(ip) - (in_call ? 1 : 0);
    Instance* inst = frame_instance(header_of(fp, code.header_offset));
    return visit({code.function, inst, code.offset_of(word)});
  });
}

void visit_roots(StoreContext& context, runtime::RootVisitor& visitor) {
  for_each_frame(context, [&](const Code& code, Slot* fp, Ip ip, bool in_call) {
    const RootMap* map = root_map(code);
    for (uint32_t offset : map->locals) visitor.visit(slot_at(fp, offset));
    uint32_t key = 2 * code.word_of(ip) - (in_call ? 1 : 0);
    for (uint32_t offset : map->at(key)) visitor.visit(slot_at(fp, offset));
    return true;
  });
}

}  // namespace zwasm::interp
