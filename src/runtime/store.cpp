#include "runtime/store.h"

#include <algorithm>
#include <deque>
#include <new>
#include <utility>

#include "base/concat.h"
#include "runtime/builtins.h"
#include "runtime/deadlines.h"
#include "runtime/gc/heap.h"
#include "runtime/guest_profile.h"
#include "runtime/instance.h"
#include "runtime/native_helpers.h"
#include "runtime/stack_walk.h"
#include "runtime/stubs.h"
#include "runtime/thread_group.h"

namespace zwasm::runtime {

std::unique_ptr<Store> Store::create(std::shared_ptr<Engine> engine, std::shared_ptr<Quota> quota) {
  std::unique_ptr<Store> store(new Store);
  store->engine_ = std::move(engine);
  store->quota_ = std::move(quota);
  store->interrupt_ = std::make_shared<InterruptHandle>();
  store->interrupt_->attach(&store->context_);
  store->context_.store = store.get();
  store->entry_.context = &store->context_;
  store->context_.helpers = kNativeHelpers;
  const EngineSettings& settings = store->engine_->settings();
  GcHeap::Config config;
  config.max_bytes = std::min(store->quota_->limits.gc_heap_bytes, config.max_bytes);
  config.stress = settings.gc_stress;
  store->heap_ = std::make_unique<GcHeap>(
      store->context_, config,
      [](void* env, RootVisitor& visitor) { static_cast<Store*>(env)->visit_roots(visitor); },
      store.get());
  if (Tiers* tiers = store->engine_->tiers()) tiers->add_store(store->context_);
  if (GuestProfile* profile = store->engine_->guest_profile()) profile->add_store(store->context_);
  return store;
}

Store::~Store() {
  if (GuestProfile* profile = engine_->guest_profile()) profile->remove_store(context_);
  if (Tiers* tiers = engine_->tiers()) tiers->remove_store(context_);
  engine_->deadlines().cancel(deadline_);
  interrupt_->detach();
  heap_.reset();
  for (InstanceRecord* instance : instances_) InstanceRecord::destroy(instance);
  quota_->instances.give_back(instances_.size());
  quota_->tables.give_back(tables_.size());
  quota_->memories.give_back(created_memories_);
}

FuncRef* Store::add_host_func(const module::FuncType& type, HostEntry entry, void* env,
                              void (*drop)(void*)) {
  HostFunc& added = host_funcs_.emplace_back();
  added.drop = drop;
  Function& function = added.function;
  function.code.store(engine_->interpreter().host_call, std::memory_order_relaxed);
  for (isa::ValType param : type.params) function.param_slots += isa::slots_of(param);
  for (isa::ValType result : type.results) function.result_slots += isa::slots_of(result);
  function.host = entry;
  function.host_env = env;
  FuncRef& ref = added.ref.ref;
  ref.type = engine_->types().add_func_type(type, host_types_);
  function.signature = &engine_->types().type(ref.type).func;
  ref.code.store(reinterpret_cast<void*>(&zwasm_slots_entry), std::memory_order_relaxed);
  ref.instance = nullptr;
  ref.function = &function;
  return &ref;
}

RunResult<Table*> Store::add_table(const module::TableType& type, Slot initial) {
  Failure failure;
  failure.kind = Failure::Kind::limit;
  if (!quota_->tables.take(1)) {
    failure.message = "the limit of tables is reached";
    return Err{std::move(failure)};
  }
  bool funcs = is_func_ref(type.elem, engine_->types());
  std::unique_ptr<Table> table = Table::create(type, funcs, initial, quota_, engine_->memory());
  if (!table) {
    quota_->tables.give_back(1);
    failure.message = type.limits.min > SIZE_MAX / sizeof(FuncEntry)
                          ? "overflow calculating table allocation size: "
                          : "the limit of table elements is exceeded: ";
    failure.message += std::to_string(type.limits.min) + " elements";
    return Err{std::move(failure)};
  }
  if (!funcs) ref_tables_.push_back(table.get());
  return tables_.emplace_back(std::move(table)).get();
}

RunResult<Memory*> Store::add_memory(const module::MemoryType& type) {
  Failure failure;
  failure.kind = Failure::Kind::limit;
  if (!quota_->memories.take(1)) {
    failure.message = "the limit of memories is reached";
    return Err{std::move(failure)};
  }
  Memory::Options options{engine_->settings().guard_pages, quota_};
  std::shared_ptr<Memory> memory = Memory::create(type, options);
  if (!memory) {
    quota_->memories.give_back(1);
    failure.message = concat({"memory minimum size of ", std::to_string(type.limits.min),
                              " pages exceeds memory limits, or what the system grants"});
    return Err{std::move(failure)};
  }
  ++created_memories_;
  return memories_.emplace_back(std::move(memory)).get();
}

Global* Store::add_global(isa::ValType type, bool mut, GlobalCell value) {
  Global& global = host_globals_.emplace_back();
  static_cast<GlobalCell&>(global) = value;
  global.type = type;
  global.mut = mut;
  if (type.is_ref() && !is_func_ref(type, engine_->types())) ref_globals_.push_back(&global);
  return &global;
}

Tag* Store::add_tag(const module::FuncType& type) {
  Tag& tag = host_tags_.emplace_back();
  tag.type = engine_->types().add_func_type(type, host_types_);
  return &tag;
}

Memory* Store::adopt(std::shared_ptr<Memory> memory) {
  auto known = std::find(memories_.begin(), memories_.end(), memory);
  if (known != memories_.end()) return known->get();
  return memories_.emplace_back(std::move(memory)).get();
}

std::shared_ptr<Memory> Store::share(Memory* memory) const {
  for (const std::shared_ptr<Memory>& known : memories_)
    if (known.get() == memory) return known;
  return nullptr;
}

// --- failures ---

// The innermost and the outermost frames tell most; of endless recursion the middle is left out.
Store::RawTrace Store::walk() {
  const uint32_t limit = std::max(quota_->limits.max_backtrace, 2u);
  RawTrace raw;
  std::deque<FramePosition> outer;
  walk_frames(context_, [&](const FramePosition& frame) {
    if (raw.frames.size() < limit - limit / 2) {
      raw.frames.push_back(frame);
    } else {
      outer.push_back(frame);
      if (outer.size() > limit / 2) {
        outer.pop_front();
        ++raw.omitted;
      }
    }
    return true;
  });
  raw.inner = static_cast<uint32_t>(raw.frames.size());
  raw.frames.insert(raw.frames.end(), outer.begin(), outer.end());
  return raw;
}

Backtrace Store::resolve(const RawTrace& raw) const {
  Backtrace trace;
  trace.inner = raw.inner;
  trace.omitted = raw.omitted;
  for (const FramePosition& frame : raw.frames) {
    const LoadedModule& module = *frame.function->module;
    trace.frames.push_back({frame.function->index, frame.offset, module.body(*frame.function).start,
                            std::string(module.function_name(frame.function->index)),
                            std::string(module.module_name()), frame.instance,
                            module.source_place(frame.offset)});
  }
  return trace;
}

Backtrace Store::backtrace() { return resolve(walk()); }

void Store::note_uncaught() {
  // Only where it was thrown, not again at each activation that it leaves.
  if (!uncaught_noted_) uncaught_ = walk();
  uncaught_noted_ = true;
}

void Store::set_pending_failure(Failure failure) {
  pending_failure_ = std::make_unique<Failure>(std::move(failure));
}

Failure Store::take_failure(CallStatus status) {
  Failure failure;
  if (status == CallStatus::threw) {
    failure.kind = Failure::Kind::exception;
    failure.trap = isa::Trap::uncaught_exception;
    failure.message = isa::trap_message(failure.trap);
    if (std::exchange(uncaught_noted_, false)) failure.backtrace = resolve(uncaught_);
  } else if (pending_failure_) {
    failure = std::move(*pending_failure_);
  }
  pending_failure_.reset();
  if (group_ != nullptr && failure.trap == isa::Trap::interrupted)
    if (std::optional<Failure> why = group_->ended()) return std::move(*why);
  return failure;
}

CallStatus builtins::raise(StoreContext& context, Trap trap) {
  Store& store = *context.store;
  if (trap == Trap::stack_exhausted) {
    // The limit is raised to end a call at the next function entry.
    uint32_t reasons = context.poll.load(std::memory_order_relaxed) & kPollEnds;
    if (reasons == 0) store.note_stack_exhausted();
    else trap = (reasons & kPollTimeout) != 0 ? Trap::timeout : Trap::interrupted;
  }
  Failure failure;
  failure.kind = Failure::Kind::trap;
  failure.trap = trap;
  failure.message = isa::trap_message(trap);
  failure.backtrace = store.backtrace();
  store.set_pending_failure(std::move(failure));
  return CallStatus::trapped;
}

GcRef builtins::take_exception(StoreContext& context) {
  GcRef exception = context.store->pending_exception();
  context.store->set_pending_exception(kNullRef);
  return exception;
}

CallStatus builtins::leave_uncaught(StoreContext& context) {
  context.store->note_uncaught();
  return CallStatus::threw;
}

CallStatus builtins::throw_exception(StoreContext& context, GcRef exception) {
  context.store->set_pending_exception(exception);
  return CallStatus::threw;
}

// --- fuel, interruption ---

void Store::set_fuel(uint64_t units) {
  context_.fuel = static_cast<int64_t>(std::min<uint64_t>(units, INT64_MAX));
}

void Store::add_fuel(uint64_t units) {
  uint64_t have = fuel();
  set_fuel(units > INT64_MAX - have ? INT64_MAX : have + units);
}

void Store::set_timeout(std::optional<uint64_t> nanoseconds) {
  engine_->deadlines().cancel(std::exchange(deadline_, 0));
  interrupt_->acknowledge(kPollTimeout);
  reset_native_limit();
  if (nanoseconds) deadline_ = engine_->deadlines().add(*nanoseconds, interrupt_);
}

void Store::clear_interrupt() {
  interrupt_->acknowledge(kPollEnds);
  reset_native_limit();
}

isa::Trap Store::on_poll() {
  uint32_t reasons = context_.poll.load(std::memory_order_seq_cst);
  if (reasons & kPollTimeout) return isa::Trap::timeout;
  if (reasons & kPollInterrupt) return isa::Trap::interrupted;
  if (reasons & kPollCollect) heap_->poll();
  if (reasons & kPollTier) engine_->tiers()->ticked(context_);
  if (reasons & kPollSample) engine_->guest_profile()->sample(context_);
  return isa::Trap::none;
}

isa::Trap builtins::on_poll(StoreContext& context) { return context.store->on_poll(); }

// --- roots ---

void Store::visit_roots(RootVisitor& visitor) {
  visitor.visit(pending_exception_);
  for (Global* global : ref_globals_) visitor.visit(global->slots[0]);
  for (Table* table : ref_tables_)
    for (uint64_t i = 0; i < table->size; ++i) visitor.visit(table->refs[i]);
  for (std::span<Slot> segment : ref_segments_)
    for (Slot& slot : segment) visitor.visit(slot);
  for (ConstValue& value : const_stack_)
    if (value.is_heap_ref) visitor.visit(value.cell.slots[0]);
  visit_frame_roots(context_, visitor);
}

}  // namespace zwasm::runtime
