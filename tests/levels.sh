#!/usr/bin/env bash
# The library with its C and C++ API tests at one level of the compiler's optimization, on every way of
# running code: what a wrong clobber or a broken rule of the language does shows at some levels only.
#
#     tests/levels.sh LEVEL      0, 2 or 3
set -euo pipefail
cd "$(dirname "$0")/.."
level=$1
folder=build/O$level
mkdir -p build
cmake -G Ninja -S . -B "$folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O$level -g0" \
  -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O$level -g0" -DZWASM_SHARED=OFF -DZWASM_WERROR=OFF >"$folder.log" 2>&1 &&
  cmake --build "$folder" --target zwasm_api_tests zwasm_capi_tests >>"$folder.log" 2>&1 ||
  { tail -20 "$folder.log"; exit 1; }
passed=0 failed=0
for tier in interp jit auto; do
  for program in zwasm_api_tests zwasm_capi_tests; do
    if output=$(cd "$folder" && ZWASM_TEST_TIER=$tier ./$program 2>&1); then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      printf 'FAIL %s at -O%s, %s:\n%s\n' "$program" "$level" "$tier" "$output"
    fi
  done
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
