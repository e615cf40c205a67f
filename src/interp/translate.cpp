// Lazy translation: when a function is called for the first time, and by whichever thread is
// first to finish.
#include "interp/translate.h"

#include "interp/translator.h"

namespace zwasm::interp {

const Code* translate_now(runtime::Function& function) {
  const Code* stub = function.code.load(std::memory_order_acquire);
  if (stub->function != nullptr) return stub;  // another thread was faster
  Translator translator(*function.module);
  const Code* code = translator.translate(function);
  if (function.code.compare_exchange_strong(stub, code, std::memory_order_acq_rel)) {
    register_code(code);
    return code;
  }
  delete_code(code);
  return stub;
}

const RootMap* root_map(const Code& code) {
  if (const RootMap* map = code.roots.load(std::memory_order_acquire)) return map;
  Translator translator(*code.function->module);
  const RootMap* map = translator.record(code);
  const RootMap* expected = nullptr;
  if (code.roots.compare_exchange_strong(expected, map, std::memory_order_acq_rel)) return map;
  delete map;
  return expected;
}

}  // namespace zwasm::interp
