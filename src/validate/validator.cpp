// The validating consumer (it wants nothing: all checks are the decoder's) and the distribution of
// function bodies over threads.
#include "validate/validator.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/start_thread.h"
#include "validate/func_decoder.h"
#include "validate/module_validator.h"

namespace zwasm::validate {
namespace {

struct Nothing {};
struct Validation : NullConsumer<Nothing, Nothing> {
  void return_call(uint32_t, Func, Es) { tail_calls = true; }
  void return_call_indirect(uint32_t, uint32_t, Func, E&, Es) { tail_calls = true; }
  void return_call_ref(uint32_t, Func, E&, Es) { tail_calls = true; }

  bool tail_calls = false;
};
using Decoder = FuncDecoder<Validation, true>;

// Below this many bytes of code a thread is not worth its start.
constexpr size_t kBytesPerThread = 256 * 1024;
// Functions are handed out in runs of about this many bytes.
constexpr size_t kRunBytes = 64 * 1024;

class BodyValidation {
 public:
  BodyValidation(const module::Module& module, const module::ModuleTypes& types,
                 isa::FeatureSet features)
      : module_(module), types_(types), features_(features) {
    first_bad_.store(static_cast<uint32_t>(module.bodies.size()), std::memory_order_relaxed);
  }

  LoadResult<void> run(unsigned threads) {
    size_t bytes = 0;
    for (const module::FuncBody& body : module_.bodies) bytes += body.code.size();
    run_on_threads(
        bytes / kBytesPerThread, [this] { work(); }, threads);
    if (error_) return Err{std::move(*error_)};
    return {};
  }
  bool tail_calls() const { return tail_calls_.load(std::memory_order_relaxed); }

 private:
  void work() {
    Validation consumer;
    Decoder decoder(module_, types_, consumer, features_);
    for (;;) {
      auto [begin, end] = take_run();
      if (begin == end) {
        if (consumer.tail_calls) tail_calls_.store(true, std::memory_order_relaxed);
        return;
      }
      for (uint32_t i = begin; i < end; ++i) {
        // Functions behind a bad one cannot change the outcome.
        if (i >= first_bad_.load(std::memory_order_relaxed)) return;
        LoadResult<void> result = decoder.run_function(module_.imported_funcs + i);
        if (!result) {
          report(i, std::move(result.error()));
          return;
        }
      }
    }
  }

  std::pair<uint32_t, uint32_t> take_run() {
    std::lock_guard lock(mutex_);
    uint32_t begin = next_;
    size_t bytes = 0;
    while (next_ < module_.bodies.size() && bytes < kRunBytes)
      bytes += module_.bodies[next_++].code.size();
    return {begin, next_};
  }

  void report(uint32_t body, LoadError error) {
    std::lock_guard lock(mutex_);
    if (body >= first_bad_.load(std::memory_order_relaxed)) return;
    first_bad_.store(body, std::memory_order_relaxed);
    error_ = std::move(error);
  }

  const module::Module& module_;
  const module::ModuleTypes& types_;
  const isa::FeatureSet features_;
  std::mutex mutex_;
  uint32_t next_ = 0;
  std::atomic<uint32_t> first_bad_;
  std::atomic<bool> tail_calls_{false};
  std::optional<LoadError> error_;
};

}  // namespace

LoadResult<module::ModuleTypes> validate_module(const module::Module& module,
                                                module::TypeRegistry& registry,
                                                isa::FeatureSet features, unsigned threads,
                                                Bodies bodies) {
  LoadResult<module::ModuleTypes> types = validate_types(module, registry, features);
  if (!types) return types;
  Validation consumer;
  Decoder decoder(module, *types, consumer, features);
  auto const_expr = [&](const module::ConstExpr& expr, isa::ValType expected, uint32_t globals) {
    return decoder.run_const_expr(expr, expected, globals);
  };
  LoadResult<void> declarations = validate_declarations(module, *types, features, const_expr);
  if (!declarations) return Err{std::move(declarations.error())};
  if (bodies == Bodies::known_valid) return types;
  BodyValidation validation(module, *types, features);
  LoadResult<void> valid = validation.run(threads);
  if (!valid) return Err{std::move(valid.error())};
  types->tail_calls = validation.tail_calls();
  return types;
}

}  // namespace zwasm::validate
