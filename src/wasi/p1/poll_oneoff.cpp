// poll_oneoff: the one function by which a guest waits, for clocks and for descriptors.
#include "wasi/core/poll.h"
#include "wasi/p1/abi.h"
#include "wasi/p1/functions.h"

namespace zwasm::wasi::p1 {
namespace {

constexpr uint32_t kMaxSubscriptions = 1 << 16;

enum class EventType : uint8_t { clock, fd_read, fd_write };

struct Subscription {
  uint64_t userdata = 0;
  EventType type = EventType::clock;
};

PollRequest clock_request(P1Call& call, const Memory& memory, uint64_t at) {
  // id u32 @0, timeout u64 @8, precision u64 @16, flags u16 @24
  constexpr uint16_t kAbsolute = 1;
  constexpr sys::Clock kClocks[] = {sys::Clock::realtime, sys::Clock::monotonic,
                                    sys::Clock::process_cpu, sys::Clock::thread_cpu};
  PollRequest r;
  auto id = memory.load<uint32_t>(at);
  r.timeout = memory.load<uint64_t>(at + 8);
  r.absolute = (memory.load<uint16_t>(at + 24) & kAbsolute) != 0;
  if (!call.ctx.clock_granted()) {
    r.error = Errno::acces;
  } else if (id >= std::size(kClocks)) {
    r.error = Errno::inval;
  } else {
    r.clock = kClocks[id];
  }
  return r;
}

PollRequest descriptor_request(P1Call& call, const Memory& memory, uint64_t at, bool reading) {
  PollRequest r;
  r.kind = reading ? PollRequest::Kind::read : PollRequest::Kind::write;
  Rights needed = right::poll_fd_readwrite | (reading ? right::fd_read : right::fd_write);
  Result<FilePtr> file = call.ctx.descriptors().file(memory.load<uint32_t>(at), needed);
  if (!file) {
    r.error = file.error();
  } else if (!covers((*file)->access(), {.read = reading, .write = !reading})) {
    r.error = Errno::acces;
  } else {
    r.file = std::move(*file);
  }
  return r;
}

void store_event(const Memory& memory, uint64_t at, const Subscription& subscription,
                 const Readiness& readiness) {
  constexpr uint16_t kHangup = 1;
  memory.store<uint64_t>(at, subscription.userdata);
  memory.store<uint16_t>(at + 8, static_cast<uint16_t>(readiness.error));
  memory.store<uint16_t>(at + 10, static_cast<uint8_t>(subscription.type));
  memory.store<uint32_t>(at + 12, 0);
  memory.store<uint64_t>(at + 16, readiness.bytes);
  memory.store<uint64_t>(at + 24, readiness.hangup ? kHangup : 0);
}

}  // namespace

template <class Abi>
Errno poll_oneoff(P1Call& call, const uint64_t* args) {
  Args a(args);
  uint64_t in = a.u32(0), out = a.u32(1), count = a.u32(2);
  if (count == 0 || count > kMaxSubscriptions) return Errno::inval;
  Memory memory(call.mem);
  Out<uint32_t> stored(call, a.u32(3));
  if (!memory.contains(in, count * Abi::kSubscription) ||
      !memory.contains(out, count * layout::kEvent) || !stored.valid()) {
    return Errno::fault;
  }

  std::vector<Subscription> subscriptions;
  std::vector<PollRequest> requests;
  subscriptions.reserve(count);
  requests.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    // userdata u64 @0, type u8 @8, then what the type needs
    uint64_t at = in + i * Abi::kSubscription;
    auto type = memory.load<uint8_t>(at + 8);
    if (type > static_cast<uint8_t>(EventType::fd_write)) return Errno::inval;
    subscriptions.push_back({memory.load<uint64_t>(at), static_cast<EventType>(type)});
    switch (static_cast<EventType>(type)) {
      case EventType::clock:
        requests.push_back(clock_request(call, memory, at + Abi::kClockOffset));
        break;
      case EventType::fd_read:
        requests.push_back(descriptor_request(call, memory, at + 16, true));
        break;
      case EventType::fd_write:
        requests.push_back(descriptor_request(call, memory, at + 16, false));
        break;
    }
  }

  Result<std::vector<PollEvent>> events = poll(requests, call.wake);
  if (!events) return events.error();
  for (const PollEvent& event : *events) {
    store_event(memory, out, subscriptions[event.request], event.readiness);
    out += layout::kEvent;
  }
  stored.set(static_cast<uint32_t>(events->size()));
  return Errno::success;
}
template Errno poll_oneoff<Preview1>(P1Call&, const uint64_t*);
template Errno poll_oneoff<Snapshot0>(P1Call&, const uint64_t*);

}  // namespace zwasm::wasi::p1
