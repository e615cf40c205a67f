/// An Engine is the root of everything: its configuration, the types of all its modules, the
/// threads it uses. Make one for the life of the process.
#pragma once
#include <memory>
#include <utility>

#include "zwasm/config.h"
#include "zwasm/detail/export.h"
#include "zwasm/error.h"

namespace zwasm ZWASM_PUBLIC {

namespace runtime {
class Engine;
}
namespace detail {
struct Internals;
}

/// A shared handle: copies mean the same engine. Thread-safe.
class Engine {
 public:
  Engine();  ///< with the default Config
  /// Where the configuration asks for what this build was made without (`build_parts`), loading
  /// modules gives the error that `create` gives at once.
  explicit Engine(const Config& config);
  /// Error (limit): see above.
  static Result<Engine> create(const Config& config);

  Config config() const noexcept;
  friend bool operator==(const Engine&, const Engine&) = default;

 private:
  friend struct detail::Internals;
  explicit Engine(std::shared_ptr<runtime::Engine> engine) : engine_(std::move(engine)) {}
  std::shared_ptr<runtime::Engine> engine_;
};

}  // namespace zwasm ZWASM_PUBLIC
