#include "runtime/engine.h"

#include "runtime/deadlines.h"

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

}  // namespace zwasm::runtime
