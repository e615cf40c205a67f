// The type objects of the C API: plain data, told apart by kind. External types share a base so
// that the `as` conversions are casts.
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "wasm.h"
#include "zwasm.h"
#include "zwasm/config.h"
#include "zwasm/types.h"

struct wasm_valtype_t {
  wasm_valkind_t kind;
};

struct wasm_externtype_t {
  explicit wasm_externtype_t(wasm_externkind_t k) : kind(k) {}
  wasm_externkind_t kind;
};

struct wasm_functype_t : wasm_externtype_t {
  wasm_functype_t(wasm_valtype_vec_t p, wasm_valtype_vec_t r)
      : wasm_externtype_t(WASM_EXTERN_FUNC), params(p), results(r) {}
  wasm_functype_t(const wasm_functype_t& other) : wasm_externtype_t(other.kind) {
    wasm_valtype_vec_copy(&params, &other.params);
    wasm_valtype_vec_copy(&results, &other.results);
  }
  wasm_functype_t& operator=(const wasm_functype_t&) = delete;
  ~wasm_functype_t() {
    wasm_valtype_vec_delete(&params);
    wasm_valtype_vec_delete(&results);
  }
  wasm_valtype_vec_t params, results;
};

struct wasm_globaltype_t : wasm_externtype_t {
  wasm_globaltype_t(wasm_valtype_t c, wasm_mutability_t m)
      : wasm_externtype_t(WASM_EXTERN_GLOBAL), content(c), mutability(m) {}
  wasm_valtype_t content;
  wasm_mutability_t mutability;
};

struct wasm_tabletype_t : wasm_externtype_t {
  wasm_tabletype_t(wasm_valtype_t e, wasm_limits_t l)
      : wasm_externtype_t(WASM_EXTERN_TABLE), element(e), limits(l) {}
  wasm_valtype_t element;
  wasm_limits_t limits;
};

struct wasm_memorytype_t : wasm_externtype_t {
  explicit wasm_memorytype_t(wasm_limits_t l) : wasm_externtype_t(WASM_EXTERN_MEMORY), limits(l) {}
  wasm_limits_t limits;
};

struct wasm_tagtype_t : wasm_externtype_t {
  explicit wasm_tagtype_t(std::unique_ptr<wasm_functype_t> f)
      : wasm_externtype_t(WASM_EXTERN_TAG), func(std::move(f)) {}
  wasm_tagtype_t(const wasm_tagtype_t& other)
      : wasm_externtype_t(other.kind), func(std::make_unique<wasm_functype_t>(*other.func)) {}
  wasm_tagtype_t& operator=(const wasm_tagtype_t&) = delete;
  std::unique_ptr<wasm_functype_t> func;
};

namespace zwasm::capi {

// References of the function hierarchy become funcref, all others externref; limits beyond 32
// bits saturate.
wasm_valtype_t to_c(const ValType& type);
std::unique_ptr<wasm_functype_t> to_c(const FuncType& type);
wasm_limits_t to_c(const Limits& limits);
wasm_externtype_t* to_c(const ExternType& type);

ValType from_c(const wasm_valtype_t& type);
FuncType from_c(const wasm_functype_t& type);
Limits from_c(const wasm_limits_t& limits);
StoreLimits from_c(const zwasm_limits_t& limits);

}  // namespace zwasm::capi
