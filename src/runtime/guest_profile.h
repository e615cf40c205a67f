// A sampling profile of guest functions, whatever runs them: a thread asks all stores of an engine,
// by their poll words, to note where they stand; each does so at its next poll, by the walk that
// also makes backtraces. So a sample costs the guest nothing until it is taken, and its frames are
// exact: only the place is a little late, the next loop or function entry. (Code compiled for an
// engine that samples polls at function entries too.)
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/layout.h"

namespace zwasm::runtime {

class GuestProfile {
 public:
  explicit GuestProfile(uint32_t interval_us) : interval_us_(interval_us) {}
  ~GuestProfile();
  GuestProfile(const GuestProfile&) = delete;
  GuestProfile& operator=(const GuestProfile&) = delete;

  // A store begins and ends.
  void add_store(StoreContext& context);
  void remove_store(StoreContext& context);
  // At a poll of the store that finds kPollSample: notes its frames.
  void sample(StoreContext& context);

  // What has been noted: frames from the outermost inwards, "module!function" or
  // "module!func 7", and how often.
  struct Stack {
    std::vector<std::string> frames;
    uint64_t count;
  };
  std::vector<Stack> stacks();

 private:
  void run();

  // Innermost and outermost frames of very deep stacks.
  static constexpr size_t kMaxFrames = 256;

  const uint32_t interval_us_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<StoreContext*> stores_;
  std::map<std::string, uint32_t> numbers_;  // of names
  std::vector<std::string> names_;
  std::map<std::vector<uint32_t>, uint64_t> counts_;  // by the numbers of a stack's names
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace zwasm::runtime
