#!/usr/bin/env bash
# What an embedder does: install into a clean prefix, move it, find the package by CMake and by
# pkg-config, from C++ and from C, link it statically and dynamically, build, run.
#
#     tests/embedding/run.sh BUILD_FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "$1")
work=$build/embedding
prefix=$work/moved
rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
mv "$work/prefix" "$prefix"
passed=0 failed=0

check() {  # check NAME EXPECTED COMMAND…: what the command prints
  local name=$1 expected=$2 output
  shift 2
  if output=$("$@" 2>&1) && [[ $output == "$expected" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAIL %s: %s\n' "$name" "$output"
  fi
}

by_cmake() {  # by_cmake STATIC|SHARED: the sample project, with a program in C++ and one in C
  local folder=$work/cmake-$1 shared=OFF
  [[ $1 == SHARED ]] && shared=ON
  cmake -G Ninja -S examples/embedding -B "$folder" -DCMAKE_PREFIX_PATH="$prefix" \
    -DBUILD_SHARED_LIBS=$shared >"$work/log" 2>&1 &&
    cmake --build "$folder" >>"$work/log" 2>&1 || { cat "$work/log"; return 1; }
  "$folder/embedding" && "$folder/embedding_c"
}

in_c_alone() {  # a project that knows no C++
  local source=$work/c-alone
  mkdir -p "$source"
  cp examples/embedding/main.c "$source"
  printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(alone C)' 'find_package(zwasm 0.1 REQUIRED)' \
    'add_executable(alone main.c)' 'target_link_libraries(alone PRIVATE zwasm::zwasm)' >"$source/CMakeLists.txt"
  cmake -G Ninja -S "$source" -B "$source/build" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 &&
    cmake --build "$source/build" >>"$work/log" 2>&1 || { cat "$work/log"; return 1; }
  "$source/build/alone"
}

pkg() { PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name zwasm.pc)") pkg-config "$@" zwasm; }

by_pkg_config() {  # by_pkg_config COMPILER SOURCE FLAGS…
  local compiler=$1 source=$2
  shift 2
  # shellcheck disable=SC2046  # flags are words
  "$compiler" -O1 "$source" "$@" $(pkg --cflags --libs) -Wl,-rpath,"$(pkg --variable=libdir)" \
    -o "$work/by_pkg_config" && "$work/by_pkg_config"
}

static_by_pkg_config() {  # the archive by its name, since the linker prefers the shared library
  # shellcheck disable=SC2046
  gcc -O1 examples/embedding/main.c $(pkg --cflags) "$(pkg --variable=libdir)/libzwasm.a" -lstdc++ -lm -pthread \
    -o "$work/static" && "$work/static"
}

check "the CMake package, static" $'385\n42' by_cmake STATIC
check "the CMake package, in C alone" 42 in_c_alone
shared=0
[[ -n $(find "$prefix" -name libzwasm.so) ]] && shared=1
if [[ $shared == 1 ]]; then
  check "the CMake package, shared" $'385\n42' by_cmake SHARED
  check "the soname" "libzwasm.so.0.1" bash -c \
    "readelf -d '$work/cmake-SHARED/embedding' | sed -n 's/.*NEEDED.*\[\(libzwasm.*\)\]/\1/p'"
fi
if command -v pkg-config >/dev/null; then
  check "pkg-config, C, static" 42 static_by_pkg_config
  if [[ $shared == 1 ]]; then
    check "pkg-config, C++" 385 by_pkg_config g++ examples/embedding/main.cpp -std=c++20
    check "pkg-config, C" 42 by_pkg_config gcc examples/embedding/main.c
  fi
else
  echo "SKIPPED: pkg-config is not installed"
fi
# --- every way in which an embedder may compile ---

built_with() {  # built_with COMPILER FLAGS…
  local compiler=$1
  shift
  "$compiler" -std=c++20 "$@" -I"$prefix/include" tests/embedding/modes.cpp "$library" -pthread -o "$work/modes" &&
    "$work/modes"
}
ends_with_message() {  # by abort, of which the shell would print a line of its own
  local said
  said=$({ "$work/modes" value || true; } 2>&1) 2>/dev/null
  grep -o "no such file: No such file or directory" <<<"$said" | head -n 1
}

library=$(find "$prefix" -name libzwasm.a)
# The modes change what a program sees, not what it gets: one after the other, each at another level.
check "g++ -O0" "all as expected" built_with g++ -O0
check "g++ -O2 -fno-exceptions" "all as expected" built_with g++ -O2 -fno-exceptions -Wall -Werror
check "… where the value of an error ends the program" "no such file: No such file or directory" ends_with_message
check "g++ -O3 -fno-rtti" "all as expected" built_with g++ -O3 -fno-rtti -Wall -Werror
check "g++ -O1 without either" "all as expected" built_with g++ -O1 -fno-exceptions -fno-rtti
for clang in clang++ clang++-{16..21}; do
  command -v "$clang" >/dev/null || continue
  check "$clang -O2 without either" "all as expected" built_with "$clang" -O2 -fno-exceptions -fno-rtti
  break
done

# The standard's headers, in the languages that programs written to them use.
standard_headers() {
  local at="$prefix/include" std
  for std in c++11 c++14 c++17 c++20; do
    g++ -std=$std -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I"$at" -include wasm.hh -include zwasm.h \
      -x c++ /dev/null || return
  done
  for std in c99 c11 c17 c2x; do
    gcc -std=$std -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I"$at" -include zwasm.h -x c /dev/null || return
  done
  echo "all compile"
}
check "wasm.h, wasm.hh and zwasm.h in all their languages" "all compile" standard_headers

# A program that was written for the last release still builds, and does the same.
if tag=$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null); then
  mkdir -p "$work/released"
  git archive "$tag" examples/embedding | tar -x -C "$work/released"
  released() {
    cmake -G Ninja -S "$work/released/examples/embedding" -B "$work/cmake-released" -DCMAKE_PREFIX_PATH="$prefix" \
      >"$work/log" 2>&1 && cmake --build "$work/cmake-released" >>"$work/log" 2>&1 || { cat "$work/log"; return 1; }
    "$work/cmake-released/embedding" && "$work/cmake-released/embedding_c"
  }
  check "the sample of $tag" $'385\n42' released
fi

check "the installed command line" 385 "$prefix/bin/zwasm" run --invoke sum examples/embedding/sum.wat 10

packages() {  # what each Debian package is for
  (cd "$build" && cpack --config CPackConfig.cmake -B "$work/packages") >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
  dpkg-deb -c "$work"/packages/zwasm_*.deb | grep -o 'usr/bin/zwasm$'
  dpkg-deb -c "$work"/packages/libzwasm0.1_*.deb | grep -o 'libzwasm.so.0.1.0$' | head -n 1
  dpkg-deb -c "$work"/packages/libzwasm-dev_*.deb | grep -o -e 'include/zwasm.h$' -e 'zwasm.pc$' -e 'zwasm-config.cmake$'
}
if [[ $shared == 1 ]] && command -v dpkg-shlibdeps >/dev/null; then
  check "Debian packages" \
    $'usr/bin/zwasm\nlibzwasm.so.0.1.0\ninclude/zwasm.h\nzwasm-config.cmake\nzwasm.pc' packages
else
  echo "SKIPPED: Debian packages need the shared library and dpkg-dev"
fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
