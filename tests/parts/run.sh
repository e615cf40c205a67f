#!/usr/bin/env bash
# A library from which parts are left out does the rest, and says of what it lacks which option of
# the build brings it back.
#
#     tests/parts/run.sh BUILD            every combination, linked from the objects of a build of it all
#     tests/parts/run.sh BUILD smallest   the library without any of the parts and without C++
#                                         exceptions, built as its users would
set -euo pipefail
cd "$(dirname "$0")/../.."
whole=$(realpath "$1")
work=$whole/parts
mkdir -p "$work"
passed=0 failed=0
declare -A option=([text]=ZWASM_WAT [jit]=ZWASM_JIT [wasi]=ZWASM_WASI [gc]=ZWASM_GC)

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

"$whole/zwasm" wat2wasm examples/embedding/sum.wat -o "$work/sum.wasm"
cat >"$work/wasi.wat" <<'WAT'
(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 7))))
WAT
cat >"$work/gc.wat" <<'WAT'
(module (type $s (struct (field i32)))
  (func (export "f") (result i32) (struct.get $s 0 (struct.new $s (i32.const 7)))))
WAT

"$whole/zwasm" wat2wasm "$work/wasi.wat" -o "$work/wasi.wasm"
"$whole/zwasm" wat2wasm "$work/gc.wat" -o "$work/gc.wasm"

# What is defined in the namespaces of parts, as the linker spells them.
declare -A namespaces=([text]=4text [jit]='3jit|7codegen|3opt|2ir' [wasi]=4wasi [gc]=-)
defined() { nm "$@" 2>/dev/null | awk '$2 == "T" { print $3 }' | sort -u; }

linked() {  # linked PARTS…: where the programs without them are
  local name zwasm leaked pattern part
  name=$(IFS=_; echo "$*") zwasm=$whole/without/zwasm_cli_without_$name pattern=-
  for part in "$@"; do pattern+="|${namespaces[$part]}"; done
  # What stands for a part must be all that the rest asks for: nothing of the part itself is there.
  leaked=$(comm -13 <(defined $(find "$whole/CMakeFiles/stand_ins_$name.dir" -name '*.o')) <(defined "$zwasm") |
    grep -E "^_ZNK?5zwasm($pattern)" | head -3) || true
  [[ -z $leaked ]] || { echo "without $name, and yet there: $leaked" >&2; return 1; }
  echo "$zwasm $whole/without/zwasm_parts_test_without_$name"
}

built() {  # the same, built with the options of the build
  local folder=$work/without without=() part
  for part in "$@"; do without+=("-D${option[$part]}=OFF"); done
  cmake -G Ninja -S . -B "$folder" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DZWASM_TESTS=OFF \
    -DZWASM_SHARED=OFF -DZWASM_PCH=OFF -DZWASM_WERROR=ON -DZWASM_EXCEPTIONS=OFF "${without[@]}" >"$folder.log" 2>&1 &&
    cmake --build "$folder" >>"$folder.log" 2>&1 &&
    g++ -std=c++20 -O1 -Iinclude tests/parts/main.cpp "$folder/libzwasm.a" -pthread -o "$folder/main" \
      >>"$folder.log" 2>&1 || { grep -E 'error|undefined' "$folder.log" | head -20 >&2; return 1; }
  echo "$folder/zwasm $folder/main"
}

try() {  # try HOW PARTS…
  local programs zwasm main part how=$1
  shift
  programs=$("$how" "$@") || { failed=$((failed + 1)); echo "FAIL no library without $*"; return; }
  read -r zwasm main <<<"$programs"
  check "without $*: the API" '^as expected$' "$main" "$@"
  check "without $*: a binary runs" '^385$' "$zwasm" run --invoke sum "$work/sum.wasm" 10
  check "without $*: inspect" 'sum' "$zwasm" inspect "$work/sum.wasm"
  for part in "$@"; do
    check "without $*: version" "built without $part \(${option[$part]}=OFF\)" "$zwasm" version
    check "without $*: features" "made without $part \(${option[$part]}=OFF\)" "$zwasm" features
    case $part in
      text)
        check "without $*: text" "${option[$part]}=OFF" "$zwasm" run examples/hello.wat
        check "without $*: printing" "${option[$part]}=OFF" "$zwasm" wasm2wat "$work/sum.wasm"
        check "without $*: scripts" "${option[$part]}=OFF" "$zwasm" wast tests/regressions ;;
      jit)
        check "without $*: --engine jit" "${option[$part]}=OFF" "$zwasm" run --engine jit --invoke sum \
          "$work/sum.wasm" 10
        check "without $*: --profile perfmap" "${option[$part]}=OFF" "$zwasm" run --profile perfmap \
          "$work/sum.wasm" ;;
      wasi) check "without $*: WASI" "${option[$part]}=OFF" "$zwasm" run "$work/wasi.wasm" ;;
      gc)
        check "without $*: objects" "${option[$part]}=OFF" "$zwasm" run --invoke f "$work/gc.wasm"
        check "without $*: -W gc" "${option[$part]}=OFF" "$zwasm" run -W gc --invoke sum "$work/sum.wasm" 10 ;;
    esac
  done
}

parts=(text jit wasi gc)
if [[ ${2:-} == smallest ]]; then
  try built "${parts[@]}"
else
  ninja -C "$whole" zwasm_without_parts >"$work/ninja.log" 2>&1 || { tail -20 "$work/ninja.log"; exit 1; }
  for ((set = 1; set < 1 << ${#parts[@]}; ++set)); do
    chosen=()
    for ((i = 0; i < ${#parts[@]}; ++i)); do
      if ((set >> i & 1)); then chosen+=("${parts[i]}"); fi
    done
    try linked "${chosen[@]}"
  done
fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
