// What the background compiler makes next, and what is not worth making.
//
// A function that is called often is wanted whole. An interpreted frame that is found in a loop is
// wanted from that loop on (on-stack replacement), which makes a version of the rest of the
// function for this entry alone. Such versions are easily wasted: while one is made the frame moves
// on to another loop, or returns. So:
//
//   * of a function one version is made at a time; a loop that is still waiting when the frame is
//     found in another one gives way to it
//   * a function that has been called before is made whole first: its next calls need no entry
//   * interpreted frames must have been found in its loops for as long as was spent on compiling
//     it, before another entry is made: so at most twice the time of the best choice is spent, as
//     in the ski rental problem (Karlin et al., Competitive snoopy caching, 1988)
//
// Not synchronized: the driver's lock is held by whoever calls.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "jit/compile_batch.h"

namespace zwasm::jit {

class Requests {
 public:
  struct Request {
    std::weak_ptr<runtime::LoadedModule> module;
    const runtime::Function* function;
    Job job;
  };
  // `every_loop`: at once and for each loop, without such considerations; for tests.
  explicit Requests(bool every_loop) : every_loop_(every_loop) {}

  // Asks for the function as a whole. False: it was asked for before.
  bool ask_whole(runtime::Function& function);
  // An interpreted frame was found in the loop, `ms` after one was last looked for; the function
  // was called `calls` times so far.
  struct Found {
    const void* entry = nullptr;  // where machine code continues the frame
    bool asked = false;           // for the loop, or for the whole
    bool pending = false;         // there is no entry yet: it is worth looking again soon
  };
  Found found_in_loop(runtime::Function& function, uint32_t position, uint32_t calls, double ms);

  bool empty() const { return queue_.empty(); }
  // The next one; it counts as being made until it is finished.
  std::optional<Request> take();
  // It took `ms`. Null: it could not be made.
  void finished(const Request& request, double ms, const void* entry);

  // Nobody will enter loops any more.
  void drop_loops();
  void forget(const runtime::LoadedModule& module);

 private:
  static constexpr uint32_t kNoLoop = Job::kNoOsr;
  struct Heat {
    double found_ms = 0;  // interpreted frames were found in its loops for
    double spent_ms = 0;  // on compiling it
    bool whole_waits = false, in_work = false;
    uint32_t waiting_loop = kNoLoop;
    std::map<uint32_t, const void*> entries;  // by loop; null: cannot be made
  };
  using Queue = std::deque<Request>;
  void push(runtime::Function& function, uint32_t position, bool first);
  Queue::iterator waiting(const runtime::Function& function, uint32_t position);

  const bool every_loop_;
  Queue queue_;
  std::unordered_map<const runtime::Function*, Heat> heat_;
};

}  // namespace zwasm::jit
