// Canonical types: see type_registry.h.
//
// A recursion group is turned into a key, a string of words in which references to members of the
// group itself are relative and all others are canonical ids:
//
//   (rec (type $a (struct (field (ref $b)))) (type $b (func)))   with $b = 1 of this group
//     2 | struct final, no super; 1 field: ref, inner 1, const | func final, no super; 0, 0
//
// Equal keys are equal groups. The keys are ordered by (hash, words), so that neither long nor
// colliding keys cost more than a comparison per level of the tree.
//
// Readers take no lock: types stand in segments that never move, and an id is only known to those
// who hold its group.
#include "module/type_registry.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

namespace zwasm::module {

using isa::AbsHeap;
using isa::HeapType;

namespace {

// Segment k holds kFirstSegment << k types.
constexpr uint32_t kFirstSegmentLog2 = 8;
constexpr uint32_t kSegments = 32 - kFirstSegmentLog2;

struct Place {
  uint32_t segment;
  uint32_t index;
};
constexpr Place place_of(CanonId id) {
  uint32_t n = id + (1u << kFirstSegmentLog2);
  uint32_t segment = static_cast<uint32_t>(std::bit_width(n)) - 1 - kFirstSegmentLog2;
  return {segment, n - (1u << (segment + kFirstSegmentLog2))};
}

using Key = std::span<const uint32_t>;

uint64_t hash_of(Key key) {
  uint64_t h = 0x9E3779B97F4A7C15u ^ key.size();
  for (uint32_t word : key) {
    h = (h ^ word) * 0xFF51AFD7ED558CCDu;
    h ^= h >> 32;
  }
  return h;
}

struct KeyOrder {
  bool operator()(const std::pair<uint64_t, Key>& a, const std::pair<uint64_t, Key>& b) const {
    if (a.first != b.first) return a.first < b.first;
    return std::lexicographical_compare(a.second.begin(), a.second.end(), b.second.begin(),
                                        b.second.end());
  }
};

// The matching of abstract heap types; the hierarchies are disjoint.
bool abs_matches(AbsHeap sub, AbsHeap super) {
  if (sub == super) return true;
  switch (super) {
    case AbsHeap::func: return sub == AbsHeap::nofunc;
    case AbsHeap::extern_: return sub == AbsHeap::noextern;
    case AbsHeap::exn: return sub == AbsHeap::noexn;
    case AbsHeap::any:
      return sub == AbsHeap::eq || sub == AbsHeap::i31 || sub == AbsHeap::struct_ ||
             sub == AbsHeap::array || sub == AbsHeap::none;
    case AbsHeap::eq:
      return sub == AbsHeap::i31 || sub == AbsHeap::struct_ || sub == AbsHeap::array ||
             sub == AbsHeap::none;
    case AbsHeap::i31:
    case AbsHeap::struct_:
    case AbsHeap::array: return sub == AbsHeap::none;
    case AbsHeap::nofunc:
    case AbsHeap::noextern:
    case AbsHeap::none:
    case AbsHeap::noexn: return false;
  }
  return false;
}

AbsHeap abs_of(CompositeKind kind) {
  switch (kind) {
    case CompositeKind::func: return AbsHeap::func;
    case CompositeKind::struct_: return AbsHeap::struct_;
    case CompositeKind::array: return AbsHeap::array;
  }
  return AbsHeap::func;
}

// A type index as seen from the group that is being registered.
struct Reference {
  bool inner;      // a member of the group
  uint32_t value;  // position in the group, or canonical id
};

// Maps module-local indices while the group [first, …) is registered.
class Mapping {
 public:
  Mapping(uint32_t first, std::span<const CanonId> ids) : first_(first), ids_(ids) {}
  // For types whose indices are canonical already.
  Mapping() : canonical_(true) {}
  Reference operator()(uint32_t index) const {
    if (canonical_) return {false, index};
    if (index >= first_) return {true, index - first_};
    return {false, ids_[index]};
  }

 private:
  bool canonical_ = false;
  uint32_t first_ = 0;
  std::span<const CanonId> ids_;
};

class KeyWriter {
 public:
  KeyWriter(std::vector<uint32_t>& out, const Mapping& mapping) : out_(out), mapping_(mapping) {}

  void write(const SubType& type) {
    out_.push_back(static_cast<uint32_t>(type.kind) << 2 | (type.final ? 2u : 0u) |
                   (type.super ? 1u : 0u));
    if (type.super) reference(*type.super);
    if (type.kind == CompositeKind::func) {
      out_.push_back(static_cast<uint32_t>(type.func.params.size()));
      out_.push_back(static_cast<uint32_t>(type.func.results.size()));
      for (ValType t : type.func.params) value(t);
      for (ValType t : type.func.results) value(t);
    } else {
      out_.push_back(static_cast<uint32_t>(type.fields.size()));
      for (const FieldType& field : type.fields) {
        value(field.type);
        out_.push_back(field.mut);
      }
    }
  }

 private:
  void value(ValType type) {
    if (type.is_ref() && type.heap().is_concrete()) {
      out_.push_back(ValType::ref(HeapType::concrete(0), type.nullable()).bits());
      reference(type.heap().index());
    } else {
      out_.push_back(type.bits());
    }
  }
  void reference(uint32_t index) {
    Reference r = mapping_(index);
    out_.push_back(r.value << 1 | (r.inner ? 1u : 0u));
  }

  std::vector<uint32_t>& out_;
  const Mapping& mapping_;
};

// Calls `visit` for every type index that stands in `type`.
template <class Visit>
void visit_references(const SubType& type, Visit visit) {
  auto value = [&](ValType t) {
    if (t.is_ref() && t.heap().is_concrete()) visit(t.heap().index());
  };
  if (type.super) visit(*type.super);
  for (ValType t : type.func.params) value(t);
  for (ValType t : type.func.results) value(t);
  for (const FieldType& field : type.fields) value(field.type);
}

}  // namespace

struct TypeRegistry::Impl {
  struct Group {
    uint32_t refs = 0;
    Key key;
    uint64_t hash = 0;
    std::vector<CanonId> ids;
    std::vector<uint32_t> uses;           // groups that this one refers to; each holds a reference
    std::unique_ptr<std::byte[]> memory;  // behind the key and the spans of the types
  };

  std::mutex mutex;
  std::vector<std::unique_ptr<Group>> groups;
  std::vector<uint32_t> free_groups;
  std::map<std::pair<uint64_t, Key>, uint32_t, KeyOrder> by_key;
  std::array<std::atomic<CanonType*>, kSegments> segments{};
  std::vector<CanonId> free_ids;
  CanonId next_id = 1;             // 0 is kNoCanon
  std::vector<uint32_t> group_of;  // by id
  std::vector<uint32_t> scratch;

  ~Impl() {
    for (auto& segment : segments) delete[] segment.load(std::memory_order_relaxed);
  }

  CanonType& at(CanonId id) {
    Place place = place_of(id);
    return segments[place.segment].load(std::memory_order_acquire)[place.index];
  }

  CanonId new_id(uint32_t group) {
    CanonId id;
    if (!free_ids.empty()) {
      id = free_ids.back();
      free_ids.pop_back();
    } else {
      id = next_id++;
      Place place = place_of(id);
      if (segments[place.segment].load(std::memory_order_relaxed) == nullptr)
        segments[place.segment].store(
            new CanonType[size_t{1} << (place.segment + kFirstSegmentLog2)],
            std::memory_order_release);
    }
    if (group_of.size() <= id) group_of.resize(id + 1);
    group_of[id] = group;
    return id;
  }

  // The group of these types, with one more reference.
  uint32_t intern(std::span<const SubType> types, const Mapping& mapping);
  uint32_t make_group(std::span<const SubType> types, const Mapping& mapping, uint64_t hash);
  void release(std::span<const uint32_t> first);
};

uint32_t TypeRegistry::Impl::intern(std::span<const SubType> types, const Mapping& mapping) {
  scratch.clear();
  scratch.push_back(static_cast<uint32_t>(types.size()));
  KeyWriter writer(scratch, mapping);
  for (const SubType& type : types) writer.write(type);
  uint64_t hash = hash_of(scratch);
  auto it = by_key.find({hash, Key(scratch)});
  uint32_t index = it != by_key.end() ? it->second : make_group(types, mapping, hash);
  ++groups[index]->refs;
  return index;
}

uint32_t TypeRegistry::Impl::make_group(std::span<const SubType> types, const Mapping& mapping,
                                        uint64_t hash) {
  uint32_t index;
  if (!free_groups.empty()) {
    index = free_groups.back();
    free_groups.pop_back();
  } else {
    index = static_cast<uint32_t>(groups.size());
    groups.emplace_back();
  }
  groups[index] = std::make_unique<Group>();
  Group& group = *groups[index];
  for (size_t i = 0; i < types.size(); ++i) group.ids.push_back(new_id(index));

  auto canon_index = [&](uint32_t local) {
    Reference r = mapping(local);
    return r.inner ? group.ids[r.value] : r.value;
  };
  auto canon = [&](ValType type) {
    if (!type.is_ref() || !type.heap().is_concrete()) return type;
    return ValType::ref(HeapType::concrete(canon_index(type.heap().index())), type.nullable());
  };

  // One block of memory for all spans. Displays need the supertypes' first.
  size_t display_size = 0, value_count = 0, field_count = 0;
  std::vector<uint32_t> depths(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i].super) {
      Reference r = mapping(*types[i].super);
      depths[i] =
          1 + (r.inner ? depths[r.value] : static_cast<uint32_t>(at(r.value).display.size()) - 1);
    }
    display_size += depths[i] + 1;
    value_count += types[i].func.params.size() + types[i].func.results.size();
    field_count += types[i].fields.size();
  }
  static_assert(alignof(FieldType) <= alignof(uint32_t) && alignof(ValType) == alignof(uint32_t));
  size_t bytes = field_count * sizeof(FieldType) + value_count * sizeof(ValType) +
                 (display_size + scratch.size()) * sizeof(uint32_t);
  group.memory = std::make_unique_for_overwrite<std::byte[]>(bytes);
  FieldType* fields = reinterpret_cast<FieldType*>(group.memory.get());
  ValType* values = reinterpret_cast<ValType*>(fields + field_count);
  CanonId* displays = reinterpret_cast<CanonId*>(values + value_count);
  uint32_t* words = displays + display_size;

  auto copy_values = [&](std::span<const ValType> from) {
    ValType* first = values;
    for (ValType type : from) new (values++) ValType(canon(type));
    return std::span<const ValType>(first, from.size());
  };
  for (size_t i = 0; i < types.size(); ++i) {
    const SubType& type = types[i];
    CanonType& made = at(group.ids[i]);
    made.kind = type.kind;
    made.final = type.final;
    made.super = type.super ? canon_index(*type.super) : kNoCanon;
    CanonId* display = displays;
    if (type.super) {
      std::span<const CanonId> above = at(made.super).display;
      displays = std::copy(above.begin(), above.end(), displays);
    }
    *displays++ = group.ids[i];
    made.display = {display, displays};
    made.func.params = copy_values(type.func.params);
    made.func.results = copy_values(type.func.results);
    FieldType* first = fields;
    for (const FieldType& field : type.fields)
      new (fields++) FieldType{canon(field.type), field.mut};
    made.fields = {first, fields};

    visit_references(type, [&](uint32_t local) {
      Reference r = mapping(local);
      if (r.inner) return;
      uint32_t other = group_of[r.value];
      // Mostly the same few groups in a row; a repeated entry does no harm.
      if (!group.uses.empty() && group.uses.back() == other) return;
      group.uses.push_back(other);
      ++groups[other]->refs;
    });
  }
  std::copy(scratch.begin(), scratch.end(), words);
  group.key = {words, scratch.size()};
  group.hash = hash;
  by_key.emplace(std::pair{hash, group.key}, index);
  return index;
}

void TypeRegistry::Impl::release(std::span<const uint32_t> first) {
  std::vector<uint32_t> pending(first.begin(), first.end());
  while (!pending.empty()) {
    uint32_t index = pending.back();
    pending.pop_back();
    Group& group = *groups[index];
    if (--group.refs != 0) continue;
    pending.insert(pending.end(), group.uses.begin(), group.uses.end());
    by_key.erase({group.hash, group.key});
    for (CanonId id : group.ids) {
      at(id) = CanonType{};
      free_ids.push_back(id);
    }
    free_groups.push_back(index);
    groups[index].reset();
  }
}

// ------------------------------------------------------------------------------------------------

TypeRegistry::TypeRegistry() : impl_(std::make_unique<Impl>()) {}
TypeRegistry::~TypeRegistry() = default;

void TypeRegistry::add_group(const Module& module, const RecGroup& group, ModuleTypes& types) {
  std::lock_guard lock(impl_->mutex);
  types.registry_ = this;
  uint32_t index = impl_->intern(std::span(module.types).subspan(group.first, group.count),
                                 Mapping(group.first, types.ids_));
  types.groups_.push_back(index);
  const std::vector<CanonId>& ids = impl_->groups[index]->ids;
  types.ids_.insert(types.ids_.end(), ids.begin(), ids.end());
}

CanonId TypeRegistry::add_func_type(const FuncType& type, ModuleTypes& keeper) {
  std::lock_guard lock(impl_->mutex);
  keeper.registry_ = this;
  SubType sub;
  sub.func = type;
  uint32_t index = impl_->intern({&sub, 1}, Mapping());
  keeper.groups_.push_back(index);
  return impl_->groups[index]->ids[0];
}

const CanonType& TypeRegistry::type(CanonId id) const { return impl_->at(id); }

bool TypeRegistry::is_subtype(CanonId sub, CanonId super) const {
  if (sub == super) return true;
  size_t depth = type(super).display.size() - 1;
  std::span<const CanonId> display = type(sub).display;
  return depth < display.size() && display[depth] == super;
}

bool TypeRegistry::matches(HeapType sub, HeapType super) const {
  if (sub == super) return true;
  if (!super.is_concrete()) {
    if (!sub.is_concrete()) return abs_matches(sub.abs(), super.abs());
    return abs_matches(abs_of(type(sub.index()).kind), super.abs());
  }
  if (sub.is_concrete()) return is_subtype(sub.index(), super.index());
  // Only the bottom of its hierarchy is below a concrete type.
  AbsHeap bottom =
      type(super.index()).kind == CompositeKind::func ? AbsHeap::nofunc : AbsHeap::none;
  return sub.abs() == bottom;
}

bool TypeRegistry::matches(ValType sub, ValType super) const {
  if (sub == super) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.nullable() && !super.nullable()) return false;
  return matches(sub.heap(), super.heap());
}

// ------------------------------------------------------------------------------------------------

ModuleTypes::ModuleTypes(ModuleTypes&& other) noexcept
    : tail_calls(other.tail_calls),
      registry_(std::exchange(other.registry_, nullptr)),
      ids_(std::move(other.ids_)),
      groups_(std::move(other.groups_)) {
  other.ids_.clear();
  other.groups_.clear();
}

ModuleTypes& ModuleTypes::operator=(ModuleTypes&& other) noexcept {
  std::swap(tail_calls, other.tail_calls);
  std::swap(registry_, other.registry_);
  ids_.swap(other.ids_);
  groups_.swap(other.groups_);
  return *this;
}

ModuleTypes::~ModuleTypes() {
  if (registry_ == nullptr || groups_.empty()) return;
  std::lock_guard lock(registry_->impl_->mutex);
  registry_->impl_->release(groups_);
}

ValType ModuleTypes::canon(ValType type) const {
  if (!type.is_ref() || !type.heap().is_concrete()) return type;
  return ValType::ref(HeapType::concrete(ids_[type.heap().index()]), type.nullable());
}

bool ModuleTypes::matches(ValType sub, ValType super) const {
  if (sub == super) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  if (sub.nullable() && !super.nullable()) return false;
  HeapType from = sub.heap(), to = super.heap();
  if (from == to) return true;
  // A module without types has no registry and needs none.
  if (!from.is_concrete() && !to.is_concrete()) return abs_matches(from.abs(), to.abs());
  return registry_->matches(canon(sub), canon(super));
}

}  // namespace zwasm::module
