#!/usr/bin/env bash
# What an embedder does: install, find the package by CMake and by pkg-config, build, run.
#
#     tests/embedding.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "$1")
work=$build/embedding
prefix=$work/prefix
rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$prefix" >"$work/install.log"
passed=0 failed=0

check() {  # check NAME COMMAND…: the command must print 385
  local name=$1 output
  shift
  if output=$("$@" 2>&1) && [[ $output == 385 ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAIL %s: %s\n' "$name" "$output"
  fi
}

by_cmake() {
  cmake -G Ninja -S examples/embedding -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" &&
    cmake --build "$work/cmake" >>"$work/log" && "$work/cmake/embedding" || { cat "$work/log"; return 1; }
}

by_pkg_config() {
  local flags
  flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name zwasm.pc)") pkg-config --static --cflags --libs zwasm)
  # shellcheck disable=SC2086  # flags are words
  g++ -std=c++20 -O1 examples/embedding/main.cpp $flags -o "$work/by_pkg_config" && "$work/by_pkg_config"
}

check "the CMake package" by_cmake
if command -v pkg-config >/dev/null; then
  check "pkg-config" by_pkg_config
else
  echo "SKIPPED: pkg-config is not installed"
fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
