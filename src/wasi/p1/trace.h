// One call of a guest as a line of the audit trail:
//
//   path_open(fd=3, lookup=symlink_follow, path="a.txt", …) = success (opened=5)
//   {"call":"fd_close","args":{"fd":9},"errno":"badf","result":{}}
#pragma once
#include <string>
#include <vector>

#include "wasi/core/trace.h"
#include "wasi/p1/p1.h"

namespace zwasm::wasi::p1 {

// `strings_read` are the strings as the call read them. Results are shown if it succeeded.
std::string describe_call(const P1Function& function, const P1Call& call, const uint64_t* args,
                          Errno result, const std::vector<std::string>& strings_read,
                          TraceFormat format);

}  // namespace zwasm::wasi::p1
