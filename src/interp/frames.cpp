// Walks over the frames of an activation: for backtraces, and for the collector.
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
bool for_each_frame(const Activation& a, Visit visit) {
  Ip ip = a.ip;
  Slot* fp = a.fp;
  bool in_call = a.in_call;
  if (ip == nullptr) return true;  // has not run yet
  while (const Code* code = find_code(ip)) {
    if (!visit(*code, fp, ip, in_call)) return false;
    const Slot* header = header_of(fp, code->header_offset);
    ip = return_ip(header);
    fp = caller_fp(header);
    in_call = true;
  }
  return true;
}

}  // namespace

void* outer_activation(void* activation) { return static_cast<Activation*>(activation)->previous; }

bool walk_frames(void* activation, runtime::FrameVisitor visit) {
  return for_each_frame(*static_cast<Activation*>(activation),
                        [&](const Code& code, Slot* fp, Ip ip, bool in_call) {
                          uint32_t word = code.word_of(ip) - (in_call ? 1 : 0);
                          Instance* inst = frame_instance(header_of(fp, code.header_offset));
                          return visit({code.function, inst, code.offset_of(word)});
                        });
}

void visit_roots(void* activation, runtime::RootVisitor& visitor) {
  for_each_frame(*static_cast<Activation*>(activation),
                 [&](const Code& code, Slot* fp, Ip ip, bool in_call) {
                   visitor.enter_frame();
                   const RootMap* map = root_map(code);
                   for (uint32_t offset : map->locals) visitor.visit(slot_at(fp, offset));
                   uint32_t key = 2 * code.word_of(ip) - (in_call ? 1 : 0);
                   for (uint32_t offset : map->at(key)) visitor.visit(slot_at(fp, offset));
                   return true;
                 });
}

}  // namespace zwasm::interp
