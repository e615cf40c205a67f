#include "script_runner.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "report.h"
#include "script_host.h"
#include "script_values.h"

namespace zwasm::cli {

void ScriptResult::merge(const ScriptResult& other) {
  for (const auto& [name, count] : other.executed) executed[name] += count;
  for (const auto& [name, count] : other.failed) failed[name] += count;
  for (const auto& [name, count] : other.skipped) skipped[name] += count;
  reasons.insert(reasons.end(), other.reasons.begin(), other.reasons.end());
  messages.insert(messages.end(), other.messages.begin(), other.messages.end());
}

void apply_headers(const script::Script& script, Settings& settings) {
  for (const script::Header& header : script.headers) {
    std::string key = header.key;
    std::replace(key.begin(), key.end(), '_', '-');
    const bool on = header.value == "true" || header.value == "yes" || header.value == "y";
    if (key == "nan-canonicalization") settings.config.nan_canonicalization = on;
    if (auto feature = Features::by_name(key)) settings.config.features.set(*feature, on);
  }
}

namespace {

using script::Command;

// Longest time for one script; a guest that runs away is stopped.
constexpr auto kScriptLimit = std::chrono::minutes(20);

// Not called `quoted`: the standard library has one, which is found for its own strings.
std::string in_quotes(std::string_view text) { return concat({"\"", text, "\""}); }

std::string list_of(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : " ") + describe(value);
  return text.empty() ? "nothing" : text;
}

std::string list_of(const std::vector<script::Const>& patterns) {
  std::string text;
  for (const script::Const& pattern : patterns) text += (text.empty() ? "" : " ") + pattern.source;
  return text.empty() ? "nothing" : text;
}

// Memories of another thread's instance that this one may use.
using SharedExports = std::vector<std::pair<std::string, SharedMemory>>;

class Runner {
 public:
  Runner(const script::Script& script, const ScriptOptions& options, const Engine& engine)
      : script_(script), options_(options), engine_(engine) {
    if (options_.validate_only) return;
    store_ = std::make_unique<Store>(engine_, options_.settings.limits);
    if (options_.settings.fuel) (void)store_->set_fuel(*options_.settings.fuel);
    store_->set_timeout(kScriptLimit);
    linker_ = std::make_unique<Linker>(engine_);
    define_script_host(*linker_, *store_);
  }

  void share(const std::string& name, SharedExports exports) {
    shared_.insert_or_assign(name, std::move(exports));
  }

  ScriptResult run(const std::vector<Command>& commands, bool in_thread) {
    for (const Command& command : commands) {
      std::string problem = execute(command);
      std::string name(command.name);
      if (skip_reason_.empty()) {
        ++result_.executed[name];
        if (in_thread) ++result_.executed["in_thread"];
      } else {
        ++result_.skipped[name];
        result_.reasons.push_back(concat({place(command), name, ": ", skip_reason_}));
        skip_reason_.clear();
      }
      if (problem.empty()) continue;
      ++result_.failed[name];
      result_.messages.push_back(concat({place(command), name, ": ", problem}));
    }
    for (auto& [name, thread] : threads_) join(*thread);
    return std::move(result_);
  }

 private:
  struct ThreadState {
    std::thread thread;
    std::unique_ptr<Runner> runner;
    ScriptResult result;
  };

  std::string place(const Command& command) const {
    return concat({script_.file(), ":", std::to_string(command.line), ": "});
  }

  // Empty, or what went wrong.
  std::string execute(const Command& command) {
    return std::visit([&](const auto& what) { return do_command(command, what); }, command.what);
  }

  std::string skip(std::string why) {
    skip_reason_ = std::move(why);
    return {};
  }

  // --- modules ---

  std::string do_command(const Command&, const script::ModuleCommand& what) {
    if (what.source.is_component) return skip("components");
    auto module = script_.compile(engine_, what.source);
    if (!module) return forget(what.source.name), failure("is refused", module.error());
    define(what.source.name, *module);
    if (options_.validate_only) return {};
    return instantiate(*module, what.source.name);
  }

  std::string do_command(const Command&, const script::ModuleDefinition& what) {
    if (what.source.is_component) return skip("components");
    auto module = script_.compile(engine_, what.source);
    if (!module) return failure("is refused", module.error());
    define(what.source.name, *module);
    return {};
  }

  std::string do_command(const Command&, const script::ModuleInstance& what) {
    if (what.is_component) return skip("components");
    if (options_.validate_only) return {};
    auto found = definitions_.find(what.module);
    if (found == definitions_.end()) return "there is no definition $" + what.module;
    return instantiate(found->second, what.instance);
  }

  void define(const std::string& name, const Module& module) {
    definitions_.insert_or_assign(name, module);
    definitions_.insert_or_assign(std::string(), module);
  }

  std::string instantiate(const Module& module, const std::string& name) {
    auto instance = linker_->instantiate(*store_, module);
    if (!instance) return forget(name), failure("cannot be instantiated", instance.error());
    latest_ = *instance;
    if (name.empty()) return {};
    instances_.insert_or_assign(name, *instance);
    linker_->instance(name, *instance);  // importable by its name even if not registered
    return {};
  }

  // What follows must not silently use an older module.
  void forget(const std::string& name) {
    latest_.reset();
    instances_.erase(name);
  }

  const Instance* instance(const std::string& name) const {
    if (name.empty()) return latest_ ? &*latest_ : nullptr;
    auto found = instances_.find(name);
    return found == instances_.end() ? nullptr : &found->second;
  }

  std::string do_command(const Command&, const script::Register& what) {
    if (options_.validate_only) return {};
    if (const Instance* found = instance(what.module)) {
      linker_->instance(what.as, *found);
      return {};
    }
    auto shared = shared_.find(what.module);
    if (shared == shared_.end()) return "there is no instance $" + what.module;
    for (const auto& [name, memory] : shared->second) {
      auto here = Memory::from_shared(*store_, memory);
      if (!here) return failure("cannot be shared", here.error());
      linker_->define(what.as, name, Extern(*here));
    }
    return {};
  }

  // --- actions ---

  Result<std::vector<Value>> act(const script::Action& action) {
    if (const auto* invoke = std::get_if<script::Invoke>(&action)) {
      const Instance* target = instance(invoke->module);
      if (target == nullptr) return Error::usage("there is no instance $" + invoke->module);
      std::vector<Value> args;
      for (const script::Const& constant : invoke->args) {
        auto value = make_value(*store_, constant);
        if (!value) return Error::usage("not an argument: " + constant.source);
        args.push_back(*std::move(value));
      }
      auto func = target->func(invoke->name);
      if (!func) return std::move(func).error();
      // A null without a hierarchy takes that of the parameter.
      FuncType type = func->type();
      for (size_t i = 0; i < args.size() && i < type.params.size(); ++i)
        if (args[i].is_ref() && args[i].ref().is_null() && type.params[i].is_ref())
          args[i] = Value(Ref(type.params[i].heap().top()));
      return func->call(args);
    }
    const auto& get = std::get<script::Get>(action);
    const Instance* target = instance(get.module);
    if (target == nullptr) return Error::usage("there is no instance $" + get.module);
    auto global = target->global(get.name);
    if (!global) return std::move(global).error();
    return std::vector<Value>{global->get()};
  }

  std::string do_command(const Command&, const script::ActionCommand& what) {
    if (options_.validate_only) return {};
    auto results = act(what.action);
    return results ? std::string() : failure("failed", results.error());
  }

  std::string do_command(const Command&, const script::AssertReturn& what) {
    if (options_.validate_only) return {};
    auto results = act(what.action);
    if (!results)
      return concat(
          {"expected ", list_of(what.results), ", but it ", failure("failed", results.error())});
    bool same = results->size() == what.results.size();
    for (size_t i = 0; same && i < results->size(); ++i)
      same = matches((*results)[i], what.results[i]);
    if (same) return {};
    return concat({"expected ", list_of(what.results), ", actual ", list_of(*results)});
  }

  std::string do_command(const Command&, const script::AssertTrap& what) {
    using Kind = script::AssertTrap::Kind;
    if (what.kind == Kind::suspension) return skip("stack switching");
    if (const auto* source = std::get_if<script::ModuleSource>(&what.what)) {
      if (source->is_component) return skip("components");
      auto module = script_.compile(engine_, *source);
      if (!module) return failure("the module is refused", module.error());
      if (options_.validate_only) return {};
      auto instance = linker_->instantiate(*store_, *module);
      if (instance)
        return concat({"expected the trap ", in_quotes(what.message), ", but it succeeded"});
      return check_trap(what, instance.error());
    }
    if (options_.validate_only) return {};
    auto results = act(std::get<script::Action>(what.what));
    if (!results) return check_trap(what, results.error());
    // Growing beyond what can be allocated gives -1 here, as the specification has it, and traps in
    // the runtime whose suite says so.
    if (what.message == "failed to allocate" && results->size() == 1 && (*results)[0].i64() == -1)
      return {};
    std::string wanted =
        what.kind == Kind::exception ? "an exception" : "the trap " + in_quotes(what.message);
    return concat({"expected ", wanted, ", actual ", list_of(*results)});
  }

  // Traps that some suites call by other words, and what a module is refused for at run time.
  static bool means_same(const std::string& expected, const Error& error) {
    static constexpr std::pair<std::string_view, Trap> kOtherWords[] = {
        {"allocation size too large", Trap::heap_exhausted},
        {"atomic wait on non-shared memory", Trap::expected_shared_memory},
        {"null reference", Trap::null_array_reference},
        {"null reference", Trap::null_structure_reference},
        {"null reference", Trap::null_i31_reference},
        {"null reference", Trap::null_function_reference},
        {"null reference", Trap::null_exception_reference},
        {"undefined element", Trap::table_out_of_bounds},
    };
    // What is too large to exist is refused here by a limit, elsewhere by a trap.
    if (error.kind == ErrorKind::limit) return true;
    for (const auto& [words, trap] : kOtherWords)
      if (error.trap == trap && expected == words) return true;
    return false;
  }

  std::string check_trap(const script::AssertTrap& what, const Error& error) const {
    if (what.kind == script::AssertTrap::Kind::exception)
      return error.kind == ErrorKind::exception
                 ? std::string()
                 : "expected an exception, but it " + failure("failed", error);
    if (means_same(what.message, error)) return {};
    if (error.kind != ErrorKind::trap)
      return concat(
          {"expected the trap ", in_quotes(what.message), ", but it ", failure("failed", error)});
    return check_text(what.message, error);
  }

  // --- modules that must be refused ---

  std::string do_command(const Command&, const script::AssertModule& what) {
    using Kind = script::AssertModule::Kind;
    if (what.source.is_component) return skip("components");
    auto module = script_.compile(engine_, what.source);
    if (what.kind == Kind::unlinkable) {
      if (!module) return failure("the module is refused", module.error());
      if (options_.validate_only) return {};
      auto instance = linker_->instantiate(*store_, *module);
      if (instance) return concat({"expected ", in_quotes(what.message), ", but it can be linked"});
      if (instance.error().kind != ErrorKind::link)
        return concat({"expected ", in_quotes(what.message), ", but it ",
                       failure("failed", instance.error())});
      return check_refusal(what.message, instance.error());
    }
    if (module)
      return concat({"expected ", in_quotes(what.message), ", but the module is accepted"});
    return check_refusal(what.message, module.error());
  }

  std::string check_refusal(const std::string& expected, const Error& error) const {
    return options_.ignore_refusal_messages ? std::string() : check_text(expected, error);
  }

  std::string check_text(const std::string& expected, const Error& error) const {
    if (options_.ignore_messages) return {};
    const std::string& actual = error.message;
    if (actual.find(expected) != std::string::npos) return {};
    if (!actual.empty() && expected.starts_with(actual)) return {};
    return concat({"expected ", in_quotes(expected), ", actual ", in_quotes(error.summary())});
  }

  static std::string failure(std::string_view what, const Error& error) {
    return concat({what, ": ", error.summary()});
  }

  // --- threads ---

  std::string do_command(const Command&, const script::Thread& what) {
    auto thread = std::make_unique<ThreadState>();
    thread->runner = std::make_unique<Runner>(script_, options_, engine_);
    if (!options_.validate_only)
      for (const std::string& name : what.shared) {
        if (auto known = shared_.find(name); known != shared_.end()) {
          thread->runner->share(name, known->second);  // handed on to a thread of a thread
          continue;
        }
        const Instance* found = instance(name);
        if (found == nullptr) return "there is no instance $" + name;
        SharedExports exports;
        for (const auto& [exported, value] : found->exports())
          if (const auto* memory = std::get_if<Memory>(&value))
            if (auto shared = memory->share()) exports.emplace_back(exported, *shared);
        thread->runner->share(name, std::move(exports));
      }
    ThreadState* state = thread.get();
    threads_.insert_or_assign(what.name, std::move(thread));
    state->thread = std::thread([state, &what] {
      state->result = state->runner->run(what.commands, true);
      state->runner.reset();
    });
    return {};
  }

  std::string do_command(const Command&, const script::Wait& what) {
    auto found = threads_.find(what.thread);
    if (found == threads_.end()) return "there is no thread $" + what.thread;
    join(*found->second);
    return {};
  }

  void join(ThreadState& state) {
    if (!state.thread.joinable()) return;
    state.thread.join();
    result_.merge(state.result);
  }

  const script::Script& script_;
  const ScriptOptions& options_;
  Engine engine_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Linker> linker_;
  std::optional<Instance> latest_;
  std::map<std::string, Instance> instances_;
  std::map<std::string, Module> definitions_;
  std::map<std::string, SharedExports> shared_;
  std::map<std::string, std::unique_ptr<ThreadState>> threads_;
  std::string skip_reason_;
  ScriptResult result_;
};

}  // namespace

ScriptResult run_script(const script::Script& script, const ScriptOptions& options) {
  Config config = options.settings.config;
  config.fuel = options.settings.fuel.has_value();
  return Runner(script, options, Engine(config)).run(script.commands, false);
}

}  // namespace zwasm::cli
