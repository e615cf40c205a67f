#include "runtime/engine.h"

#include "runtime/deadlines.h"
#include "runtime/guest_profile.h"

namespace zwasm::runtime {

Engine::Engine(const EngineSettings& settings, const InterpreterOps& interpreter,
               std::unique_ptr<Tiers> tiers)
    : settings_(settings),
      interpreter_(interpreter),
      deadlines_(std::make_unique<DeadlineThread>()),
      guest_profile_(settings.sample_us != 0 ? std::make_unique<GuestProfile>(settings.sample_us)
                                             : nullptr),
      tiers_(std::move(tiers)) {}

Engine::~Engine() = default;

std::shared_ptr<Engine> Engine::create(const EngineSettings& settings,
                                       const InterpreterOps& interpreter,
                                       std::unique_ptr<Tiers> tiers) {
  return std::shared_ptr<Engine>(new Engine(settings, interpreter, std::move(tiers)));
}

}  // namespace zwasm::runtime
