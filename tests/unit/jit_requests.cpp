// What is compiled next: the order and the economy of requests, without a compiler.
#include <doctest/doctest.h>

#include "interp_fixture.h"
#include "jit/requests.h"

using namespace zwasm;
using jit::Job;
using jit::Requests;

namespace {

struct Fixture {
  interp_test::Machine m;
  runtime::LoadedModule& module = *m.load("(module (func (export \"f\")) (func) (func))")->module;
  Requests requests{false};
  const int entry_ = 0;

  runtime::Function& func(uint32_t index) { return module.function(index); }
  Requests::Found found(uint32_t index, uint32_t position, uint32_t calls, double ms = 1) {
    return requests.found_in_loop(func(index), position, calls, ms);
  }
  // The next request as text: "1" or "1@40"; "-" if there is none. It is finished after so long.
  std::string make(double ms = 10) {
    std::string text = take();
    if (text != "-") finish(ms);
    return text;
  }
  std::string take() {
    current = requests.take();
    if (!current) return "-";
    std::string text = std::to_string(current->job.func);
    if (current->job.osr_position != Job::kNoOsr)
      text += "@" + std::to_string(current->job.osr_position);
    return text;
  }
  void finish(double ms) { requests.finished(*current, ms, &entry_); }
  std::optional<Requests::Request> current;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "requests: functions in the order in which they become hot, once") {
  CHECK(requests.ask_whole(func(2)));
  CHECK(requests.ask_whole(func(1)));
  CHECK_FALSE(requests.ask_whole(func(2)));
  CHECK(make() == "2");
  CHECK(make() == "1");
  CHECK(make() == "-");
}

TEST_CASE_FIXTURE(Fixture, "requests: a loop of a function called once is urgent") {
  requests.ask_whole(func(2));
  CHECK(found(1, 40, 1).asked);
  CHECK_FALSE(found(1, 40, 1).asked);
  CHECK(make() == "1@40");
  CHECK(found(1, 40, 1).entry == &entry_);
  CHECK(make() == "2");
  CHECK(make() == "1");
}

TEST_CASE_FIXTURE(Fixture, "requests: a waiting loop gives way to where the frame is now") {
  CHECK(found(1, 40, 1).asked);
  CHECK_FALSE(found(1, 80, 1).asked);
  CHECK(take() == "1@80");
  // One at a time.
  CHECK_FALSE(found(1, 120, 1).asked);
  CHECK(found(1, 120, 1).entry == nullptr);
  finish(1);
  CHECK(make() == "1");
}

TEST_CASE_FIXTURE(Fixture, "requests: another entry is made when interpreting has cost as much") {
  CHECK(found(1, 40, 1, 1).asked);
  CHECK(make(100) == "1@40");
  CHECK(make(50) == "1");
  CHECK_FALSE(found(1, 80, 1, 140).asked);
  CHECK_FALSE(found(1, 80, 1, 8).asked);
  CHECK(found(1, 80, 1, 1).asked);
  CHECK(make() == "1@80");
}

TEST_CASE_FIXTURE(Fixture, "requests: a function that was called before is made whole first") {
  requests.ask_whole(func(2));
  CHECK(found(1, 40, 2).asked);
  CHECK_FALSE(found(1, 40, 3).asked);
  CHECK(make(10) == "1");
  CHECK_FALSE(found(1, 40, 3, 7).asked);
  CHECK(found(1, 40, 3, 1).asked);
  CHECK(make() == "1@40");
  CHECK(make() == "2");
  CHECK(make() == "-");
}

TEST_CASE_FIXTURE(Fixture, "requests: what waits whole is moved to the front by a loop") {
  requests.ask_whole(func(2));
  requests.ask_whole(func(0));
  requests.ask_whole(func(1));
  CHECK_FALSE(found(1, 40, 400).asked);
  CHECK(make() == "1");
  CHECK(make() == "2");
  CHECK(make() == "0");
}

TEST_CASE_FIXTURE(Fixture, "requests: at the end only whole functions are made") {
  found(1, 40, 1);
  found(2, 40, 1);
  requests.drop_loops();
  CHECK(make() == "1");
  CHECK(make() == "2");
  CHECK(make() == "-");
  CHECK(found(1, 40, 1, 100).asked);
  CHECK(make() == "1@40");
}

TEST_CASE_FIXTURE(Fixture, "requests: for tests, every loop at once") {
  Requests all(true);
  CHECK(all.found_in_loop(func(1), 40, 9, 0).asked);
  CHECK(all.found_in_loop(func(1), 80, 9, 0).asked);
  CHECK_FALSE(all.found_in_loop(func(1), 80, 9, 0).asked);
  int made = 0;
  while (auto request = all.take()) all.finished(*request, 5, &entry_), ++made;
  CHECK(made == 3);
  CHECK(all.found_in_loop(func(1), 40, 9, 0).entry == &entry_);
  CHECK(all.found_in_loop(func(1), 80, 9, 0).entry == &entry_);
}
