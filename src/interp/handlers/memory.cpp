// Scalar loads and stores. Bounds are checked here, in 64 bits and without overflow.
#include "interp/handlers/machine.h"
#include "isa/semantics.h"

namespace zwasm::interp {
namespace {

constexpr Dest kAcc = Dest::acc;
constexpr Dest kSlot = Dest::slot;

// What a load of T gives as the operand type R.
template <class T, class R>
ZW_INLINE R fetch(const uint8_t* at) {
  T v;
  std::memcpy(&v, at, sizeof v);
  if constexpr (std::is_floating_point_v<R>) return v;
  else if constexpr (std::is_signed_v<T>)
    return static_cast<R>(static_cast<std::make_signed_t<R>>(v));
  else return v;
}
template <class T, class V>
ZW_INLINE void put(uint8_t* at, V v) {
  auto narrow = static_cast<T>(v);
  std::memcpy(at, &narrow, sizeof narrow);
}

// True if the access does not fit. `ea` is set when it does.
template <AddressMode mode, uint32_t width>
ZW_INLINE bool outside(uint64_t address, uint32_t offset, uint64_t len, uint64_t& ea) {
  if constexpr (mode == AddressMode::m32) {
    ea = address + offset;  // below 2^33
    return ea + width > len;
  } else {
    ea = address + offset;
    return address > len || len - address < uint64_t{offset} + width;
  }
}

template <AddressMode mode, Address where>
ZW_INLINE uint64_t address_of(Ip at, Slot* fp, uint64_t acc) {
  if constexpr (where == Address::acc) return mode == AddressMode::m32 ? uint32_t(acc) : acc;
  else if constexpr (mode == AddressMode::m32) return slot_at(fp, *at).u32;
  else return slot_at(fp, *at).u64;
}

template <class T, class R, AddressMode mode, Address where, Dest d>
void load(ZW_PARAMS) {
  constexpr uint32_t kOffset = where == Address::slot ? 4 : 3;
  uint64_t ea;
  if constexpr (where == Address::imm) {
    ea = ip[3];
    if (ea + sizeof(T) > len) [[unlikely]]
      ZW_GO(memory_slow);
  } else {
    if (outside<mode, sizeof(T)>(address_of<mode, where>(ip + 3, fp, acc), ip[kOffset], len, ea))
        [[unlikely]]
      ZW_GO(memory_slow);
  }
  ZW_RESULT(d, (fetch<T, R>(mem + ea)));
  ZW_NEXT(kOffset + 1);
}

// i32.add of a and b, then a load from memory 0.
template <class T, class R, Kind ka, Dest d>
void load_indexed(ZW_PARAMS) {
  constexpr uint32_t kB = 3 + kWords<uint32_t, ka>;
  uint32_t a = operand<uint32_t, ka>(ip + 3, fp, acc, facc);
  uint32_t sum = a + slot_at(fp, ip[kB]).u32;
  uint64_t ea = uint64_t{sum} + ip[kB + 1];
  if (ea + sizeof(T) > len) [[unlikely]]
    ZW_GO(memory_slow);
  ZW_RESULT(d, (fetch<T, R>(mem + ea)));
  ZW_NEXT(kB + 2);
}

template <class T, class R, Address where, Dest d>
void load_any(ZW_PARAMS) {
  constexpr uint32_t kMemory = where == Address::slot ? 4 : 3;
  const uint8_t* at = reach(inst, ip[kMemory], address_of<AddressMode::m64, where>(ip + 3, fp, acc),
                            load64(ip + kMemory + 1), sizeof(T));
  if (at == nullptr) [[unlikely]]
    ZW_TRAP(Trap::memory_out_of_bounds);
  ZW_RESULT(d, (fetch<T, R>(at)));
  ZW_NEXT(kMemory + 3);
}

template <class T, class V, AddressMode mode, Address where, Kind kv>
void store(ZW_PARAMS) {
  constexpr uint32_t kOffset = where == Address::slot ? 3 : 2;
  uint64_t ea;
  if constexpr (where == Address::imm) {
    ea = ip[2];
    if (ea + sizeof(T) > len) [[unlikely]]
      ZW_GO(memory_slow);
  } else {
    if (outside<mode, sizeof(T)>(address_of<mode, where>(ip + 2, fp, acc), ip[kOffset], len, ea))
        [[unlikely]]
      ZW_GO(memory_slow);
  }
  put<T>(mem + ea, operand<V, kv>(ip + kOffset + 1, fp, acc, facc));
  ZW_NEXT((kOffset + 1 + kWords<V, kv>));
}

template <class T, class V, Address where, Kind kv>
void store_any(ZW_PARAMS) {
  constexpr uint32_t kMemory = where == Address::slot ? 3 : 2;
  uint8_t* at = reach(inst, ip[kMemory], address_of<AddressMode::m64, where>(ip + 2, fp, acc),
                      load64(ip + kMemory + 1), sizeof(T));
  if (at == nullptr) [[unlikely]]
    ZW_TRAP(Trap::memory_out_of_bounds);
  put<T>(at, operand<V, kv>(ip + kMemory + 3, fp, acc, facc));
  ZW_NEXT((kMemory + 3 + kWords<V, kv>));
}

// The operand type that a letter of a signature means.
template <char letter>
struct Letter;
template <>
struct Letter<'i'> {
  using type = uint32_t;
};
template <>
struct Letter<'I'> {
  using type = uint64_t;
};
template <>
struct Letter<'f'> {
  using type = float;
};
template <>
struct Letter<'F'> {
  using type = double;
};
// "a:i" and "ai:" have the value's type third or second.
#define ZW_LOADED(sig) typename Letter<sig[2]>::type
#define ZW_STORED(sig) typename Letter<sig[1]>::type

template <class T, class R, AddressMode mode>
ByDest load_by(Address where) {
  switch (where) {
    case Address::slot:
      return {load<T, R, mode, Address::slot, kAcc>, load<T, R, mode, Address::slot, kSlot>};
    case Address::acc:
      return {load<T, R, mode, Address::acc, kAcc>, load<T, R, mode, Address::acc, kSlot>};
    case Address::imm:
      return {load<T, R, mode, Address::imm, kAcc>, load<T, R, mode, Address::imm, kSlot>};
  }
  return {};
}
template <class T, class V, AddressMode mode, Address where>
Handler store_by_value(Kind value) {
  switch (value) {
    case Kind::slot: return store<T, V, mode, where, Kind::slot>;
    case Kind::acc:
      if constexpr (where == Address::acc && std::is_integral_v<V>) return nullptr;
      else return store<T, V, mode, where, Kind::acc>;
    case Kind::imm: return store<T, V, mode, where, Kind::imm>;
  }
  return nullptr;
}
template <class T, class V, AddressMode mode>
Handler store_by(Address where, Kind value) {
  switch (where) {
    case Address::slot: return store_by_value<T, V, mode, Address::slot>(value);
    case Address::acc: return store_by_value<T, V, mode, Address::acc>(value);
    case Address::imm: return store_by_value<T, V, mode, Address::imm>(value);
  }
  return nullptr;
}

template <class T, class R>
ByDest load_any_by(Address where) {
  if (where == Address::acc)
    return {load_any<T, R, Address::acc, kAcc>, load_any<T, R, Address::acc, kSlot>};
  return {load_any<T, R, Address::slot, kAcc>, load_any<T, R, Address::slot, kSlot>};
}
template <class T, class V>
Handler store_any_by(Address where, Kind value) {
  switch (value) {
    case Kind::slot:
      return where == Address::acc ? store_any<T, V, Address::acc, Kind::slot>
                                   : store_any<T, V, Address::slot, Kind::slot>;
    case Kind::acc: return store_any<T, V, Address::slot, Kind::acc>;
    case Kind::imm:
      return where == Address::acc ? store_any<T, V, Address::acc, Kind::imm>
                                   : store_any<T, V, Address::slot, Kind::imm>;
  }
  return nullptr;
}

}  // namespace

ByDest load_handler(isa::Op op, AddressMode mode, Address where) {
  using isa::Op;
  switch (op) {
#define LOAD(name, prefix, code, text, sig, feature, type)                                   \
  case Op::name:                                                                             \
    return mode == AddressMode::m32 ? load_by<type, ZW_LOADED(sig), AddressMode::m32>(where) \
                                    : load_by<type, ZW_LOADED(sig), AddressMode::m64>(where);
#include "isa/opcodes.def"
    default: return {};  // not a scalar load
  }
}

ByDest load_indexed_handler(isa::Op op, Kind a) {
  using isa::Op;
  switch (op) {
#define LOAD(name, prefix, code, text, sig, feature, type)           \
  case Op::name:                                                     \
    if (a == Kind::acc)                                              \
      return {load_indexed<type, ZW_LOADED(sig), Kind::acc, kAcc>,   \
              load_indexed<type, ZW_LOADED(sig), Kind::acc, kSlot>}; \
    return {load_indexed<type, ZW_LOADED(sig), Kind::slot, kAcc>,    \
            load_indexed<type, ZW_LOADED(sig), Kind::slot, kSlot>};
#include "isa/opcodes.def"
    default: return {};
  }
}

ByDest load_any_handler(isa::Op op, Address where) {
  using isa::Op;
  switch (op) {
#define LOAD(name, prefix, code, text, sig, feature, type) \
  case Op::name: return load_any_by<type, ZW_LOADED(sig)>(where);
#include "isa/opcodes.def"
    default: return {};
  }
}

Handler store_handler(isa::Op op, AddressMode mode, Address where, Kind value) {
  using isa::Op;
  switch (op) {
#define STORE(name, prefix, code, text, sig, feature, type)                     \
  case Op::name:                                                                \
    return mode == AddressMode::m32                                             \
               ? store_by<type, ZW_STORED(sig), AddressMode::m32>(where, value) \
               : store_by<type, ZW_STORED(sig), AddressMode::m64>(where, value);
#include "isa/opcodes.def"
    default: return nullptr;
  }
}

Handler store_any_handler(isa::Op op, Address where, Kind value) {
  using isa::Op;
  switch (op) {
#define STORE(name, prefix, code, text, sig, feature, type) \
  case Op::name: return store_any_by<type, ZW_STORED(sig)>(where, value);
#include "isa/opcodes.def"
    default: return nullptr;
  }
}

}  // namespace zwasm::interp
