#include "zwasm/table.h"

#include "api/convert.h"
#include "base/concat.h"

namespace zwasm {

using detail::Internals;
using detail::StoreState;

namespace {

std::unique_ptr<Error> check_element(StoreState& store, const Ref& ref, isa::ValType type) {
  if (detail::ref_matches(store, ref, type)) return nullptr;
  return std::make_unique<Error>(
      Error::usage(concat({"the table holds ", detail::to_public(store.engine, type).to_string(),
                           ", which ", Value(ref).to_string(), " is not"})));
}

}  // namespace

Result<Table> Table::create(Store& store, const TableType& type, const Ref& init) {
  StoreState* state = Internals::store(store);
  if (auto error = detail::check_usable(state)) return error;
  if (auto error = detail::check_type(*state, type.element)) return error;
  module::TableType internal = detail::to_internal(type);
  if (!internal.elem.is_ref()) return Error::usage("a table holds references");
  if (type.limits.max && *type.limits.max < type.limits.min)
    return Error::usage("the maximum of a table is below its minimum");
  if (auto error = check_element(*state, init, internal.elem)) return error;
  if (type.element.heap().is_defined())
    state->kept_types.push_back(detail::TypeAccess::scope(type.element.heap()));
  auto table = state->runtime->add_table(internal, detail::to_slot(*state, init, internal.elem));
  if (!table) return detail::to_error(*state, std::move(table.error()));
  return Table(state, *table);
}

TableType Table::type() const {
  if (detail::live(store_.get()) == nullptr) return {};
  const runtime::Table* table = Internals::table(*this);
  TableType type = detail::to_public(store_.get()->engine, table->type());
  type.limits.min = table->size;
  return type;
}

uint64_t Table::size() const noexcept {
  return detail::live(store_.get()) != nullptr ? Internals::table(*this)->size : 0;
}

Result<Ref> Table::get(uint64_t index) const {
  StoreState* store = store_.get();
  if (auto error = detail::check_usable(store)) return error;
  const runtime::Table* table = Internals::table(*this);
  if (index >= table->size) return Error::usage("the table has no such element");
  return detail::ref_from(*store, table->type().elem, table->get(index));
}

Result<void> Table::set(uint64_t index, const Ref& value) const {
  StoreState* store = store_.get();
  if (auto error = detail::check_usable(store)) return error;
  runtime::Table* table = Internals::table(*this);
  if (index >= table->size) return Error::usage("the table has no such element");
  if (auto error = check_element(*store, value, table->type().elem)) return error;
  table->set(index, detail::to_slot(*store, value, table->type().elem));
  return {};
}

Result<uint64_t> Table::grow(uint64_t elements, const Ref& init) const {
  StoreState* store = store_.get();
  if (auto error = detail::check_usable(store)) return error;
  runtime::Table* table = Internals::table(*this);
  if (auto error = check_element(*store, init, table->type().elem)) return error;
  uint64_t old = table->grow(elements, detail::to_slot(*store, init, table->type().elem));
  if (old != runtime::Table::kRefused) return old;
  Error error;
  error.kind = ErrorKind::limit;
  error.message = concat({"the table cannot grow by ", std::to_string(elements), " elements"});
  return error;
}

}  // namespace zwasm
