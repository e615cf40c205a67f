#!/usr/bin/env bash
# The library with its C and C++ API tests at one level of the compiler's optimization, on every way of
# running code: what a wrong clobber or a broken rule of the language does shows at some levels only. With a
# sanitizer, at each level too: what it sees depends on what the compiler left of the program.
#
#     tests/levels.sh LEVEL [address|thread]      LEVEL: 0, 2 or 3
set -euo pipefail
cd "$(dirname "$0")/.."
level=$1 sanitizer=${2:-none}
options=() skip=()
case $sanitizer in
  none) ;;
  address) options=(-DZWASM_ASAN=ON) ;;
  # Ten thousand instances need more memory for what the sanitizer knows of them than machines have.
  thread) options=(-DZWASM_TSAN=ON) skip=('-tce=ten thousand*') ;;
  *) echo "there is no sanitizer '$sanitizer': address or thread" >&2; exit 2 ;;
esac
[[ $level =~ ^[0-3]$ ]] || { echo "the level is 0, 1, 2 or 3" >&2; exit 2; }

name=O$level what="-O$level"
[[ $sanitizer == none ]] || { name+=-$sanitizer; what+=" with the $sanitizer sanitizer"; }
folder=build/$name
mkdir -p build
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
cmake -G Ninja -S . -B "$folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O$level -g1" \
  -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O$level -g1" -DZWASM_SHARED=OFF -DZWASM_WERROR=OFF "${options[@]}" \
  >"$folder.log" 2>&1 &&
  cmake --build "$folder" --target zwasm_api_tests zwasm_capi_tests >>"$folder.log" 2>&1 ||
  { tail -20 "$folder.log"; exit 1; }

passed=0 failed=0
for tier in interp jit auto; do
  for program in zwasm_api_tests zwasm_capi_tests; do
    arguments=()
    [[ $program == zwasm_api_tests ]] && arguments=("${skip[@]}")
    if output=$(cd "$folder" && ZWASM_TEST_TIER=$tier ./$program "${arguments[@]}" 2>&1); then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      printf 'FAIL %s at %s, %s:\n%s\n' "$program" "$what" "$tier" "$output"
    fi
  done
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
