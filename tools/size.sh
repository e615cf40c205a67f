#!/usr/bin/env bash
# The size of the stripped command line, against its budget: 1.5 MB, libc and libstdc++ not counted.
#
# libc is a shared library; libstdc++ and libgcc are part of the executable. The linker's map, which
# stands beside it, says what came from their archives, and that is deducted.
set -euo pipefail
budget=1500000
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$1"
size=$(stat -c %s "$stripped")
foreign=0
if [[ -f $1.map ]]; then
  # An input section is a line ` .name address size file`, broken after a long name; what was left
  # out stands before the memory map, and some sections take no space in the file.
  while read -r bytes; do foreign=$((foreign + bytes)); done < <(awk '
    /^Linker script and memory map/ { placed = 1 }
    /^\.[^ ]/ { output = $1 }
    placed && $NF ~ /lib(stdc\+\+|gcc|gcc_eh)\.a\(/ && $(NF - 1) ~ /^0x/ && $(NF - 2) ~ /^0x/ &&
      output !~ /^\.(bss|tbss|comment|debug)/ { print $(NF - 1) }' "$1.map")
fi
echo "NOTE: $(((size - foreign) / 1000)) KB of $((budget / 1000)) KB, and $((foreign / 1000)) KB of libstdc++ and libgcc"
# What the bytes are: tools/size_by_file.py, from the same map.
if ((size - foreign > budget)); then echo "0 passed, 1 failed"; exit 1; fi
echo "1 passed, 0 failed"
