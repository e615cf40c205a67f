#!/usr/bin/env bash
# A library from which parts are left out still does the rest.
#
#     tests/parts.sh BUILD_FOLDER      whose zwasm makes the binary modules
set -euo pipefail
cd "$(dirname "$0")/.."
whole=$(realpath "$1")
work=$whole/parts
mkdir -p "$work"
passed=0 failed=0

check() {  # check NAME PATTERN COMMAND…: what the command prints matches
  local name=$1 pattern=$2 output
  shift 2
  output=$("$@" 2>&1) || true
  if [[ $output =~ $pattern ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAIL %s: %s\n' "$name" "$output"
  fi
}

build() {  # build NAME OPTIONS…
  local folder=$work/$1
  shift
  cmake -G Ninja -S . -B "$folder" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DZWASM_TESTS=OFF \
    -DZWASM_SHARED=OFF "$@" >"$folder.log" 2>&1 && cmake --build "$folder" >>"$folder.log" 2>&1 ||
    { tail -20 "$folder.log"; return 1; }
}

"$whole/zwasm" wat2wasm examples/embedding/sum.wat -o "$work/sum.wasm"
if build no-text -DZWASM_WAT=OFF; then
  zwasm=$work/no-text/zwasm
  check "a binary runs without the text format" '^385$' "$zwasm" run --invoke sum "$work/sum.wasm" 10
  check "text is refused with the reason" 'without the text format' "$zwasm" run examples/hello.wat
  check "so is printing" 'without the text format' "$zwasm" wasm2wat "$work/sum.wasm"
  check "inspect needs no text" 'sum' "$zwasm" inspect "$work/sum.wasm"
else
  failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
