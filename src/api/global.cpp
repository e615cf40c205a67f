#include "zwasm/global.h"

#include "api/convert.h"

namespace zwasm {

using detail::Internals;
using detail::StoreState;

Result<Global> Global::create(Store& store, const GlobalType& type, const Value& value) {
  StoreState* state = Internals::store(store);
  if (auto error = detail::check_usable(state)) return error;
  if (auto error = detail::check_type(*state, type.type)) return error;
  isa::ValType internal = detail::to_internal(type.type);
  if (auto error = detail::check_args(*state, {&internal, 1}, {&value, 1}, "the global"))
    return error;
  if (type.type.is_ref() && type.type.heap().is_defined())
    state->kept_types.push_back(detail::TypeAccess::scope(type.type.heap()));
  runtime::GlobalCell cell{};
  detail::to_slots(*state, value, internal, cell.slots);
  return Global(state, state->runtime->add_global(internal, type.mut, cell));
}

GlobalType Global::type() const {
  if (detail::live(store_.get()) == nullptr) return {};
  const runtime::Global* global = Internals::global(*this);
  return {detail::to_public(store_.get()->engine, global->type), global->mut};
}

Value Global::get() const {
  if (detail::live(store_.get()) == nullptr) return {};
  const runtime::Global* global = Internals::global(*this);
  return detail::from_slots(*store_.get(), global->type, global->slots);
}

Result<void> Global::set(const Value& value) const {
  StoreState* store = store_.get();
  if (auto error = detail::check_usable(store)) return error;
  runtime::Global* global = Internals::global(*this);
  if (!global->mut) return Error::usage("the global is immutable");
  if (auto error = detail::check_args(*store, {&global->type, 1}, {&value, 1}, "the global"))
    return error;
  detail::to_slots(*store, value, global->type, global->slots);
  return {};
}

Result<Tag> Tag::create(Store& store, const TagType& type) {
  StoreState* state = Internals::store(store);
  if (auto error = detail::check_usable(state)) return error;
  if (auto error = detail::check_type(*state, type.type)) return error;
  if (!type.type.results.empty()) return Error::usage("a tag has no results");
  detail::OwnedFuncType internal(type.type);
  return Tag(state, state->runtime->add_tag(internal.view()));
}

TagType Tag::type() const {
  if (detail::live(store_.get()) == nullptr) return {};
  return {detail::func_type(store_.get()->engine, Internals::tag(*this)->type)};
}

}  // namespace zwasm
