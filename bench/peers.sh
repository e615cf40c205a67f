#!/bin/bash
# Installs what zwasm is measured against: peers.sh [all|wasmi|wasm3|v8|jsc|wasmtime]...
#
# Versions are pinned, so that results compare over time. Everything goes below $ZWASM_PEERS (default:
# ~/.cache/zwasm-bench/peers). What is there already is kept; what fails is named at the end, and the
# benchmark then leaves it out visibly.
set -u

wasmi_version=2.0.0
wasmtime_version=48.0.8
v8_version=26.10.0 # of the npm package node, whose V8 it is
jsc_version=1.4.5 # of the npm package bun, which carries JavaScriptCore
wasm3_version=0.5.0 # of the PyPI source package pywasm3, which carries wasm3's C sources

here=$(cd "$(dirname "$0")" && pwd)
root=${ZWASM_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/zwasm-bench/peers}
jobs=${ZWASM_PEERS_JOBS:-$(nproc)}
mkdir -p "$root/bin" || exit 1

from_cargo() { # crate version executable [options of cargo install]
  local crate=$1 version=$2 executable=$3
  shift 3
  if "$root/bin/$executable" --version 2>/dev/null | grep -qF "$version"; then
    return 0
  fi
  command -v cargo >/dev/null || { echo "$crate: no cargo (https://rustup.rs, or apt-get install cargo)" >&2; return 1; }
  nice cargo install --locked --jobs "$jobs" --root "$root" "$@" "$crate@$version"
}

install_wasmi() { from_cargo wasmi_cli "$wasmi_version" wasmi --features simd; }

install_wasmtime() { from_cargo wasmtime-cli "$wasmtime_version" wasmtime; }

# wasm3 has no package with a command line: its sources are built here with a small host of ours.
install_wasm3() {
  if "$root/bin/wasm3-host" --version 2>/dev/null | grep -qF "$wasm3_version" &&
     [ "$root/bin/wasm3-host" -nt "$here/peers/wasm3_host.c" ]; then
    return 0
  fi
  local compiler scratch
  compiler=$(command -v clang-16 || command -v clang || command -v cc) || { echo "wasm3: no C compiler" >&2; return 1; }
  scratch=$(mktemp -d) || return 1
  (
    cd "$scratch" &&
    python3 -m pip download --quiet --no-deps --no-binary :all: -d . "pywasm3==$wasm3_version" &&
    tar xf pywasm3-*.tar.gz &&
    cd pywasm3-*/wasm3 &&
    "$compiler" -O3 -DNDEBUG -Dd_m3HasWASI=0 -I. -o "$root/bin/wasm3-host" "$here/peers/wasm3_host.c" ./*.c -lm
  )
  local result=$?
  rm -rf "$scratch"
  return $result
}

install_v8() {
  local node=$root/v8/node_modules/node/bin/node
  if [ "$("$node" --version 2>/dev/null)" != "v$v8_version" ]; then
    command -v npm >/dev/null || { echo "v8: no npm (apt-get install npm)" >&2; return 1; }
    npm install --silent --no-audit --no-fund --prefix "$root/v8" "node@$v8_version" || return 1
    # The package's own install script may be switched off: all it does is to link the executable.
    [ -x "$node" ] || { mkdir -p "$(dirname "$node")" && ln -s "$(find "$root/v8" -path '*/bin/node' -type f | head -n 1)" "$node"; }
  fi
  ln -sf "$node" "$root/bin/v8-node"
}

install_jsc() {
  local bun=$root/jsc/node_modules/bun/bin/bun.exe packaged
  if [ "$("$bun" --version 2>/dev/null)" != "$jsc_version" ]; then
    command -v npm >/dev/null || { echo "jsc: no npm (apt-get install npm)" >&2; return 1; }
    npm install --silent --no-audit --no-fund --prefix "$root/jsc" "bun@$jsc_version" || return 1
    # Here too the install script, which may be switched off, only puts the executable in its place.
    if [ "$("$bun" --version 2>/dev/null)" != "$jsc_version" ]; then
      packaged=$(find "$root/jsc/node_modules/@oven" -path '*/bin/bun' -type f 2>/dev/null | head -n 1)
      [ -n "$packaged" ] || { echo "jsc: the package bun has no executable for this machine" >&2; return 1; }
      ln -sf "$packaged" "$bun"
    fi
  fi
  ln -sf "$bun" "$root/bin/jsc-bun"
}

[ $# -eq 0 ] && set -- all
failed=()
for peer in "$@"; do
  case $peer in
    all)
      for each in wasmi wasm3 v8 jsc wasmtime; do "install_$each" || failed+=("$each"); done ;;
    wasmi | wasm3 | wasmtime | v8 | jsc) "install_$peer" || failed+=("$peer") ;;
    *) echo "peers.sh: no peer is called '$peer' (all, wasmi, wasm3, v8, jsc, wasmtime)" >&2; exit 2 ;;
  esac
done
ls "$root/bin"
if [ ${#failed[@]} -ne 0 ]; then
  echo "peers.sh: not installed: ${failed[*]}" >&2
  exit 1
fi
