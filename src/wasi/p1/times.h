// The flags that tell which timestamps of a file to change, and how.
#pragma once
#include "wasi/core/errno.h"
#include "wasi/core/types.h"

namespace zwasm::wasi::p1 {

// `inval` if one timestamp is to be set to a value and to the present, or a flag is unknown.
inline Result<TimeChanges> decode_times(uint64_t atim, uint64_t mtim, uint32_t flags) {
  constexpr uint32_t kAtim = 1, kAtimNow = 2, kMtim = 4, kMtimNow = 8;
  if ((flags & ~(kAtim | kAtimNow | kMtim | kMtimNow)) != 0) return fail(Errno::inval);
  auto decode = [flags](uint64_t value, uint32_t set, uint32_t now) -> Result<TimeChange> {
    bool to_value = flags & set, to_now = flags & now;
    if (to_value && to_now) return fail(Errno::inval);
    if (to_value) return TimeChange{TimeChange::Kind::value, value};
    return TimeChange{to_now ? TimeChange::Kind::now : TimeChange::Kind::keep, 0};
  };
  Result<TimeChange> a = decode(atim, kAtim, kAtimNow);
  Result<TimeChange> m = decode(mtim, kMtim, kMtimNow);
  if (!a) return fail(a.error());
  if (!m) return fail(m.error());
  return TimeChanges{*a, *m};
}

}  // namespace zwasm::wasi::p1
