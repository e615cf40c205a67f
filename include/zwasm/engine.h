/// An Engine is the root of everything: its configuration, the types of all its modules, the
/// threads it uses. Make one for the life of the process.
#pragma once
#include <memory>

#include "zwasm/config.h"

namespace zwasm {

namespace detail {
class EngineState;
struct Access;
}  // namespace detail

/// A shared handle: copies mean the same engine. Thread-safe.
class Engine {
 public:
  Engine();  ///< with the default Config
  explicit Engine(const Config& config);

  const Config& config() const noexcept;
  friend bool operator==(const Engine&, const Engine&) = default;

 private:
  friend struct detail::Access;
  std::shared_ptr<detail::EngineState> state_;
};

}  // namespace zwasm
