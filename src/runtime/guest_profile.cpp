#include "runtime/guest_profile.h"

#include <algorithm>
#include <chrono>

#include "base/start_thread.h"
#include "runtime/loaded_module.h"
#include "runtime/stack_walk.h"

namespace zwasm::runtime {
namespace {

std::string name_of(const Function& function) {
  const LoadedModule& module = *function.module;
  std::string name(module.module_name());
  if (name.empty()) name = "wasm";
  std::string_view own = module.function_name(function.index);
  name += '!';
  name += own.empty() ? "func " + std::to_string(function.index) : std::string(own);
  // What separates frames and lines of the usual formats.
  for (char& c : name)
    if (c == ';' || static_cast<unsigned char>(c) < ' ') c = '?';
  return name;
}

}  // namespace

GuestProfile::~GuestProfile() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void GuestProfile::add_store(StoreContext& context) {
  std::lock_guard lock(mutex_);
  stores_.push_back(&context);
  if (!thread_.joinable()) start_thread(thread_, [this] { run(); });
}

void GuestProfile::remove_store(StoreContext& context) {
  std::lock_guard lock(mutex_);
  std::erase(stores_, &context);
}

void GuestProfile::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, std::chrono::microseconds(interval_us_));
    for (StoreContext* store : stores_)
      store->poll.fetch_or(kPollSample, std::memory_order_relaxed);
  }
}

void GuestProfile::sample(StoreContext& context) {
  context.poll.fetch_and(~uint32_t{kPollSample}, std::memory_order_relaxed);
  std::vector<const Function*> frames;
  walk_frames(context, [&](const FramePosition& frame) {
    frames.push_back(frame.function);
    return true;
  });
  if (frames.size() > kMaxFrames)
    frames.erase(frames.begin() + kMaxFrames / 2, frames.end() - kMaxFrames / 2);
  std::lock_guard lock(mutex_);
  std::vector<uint32_t> stack;
  for (size_t i = frames.size(); i-- > 0;) {
    auto [at, added] =
        numbers_.try_emplace(name_of(*frames[i]), static_cast<uint32_t>(names_.size()));
    if (added) names_.push_back(at->first);
    stack.push_back(at->second);
  }
  if (!stack.empty()) ++counts_[stack];
}

std::vector<GuestProfile::Stack> GuestProfile::stacks() {
  std::lock_guard lock(mutex_);
  std::vector<Stack> all;
  for (const auto& [numbers, count] : counts_) {
    Stack& stack = all.emplace_back();
    for (uint32_t number : numbers) stack.frames.push_back(names_[number]);
    stack.count = count;
  }
  return all;
}

}  // namespace zwasm::runtime
