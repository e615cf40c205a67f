#include "runtime/loaded_module.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "base/sort.h"
#include "module/names.h"
#include "runtime/instance.h"
#include "runtime/table.h"
#include "validate/validator.h"

namespace zwasm::runtime {

// Names for messages and backtraces, decoded when the first one is asked for.
struct LoadedModule::Names {
  module::Names section;
  module::SourceLines lines;
  std::vector<module::Name> exports;  // of functions, by index
};

LoadedModule::LoadedModule(std::shared_ptr<Engine> engine)
    : engine_(std::move(engine)),
      shape_arena_(&engine_->memory()),
      shapes_(&engine_->memory()),
      export_slots_(&engine_->memory()) {}

LoadedModule::~LoadedModule() {
  if (Tiers* tiers = engine_->tiers()) tiers->forget(*this);
  const InterpreterOps& ops = engine_->interpreter();
  for (Function& function : functions()) {
    const interp::Code* code = function.translated.load(std::memory_order_acquire);
    if (code != nullptr) ops.free_code(code);
  }
  std::destroy_n(functions_, function_count_);
  if (functions_ != nullptr)
    engine_->memory().deallocate(functions_, function_count_ * sizeof(Function), alignof(Function));
}

std::shared_ptr<LoadedModule> LoadedModule::make(std::shared_ptr<Engine> engine,
                                                 std::unique_ptr<module::Module> module,
                                                 module::ModuleTypes types) {
  std::shared_ptr<LoadedModule> loaded(new LoadedModule(std::move(engine)));
  loaded->module_ = std::move(module);
  loaded->types_ = std::move(types);
  loaded->make_functions();
  loaded->index_exports();
  loaded->make_shapes();
  return loaded;
}

LoadResult<std::shared_ptr<LoadedModule>> LoadedModule::load(std::shared_ptr<Engine> engine,
                                                             std::unique_ptr<module::Module> module,
                                                             std::unique_ptr<Kept> kept) {
  if (kept == nullptr && engine->tiers() != nullptr) kept = engine->tiers()->find(*module);
  const isa::FeatureSet features = engine->settings().features;
  const auto bodies = kept != nullptr && kept->validated(features) ? validate::Bodies::known_valid
                                                                   : validate::Bodies::validate;
  LoadResult<module::ModuleTypes> types =
      validate::validate_module(*module, engine->types(), features, 0, bodies);
  if (!types) return Err{std::move(types.error())};
  auto loaded = make(std::move(engine), std::move(module), std::move(*types));
  loaded->kept_ = std::move(kept);
  return loaded;
}

void LoadedModule::make_functions() {
  function_count_ = module_->bodies.size();
  if (function_count_ == 0) return;
  functions_ = static_cast<Function*>(
      engine_->memory().allocate(function_count_ * sizeof(Function), alignof(Function)));
  std::uninitialized_value_construct_n(functions_, function_count_);
  for (size_t i = 0; i < function_count_; ++i) {
    Function& function = functions_[i];
    function.code.store(engine_->interpreter().untranslated, std::memory_order_relaxed);
    if (engine_->tiers() != nullptr)
      function.calls.store(0u - engine_->settings().tier_calls, std::memory_order_relaxed);
    function.module = this;
    function.index = module_->imported_funcs + static_cast<uint32_t>(i);
    function.type_index = module_->funcs[function.index].type;
    const module::FuncType& type = module_->func_type(function.index);
    function.signature = &engine_->types().type(types_.id(function.type_index)).func;
    for (module::ValType param : type.params) function.param_slots += isa::slots_of(param);
    for (module::ValType result : type.results) function.result_slots += isa::slots_of(result);
  }
}

void LoadedModule::make_shapes() {
  shapes_.resize(module_->types.size(), nullptr);
  for (size_t i = 0; i < shapes_.size(); ++i)
    if (module_->types[i].kind != module::CompositeKind::func)
      shapes_[i] = shape_arena_.make(engine_->types(), types_.id(static_cast<uint32_t>(i)));
  for (const module::TagDecl& tag : module_->tags)
    if (shapes_[tag.type] == nullptr)
      shapes_[tag.type] = shape_arena_.make(engine_->types(), types_.id(tag.type));
}

// --- machine code ---

namespace {

void use_native(const InstanceRecord& instance, const Function& function, const void* entry) {
  // The entry is read by code that was published before it, and by the interpreter.
  instance.funcs[function.index]->code.store(const_cast<void*>(entry), std::memory_order_release);
}

}  // namespace

void LoadedModule::attach(InstanceRecord& instance) {
  std::lock_guard lock(native_mutex_);
  instance.attached = true;
  instance.attached_at = instances_.size();
  instances_.push_back(&instance);
  if (native_.empty()) return;
  for (const Function& function : functions())
    if (const void* entry = function.native.load(std::memory_order_relaxed))
      use_native(instance, function, entry);
}

void LoadedModule::detach(InstanceRecord& instance) {
  if (!instance.attached) return;
  std::lock_guard lock(native_mutex_);
  instances_.back()->attached_at = instance.attached_at;
  instances_[instance.attached_at] = instances_.back();
  instances_.pop_back();
}

std::vector<LoadedModule::CurrentCode> LoadedModule::current_native() {
  std::lock_guard lock(native_mutex_);
  std::vector<CurrentCode> current;
  for (const auto& code : native_)
    for (const NativeFunction& function : code->functions())
      if (function.osr_position == NativeFunction::kNoOsr &&
          function.function->native.load(std::memory_order_relaxed) == code->entry(function))
        current.push_back({code.get(), &function});
  return current;
}

void LoadedModule::publish(std::unique_ptr<NativeCode> code) {
  std::lock_guard lock(native_mutex_);
  for (const NativeFunction& version : code->functions()) {
    if (version.osr_position != NativeFunction::kNoOsr) continue;
    const uint8_t* entry = code->entry(version);
    Function& function = *version.function;
    for (const InstanceRecord* instance : instances_) use_native(*instance, function, entry);
    function.native.store(entry, std::memory_order_release);
    function.code.store(engine_->interpreter().native_call, std::memory_order_release);
  }
  native_.push_back(std::move(code));
}

bool LoadedModule::is_func_ref(module::ValType type) const {
  if (!type.is_ref()) return false;
  isa::HeapType heap = type.heap();
  if (heap.is_concrete()) return module_->types[heap.index()].kind == module::CompositeKind::func;
  return heap.abs() == isa::AbsHeap::func || heap.abs() == isa::AbsHeap::nofunc;
}

// --- exports: a hash table of open addressing, at most half full ---

void LoadedModule::index_exports() {
  size_t count = module_->exports.size();
  if (count == 0) return;
  export_slots_.resize(std::bit_ceil(count * 2), 0);
  size_t mask = export_slots_.size() - 1;
  for (size_t i = 0; i < count; ++i) {
    size_t at = std::hash<std::string_view>{}(module_->exports[i].name) & mask;
    while (export_slots_[at] != 0) at = (at + 1) & mask;
    export_slots_[at] = static_cast<uint32_t>(i + 1);
  }
}

int64_t LoadedModule::find_export(std::string_view name) const {
  if (export_slots_.empty()) return -1;
  size_t mask = export_slots_.size() - 1;
  for (size_t at = std::hash<std::string_view>{}(name)&mask; export_slots_[at] != 0;
       at = (at + 1) & mask) {
    uint32_t index = export_slots_[at] - 1;
    if (module_->exports[index].name == name) return index;
  }
  return -1;
}

// --- names ---

const LoadedModule::Names& LoadedModule::names() const {
  std::call_once(names_once_, [this] {
    names_ = std::make_unique<Names>();
    names_->section = module::read_names(*module_);
    names_->lines = module::SourceLines(*module_);
    for (const module::Export& item : module_->exports)
      if (item.kind == isa::ExternKind::func) names_->exports.push_back({item.index, item.name});
    sort_by(names_->exports, [](const auto& name) { return name.index; });
  });
  return *names_;
}

std::string_view LoadedModule::function_name(uint32_t index) const {
  const Names& known = names();
  std::string_view name = module::find_name(known.section.funcs, index);
  return !name.empty() ? name : module::find_name(known.exports, index);
}

module::SourcePlace LoadedModule::source_place(module::Offset offset) const {
  return names().lines.find(offset);
}

std::string_view LoadedModule::module_name() const {
  return names().section.module.value_or(std::string_view{});
}

}  // namespace zwasm::runtime
