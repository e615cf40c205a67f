/// The standard C++ API of WebAssembly engines (github.com/WebAssembly/wasm-c-api), as zwasm
/// provides it: programs written to it build unchanged. It is a thin layer over wasm.h, all of it
/// in this header, so that only C symbols cross the border of a shared library. zwasm's own C++
/// API, which has more and costs less, is zwasm/zwasm.h.
///
/// Ownership is in the types: `own<T>` is a std::unique_ptr, `vec<T>` owns its elements. Plain
/// pointers are borrowed. Types are plain data; objects (`Engine`, `Func` …) are never made by
/// `new`: a pointer to one is the pointer to wasm.h's struct.
#ifndef WASM_HH
#define WASM_HH

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "wasm.h"

using byte_t = char;
using float32_t = float;
using float64_t = double;

namespace wasm {

// --- vectors and ownership ---

/// An array that owns its elements; invalid ones (a failed operation) are false.
template <class T>
class vec {
 public:
  using elem_type = T;

  vec(vec&& that) noexcept : size_(that.size_), data_(std::move(that.data_)) {
    that.size_ = invalid_size;
  }
  vec& operator=(vec&& that) noexcept {
    reset(that);
    return *this;
  }

  operator bool() const { return size_ != invalid_size; }
  size_t size() const { return size_; }
  const T* get() const { return data_.get(); }
  T* get() { return data_.get(); }
  T& operator[](size_t i) {
    assert(i < size_);
    return data_[i];
  }
  const T& operator[](size_t i) const {
    assert(i < size_);
    return data_[i];
  }

  T* release() {
    size_ = invalid_size;
    return data_.release();
  }
  void reset() {
    size_ = invalid_size;
    data_.reset();
  }
  void reset(vec& that) {
    if (this == &that) return;
    size_ = that.size_;
    data_ = std::move(that.data_);
    that.size_ = invalid_size;
  }

  /// Elements are copied by assignment, or each by its `copy()`.
  vec copy() const {
    vec v(size_);
    if (v)
      for (size_t i = 0; i < size_; ++i) v.data_[i] = data_[i];
    return v;
  }
  vec deep_copy() const {
    vec v(size_);
    if (v)
      for (size_t i = 0; i < size_; ++i)
        if (data_[i]) v.data_[i] = data_[i]->copy();
    return v;
  }

  static vec make_uninitialized(size_t size = 0) { return vec(size); }
  /// Moves the elements out of `init`.
  static vec make(size_t size, T init[]) {
    vec v(size);
    if (v)
      for (size_t i = 0; i < size; ++i) v.data_[i] = std::move(init[i]);
    return v;
  }
  static vec<char> make(std::string s) {
    auto v = vec<char>::make_uninitialized(s.size());
    if (v && !s.empty()) std::memcpy(v.get(), s.data(), s.size());
    return v;
  }
  /// With a terminating null as the last element.
  static vec<char> make_nt(std::string s) {
    auto v = vec<char>::make_uninitialized(s.size() + 1);
    if (v) std::memcpy(v.get(), s.c_str(), s.size() + 1);
    return v;
  }
  static vec make() { return vec(0); }
  template <class... Ts>
  static vec make(Ts&&... args) {
    T data[] = {std::forward<Ts>(args)...};
    return make(sizeof...(Ts), data);
  }
  static vec adopt(size_t size, T data[]) {
    vec v(0);
    v.size_ = size;
    v.data_.reset(data);
    return v;
  }
  static vec invalid() {
    vec v(0);
    v.size_ = invalid_size;
    return v;
  }

 private:
  static constexpr size_t invalid_size = SIZE_MAX;
  explicit vec(size_t size)
      : size_(size),
        data_(size != 0 && size != invalid_size ? new(std::nothrow) T[size] : nullptr) {
    if (size_ != 0 && data_ == nullptr) size_ = invalid_size;
  }
  size_t size_;
  std::unique_ptr<T[]> data_;
};

class destroyer {
 public:
  template <class T>
  void operator()(T* ptr) {
    ptr->destroy();
  }
};
template <class T>
using own = std::unique_ptr<T, destroyer>;
template <class T>
using ownvec = vec<own<T>>;
template <class T>
own<T> make_own(T* ptr) {
  return own<T>(ptr);
}

class ValType;
class ExternType;
class FuncType;
class GlobalType;
class TableType;
class MemoryType;
class TagType;

namespace detail {

// The C object behind a C++ one, and back.
template <class T>
struct c_type;
template <class T>
typename c_type<T>::type* to_c(const T* p) {
  return reinterpret_cast<typename c_type<T>::type*>(const_cast<T*>(p));
}
template <class T>
T* from_c(typename c_type<T>::type* p) {
  return reinterpret_cast<T*>(p);
}
template <class T>
T* from_c(const typename c_type<T>::type* p) {
  return const_cast<T*>(reinterpret_cast<const T*>(p));
}

inline wasm_byte_vec_t view(const vec<byte_t>& v) {
  return {v ? v.size() : 0, const_cast<byte_t*>(v.get())};
}
inline vec<byte_t> take(wasm_byte_vec_t& v) {
  auto result = vec<byte_t>::make_uninitialized(v.size);
  if (result && v.size != 0) std::memcpy(result.get(), v.data, v.size);
  wasm_byte_vec_delete(&v);
  return result;
}
inline vec<byte_t> copy(const wasm_byte_vec_t& v) {
  auto result = vec<byte_t>::make_uninitialized(v.size);
  if (result && v.size != 0) std::memcpy(result.get(), v.data, v.size);
  return result;
}

struct types;  // conversions of types, below

}  // namespace detail

// --- engine and store ---

class Config {
 public:
  static own<Config> make();

 protected:
  Config() = default;
  ~Config() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Engine {
 public:
  static own<Engine> make(own<Config>&& = Config::make());

 protected:
  Engine() = default;
  ~Engine() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Store {
 public:
  static own<Store> make(Engine*);

 protected:
  Store() = default;
  ~Store() = default;

 private:
  friend class destroyer;
  void destroy();
};

// --- types ---

enum class Mutability : uint8_t { CONST, VAR };

struct Limits {
  uint32_t min;
  uint32_t max;
  Limits(uint32_t min_, uint32_t max_ = std::numeric_limits<uint32_t>::max())
      : min(min_), max(max_) {}
};

enum class ValKind : uint8_t { I32, I64, F32, F64, EXTERNREF = 128, FUNCREF };
inline bool is_num(ValKind k) { return k < ValKind::EXTERNREF; }
inline bool is_ref(ValKind k) { return k >= ValKind::EXTERNREF; }

class ValType {
 public:
  static own<ValType> make(ValKind kind) { return make_own(new ValType(kind)); }
  own<ValType> copy() const { return make(kind_); }
  ValKind kind() const { return kind_; }
  bool is_num() const { return wasm::is_num(kind_); }
  bool is_ref() const { return wasm::is_ref(kind_); }

 protected:
  explicit ValType(ValKind kind) : kind_(kind) {}
  ~ValType() = default;

 private:
  friend class destroyer;
  void destroy() { delete this; }
  ValKind kind_;
};

enum class ExternKind : uint8_t { FUNC, GLOBAL, TABLE, MEMORY, TAG };

class ExternType {
 public:
  own<ExternType> copy() const;
  ExternKind kind() const { return kind_; }
  /// This type as one of that kind; null if it is of another.
  FuncType* func();
  GlobalType* global();
  TableType* table();
  MemoryType* memory();
  TagType* tag();
  const FuncType* func() const;
  const GlobalType* global() const;
  const TableType* table() const;
  const MemoryType* memory() const;
  const TagType* tag() const;

 protected:
  explicit ExternType(ExternKind kind) : kind_(kind) {}
  ~ExternType() = default;

 private:
  friend class destroyer;
  void destroy();
  ExternKind kind_;
};

class FuncType : public ExternType {
 public:
  static own<FuncType> make(ownvec<ValType>&& params = ownvec<ValType>::make(),
                            ownvec<ValType>&& results = ownvec<ValType>::make()) {
    return make_own(new FuncType(std::move(params), std::move(results)));
  }
  own<FuncType> copy() const { return make(params_.deep_copy(), results_.deep_copy()); }
  const ownvec<ValType>& params() const { return params_; }
  const ownvec<ValType>& results() const { return results_; }

 protected:
  FuncType(ownvec<ValType>&& params, ownvec<ValType>&& results)
      : ExternType(ExternKind::FUNC), params_(std::move(params)), results_(std::move(results)) {}
  ~FuncType() = default;

 private:
  friend class destroyer;
  friend class ExternType;
  void destroy() { delete this; }
  ownvec<ValType> params_, results_;
};

class GlobalType : public ExternType {
 public:
  static own<GlobalType> make(own<ValType>&& content, Mutability mutability) {
    return make_own(new GlobalType(std::move(content), mutability));
  }
  own<GlobalType> copy() const { return make(content_->copy(), mutability_); }
  const ValType* content() const { return content_.get(); }
  Mutability mutability() const { return mutability_; }

 protected:
  GlobalType(own<ValType>&& content, Mutability mutability)
      : ExternType(ExternKind::GLOBAL), content_(std::move(content)), mutability_(mutability) {}
  ~GlobalType() = default;

 private:
  friend class destroyer;
  friend class ExternType;
  void destroy() { delete this; }
  own<ValType> content_;
  Mutability mutability_;
};

class TableType : public ExternType {
 public:
  static own<TableType> make(own<ValType>&& element, Limits limits) {
    return make_own(new TableType(std::move(element), limits));
  }
  own<TableType> copy() const { return make(element_->copy(), limits_); }
  const ValType* element() const { return element_.get(); }
  const Limits& limits() const { return limits_; }

 protected:
  TableType(own<ValType>&& element, Limits limits)
      : ExternType(ExternKind::TABLE), element_(std::move(element)), limits_(limits) {}
  ~TableType() = default;

 private:
  friend class destroyer;
  friend class ExternType;
  void destroy() { delete this; }
  own<ValType> element_;
  Limits limits_;
};

class MemoryType : public ExternType {
 public:
  static own<MemoryType> make(Limits limits) { return make_own(new MemoryType(limits)); }
  own<MemoryType> copy() const { return make(limits_); }
  const Limits& limits() const { return limits_; }

 protected:
  explicit MemoryType(Limits limits) : ExternType(ExternKind::MEMORY), limits_(limits) {}
  ~MemoryType() = default;

 private:
  friend class destroyer;
  friend class ExternType;
  void destroy() { delete this; }
  Limits limits_;
};

class TagType : public ExternType {
 public:
  static own<TagType> make(own<FuncType>&& functype) {
    return make_own(new TagType(std::move(functype)));
  }
  own<TagType> copy() const { return make(functype_->copy()); }
  const FuncType* functype() const { return functype_.get(); }

 protected:
  explicit TagType(own<FuncType>&& functype)
      : ExternType(ExternKind::TAG), functype_(std::move(functype)) {}
  ~TagType() = default;

 private:
  friend class destroyer;
  friend class ExternType;
  void destroy() { delete this; }
  own<FuncType> functype_;
};

inline own<ExternType> ExternType::copy() const {
  switch (kind_) {
    case ExternKind::FUNC: return func()->copy();
    case ExternKind::GLOBAL: return global()->copy();
    case ExternKind::TABLE: return table()->copy();
    case ExternKind::MEMORY: return memory()->copy();
    case ExternKind::TAG: return tag()->copy();
  }
  return nullptr;
}
inline void ExternType::destroy() {
  switch (kind_) {
    case ExternKind::FUNC: delete static_cast<FuncType*>(this); return;
    case ExternKind::GLOBAL: delete static_cast<GlobalType*>(this); return;
    case ExternKind::TABLE: delete static_cast<TableType*>(this); return;
    case ExternKind::MEMORY: delete static_cast<MemoryType*>(this); return;
    case ExternKind::TAG: delete static_cast<TagType*>(this); return;
  }
}
#define WASM_EXTERN_TYPE_AS(name, type, kind)                                    \
  inline type* ExternType::name() {                                              \
    return kind_ == ExternKind::kind ? static_cast<type*>(this) : nullptr;       \
  }                                                                              \
  inline const type* ExternType::name() const {                                  \
    return kind_ == ExternKind::kind ? static_cast<const type*>(this) : nullptr; \
  }
WASM_EXTERN_TYPE_AS(func, FuncType, FUNC)
WASM_EXTERN_TYPE_AS(global, GlobalType, GLOBAL)
WASM_EXTERN_TYPE_AS(table, TableType, TABLE)
WASM_EXTERN_TYPE_AS(memory, MemoryType, MEMORY)
WASM_EXTERN_TYPE_AS(tag, TagType, TAG)
#undef WASM_EXTERN_TYPE_AS

using Name = vec<byte_t>;

class ImportType {
 public:
  static own<ImportType> make(Name&& module, Name&& name, own<ExternType>&& type) {
    return make_own(new ImportType(std::move(module), std::move(name), std::move(type)));
  }
  own<ImportType> copy() const { return make(module_.copy(), name_.copy(), type_->copy()); }
  const Name& module() const { return module_; }
  const Name& name() const { return name_; }
  const ExternType* type() const { return type_.get(); }

 protected:
  ImportType(Name&& module, Name&& name, own<ExternType>&& type)
      : module_(std::move(module)), name_(std::move(name)), type_(std::move(type)) {}
  ~ImportType() = default;

 private:
  friend class destroyer;
  void destroy() { delete this; }
  Name module_, name_;
  own<ExternType> type_;
};

class ExportType {
 public:
  static own<ExportType> make(Name&& name, own<ExternType>&& type) {
    return make_own(new ExportType(std::move(name), std::move(type)));
  }
  own<ExportType> copy() const { return make(name_.copy(), type_->copy()); }
  const Name& name() const { return name_; }
  const ExternType* type() const { return type_.get(); }

 protected:
  ExportType(Name&& name, own<ExternType>&& type)
      : name_(std::move(name)), type_(std::move(type)) {}
  ~ExportType() = default;

 private:
  friend class destroyer;
  void destroy() { delete this; }
  Name name_;
  own<ExternType> type_;
};

// --- references and values ---

class Ref {
 public:
  own<Ref> copy() const;
  bool same(const Ref*) const;
  void* get_host_info() const;
  void set_host_info(void* info, void (*finalizer)(void*) = nullptr);

 protected:
  Ref() = default;
  ~Ref() = default;

 private:
  friend class destroyer;
  void destroy();
};

/// A number, or an owned reference. Laid out as wasm_val_t.
class Val {
 public:
  Val() : kind_(ValKind::EXTERNREF) { impl_.ref = nullptr; }
  explicit Val(int32_t i) : kind_(ValKind::I32) { impl_.i32 = i; }
  explicit Val(int64_t i) : kind_(ValKind::I64) { impl_.i64 = i; }
  explicit Val(float32_t z) : kind_(ValKind::F32) { impl_.f32 = z; }
  explicit Val(float64_t z) : kind_(ValKind::F64) { impl_.f64 = z; }
  explicit Val(own<Ref>&& r) : kind_(ValKind::EXTERNREF) { impl_.ref = r.release(); }
  Val(Val&& that) noexcept : kind_(that.kind_), impl_(that.impl_) {
    if (is_ref()) that.impl_.ref = nullptr;
  }
  Val& operator=(Val&& that) noexcept {
    reset(that);
    return *this;
  }
  ~Val() { reset(); }

  static Val i32(int32_t x) { return Val(x); }
  static Val i64(int64_t x) { return Val(x); }
  static Val f32(float32_t x) { return Val(x); }
  static Val f64(float64_t x) { return Val(x); }
  static Val ref(own<Ref>&& x) { return Val(std::move(x)); }
  template <class T>
  static Val make(T x);
  template <class T>
  static Val make(own<T>&& x);

  ValKind kind() const { return kind_; }
  bool is_num() const { return wasm::is_num(kind_); }
  bool is_ref() const { return wasm::is_ref(kind_); }
  int32_t i32() const { return assert(kind_ == ValKind::I32), impl_.i32; }
  int64_t i64() const { return assert(kind_ == ValKind::I64), impl_.i64; }
  float32_t f32() const { return assert(kind_ == ValKind::F32), impl_.f32; }
  float64_t f64() const { return assert(kind_ == ValKind::F64), impl_.f64; }
  Ref* ref() const { return assert(is_ref()), impl_.ref; }
  template <class T>
  T get() const;

  own<Ref> release_ref() {
    assert(is_ref());
    Ref* ref = impl_.ref;
    impl_.ref = nullptr;
    return own<Ref>(ref);
  }
  void reset() {
    if (!is_ref() || impl_.ref == nullptr) return;
    Ref* ref = impl_.ref;
    impl_.ref = nullptr;
    destroyer()(ref);
  }
  void reset(Val& that) {
    if (this == &that) return;
    reset();
    kind_ = that.kind_;
    impl_ = that.impl_;
    if (is_ref()) that.impl_.ref = nullptr;
  }
  Val copy() const {
    Impl impl = impl_;
    if (is_ref() && impl.ref != nullptr) impl.ref = impl.ref->copy().release();
    return Val(kind_, impl);
  }

 private:
  union Impl {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    Ref* ref;
  };
  Val(ValKind kind, Impl impl) : kind_(kind), impl_(impl) {}
  ValKind kind_;
  Impl impl_;
};
static_assert(sizeof(Val) == sizeof(wasm_val_t) && alignof(Val) == alignof(wasm_val_t),
              "a Val is a wasm_val_t");

template <>
inline Val Val::make<int32_t>(int32_t x) {
  return Val(x);
}
template <>
inline Val Val::make<int64_t>(int64_t x) {
  return Val(x);
}
template <>
inline Val Val::make<float32_t>(float32_t x) {
  return Val(x);
}
template <>
inline Val Val::make<float64_t>(float64_t x) {
  return Val(x);
}
template <>
inline Val Val::make<uint32_t>(uint32_t x) {
  return Val(static_cast<int32_t>(x));
}
template <>
inline Val Val::make<uint64_t>(uint64_t x) {
  return Val(static_cast<int64_t>(x));
}
template <>
inline Val Val::make<Ref>(own<Ref>&& x) {
  return Val(std::move(x));
}
template <>
inline int32_t Val::get<int32_t>() const {
  return i32();
}
template <>
inline int64_t Val::get<int64_t>() const {
  return i64();
}
template <>
inline float32_t Val::get<float32_t>() const {
  return f32();
}
template <>
inline float64_t Val::get<float64_t>() const {
  return f64();
}
template <>
inline Ref* Val::get<Ref*>() const {
  return ref();
}
template <>
inline uint32_t Val::get<uint32_t>() const {
  return static_cast<uint32_t>(i32());
}
template <>
inline uint64_t Val::get<uint64_t>() const {
  return static_cast<uint64_t>(i64());
}

// --- traps ---

using Message = vec<byte_t>;  ///< null terminated

class Instance;

class Frame {
 public:
  own<Frame> copy() const;
  Instance* instance() const;
  uint32_t func_index() const;
  size_t func_offset() const;
  size_t module_offset() const;

 protected:
  Frame() = default;
  ~Frame() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Trap : public Ref {
 public:
  static own<Trap> make(Store*, const Message& msg);
  own<Trap> copy() const;
  Message message() const;
  own<Frame> origin() const;    ///< may be null
  ownvec<Frame> trace() const;  ///< may be empty, origin first

 protected:
  Trap() = default;
  ~Trap() = default;

 private:
  friend class destroyer;
  void destroy();
};

// --- objects ---

template <class T>
class Shared;

class Module : public Ref {
 public:
  static bool validate(Store*, const vec<byte_t>& binary);
  static own<Module> make(Store*, const vec<byte_t>& binary);
  own<Module> copy() const;
  ownvec<ImportType> imports() const;
  ownvec<ExportType> exports() const;
  own<Shared<Module>> share() const;
  static own<Module> obtain(Store*, const Shared<Module>*);
  vec<byte_t> serialize() const;
  static own<Module> deserialize(Store*, const vec<byte_t>&);

 protected:
  Module() = default;
  ~Module() = default;

 private:
  friend class destroyer;
  void destroy();
};

template <>
class Shared<Module> {
 protected:
  Shared() = default;
  ~Shared() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Foreign : public Ref {
 public:
  static own<Foreign> make(Store*);
  own<Foreign> copy() const;

 protected:
  Foreign() = default;
  ~Foreign() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Func;
class Global;
class Table;
class Memory;

class Extern : public Ref {
 public:
  own<Extern> copy() const;
  ExternKind kind() const;
  own<ExternType> type() const;
  Func* func();
  Global* global();
  Table* table();
  Memory* memory();
  const Func* func() const;
  const Global* global() const;
  const Table* table() const;
  const Memory* memory() const;

 protected:
  Extern() = default;
  ~Extern() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Func : public Extern {
 public:
  using callback = auto (*)(const vec<Val>&, vec<Val>&) -> own<Trap>;
  using callback_with_env = auto (*)(void*, const vec<Val>&, vec<Val>&) -> own<Trap>;

  static own<Func> make(Store*, const FuncType*, callback);
  static own<Func> make(Store*, const FuncType*, callback_with_env, void*,
                        void (*finalizer)(void*) = nullptr);
  own<Func> copy() const;
  own<FuncType> type() const;
  size_t param_arity() const;
  size_t result_arity() const;
  /// The results' vector has room for all of them.
  own<Trap> call(const vec<Val>& args, vec<Val>& results) const;

 protected:
  Func() = default;
  ~Func() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Global : public Extern {
 public:
  static own<Global> make(Store*, const GlobalType*, const Val&);
  own<Global> copy() const;
  own<GlobalType> type() const;
  Val get() const;
  void set(const Val&);

 protected:
  Global() = default;
  ~Global() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Table : public Extern {
 public:
  using size_t = uint32_t;

  static own<Table> make(Store*, const TableType*, const Ref* init = nullptr);
  own<Table> copy() const;
  own<TableType> type() const;
  own<Ref> get(size_t index) const;
  bool set(size_t index, const Ref*);
  size_t size() const;
  bool grow(size_t delta, const Ref* init = nullptr);

 protected:
  Table() = default;
  ~Table() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Memory : public Extern {
 public:
  using pages_t = uint32_t;
  static const size_t page_size = 0x10000;

  static own<Memory> make(Store*, const MemoryType*);
  own<Memory> copy() const;
  own<MemoryType> type() const;
  byte_t* data() const;
  size_t data_size() const;
  pages_t size() const;
  bool grow(pages_t delta);

 protected:
  Memory() = default;
  ~Memory() = default;

 private:
  friend class destroyer;
  void destroy();
};

class Instance : public Ref {
 public:
  /// `trap`, if not null, gets why it failed.
  static own<Instance> make(Store*, const Module*, const vec<Extern*>& imports,
                            own<Trap>* trap = nullptr);
  own<Instance> copy() const;
  ownvec<Extern> exports() const;

 protected:
  Instance() = default;
  ~Instance() = default;

 private:
  friend class destroyer;
  void destroy();
};

}  // namespace wasm

#include "zwasm/detail/wasm_inline.hh"

#endif  // WASM_HH
