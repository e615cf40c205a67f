#include "jit/requests.h"

#include <algorithm>

#include "runtime/function.h"

namespace zwasm::jit {

using runtime::Function;

void Requests::push(Function& function, uint32_t position, bool first) {
  Request request{function.module->weak_from_this(), &function, {function.index, position}};
  if (first) queue_.push_front(std::move(request));
  else queue_.push_back(std::move(request));
}

Requests::Queue::iterator Requests::waiting(const Function& function, uint32_t position) {
  return std::ranges::find_if(queue_, [&](const Request& r) {
    return r.function == &function && r.job.osr_position == position;
  });
}

bool Requests::ask_whole(Function& function) {
  if (function.tier.exchange(1, std::memory_order_relaxed) != 0) return false;
  heat_[&function].whole_waits = true;
  push(function, kNoLoop, false);
  return true;
}

Requests::Found Requests::found_in_loop(Function& function, uint32_t position, uint32_t calls,
                                        double ms) {
  Heat& heat = heat_[&function];
  heat.found_ms += ms;
  if (auto made = heat.entries.find(position); made != heat.entries.end()) return {made->second};
  if (every_loop_) {
    heat.entries[position] = nullptr;
    push(function, position, true);
    ask_whole(function);
    return {nullptr, true, true};
  }
  constexpr Found kPending{nullptr, false, true};
  if (heat.in_work) return kPending;
  if (heat.waiting_loop != kNoLoop) {
    waiting(function, heat.waiting_loop)->job.osr_position = position;
    heat.waiting_loop = position;
    return kPending;
  }
  if (calls > 1) {
    const bool asked = ask_whole(function);
    if (heat.whole_waits) {
      auto at = waiting(function, kNoLoop);
      std::rotate(queue_.begin(), at, at + 1);
      return {nullptr, asked, true};
    }
  }
  if (heat.found_ms < heat.spent_ms) return kPending;
  heat.waiting_loop = position;
  push(function, position, true);
  // The next call, or the next run, starts with it; the loop is urgent.
  ask_whole(function);
  return {nullptr, true, true};
}

std::optional<Requests::Request> Requests::take() {
  if (queue_.empty()) return std::nullopt;
  Request request = std::move(queue_.front());
  queue_.pop_front();
  Heat& heat = heat_[request.function];
  heat.in_work = true;
  if (request.job.osr_position == kNoLoop) heat.whole_waits = false;
  else heat.waiting_loop = kNoLoop;
  return request;
}

void Requests::finished(const Request& request, double ms, const void* entry) {
  auto found = heat_.find(request.function);
  if (found == heat_.end()) return;  // forgotten meanwhile
  Heat& heat = found->second;
  heat.in_work = false;
  heat.spent_ms += ms;
  if (request.job.osr_position != kNoLoop) heat.entries[request.job.osr_position] = entry;
}

void Requests::drop_loops() {
  std::erase_if(queue_, [](const Request& r) { return r.job.osr_position != kNoLoop; });
  for (auto& [function, heat] : heat_) heat.waiting_loop = kNoLoop;
}

void Requests::forget(const runtime::LoadedModule& module) {
  std::erase_if(queue_, [&](const Request& r) { return r.function->module == &module; });
  std::erase_if(heat_, [&](const auto& entry) { return entry.first->module == &module; });
}

}  // namespace zwasm::jit
