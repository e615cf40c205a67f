// One call of a guest in words, and as a line of the audit trail:
//
//   path_open(fd=3, lookup=symlink_follow, path="a.txt", …) = success (opened=5)
//   {"call":"fd_close","args":{"fd":9},"errno":"badf","result":{}}
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wasi/core/trace.h"
#include "wasi/p1/p1.h"

namespace zwasm::wasi::p1 {

struct CallText {
  std::vector<std::pair<std::string_view, std::string>> arguments;  // name, value in the format
  std::vector<std::pair<std::string_view, std::string>> results;    // if it succeeded
  std::string_view outcome;  // the errno's name, or "exit" …
};

// After the call. Its strings are those of `call.strings_read`, as the call read them.
CallText call_text(const P1Function& function, const P1Call& call, const uint64_t* args,
                   Errno result, TraceFormat format);
std::string trace_line(const P1Function& function, const CallText& text, TraceFormat format);

}  // namespace zwasm::wasi::p1
