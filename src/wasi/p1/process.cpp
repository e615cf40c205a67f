// Arguments, environment, clocks, random bytes, and the end of the program.
#include <sched.h>

#include <optional>

#include "sys/clocks.h"
#include "sys/random_bytes.h"
#include "wasi/p1/abi.h"
#include "wasi/p1/functions.h"

namespace zwasm::wasi::p1 {
namespace {

Errno store_sizes(P1Call& call, Args a, const std::vector<std::string>& list) {
  Out<uint32_t> count(call, a.u32(0)), bytes(call, a.u32(1));
  if (!count.valid() || !bytes.valid()) return Errno::fault;
  size_t total = 0;
  for (const std::string& s : list) total += s.size() + 1;
  count.set(static_cast<uint32_t>(list.size()));
  bytes.set(static_cast<uint32_t>(total));
  return Errno::success;
}

// An array of pointers at the first argument, the strings themselves, each ended by NUL, at the
// second.
Errno store_strings(P1Call& call, Args a, const std::vector<std::string>& list) {
  Memory memory(call.mem);
  uint64_t total = 0;
  for (const std::string& s : list) total += s.size() + 1;
  if (!memory.contains(a.u32(0), list.size() * sizeof(uint32_t)) ||
      !memory.contains(a.u32(1), total)) {
    return Errno::fault;
  }
  uint64_t pointer = a.u32(0);
  uint32_t text = a.u32(1);
  for (const std::string& s : list) {
    memory.store<uint32_t>(pointer, text);
    memory.copy_in(text, s.c_str(), s.size() + 1);
    pointer += sizeof(uint32_t);
    text += static_cast<uint32_t>(s.size() + 1);
  }
  return Errno::success;
}

std::optional<sys::Clock> clock_of(uint32_t id) {
  constexpr sys::Clock kClocks[] = {sys::Clock::realtime, sys::Clock::monotonic,
                                    sys::Clock::process_cpu, sys::Clock::thread_cpu};
  if (id >= std::size(kClocks)) return std::nullopt;
  return kClocks[id];
}

// What a signal does to a program that has no handlers, and there are none in WebAssembly.
enum class SignalAction : uint8_t { none, end, stop };
struct Signal {
  SignalAction action;
  uint8_t number;  // of the shell, which shows the end of a program as 128 + number
};
constexpr Signal kSignals[] = {
    {SignalAction::none, 0},   // none
    {SignalAction::end, 1},    // hup
    {SignalAction::end, 2},    // int
    {SignalAction::end, 3},    // quit
    {SignalAction::end, 4},    // ill
    {SignalAction::end, 5},    // trap
    {SignalAction::end, 6},    // abrt
    {SignalAction::end, 7},    // bus
    {SignalAction::end, 8},    // fpe
    {SignalAction::end, 9},    // kill
    {SignalAction::end, 10},   // usr1
    {SignalAction::end, 11},   // segv
    {SignalAction::end, 12},   // usr2
    {SignalAction::none, 13},  // pipe
    {SignalAction::end, 14},   // alrm
    {SignalAction::end, 15},   // term
    {SignalAction::none, 17},  // chld
    {SignalAction::none, 18},  // cont
    {SignalAction::stop, 19},  // stop
    {SignalAction::stop, 20},  // tstp
    {SignalAction::stop, 21},  // ttin
    {SignalAction::stop, 22},  // ttou
    {SignalAction::none, 23},  // urg
    {SignalAction::end, 24},   // xcpu
    {SignalAction::end, 25},   // xfsz
    {SignalAction::end, 26},   // vtalrm
    {SignalAction::end, 27},   // prof
    {SignalAction::none, 28},  // winch
    {SignalAction::end, 29},   // poll
    {SignalAction::end, 30},   // pwr
    {SignalAction::end, 31},   // sys
};

}  // namespace

Errno args_sizes_get(P1Call& call, const uint64_t* args) {
  return store_sizes(call, Args(args), call.ctx.args());
}
Errno args_get(P1Call& call, const uint64_t* args) {
  return store_strings(call, Args(args), call.ctx.args());
}
Errno environ_sizes_get(P1Call& call, const uint64_t* args) {
  return store_sizes(call, Args(args), call.ctx.env());
}
Errno environ_get(P1Call& call, const uint64_t* args) {
  return store_strings(call, Args(args), call.ctx.env());
}

Errno clock_res_get(P1Call& call, const uint64_t* args) {
  Args a(args);
  Out<uint64_t> resolution(call, a.u32(1));
  std::optional<sys::Clock> clock = clock_of(a.u32(0));
  if (!clock) return Errno::inval;
  if (!resolution.valid()) return Errno::fault;
  auto value = sys::clock_resolution(*clock);
  if (!value) return to_errno(value.error());
  resolution.set(*value);
  return Errno::success;
}

Errno clock_time_get(P1Call& call, const uint64_t* args) {
  Args a(args);  // the precision asked for is always met: we read the clock itself
  Out<uint64_t> time(call, a.u32(2));
  std::optional<sys::Clock> clock = clock_of(a.u32(0));
  if (!clock) return Errno::inval;
  if (!time.valid()) return Errno::fault;
  auto value = sys::clock_now(*clock);
  if (!value) return to_errno(value.error());
  time.set(*value);
  return Errno::success;
}

Errno random_get(P1Call& call, const uint64_t* args) {
  Args a(args);
  Memory memory(call.mem);
  uint64_t at = a.u32(0), left = a.u32(1);
  if (!memory.contains(at, left)) return Errno::fault;
  // In pieces, so that gigabytes can be interrupted.
  constexpr uint64_t kPiece = 1 << 20;
  while (left > 0) {
    if (call.wake.fired()) return Errno::interrupted;
    uint64_t piece = std::min(left, kPiece);
    auto filled = sys::fill_random({memory.at(at), piece});
    if (!filled) return to_errno(filled.error());
    at += piece;
    left -= piece;
  }
  return Errno::success;
}

Errno proc_exit(P1Call& call, const uint64_t* args) {
  call.outcome = Outcome::exited;
  call.exit_code = Args(args).u32(0);
  return Errno::success;
}

Errno proc_raise(P1Call& call, const uint64_t* args) {
  uint32_t index = Args(args).u32(0);
  if (index >= std::size(kSignals)) return Errno::inval;
  const Signal& signal = kSignals[index];
  switch (signal.action) {
    case SignalAction::none: return Errno::success;
    case SignalAction::stop: return Errno::notsup;  // nobody could make the guest continue
    case SignalAction::end: break;
  }
  call.outcome = Outcome::exited;
  call.exit_code = 128u + signal.number;
  return Errno::success;
}

Errno sched_yield(P1Call&, const uint64_t*) {
  ::sched_yield();
  return Errno::success;
}

}  // namespace zwasm::wasi::p1
