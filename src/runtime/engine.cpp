#include "runtime/engine.h"

#include <algorithm>
#include <mutex>

#include "runtime/deadlines.h"
#include "runtime/native_call.h"

namespace zwasm::runtime {

Engine::Engine(const EngineSettings& settings, const InterpreterOps& interpreter)
    : settings_(settings),
      interpreter_(interpreter),
      deadlines_(std::make_unique<DeadlineThread>()) {}

Engine::~Engine() = default;

std::shared_ptr<Engine> Engine::create(const EngineSettings& settings,
                                       const InterpreterOps& interpreter) {
  return std::shared_ptr<Engine>(new Engine(settings, interpreter));
}

namespace {

auto first_after(const std::vector<const NativeRange*>& ranges, const void* pc) {
  return std::upper_bound(ranges.begin(), ranges.end(), pc,
                          [](const void* at, const NativeRange* range) {
                            return std::less<const void*>{}(at, range->begin);
                          });
}

}  // namespace

void Engine::add_native(const NativeRange* range) {
  std::unique_lock lock(native_mutex_);
  native_.insert(first_after(native_, range->begin), range);
}

void Engine::remove_native(const NativeRange* range) {
  std::unique_lock lock(native_mutex_);
  std::erase(native_, range);
}

const NativeRange* Engine::find_native(const void* pc) const {
  std::shared_lock lock(native_mutex_);
  auto after = first_after(native_, pc);
  if (after == native_.begin()) return nullptr;
  const NativeRange* range = *std::prev(after);
  // A return address may stand right behind the code, after a call that does not return.
  return std::less_equal<const void*>{}(pc, range->end) ? range : nullptr;
}

}  // namespace zwasm::runtime
