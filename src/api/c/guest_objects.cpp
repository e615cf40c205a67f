// zwasm.h: i31 numbers, structs, arrays, exceptions and their tags. To wasm.h all of them are
// references; their kind is what tells them apart.
#include "api/c/errors.h"
#include "api/c/objects.h"

using namespace zwasm::capi;

namespace {

#define SAME(c_name, name) \
  static_assert(static_cast<int>(ZWASM_REF_##c_name) == static_cast<int>(zwasm::RefKind::name))
SAME(NULL, null);
SAME(FUNC, func);
SAME(HOST, host);
SAME(I31, i31);
SAME(STRUCT, struct_);
SAME(ARRAY, array);
SAME(EXCEPTION, exn);
#undef SAME

// The guest's object that a reference means; null, with an error, if it means anything else.
const zwasm::Ref* object(const wasm_ref_t* ref, zwasm_error_t** error) {
  const auto* found = ref != nullptr ? std::get_if<zwasm::Ref>(&ref->payload) : nullptr;
  if (found == nullptr)
    report(error, zwasm::Result<void>(
                      ref == nullptr ? null_error("the reference")
                                     : zwasm::Error::usage("the reference is not to an object of "
                                                           "the guest's")));
  return found;
}

// A list of values as those of the types.
zwasm::Result<std::vector<zwasm::Value>> values_from_c(
    const StoreRef& store, const wasm_val_vec_t* values,
    const std::function<const zwasm::ValType*(size_t)>& type_of) {
  std::vector<zwasm::Value> list;
  const size_t count = values != nullptr ? values->size : 0;
  list.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const zwasm::ValType* type = type_of(i);
    if (type == nullptr) return zwasm::Error::usage("there are too many values");
    auto value = from_c(store, values->data[i], *type);
    if (!value) return std::move(value).error();
    list.push_back(*std::move(value));
  }
  return list;
}

void values_to_c(const StoreRef& store, const std::vector<zwasm::Value>& values,
                 wasm_val_vec_t* out) {
  wasm_val_vec_new_uninitialized(out, values.size());
  for (size_t i = 0; i < values.size(); ++i) out->data[i] = to_c(store, values[i]);
}

using Make = zwasm::Result<zwasm::Ref> (*)(zwasm::Store&, const zwasm::HeapType&,
                                           std::span<const zwasm::Value>);

zwasm::Result<zwasm::Ref> make_object(wasm_store_t* store, const wasm_module_t* module,
                                      uint32_t type_index, const wasm_val_vec_t* values,
                                      Make make) {
  if (!usable(store)) return null_error("the store");
  if (module == nullptr) return null_error("the module");
  const auto& from = as<zwasm::Module>(module);
  if (type_index >= from.type_count())
    return zwasm::Error::usage("the module defines no type " + std::to_string(type_index));
  const zwasm::HeapType type = from.type(type_index);
  const auto definition = type.definition();
  const auto& fields = definition->fields;
  const bool array = definition->kind == zwasm::TypeDefinition::Kind::array;
  auto list = values_from_c(store->shared_from_this(), values, [&](size_t i) {
    if (array) i = 0;
    return i < fields.size() ? &fields[i].type : nullptr;
  });
  if (!list) return std::move(list).error();
  return make(*store->store, type, *list);
}

wasm_ref_t* give(wasm_store_t* store, zwasm_error_t** error, zwasm::Result<zwasm::Ref> made) {
  return report(error, made) ? ref_to_c(store->shared_from_this(), *made) : nullptr;
}

bool get(const wasm_ref_t* ref, wasm_val_t* out, zwasm_error_t** error,
         zwasm::Result<zwasm::Value> value) {
  if (!report(error, value)) return false;
  *out = to_c(ref->store, *value);
  return true;
}

// The type of a field, or of all elements; nothing if there is none of that index.
std::optional<zwasm::ValType> field_type(const zwasm::Ref& object, uint32_t index) {
  const auto definition = object.type().definition();
  if (!definition || definition->fields.empty()) return std::nullopt;
  if (definition->kind == zwasm::TypeDefinition::Kind::array) index = 0;
  if (index >= definition->fields.size()) return std::nullopt;
  return definition->fields[index].type;
}

using Set = zwasm::Result<void> (zwasm::Ref::*)(uint32_t, const zwasm::Value&) const;

bool set(const wasm_ref_t* ref, uint32_t index, const wasm_val_t* value, zwasm_error_t** error,
         Set setter) {
  const zwasm::Ref* to = object(ref, error);
  if (to == nullptr) return false;
  if (value == nullptr) return report(error, zwasm::Result<void>(null_error("the value")));
  const auto type = field_type(*to, index);
  // Where there is no field, the setter says so.
  zwasm::Result<zwasm::Value> from =
      type ? from_c(ref->store, *value, *type) : zwasm::Result<zwasm::Value>(zwasm::Value());
  if (!report(error, from)) return false;
  return report(error, (to->*setter)(index, *from));
}

const zwasm::Tag* tag_of(const wasm_extern_t* tag) {
  return tag != nullptr ? std::get_if<zwasm::Tag>(&tag->payload) : nullptr;
}

}  // namespace

zwasm_refkind_t zwasm_ref_kind(const wasm_ref_t* ref) {
  if (ref == nullptr) return ZWASM_REF_NULL;
  if (std::holds_alternative<zwasm::Func>(ref->payload)) return ZWASM_REF_FUNC;
  const auto* found = std::get_if<zwasm::Ref>(&ref->payload);
  return found != nullptr ? static_cast<zwasm_refkind_t>(found->kind())
                          : zwasm_refkind_t{ZWASM_REF_HOST};
}

wasm_ref_t* zwasm_i31_new(wasm_store_t* store, int32_t value) {
  return usable(store) ? ref_to_c(store->shared_from_this(), zwasm::Ref::i31(value)) : nullptr;
}
bool zwasm_i31_get(const wasm_ref_t* ref, int32_t* value) {
  const zwasm::Ref* found = object(ref, nullptr);
  const auto number = found != nullptr ? found->as_i31() : std::nullopt;
  if (number && value != nullptr) *value = *number;
  return number.has_value();
}

wasm_ref_t* zwasm_struct_new(wasm_store_t* store, const wasm_module_t* module, uint32_t type_index,
                             const wasm_val_vec_t* fields, zwasm_error_t** error) {
  return give(store, error,
              make_object(store, module, type_index, fields, &zwasm::Ref::new_struct));
}
wasm_ref_t* zwasm_array_new(wasm_store_t* store, const wasm_module_t* module, uint32_t type_index,
                            const wasm_val_vec_t* elements, zwasm_error_t** error) {
  return give(store, error,
              make_object(store, module, type_index, elements, &zwasm::Ref::new_array));
}

bool zwasm_struct_get(const wasm_ref_t* ref, uint32_t field, wasm_val_t* out,
                      zwasm_error_t** error) {
  const zwasm::Ref* from = object(ref, error);
  return from != nullptr && get(ref, out, error, from->field(field));
}
bool zwasm_struct_set(const wasm_ref_t* ref, uint32_t field, const wasm_val_t* value,
                      zwasm_error_t** error) {
  return set(ref, field, value, error, &zwasm::Ref::set_field);
}
bool zwasm_array_length(const wasm_ref_t* ref, uint32_t* length, zwasm_error_t** error) {
  const zwasm::Ref* from = object(ref, error);
  if (from == nullptr) return false;
  const auto count = from->length();
  if (count && length != nullptr) *length = *count;
  return report(error, count);
}
bool zwasm_array_get(const wasm_ref_t* ref, uint32_t index, wasm_val_t* out,
                     zwasm_error_t** error) {
  const zwasm::Ref* from = object(ref, error);
  return from != nullptr && get(ref, out, error, from->element(index));
}
bool zwasm_array_set(const wasm_ref_t* ref, uint32_t index, const wasm_val_t* value,
                     zwasm_error_t** error) {
  return set(ref, index, value, error, &zwasm::Ref::set_element);
}

// --- exceptions ---

wasm_extern_t* zwasm_tag_new(wasm_store_t* store, const wasm_tagtype_t* type) {
  if (!usable(store) || type == nullptr) return nullptr;
  auto tag = zwasm::Tag::create(*store->store, {from_c(*type->func)});
  return tag ? extern_to_c(store->shared_from_this(), *tag) : nullptr;
}

wasm_ref_t* zwasm_exception_new(wasm_store_t* store, const wasm_extern_t* tag,
                                const wasm_val_vec_t* payload, zwasm_error_t** error) {
  auto made = [&]() -> zwasm::Result<zwasm::Ref> {
    if (!usable(store)) return null_error("the store");
    const zwasm::Tag* of = tag_of(tag);
    if (of == nullptr) return zwasm::Error::usage("the tag is null, or not a tag");
    const auto params = of->type().type.params;
    auto list = values_from_c(store->shared_from_this(), payload,
                              [&](size_t i) { return i < params.size() ? &params[i] : nullptr; });
    if (!list) return std::move(list).error();
    return zwasm::Ref::new_exception(*store->store, *of, *list);
  };
  return give(store, error, made());
}

wasm_extern_t* zwasm_exception_tag(const wasm_ref_t* ref) {
  const zwasm::Ref* from = object(ref, nullptr);
  if (from == nullptr) return nullptr;
  auto tag = from->tag();
  return tag ? extern_to_c(ref->store, *tag) : nullptr;
}

bool zwasm_exception_payload(const wasm_ref_t* ref, wasm_val_vec_t* out) {
  const zwasm::Ref* from = object(ref, nullptr);
  if (from == nullptr) return false;
  const auto values = from->payload();
  if (values) values_to_c(ref->store, *values, out);
  return values.ok();
}

wasm_ref_t* zwasm_trap_exception(const wasm_trap_t* trap) {
  if (trap == nullptr || !usable(trap->store.get())) return nullptr;
  const auto& exception = trap_info(trap).error.exception;
  return exception != nullptr ? ref_to_c(trap->store, *exception) : nullptr;
}

wasm_trap_t* zwasm_trap_new_exception(wasm_store_t* store, const wasm_ref_t* ref) {
  const zwasm::Ref* from = object(ref, nullptr);
  if (from == nullptr || from->kind() != zwasm::RefKind::exn)
    return make_trap(share(store), zwasm::Error::usage("the reference is not to an exception"));
  return make_trap(share(store), zwasm::Error::throw_exception(*from));
}
