// Errors of the C API, and how a Result becomes one.
#pragma once
#include <string>
#include <utility>

#include "zwasm.h"
#include "zwasm/error.h"

struct zwasm_error_t {
  explicit zwasm_error_t(zwasm::Error e)
      : error(std::move(e)), message(error.summary()), details(error.to_string()) {}
  zwasm::Error error;
  std::string message, details;
};

namespace zwasm::capi {

// Whether it went well; if not, `to` (unless null) gets the error, else null.
template <class T>
bool report(zwasm_error_t** to, const Result<T>& result) {
  if (to != nullptr) *to = result.ok() ? nullptr : new zwasm_error_t(result.error());
  return result.ok();
}

}  // namespace zwasm::capi
