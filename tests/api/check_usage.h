// What a misuse of the API must give: an error that says so.
#pragma once
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <string>

namespace zwasm {

// The error is one of usage, and has these words in it.
template <class T>
void check_usage(const Result<T>& result, const char* words) {
  REQUIRE(!result.ok());
  CHECK(result.error().kind == ErrorKind::usage);
  CAPTURE(result.error().message);
  CHECK(result.error().message.find(words) != std::string::npos);
}

}  // namespace zwasm
