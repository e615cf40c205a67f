#include "wasi/p1/p1.h"

#include "wasi/core/context.h"
#include "wasi/p1/abi.h"
#include "wasi/p1/functions.h"
#include "wasi/p1/trace.h"

namespace zwasm::wasi::p1 {
namespace {

constexpr P1Function kPreview1[] = {
#define P1_FUNCTION(name, signature, capability, parameters, body, snapshot0_body) \
  {"wasi_snapshot_preview1", #name, signature, Capability::capability, parameters, body},
#include "wasi/p1/p1.def"
#undef P1_FUNCTION
};

constexpr P1Function kSnapshot0[] = {
#define P1_FUNCTION(name, signature, capability, parameters, body, snapshot0_body) \
  {"wasi_unstable", #name, signature, Capability::capability, parameters, snapshot0_body},
#include "wasi/p1/p1.def"
#undef P1_FUNCTION
};

bool granted(const Context& context, Capability capability) {
  switch (capability) {
    case Capability::none: return true;
    case Capability::clock: return context.clock_granted();
    case Capability::random: return context.random_granted();
  }
  return false;
}

Errno run(const P1Function& function, P1Call& call, const uint64_t* args) {
  if (!granted(call.ctx, function.capability)) return Errno::acces;
  Errno e = function.body(call, args);
  if (e == Errno::interrupted) call.outcome = Outcome::interrupted;
  return e;
}

}  // namespace

std::span<const P1Function> preview1_functions() { return kPreview1; }
std::span<const P1Function> snapshot0_functions() { return kSnapshot0; }

const P1Function* find_p1_function(std::string_view module, std::string_view name) {
  for (std::span<const P1Function> functions : {preview1_functions(), snapshot0_functions()}) {
    if (functions.front().module != module) continue;
    for (const P1Function& f : functions) {
      if (f.name == name && f.body != nullptr) return &f;
    }
  }
  return nullptr;
}

uint32_t invoke(const P1Function& function, P1Call& call, const uint64_t* args) {
  Tracer* tracer = call.ctx.tracer();
  if (tracer == nullptr) return static_cast<uint32_t>(run(function, call, args));
  std::vector<std::string> strings;
  std::vector<std::string>* asked = call.strings_read;
  if (asked == nullptr) call.strings_read = &strings;
  Errno e = run(function, call, args);
  CallText text = call_text(function, call, args, e, tracer->format());
  call.strings_read = asked;
  tracer->line(trace_line(function, text, tracer->format()));
  return static_cast<uint32_t>(e);
}

}  // namespace zwasm::wasi::p1
