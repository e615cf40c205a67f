// Lazy translation: when a function is called for the first time, and by whichever thread is
// first to finish.
#include "interp/translate.h"

#include "interp/translator.h"

namespace zwasm::interp {

const Code* translate_now(runtime::Function& function) {
  const Code* known = function.translated.load(std::memory_order_acquire);
  if (known != nullptr) return known;
  Translator translator(*function.module);
  const Code* code = translator.translate(function);
  // Before any other thread can run it: whatever runs must be found by its address.
  register_code(code);
  if (!function.translated.compare_exchange_strong(known, code, std::memory_order_acq_rel)) {
    free_code(code);  // another thread was faster
    return known;
  }
  // Unless there is machine code already.
  const Code* stub = function.module->engine().interpreter().untranslated;
  function.code.compare_exchange_strong(stub, code, std::memory_order_acq_rel);
  return code;
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
